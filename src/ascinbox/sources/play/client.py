"""Google Play's reviews, as far as ascinbox uses them: two pinned origins, one service account.

Every method raises the errors of core/errors.py and nothing else. `urgent` requests may use the share of an
app's hour that is kept back for replies.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

import httpx

from ascinbox.core.clock import Clock
from ascinbox.core.errors import Forbidden, NotFound, Rejected, UnexpectedAnswer
from ascinbox.core.records import App, Page, Response, Review
from ascinbox.core.stores import PLAY_STORE, native_id
from ascinbox.sources.http.bodies import JSON_CAP, BodyProblem, read_json, unpack
from ascinbox.sources.http.exchange import Answer, Ask, Exchange
from ascinbox.sources.http.origin import Origin, segment
from ascinbox.sources.http.wire import Wire, open_wire
from ascinbox.sources.play import parse
from ascinbox.sources.play.budget import PlayBudget
from ascinbox.sources.play.keys import ServiceAccount
from ascinbox.sources.play.refusals import REFUSALS
from ascinbox.sources.play.tokens import PUBLISHER, STORAGE, GoogleTokens, open_token_origin

T = TypeVar("T")
FILE_CAP = 64 * 1024 * 1024
"""Bytes of one month's reviews."""


@dataclass(frozen=True, slots=True)
class PlayReviews:
    """An answer with a page of reviews (see `sources.base.RawReviews`)."""

    answer: Answer
    package: str
    query: str
    store: str = PLAY_STORE.id

    @property
    def latest(self) -> datetime:
        """No date in it can be later."""
        return self.answer.latest

    def packed(self) -> bytes:
        """The query, a line break, and the body as it came."""
        return self.query.encode("ascii") + b"\n" + self.answer.packed()

    def parse(self) -> Page[Review]:
        """The reviews."""
        return parse.reviews_page(self.answer.json(), self.package, self.latest, self.query)


def parse_packed(packed: bytes, package: str, latest: datetime) -> Page[Review]:
    """The page that `PlayReviews.packed` gave. Raises UnexpectedAnswer."""
    query, _, body = packed.partition(b"\n")
    try:
        document = read_json(unpack((body,), JSON_CAP))
    except BodyProblem as problem:
        raise UnexpectedAnswer(f"Unexpected answer: {problem.what}.", "A page of reviews.") from None
    return parse.reviews_page(document, package, latest, query.decode("ascii", "replace"))


class PlayClient:
    """One service account's way to Google Play. Thread-safe; close it when done.

    `packages` are the apps that it is for: Google's API lists none. `bucket` is where Google lays down the
    monthly files, "" where it is not known.
    """

    def __init__(
        self,
        account: ServiceAccount,
        packages: Sequence[str],
        budget: PlayBudget,
        clock: Clock,
        *,
        bucket: str = "",
        base_url: str | None = None,
        files_url: str | None = None,
        deadline_s: float = 30.0,
        stop: threading.Event | None = None,
    ) -> None:
        self.account = account
        self.packages = tuple(packages)
        self.bucket = bucket
        self.budget = budget
        origin = Origin.parse(base_url or PLAY_STORE.api, PLAY_STORE.label, PLAY_STORE.url_variable)
        files = Origin.parse(files_url or PLAY_STORE.files, PLAY_STORE.label, PLAY_STORE.files_variable)
        self._wires: list[Wire] = []
        tokens_wire = self._wire(open_token_origin(account))

        def exchange(to: Origin, scope: str) -> Exchange:
            # A token for each: that of the bucket is no use against reviews, and the other way round.
            tokens = GoogleTokens(account, clock, tokens_wire, scopes=(scope,), deadline_s=deadline_s)
            return Exchange(
                to, tokens, clock, self._wire(to), budget, REFUSALS, deadline_s=deadline_s, stop=stop
            )

        self._exchange = exchange(origin, PUBLISHER)
        self._files = exchange(files, STORAGE)

    def _wire(self, origin: Origin) -> httpx.BaseTransport:
        wire = open_wire(origin.scheme, origin.host, reach="loopback" if origin.loopback else "anywhere")
        self._wires.append(wire)
        return wire

    @property
    def clock_skew_s(self) -> float | None:
        """Our clock minus Google's in seconds as of the last answer; None before the first."""
        return self._exchange.clock_skew_s

    def close(self) -> None:
        """Closes its connections."""
        for wire in self._wires:
            wire.close()

    # --- reading ---

    def apps(self, *, urgent: bool = False) -> Iterator[Page[App]]:  # noqa: ARG002  (nothing is asked)
        """The packages that were named; Google's API knows no names of apps."""
        yield Page(tuple(App(package, package, package) for package in self.packages))

    def reviews_read(
        self, app_id: str, read: Callable[[PlayReviews], T], *, query: str | None = None, urgent: bool = False
    ) -> T:
        """One page of an app's reviews, the one changed last first, as `read` makes it."""
        asked = query or parse.first_query()
        ask = Ask("GET", _reviews(app_id), asked.partition("#")[0], urgent=urgent, scope=app_id)
        return self._exchange.call(ask, lambda answer: read(PlayReviews(answer, app_id, asked)))

    def review(self, review_id: str, app_id: str = "", *, urgent: bool = True) -> Review:
        """One review with its reply, also one that the list does not show any more."""
        package, identifier = _split(review_id, app_id)
        ask = Ask("GET", f"{_reviews(package)}/{segment(identifier)}", urgent=urgent, scope=package)
        return self._exchange.call(
            ask, lambda answer: parse.single_review(answer.json(), package, answer.latest)
        )

    def try_package(self, package: str, deadline_s: float) -> float | None:
        """Asks for one review of a package; our clock minus Google's. Raises why it cannot be read."""
        ask = Ask(
            "GET",
            _reviews(package),
            "maxResults=1",
            urgent=True,
            deadline_s=deadline_s,
            tries=2,
            scope=package,
        )

        def read(answer: Answer) -> float | None:
            parse.reviews_page(answer.json(), package, answer.latest, "maxResults=1")
            return answer.skew_s

        return self._exchange.call(ask, read)

    # --- replying ---

    def publish(self, review_id: str, text: str) -> Response:
        """Creates or replaces the reply; sent once, never blindly again. Open outcomes as in the port.

        A 403 here is about this one review, which was just read with the same account: Rejected.
        """
        package, identifier = _split(review_id, "")
        ask = Ask(
            "POST",
            f"{_reviews(package)}/{segment(identifier)}:reply",
            body={"replyText": text},
            urgent=True,
        )
        try:
            return self._exchange.call(
                ask, lambda answer: parse.reply_result(answer.json(), review_id, answer.latest)
            )
        except Forbidden as error:
            raise Rejected(
                "Google refuses a reply to this review.",
                error.detail,
                "Other replies go out all the same. Answer it in Play Console, or try it once more later.",
                status=error.status,
                problems=error.problems,
                request=error.request,
            ) from None

    def withdraw(self, response_id: str) -> None:
        """Google's API deletes no reply: always Rejected, and nothing is sent."""
        raise Rejected(
            "Google Play cannot take a reply back.",
            f"Its API has no request for that ({response_id}).",
            "Change its text instead, or delete it in Play Console.",
            status=405,
        )

    # --- the bucket ---

    def monthly_files(self, package: str = "", *, deadline_s: float | None = None) -> tuple[str, ...]:
        """Names of the monthly files of reviews in the bucket, oldest first; of one package or of all."""
        prefix = f"reviews/reviews_{package}_" if package else "reviews/"
        names: list[str] = []
        token = ""
        for _ in range(100):
            page, token = self._list(prefix, token, deadline_s)
            names += page
            if not token:
                break
        return tuple(sorted(name for name in names if name.endswith(".csv")))

    def _list(self, prefix: str, token: str, deadline_s: float | None) -> tuple[list[str], str]:
        query = f"prefix={quote(prefix, safe='')}" + (f"&pageToken={quote(token, safe='')}" if token else "")
        path = f"/storage/v1/b/{segment(self.bucket)}/o"
        ask = Ask("GET", path, query, urgent=deadline_s is not None, deadline_s=deadline_s)
        said = self._files.call(ask, Answer.json)
        items = said.get("items")
        found = [i.get("name") for i in items if isinstance(i, dict)] if isinstance(items, list) else []
        following = said.get("nextPageToken")
        names = [name for name in found if isinstance(name, str) and name.isascii() and name.isprintable()]
        return names, following if isinstance(following, str) else ""

    def monthly_file(self, name: str) -> bytes:
        """One file of the bucket, whole."""
        path = f"/storage/v1/b/{segment(self.bucket)}/o/{segment(name)}"
        ask = Ask("GET", path, "alt=media", accept="*/*", deadline_s=300.0)

        def read(answer: Answer) -> bytes:
            with answer.whole():
                return b"".join(answer.unpacked(FILE_CAP))

        return self._files.call(ask, read)


def _reviews(package: str) -> str:
    return f"/androidpublisher/v3/applications/{segment(package)}/reviews"


def _split(review_id: str, app_id: str) -> tuple[str, str]:
    """Package and Google's id. NotFound for an id that names no package."""
    package, colon, identifier = native_id(review_id).partition(":")
    if colon and identifier and parse.is_package(package) and (not app_id or app_id == package):
        return package, identifier
    raise NotFound("Google Play does not have this.", f"{json.dumps(review_id)} names no app.", status=404)
