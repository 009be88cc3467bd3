"""What the Outbox says about a reply can be read to its end, however narrow the screen."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len

from ascinbox.core.clock import iso
from ascinbox.core.deliveries.states import DeliveryLine, DeliveryState
from ascinbox.core.outbox.sentences import (
    OutboxItem,
    RowChoice,
    choices,
    seconds_left,
    sentence,
    taken_back_words,
)
from ascinbox.core.outbox.states import Base, Kind, OutboxRow, Phase, Why, body_hash
from ascinbox.core.records import EarlierText, Response
from ascinbox.core.reviews.acts import Act, ActItem
from ascinbox.tui.actions import Keymap
from ascinbox.tui.chrome_text import FrameState, status_line
from ascinbox.tui.outbox.rows import STATES, OutboxLook, act_line, delivery_line, item_line, states_help
from ascinbox.tui.outbox.text import (
    act_detail,
    counts_words,
    delivery_detail,
    detail_lines,
    done_words,
    publish_hint,
)
from ascinbox.tui.paint import text_of
from ascinbox.tui.signs import state_sign

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
KEYMAP = Keymap.build({})


def item(phase: Phase, why: Why, theirs: str = "") -> OutboxItem:
    row = OutboxRow(
        op_id="op",
        kind=Kind.PUBLISH,
        review_id="1",
        app_id="app",
        account_id=1,
        credential="KEY",
        phase=phase,
        text="Thank you for telling us.",
        sha256=body_hash("Thank you for telling us."),
        base=Base("hash"),
        queued_at=NOW,
        send_after=NOW,
        changed_at=NOW,
        why=why,
        theirs=Response("r1", theirs, "PUBLISHED", NOW - timedelta(hours=1)) if theirs else None,
    )
    return OutboxItem(
        row=row,
        account="North",
        app_name="HabitGarden",
        rating=2,
        territory="GBR",
        title="Widget never refreshes",
        nickname="sam",
        sentence=sentence(row, NOW),
        choices=choices(row),
    )


@pytest.mark.parametrize(
    ("of", "hint"),
    [
        (item(Phase.QUEUED, Why.NONE), "publish now"),
        (item(Phase.HELD, Why.ANSWERED_ELSEWHERE, "Hello!"), "replace theirs"),
        (item(Phase.HELD, Why.REVIEW_CHANGED), "send anyway"),
        (item(Phase.FAILED, Why.NONE), "send again"),
        (item(Phase.WAITING, Why.NONE), "read, publish"),
    ],
)
def test_the_hint_tells_what_the_key_that_publishes_does_with_this_reply(of: OutboxItem, hint: str) -> None:
    assert publish_hint(of) == hint


def shown(of: OutboxItem, width: int) -> list[str]:
    return [text_of(line) for line in detail_lines(of, NOW, width, KEYMAP)]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("phase", [Phase.HELD, Phase.UNKNOWN, Phase.PENDING])
def test_every_sentence_is_there_in_full(phase: Phase, width: int) -> None:
    for why in Why:
        held = item(phase, why, "Theirs" if why in (Why.ANSWERED_ELSEWHERE, Why.ALTERED) else "")
        lines = shown(held, width)
        assert all(cell_len(line) <= width for line in lines)
        words = " ".join(" ".join(lines).split())
        assert held.sentence in words, why


def test_a_text_that_apple_altered_stands_beside_ours() -> None:
    text = "\n".join(shown(item(Phase.PENDING, Why.ALTERED, "Thank you for"), 80))
    assert "What Apple made of it\n   Thank you for [-telling us.-]\n" in text
    assert "Yours\n   Thank you for telling us." in text


@pytest.mark.parametrize("width", [40, 80, 120])
def test_what_waits_for_a_person_says_first_what_can_be_done(width: int) -> None:
    for phase, why, theirs in (
        (Phase.HELD, Why.ANSWERED_ELSEWHERE, "Thank you for nothing."),
        (Phase.HELD, Why.REVIEW_CHANGED, ""),
        (Phase.FAILED, Why.REFUSED, ""),
    ):
        lines = shown(item(phase, why, theirs), width)
        assert all(cell_len(line) <= width for line in lines)
        keys = [number for number, line in enumerate(lines) if line.startswith("   y  copy")]
        texts = [number for number, line in enumerate(lines) if "Yours" in line]
        assert keys[0] < texts[0]


def test_two_texts_that_are_alike_show_what_only_one_has() -> None:
    text = "\n".join(shown(item(Phase.HELD, Why.ANSWERED_ELSEWHERE, "Thank you for writing to us."), 120))
    assert "Thank you for [-writing to -]us." in text or "Thank you for [-writing to-] us." in text
    assert "{+telling+}" in text
    other = "\n".join(shown(item(Phase.HELD, Why.ANSWERED_ELSEWHERE, "Hello!"), 120))
    assert "[-" not in other
    assert "Hello!" in other


def test_a_review_that_changed_is_compared_with_what_was_answered() -> None:
    held = item(Phase.HELD, Why.REVIEW_CHANGED)
    earlier = EarlierText(1, "Crash", "It crashes at the start", NOW)
    held = replace(held, earlier=earlier, review_body="It still crashes at the start")
    assert "It {+still +}crashes at the start" in "\n".join(shown(held, 80)).replace(
        "{+still+} ", "{+still +}"
    )


def test_what_the_store_has_taken_is_at_the_store() -> None:
    pending = item(Phase.PENDING, Why.NONE)
    googles = replace(pending, row=replace(pending.row, review_id="play:com.example.tide:r1"))
    for of, words in ((pending, "at Apple"), (googles, "at Google")):
        assert words in text_of(item_line(of, OutboxLook(NOW, 80, "mia"), cursor=False))
        assert f"─ {words} ·" in shown(of, 80)[0]


def test_what_stands_at_google_is_said_of_google() -> None:
    """Also what becomes of a failed and of a held reply."""
    for phase, why, theirs in (
        (Phase.FAILED, Why.NONE, ""),
        (Phase.HELD, Why.ANSWERED_ELSEWHERE, "Hello!"),
        (Phase.UNKNOWN, Why.NONE, ""),
        (Phase.PENDING, Why.ALTERED, "Thank you for"),
    ):
        apples = item(phase, why, theirs)
        row = replace(apples.row, review_id="play:com.example.tide:r1", detail="PERMISSION_DENIED")
        googles = replace(apples, row=row, sentence=sentence(row, NOW))
        text = "\n".join(shown(googles, 120))
        assert "Google" in text
        assert "Apple" not in text
        assert " GP HabitGard" in text_of(
            item_line(googles, OutboxLook(NOW, 80, "mia", stores=True), cursor=False)
        )
    assert "tells the customer" in "\n".join(shown(item(Phase.HELD, Why.ANSWERED_ELSEWHERE, "Hello!"), 80))


def test_what_is_not_public_yet_is_counted_by_who_has_it() -> None:
    apples = item(Phase.PENDING, Why.NONE)
    assert counts_words([apples, apples]) == "2 at Apple (usually < 24 h)"
    deletion = replace(apples.row, kind=Kind.WITHDRAW)
    googles = replace(deletion, review_id="play:com.example.tide:r1")
    assert taken_back_words([deletion, googles]) == "nothing is deleted; 2 replies stay at Apple and Google"


def test_the_choices_of_a_rival_answer_name_what_they_do() -> None:
    text = "\n".join(shown(item(Phase.HELD, Why.ANSWERED_ELSEWHERE, "Hello!"), 80))
    for words in ("r  edit yours first", "P  replace theirs", "e  keep theirs, mark done", "y  copy yours"):
        assert words in text
    withdrawal = item(Phase.HELD, Why.ANSWERED_ELSEWHERE, "Hello!")
    withdrawal = replace(withdrawal, row=replace(withdrawal.row, kind=Kind.WITHDRAW, text=""))
    assert "Hello!" in "\n".join(shown(withdrawal, 80))


def test_row_detail_and_status_line_count_down_alike() -> None:
    read = item(Phase.QUEUED, Why.NONE)
    queued = replace(read, row=replace(read.row, send_after=NOW + timedelta(seconds=20.4)))
    for later in (0.0, 0.3, 0.6, 5.0):
        now = NOW + timedelta(seconds=later)
        left = seconds_left(queued.row.send_after, now)
        row = text_of(item_line(queued, OutboxLook(now, 80, "mia"), cursor=False))
        detail = "".join(span.text for span in detail_lines(queued, now, 80, KEYMAP)[0])
        frame = FrameState(queued=1, undo_until=queued.row.send_after)
        status = text_of(status_line(frame, now, KEYMAP.shown, 80))
        assert f" {left}s " in row
        assert f"goes out in {left} s" in detail
        assert f"leaves in {left} s" in status


def test_a_reply_that_no_worker_sends_is_said_to_be_due() -> None:
    queued = replace(item(Phase.QUEUED, Why.NONE), by_workers=True)
    frame = FrameState(accounts=1, queued=1, due_since=NOW)
    for minutes, sentence_said, line_said in (
        (2, "goes out next", "1 queued"),
        (3, "due for 3 min and not sent; see whether a worker of the team runs", "1 queued, due for 3 min"),
        (200, "due for 3 h and not sent; see whether a worker of the team runs", "1 queued, due for 3 h"),
    ):
        now = NOW + timedelta(minutes=minutes)
        assert queued.sentence_at(now) == sentence_said
        assert replace(queued, by_workers=False).sentence_at(now) == "goes out next"
        told = text_of(status_line(frame, now, KEYMAP.shown, 80))
        assert line_said in told
        assert ("due" in told) is (minutes > 2)


@pytest.mark.parametrize("width", [80, 120])
def test_a_reply_to_a_review_that_is_not_here_says_so(width: int) -> None:
    away = replace(
        item(Phase.WAITING, Why.NONE), app_name="", rating=None, territory=None, title="", nickname=""
    )
    told = text_of(item_line(away, OutboxLook(NOW, width, "mia"), cursor=False))
    heading = shown(away, width)[0]
    for each in (told, heading):
        assert "(review not on" in each
        assert "?" not in each
        assert "☆" not in each


def test_offline_nothing_is_said_to_go_out() -> None:
    read = item(Phase.QUEUED, Why.NONE)
    queued = replace(read, row=replace(read.row, send_after=NOW + timedelta(seconds=20)))
    for one in (queued, read):
        said = text_of(detail_lines(one, NOW, 80, KEYMAP, offline=True)[0])
        assert "QUEUED · it waits: offline (started with --offline)" in said
        for width in (80, 120):
            look = OutboxLook(NOW, width, "mia", offline=True)
            row = text_of(item_line(one, look, cursor=False))
            assert not re.search(r"QUEUED +(\d+s|now)", row), "no time runs out"
            whole = "\n".join(map(text_of, detail_lines(one, NOW, width, KEYMAP, offline=True)))
            assert "take it back as a draft" in whole
            assert "without waiting" not in whole
        assert "goes out" not in said
    deletion = replace(queued, row=replace(queued.row, kind=Kind.WITHDRAW, text=""))
    for offline, told in ((False, "is deleted at Apple in 20 s"), (True, "the deletion waits: offline")):
        assert told in text_of(detail_lines(deletion, NOW, 120, KEYMAP, offline=offline)[0])
    pending = item(Phase.PENDING, Why.NONE)
    assert detail_lines(pending, NOW, 80, KEYMAP, offline=True) == detail_lines(pending, NOW, 80, KEYMAP)
    for choice in (RowChoice.SEND_NOW, RowChoice.SEND):
        assert "offline" in done_words(queued, choice, offline=True)
        assert "offline" not in done_words(queued, choice)
    assert done_words(queued, RowChoice.COPY, offline=True) == "copied"


@pytest.mark.parametrize("width", [80, 120])
def test_an_act_is_a_row_and_a_sentence_of_its_own(width: int) -> None:
    act = Act(NOW - timedelta(hours=2), "anna", "done, tag", "", "+crash", ("r1",))
    alone = ActItem(act, "North", "app", "HabitGarden", 2, "GBR", "Widget never refreshes")
    row = text_of(act_line(alone, OutboxLook(NOW, width, "me"), cursor=True))
    assert cell_len(row) == width
    assert row.startswith("▌     DONE, TAG")
    assert "HabitGard" in row
    assert ("anna" in row) == (width == 120)
    assert "by anna" in text_of(act_detail(alone, NOW, width, "me")[0])
    assert ("★★☆☆☆" if width == 120 else "2★") in row
    until = iso(NOW)
    snoozed = replace(alone, act=replace(act, verb="snooze", detail=f"until {until}"))
    said = text_of(act_line(snoozed, OutboxLook(NOW, width, "me"), cursor=False))
    assert f"until {NOW.astimezone():%d %b %H:%M}" in said
    assert "T" not in said.partition("until")[2]
    many = ActItem(replace(act, review_ids=("r1", "r2")))
    assert "2 reviews" in text_of(act_line(many, OutboxLook(NOW, width, "anna"), cursor=False))
    linked = ActItem(Act(NOW, "me", "link", "North", "team key K1"), "North")
    assert "North" in text_of(act_line(linked, OutboxLook(NOW, width, "me"), cursor=False))


def told(state: DeliveryState, **changes: object) -> DeliveryLine:
    made = DeliveryLine(
        uid="evt_0123",
        rule="low stars",
        destination="team",
        event="review.new",
        state=state,
        created_at=NOW - timedelta(hours=2),
        changed_at=NOW - timedelta(hours=1),
        next_at=NOW + timedelta(seconds=40),
        attempts=3,
        detail="404 no_service",
        app_name="HabitGarden",
        review_id="1",
        rating=2,
        title="Widget never refreshes [b]x",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("state", list(DeliveryState))
def test_a_delivery_fits_its_row_and_says_what_can_be_done(state: DeliveryState, width: int) -> None:
    one = told(state)
    for cursor in (True, False):
        text = text_of(delivery_line(one, OutboxLook(NOW, width), cursor=cursor))
        assert cell_len(text) <= width
        assert state.value.upper() in text
        assert "team" in text
    detail = " ".join(text_of(line) for line in delivery_detail(one, NOW, width, KEYMAP))
    assert "low stars" in detail
    assert "404 no_service" in detail
    assert ("send it now" in detail) == (state not in (DeliveryState.SENT, DeliveryState.SENDING))
    assert ("next in 40 s" in detail) == (state in (DeliveryState.QUEUED, DeliveryState.UNKNOWN))


def test_what_is_about_no_review_says_what_happened() -> None:
    alarm = told(
        DeliveryState.SENT, review_id="", rating=None, title="", said="North: Sales was ok.", rule=""
    )
    assert "North: Sales was ok." in text_of(delivery_line(alarm, OutboxLook(NOW, 120), cursor=False))
    detail = " ".join(text_of(line) for line in delivery_detail(alarm, NOW, 120, KEYMAP))
    assert "A test message" in detail
    assert "North: Sales was ok." in detail


@pytest.mark.parametrize(
    ("verb", "subject", "detail", "words"),
    [
        ("approve", "anna", "c628196a1a8d fa8a460299a4", "anna's reply"),
        ("send back", "anna", "c628196a1a8d", "anna's reply"),
        ("take over", "anna", "", "from anna"),
        ("tag", "", "crash", "crash"),
    ],
)
def test_what_was_done_with_a_reply_of_somebody_is_told_in_words(
    verb: str, subject: str, detail: str, words: str
) -> None:
    act = ActItem(Act(NOW, "paul", verb, subject, detail, ("1",)), app_name="HabitGarden")
    assert words in text_of(act_line(act, OutboxLook(NOW, 120, "paul"), cursor=False))
    below = " ".join(text_of(one) for one in act_detail(act, NOW, 120, "paul"))
    assert words in below
    assert "c628196a1a8d" not in below


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_row_has_the_sign_of_its_state_and_is_lit_from_edge_to_edge(width: int, ascii_only: bool) -> None:
    look = OutboxLook(NOW, width, "mia", ascii=ascii_only)
    for phase in Phase:
        state = STATES[phase]
        for cursor in (False, True):
            row = item_line(item(phase, Why.NONE), look, cursor=cursor)
            text = text_of(row)
            assert cell_len(text) <= width
            assert text[4] == ("-" if state is None else state_sign(state, ascii_only=ascii_only)[0])
            if cursor:
                assert cell_len(text) == width
                assert all(span.role.endswith("cursor") for span in row)
            if ascii_only:
                assert text.replace("…", "").isascii()


@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_signs_are_explained_with_those_of_a_team_on_a_team_only(ascii_only: bool) -> None:
    alone, team = (states_help(team=team, ascii_only=ascii_only) for team in (False, True))
    assert team[: len(alone)] == alone
    assert "a publisher reads it" in team[-1]
    assert all(cell_len(line) <= 120 for line in team)
    assert not ascii_only or "".join(team).isascii()


@pytest.mark.parametrize("width", [40, 100, 120])
def test_a_rating_has_an_asterisk_only_in_ascii(width: int) -> None:
    for ascii_only in (False, True):
        look = OutboxLook(NOW, width, "mia", ascii=ascii_only)
        text = text_of(item_line(item(Phase.QUEUED, Why.NONE), look, cursor=False))
        assert (re.search(r"\d\*", text) is not None) is ascii_only
