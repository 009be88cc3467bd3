"""Reporter tokens as credentials: sales and finance only, vendors discovered, 180 days."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from ascinbox.core.clock import Clock
from ascinbox.core.errors import (
    AscinboxError,
    Forbidden,
    NetworkError,
    NotFound,
    RateLimited,
    SourceError,
    Unauthorized,
    UnexpectedAnswer,
)
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.evidence import Evidence
from ascinbox.core.health.verdict_case import SEVERAL_ACCOUNTS as SEVERAL
from ascinbox.core.records import Credential
from ascinbox.core.secret import Secret
from ascinbox.sources.base import Found, Target, unusable

if TYPE_CHECKING:
    from ascinbox.sources.apple.reporter import Reporter
    from ascinbox.workers.workspace import Workspace


def open_reporter(space: Workspace, token: Secret, account: str | None = None) -> Reporter:
    """The Reporter service with this token; the caller closes it. NetworkError when offline was asked for."""
    from ascinbox.sources.apple.reporter import Reporter

    if space.offline:
        raise NetworkError("Offline was asked for; nothing is sent.", unsent=True)
    return Reporter(
        token,
        clock=space.clock,
        account=account,
        base_url=space.base_url,
        deadline_s=space.config.seconds("network", "deadline_seconds"),
    )


def probe_reporter(space: Workspace, credential: Credential, target: Target) -> Found:
    """What a linked Reporter token may do now."""
    try:
        token = space.vault.load(credential.secret_ref)
        with closing(open_reporter(space, token, credential.reporter_account)) as service:
            return ask_reporter(service, target, space.clock)[0]
    except AscinboxError as error:
        return unusable(target, error, space.clock.now())


def ask_reporter(service: Reporter, target: Target, clock: Clock) -> tuple[Found, tuple[str, ...]]:
    """Asks for the vendors of both kinds of report and reads one report of each; also gives the vendor
    numbers that were found. All of it takes little longer than the target's deadline."""
    found = Found()
    ends = clock.monotonic() + target.deadline_s
    vendors: dict[str, None] = {}
    for capability, ask, request in (
        (Capability.SALES, service.vendors, "Sales.getVendors"),
        (Capability.FINANCE, service.finance_vendors, "Finance.getVendorsAndRegions"),
    ):
        evidence = Evidence(capability, clock.now(), status=200, request=request)
        seen: tuple[str, ...] = ()
        try:
            seen = ask()
        except AscinboxError as error:
            evidence = _without_answer(evidence, error, service)
        else:
            vendors.update(dict.fromkeys(seen))
            if target.vendor and target.vendor not in seen:
                evidence = replace(
                    evidence,
                    status=400,
                    detail=f"vendor {target.vendor} is not among {', '.join(seen) or 'none'}",
                )
        if found.apps_evidence is None or found.apps_evidence.status != 200:
            found.apps_evidence = evidence
        if capability in target.features:
            if evidence.status == 200:
                left = ends - clock.monotonic()
                evidence = _read_report(service, evidence, target.vendor or next(iter(seen), ""), left)
            found.evidence[capability] = evidence
    return found, tuple(vendors)


def _read_report(service: Reporter, evidence: Evidence, vendor: str, left_s: float) -> Evidence:
    """The evidence of a kind of report whose vendors were told: what asking for one of the reports shows.

    A report that Reporter says it does not have proves as much as one that can be read.
    """
    from ascinbox.sources.apple.probing import finance_period, sales_day
    from ascinbox.sources.apple.reporter import SalesAsk
    from ascinbox.sources.apple.reports import parse_finance, parse_sales

    if not vendor:
        return replace(evidence, unreadable="Reporter names no vendor number.")
    if left_s <= 0:
        return replace(evidence, status=None, failure="Reporter did not answer in time.")
    asked = replace(evidence, request=f"{evidence.request.partition('.')[0]}.getReport")
    try:
        if evidence.capability is Capability.SALES:
            ask = SalesAsk(vendor, "SALES", "DAILY", sales_day(evidence.at))
            with service.sales_report(ask, left_s) as file:
                parse_sales(file)
        else:
            period = finance_period(evidence.at)
            with service.finance_report(vendor, period, deadline_s=left_s) as file:
                parse_finance(file, period)
    except NotFound:
        return evidence
    except UnexpectedAnswer as error:
        return replace(asked, unreadable=error.title)
    except AscinboxError as error:
        return _without_answer(asked, error, service)
    return asked


def _without_answer(evidence: Evidence, error: AscinboxError, service: Reporter) -> Evidence:
    """The evidence that an error is."""
    from ascinbox.sources.apple.reporter import SeveralAccounts

    if isinstance(error, SeveralAccounts):
        listed = _listed(service)
        detail = f"{error.detail.rstrip('.')}. {listed}" if listed else error.detail
        return replace(evidence, status=error.status, code=SEVERAL, detail=detail)
    if isinstance(error, SourceError):
        return replace(
            evidence,
            status=_status(error),
            code=error.code,
            detail=error.detail,
            clock_skew_s=error.clock_skew_s,
            retry_at=error.retry_at if isinstance(error, RateLimited) else None,
        )
    failure = " ".join(part for part in (error.title, error.detail) if part)
    return replace(evidence, status=None, failure=failure, next_step=error.next_step)


def _listed(service: Reporter) -> str:
    """`Accounts: 1234567 North AG, 7654321 South AG`; empty when Reporter does not tell."""
    try:
        accounts = service.accounts()
    except AscinboxError:
        return ""
    names = ", ".join(f"{account.number} {account.name}".strip() for account in accounts)
    return f"Accounts: {names}" if names else ""


def _status(error: SourceError) -> int:
    """Reporter answers 400 for much; the kind of the error says what it means."""
    match error:
        case Unauthorized():
            return 401
        case Forbidden():
            return 403
        case _:
            return error.status
