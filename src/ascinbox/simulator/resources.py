"""Apple's JSON:API resources, made from the world's things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ascinbox.simulator.territories import currency_of
from ascinbox.simulator.vocabulary import APP_INCLUDES
from ascinbox.simulator.world import (
    ON_SALE,
    Invitation,
    Reply,
    SimulatedApp,
    SimulatedReview,
    SimulatedVersion,
    Summary,
    User,
    date_text,
)

Fields = tuple[str, ...] | None
"""`fields[type]` of the request; None is all."""

_TO_ONE = frozenset(
    (
        "appStoreIcon",
        "ciProduct",
        "betaLicenseAgreement",
        "betaAppReviewDetail",
        "endUserLicenseAgreement",
        "subscriptionGracePeriod",
        "gameCenterDetail",
    )
)
_APP_RELATIONS = (
    "appStoreVersions",
    "appInfos",
    "customerReviews",
    "customerReviewSummarizations",
    "analyticsReportRequests",
)


def _picked(values: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: values[name] for name in values if name in fields}


def _resource(
    kind: str,
    resource_id: str,
    base: str,
    attributes: Mapping[str, Any],
    relationships: Mapping[str, Any],
    fields: Fields,
) -> dict[str, Any]:
    made: dict[str, Any] = {"type": kind, "id": resource_id}
    if fields is not None:
        attributes, relationships = _picked(attributes, fields), _picked(relationships, fields)
    if attributes:
        made["attributes"] = attributes
    if relationships:
        made["relationships"] = relationships
    made["links"] = {"self": f"{base}/v1/{kind}/{resource_id}"}
    return made


def _linked(base: str, kind: str, resource_id: str, relation: str) -> dict[str, Any]:
    root = f"{base}/v1/{kind}/{resource_id}"
    return {"links": {"self": f"{root}/relationships/{relation}", "related": f"{root}/{relation}"}}


def app_resource(
    app: SimulatedApp, base: str, fields: Fields = None, include: tuple[str, ...] = ()
) -> dict[str, Any]:
    """`apps`. Of what may be included the world has nothing, so to-many linkages are empty lists."""
    relationships = {name: _linked(base, "apps", app.id, name) for name in _APP_RELATIONS}
    for name in include:
        if name in APP_INCLUDES and name not in _TO_ONE:
            relation = relationships.setdefault(name, {})
            relation["meta"] = {"paging": {"total": 0, "limit": 10}}
            relation["data"] = []
    attributes = {
        "name": app.name,
        "bundleId": app.bundle_id,
        "sku": app.sku,
        "primaryLocale": app.primary_locale,
        "isOrEverWasMadeForKids": app.made_for_kids,
        "contentRightsDeclaration": "DOES_NOT_USE_THIRD_PARTY_CONTENT",
        "streamlinedPurchasingEnabled": True,
    }
    return _resource("apps", app.id, base, attributes, relationships, fields)


def version_resource(
    version: SimulatedVersion,
    app: SimulatedApp,
    base: str,
    fields: Fields = None,
    *,
    with_app: bool = False,
    languages: Sequence[str] | None = None,
    total: int = 0,
    copyright_line: str = "",
) -> dict[str, Any]:
    """`appStoreVersions`; `languages`: ids of those that are included, of `total`."""
    attributes = {
        "platform": version.platform,
        "versionString": version.name,
        "appVersionState": version.state,
        "copyright": copyright_line or f"{app.name}",
        "reviewType": "APP_STORE",
        "releaseType": "AFTER_APPROVAL",
        "downloadable": version.state in ON_SALE,
        "createdDate": date_text(version.created, -420),
    }
    relationships: dict[str, Any] = {}
    if with_app:
        relationships["app"] = {"data": {"type": "apps", "id": app.id}}
    relationships["customerReviews"] = _linked(base, "appStoreVersions", version.id, "customerReviews")
    relationships["appStoreVersionLocalizations"] = _languages(
        base, "appStoreVersions", version.id, "appStoreVersionLocalizations", languages, total
    )
    return _resource("appStoreVersions", version.id, base, attributes, relationships, fields)


def info_resource(
    info_id: str,
    state: str,
    base: str,
    fields: Fields = None,
    *,
    app_id: str = "",
    languages: Sequence[str] | None = None,
    total: int = 0,
    categories: Mapping[str, str],
) -> dict[str, Any]:
    """`appInfos`; `languages` as in `version_resource`, `categories`: ids by relationship, "" for none."""
    attributes = {"state": state, "appStoreAgeRating": "FOUR_PLUS"}
    relationships: dict[str, Any] = {}
    if app_id:
        relationships["app"] = {"data": {"type": "apps", "id": app_id}}
    relationships["appInfoLocalizations"] = _languages(
        base, "appInfos", info_id, "appInfoLocalizations", languages, total
    )
    for name, category in categories.items():
        relationships[name] = _linked(base, "appInfos", info_id, name)
        if category:
            relationships[name]["data"] = {"type": "appCategories", "id": category}
    return _resource("appInfos", info_id, base, attributes, relationships, fields)


def _languages(
    base: str, kind: str, owner_id: str, relation: str, included: Sequence[str] | None, total: int
) -> dict[str, Any]:
    made = _linked(base, kind, owner_id, relation)
    if included is not None:
        made["meta"] = {"paging": {"total": total, "limit": max(1, len(included))}}
        made["data"] = [{"type": relation, "id": one} for one in included]
    return made


def language_resource(
    kind: str,
    language_id: str,
    locale: str,
    values: Mapping[str, str],
    names: Sequence[str],
    base: str,
    fields: Fields = None,
) -> dict[str, Any]:
    """`appInfoLocalizations` or `appStoreVersionLocalizations`; what is empty is absent."""
    attributes: dict[str, Any] = {"locale": locale}
    attributes.update((name, values[name]) for name in names if values.get(name))
    return _resource(kind, language_id, base, attributes, {}, fields)


def category_resource(category: str, base: str, fields: Fields = None) -> dict[str, Any]:
    """`appCategories`."""
    return _resource("appCategories", category, base, {"platforms": ["IOS"]}, {}, fields)


def review_resource(
    review: SimulatedReview,
    base: str,
    fields: Fields = None,
    *,
    reply: Reply | None = None,
    with_reply: bool = False,
    with_territory: bool = False,
    nulls: bool = False,
) -> dict[str, Any]:
    """`customerReviews`; linkage data only for included relations, what is empty as null if `nulls`."""
    title, body, nickname = review.texts
    texts = (("title", title), ("body", body), ("reviewerNickname", nickname))
    attributes: dict[str, Any] = {"rating": review.rating}
    # Apple's description knows no null here, its answers do.
    attributes.update((name, text or None) for name, text in texts if text or nulls)
    attributes["createdDate"] = date_text(review.created, review.offset_min)
    attributes["territory"] = review.territory
    response = _linked(base, "customerReviews", review.id, "response")
    if with_reply and reply is not None:
        response["data"] = {"type": "customerReviewResponses", "id": reply.id}
    relationships: dict[str, Any] = {"response": response}
    if with_territory:
        relationships["reviewTerritory"] = {"data": {"type": "territories", "id": review.territory}}
    return _resource("customerReviews", review.id, base, attributes, relationships, fields)


def reply_resource(
    reply: Reply, base: str, now: float, fields: Fields = None, *, with_review: bool = False
) -> dict[str, Any]:
    """`customerReviewResponses`."""
    attributes = {
        "responseBody": reply.body(),
        "lastModifiedDate": date_text(reply.modified, reply.offset_min),
        "state": reply.state(now),
    }
    relationships: dict[str, Any] = {}
    if with_review:
        relationships["review"] = {"data": {"type": "customerReviews", "id": reply.review_id}}
    return _resource("customerReviewResponses", reply.id, base, attributes, relationships, fields)


def territory_resource(code: str, base: str, fields: Fields = None) -> dict[str, Any]:
    """`territories`."""
    return _resource("territories", code, base, {"currency": currency_of(code)}, {}, fields)


def summary_resource(
    summary: Summary, base: str, fields: Fields = None, *, with_territory: bool = False
) -> dict[str, Any]:
    """`customerReviewSummarizations`."""
    attributes = {
        "createdDate": date_text(summary.created, 0),
        "locale": summary.locale,
        "platform": summary.platform,
        "text": summary.words(),
    }
    relationships: dict[str, Any] = {}
    if with_territory:
        relationships["territory"] = {"data": {"type": "territories", "id": summary.territory}}
    return _resource("customerReviewSummarizations", summary.id, base, attributes, relationships, fields)


def _visible_apps(
    base: str, kind: str, resource_id: str, apps: tuple[str, ...] | None, included: int
) -> dict[str, Any]:
    relation = _linked(base, kind, resource_id, "visibleApps")
    if included:
        chosen = apps or ()
        relation["meta"] = {"paging": {"total": len(chosen), "limit": included}}
        relation["data"] = [{"type": "apps", "id": app_id} for app_id in chosen[:included]]
    return {"visibleApps": relation}


def user_resource(user: User, base: str, fields: Fields = None, *, included_apps: int = 0) -> dict[str, Any]:
    """`users`. `included_apps` is how many visible apps are linked, 0 when they are not included."""
    attributes = {
        "username": user.username,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "roles": list(user.roles),
        "allAppsVisible": user.visible_apps is None,
        "provisioningAllowed": user.provisioning,
    }
    relation = _visible_apps(base, "users", user.id, user.visible_apps, included_apps)
    return _resource("users", user.id, base, attributes, relation, fields)


def invitation_resource(
    invitation: Invitation, base: str, fields: Fields = None, *, included_apps: int = 0
) -> dict[str, Any]:
    """`userInvitations`."""
    attributes = {
        "email": invitation.email,
        "firstName": invitation.first_name,
        "lastName": invitation.last_name,
        "expirationDate": date_text(invitation.expires, 0),
        "roles": list(invitation.roles),
        "allAppsVisible": invitation.visible_apps is None,
        "provisioningAllowed": invitation.provisioning,
    }
    relation = _visible_apps(base, "userInvitations", invitation.id, invitation.visible_apps, included_apps)
    return _resource("userInvitations", invitation.id, base, attributes, relation, fields)
