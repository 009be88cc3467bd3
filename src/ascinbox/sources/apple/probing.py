"""Asks Apple what one credential may do: the cheap requests, and what their answers show."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

from ascinbox.core.errors import AscinboxError, most_specific_first
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.evidence import Evidence
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.records import App, Page
from ascinbox.sources.apple import parse
from ascinbox.sources.apple.paging import total_of
from ascinbox.sources.base import Found, Observe, SourceTools, Target
from ascinbox.sources.http.origin import segment
from ascinbox.sources.paging import ended_early

if TYPE_CHECKING:
    from ascinbox.sources.apple.client import AppleClient
    from ascinbox.sources.apple.probe import Probe

REPORT_TYPE = "application/a-gzip"
SALES_DAYS_BACK = 3
MADE_UP_TEXT = "ascinbox asks whether this key may reply; this review does not exist."
_MAIN_REPORT = "App Downloads Standard"


class AppleProber:
    """Probes one key. `observe(name)` gives when a thing of that name was first seen."""

    def __init__(
        self,
        client: AppleClient,
        target: Target,
        tools: SourceTools,
        saw_request: Observe | None = None,
    ) -> None:
        self._client = client
        self._target = target
        self._clock = tools.clock
        self._run_all = tools.run_all
        self._saw_request = saw_request or (lambda _id: tools.clock.now())
        self._found = Found()
        self._ends = float("inf")
        self._failure = ("Apple did not answer in time.", "")

    def run(self) -> Found:
        """All requests, a few at a time; as long as the slowest chain of them, at most `deadline_s`."""
        wanted = self._target.features
        self._ends = self._clock.monotonic() + self._target.deadline_s
        steps: list[Callable[[], None]] = []
        if self._target.apps:
            steps.append(self._ask_apps)
        else:
            self._ask_apps()
            if self._found.apps_evidence is None or self._found.apps_evidence.status in {None, 401}:
                # Nothing else can be learnt with a key that Apple does not accept, or without Apple.
                return self._spread()
        app = self._subject()
        per_app: tuple[tuple[Capability, Callable[[App], None]], ...] = (
            (Capability.ANALYTICS, self._ask_analytics),
            (Capability.REVIEWS, self._ask_reviews),
            (Capability.LISTING, self._ask_listing),
        )
        for capability, ask in per_app:
            if capability in wanted:
                steps.append(lambda c=capability, a=ask: self._about_app(c, a, app))  # type: ignore[misc]
        if self._target.vendor:
            steps += [
                s
                for c, s in ((Capability.SALES, self._ask_sales), (Capability.FINANCE, self._ask_finance))
                if c in wanted
            ]
        if Capability.USERS in wanted:
            steps.append(self._ask_users)
        if Capability.REPLY in wanted and self._target.made_up_reply:
            steps.append(self._ask_reply)
        self._run_all(steps)
        return self._missing_apps()

    def _subject(self) -> App | None:
        known = self._target.apps or self._found.apps or ()
        return known[0] if known else None

    def _spread(self) -> Found:
        """What the list of apps showed holds for every capability."""
        shown = self._found.apps_evidence
        assert shown is not None
        for capability in self._target.features:
            self._found.evidence[capability] = _about(shown, capability)
        return self._found

    def _missing_apps(self) -> Found:
        """Apps that this credential saw before and Apple no longer lists."""
        listed = self._found.apps
        for capability, shown in self._found.evidence.items():
            if shown.status in {404, 410} and any(app.name == shown.subject for app in listed or ()):
                self._found.evidence[capability] = replace(shown, listed=True)
        reviews = self._found.evidence.get(Capability.REVIEWS)
        if listed is None or reviews is None or reviews.status != 200:
            return self._found
        ids = {app.id for app in listed}
        gone = [app.name for app in self._target.apps if app.id not in ids]
        if gone:
            names = ", ".join(gone[:3]) + (f" and {len(gone) - 3} more" if len(gone) > 3 else "")
            self._found.evidence[Capability.REVIEWS] = Evidence(
                Capability.REVIEWS,
                reviews.at,
                status=200,
                detail=f"the list of apps is without {names}",
                request="GET /v1/apps",
                subject=names,
                vanished=True,
            )
        return self._found

    # --- the requests ---

    def _ask_apps(self) -> None:
        probe, evidence = self._ask(Capability.REVIEWS, "/v1/apps", {"limit": 200})
        if probe is not None and probe.status == 200:
            self._found.elapsed_s = probe.elapsed_s
            try:
                page = parse.apps_page(dict(probe.document or {}))
                # With an item that could not be read or did not come, nobody can say that an app is missing.
                ended = page.next_query is None and not page.left_out
                whole = ended and len({app.id for app in page.items}) >= (page.total or 0)
                if ended and not whole and not self._target.apps:
                    raise ended_early(len(page.items), page.total or 0)
                self._found.apps = page.items if whole or not self._target.apps else None
                if page.next_query is not None and not self._target.apps:
                    self._found.apps = self._rest_of_apps()
            except AscinboxError as error:
                self._found.apps = None
                evidence = _no_answer(Capability.REVIEWS, evidence.at, probe.request, error)
        self._found.apps_evidence = evidence

    def _rest_of_apps(self) -> tuple[App, ...]:
        return tuple(app for page in self._client.apps(urgent=True) for app in page.items)

    def _about_app(self, capability: Capability, ask: Callable[[App], None], app: App | None) -> None:
        if app is not None:
            ask(app)
            return
        shown = self._found.apps_evidence
        assert shown is not None
        self._found.evidence[capability] = _about(shown, capability, empty=shown.status == 200)

    def _ask_reviews(self, app: App) -> None:
        path = f"/v1/apps/{segment(app.id)}/customerReviews"
        probe, evidence = self._ask(Capability.REVIEWS, path, {"limit": 1}, subject=app.name)
        self._found.evidence[Capability.REVIEWS] = _read_list(
            probe, evidence, lambda document: parse.reviews_page(document, app.id)
        )

    def _ask_listing(self, app: App) -> None:
        path = f"/v1/apps/{segment(app.id)}/appStoreVersions"
        probe, evidence = self._ask(Capability.LISTING, path, {"limit": 1}, subject=app.name)
        self._found.evidence[Capability.LISTING] = _read_list(probe, evidence, parse.versions_page)

    def _ask_sales(self) -> None:
        from ascinbox.sources.apple.reports import parse_sales

        day = sales_day(self._clock.now())
        params = {
            "filter[vendorNumber]": self._target.vendor or "",
            "filter[reportType]": "SALES",
            "filter[reportSubType]": "SUMMARY",
            "filter[frequency]": "DAILY",
            "filter[reportDate]": day.isoformat(),
        }
        _, evidence = self._ask(Capability.SALES, "/v1/salesReports", params, report=parse_sales)
        self._found.evidence[Capability.SALES] = evidence

    def _ask_finance(self) -> None:
        from ascinbox.sources.apple.reports import parse_finance

        period = finance_period(self._clock.now())
        params = {
            "filter[vendorNumber]": self._target.vendor or "",
            "filter[reportType]": "FINANCIAL",
            "filter[regionCode]": "ZZ",
            "filter[reportDate]": str(period),
        }
        _, evidence = self._ask(
            Capability.FINANCE, "/v1/financeReports", params, report=lambda file: parse_finance(file, period)
        )
        self._found.evidence[Capability.FINANCE] = evidence

    def _ask_users(self) -> None:
        from ascinbox.sources.apple import parse

        probe, evidence = self._ask(Capability.USERS, "/v1/users", {"limit": 1})
        self._found.evidence[Capability.USERS] = _read_list(probe, evidence, parse.users_page)

    def _ask_reply(self) -> None:
        body = {
            "data": {
                "type": "customerReviewResponses",
                "attributes": {"responseBody": MADE_UP_TEXT},
                "relationships": {"review": {"data": {"type": "customerReviews", "id": str(uuid.uuid4())}}},
            }
        }
        _, evidence = self._ask(
            Capability.REPLY, "/v1/customerReviewResponses", {}, method="POST", body=body, made_up=True
        )
        self._found.evidence[Capability.REPLY] = evidence

    # --- analytics: reports exist only after somebody asked for them ---

    def _ask_analytics(self, app: App) -> None:
        path = f"/v1/apps/{segment(app.id)}/analyticsReportRequests"
        probe, evidence = self._ask(Capability.ANALYTICS, path, {"limit": 50}, subject=app.name)
        if probe is None or probe.status != 200:
            self._found.evidence[Capability.ANALYTICS] = evidence
            return
        requests = [_request_of(item) for item in _items(probe.document)]
        total = total_of(dict(probe.document or {})) or 0
        if len(requests) < min(total, 50):
            error = ended_early(len(requests), total)
            self._found.evidence[Capability.ANALYTICS] = _no_answer(
                Capability.ANALYTICS, evidence.at, probe.request, error, app.name
            )
            return
        alive = tuple(number for number, stopped in requests if number and not stopped)
        self._found.requests = alive
        if not alive or _ongoing_is_stopped(_items(probe.document)):
            self._found.evidence[Capability.ANALYTICS] = _about(
                evidence, Capability.ANALYTICS, empty=not requests, stopped=bool(requests)
            )
            return
        since = min(map(self._saw_request, alive))
        delivering = next((number for number in alive if number in self._target.delivered), "")
        for number in alive if not delivering else ():
            has, refused = self._has_instances(number)
            if refused is not None:
                self._found.evidence[Capability.ANALYTICS] = replace(refused, subject=app.name)
                return
            if has:
                delivering = number
                break
        self._found.delivering = delivering
        self._found.evidence[Capability.ANALYTICS] = _about(
            evidence,
            Capability.ANALYTICS,
            delivered=bool(self._found.delivering),
            requested_at=since,
        )

    def _has_instances(self, request_id: str) -> tuple[bool, Evidence | None]:
        """Whether Apple has delivered anything for the request, and what it did not let through, if anything.

        A request that is gone (404) since it was listed has delivered nothing.
        """
        path = f"/v1/analyticsReportRequests/{segment(request_id)}/reports"
        probe, evidence = self._ask(Capability.ANALYTICS, path, {"limit": 200})
        if probe is None or probe.status != 200:
            return False, None if probe is not None and probe.status == 404 else evidence
        named = sorted(_items(probe.document), key=lambda item: _attribute(item, "name") != _MAIN_REPORT)
        if not named:
            return False, None
        path = f"/v1/analyticsReports/{segment(_id(named[0]))}/instances"
        probe, evidence = self._ask(Capability.ANALYTICS, path, {"limit": 1})
        if probe is None or probe.status != 200:
            return False, None if probe is not None and probe.status == 404 else evidence
        return bool(_items(probe.document)), None

    # --- asking ---

    def _ask(
        self,
        capability: Capability,
        path: str,
        params: Mapping[str, str | int],
        *,
        subject: str = "",
        method: str = "GET",
        body: dict[str, Any] | None = None,
        report: Callable[[BinaryIO], object] | None = None,
        made_up: bool = False,
    ) -> tuple[Probe | None, Evidence]:
        """One request; `report` reads the report that it is answered with."""
        request = f"{method} {path}"
        left = self._ends - self._clock.monotonic()
        if left <= 0:
            failure, step = self._failure
            now = self._clock.now()
            return None, Evidence(
                capability, now, request=request, failure=failure, next_step=step, subject=subject
            )
        try:
            if report is not None:
                probe = self._client.probe(path, params, accept=REPORT_TYPE, deadline_s=left, read=report)
            else:
                probe = self._client.probe(path, params, method=method, body=body, deadline_s=left)
        except AscinboxError as error:
            evidence = _no_answer(capability, self._clock.now(), request, error, subject)
            self._failure = (evidence.failure, evidence.next_step)
            return None, evidence
        problem = next(iter(most_specific_first(probe.problems)), None)
        return probe, Evidence(
            capability,
            self._clock.now(),
            status=probe.status,
            code=problem.code if problem else "",
            detail=(problem.detail or problem.title) if problem else "",
            see=problem.see if problem else "",
            request=request,
            clock_skew_s=probe.skew_s,
            retry_at=probe.retry_at,
            budget_left=self._budget_left(),
            made_up=made_up,
            subject=subject,
            unreadable=probe.unreadable,
        )

    def _budget_left(self) -> float | None:
        budget = self._client.budget.budget
        if budget.hour_left is None or not budget.hour_limit:
            return None
        return budget.hour_left / budget.hour_limit


def _about(shown: Evidence, capability: Capability, **changes: Any) -> Evidence:
    return replace(shown, capability=capability, **changes)


def _no_answer(
    capability: Capability, at: datetime, request: str, error: AscinboxError, subject: str = ""
) -> Evidence:
    failure = " ".join(part for part in (error.title, error.detail) if part)
    return Evidence(
        capability, at, request=request, failure=failure, next_step=error.next_step, subject=subject
    )


def sales_day(now: datetime) -> date:
    """The day whose sales are asked for to see whether sales can be read."""
    return (now - timedelta(days=SALES_DAYS_BACK)).date()


def finance_period(now: datetime) -> FiscalPeriod:
    """The period whose finance report is asked for to see whether finance can be read."""
    return FiscalPeriod.of(now.date()).previous().previous()


def _read_list(
    probe: Probe | None, evidence: Evidence, read: Callable[[dict[str, Any]], Page[Any]]
) -> Evidence:
    """The evidence of a list, with why it cannot be read although Apple let it through."""
    if probe is None or probe.status != 200:
        return evidence
    try:
        page = read(dict(probe.document or {}))
    except AscinboxError as error:
        return replace(evidence, unreadable=error.title)
    if page.left_out and not page.items:
        why = page.left_out[0][1]
        return replace(evidence, unreadable=f"Nothing in the answer can be read: {why}.")
    if not page.items and (page.total or 0) > 0:
        return replace(evidence, unreadable=f"The list is empty, and Apple counts {page.total}.")
    return evidence


def _items(document: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    data = (document or {}).get("data")
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []


def _id(item: Mapping[str, Any]) -> str:
    value = item.get("id")
    return value if isinstance(value, str) and value.isascii() and value.isprintable() else ""


def _attribute(item: Mapping[str, Any], name: str) -> object:
    attributes = item.get("attributes")
    return attributes.get(name) if isinstance(attributes, dict) else None


def _request_of(item: Mapping[str, Any]) -> tuple[str, bool]:
    return _id(item), _attribute(item, "stoppedDueToInactivity") is True


def _ongoing_is_stopped(requests: list[dict[str, Any]]) -> bool:
    """Whether Apple has stopped what tells the days to come, whatever a snapshot still tells."""
    ongoing = [item for item in requests if _attribute(item, "accessType") == "ONGOING"]
    return bool(ongoing) and all(_request_of(item)[1] for item in ongoing)
