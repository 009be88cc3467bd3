"""Analytics report requests, reports, instances and segments, and the files behind the segments' links."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import parse_qs

from ascinbox.simulator import problems
from ascinbox.simulator.analytics import (
    KINDS,
    LINK_SECONDS,
    OTHER_REPORTS,
    Analytics,
    Instance,
    Request,
    segment_file,
    signature,
)
from ascinbox.simulator.bodies import Attribute, Relation, Shape, invalid, read_entity
from ascinbox.simulator.calls import Call, Endpoint, SimulatedAnswer, report
from ascinbox.simulator.ledger import Effect
from ascinbox.simulator.market import market_of
from ascinbox.simulator.params import SUB_LIMIT, TEXT, ParameterRule, one_of, paged
from ascinbox.simulator.roles import Task
from ascinbox.simulator.trade import Shop
from ascinbox.simulator.world import World

ACCESS = ("ONE_TIME_SNAPSHOT", "ONGOING")
CATEGORIES = ("APP_USAGE", "APP_STORE_ENGAGEMENT", "COMMERCE", "FRAMEWORK_USAGE", "PERFORMANCE")
SEGMENTS = 2
LISTED = (*KINDS, *OTHER_REPORTS)
FILES = "/_files/"
"""Where segments lie. No route of Apple's: presigned links lead to another host there."""

_REQUEST_FIELDS = one_of("accessType", "stoppedDueToInactivity", "reports")
_REPORT_FIELDS = one_of("name", "category", "instances")
_REQUESTS: dict[str, ParameterRule] = {
    "fields[analyticsReportRequests]": _REQUEST_FIELDS,
    "fields[analyticsReports]": _REPORT_FIELDS,
    "include": one_of("reports"),
    "limit[reports]": SUB_LIMIT,
}
_NEW = Shape(
    "analyticsReportRequests",
    {"accessType": Attribute(str, required=True)},
    {"app": Relation("apps", required=True)},
)


def analytics_of(world: World) -> Analytics:
    """The analytics of a world; kept with it."""
    if world.analytics is None:
        world.analytics = Analytics(world.seed)
    found = world.analytics
    assert isinstance(found, Analytics)
    return found


def list_requests(call: Call) -> SimulatedAnswer:
    """GET /v1/apps/{id}/analyticsReportRequests."""
    app = call.app(call.ids["id"])
    wanted = call.query.words("filter[accessType]")
    found = [
        request
        for request in analytics_of(call.world).requests.values()
        if request.app_id == app.id and (not wanted or request.access in wanted)
    ]
    page = call.page(len(found))
    shown = found[page.start : page.end]
    return call.listing([_request(call, r) for r in shown], page, _included(call, shown))


def create_request(call: Call) -> SimulatedAnswer:
    """POST /v1/analyticsReportRequests; a second one of a kind is a conflict."""
    entity = read_entity(call.body, _NEW)
    access = entity.attributes["accessType"]
    if access not in ACCESS:
        raise invalid("accessType", "/data/attributes/accessType")
    app_id = entity.related["app"][0]
    if not call.world.sees(call.key, app_id):
        raise invalid("app", "/data/relationships/app")
    request = analytics_of(call.world).ask(app_id, access, call.now)
    if request is None:
        raise problems.Problem(
            409,
            "STATE_ERROR",
            "The request cannot be fulfilled because of the state of another resource.",
            "You already have such an entity",
        )
    call.simulator.ledger.effect(Effect(call.now, "analytics_request", call.key.key_id, app_id, access))
    return call.single(_request(call, request), status=201)


def read_request(call: Call) -> SimulatedAnswer:
    """GET /v1/analyticsReportRequests/{id}."""
    request = _found_request(call, call.ids["id"])
    return call.single(_request(call, request), _included(call, [request]))


def delete_request(call: Call) -> SimulatedAnswer:
    """DELETE /v1/analyticsReportRequests/{id}: the reports stop."""
    request = _found_request(call, call.ids["id"])
    del analytics_of(call.world).requests[request.id]
    return SimulatedAnswer(204)


def list_reports(call: Call) -> SimulatedAnswer:
    """GET /v1/analyticsReportRequests/{id}/reports."""
    request = _found_request(call, call.ids["id"])
    names, categories = call.query.words("filter[name]"), call.query.words("filter[category]")
    kinds = [
        number
        for number, kind in enumerate(LISTED)
        if (not names or kind.name in names) and (not categories or kind.category in categories)
    ]
    page = call.page(len(kinds))
    return call.listing([_report(call, request, n) for n in kinds[page.start : page.end]], page)


def list_instances(call: Call) -> SimulatedAnswer:
    """GET /v1/analyticsReports/{id}/instances."""
    request, kind = _found_report(call, call.ids["id"])
    granularity = call.query.words("filter[granularity]")
    days = call.query.words("filter[processingDate]")
    found = [
        instance
        for instance in (
            analytics_of(call.world).instances(request, kind, call.now) if kind < len(KINDS) else ()
        )
        if (not granularity or "DAILY" in granularity)
        and (not days or instance.processed.isoformat() in days)
    ]
    page = call.page(len(found))
    resources = [
        _resource(
            call,
            "analyticsReportInstances",
            instance.id,
            {"granularity": "DAILY", "processingDate": instance.processed.isoformat()},
            "segments",
        )
        for instance in found[page.start : page.end]
    ]
    return call.listing(resources, page)


def list_segments(call: Call) -> SimulatedAnswer:
    """GET /v1/analyticsReportInstances/{id}/segments: fresh links each time."""
    instance = _found_instance(call)
    page = call.page(SEGMENTS)
    expires = int(call.now) + LINK_SECONDS
    resources = []
    for number in range(SEGMENTS)[page.start : page.end]:
        content = segment_file(instance, _shop(call.world, instance.request), number, call.world.seed)
        name = f"{instance.id}-{number}.csv.gz"
        signed = signature(name, expires, call.world.seed)
        url = f"{call.base}{FILES}{name}?expires={expires}&signature={signed}"
        attributes = {
            "checksum": hashlib.md5(content, usedforsecurity=False).hexdigest(),
            "sizeInBytes": len(content),
            "url": url,
        }
        resources.append(
            _resource(call, "analyticsReportSegments", f"{instance.id}-{number}", attributes, None)
        )
    return call.listing(resources, page)


def segment(world: World, path: str, query: bytes, now: float, *, authorized: bool) -> SimulatedAnswer:
    """The file behind a link. A request with a token is refused, as the real host refuses two signatures."""
    name = path.removeprefix(FILES)
    found = re.fullmatch(r"([0-9a-f-]{36})-(\d)\.csv\.gz", name)
    asked = parse_qs(query.decode("latin-1"))
    expires = asked.get("expires", ["0"])[0]
    valid = expires.isdigit() and asked.get("signature") == [signature(name, int(expires), world.seed)]
    if authorized:
        return SimulatedAnswer(400, b"<Error><Code>InvalidArgument</Code></Error>", "application/xml")
    instance = _instance(world, found[1], now) if found else None
    if not valid or int(expires) < now or instance is None or found is None or int(found[2]) >= SEGMENTS:
        return SimulatedAnswer(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
    content = segment_file(instance, _shop(world, instance.request), int(found[2]), world.seed)
    return report(content, name, "application/octet-stream")


def _request(call: Call, request: Request) -> dict[str, Any]:
    attributes = {"accessType": request.access, "stoppedDueToInactivity": request.stopped}
    resource = _resource(call, "analyticsReportRequests", request.id, attributes, "reports")
    if "reports" in call.query.words("include") and "relationships" in resource:
        kept = _included(call, [request]) or []
        linkage = [{"type": "analyticsReports", "id": report["id"]} for report in kept]
        resource["relationships"]["reports"]["data"] = linkage
        resource["relationships"]["reports"]["meta"] = {
            "paging": {"total": len(LISTED), "limit": call.query.number("limit[reports]", 10)}
        }
    return resource


def _included(call: Call, requests: list[Request]) -> list[dict[str, Any]] | None:
    if "reports" not in call.query.words("include"):
        return None
    kinds = range(len(LISTED))[: call.query.number("limit[reports]", 10)]
    return [_report(call, request, kind) for request in requests for kind in kinds]


def _report(call: Call, request: Request, number: int) -> dict[str, Any]:
    kind = LISTED[number]
    attributes = {"name": kind.name, "category": kind.category}
    return _resource(call, "analyticsReports", f"r{number + 3}-{request.id}", attributes, "instances")


def _resource(
    call: Call, kind: str, resource_id: str, attributes: dict[str, Any], relation: str | None
) -> dict[str, Any]:
    chosen = call.query.chosen(kind)
    kept = {name: value for name, value in attributes.items() if chosen is None or name in chosen}
    path = f"{call.base}/v1/{kind}/{resource_id}"
    resource: dict[str, Any] = {"type": kind, "id": resource_id, "attributes": kept}
    if relation is not None and (chosen is None or relation in chosen):
        links = {"self": f"{path}/relationships/{relation}", "related": f"{path}/{relation}"}
        resource["relationships"] = {relation: {"links": links}}
    resource["links"] = {"self": path}
    return resource


def _found_request(call: Call, request_id: str) -> Request:
    request = analytics_of(call.world).requests.get(request_id)
    if request is None or not call.world.sees(call.key, request.app_id):
        raise problems.not_found("analyticsReportRequests", request_id)
    return request


def _found_report(call: Call, report_id: str) -> tuple[Request, int]:
    match = re.fullmatch(r"r(\d+)-(.+)", report_id)
    number = int(match[1]) - 3 if match and len(match[1]) < 4 else -1
    if match is None or number not in range(len(LISTED)):
        raise problems.not_found("analyticsReports", report_id)
    return _found_request(call, match[2]), number


def _found_instance(call: Call) -> Instance:
    instance = _instance(call.world, call.ids["id"], call.now)
    if instance is None or not call.world.sees(call.key, instance.request.app_id):
        raise problems.not_found("analyticsReportInstances", call.ids["id"])
    return instance


def _instance(world: World, instance_id: str, now: float) -> Instance | None:
    analytics = analytics_of(world)
    for request in analytics.requests.values():
        for kind in range(len(KINDS)):
            for instance in analytics.instances(request, kind, now):
                if instance.id == instance_id:
                    return instance
    return None


def _shop(world: World, request: Request) -> Shop:
    team = world.teams[world.apps[request.app_id].issuer_id]
    return next(shop for shop in market_of(world).trade(team).shops if shop.app_id == request.app_id)


_LIST_REPORTS = {
    "filter[name]": TEXT,
    "filter[category]": one_of(*CATEGORIES),
    "fields[analyticsReports]": _REPORT_FIELDS,
}
_LIST_INSTANCES = {
    "filter[granularity]": one_of("DAILY", "WEEKLY", "MONTHLY"),
    "filter[processingDate]": TEXT,
    "fields[analyticsReportInstances]": one_of("granularity", "processingDate", "segments"),
}
_LIST_SEGMENTS = {"fields[analyticsReportSegments]": one_of("checksum", "sizeInBytes", "url")}
_REQUEST = "/v1/analyticsReportRequests"

ENDPOINTS = (
    Endpoint(
        "GET",
        "/v1/apps/{id}/analyticsReportRequests",
        Task.ANALYTICS_READ,
        list_requests,
        paged({**_REQUESTS, "filter[accessType]": one_of(*ACCESS)}),
    ),
    Endpoint("POST", _REQUEST, Task.ANALYTICS_WRITE, create_request, has_body=True),
    Endpoint("GET", _REQUEST + "/{id}", Task.ANALYTICS_READ, read_request, _REQUESTS),
    Endpoint("DELETE", _REQUEST + "/{id}", Task.ANALYTICS_WRITE, delete_request),
    Endpoint("GET", _REQUEST + "/{id}/reports", Task.ANALYTICS_READ, list_reports, paged(_LIST_REPORTS)),
    Endpoint(
        "GET",
        "/v1/analyticsReports/{id}/instances",
        Task.ANALYTICS_READ,
        list_instances,
        paged(_LIST_INSTANCES),
    ),
    Endpoint(
        "GET",
        "/v1/analyticsReportInstances/{id}/segments",
        Task.ANALYTICS_READ,
        list_segments,
        paged(_LIST_SEGMENTS),
    ),
)
