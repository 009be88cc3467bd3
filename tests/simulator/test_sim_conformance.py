"""The simulator agrees with Apple's own description: what it answers, and what it refuses."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from ascinbox.core.listing.fields import Scope
from ascinbox.simulator.calls import Endpoint
from ascinbox.simulator.listing import SimulatedPart, texts_of
from ascinbox.simulator.params import FLAG
from ascinbox.simulator.routes import ENDPOINTS
from ascinbox.simulator.routes.listing import LANGUAGES, OWNERS, PARTS
from tests.simulator.apple_description import Description, description
from tests.simulator.sim_desk import Answered, Desk, MakeDesk, reply_body

NARROWER = {"filter[rating]"}
"""Any text by the description, `1` to `5` in Apple's documentation."""
SAMPLES = {
    "filter[rating]": "5",
    "filter[reviewTerritory]": "USA",
    "filter[platform]": "IOS",
    "filter[reportType]": "SALES",
    "filter[reportSubType]": "SUMMARY",
    "filter[frequency]": "DAILY",
    "filter[reportDate]": "2026-11-18",
    "filter[version]": "1_0",
    "filter[regionCode]": "ZZ",
    "filter[processingDate]": "2026-11-18",
}
"""Texts that a parameter without an enum takes; any other takes any text."""
FINANCE = {"filter[reportType]": "FINANCIAL", "filter[reportDate]": "2026-10"}

GETS = [endpoint for endpoint in ENDPOINTS if endpoint.method == "GET"]
BODIES = [endpoint for endpoint in ENDPOINTS if endpoint.has_body]


def name_of(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


@pytest.fixture(scope="module")
def apple() -> Description:
    return description()


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    """Big budget: some routes are asked a hundred times."""
    made = make_desk(reviews=90, hour_limit=100_000)
    # Apple's description knows no null, its answers do.
    made.simulator.settings.nulls = False
    return made


def place(desk: Desk, endpoint: Endpoint) -> str:
    """The endpoint's path with the id of something that exists."""
    if "{id}" not in endpoint.path:
        return endpoint.path
    kind = endpoint.path.split("/")[2]
    return endpoint.path.replace("{id}", IDS[kind](desk))


def _reply_id(desk: Desk) -> str:
    reply = desk.review(answered=True).reply
    assert reply is not None
    return reply.id


def _request_id(desk: Desk) -> str:
    rows = desk.walk(f"/v1/apps/{desk.app.id}/analyticsReportRequests")
    if rows:
        return str(rows[0]["id"])
    made = desk.ask("POST", "/v1/analyticsReportRequests", analytics_body(desk))
    assert made.status == 201, made.body
    return str(made.json()["data"]["id"])


def _report_id(desk: Desk) -> str:
    return str(desk.walk(f"/v1/analyticsReportRequests/{_request_id(desk)}/reports")[0]["id"])


def _instance_id(desk: Desk) -> str:
    request = _request_id(desk)
    # The first reports of a new request come a day or two later.
    desk.clock.sleep(3 * 86_400)
    reports = desk.walk(f"/v1/analyticsReportRequests/{request}/reports")
    instances = (desk.walk(f"/v1/analyticsReports/{report['id']}/instances") for report in reports)
    return str(next(rows for rows in instances if rows)[0]["id"])


def _draft(desk: Desk, scope: Scope) -> SimulatedPart:
    texts = texts_of(desk.simulator.world)
    return next(
        part for part in texts.parts(desk.app.id, scope) if texts.state(part) == "PREPARE_FOR_SUBMISSION"
    )


def _draft_language(desk: Desk, scope: Scope) -> str:
    language = _draft(desk, scope).language("de-DE")
    assert language is not None
    return language.id


IDS: dict[str, Callable[[Desk], str]] = {
    "apps": lambda desk: desk.app.id,
    # The draft: the only one whose texts may be changed.
    "appStoreVersions": lambda desk: desk.app.versions[0].id,
    "appStoreVersionLocalizations": lambda desk: _draft_language(desk, Scope.VERSION),
    "appInfos": lambda desk: _draft(desk, Scope.INFO).id,
    "appInfoLocalizations": lambda desk: _draft_language(desk, Scope.INFO),
    "customerReviews": lambda desk: desk.review(answered=True).id,
    "customerReviewResponses": _reply_id,
    "users": lambda desk: str(desk.walk("/v1/users?filter[roles]=CUSTOMER_SUPPORT")[0]["id"]),
    "userInvitations": lambda desk: str(desk.walk("/v1/userInvitations")[0]["id"]),
    "analyticsReportRequests": _request_id,
    "analyticsReports": _report_id,
    "analyticsReportInstances": _instance_id,
}


def analytics_body(desk: Desk) -> dict[str, Any]:
    return {
        "data": {
            "type": "analyticsReportRequests",
            "attributes": {"accessType": "ONGOING"},
            "relationships": {"app": {"data": {"type": "apps", "id": desk.app.id}}},
        }
    }


def invitation_body(desk: Desk) -> dict[str, Any]:
    return {
        "data": {
            "type": "userInvitations",
            "attributes": {
                "email": "new@north.example",
                "firstName": "New",
                "lastName": "One",
                "roles": ["CUSTOMER_SUPPORT"],
                "allAppsVisible": False,
                "provisioningAllowed": None,
            },
            "relationships": {"visibleApps": {"data": [{"type": "apps", "id": desk.app.id}]}},
        }
    }


def user_body(desk: Desk) -> dict[str, Any]:
    return {
        "data": {"type": "users", "id": IDS["users"](desk), "attributes": {"roles": ["CUSTOMER_SUPPORT"]}}
    }


def language_body(desk: Desk, scope: Scope) -> dict[str, Any]:
    """Changes some fields of a language."""
    kind = LANGUAGES[scope]
    text = {"name": "Gezeitenuhr"} if scope is Scope.INFO else {"whatsNew": "Neues.", "keywords": None}
    return {"data": {"type": kind, "id": _draft_language(desk, scope), "attributes": text}}


def new_language_body(desk: Desk, scope: Scope) -> dict[str, Any]:
    """Adds a language to the draft."""
    name = {"name": "Tidvattensur"} if scope is Scope.INFO else {}
    linked = {"type": PARTS[scope], "id": _draft(desk, scope).id}
    return {
        "data": {
            "type": LANGUAGES[scope],
            "attributes": {"locale": "sv", **name},
            "relationships": {OWNERS[scope]: {"data": linked}},
        }
    }


def info_body(desk: Desk) -> dict[str, Any]:
    """Changes a category."""
    linked = {"primaryCategory": {"data": {"type": "appCategories", "id": "WEATHER"}}}
    return {"data": {"type": "appInfos", "id": _draft(desk, Scope.INFO).id, "relationships": linked}}


def version_body(desk: Desk) -> dict[str, Any]:
    """Changes the copyright."""
    attributes = {"copyright": "2026 Northwind"}
    return {"data": {"type": "appStoreVersions", "id": desk.app.versions[0].id, "attributes": attributes}}


def new_version_body(desk: Desk) -> dict[str, Any]:
    """Makes the draft of a first version for another platform."""
    return {
        "data": {
            "type": "appStoreVersions",
            "attributes": {"versionString": "1.0", "platform": "VISION_OS"},
            "relationships": {"app": {"data": {"type": "apps", "id": desk.app.id}}},
        }
    }


GOOD_BODIES: dict[str, Callable[[Desk], dict[str, Any]]] = {
    "/v1/appInfos/{id}": info_body,
    "/v1/appStoreVersions/{id}": version_body,
    "/v1/appStoreVersions": new_version_body,
    **{f"/v1/{LANGUAGES[s]}/{{id}}": partial(language_body, scope=s) for s in Scope},
    **{f"/v1/{LANGUAGES[s]}": partial(new_language_body, scope=s) for s in Scope},
    "/v1/customerReviewResponses": lambda desk: reply_body(desk.review().id, "Thanks"),
    "/v1/userInvitations": invitation_body,
    "/v1/users/{id}": user_body,
    "/v1/analyticsReportRequests": analytics_body,
}


def sample(desk: Desk, endpoint: Endpoint, name: str) -> str:
    """A value that a parameter takes."""
    if name == "filter[vendorNumber]":
        return next(iter(desk.simulator.world.teams.values())).vendor
    if endpoint.path == "/v1/financeReports" and name in FINANCE:
        return FINANCE[name]
    return SAMPLES.get(name, "x")


def required(desk: Desk, endpoint: Endpoint, *, without: str = "") -> list[str]:
    """The parameters that must be there, filled."""
    return [
        f"{name}={sample(desk, endpoint, name)}"
        for name, rule in endpoint.rules.items()
        if rule.required and name != without
    ]


def ask(desk: Desk, endpoint: Endpoint, path: str, *pairs: str, without: str = "") -> Answered:
    """A request with the required parameters and these."""
    named = {pair.partition("=")[0] for pair in pairs}
    base = [pair for pair in required(desk, endpoint, without=without) if pair.partition("=")[0] not in named]
    return desk.ask(endpoint.method, f"{path}?{'&'.join([*base, *pairs])}".rstrip("?"))


def check(apple: Description, endpoint: Endpoint, answer: Answered) -> None:
    """The answer is one that Apple's description declares."""
    complaints = list(
        apple.complaints(
            endpoint.method, endpoint.path, answer.status, answer.headers.get("content-type", ""), answer.body
        )
    )
    assert not complaints, f"{name_of(endpoint)}: {complaints[:5]} in {answer.body[:400]!r}"


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name_of)
def test_parameters_are_apples_and_no_others(apple: Description, endpoint: Endpoint) -> None:
    theirs = apple.parameters(endpoint.method, endpoint.path)
    assert set(endpoint.rules) - {"cursor"} == set(theirs)
    for name, entry in theirs.items():
        rule, schema = endpoint.rules[name], entry["schema"]
        assert rule.required == bool(entry.get("required")), name
        assert rule.number == schema.get("maximum"), name
        assert (rule is FLAG) == (schema["type"] == "boolean"), name
        words = schema.get("items", schema).get("enum")
        if name not in NARROWER and rule is not FLAG:
            assert rule.words == (None if words is None else frozenset(words)), name


@pytest.mark.parametrize("endpoint", GETS, ids=name_of)
def test_good_requests_are_answered_within_the_schema(
    apple: Description, desk: Desk, endpoint: Endpoint
) -> None:
    path = place(desk, endpoint)
    tries: list[tuple[str, ...]] = [()]
    for name, rule in endpoint.rules.items():
        if name == "cursor":
            continue
        if rule.number is not None:
            tries += [(f"{name}=1",), (f"{name}={rule.number}",)]
        elif rule.words is not None:
            words = sorted(rule.words)
            tries += [(f"{name}={word}",) for word in words[:: max(1, len(words) // 8)]]
            if not rule.required and rule is not FLAG:
                tries.append((f"{name}={','.join(words)}",))
        else:
            tries.append((f"{name}={sample(desk, endpoint, name)}",))
    tries.append(tuple(pair for (pair,) in tries[1:] if pair.startswith("include=") and "," in pair))
    for pairs in tries:
        answer = ask(desk, endpoint, path, *pairs)
        # A report that does not exist is a 404 that Apple sends and does not declare.
        if answer.status == 404 and endpoint.path in ("/v1/salesReports", "/v1/financeReports"):
            assert answer.code == "NOT_FOUND"
            continue
        combination = any(pair.startswith("filter[reportType]") for pair in pairs) or any(
            pair.startswith(("filter[reportSubType]", "filter[frequency]")) for pair in pairs
        )
        assert answer.status == 200 or (combination and answer.status == 400), (pairs, answer.body)
        check(apple, endpoint, answer)


@pytest.mark.parametrize("endpoint", GETS, ids=name_of)
def test_bad_parameters_are_refused(apple: Description, desk: Desk, endpoint: Endpoint) -> None:
    path = place(desk, endpoint)
    wrong: list[tuple[str, tuple[str, ...]]] = [("filter[nonsense]", ("filter[nonsense]=1",))]
    for name, entry in apple.parameters("GET", endpoint.path).items():
        schema = entry["schema"]
        good = sample(desk, endpoint, name)
        if schema["type"] == "integer":
            beyond = schema["maximum"] + 1
            wrong += [(name, (f"{name}={value}",)) for value in (0, -1, beyond, "1.5", "many", "")]
            good = "1"
        elif schema["type"] == "boolean":
            wrong += [(name, (f"{name}={value}",)) for value in ("maybe", "1", "TRUE", "", "true,false")]
            good = "true"
        elif words := schema.get("items", schema).get("enum"):
            wrong += [
                (name, (f"{name}={value}",)) for value in ("NOT_A_WORD", "", f"{words[0]},", f" {words[0]}")
            ]
            good = words[0]
        wrong.append((name, (f"{name}={good}", f"{name}={good}")))
    for name, pairs in wrong:
        answer = ask(desk, endpoint, path, *pairs)
        assert (answer.status, answer.parameter) == (400, name), (pairs, answer.body)
        check(apple, endpoint, answer)
    for name, rule in endpoint.rules.items():
        if rule.required:
            answer = ask(desk, endpoint, path, without=name)
            assert (answer.status, answer.parameter) == (400, name)
            assert answer.code == "PARAMETER_ERROR.REQUIRED"


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name_of)
def test_refusals_are_within_the_schema(apple: Description, make_desk: MakeDesk, endpoint: Endpoint) -> None:
    desk = make_desk(reviews=60)
    path = place(desk, endpoint)
    good = GOOD_BODIES[endpoint.path](desk) if endpoint.has_body else None
    query = "&".join(required(desk, endpoint))
    url = f"{path}?{query}" if query else path
    declared = apple.operation(endpoint.method, endpoint.path)["responses"]
    before = list(desk.simulator.ledger.effects)

    def refused(status: int, answer: Answered) -> None:
        assert answer.status == status, answer.body
        check(apple, endpoint, answer)

    refused(401, desk.ask(endpoint.method, url, good, token="x.y.z"))
    desk.admin.refusals[endpoint.task] = "agreement"
    refused(403, desk.ask(endpoint.method, url, good))
    del desk.admin.refusals[endpoint.task]
    if "404" in declared:
        refused(404, desk.ask(endpoint.method, url.replace(path, endpoint.path.replace("{id}", "0")), good))
    desk.simulator.budgets.spend(desk.admin.key_id, desk.simulator.now(), 4000)
    refused(429, desk.ask(endpoint.method, url, good))
    assert desk.simulator.ledger.effects == before


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if e.method == "DELETE"], ids=name_of)
def test_deletions_answer_204(apple: Description, desk: Desk, endpoint: Endpoint) -> None:
    answer = desk.ask("DELETE", place(desk, endpoint))
    assert answer.status == 204
    check(apple, endpoint, answer)


@pytest.mark.parametrize("endpoint", BODIES, ids=name_of)
def test_good_bodies_are_taken(apple: Description, desk: Desk, endpoint: Endpoint) -> None:
    body = GOOD_BODIES[endpoint.path](desk)
    assert not list(apple.faults_of(body, apple.body_schema(endpoint.method, endpoint.path)))
    answer = desk.ask(endpoint.method, place(desk, endpoint), body)
    assert answer.status == (201 if endpoint.method == "POST" else 200), answer.body
    check(apple, endpoint, answer)


@pytest.mark.parametrize("endpoint", BODIES, ids=name_of)
def test_bad_bodies_are_refused_and_nothing_happens(
    apple: Description, desk: Desk, endpoint: Endpoint
) -> None:
    good = GOOD_BODIES[endpoint.path](desk)
    schema = apple.body_schema(endpoint.method, endpoint.path)
    url = place(desk, endpoint)
    tried = 0
    for what, body in spoilt(apple, schema, good):
        assert list(apple.faults_of(body, schema)), f"Apple takes {what}"
        answer = desk.ask(endpoint.method, url, body)
        assert answer.status == 409, (what, answer.body)
        assert answer.code.startswith("ENTITY_ERROR"), what
        check(apple, endpoint, answer)
        tried += 1
    assert tried > 15
    assert not desk.simulator.ledger.effects


def spoilt(apple: Description, schema: dict[str, Any], good: Any) -> Iterator[tuple[str, Any]]:
    """The good document with each required part left out, each type wrong, each enum left."""
    for path, part in _parts(apple, schema, good, ()):
        for wrong in _wrong_values(part):
            yield f"{'/'.join(map(str, path))} = {json.dumps(wrong)}", _replaced(good, path, wrong)
        for name in part.get("required", ()):
            without = copy.deepcopy(good)
            del _at(without, path)[name]
            yield f"no {'/'.join(map(str, (*path, name)))}", without
        if part.get("type") == "object":
            extra = copy.deepcopy(good)
            _at(extra, path)["kidsAgeBand"] = "x"
            if path and path[-1] in ("attributes", "relationships", "data") and len(path) <= 2:
                yield f"unknown {'/'.join(map(str, path))}/kidsAgeBand", extra


def _parts(
    apple: Description, schema: dict[str, Any], value: Any, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    schema = apple.resolved(schema)
    if path:
        yield path, schema
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from _parts(apple, schema["properties"][name], entry, (*path, name))
    elif isinstance(value, list) and value:
        yield from _parts(apple, schema["items"], value[0], (*path, 0))


def _wrong_values(schema: dict[str, Any]) -> list[Any]:
    values: dict[str, list[Any]] = {
        "object": [[], "text", 1],
        "array": [{}, "text", True],
        "string": [1, True, [], {}],
        "boolean": ["true", 0, []],
    }
    wrong = values[schema["type"]]
    if not schema.get("nullable"):
        wrong = [*wrong, None]
    return [*wrong, "NOT_A_WORD"] if "enum" in schema else wrong


def _at(document: Any, path: tuple[str | int, ...]) -> Any:
    for name in path:
        document = document[name]
    return document


def _replaced(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    made = copy.deepcopy(document)
    _at(made, path[:-1])[path[-1]] = value
    return made
