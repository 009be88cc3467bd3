"""JSON:API documents to records. Every foreign string is cleaned here, once.

A page never fails because of one item: without id, of a foreign type or with attributes that are none it is
left out, with the reason; an odd attribute becomes None or stays raw. Source of the shapes: Apple's OpenAPI
description.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from ascinbox.core.dates import parse_moment
from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.core.health.people import Person, PersonState
from ascinbox.core.records import App, AppVersion, LeftOut, Page, Response, Review, ReviewSummary
from ascinbox.core.reviews.territories import alpha3
from ascinbox.core.text import clean_body, clean_line
from ascinbox.sources.apple.paging import next_query, total_of
from ascinbox.sources.apple.resources import ID, Json, all_linked, attributes, identity, linked
from ascinbox.sources.http.bodies import whole_number

T = TypeVar("T")


class _Included:
    """The responses that came with reviews. Either side may name the other, or both do."""

    def __init__(self, document: Json, latest: datetime | None) -> None:
        self.by_id: dict[str, Response] = {}
        self._by_review: dict[str, Response] = {}
        included = document.get("included")
        for item in included if isinstance(included, list) else ():
            identifier = identity(item, "customerReviewResponses")
            if identifier is not None:
                response = self.by_id[identifier] = _response(item, identifier, latest)
                review_id = linked(item, "review", "customerReviews")
                if review_id is not None:
                    self._by_review[review_id] = response

    def of(self, review: Json, review_id: str) -> Response | None:
        """The response of a review; None when neither side names one."""
        response_id = linked(review, "response", "customerReviewResponses")
        found = self.by_id.get(response_id or "") or self._by_review.get(review_id)
        if found is None and response_id is not None:
            # Named but not included: that there is one must not be forgotten, or it would be overwritten.
            return Response(response_id, "", "")
        return found


def reviews_page(document: Json, app_id: str, latest: datetime | None = None) -> Page[Review]:
    """A list of customerReviews with `include=response`. Dates after `latest` are taken for unknown."""
    responses = _Included(document, latest)

    def review(item: Json, identifier: str) -> Review:
        return _review(item, identifier, app_id, responses, latest)

    return _page(document, "customerReviews", review)


def single_review(document: Json, app_id: str, latest: datetime | None = None) -> Review:
    """One customerReview with `include=response`."""
    item, identifier = _single(document, "customerReviews")
    responses = _Included(document, latest)
    review = _review(item, identifier, app_id, responses, latest)
    if review.response is None and len(responses.by_id) == 1:
        # Included but not named: whose should it be? Taking it for none would overwrite it.
        return replace(review, response=next(iter(responses.by_id.values())))
    return review


def single_response(document: Json, latest: datetime | None = None) -> Response:
    """One customerReviewResponse."""
    return _response(*_single(document, "customerReviewResponses"), latest)


def apps_page(document: Json) -> Page[App]:
    """A list of apps."""
    return _page(document, "apps", _app)


def versions_page(document: Json, latest: datetime | None = None) -> Page[AppVersion]:
    """A list of appStoreVersions."""

    def version(item: Json, identifier: str) -> AppVersion:
        said = attributes(item)
        return AppVersion(
            id=identifier,
            name=clean_line(said.get("versionString")),
            platform=clean_line(said.get("platform")),
            state=clean_line(said.get("appVersionState")),
            created_at=parse_moment(said.get("createdDate"), latest=latest),
        )

    return _page(document, "appStoreVersions", version)


def users_page(document: Json) -> Page[Person]:
    """A list of users with `include=visibleApps`."""
    return _page(document, "users", _user)


def invitations_page(document: Json) -> Page[Person]:
    """A list of userInvitations with `include=visibleApps`."""
    return _page(document, "userInvitations", _invitation)


def single_invitation(document: Json) -> Person:
    """One userInvitation."""
    return _invitation(*_single(document, "userInvitations"))


def summaries_page(document: Json, latest: datetime | None = None) -> Page[ReviewSummary]:
    """A list of customerReviewSummarizations with `include=territory`."""

    def summary(item: Json, identifier: str) -> ReviewSummary:
        said = attributes(item)
        return ReviewSummary(
            id=identifier,
            text=clean_body(said.get("text")),
            locale=clean_line(said.get("locale")),
            platform=clean_line(said.get("platform")),
            created_at=parse_moment(said.get("createdDate"), latest=latest),
            territory=territory(linked(item, "territory", "territories")),
        )

    return _page(document, "customerReviewSummarizations", summary)


def territory(value: object) -> str | None:
    """An alpha-3 code in upper case (also one that Apple adds later); alpha-2 is normalised."""
    if not isinstance(value, str) or not (value.isascii() and value.isalpha()):
        return None
    if len(value) == 3:
        return value.upper()
    return alpha3(value) if len(value) == 2 else None


def _page(document: Json, kind: str, make: Callable[[Json, str], T]) -> Page[T]:
    data = document.get("data")
    if not isinstance(data, list):
        raise UnexpectedAnswer(
            "Unexpected answer: a list without data.",
            f"A list of {kind} was asked for.",
            "It is tried again.",
        )
    items: list[T] = []
    left_out: list[LeftOut] = []
    for item in data:
        identifier = identity(item, kind)
        if identifier is not None and (isinstance(said := item.get("attributes"), dict) or said is None):
            items.append(make(item, identifier))
        else:
            left_out.append(_trouble(item, kind))
    return Page(tuple(items), next_query(document), total_of(document), tuple(left_out))


def _single(document: Json, kind: str) -> tuple[Json, str]:
    item = document.get("data")
    identifier = identity(item, kind)
    if (
        identifier is None
        or not isinstance(item, dict)
        or not isinstance(item.get("attributes"), dict | None)
    ):
        raise UnexpectedAnswer(
            "Unexpected answer: the thing that was asked for is not in it.",
            f"One of {kind}.",
            "It is tried again.",
        )
    return item, identifier


def _trouble(item: object, kind: str) -> LeftOut:
    """Why an item is left out; of what it holds, only an id that can be trusted is told."""
    if not isinstance(item, dict):
        return "", "it is no object"
    identifier = item.get("id")
    known = isinstance(identifier, str) and ID.fullmatch(identifier) is not None
    told = identifier if known and isinstance(identifier, str) else ""
    if item.get("type") != kind:
        return told, f"it is not one of {kind}"
    return told, "its attributes are no object" if known else "it has no usable id"


def _review(
    item: Json, identifier: str, app_id: str, responses: _Included, latest: datetime | None
) -> Review:
    said = attributes(item).get
    rating = whole_number(said("rating"))
    return Review(
        identifier,
        app_id,
        rating if rating is not None and 1 <= rating <= 5 else None,
        clean_line(said("title")),
        clean_body(said("body")),
        clean_line(said("reviewerNickname")),
        parse_moment(said("createdDate"), latest=latest),
        territory(said("territory")) or territory(linked(item, "reviewTerritory", "territories")),
        responses.of(item, identifier),
    )


def _response(item: Json, identifier: str, latest: datetime | None) -> Response:
    said = attributes(item)
    return Response(
        id=identifier,
        text=clean_body(said.get("responseBody")),
        state=clean_line(said.get("state")),
        modified_at=parse_moment(said.get("lastModifiedDate"), latest=latest),
    )


def _app(item: Json, identifier: str) -> App:
    said = attributes(item)
    return App(
        id=identifier,
        name=clean_line(said.get("name")),
        bundle_id=clean_line(said.get("bundleId")),
        sku=clean_line(said.get("sku")),
        primary_locale=clean_line(said.get("primaryLocale")),
    )


def _roles(said: Json) -> tuple[str, ...]:
    roles = said.get("roles")
    return (
        tuple(clean_line(role) for role in roles if isinstance(role, str)) if isinstance(roles, list) else ()
    )


def _user(item: Json, identifier: str) -> Person:
    return _person(item, identifier, "username", PersonState.ACTIVE)


def _invitation(item: Json, identifier: str) -> Person:
    return _person(item, identifier, "email", PersonState.PENDING)


def _person(item: Json, identifier: str, email: str, standing: PersonState) -> Person:
    said = attributes(item)
    return Person(
        email=clean_line(said.get(email)),
        first_name=clean_line(said.get("firstName")),
        last_name=clean_line(said.get("lastName")),
        roles=_roles(said),
        standing=standing,
        apple_id=identifier,
        all_apps=said.get("allAppsVisible") is True,
        apps=all_linked(item, "visibleApps", "apps"),
        expires_at=parse_moment(said.get("expirationDate")),
    )
