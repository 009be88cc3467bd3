"""Messages: every service's form, nothing of a review that acts there, nothing over a limit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.deliveries.events import NotifyEvent, body_of, message_id, without_words
from ascinbox.core.deliveries.messages import (
    SLACK_SECTION,
    SLACK_TOTAL,
    TEAMS_BYTES,
    OutgoingMessage,
    cut,
    plain,
    slack_payload,
    subject_of,
    teams_payload,
    ticket_payload,
)

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
HOSTILE = "<!channel> @everyone <@U123> <http://evil.example|click> *b* {{ticket.id}} </at><at>all</at> &"


def review(**changes: Any) -> dict[str, Any]:
    return {
        "id": "4d997789-1", "account": "North", "app": {"id": "7", "name": "Tide"}, "rating": 1,
        "title": "It crashes", "body": "Since today.", "nickname": "mia",
        "created_at": "2026-11-21T10:00:00Z",
        "territory": "DEU", "state": "new", "reply": None, "tags": [], "note": "", "assignee": "",
        "snoozed_until": None, "app_version": "5.2", **changes,
    }  # fmt: skip


def event(**changes: Any) -> NotifyEvent:
    return NotifyEvent("review.new:4d:h", "review.new", NOW, "North", "7", "Tide", review=review(**changes))


def message(*events: NotifyEvent, again: bool = False) -> OutgoingMessage:
    return OutgoingMessage("evt_1", events or (event(),), "low", again)


def texts(payload: object) -> list[str]:
    """Every text in a JSON value."""
    if isinstance(payload, str):
        return [payload]
    if isinstance(payload, dict):
        return [text for value in payload.values() for text in texts(value)]
    return [text for value in payload for text in texts(value)] if isinstance(payload, list) else []


def test_a_message_says_what_came_where_and_how_to_answer() -> None:
    said = plain(message(), 2_000)
    for part in ("New review", "★☆☆☆☆", "Tide", "It crashes", "Since today.", "mia", "Germany", "5.2"):
        assert part in said
    assert "ascinbox open 4d997789" in said
    assert "https://appstoreconnect.apple.com/apps/7/" in said


def test_what_changed_is_told_with_what_it_was() -> None:
    before = {"rating": 5, "title": "Great", "body": "Love it"}
    said = plain(message(replace(event(), kind="review.changed", before=before)), 2_000)
    assert "Before: ★★★★★ Great Love it" in said


def test_a_second_copy_says_so() -> None:
    assert "may be there twice" in plain(message(again=True), 2_000)
    assert any("may be there twice" in text for text in texts(slack_payload(message(again=True))))


def test_slack_gets_nothing_that_acts() -> None:
    said = " ".join(texts(slack_payload(message(event(title=HOSTILE, body=HOSTILE, nickname=HOSTILE)))))
    assert "<" not in said
    assert "@everyone" not in said
    payload = slack_payload(message())
    assert payload["unfurl_links"] is payload["unfurl_media"] is False
    sections = [block for block in payload["blocks"] if block["type"] == "section"]
    assert all(block["text"]["verbatim"] for block in sections)


def test_teams_gets_runs_in_which_nothing_is_markup() -> None:
    payload = teams_payload(message(event(body=HOSTILE)))
    (attachment,) = payload["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert "<at>" not in " ".join(texts(payload))


def test_zendesk_gets_no_placeholder_of_a_review() -> None:
    ticket = ticket_payload(message(event(body=HOSTILE)))["ticket"]
    assert "{{" not in json.dumps(ticket)
    assert ticket["external_id"] == "4d997789-1"
    assert "review_new" in ticket["tags"]


def test_a_text_is_cut_with_the_number_of_what_is_missing() -> None:
    assert cut("a" * 30, 30) == "a" * 30
    assert cut("a" * 40, 30) == "a" * 21 + "… 19 more"
    assert "more" in plain(message(event(body="word " * 3_000)), 500)


@pytest.mark.parametrize("body", ["x" * 16_000, "&" * 16_000, "日" * 16_000, "@a " * 5_000])
def test_no_limit_of_a_service_is_passed(body: str) -> None:
    one = message(event(title=body[:300], body=body))
    for block in slack_payload(one)["blocks"]:
        if block["type"] == "section":
            assert 0 < len(block["text"]["text"]) <= SLACK_SECTION
    assert len(json.dumps(teams_payload(one)).encode()) <= TEAMS_BYTES
    assert len(plain(one, 1_800)) <= 1_800
    assert len(subject_of(one)) <= 150


@pytest.mark.parametrize("number", [2, 40, 2_000])
def test_a_digest_is_one_message_that_counts(number: int) -> None:
    events = tuple(event(id=f"{n:08d}", body=f"body {n} " * 30) for n in range(number))
    digest = message(*events)
    said = plain(digest, 4_000)
    assert said.startswith(f"{number} events: {number} x New review")
    assert said.splitlines()[-1].startswith("…") == (number > 24)
    assert len(said) <= 4_000
    blocks = slack_payload(digest)["blocks"]
    assert len(blocks) <= 50
    assert sum(len(block["text"]["text"]) for block in blocks) <= SLACK_TOTAL
    assert len(json.dumps(teams_payload(digest)).encode()) <= TEAMS_BYTES


def test_words_can_be_left_at_home() -> None:
    told = without_words(replace(event(), before={"rating": 5, "title": "Great", "body": "B"}))
    said = json.dumps(body_of(told, "evt_1"))
    for word in ("crashes", "Since", "mia", "Great"):
        assert word not in said
    assert told.review is not None
    assert told.review["rating"] == 1


def test_the_event_outside_has_the_promised_shape() -> None:
    body = body_of(event(), "evt_1")
    assert list(body) == ["schema", "id", "event", "occurred_at", "account", "app", "review", "before"]
    assert body["schema"] == "ascinbox.event/1"
    assert body["app"] == {"id": "7", "name": "Tide", "store": "apple"}
    assert body["occurred_at"] == "2026-11-21T14:02:00Z"


def test_the_id_is_the_same_for_every_try_and_another_for_every_receiver() -> None:
    assert message_id("a", "k") == message_id("a", "k")
    assert (
        len(
            {
                message_id("a", "k"),
                message_id("b", "k"),
                message_id("a", "l"),
                message_id("a", "k", text=False),
            }
        )
        == 4
    )


@given(st.text(max_size=400), st.text(max_size=60))
def test_no_text_breaks_a_message(body: str, title: str) -> None:
    one = message(event(title=title, body=body))
    said = " ".join(texts(slack_payload(one)))
    assert "<" not in said
    assert "{{" not in json.dumps(ticket_payload(one))
    json.dumps(teams_payload(one))
    assert len(plain(one, 300)) <= 300 + 200
