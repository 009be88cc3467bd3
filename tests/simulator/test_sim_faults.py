"""Faults over a real socket, the ledger that tells what landed, and the rate budget."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from ascinbox.simulator.app import APPLE
from ascinbox.simulator.server import serve_in_thread
from tests.simulator.sim_desk import Desk, MakeDesk, reply_body


@dataclass
class Wire:
    """A desk with a socket."""

    desk: Desk
    client: httpx.Client

    @property
    def reviews(self) -> str:
        return f"/v1/apps/{self.desk.app.id}/customerReviews"

    def reply(self, text: str = "Thanks") -> httpx.Response:
        body = reply_body(self.desk.review().id, text)
        return self.client.post("/v1/customerReviewResponses", json=body)

    def sim(self, what_for: str, /, **body: Any) -> Any:
        answer = self.client.post(f"/_sim/{what_for}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def wire(make_desk: MakeDesk) -> Iterator[Wire]:
    desk = make_desk(apps=1, reviews=30)
    headers = {
        "Authorization": f"Bearer {desk.token(desk.admin)}",
        "X-Simulator-Token": desk.simulator.control_token,
    }
    with (
        serve_in_thread(desk.simulator) as served,
        httpx.Client(base_url=served.url, headers=headers) as client,
    ):
        yield Wire(desk, client)


def test_the_connection_drops_before_or_after_the_effect(wire: Wire) -> None:
    wire.sim("faults", kind="drop", method="POST")
    with pytest.raises(httpx.RemoteProtocolError):
        wire.reply("before")
    assert wire.desk.simulator.ledger.replies() == []
    wire.sim("faults", kind="drop", method="POST", after=True)
    with pytest.raises(httpx.RemoteProtocolError):
        wire.reply("after")
    assert [effect.text for effect in wire.desk.simulator.ledger.replies()] == ["after"]
    assert wire.reply("once more").status_code == 201


def test_the_connection_is_reset(wire: Wire) -> None:
    wire.sim("faults", kind="drop", path="/v1/apps", reset=True)
    with pytest.raises(httpx.ReadError):
        wire.client.get("/v1/apps")
    assert wire.client.get("/v1/apps").status_code == 200


def test_a_body_is_cut_short(wire: Wire) -> None:
    whole = wire.client.get(wire.reviews).content
    for cut_at in (None, 0, len(whole) - 1):
        wire.sim("faults", kind="cut", path=wire.reviews, cut_at=cut_at)
        with pytest.raises(httpx.RemoteProtocolError):
            wire.client.get(wire.reviews)
    assert wire.client.get(wire.reviews).content == whole


def test_a_body_drips(wire: Wire) -> None:
    wire.sim("faults", kind="drip", path="/v1/territories", seconds=0.002)
    started = time.perf_counter()
    answer = wire.client.get("/v1/territories?limit=1")
    assert time.perf_counter() - started > 0.002 * len(answer.content)
    assert answer.json()["data"][0]["id"] == "ABW"


def test_latency_and_slow_answers(wire: Wire) -> None:
    wire.sim("settings", latency_s=0.05)
    wire.sim("faults", kind="slow", path="/v1/apps", seconds=0.1)
    started = time.perf_counter()
    wire.client.get("/v1/apps")
    assert time.perf_counter() - started > 0.15


def test_statuses_with_apples_words(wire: Wire) -> None:
    cases: tuple[tuple[dict[str, Any], int, str], ...] = (
        ({"status": 403}, 403, "FORBIDDEN_ERROR"),
        ({"status": 403, "variant": "agreement"}, 403, "FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED"),
        ({"status": 403, "variant": "membership"}, 403, "FORBIDDEN_ERROR"),
        ({"status": 403, "variant": "scope"}, 403, "FORBIDDEN.REQUEST_DOES_NOT_MATCH_SCOPE"),
        ({"status": 429, "retry_after": "7"}, 429, "RATE_LIMIT_EXCEEDED"),
        ({"status": 500}, 500, "UNEXPECTED_ERROR"),
        ({"status": 422, "code": "ENTITY_UNPROCESSABLE", "detail": "No."}, 422, "ENTITY_UNPROCESSABLE"),
    )
    for options, status, code in cases:
        wire.sim("faults", kind="status", path="/v1/apps", **options)
        answer = wire.client.get("/v1/apps")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)
        assert answer.headers.get("Retry-After") == options.get("retry_after")
        assert "x-rate-limit" in answer.headers
    assert wire.client.get("/v1/apps").status_code == 200


def test_other_answers(wire: Wire) -> None:
    wire.sim("faults", kind="html", status=200, path="/v1/apps")
    page = wire.client.get("/v1/apps")
    assert page.headers["content-type"].startswith("text/html")
    wire.sim(
        "faults",
        kind="answer",
        status=503,
        headers={"retry-after": "3", "content-type": "text/plain"},
        body="no",
    )
    answer = wire.client.get("/v1/apps")
    assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (503, "no", "3")
    assert answer.headers["content-type"] == "text/plain"


def test_rules_count_skip_and_choose(wire: Wire) -> None:
    faults = wire.desk.simulator.faults
    faults.add("status", path="/v1/apps", status=500, skip=1, times=2)
    assert [wire.client.get("/v1/apps").status_code for _ in range(4)] == [200, 500, 500, 200]
    standing = faults.add("status", method="GET", path="/v1/apps*", status=500, times=None)
    assert [wire.client.get("/v1/apps").status_code for _ in range(3)] == [500] * 3
    assert wire.client.get("/v1/territories").status_code == 200
    faults.remove(standing.id)
    faults.add("status", status=500, key_id="SOMEONE")
    assert wire.client.get("/v1/apps").status_code == 200
    assert wire.client.delete("/_sim/faults").json() == {"faults": []}
    with pytest.raises(ValueError, match="unknown fault"):
        faults.add("status", colour="red")
    with pytest.raises(ValueError, match="unknown fault"):
        faults.add("explode")


def test_rules_choose_by_the_query_and_by_the_command(wire: Wire) -> None:
    """Two files of one route differ by their query alone; Reporter has its command in the body."""
    (team,) = wire.desk.simulator.world.teams.values()

    def asked(rating: int) -> int:
        return wire.client.get(wire.reviews, params={"filter[rating]": rating}).status_code

    wire.sim("faults", kind="status", path=wire.reviews, query="*rating*=4*", status=503)
    assert asked(5) == 200
    assert asked(4) == 503
    assert asked(4) == 200

    def ordered(command: str) -> int:
        form = {"accesstoken": team.reporter_token, "queryInput": f"[p=Reporter.properties, {command}]"}
        return wire.client.post("/reportservice/sales/v1", data={"jsonRequest": json.dumps(form)}).status_code

    listed = "Sales.getAccounts"
    before = ordered(listed)
    wire.sim("faults", kind="status", path="/reportservice/*", query="Sales.getVendors*", status=503)
    assert ordered(listed) == before == 200
    assert ordered(f"Sales.getVendors, {team.vendor}") == 503
    assert ordered(f"Sales.getVendors, {team.vendor}") != 503


def test_a_rival_answers_between_two_reads(wire: Wire) -> None:
    review = wire.desk.review()
    event = {"what": "answer", "review_id": review.id, "text": "Mine first"}
    wire.sim("faults", kind="world", method="GET", path=wire.reviews, after=True, event=event)
    url = f"/v1/customerReviews/{review.id}?include=response"
    listed = wire.client.get(wire.reviews, params={"include": "response"}).json()
    row = next(row for row in listed["data"] if row["id"] == review.id)
    assert "data" not in row["relationships"]["response"], "not there yet at the first read"
    assert wire.client.get(url).json()["included"][0]["attributes"]["responseBody"] == "Mine first"


def test_analytics_requests_stop_for_inactivity(wire: Wire) -> None:
    app_id = wire.desk.app.id
    app = {"data": {"type": "apps", "id": app_id}}
    asked = {"type": "analyticsReportRequests", "attributes": {"accessType": "ONGOING"}}
    made = wire.client.post(
        "/v1/analyticsReportRequests", json={"data": {**asked, "relationships": {"app": app}}}
    )
    assert made.status_code == 201, made.text

    def stopped() -> list[bool]:
        listed = wire.client.get(f"/v1/apps/{app_id}/analyticsReportRequests").json()["data"]
        return [row["attributes"]["stoppedDueToInactivity"] for row in listed]

    assert stopped() == [False]
    wire.sim("events", what="stop", app_id=app_id)
    assert stopped() == [True]


def test_planned_events_happen_when_they_are_due(wire: Wire) -> None:
    review = wire.desk.review()
    wire.sim("events", what="edit", review_id=review.id, title="Later", in_s=30)
    url = f"/v1/customerReviews/{review.id}"
    assert wire.client.get(url).json()["data"]["attributes"]["title"] != "Later"
    wire.desk.clock.sleep(31)
    assert wire.client.get(url).json()["data"]["attributes"]["title"] == "Later"


def test_what_cannot_happen_is_refused(wire: Wire) -> None:
    bodies: tuple[Any, ...] = (
        {"what": "edit", "review_id": "nobody"},
        {"what": "explode"},
        {"what": "write", "app_id": "1", "rating": 3},
        {"what": "write", "app_id": wire.desk.app.id, "rating": 6},
        {},
        [],
    )
    for body in bodies:
        assert wire.client.post("/_sim/events", json=body).status_code == 400
    assert wire.client.post("/_sim/settings", json={"colour": 1}).status_code == 400
    assert wire.client.post("/_sim/faults", json={"kind": "explode"}).status_code == 400


def test_a_clock_that_is_off_shows_in_the_date_and_refuses_tokens(wire: Wire) -> None:
    assert wire.client.get("/v1/apps").headers["date"] == "Sat, 21 Nov 2026 14:02:00 GMT"
    wire.sim("settings", skew_s=-300)
    answer = wire.client.get("/v1/apps")
    assert (answer.status_code, answer.headers["date"]) == (401, "Sat, 21 Nov 2026 13:57:00 GMT")


def test_the_ledger_counts_requests_and_effects(wire: Wire) -> None:
    wire.client.get("/v1/apps")
    wire.client.get(wire.reviews)
    wire.client.get(wire.reviews, params={"limit": 0})
    wire.reply("hello")
    ledger = wire.client.get("/_sim/ledger").json()
    assert ledger["counts"] == {
        "GET /v1/apps": 1,
        "GET /v1/apps/{id}/customerReviews": 2,
        "POST /v1/customerReviewResponses": 1,
    }
    assert [request["status"] for request in ledger["requests"]] == [200, 200, 400, 201]
    assert [(effect["kind"], effect["text"]) for effect in ledger["effects"]] == [("reply", "hello")]
    assert wire.client.delete("/_sim/ledger").json()["effects"] == []


def test_a_rolling_hour_per_key(make_desk: MakeDesk) -> None:
    desk = make_desk(hour_limit=3)
    left = [desk.get("/v1/apps").headers["x-rate-limit"] for _ in range(3)]
    assert left == [f"user-hour-lim:3;user-hour-rem:{rest};" for rest in (2, 1, 0)]
    refused = desk.get("/v1/apps")
    assert (refused.status, refused.code) == (429, "RATE_LIMIT_EXCEEDED")
    assert desk.get("/v1/apps", key=desk.key("APP_MANAGER")).status == 200, "another key has its own hour"
    desk.clock.sleep(3601)
    assert desk.get("/v1/apps").status == 200
    desk.simulator.budgets.spend(desk.admin.key_id, desk.simulator.now(), 2)
    assert desk.get("/v1/apps").status == 429


def test_stopping_frees_the_port(make_desk: MakeDesk) -> None:
    desk = make_desk(apps=1, reviews=5)
    served = serve_in_thread(desk.simulator)
    port = int(served.url.rpartition(":")[2])
    with httpx.Client() as kept_open:
        assert kept_open.get(f"{served.url}/v1/apps").status_code == 401
        started = time.perf_counter()
        served.stop()
        assert time.perf_counter() - started < 3
    again = serve_in_thread(desk.simulator, port)
    assert again.url == served.url
    again.stop()


def test_lists_that_hide_items_are_acted_out(wire: Wire) -> None:
    first = f"{wire.reviews}?limit=10&include=response"
    ids = [item["id"] for item in wire.client.get(first).json()["data"]]

    def odd(variant: str, url: str = first, **options: Any) -> Any:
        wire.sim("faults", kind="list", path=wire.reviews, variant=variant, **options)
        return wire.client.get(url).json()

    cut = odd("no_next")
    assert "next" not in cut["links"]
    assert cut["meta"]["paging"]["total"] == 30
    assert odd("empty")["data"] == []
    hollow = odd("empty_next")
    assert hollow["data"] == []
    following = wire.client.get(hollow["links"]["next"].removeprefix(APPLE)).json()
    assert [item["id"] for item in following["data"]] == ids
    repeated = [item["id"] for item in odd("repeated")["data"]]
    assert repeated == ids[:5] + ids[:5]
    assert odd("total", total=7)["meta"]["paging"]["total"] == 7
    assert "total" not in odd("total")["meta"]["paging"]
    assert odd("blank_next", f"{wire.reviews}?limit=100")["links"]["next"] == ""
    assert "cursor" in odd("blank_next")["links"]["next"]


def test_a_response_may_be_named_from_its_own_side_only(wire: Wire) -> None:
    url = f"{wire.reviews}?limit=30&include=response"
    usual = wire.client.get(url).json()["data"]
    linked = {
        item["relationships"]["response"]["data"]["id"]: item["id"]
        for item in usual
        if "data" in item["relationships"]["response"]
    }
    assert linked
    wire.sim("faults", kind="list", path=wire.reviews, variant="links_only")
    document = wire.client.get(url).json()
    assert all("data" not in item["relationships"]["response"] for item in document["data"])
    named = {r["id"]: r["relationships"]["review"]["data"]["id"] for r in document["included"]}
    assert named == linked
    answer = wire.client.post("/_sim/faults", json={"kind": "list", "variant": "riddle"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Simulator-Token": ""}, 401),
        ({"X-Simulator-Token": "guessed"}, 401),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Host": "127.0.0.1:1"}, 403),
        ({"Host": "localhost.evil.example:80"}, 403),
    ],
)
def test_its_own_door_opens_to_its_user_alone(wire: Wire, headers: dict[str, str], status: int) -> None:
    body = b'{"latency_s": 5}'
    sent = {"Content-Type": "application/json", **headers}
    assert wire.client.post("/_sim/settings", content=body, headers=sent).status_code == status
    assert wire.desk.simulator.settings.latency_s == 0
    if status != 415:
        assert wire.client.get("/_sim/ledger", headers=headers).status_code == status


def test_refusals_come_in_the_shapes_that_are_seen_beside_the_documented_one(wire: Wire) -> None:
    def refused(**fault: Any) -> httpx.Response:
        wire.sim("faults", kind="status", **fault)
        return wire.client.get(wire.reviews)

    for status in (404, 429):
        bare = refused(status=status, shape="no_body")
        assert (bare.status_code, bare.content, "content-type" in bare.headers) == (status, b"", False)
    assert refused(status=403, shape="no_errors").json() == {"errors": []}
    codes = [
        entry["code"]
        for entry in refused(status=409, code="STATE_ERROR.DUPLICATE", shape="two_errors").json()["errors"]
    ]
    assert codes == ["ENTITY_ERROR", "STATE_ERROR.DUPLICATE"]
    answer = wire.client.post("/_sim/faults", json={"kind": "status", "shape": "round"})
    assert answer.status_code == 400


def test_a_201_may_come_empty_after_it_took_effect(wire: Wire) -> None:
    wire.sim("faults", kind="empty", method="POST", status=201, after=True)
    answer = wire.reply("landed")
    assert (answer.status_code, answer.content, "content-type" in answer.headers) == (201, b"", False)
    assert [effect.text for effect in wire.desk.simulator.ledger.replies()] == ["landed"]
