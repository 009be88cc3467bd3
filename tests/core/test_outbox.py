"""What a look at Apple means for a reply, and which ways a row may go."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.outbox.states import (
    WAYS,
    Base,
    IllegalStep,
    Kind,
    LookFinding,
    OutboxRow,
    Phase,
    Reading,
    Rules,
    body_hash,
    freeze,
    judge,
    moved,
)
from ascinbox.core.records import Response, Review
from ascinbox.core.replies.reply_key import reply_key

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)


def review(text: str | None = None, *, body: str = "It crashes", response_id: str = "r1") -> Review:
    response = None if text is None else Response(response_id, text, "PUBLISHED", NOW)
    return Review("1", "app", 1, "Crash", body, "sam", NOW, "USA", response)


def queued(text: str = "Thank you", base: Review | None = None, kind: Kind = Kind.PUBLISH) -> OutboxRow:
    return OutboxRow(
        op_id="op",
        kind=kind,
        review_id="1",
        app_id="app",
        account_id=1,
        credential="team:KEY",
        phase=Phase.QUEUED,
        text=text,
        sha256=body_hash(text),
        base=Base.of(base or review()),
        queued_at=NOW,
        send_after=NOW + timedelta(seconds=30),
        changed_at=NOW,
    )


def see(row: OutboxRow, found: Review | None) -> LookFinding:
    return judge(row, Reading(NOW, found))


def test_what_a_look_means_for_a_first_reply() -> None:
    row = queued()
    assert see(row, None) is LookFinding.GONE
    assert see(row, review()) is LookFinding.BASE
    assert see(row, review(body="It crashes more")) is LookFinding.REVIEW_CHANGED
    assert see(row, review("Hello from a colleague")) is LookFinding.ANSWERED_ELSEWHERE
    assert see(row, review("Thank you")) is LookFinding.OURS


def test_what_a_look_means_for_a_reply_that_replaces_another() -> None:
    row = queued(base=review("Old"))
    assert see(row, review("Old")) is LookFinding.BASE
    assert see(row, review("Old", response_id="other")) is LookFinding.BASE
    assert see(row, review()) is LookFinding.REPLY_REMOVED
    assert see(row, review("Newer than old")) is LookFinding.ANSWERED_ELSEWHERE
    assert see(row, review("Thank you", body="changed meanwhile")) is LookFinding.OURS


def test_what_a_look_means_for_a_withdrawal() -> None:
    row = queued("", base=review("Old"), kind=Kind.WITHDRAW)
    assert see(row, review("Old")) is LookFinding.BASE
    assert see(row, review("Old", body="changed")) is LookFinding.BASE
    assert see(row, review()) is LookFinding.OURS
    assert see(row, review("Somebody's")) is LookFinding.ANSWERED_ELSEWHERE
    assert see(row, None) is LookFinding.GONE


def test_a_rival_answer_outweighs_a_changed_review() -> None:
    assert see(queued(), review("Theirs", body="changed")) is LookFinding.ANSWERED_ELSEWHERE


def test_row_27_an_echo_that_was_trimmed_or_recomposed_is_ours() -> None:
    text = "Grüße,\r\nIhr Team  \n\n"
    row = queued(text)
    for echo in (text.strip(), text.replace("\r\n", "\n"), unicodedata.normalize("NFD", text), f"\n{text}"):
        assert see(row, review(echo)) is LookFinding.OURS
    stored = replace(queued("a\u200bb"), echo_key=reply_key("quite another echo"))
    assert see(stored, review("quite another echo")) is LookFinding.OURS


@given(st.text(max_size=200))
def test_the_reply_key_survives_what_a_server_may_do(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert reply_key(text) == reply_key(composed)
    assert reply_key(text) == reply_key(f"  \n{composed}\n ") or text.strip() != composed.strip()
    assert reply_key(text) == reply_key(reply_key_form(text))


def reply_key_form(text: str) -> str:
    from ascinbox.core.text import clean_body

    return clean_body(unicodedata.normalize("NFC", text))


@given(st.text(max_size=200))
def test_a_frozen_body_can_be_sent_and_stays_frozen(text: str) -> None:
    frozen = freeze(text)
    assert freeze(frozen) == frozen
    assert frozen.encode().decode() == frozen
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} for c in frozen if c not in "\n\t")


def test_what_is_sent_is_what_is_seen() -> None:
    hidden = "Than\u200bk \u202eyou\u202c\u2066!\u2069\ufeff\U000e0041\x1b\x9b"
    assert freeze(hidden) == "Thank you!"
    assert freeze("a\u2028b\r\nc") == "a\nb\nc"
    for honest in ("نمی\u200cدانم", "👨‍👩‍👧 ❤️", "\u200fשלום 5.2\u200e", "é à ü 起動"):
        assert freeze(honest) == honest


def test_an_altered_text_is_noticed() -> None:
    assert queued().intact
    assert not replace(queued(), text="Thank you!").intact


def test_a_row_goes_no_way_that_does_not_exist() -> None:
    for phase, ways in WAYS.items():
        row = replace(queued(), phase=phase)
        for to in Phase:
            if to in ways:
                after = moved(row, to, NOW)
                assert (after.phase, after.version) == (to, row.version + 1)
            else:
                with pytest.raises(IllegalStep):
                    moved(row, to, NOW)


def test_what_is_over_stays_over() -> None:
    over = {Phase.PUBLISHED, Phase.WITHDRAWN, Phase.SUPERSEDED, Phase.UNDONE, Phase.DROPPED}
    assert {phase for phase, ways in WAYS.items() if not ways} == over


def test_a_row_is_accepted_only_by_sending_or_by_reading_at_apple() -> None:
    for phase, ways in WAYS.items():
        if ways & {Phase.PENDING, Phase.WITHDRAWN} - {phase}:
            assert phase in {Phase.SENDING, Phase.UNKNOWN, Phase.HELD, Phase.FAILED}


def test_a_lease_outlasts_a_request_whatever_was_configured() -> None:
    assert Rules(lease_s=5, deadline_s=30).lease > timedelta(seconds=30)
    assert Rules().lease == timedelta(seconds=120)
    assert Rules().read_gap == timedelta(seconds=10)
