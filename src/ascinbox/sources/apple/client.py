"""App Store Connect, as far as ascinbox uses it: typed verbs over one pinned origin and one key.

Every method raises the errors of core/errors.py and nothing else. `urgent` requests may use the share of
the hourly budget that is kept back for replies.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, BinaryIO, TypeVar
from urllib.parse import quote, urlencode

import httpx

from ascinbox.core.clock import Clock
from ascinbox.core.errors import RateLimited, SourceProblem
from ascinbox.core.health.people import VISIBLE_APPS, Person
from ascinbox.core.listing.platforms import PLATFORMS
from ascinbox.core.records import App, AppVersion, Budget, Page, Response, Review, ReviewSummary
from ascinbox.core.stores import APP_STORE
from ascinbox.sources.apple import parse
from ascinbox.sources.apple.budget import RateBudget
from ascinbox.sources.apple.download import Download, Links, spool
from ascinbox.sources.apple.errors import REFUSALS
from ascinbox.sources.apple.probe import Probe, is_table, probed
from ascinbox.sources.apple.tokens import TokenSource
from ascinbox.sources.base import RawReviews
from ascinbox.sources.http.bodies import REPORT_CAP
from ascinbox.sources.http.errors import DamagedAnswer
from ascinbox.sources.http.exchange import USER_AGENT, Answer, Ask, Exchange
from ascinbox.sources.http.origin import Origin, segment
from ascinbox.sources.http.wire import Wire, open_wire
from ascinbox.sources.paging import walk

PAGE_SIZE = 200
"""Items of a page; Apple's maximum."""
REPORT_TYPE = "application/a-gzip"
REPORT_DEADLINE_S = 300.0

T = TypeVar("T")
Value = str | int | bool | Sequence[str]
Params = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class AppleReviews:
    """An answer with a page of customerReviews (see `sources.base.RawReviews`)."""

    answer: Answer
    app_id: str
    store: str = APP_STORE.id

    @property
    def latest(self) -> datetime:
        """No date in it can be later."""
        return self.answer.latest

    def packed(self) -> bytes:
        """The body as it came."""
        return self.answer.packed()

    def parse(self) -> Page[Review]:
        """The reviews."""
        return parse.reviews_page(self.answer.json(), self.app_id, self.answer.latest)


class AppleClient:
    """One key's way to App Store Connect. Thread-safe; close it when done.

    `base_url` is https, or http on loopback (UsageError otherwise). `deadline_s` is the longest time for one
    call, retries included. `budget` is handed in when several clients use the same key. `stop` ends waits.
    `transport` is a wire that several clients share (whoever opened it closes it), or a mock in tests.
    """

    def __init__(
        self,
        *,
        tokens: TokenSource,
        clock: Clock,
        base_url: str = APP_STORE.api,
        deadline_s: float = 30.0,
        budget: RateBudget | None = None,
        keep_back_percent: float = 15,
        on_budget: Callable[[Budget], None] | None = None,
        stop: threading.Event | None = None,
        transport: httpx.BaseTransport | None = None,
        user_agent: str = USER_AGENT,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self.origin = Origin.parse(base_url)
        self.budget = budget or RateBudget(
            clock, keep_back_percent=keep_back_percent, on_budget=on_budget, jitter=jitter
        )
        self._clock = clock
        wire = open_wire_to(self.origin) if transport is None else transport
        self._own_wire = wire if transport is None else None
        mock = None if isinstance(transport, Wire) else transport
        self._links = Links(clock, allow_loopback=self.origin.loopback, transport=mock)
        self._exchange = Exchange(
            self.origin,
            tokens,
            clock,
            wire,
            self.budget,
            REFUSALS,
            deadline_s=deadline_s,
            stop=stop,
            user_agent=user_agent,
            jitter=jitter,
        )

    @property
    def clock_skew_s(self) -> float | None:
        """Our clock minus Apple's in seconds as of the last answer; None before the first."""
        return self._exchange.clock_skew_s

    def close(self) -> None:
        """Closes the connections that are its own."""
        if self._own_wire is not None:
            self._own_wire.close()

    def __enter__(self) -> AppleClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- apps and reviews ---

    def apps(self, *, urgent: bool = False) -> Iterator[Page[App]]:
        """Every app that the key sees, page by page."""

        def fetch(query: str | None) -> Page[App]:
            return parse.apps_page(self._page("/v1/apps", {"limit": PAGE_SIZE}, query, urgent))

        return walk(fetch)

    def reviews(
        self,
        app_id: str,
        *,
        query: str | None = None,
        sort: str = "-createdDate",
        limit: int = PAGE_SIZE,
        urgent: bool = False,
    ) -> Page[Review]:
        """One page of an app's reviews with their responses: the first, or the one that `query`
        (`next_query` of the page before) names. `paging.walk` goes through all of them."""
        ask = self._reviews_ask(app_id, query, sort=sort, limit=limit, urgent=urgent)
        return self._exchange.call(
            ask, lambda answer: parse.reviews_page(answer.json(), app_id, answer.latest)
        )

    def reviews_read(self, app_id: str, read: Callable[[RawReviews], T], *, query: str | None = None) -> T:
        """As `reviews`, but the answer is read by `read` (in another process, say)."""
        return self._exchange.call(
            self._reviews_ask(app_id, query), lambda answer: read(AppleReviews(answer, app_id))
        )

    def _reviews_ask(
        self,
        app_id: str,
        query: str | None,
        *,
        sort: str = "-createdDate",
        limit: int = PAGE_SIZE,
        urgent: bool = False,
    ) -> Ask:
        params: Params = {"sort": sort, "include": "response", "limit": limit}
        return self._list_ask(f"/v1/apps/{segment(app_id)}/customerReviews", params, query, urgent)

    def review(self, review_id: str, app_id: str = "", *, urgent: bool = True) -> Review:
        """One review with its response. Apple does not tell its app: `app_id` is put into the record."""
        ask = Ask(
            "GET",
            f"/v1/customerReviews/{segment(review_id)}",
            query_of({"include": "response"}),
            urgent=urgent,
        )
        return self._exchange.call(
            ask, lambda answer: parse.single_review(answer.json(), app_id, answer.latest)
        )

    def response(self, response_id: str, *, urgent: bool = True) -> Response:
        """One response, to see its state."""
        ask = Ask("GET", f"/v1/customerReviewResponses/{segment(response_id)}", urgent=urgent)
        return self._exchange.call(ask, lambda answer: parse.single_response(answer.json(), answer.latest))

    def publish(self, review_id: str, text: str) -> Response:
        """Creates or replaces the response of a review; sent once, never blindly again.

        NetworkError with `unsent` means that nothing left this machine. Any other NetworkError,
        UnexpectedAnswer or Unavailable leaves open whether Apple took it: read the review back.
        After Unauthorized the next request has a new token; whether to repeat is the caller's decision.
        """
        body = {
            "data": {
                "type": "customerReviewResponses",
                "attributes": {"responseBody": text},
                "relationships": {"review": {"data": {"type": "customerReviews", "id": review_id}}},
            }
        }
        ask = Ask("POST", "/v1/customerReviewResponses", body=body, urgent=True)
        return self._exchange.call(ask, lambda answer: parse.single_response(answer.json(), answer.latest))

    def withdraw(self, response_id: str) -> None:
        """Deletes a response. NotFound when there is none; open outcomes as in `publish`."""
        self._exchange.call(
            Ask("DELETE", f"/v1/customerReviewResponses/{segment(response_id)}", urgent=True), Answer.taken
        )

    def review_summaries(
        self, app_id: str, platforms: Sequence[str] = tuple(PLATFORMS)
    ) -> tuple[ReviewSummary, ...]:
        """Apple's digests of an app's reviews on these platforms, which the request must name; empty for apps
        with few of them."""
        path = f"/v1/apps/{segment(app_id)}/customerReviewSummarizations"
        params: Params = {"filter[platform]": platforms, "include": "territory", "limit": PAGE_SIZE}

        def fetch(query: str | None) -> Page[ReviewSummary]:
            ask = self._list_ask(path, params, query, urgent=False, patient=True)
            return self._exchange.call(ask, lambda answer: parse.summaries_page(answer.json(), answer.latest))

        return tuple(item for page in walk(fetch) for item in page.items)

    def app_versions(self, app_id: str) -> tuple[AppVersion, ...]:
        """Every version of an app, in Apple's order."""
        path = f"/v1/apps/{segment(app_id)}/appStoreVersions"
        fields = ("platform", "versionString", "appVersionState", "createdDate")
        params: Params = {"fields[appStoreVersions]": fields, "limit": PAGE_SIZE}

        def fetch(query: str | None) -> Page[AppVersion]:
            ask = self._list_ask(path, params, query, urgent=False, patient=True)
            return self._exchange.call(ask, lambda answer: parse.versions_page(answer.json(), answer.latest))

        return tuple(item for page in walk(fetch) for item in page.items)

    def version_reviews(self, version_id: str, *, query: str | None = None) -> Page[Review]:
        """One page of the reviews of one version of an app, newest first. Only ids and dates are asked for;
        the app is not told."""
        path = f"/v1/appStoreVersions/{segment(version_id)}/customerReviews"
        params: Params = {
            "sort": "-createdDate",
            "fields[customerReviews]": "createdDate",
            "limit": PAGE_SIZE,
        }
        ask = self._list_ask(path, params, query, urgent=False, patient=True)
        return self._exchange.call(ask, lambda answer: parse.reviews_page(answer.json(), "", answer.latest))

    # --- people ---

    def users(self) -> tuple[Person, ...]:
        """Everybody in the team."""
        params: Params = {"include": "visibleApps", "limit": PAGE_SIZE, "limit[visibleApps]": VISIBLE_APPS}

        def fetch(query: str | None) -> Page[Person]:
            return parse.users_page(self._page("/v1/users", params, query, True))

        return tuple(item for page in walk(fetch, identity=_apple_id) for item in page.items)

    def invitations(self) -> tuple[Person, ...]:
        """Every open invitation."""
        params: Params = {"include": "visibleApps", "limit": PAGE_SIZE, "limit[visibleApps]": VISIBLE_APPS}

        def fetch(query: str | None) -> Page[Person]:
            return parse.invitations_page(self._page("/v1/userInvitations", params, query, True))

        return tuple(item for page in walk(fetch, identity=_apple_id) for item in page.items)

    def invite(
        self,
        email: str,
        first_name: str,
        last_name: str,
        roles: Sequence[str],
        *,
        visible_apps: Sequence[str] = (),
    ) -> Person:
        """Invites somebody; without `visible_apps` they see all apps. Apple keeps it open for three days."""
        data: dict[str, Any] = {
            "type": "userInvitations",
            "attributes": {
                "email": email,
                "firstName": first_name,
                "lastName": last_name,
                "roles": list(roles),
                "allAppsVisible": not visible_apps,
                "provisioningAllowed": False,
            },
        }
        if visible_apps:
            linked = [{"type": "apps", "id": app_id} for app_id in visible_apps]
            data["relationships"] = {"visibleApps": {"data": linked}}
        ask = Ask("POST", "/v1/userInvitations", body={"data": data}, urgent=True)
        return self._exchange.call(ask, lambda answer: parse.single_invitation(answer.json()))

    def cancel_invitation(self, invitation_id: str) -> None:
        """Deletes an open invitation. NotFound when it was accepted or cancelled meanwhile."""
        self._exchange.call(
            Ask("DELETE", f"/v1/userInvitations/{segment(invitation_id)}", urgent=True), Answer.taken
        )

    def change_user(
        self, user_id: str, roles: Sequence[str], *, visible_apps: Sequence[str] | None = None
    ) -> None:
        """Gives a user these roles instead of theirs. They see `visible_apps` from then on, all when that is
        empty, what they saw when it is None. NotFound when there is no such user; open outcomes as in
        `publish`."""
        data: dict[str, Any] = {"type": "users", "id": user_id, "attributes": {"roles": list(roles)}}
        if visible_apps is not None:
            data["attributes"]["allAppsVisible"] = not visible_apps
        if visible_apps:
            linked = [{"type": "apps", "id": app_id} for app_id in visible_apps]
            data["relationships"] = {"visibleApps": {"data": linked}}
        ask = Ask("PATCH", f"/v1/users/{segment(user_id)}", body={"data": data}, urgent=True)
        self._exchange.call(ask, Answer.taken)

    def remove_user(self, user_id: str) -> None:
        """Removes a user from the team. NotFound when there is none; open outcomes as in `publish`."""
        self._exchange.call(Ask("DELETE", f"/v1/users/{segment(user_id)}", urgent=True), Answer.taken)

    # --- anything else ---

    def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        query: str | None = None,
        urgent: bool = False,
        patient: bool = False,
    ) -> dict[str, Any]:
        """The JSON document at `path` (ids in it quoted by `origin.segment`); nothing in it is cleaned yet.
        `query` is a `next_query` and takes the place of `params`."""
        ask = self._list_ask(path, params or {}, query, urgent, patient=patient)
        return self._exchange.call(ask, Answer.json)

    def post(
        self, path: str, body: dict[str, Any], *, urgent: bool = True, patient: bool = False
    ) -> dict[str, Any]:
        """Sends a JSON:API document once and gives the answered one. Open outcomes as in `publish`."""
        ask = Ask("POST", path, body=body, urgent=urgent, patient=patient)
        return self._exchange.call(ask, Answer.json)

    def patch(self, path: str, body: dict[str, Any], *, urgent: bool = True) -> None:
        """Sends a JSON:API document that changes the resource at `path`, once; see `publish`.

        Apple answers with the resource. Anything else, such as a proxy's page with 200, leaves it open.
        """
        self._exchange.call(Ask("PATCH", path, body=body, urgent=urgent), Answer.json)

    def delete(self, path: str, *, urgent: bool = True) -> None:
        """Deletes the resource at `path`, sent once."""
        self._exchange.call(Ask("DELETE", path, urgent=urgent), Answer.taken)

    def download(
        self,
        path: str,
        params: Params | None = None,
        *,
        accept: str = REPORT_TYPE,
        deadline_s: float = REPORT_DEADLINE_S,
        max_bytes: int = REPORT_CAP,
        urgent: bool = False,
    ) -> Download:
        """A sales or finance report, complete and unpacked. Unless `urgent` it waits for reviews."""
        ask = Ask(
            "GET",
            path,
            query_of(params or {}),
            accept=accept,
            urgent=urgent,
            patient=not urgent,
            waits=not urgent,
            deadline_s=deadline_s,
        )
        return self._exchange.call(ask, lambda answer: spool(answer, max_bytes))

    def download_link(
        self, url: str, *, deadline_s: float = REPORT_DEADLINE_S, max_bytes: int = REPORT_CAP
    ) -> Download:
        """The file behind a presigned link of Apple's, fetched without the token (see download.py)."""
        return self._links.fetch(url, deadline_s=deadline_s, cap=max_bytes)

    def probe(
        self,
        path: str,
        params: Params | None = None,
        *,
        method: str = "GET",
        body: dict[str, Any] | None = None,
        accept: str = "application/json",
        deadline_s: float | None = None,
        read: Callable[[BinaryIO], object] = is_table,
    ) -> Probe:
        """Asks once (a GET twice after a 401 or a lost answer) and tells what came, whatever its status.

        A report counts as readable when it came whole and `read`, which raises UnexpectedAnswer, takes it.

        Raises NetworkError when no answer of Apple's came. While a 429 counts, nothing is sent and the
        probe says 429.
        """
        began = self._clock.monotonic()
        ask = Ask(
            method,
            path,
            query_of(params or {}),
            body=body,
            accept=accept,
            urgent=True,
            deadline_s=deadline_s,
            tries=2,
        )
        try:
            return self._exchange.attempt(ask, lambda answer: probed(self._exchange, answer, began, read))
        except RateLimited as held:
            unasked = SourceProblem(429, "", "", "not asked: an earlier 429 of this key still counts")
            return Probe(429, str(ask), (unasked,), {}, None, 0.0, held.retry_at)
        except DamagedAnswer as error:
            if accept != REPORT_TYPE:
                raise
            took = self._clock.monotonic() - began
            return Probe(200, str(ask), (), {}, self.clock_skew_s, took, unreadable=error.title)

    def _page(self, path: str, params: Params, query: str | None, urgent: bool) -> dict[str, Any]:
        return self._exchange.call(self._list_ask(path, params, query, urgent), Answer.json)

    def _list_ask(
        self, path: str, params: Params, query: str | None, urgent: bool, *, patient: bool = False
    ) -> Ask:
        raw = query_of(params) if query is None else query
        return Ask("GET", path, raw, urgent=urgent, patient=patient, waits=not urgent)


def open_wire_to(origin: Origin) -> Wire:
    """Connections to App Store Connect; several clients may share them, as each request has its own token."""
    return open_wire(origin.scheme, origin.host, reach="loopback" if origin.loopback else "anywhere")


def query_of(params: Params) -> str:
    """A raw query: lists comma-joined in one parameter, as Apple wants them."""

    def text(value: Value) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, str | int) else ",".join(value)

    return urlencode({name: text(value) for name, value in params.items()}, quote_via=quote, safe=",")


def _apple_id(person: Person) -> str:
    return person.apple_id
