"""Lines in exactly so many cells, whatever stands in them; the frame's words; what a terminal can take."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ascinbox.config import load_config
from ascinbox.core.filters import parse
from ascinbox.core.records import ReviewRow
from ascinbox.core.reviews.states import State
from ascinbox.core.text import clean_body, clean_line, list_cell, sentences
from ascinbox.tui.actions import Keymap
from ascinbox.tui.chrome_text import FrameState, Tab, status_line, tab_at, tab_line
from ascinbox.tui.filter_chips import chips_line
from ascinbox.tui.inbox.rowtext import RowLayout, header, row_lines
from ascinbox.tui.paint import (
    BLANK,
    Line,
    PaintSpan,
    changed_regions,
    clip,
    line,
    pad,
    rule,
    spread,
    text_of,
    width_of,
    wrap,
)
from ascinbox.tui.places import PLACES
from ascinbox.tui.runtime.output_text import to_ascii
from ascinbox.tui.runtime.terminal import (
    TerminalProfile,
    child_environment,
    clipboard_sequences,
    prepare_environment,
    terminal_is_gone,
    terminal_profile,
)
from ascinbox.tui.sidetext import SideEntry, ViewLabel, side_lines, views_line
from ascinbox.tui.signs import SIGNS, legend, short_stars, stars
from ascinbox.tui.theme import ROLES, roles_of

KEYMAP = Keymap.build()
STYLES = roles_of("dark")
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
    assert cell_len(pad(text, width)) == width
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


_more = st.tuples(st.booleans(), st.booleans(), st.booleans())


@given(
    rows,
    st.integers(1, 200),
    st.booleans(),
    st.booleans(),
    _more,
    st.sampled_from(["", "cursor", "resting"]),
    st.booleans(),
)
def test_every_row_fills_its_cells_exactly(
    row: ReviewRow,
    width: int,
    two: bool,
    one_app: bool,
    more: tuple[bool, bool, bool],
    cursor: str,
    selected: bool,
) -> None:
    due, stores, ascii_only = more
    layout = RowLayout.for_width(
        width, two_lines=two, one_app=one_app, due=due, several_stores=stores, ascii_only=ascii_only
    )
    lines = row_lines(row, layout, NOW, cursor=cursor, selected=selected)
    assert len(lines) == layout.lines
    assert all(width_of(line) == width for line in lines)
    assert all(text_of(line)[:1] == (">" if ascii_only else "▌") for line in lines if cursor)
    # From edge to edge on one surface.
    surface = cursor or ("picked" if selected else "")
    roles = {span.role for line in lines for span in line}
    assert all(role.endswith(f" on {surface}") if surface else " on " not in role for role in roles)
    assert roles <= set(STYLES)


@pytest.mark.parametrize(
    ("width", "gone"),
    [(80, ""), (70, ""), (66, ""), (65, "App"), (51, "App"), (50, "App Age"), (46, "App Age Te")],
)
def test_columns_drop_app_then_age_then_territory(width: int, gone: str) -> None:
    titles = header(RowLayout.for_width(width, two_lines=False, one_app=False))
    for column in ("App", "Age", "Te"):
        assert (column in titles.split()) == (column not in gone.split()), titles


@pytest.mark.parametrize("two_lines", [False, True])
def test_the_store_is_a_column_when_there_is_more_than_one(two_lines: bool) -> None:
    row = ReviewRow("play:com.a.b:1", 1, "N", 2, NOW, None, "com.a.b", "Tide Clock", "", "Crash")
    for review_id, mark in ((row.id, "GP"), ("r", "AS")):
        layout = RowLayout.for_width(80, two_lines=two_lines, one_app=False, several_stores=True)
        lines = row_lines(replace(row, id=review_id), layout, NOW)
        words = text_of(lines[-1]).split()
        assert words[-2:] == ["?", mark] if two_lines else words[3:5] == ["?", mark]
        assert width_of(lines[0]) == 80
    assert "Te St App" in header(RowLayout.for_width(80, two_lines=False, one_app=False, several_stores=True))
    assert "St" not in header(RowLayout.for_width(80, two_lines=False, one_app=False)).split()


BODY = "Seit dem Update auf 5.2 kann ich die App nicht mehr öffnen."
CHANGED = ReviewRow(
    "r", 1, "C", 1, NOW - timedelta(days=13), "DEU", "1", "Tide Clock", "Stürzt beim Start ab", BODY,
    flagged=True, assignee="anna",
)  # fmt: skip


def test_the_rows_of_the_mock_ups() -> None:
    one, two = (RowLayout.for_width(w, two_lines=w < 80, one_app=False) for w in (80, 54))
    (line,) = row_lines(CHANGED, one, NOW, cursor="cursor", selected=True)
    assert text_of(line) == "▌▪↻⚑ ★☆☆☆☆ 13d DE Tide Clock  Stürzt beim Start ab  Seit dem Update auf 5.2 kan…"
    assert [text_of(line) for line in row_lines(CHANGED, two, NOW, cursor="cursor")] == [
        "▌ ↻ ★☆☆☆☆ Stürzt beim Start ab                    13d ",
        "▌ ⚑ @anna Seit dem Update auf 5.2 kan…  Tide Clock DE ",
    ]


def test_the_rows_without_unicode() -> None:
    layout = RowLayout.for_width(80, two_lines=False, one_app=False, ascii_only=True)
    (line,) = row_lines(CHANGED, layout, NOW, cursor="cursor", selected=True)
    assert text_of(line) == ">xCf 1* 13d DE Tide Clock  Stürzt beim Start ab  Seit dem Update auf 5.2 kann i…"
    states = {state: text_of(row_lines(replace(CHANGED, state=state), layout, NOW)[0])[2] for state in State}
    assert states == {state: state.value for state in State}


def roles(row: ReviewRow, **look: Any) -> dict[str, str]:
    layout = RowLayout.for_width(54, two_lines=True, one_app=False, due=True, me="anna")
    return {span.text.strip(): span.role for line in row_lines(row, layout, NOW, **look) for span in line}


def test_each_part_of_a_row_has_its_colour() -> None:
    plain = roles(CHANGED)
    assert plain["↻"] == "warn"
    assert plain["★"] == "bad"
    assert plain["☆☆☆☆"] == "faint"
    assert plain["Stürzt beim Start ab"] == "strong"
    assert plain["Seit dem Update auf 5.2 kan…"] == "dim"
    assert plain["13d"] == plain["Tide Clock DE"] == "faint"
    assert plain["@anna"] == "accent"
    assert roles(replace(CHANGED, assignee="mia"))["@mia  Seit dem Update auf 5.2 kan…"] == "dim"
    assert roles(replace(CHANGED, rating=3, state="N"))["★★★"] == "warn"
    assert roles(replace(CHANGED, rating=4, state="N"))["★★★★"] == "text"
    assert roles(CHANGED, cursor="cursor")["▌"] == "accent on cursor"
    assert roles(CHANGED, cursor="resting")["▌"] == "faint on resting"


@pytest.mark.parametrize("state", [State.DONE, State.ANSWERED])
def test_what_is_over_is_faint_in_the_whole_row(state: State) -> None:
    found = roles(replace(CHANGED, state=state, flagged=False, assignee=""))
    shown = " ".join(words for words, role in found.items() if role == "faint")
    assert all(words in shown for words in ("✓ ★☆☆☆☆", "Stürzt beim Start ab", "13d", "Tide Clock DE"))
    assert {role for words, role in found.items() if words} == {"faint"}


def test_every_state_has_one_sign_of_one_cell_and_two_that_differ_have_other_words() -> None:
    assert set(SIGNS) == set(State)
    for sign in SIGNS.values():
        assert cell_len(sign.glyph) == len(sign.glyph) == 1
        assert unicodedata.east_asian_width(sign.glyph) != "W"
        assert sign.role in ROLES
    assert len({sign.glyph for sign in SIGNS.values()}) == len({sign.words for sign in SIGNS.values()})
    legend_80 = "\n".join(legend(80))
    assert all(f"{sign.glyph} {sign.words}" in legend_80 for sign in SIGNS.values())
    assert all(cell_len(one) <= 80 for one in (*legend(80), *legend(80, ascii_only=True)))
    assert all(f"{state.value} " in "\n".join(legend(80, ascii_only=True)) for state in State)


@pytest.mark.parametrize("rating", [None, 1, 2, 3, 4, 5])
def test_stars_are_a_digit_where_there_is_no_unicode(rating: int | None) -> None:
    assert cell_len(stars(rating)) == len(to_ascii(stars(rating))) == 5
    assert to_ascii(stars(rating)).rstrip() == f"{rating or 0}*"


def test_nothing_is_cut_without_an_ellipsis() -> None:
    long = replace(CHANGED, app_name="A very long name of an app", title="title " * 30, body="body " * 90)
    for width, two in ((80, False), (54, True)):
        lines = row_lines(long, RowLayout.for_width(width, two_lines=two, one_app=False), NOW)
        shown = "".join(text_of(line) for line in lines)
        assert "A very lon…" in shown or "A very long…" in shown
        assert shown.count("…") >= 2


def test_times_to_answer_by_stand_in_the_row_where_a_clock_is_in_use() -> None:
    row = ReviewRow("r", 1, "N", 1, NOW, "DEU", "1", "Tide Clock", "Crash", "It crashes.")
    late = replace(row, due_at=NOW - timedelta(hours=2))
    soon = replace(row, due_at=NOW + timedelta(hours=3))

    def shown(row: ReviewRow, *, two: bool = False, due: bool = True) -> str:
        layout = RowLayout.for_width(54 if two else 80, two_lines=two, one_app=False, due=due)
        return "\n".join(text_of(line).rstrip() for line in row_lines(row, layout, NOW))

    titles = header(RowLayout.for_width(80, two_lines=False, one_app=False, due=True))
    assert titles[30:] == "Due         Review"
    assert shown(late)[30:] == "overdue 2h  Crash  It crashes."
    assert shown(soon)[30:] == "due 3h      Crash  It crashes."
    assert shown(row)[30:] == "            Crash  It crashes."
    assert shown(late, due=False) == shown(row, due=False)
    assert shown(late, two=True).splitlines()[1].startswith("          overdue 2h  It crashes.  ")
    assert shown(row, two=True).splitlines()[1].startswith("          It crashes.  ")
    assert roles(late, cursor="cursor")["overdue 2h"] == "bad on cursor"
    assert roles(soon)["due 3h"] == "warn"


@pytest.mark.parametrize(
    "text", ["👨‍👩‍👧‍👦 family", "❤️ heart", "بطيء جدا", "起動しない", "[/red] x", "🇩🇪🇫🇷", "👍🏽"]
)
def test_columns_stay_aligned_whatever_the_text(text: str) -> None:
    row = ReviewRow("r", 1, "N", 5, NOW, "USA", "1", "Tide Clock", text, text)
    (line,) = row_lines(row, RowLayout.for_width(80, two_lines=False, one_app=False), NOW)
    assert text_of(line)[:30] == "  ●  ★★★★★ <1m US Tide Clock  "
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


@pytest.mark.parametrize("active", [tab.id for tab in TABS])
def test_at_80_columns_every_tab_has_its_whole_name(active: str) -> None:
    counts = {"inbox": "37", "outbox": "3", "health": "!2", "accounts": "4"}
    bar = tab_line(TABS, active, FrameState(demo=True, counts=counts), "", 80)
    assert width_of(bar) <= 80
    assert text_of(bar).rstrip().endswith(" DEMO")
    for number, tab in enumerate(TABS):
        at = text_of(bar).index(f"{tab.key} {tab.title}")
        assert tab_at(bar, at) == tab_at(bar, at + 5) == number
    assert tab_at(bar, 0) is None
    narrow = text_of(tab_line(TABS, active, FrameState(demo=True, counts=counts), "", 36))
    assert "DEMO" in narrow or "D" not in narrow


@given(st.integers(1, 200), st.sampled_from([tab.id for tab in TABS]), texts.map(clean_line))
def test_the_tab_bar_names_the_screen_while_there_is_room(width: int, active: str, right: str) -> None:
    state = FrameState(demo=True, counts={"inbox": "2,000+", "health": "!12"})
    line = text_of(tab_line(TABS, active, state, right, width))
    if width >= 40:
        assert f"{active.capitalize()}" in line
        assert cell_len(line) <= width


def test_the_status_line_tells_age_budget_and_queue() -> None:
    state = FrameState(accounts=3, synced_at=NOW - timedelta(minutes=2), budget=(3121, 3500), queued=1)
    line = text_of(status_line(state, NOW, KEYMAP.shown, 80))
    assert line == " synced 2m ago · api 3121/3500 h · 1 queued                              3 acct"


def test_the_undo_window_drains_and_names_whom_the_reply_is_for() -> None:
    state = FrameState(
        accounts=3, synced_at=NOW, budget=(3121, 3500), queued=1, undo_window_s=30, undo_for="maxi_b",
        undo_until=NOW + timedelta(seconds=18.4),
    )  # fmt: skip
    line = text_of(status_line(state, NOW, KEYMAP.shown, 80))
    assert line.startswith(" ▰▰▰▰▱▱ reply to maxi_b leaves in 19 s · u takes it back")
    assert "synced <1m ago" in text_of(status_line(state, NOW, KEYMAP.shown, 120))
    several = text_of(status_line(replace(state, queued=3), NOW, KEYMAP.shown, 80))
    assert "last of 3 replies to maxi_b leaves in 19 s" in several
    bars = [
        text_of(status_line(state, NOW + timedelta(seconds=later), KEYMAP.shown, 80)).count("▰")
        for later in range(19)
    ]
    assert bars == sorted(bars, reverse=True)
    assert (bars[0], bars[-1]) == (4, 1)
    over = text_of(status_line(state, NOW + timedelta(seconds=19), KEYMAP.shown, 80))
    assert "1 queued" in over
    assert "▰" not in over


def test_offline_nothing_is_said_to_leave_and_that_one_is_offline_stays() -> None:
    state = FrameState(
        accounts=4,
        queued=1,
        online=False,
        budget=(195, 200),
        synced_at=NOW,
        undo_until=NOW + timedelta(seconds=19),
        undo_for="sam_t",
        undo_window_s=30,
    )
    for width in (80, 120):
        said = text_of(status_line(state, NOW, KEYMAP.shown, width))
        assert re.search(r"offline, data from .* · 1 queued to sam_t · u takes it back", said)
        assert "leaves" not in said


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


@given(st.integers(1, 200), st.booleans())
def test_chips_that_do_not_fit_are_counted(width: int, ascii_only: bool) -> None:
    query = parse('is:needs-reply app:"Tide Clock" rating:<=2 territory:DE crash sort:oldest', now=NOW)
    shown = text_of(chips_line(query, "/", "37 of 4,812", width, ascii_only=ascii_only))
    assert cell_len(shown) <= max(width, 2)
    mark = "x]" if ascii_only else "×"
    if width > 130:
        assert shown.count(mark) == 6
    elif width > 30:
        assert shown.count(mark) == 6 or f"+{6 - shown.count(mark)} " in shown


# --- profile ---


def test_at_the_machine_a_picture_follows_the_last_one_at_once() -> None:
    environ: dict[str, str] = {}
    prepare_environment(environ, terminal_profile(load_config(None, {}), {}, "UTF-8"))
    # Textual waits up to two turns after a picture, and a key is to be shown within ten milliseconds.
    assert 2_000 / int(environ["TEXTUAL_FPS"]) < 10


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


def test_the_ratings_of_the_side_column_are_digits_in_ascii() -> None:
    entries = [SideEntry("x", stars=n, term=f"rating:{n}", count="3", share=1.0) for n in (1, 5)]
    plain = [text_of(one) for one in side_lines(entries, None, 26, ascii_only=True)]
    assert [words.split()[0] for words in plain] == ["1*", "5*"]
    assert [text_of(one).split()[0] for one in side_lines(entries, None, 26)] == ["★", "★★★★★"]


@pytest.mark.parametrize("width", [45, 80, 100, 120])
@pytest.mark.parametrize("two_lines", [False, True])
def test_a_rating_is_written_with_a_star_and_with_an_asterisk_only_in_ascii(
    width: int, *, two_lines: bool
) -> None:
    for ascii_only in (False, True):
        layout = RowLayout.for_width(width, two_lines=two_lines, one_app=True, ascii_only=ascii_only)
        text = "".join(text_of(line) for line in row_lines(CHANGED, layout, NOW))
        assert ("*" in text) is ascii_only
        assert ("★" in text) is not ascii_only


def test_the_short_rating_reads_the_same_when_it_is_made_ascii() -> None:
    for rating in (1, 5, None):
        assert to_ascii(short_stars(rating)) == short_stars(rating, ascii_only=True)
