"""Apps and territories."""

from __future__ import annotations

from collections.abc import Iterable

from ascinbox.simulator.calls import Call, Endpoint, SimulatedAnswer
from ascinbox.simulator.params import FLAG, SUB_LIMIT, TEXT, fields, one_of, paged, sort_by
from ascinbox.simulator.resources import app_resource, territory_resource
from ascinbox.simulator.roles import Task
from ascinbox.simulator.vocabulary import (
    APP_FIELD_TYPES,
    APP_INCLUDES,
    APP_RELATION_LIMITS,
    APP_STORE_STATES,
    APP_VERSION_STATES,
    PLATFORMS,
    SUBMISSION_STATES,
    TERRITORIES,
)
from ascinbox.simulator.world import SimulatedApp

_SINGLE = {
    **fields(*APP_FIELD_TYPES),
    "include": one_of(*APP_INCLUDES),
    **{f"limit[{name}]": SUB_LIMIT for name in APP_RELATION_LIMITS},
}
_LIST = paged(
    {
        **_SINGLE,
        "filter[name]": TEXT,
        "filter[bundleId]": TEXT,
        "filter[sku]": TEXT,
        "filter[id]": TEXT,
        "filter[appStoreVersions]": TEXT,
        "filter[appStoreVersions.appStoreState]": one_of(*APP_STORE_STATES),
        "filter[appStoreVersions.platform]": one_of(*PLATFORMS),
        "filter[appStoreVersions.appVersionState]": one_of(*APP_VERSION_STATES),
        "filter[reviewSubmissions.state]": one_of(*SUBMISSION_STATES),
        "filter[reviewSubmissions.platform]": one_of(*PLATFORMS),
        "exists[gameCenterEnabledVersions]": FLAG,
        "sort": sort_by("name", "bundleId", "sku"),
    }
)
_SORTS = {"name": lambda app: app.name, "bundleId": lambda app: app.bundle_id, "sku": lambda app: app.sku}


def list_apps(call: Call) -> SimulatedAnswer:
    """GET /v1/apps."""
    found = [app for app in call.world.visible(call.key) if _matches(app, call)]
    for word in reversed(call.query.words("sort")):
        found.sort(key=_SORTS[word.removeprefix("-")], reverse=word.startswith("-"))
    page = call.page(len(found))
    include = call.query.words("include")
    chosen = call.query.chosen("apps")
    resources = [app_resource(app, call.base, chosen, include) for app in found[page.start : page.end]]
    return call.listing(resources, page, [] if include else None)


def _matches(app: SimulatedApp, call: Call) -> bool:
    """Text filters of Apple's match parts; states and platforms are those of the one version on sale."""
    query = call.query
    return (
        _part_of(app.name, query.words("filter[name]"))
        and _part_of(app.bundle_id, query.words("filter[bundleId]"))
        and _part_of(app.sku, query.words("filter[sku]"))
        and _among((app.id,), query.words("filter[id]"))
        and _among((), query.words("filter[appStoreVersions]"))
        and _among(app.platforms, query.words("filter[appStoreVersions.platform]"))
        and _among(("READY_FOR_SALE",), query.words("filter[appStoreVersions.appStoreState]"))
        and _among(("READY_FOR_DISTRIBUTION",), query.words("filter[appStoreVersions.appVersionState]"))
        and _among(("COMPLETE",), query.words("filter[reviewSubmissions.state]"))
        and _among(app.platforms, query.words("filter[reviewSubmissions.platform]"))
        and query.flag("exists[gameCenterEnabledVersions]") is not True
    )


def _part_of(text: str, wanted: Iterable[str]) -> bool:
    words = tuple(wanted)
    return not words or any(word.casefold() in text.casefold() for word in words)


def _among(values: Iterable[str], wanted: Iterable[str]) -> bool:
    words = set(wanted)
    return not words or not words.isdisjoint(values)


def one_app(call: Call) -> SimulatedAnswer:
    """GET /v1/apps/{id}."""
    app = call.app(call.ids["id"])
    include = call.query.words("include")
    resource = app_resource(app, call.base, call.query.chosen("apps"), include)
    return call.single(resource, [] if include else None)


def list_territories(call: Call) -> SimulatedAnswer:
    """GET /v1/territories."""
    page = call.page(len(TERRITORIES))
    chosen = call.query.chosen("territories")
    codes = TERRITORIES[page.start : page.end]
    return call.listing([territory_resource(code, call.base, chosen) for code in codes], page)


ENDPOINTS = (
    Endpoint("GET", "/v1/apps", Task.APPS, list_apps, _LIST),
    Endpoint("GET", "/v1/apps/{id}", Task.APPS, one_app, _SINGLE),
    Endpoint("GET", "/v1/territories", Task.APPS, list_territories, paged(fields("territories"))),
)
