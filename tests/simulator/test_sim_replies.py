"""Replies: one a review, pending before public, overwritten silently, refused where Apple refuses."""

from __future__ import annotations

from typing import Any

import pytest

from ascinbox.simulator.world import REPLY_LIMIT
from tests.simulator.sim_desk import Desk, reply_body

URL = "/v1/customerReviewResponses"


def test_a_reply_is_pending_then_published(desk: Desk) -> None:
    review = desk.review()
    made = desk.reply(review.id, "Danke! ❤️ 👨‍👩‍👧")
    assert made.status == 201
    resource = made.json()["data"]
    assert resource["attributes"]["responseBody"] == "Danke! ❤️ 👨‍👩‍👧"
    assert resource["attributes"]["state"] == "PENDING_PUBLISH"
    listed = f"/v1/apps/{desk.app.id}/customerReviews?exists[publishedResponse]=true"
    assert review.id not in {row["id"] for row in desk.walk(listed)}
    desk.clock.sleep(61)
    for url in (f"{URL}/{resource['id']}", f"/v1/customerReviews/{review.id}/response"):
        assert desk.get(url).json()["data"]["attributes"]["state"] == "PUBLISHED"
    assert review.id in {row["id"] for row in desk.walk(listed)}


def test_a_second_reply_overwrites_the_first(desk: Desk) -> None:
    review = desk.review(answered=True)
    assert review.reply is not None
    first_id = review.reply.id
    made = desk.reply(review.id, "Another answer").json()["data"]
    assert made["id"] == first_id
    document = desk.get(f"/v1/customerReviews/{review.id}?include=response").json()
    assert [entry["attributes"]["responseBody"] for entry in document["included"]] == ["Another answer"]
    (effect,) = desk.simulator.ledger.replies(review.id)
    assert (effect.replaced, effect.text, effect.key_id) == (True, "Another answer", desk.admin.key_id)


def test_a_deleted_reply_is_gone(desk: Desk) -> None:
    review = desk.review()
    reply_id = desk.reply(review.id).json()["data"]["id"]
    assert desk.ask("DELETE", f"{URL}/{review.id}").status == 404, "not the review's id"
    deleted = desk.ask("DELETE", f"{URL}/{reply_id}")
    assert (deleted.status, deleted.body) == (204, b"")
    assert desk.ask("DELETE", f"{URL}/{reply_id}").status == 404
    for url in (
        f"{URL}/{reply_id}",
        f"/v1/customerReviews/{review.id}/response",
        f"/v1/customerReviews/{review.id}/relationships/response",
    ):
        assert desk.get(url).status == 404
    assert desk.get(f"/v1/customerReviews/{review.id}?include=response").json()["included"] == []


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("x" * REPLY_LIMIT, 201),
        ("x" * (REPLY_LIMIT + 1), 409),
        ("😀" * (REPLY_LIMIT // 2), 201),
        ("😀" * (REPLY_LIMIT // 2 + 1), 409),
        ("", 409),
        (" \n ", 409),
    ],
)
def test_length(desk: Desk, text: str, status: int) -> None:
    answer = desk.reply(desk.review().id, text)
    assert answer.status == status
    if status == 409:
        assert answer.code.startswith("ENTITY_ERROR.ATTRIBUTE")
        assert answer.pointer == "/data/attributes/responseBody"
        assert not desk.simulator.ledger.effects


def _without(*path: str) -> dict[str, Any]:
    document = reply_body("ID", "text")
    holder = document
    for name in path[:-1]:
        holder = holder[name]
    del holder[path[-1]]
    return document


def _with(value: Any, *path: str) -> dict[str, Any]:
    document = reply_body("ID", "text")
    holder = document
    for name in path[:-1]:
        holder = holder.setdefault(name, {})
    holder[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ([], "/data"),
        ("text", "/data"),
        (_without("data"), "/data"),
        (_without("data", "type"), "/data/type"),
        (_with("customerReviews", "data", "type"), "/data/type"),
        (_with("x", "data", "id"), "/data/id"),
        (_with({}, "data", "extra"), "/data/extra"),
        (_without("data", "attributes"), "/data/attributes"),
        (_with(None, "data", "attributes"), "/data/attributes"),
        (_without("data", "attributes", "responseBody"), "/data/attributes/responseBody"),
        (_with(5, "data", "attributes", "responseBody"), "/data/attributes/responseBody"),
        (_with(None, "data", "attributes", "responseBody"), "/data/attributes/responseBody"),
        (_with("PUBLISHED", "data", "attributes", "state"), "/data/attributes/state"),
        (_without("data", "relationships"), "/data/relationships"),
        (_without("data", "relationships", "review"), "/data/relationships/review"),
        (_without("data", "relationships", "review", "data"), "/data/relationships/review/data"),
        (_with([], "data", "relationships", "review", "data"), "/data/relationships/review/data"),
        (_with({}, "data", "relationships", "app"), "/data/relationships/app"),
        (
            _with("apps", "data", "relationships", "review", "data", "type"),
            "/data/relationships/review/data",
        ),
        (_with(7, "data", "relationships", "review", "data", "id"), "/data/relationships/review/data"),
        (reply_body("no-such-review", "text"), "/data/relationships/review"),
    ],
)
def test_bodies_that_apple_refuses(desk: Desk, document: Any, pointer: str) -> None:
    answer = desk.ask("POST", URL, document)
    assert (answer.status, answer.pointer) == (409, pointer)
    assert answer.code.startswith("ENTITY_ERROR")


def test_a_body_that_is_no_json_or_does_not_say_so(desk: Desk) -> None:
    body = reply_body(desk.review().id, "text")
    assert desk.ask("POST", URL, b"{nope").status == 400
    assert desk.ask("POST", URL, b"").status == 400
    assert desk.ask("POST", URL, b"[" * 100_000).status == 400
    assert desk.ask("POST", URL, body, headers={"content-type": "text/plain"}).status == 415
    assert desk.ask("POST", f"{URL}?limit=1", body).status == 400
    good = desk.ask("POST", URL, body, headers={"content-type": "application/json; charset=utf-8"})
    assert good.status == 201


@pytest.mark.parametrize(
    ("role", "individual", "status"),
    [
        ("ADMIN", False, 201),
        ("CUSTOMER_SUPPORT", False, 403),
        ("APP_MANAGER", False, 403),
        ("DEVELOPER", False, 403),
        ("MARKETING", False, 403),
        ("SALES", False, 403),
        ("FINANCE", False, 403),
        ("CUSTOMER_SUPPORT", True, 201),
        ("ADMIN", True, 201),
    ],
)
def test_who_may_reply(desk: Desk, role: str, individual: bool, status: int) -> None:
    answer = desk.reply(desk.review().id, key=desk.key(role, individual=individual))
    assert answer.status == status
    if status == 403:
        assert answer.code == "FORBIDDEN_ERROR"
        assert not desk.simulator.ledger.effects


def test_an_individual_key_cannot_answer_for_an_app_it_does_not_see(desk: Desk) -> None:
    support = desk.key("CUSTOMER_SUPPORT", individual=True)
    hidden = next(app for app in desk.simulator.world.apps.values() if app.id not in support.visible_apps)  # type: ignore[operator]
    assert desk.reply(hidden.reviews[0].id, key=support).status == 409


def test_reads_may_lag_behind_a_post(desk: Desk) -> None:
    desk.simulator.settings.stale_s = 20
    review = desk.review()
    desk.reply(review.id, "Now")
    single = f"/v1/customerReviews/{review.id}?include=response"
    listed = f"/v1/apps/{desk.app.id}/customerReviews?include=response"

    def shown() -> set[str]:
        texts = {entry["attributes"]["responseBody"] for entry in desk.get(single).json()["included"]}
        row = next(row for row in desk.walk(listed) if row["id"] == review.id)
        assert ("data" in row["relationships"]["response"]) == bool(texts)
        return texts

    assert shown() == set()
    desk.clock.sleep(21)
    assert shown() == {"Now"}


def test_a_teammate_answers_and_all_that_pends_is_published_on_demand(desk: Desk) -> None:
    first, second = desk.review(place=0), desk.review(place=1)
    desk.simulator.happen("answer", review_id=first.id, text="From a colleague")
    assert (
        desk.get(f"/v1/customerReviews/{first.id}/response").json()["data"]["attributes"]["state"]
        == "PUBLISHED"
    )
    assert not desk.simulator.ledger.replies(first.id), "no request made it"
    desk.reply(second.id)
    desk.simulator.happen("publish")
    assert (
        desk.get(f"/v1/customerReviews/{second.id}/response").json()["data"]["attributes"]["state"]
        == "PUBLISHED"
    )
