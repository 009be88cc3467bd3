"""Apple's Reporter service: sales and finance reports by access token, and the vendor numbers they are for.

A second, limited way beside App Store Connect's API: no apps, reviews, analytics or users. Answers are XML,
text or a packed report. The full table of its error numbers is not published, so an error is read by HTTP
status first, then by its words. Source: Apple's Reporter guide and the clients built on it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from urllib.parse import quote

import httpx

from ascinbox.core.clock import Clock
from ascinbox.core.errors import (
    Forbidden,
    NetworkError,
    NotFound,
    Rejected,
    SourceError,
    SourceProblem,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
)
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.secret import Secret
from ascinbox.core.text import clean_line
from ascinbox.sources.apple.download import Download, spool
from ascinbox.sources.http import errors
from ascinbox.sources.http.bodies import BodyProblem
from ascinbox.sources.http.exchange import ERROR_BODY_CAP, USER_AGENT, Answer, Ask
from ascinbox.sources.http.headers import retry_after_s
from ascinbox.sources.http.origin import Origin
from ascinbox.sources.http.wire import Deadline, open_wire

T = TypeVar("T")


class SeveralAccounts(Rejected):
    """The token's person has several accounts at Apple, and the request named none."""


@dataclass(frozen=True, slots=True)
class ReporterAccount:
    """One of the accounts (teams) that the token's person belongs to."""

    number: str
    name: str


TRIES = 3
LIMITED_FOR_S = 60.0
"""How long a 429 without `Retry-After` is obeyed."""
APPLE = "https://reportingitc-reporter.apple.com"
VERSION = "2.2"
ACCEPT = "text/html,image/gif,image/jpeg; q=.2, */*; q=.2"
REPORT_CAP = 200 * 1024 * 1024
SALES, FINANCE = "/reportservice/sales/v1", "/reportservice/finance/v1"

_VENDOR = re.compile(r"<Vendor>\s*(?:<id>)?\s*(\d{1,20})", re.IGNORECASE)
_NUMBER = re.compile(r"\b(\d{6,12})\b")
_ACCOUNT = re.compile(r"<Account>(.*?)</Account>", re.IGNORECASE | re.DOTALL)
_NAME = re.compile(r"<Name>(.*?)</Name>", re.IGNORECASE | re.DOTALL)
_ERROR = re.compile(r"<Code>\s*(\d+)\s*</Code>.*?<Message>(.*?)</Message>", re.IGNORECASE | re.DOTALL)

FREQUENCIES = {"DAILY": "Daily", "WEEKLY": "Weekly", "MONTHLY": "Monthly", "YEARLY": "Yearly"}
TYPES = {"SALES": "Sales", "SUBSCRIPTION": "Subscription", "SUBSCRIPTION_EVENT": "SubscriptionEvent"}


@dataclass(frozen=True, slots=True)
class SalesAsk:
    """One sales or subscription report, in the words of App Store Connect's API."""

    vendor: str
    report_type: str
    frequency: str
    day: date
    """The day; the Sunday that ends a week; any day of a month or year."""
    version: str | None = None

    @property
    def command(self) -> str:
        """What Reporter is asked."""
        shape = {"MONTHLY": "%Y%m", "YEARLY": "%Y"}.get(self.frequency, "%Y%m%d")
        parts = [
            self.vendor,
            TYPES[self.report_type],
            "Summary",
            FREQUENCIES[self.frequency],
            self.day.strftime(shape),
        ]
        return "Sales.getReport, " + ",".join(parts + ([self.version] if self.version else []))


class Reporter:
    """One access token's way to the Reporter service. Thread-safe; close it when done.

    `account` is the number of the account that is meant, for a person who has several. `base_url` None is
    Apple's own host. `transport` replaces the network in tests.
    """

    def __init__(
        self,
        token: Secret,
        *,
        clock: Clock,
        account: str | None = None,
        base_url: str | None = None,
        deadline_s: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._token = token
        self._clock = clock
        self._account = account
        self._origin = Origin.parse(base_url or APPLE)
        self._deadline_s = deadline_s
        self._transport = transport or open_wire(self._origin.scheme, self._origin.host)

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def accounts(self) -> tuple[ReporterAccount, ...]:
        """The accounts that the token's person belongs to."""
        return _accounts(self._text(SALES, "Sales.getAccounts"))

    def vendors(self) -> tuple[str, ...]:
        """The vendor numbers whose sales reports the token's person may read.

        Raises UnexpectedAnswer for what is no answer of Reporter's.
        """
        return _vendors(self._text(SALES, "Sales.getVendors"))

    def finance_vendors(self) -> tuple[str, ...]:
        """The vendor numbers whose finance reports that person may read."""
        return _vendors(self._text(FINANCE, "Finance.getVendorsAndRegions"))

    def sales_report(self, ask: SalesAsk, deadline_s: float | None = None) -> Download:
        """A sales or subscription report; the errors are those of `AppleClient.download`."""
        return self._report(SALES, ask.command, deadline_s)

    def finance_report(
        self, vendor: str, period: FiscalPeriod, region: str = "ZZ", deadline_s: float | None = None
    ) -> Download:
        """A finance report of a fiscal period."""
        command = f"Finance.getReport, {vendor},{region},Financial,{period.year},{period.period}"
        return self._report(FINANCE, command, deadline_s)

    def _text(self, path: str, command: str) -> str:
        def read(answer: Answer) -> str:
            with answer.whole():
                text = b"".join(answer.unpacked(ERROR_BODY_CAP)).decode("utf-8", "replace")
            if "html" in answer.media_type or text.lstrip()[:5].casefold() in ("<!doc", "<html"):
                raise errors.unexpected("a web page", command)
            return text

        return self._send(path, command, read, self._deadline_s)

    def _report(self, path: str, command: str, deadline_s: float | None) -> Download:
        def read(answer: Answer) -> Download:
            named = "gzip" in answer.media_type or "octet" in answer.media_type
            return spool(answer, REPORT_CAP, plain=named)

        return self._send(path, command, read, deadline_s or self._deadline_s * 5)

    def _send(self, path: str, command: str, read: Callable[[Answer], T], limit: float) -> T:
        """One request; reading reports changes nothing at Apple, so a lost answer is asked for again."""
        deadline = Deadline.after(self._clock, limit, stall=limit / 2)
        ask = Ask("POST", path, accept=ACCEPT)
        for tried in range(1, TRIES + 1):
            try:
                return self._once(ask, command, read, deadline)
            except (NetworkError, Unavailable) as error:
                if tried >= _tries(error) or deadline.remaining() <= 1:
                    raise
                self._clock.sleep(min(tried, deadline.remaining()))
        raise AssertionError("the last try returns or raises")

    def _once(self, ask: Ask, command: str, read: Callable[[Answer], T], deadline: Deadline) -> T:
        form = {
            "accesstoken": self._token.reveal().strip(),
            "version": VERSION,
            "mode": "Robot.XML",
            "queryInput": f"[p=Reporter.properties, {command}]",
        }
        if self._account is not None:
            # An empty one is answered with 404.
            form["account"] = self._account
        request = httpx.Request(
            "POST",
            self._origin.url(ask.path),
            headers={
                "accept": ACCEPT,
                "accept-encoding": "identity",
                "content-type": "application/x-www-form-urlencoded",
                "user-agent": USER_AGENT,
            },
            content=b"jsonRequest=" + quote(json.dumps(form), safe="").encode("ascii"),
            extensions={"timeout": deadline.as_extension()},
        )
        if not self._origin.owns(request.url):
            raise errors.unexpected("an address on another host", str(ask))
        try:
            response = self._transport.handle_request(request)
            response.request = request
            try:
                answer = Answer(response, ask, deadline, self._clock, began=self._clock.monotonic())
                if answer.status == 200:
                    return read(answer)
                raise self._refusal(answer, command)
            finally:
                response.close()
        except httpx.TransportError as error:
            raise errors.network_error(error, self._origin.host, str(ask)) from error

    def _refusal(self, answer: Answer, command: str) -> SourceError:
        """What an error document means: by Reporter's number, by HTTP status, then by its words."""
        try:
            text = b"".join(answer.unpacked(ERROR_BODY_CAP)).decode("utf-8", "replace")
        except (BodyProblem, httpx.TransportError):
            text = ""
        found = _ERROR.search(text)
        code, message = (found[1], clean_line(found[2])) if found else ("", clean_line(text)[:200])
        problem = SourceProblem(answer.status, code, message, message)
        said = f"Reporter said: {answer.status} {code} {message}".strip()
        request = command.partition(",")[0]
        words = message.casefold()

        def make(kind: type[SourceError], title: str, next_step: str) -> SourceError:
            return kind(title, said, next_step, status=answer.status, problems=(problem,), request=request)

        if answer.status == 429:
            now = self._clock.now()
            wait = retry_after_s(answer.response.headers.get("retry-after"), now) or LIMITED_FOR_S
            retry_at = now + timedelta(seconds=wait)
            return errors.rate_limited(said, retry_at, "Apple", problems=(problem,), request=request)
        if answer.status >= 500 or code == "212" or "try again later" in words:
            return make(Unavailable, "Apple's Reporter service does not work right now.", "Try later.")
        if (
            code == "214"
            or "more than one account" in words
            or ("account number" in words and self._account is None)
        ):
            return make(
                SeveralAccounts,
                "The Reporter token reaches several accounts at Apple, and none was chosen.",
                "Choose one with --reporter-account NUMBER.",
            )
        if code == "123" or "token" in words or answer.status == 401:
            return make(
                Unauthorized,
                "The Reporter access token was refused: it has expired, or a newer one was made.",
                "Make a new one: App Store Connect > Sales and Trends > Reports > About Reports. "
                "It lives 180 days; press w to replace the old one.",
            )
        if code == "213" or "no sales" in words or "not available" in words or "delayed" in words:
            return make(NotFound, "Reporter has no such report.", "")
        if answer.status == 403:
            step = "Ask an Admin for the Sales or Finance role."
            return make(Forbidden, "The token's person may not read this.", step)
        if self._account is not None and (not message or "account" in words):
            return make(
                Rejected,
                f"Reporter does not know account {self._account} for this token.",
                "Give another number with --reporter-account.",
            )
        if not message:
            return make(Rejected, f"Reporter answered {answer.status} and gave no reason.", "Try later.")
        return make(Rejected, "Reporter refuses this request.", "")


def _tries(error: Exception) -> int:
    """How often a request that ended so may be sent in all."""
    match error:
        case errors.DamagedAnswer():
            return 2
        case UnexpectedAnswer():
            return 1
        case _:
            return TRIES


def _accounts(text: str) -> tuple[ReporterAccount, ...]:
    """Accounts of an XML answer, in the order told."""
    found = []
    for inside in _ACCOUNT.findall(text):
        number, name = _NUMBER.search(re.sub(_NAME, "", inside)), _NAME.search(inside)
        if number is not None:
            found.append(ReporterAccount(number[1], clean_line(name[1]) if name else ""))
    return tuple(dict.fromkeys(found))


def _vendors(text: str) -> tuple[str, ...]:
    """Vendor numbers of an XML or plain answer, in the order told."""
    found = _VENDOR.findall(text) or _NUMBER.findall(text)
    return tuple(dict.fromkeys(found))
