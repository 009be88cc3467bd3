"""Lines in exactly so many cells, whatever stands in them; the frame's words; what a terminal can take."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ascinbox.config import load_config
from ascinbox.core.records import ReviewRow
from ascinbox.core.text import clean_body, clean_line, list_cell, sentences
from ascinbox.tui.actions import Keymap
from ascinbox.tui.chrome_text import FrameState, Tab, status_line, tab_line
from ascinbox.tui.inbox.rowtext import RowLayout, header, row_lines
from ascinbox.tui.paint import (
    BLANK,
    Line,
    PaintSpan,
    changed_regions,
    clip,
    clip_pad,
    line,
    pad,
    rule,
    spread,
    text_of,
    width_of,
    wrap,
)
from ascinbox.tui.places import PLACES
from ascinbox.tui.runtime.terminal import (
    TerminalProfile,
    child_environment,
    clipboard_sequences,
    prepare_environment,
    terminal_is_gone,
    terminal_profile,
)
from ascinbox.tui.sidetext import ViewLabel, views_line

KEYMAP = Keymap.build()
NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
texts = st.text(st.characters(codec="utf-8"), max_size=60).map(list_cell)
scripts = st.text(st.sampled_from("ab cÄß起動しない。بطيء👨‍👩‍👧❤️\u0301 -"), max_size=80)
painted = st.builds(PaintSpan, scripts.map(list_cell), st.sampled_from(["text", "dim"]))
painted_lines = st.lists(painted, max_size=5).map(lambda spans: line(*spans))


# --- cells ---


@given(scripts.map(list_cell), st.integers(0, 90))
def test_clip_and_pad_never_exceed_and_pad_fills(text: str, width: int) -> None:
    assert cell_len(clip(text, width)) <= width
    assert cell_len(pad(text, width)) == width
    assert cell_len(clip_pad(text, width)) == width
    if width > 0 and cell_len(text) <= width:
        assert clip(text, width) == text


def test_a_text_with_many_marks_is_not_cut_before_its_cells_are_used() -> None:
    text = "แอปเปิดไม่ได้ตั้งแต่อัปเดต"
    assert len(text) > cell_len(text)
    assert clip(text, cell_len(text)) == text
    assert cell_len(clip(text, 12)) == 12


@given(scripts.map(clean_body), st.integers(2, 60))
def test_wrapping_keeps_every_letter_and_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_wrapping_breaks_at_blanks_and_anywhere_in_cjk() -> None:
    assert wrap("Seit dem Update kann ich", 12) == ["Seit dem", "Update kann", "ich"]
    assert wrap("アップデート後に", 8) == ["アップデ", "ート後に"]
    assert wrap("a" * 9, 4) == ["aaaa", "aaaa", "a"]
    assert wrap("one\n\ntwo", 10) == ["one", "", "two"]


def test_huge_texts_are_wrapped_only_as_far_as_asked() -> None:
    assert len(wrap("word " * 200_000, 40, 50)) == 50
    assert len(wrap("\n" * 200_000, 40, 50)) == 50


@given(texts.map(clean_line), texts.map(clean_line), st.integers(0, 100))
def test_rules_and_spreads_have_the_width(left: str, right: str, width: int) -> None:
    assert width_of(rule(left, right, width)) == width
    assert cell_len(spread(left, right, max(width, 1))) == max(width, 1)


def test_only_changed_cells_are_repainted() -> None:
    old = [(PaintSpan("one"),), (PaintSpan("two"),), (PaintSpan("three"),)]
    new = [(PaintSpan("one"),), (PaintSpan("second"),), BLANK]
    assert changed_regions(old, new, 80) == [(1, 0, 6), (2, 0, 5)]
    status = [(PaintSpan(" synced 3m ago"), PaintSpan("   1 acct"))]
    assert changed_regions(status, [(PaintSpan(" synced 4m ago"), PaintSpan("   1 acct"))], 80) == [(0, 8, 1)]
    assert changed_regions(old, old, 80) == []
    assert changed_regions(old, [(PaintSpan("👨‍👩‍👧‍👦"),), *old[1:]], 80) == [(0, 0, 80)]


@given(painted_lines, painted_lines)
def test_repainting_what_changed_makes_the_new_line(before: Line, after: Line) -> None:
    width = 30
    shown = _cells(before, width)
    for number, first, count in changed_regions([before], [after], width):
        assert number == 0
        shown[first : first + count] = _cells(after, width)[first : first + count]
    assert shown == _cells(after, width)


def _cells(one: Line, width: int) -> list[tuple[str, str]]:
    """Each cell's character and role; a wide one stands in its first cell, a mark in the cell before it."""
    cells: list[tuple[str, str]] = []
    for span in one:
        for letter in span.text:
            size = cell_len(letter)
            if size:
                cells += [(letter, span.role), *[("", span.role)] * (size - 1)]
            elif cells:
                cells[-1] = cells[-1][0] + letter, cells[-1][1]
    return (cells + [(" ", "text")] * width)[:width]


@pytest.mark.parametrize(("seconds", "cells"), [(60, 1), (600, 40), (3_540, 40)])
def test_a_minute_changes_only_its_own_cells_of_the_status_line(seconds: int, cells: int) -> None:
    state = FrameState(accounts=3, synced_at=NOW, online=True, budget=(3_121, 3_500))
    before, after = (
        status_line(state, NOW + timedelta(seconds=moment), KEYMAP.shown, 80)
        for moment in (seconds, seconds + 60)
    )
    changed = changed_regions([before], [after], 80)
    assert len(changed) == 1
    assert changed[0][2] <= cells


# --- rows ---

rows = st.builds(
    ReviewRow,
    id=st.just("r"),
    key=st.just(1),
    state=st.sampled_from("NOCDQPAHFZ-"),
    rating=st.sampled_from([1, 5, None]),
    created_at=st.sampled_from([NOW - timedelta(days=13), NOW - timedelta(hours=2), None]),
    territory=st.sampled_from(["DEU", None, "XYZ"]),
    app_id=st.just("1"),
    app_name=scripts.map(clean_line),
    title=scripts.map(clean_line),
    body=scripts.map(clean_line),
    flagged=st.booleans(),
    due_at=st.sampled_from([None, NOW - timedelta(days=12), NOW, NOW + timedelta(hours=3)]),
)


_two = st.tuples(st.booleans(), st.booleans())


@given(rows, st.integers(1, 200), st.booleans(), st.booleans(), _two, st.booleans(), st.booleans())
def test_every_row_fills_its_cells_exactly(
    row: ReviewRow,
    width: int,
    two: bool,
    one_app: bool,
    more: tuple[bool, bool],
    cursor: bool,
    selected: bool,
) -> None:
    due, stores = more
    layout = RowLayout.for_width(width, two_lines=two, one_app=one_app, due=due, several_stores=stores)
    lines = row_lines(row, layout, NOW, cursor=cursor, selected=selected)
    assert len(lines) == layout.lines
    assert all(width_of(line) == width for line in lines)
    assert text_of(lines[0]).startswith(">"[: width if cursor else 0])


@pytest.mark.parametrize(
    ("width", "gone"),
    [(80, ""), (70, ""), (60, "App"), (52, "App Age"), (51, "App Age Te"), (45, "App Age Te")],
)
def test_columns_drop_app_then_age_then_territory(width: int, gone: str) -> None:
    titles = header(RowLayout.for_width(width, two_lines=False, one_app=False))
    for column in ("App", "Age", "Te"):
        assert (column in titles) == (column not in gone.split()), titles


@pytest.mark.parametrize("two_lines", [False, True])
def test_the_store_is_a_column_when_there_is_more_than_one(two_lines: bool) -> None:
    row = ReviewRow("play:com.a.b:1", 1, "N", 2, NOW, None, "com.a.b", "Tide Clock", "", "Crash")
    for review_id, mark in ((row.id, "GP"), ("r", "AS")):
        layout = RowLayout.for_width(80, two_lines=two_lines, one_app=False, several_stores=True)
        first = text_of(row_lines(replace(row, id=review_id), layout, NOW)[0])
        assert first.split()[3:5] == ["?", mark]
        assert width_of(row_lines(row, layout, NOW)[0]) == 80
    assert "Te St App" in header(RowLayout.for_width(80, two_lines=False, one_app=False, several_stores=True))
    assert "St" not in header(RowLayout.for_width(80, two_lines=False, one_app=False))


def test_the_row_of_the_mock_up() -> None:
    body = "Seit dem Update auf 5.2 kann ich die App nicht mehr öffnen."
    written = NOW - timedelta(days=13)
    row = ReviewRow("r", 1, "C", 1, written, "DEU", "1", "Tide Clock", "Stürzt beim Start ab", body)
    (line,) = row_lines(
        row, RowLayout.for_width(80, two_lines=False, one_app=False), NOW, cursor=True, selected=True
    )
    expected = ">x  C 1* 13d DE Tide Clock Stürzt beim Start ab - Seit dem Update auf 5.2 kann …"
    assert text_of(line) == expected


def test_times_to_answer_by_stand_in_the_row_where_a_clock_is_in_use() -> None:
    row = ReviewRow("r", 1, "N", 1, NOW, "DEU", "1", "Tide Clock", "Crash", "It crashes.")
    late = replace(row, due_at=NOW - timedelta(hours=2))
    soon = replace(row, due_at=NOW + timedelta(hours=3))

    def shown(row: ReviewRow, *, two: bool = False, due: bool = True, cursor: bool = False) -> str:
        layout = RowLayout.for_width(54 if two else 80, two_lines=two, one_app=False, due=due)
        return "\n".join(text_of(line).rstrip() for line in row_lines(row, layout, NOW, cursor=cursor))

    assert (
        header(RowLayout.for_width(80, two_lines=False, one_app=False, due=True))[27:] == "Due         Review"
    )
    assert shown(late)[27:] == "overdue 2h  Crash - It crashes."
    assert shown(soon)[27:] == "due 3h      Crash - It crashes."
    assert shown(row)[27:] == "            Crash - It crashes."
    assert shown(late, due=False) == shown(row, due=False)
    assert shown(late, two=True).splitlines()[1] == "      overdue 2h · It crashes."
    assert shown(row, two=True).splitlines()[1] == "      It crashes."
    layout = RowLayout.for_width(80, two_lines=False, one_app=False, due=True)
    (line,) = row_lines(late, layout, NOW, cursor=True)
    roles = {span.text.strip(): span.role for span in line}
    assert roles["overdue 2h"] == "bad"
    # A step of the cursor repaints the columns before it and no more.
    assert text_of(line[:1]).endswith("Tide Clock ")


@pytest.mark.parametrize(
    "text", ["👨‍👩‍👧‍👦 family", "❤️ heart", "بطيء جدا", "起動しない", "[/red] x", "🇩🇪🇫🇷", "👍🏽"]
)
def test_columns_stay_aligned_whatever_the_text(text: str) -> None:
    row = ReviewRow("r", 1, "N", 5, NOW, "USA", "1", "Tide Clock", text, text)
    (line,) = row_lines(row, RowLayout.for_width(80, two_lines=False, one_app=False), NOW)
    assert text_of(line)[:27] == "    N 5* <1m US Tide Clock "
    assert width_of(line) == 80
    assert "\u200d" not in text_of(line)


# --- the frame ---

TABS = tuple(Tab(place.id, str(n + 1), place.title) for n, place in enumerate(PLACES))


def test_the_tab_bar_of_the_mock_ups() -> None:
    counts = {"inbox": "37", "outbox": "2", "health": "!2", "accounts": "3"}
    state = FrameState(demo=True, counts=counts)
    expected = " [1 Inbox 37]  2 Outbox 2   3 Metrics   4 Health !2   5 Accounts 3   6 Listing         DEMO"
    assert text_of(tab_line(TABS, "inbox", state, "", 92)).rstrip() == expected
    expected = "  1 Inbox 37   2 Outbox 2   3 Metrics   4 Health !2  [5 Accounts 3]  6 Listing         DEMO"
    assert text_of(tab_line(TABS, "accounts", state, "", 92)).rstrip() == expected


@given(st.integers(1, 200), st.sampled_from([tab.id for tab in TABS]), texts.map(clean_line))
def test_the_tab_bar_names_the_screen_while_there_is_room(width: int, active: str, right: str) -> None:
    state = FrameState(demo=True, counts={"inbox": "2,000+", "health": "!12"})
    line = text_of(tab_line(TABS, active, state, right, width))
    if width >= 40:
        assert f"{active.capitalize()}" in line
        assert cell_len(line) <= width


def test_the_status_line_tells_age_budget_queue_and_undo() -> None:
    state = FrameState(
        accounts=3, synced_at=NOW - timedelta(minutes=2), budget=(3121, 3500), queued=1,
        undo_until=NOW + timedelta(seconds=26.4),
    )  # fmt: skip
    line = text_of(status_line(state, NOW, KEYMAP.shown, 80))
    assert line == " synced 2m ago · api 3121/3500 h · 1 queued (u undo 27s)                 3 acct"


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (FrameState(accounts=0), "no account linked: A"),
        (FrameState(accounts=0, member=True), "nothing of the team's is here yet"),
        (FrameState(accounts=1), "never synced: F5"),
        (FrameState(accounts=1, synced_at=NOW, queued=1, to_settle=2), "1 queued · 2 to settle (C)"),
        (FrameState(demo=True, preparing=True), "making the demo's accounts and reviews"),
        (FrameState(preparing=True, syncing="syncing Northwind reviews 200"), "syncing Northwind reviews"),
        (FrameState(accounts=1, synced_at=NOW, online=False), "offline, data from"),
        (FrameState(accounts=1, synced_at=NOW - timedelta(hours=2), overdue=True), "! synced 2h ago"),
        (FrameState(accounts=1, synced_at=NOW, syncing="syncing Northwind reviews 200"), "syncing Northwind"),
    ],
)
def test_the_status_line_says_what_is_the_matter(state: FrameState, says: str) -> None:
    assert says in text_of(status_line(state, NOW, KEYMAP.shown, 80))


def test_what_is_to_be_settled_is_the_last_that_a_narrow_line_leaves_out() -> None:
    state = FrameState(accounts=3, synced_at=NOW, budget=(3121, 3500), queued=1, to_settle=1)
    assert "1 to settle (C)" in text_of(status_line(state, NOW, KEYMAP.shown, 45))


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (("Not allowed", "", "Ask an admin."), "Not allowed. Ask an admin."),
        (("It is so.", "really", "Go on"), "It is so. really. Go on"),
        (("Alone", "", ""), "Alone"),
    ],
)
def test_what_is_said_of_an_error_is_in_sentences(parts: tuple[str, ...], said: str) -> None:
    assert sentences(*parts) == said


@given(st.integers(5, 130), st.integers(0, 6))
def test_the_active_view_is_always_in_the_bar(width: int, active: int) -> None:
    views = [ViewLabel(f"View number {n}", str(n)) for n in range(7)]
    line = views_line(views, active, "v views", width)
    assert "[View"[: max(0, width - 10)] in text_of(line)
    if width >= 30:
        assert width_of(line) <= width


# --- profile ---


def test_over_ssh_everything_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = terminal_profile(load_config(None, {}), {"SSH_CONNECTION": "x", "TMUX": "y"}, "UTF-8")
    assert chosen.ssh
    assert not chosen.animations
    environ = {"TEXTUAL_LOG": "keys.log", "TEXTUAL": "debug"}
    prepare_environment(environ, chosen)
    assert environ == {"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_FPS": "15"}
    plain, wrapped = clipboard_sequences("text", chosen.tmux)
    assert plain == "\x1b]52;c;dGV4dA==\x07"
    assert wrapped.startswith("\x1bPtmux;\x1b\x1b]52;")


@pytest.mark.parametrize(
    ("environ", "encoding", "ascii_only"),
    [
        ({"TERM": "linux"}, "utf-8", True),
        ({}, "utf-8", False),
        ({}, "ANSI_X3.4-1968", True),
        ({}, None, True),
    ],
)
def test_ascii_where_unicode_cannot_be_drawn(
    environ: dict[str, str], encoding: str | None, ascii_only: bool
) -> None:
    assert terminal_profile(load_config(None, {}), environ, encoding).ascii is ascii_only


def test_no_colour_has_its_own_palette() -> None:
    assert terminal_profile(load_config(None, {}), {"NO_COLOR": ""}, "utf-8").palette == "none"
    assert TerminalProfile().palette == "dark"


def test_programs_outside_inherit_no_secret() -> None:
    environ = {
        "PATH": "/bin", "LANG": "C.UTF-8", "SSH_AUTH_SOCK": "/s", "ASC_KEY_ID": "1", "ASCINBOX_HOME": "/h",
        "MY_TOKEN": "t", "APP_STORE_CONNECT_API_KEY_KEY": "k", "NOTE": "-----BEGIN PRIVATE KEY-----",
        "DB_PASSWORD": "p",
    }  # fmt: skip
    assert set(child_environment(environ)) == {"PATH", "LANG", "SSH_AUTH_SOCK"}


def test_a_hung_up_terminal_is_noticed() -> None:
    import os
    import pty

    leader, follower = pty.openpty()
    assert not terminal_is_gone(follower)
    os.close(leader)
    assert terminal_is_gone(follower)
    os.close(follower)
    assert terminal_is_gone(follower)


@pytest.mark.parametrize("online", [True, False])
def test_the_status_line_changes_once_a_minute(online: bool) -> None:
    state = FrameState(accounts=1, synced_at=NOW, online=online, budget=(3_121, 3_500))
    moments = [NOW + timedelta(seconds=second) for second in range(180)]
    lines = [text_of(status_line(state, moment, KEYMAP.shown, 80)) for moment in moments]
    changes = [second for second in range(1, 180) if lines[second] != lines[second - 1]]
    assert changes == ([60, 120] if online else [])
    assert lines[59].startswith(" synced <1m ago") == online
