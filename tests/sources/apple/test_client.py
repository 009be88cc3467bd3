"""The client's verbs: what they ask for, whether Apple knows those requests, what is made of the answers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from ascinbox.core.errors import NetworkError, UsageError
from ascinbox.core.health.people import PersonState
from ascinbox.sources.apple.client import AppleClient, Params, query_of
from tests.sources.apple.conftest import Connect
from tests.sources.apple.scripted_server import (
    GOOD,
    GZ,
    POST,
    REPORT,
    REVIEWS,
    TABLE,
    Reply,
    ScriptedServer,
    StepClock,
    packed,
    reply_json,
    reply_problem,
    response_document,
    review_item,
    reviews_document,
)

INVITED = {
    "data": {
        "type": "userInvitations",
        "id": "i1",
        "attributes": {"email": "a@b.example", "roles": ["CUSTOMER_SUPPORT"], "allAppsVisible": False},
    },
    "links": {"self": "x"},
}


def an_empty_list(*_: object) -> Reply:
    return reply_json({"data": [], "links": {"self": "x"}})


def test_the_first_page_and_the_next(client: AppleClient, server: ScriptedServer) -> None:
    link = "https://api.appstoreconnect.apple.com/v1/apps/1/customerReviews?cursor=b%3D&limit=200"
    server.on(REVIEWS, packed(reply_json(reviews_document(range(3), link))), GOOD)
    page = client.reviews("1")
    assert page.next_query == "cursor=b%3D&limit=200"
    client.reviews("1", query=page.next_query)
    assert [seen.query for seen in server.seen] == [
        "sort=-createdDate&include=response&limit=200",
        "cursor=b%3D&limit=200",
    ]
    assert server.seen[0].headers["accept-encoding"] == "gzip"


def test_apps_come_page_by_page(client: AppleClient, server: ScriptedServer) -> None:
    def page(number: int, link: str | None) -> Reply:
        app = {"type": "apps", "id": str(number), "attributes": {"name": f"App {number}"}}
        return reply_json({"data": [app], "links": {"self": "x", **({"next": link} if link else {})}})

    server.on("/v1/apps", page(1, "x?cursor=2"), page(2, None))
    pages = client.apps()
    assert next(pages).items[0].name == "App 1"
    assert len(server.seen) == 1
    assert next(pages).items[0].name == "App 2"
    assert next(pages, None) is None


def test_a_reply_is_published_as_apple_wants_it(client: AppleClient, server: ScriptedServer) -> None:
    server.on(POST, reply_json(response_document("Danke \U0001f600"), 201))
    response = client.publish("r/1 ü", "Danke \U0001f600")
    assert (response.id, response.text, response.state) == ("resp1", "Danke \U0001f600", "PENDING_PUBLISH")
    assert response.modified_at == datetime(2026, 11, 21, 11, 59, 0, 123000, tzinfo=UTC)
    (seen,) = server.seen
    assert seen.headers["content-type"] == "application/json"
    assert json.loads(seen.body) == {
        "data": {
            "type": "customerReviewResponses",
            "attributes": {"responseBody": "Danke \U0001f600"},
            "relationships": {"review": {"data": {"type": "customerReviews", "id": "r/1 ü"}}},
        }
    }


def test_one_review_is_read_with_its_response(client: AppleClient, server: ScriptedServer) -> None:
    server.on("/v1/customerReviews/r/1", reply_json({"data": review_item(1), "links": {"self": "x"}}))
    review = client.review("r/1", "77")
    assert (review.id, review.app_id) == ("r1", "77")
    assert server.seen[0].target == "/v1/customerReviews/r%2F1?include=response"


def test_dates_are_judged_by_apples_clock_not_by_ours(
    client: AppleClient, server: ScriptedServer, clock: StepClock
) -> None:
    """A machine whose clock is days behind must not take new reviews for rubbish."""
    clock.jump(-30 * 86_400)
    fresh = reply_json(reviews_document(range(1)), 200, ("Date", "Sat, 21 Nov 2026 12:00:00 GMT"))
    server.on(REVIEWS, fresh)
    assert client.reviews("1").items[0].created_at == datetime(2026, 11, 20, 17, tzinfo=UTC)
    assert client.clock_skew_s == -30 * 86_400


def test_people(client: AppleClient, server: ScriptedServer) -> None:
    server.on("/v1/userInvitations", reply_json(INVITED, 201))
    guest = client.invite("a@b.example", "A", "B", ["CUSTOMER_SUPPORT"], visible_apps=["1"])
    assert (guest.email, guest.standing) == ("a@b.example", PersonState.PENDING)
    sent = json.loads(server.seen[0].body)["data"]
    assert sent["attributes"]["allAppsVisible"] is False
    assert sent["relationships"]["visibleApps"]["data"] == [{"type": "apps", "id": "1"}]
    client.invite("a@b.example", "A", "B", ["FINANCE"])
    sent = json.loads(server.seen[1].body)["data"]
    assert sent["attributes"]["allAppsVisible"] is True
    assert "relationships" not in sent
    server.on("/v1/userInvitations/i1", Reply(204))
    client.cancel_invitation("i1")
    assert (server.seen[-1].method, server.seen[-1].path) == ("DELETE", "/v1/userInvitations/i1")
    server.on("/v1/users", an_empty_list())
    assert client.users() == ()


def test_raw_documents(client: AppleClient, server: ScriptedServer) -> None:
    path = "/v1/analyticsReportRequests"
    server.on(path, reply_json({"data": {"id": "1"}}, 201))
    assert client.post(path, {"data": {"type": "analyticsReportRequests"}}) == {"data": {"id": "1"}}
    assert client.get(path, {"filter[accessType]": "ONGOING", "limit": 200})["data"]["id"] == "1"
    assert server.seen[-1].query == "filter%5BaccessType%5D=ONGOING&limit=200"
    client.get(path, query="cursor=a")
    assert server.seen[-1].query == "cursor=a"
    server.on(path, Reply(204))
    client.delete(path)
    for odd in (
        "https://evil.example/v1/apps",
        "//evil.example/v1",
        "/v1/../x",
        "/v1/apps?x=1",
        "v1/apps",
        "/v1//x",
    ):
        with pytest.raises(UsageError):
            client.get(odd)


def test_queries_are_comma_joined() -> None:
    params: Params = {
        "filter[rating]": ["1", "2"],
        "exists[publishedResponse]": False,
        "limit": 1,
        "sort": "-rating",
    }
    assert (
        query_of(params) == "filter%5Brating%5D=1,2&exists%5BpublishedResponse%5D=false&limit=1&sort=-rating"
    )


# --- probes ---


def test_a_probe_tells_what_came(client: AppleClient, server: ScriptedServer) -> None:
    server.on("/v1/users", reply_problem(403, "FORBIDDEN_ERROR", "No.", ("X-Odd", "a\x9bb")))
    probe = client.probe("/v1/users", {"limit": 1})
    assert (probe.status, probe.request, probe.document) == (403, "GET /v1/users", None)
    assert probe.problems[0].code == "FORBIDDEN_ERROR"
    assert probe.headers["x-odd"] == "a\ufffdb"
    server.on("/v1/apps", an_empty_list())
    probe = client.probe("/v1/apps", {"limit": 1})
    assert (probe.status, probe.problems) == (200, ())
    assert probe.document is not None
    assert probe.document["data"] == []
    server.on(REPORT, Reply(200, GZ, (("Content-Type", "application/a-gzip"),)))
    probe = client.probe(REPORT, accept="application/a-gzip")
    assert (probe.status, probe.document) == (200, None)


def test_a_probe_raises_for_no_status(client: AppleClient, server: ScriptedServer) -> None:
    for status in (400, 401, 403, 404, 405, 406, 409, 410, 415, 422, 500, 502, 503):
        server.on("/v1/apps", reply_problem(status, f"CODE_{status}"))
        assert client.probe("/v1/apps").problems[0].code == f"CODE_{status}"
    assert len(server.seen) == 14


def test_a_limited_probe_says_when_and_asks_no_more(
    client: AppleClient, server: ScriptedServer, clock: StepClock
) -> None:
    server.on("/v1/apps", reply_problem(429, "RATE_LIMIT_EXCEEDED", "", ("Retry-After", "30")))
    first, second = client.probe("/v1/apps"), client.probe("/v1/apps")
    assert (first.status, second.status) == (429, 429)
    assert first.retry_at == second.retry_at
    assert len(server.seen) == 1


def test_a_probe_shows_the_clock(client: AppleClient, server: ScriptedServer, clock: StepClock) -> None:
    server.on("/v1/apps", reply_problem(401, "NOT_AUTHORIZED", "", ("Date", "Sat, 21 Nov 2026 11:50:00 GMT")))
    assert client.probe("/v1/apps").skew_s == 600


def test_a_probe_of_a_reply_posts_once(client: AppleClient, server: ScriptedServer) -> None:
    server.on(POST, reply_problem(409, "ENTITY_ERROR.RELATIONSHIP.INVALID"))
    probe = client.probe(POST, method="POST", body={"data": {}})
    assert (probe.status, len(server.seen)) == (409, 1)


def test_a_probe_without_an_answer_raises(client: AppleClient, server: ScriptedServer) -> None:
    server.close()
    with pytest.raises(NetworkError):
        client.probe("/v1/apps")


# --- does Apple know these requests? ---


CALLS: dict[str, Callable[[AppleClient], object]] = {
    "apps": lambda client: list(client.apps()),
    "reviews": lambda client: client.reviews("1"),
    "review": lambda client: client.review("r1"),
    "response": lambda client: client.response("resp1"),
    "publish": lambda client: client.publish("r1", "Thank you"),
    "withdraw": lambda client: client.withdraw("resp1"),
    "summaries": lambda client: client.review_summaries("1"),
    "users": lambda client: client.users(),
    "invitations": lambda client: client.invitations(),
    "invite": lambda client: client.invite("a@b.example", "A", "B", ["ADMIN"], visible_apps=["1"]),
    "cancel": lambda client: client.cancel_invitation("i1"),
}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    path = os.environ.get("ASC_OPENAPI")
    if not path or not Path(path).is_file():
        pytest.skip("ASC_OPENAPI does not name Apple's OpenAPI description")
    document: dict[str, Any] = json.loads(Path(path).read_text("utf-8"))
    return document


@pytest.mark.parametrize("name", CALLS)
def test_apple_describes_each_request(name: str, connect: Connect, description: dict[str, Any]) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.method == "DELETE":
            return httpx.Response(204)
        if request.method == "POST":
            return httpx.Response(
                201, json=INVITED if "userInv" in request.url.path else response_document("x")
            )
        if "/customerReviewResponses/" in request.url.path:
            return httpx.Response(200, json=response_document("x"))
        single = "/customerReviews/" in request.url.path
        return httpx.Response(200, json={"data": review_item(1) if single else [], "links": {"self": "x"}})

    CALLS[name](connect("http://127.0.0.1:1", transport=httpx.MockTransport(answer)))
    (request,) = asked
    template = next(
        t for t in description["paths"] if re.fullmatch(re.sub(r"{[^}]+}", "[^/]+", t), request.url.path)
    )
    operation = description["paths"][template][request.method.lower()]
    known = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
    given = dict(parse_qsl(request.url.query.decode()))
    assert given.keys() <= known.keys()
    assert {n for n, p in known.items() if p.get("required") and p["in"] == "query"} <= given.keys()
    for parameter, value in given.items():
        schema = known[parameter]["schema"]
        schema = (
            description["components"]["schemas"][schema["$ref"].split("/")[-1]]
            if "$ref" in schema
            else schema
        )
        if "maximum" in schema:
            assert int(value) <= schema["maximum"]
        allowed = schema.get("items", schema).get("enum")
        assert allowed is None or set(value.split(",")) <= set(allowed)
    if request.content:
        jsonschema = pytest.importorskip("jsonschema")
        wanted = operation["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.validate(json.loads(request.content), {**wanted, "components": description["components"]})


# --- the rest ---


def test_the_room_is_not_imported_by_what_the_first_paint_needs() -> None:
    code = """
import sys, ascinbox.core.records, ascinbox.core.text, ascinbox.config
heavy = {"httpx", "httpcore", "jwt", "cryptography"}
print([m for m in sys.modules if m.split(".")[0] in heavy or m.startswith("ascinbox.sources.apple")])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_mock_transport_works_like_the_wire(connect: Connect) -> None:
    """What other rooms' tests use: httpx's own mock in place of the network."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == REPORT:
            return httpx.Response(200, content=GZ, headers={"content-type": "application/a-gzip"})
        return httpx.Response(200, json=reviews_document(range(2)))

    client = connect("http://127.0.0.1:1", transport=httpx.MockTransport(answer))
    assert len(client.reviews("1").items) == 2
    with client.download(REPORT) as file:
        assert file.read() == TABLE
