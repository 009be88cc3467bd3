"""The Inbox by keyboard: moving, reading, filtering, views, sizes."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from rich.cells import set_cell_size

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.dates import age
from ascinbox.paths import Paths
from ascinbox.tui.inbox.filter_bar import Options
from ascinbox.tui.inbox.screen import InboxScreen
from ascinbox.tui.paint import text_of
from ascinbox.tui.runtime.terminal import TerminalProfile
from ascinbox.tui.widgets.lines import Lines
from tests.tui.world import build, review, running


async def test_rows_are_there_with_header_pane_and_frame(paths: Paths) -> None:
    async with running(paths, demo=True) as ui:
        lines = ui.lines()
        assert lines[0].startswith(" [1 Inbox 40]  2 Outbox   3 Metrics")
        assert lines[0].endswith("DEMO")
        assert lines[1].startswith(" < [Needs reply 40]")
        assert lines[2].startswith("  is:needs-reply ×   oldest first ×  / filter")
        assert lines[2].endswith("40 left of 60")
        assert lines[3] == "     Stars Age Te App         Review"
        assert lines[4].startswith("▌ ●  ★★☆☆☆ ")
        assert lines[13].startswith("─ ")
        assert lines[13].endswith(" 1/40 ─")
        assert lines[23].endswith("x select  u undo       ? help")
        assert all(len(line) <= 80 for line in lines)


async def test_the_cursor_walks_pages_and_ends(paths: Paths) -> None:
    async with running(paths) as ui:
        first = ui.current
        await ui.press("j", "j", "j", "k")
        assert ui.inbox.listing.data.cursor == 2
        await ui.press("G")
        last = ui.current
        assert ui.lines()[13].endswith(" 40/40 ─")
        await ui.press("g", "g")
        assert ui.current == first
        await ui.press("end")
        assert ui.current == last
        await ui.press("home", "down", "up")
        assert ui.current == first
        await ui.press("ctrl+d", "ctrl+u")
        assert ui.inbox.listing.data.cursor == 0
        await ui.press("pagedown")
        assert ui.inbox.listing.data.cursor == 9


async def test_the_pane_shows_the_review_under_the_cursor(paths: Paths) -> None:
    async with running(paths) as ui:
        for _ in range(5):
            await ui.press("j")
            row = ui.inbox.listing.current
            assert row is not None
            shown = ui.inbox.reader.reading
            assert shown is not None
            assert shown.detail.review.id == row.id
            assert f" {row.title} · " in ui.lines()[13]


async def test_a_filter_is_live_and_esc_takes_it_back(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("slash", "ctrl+u")
        await ui.type("rating:<=2 territory:DE")
        await ui.until(lambda: ui.inbox.query_text == "rating:<=2 territory:DE")
        assert all(row.territory == "DEU" for row in ui.inbox.listing.data.rows)
        await ui.press("escape")
        assert ui.inbox.query_text == "is:needs-reply sort:oldest"
        assert len(ui.inbox.listing.data.rows) == 40


async def test_an_unknown_key_leaves_the_list_and_says_what_was_meant(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("slash", "ctrl+u")
        await ui.until(lambda: ui.inbox.query_text == "")
        before = list(ui.inbox.listing.data.ids())
        await ui.type("terr:DE")
        await ui.until(lambda: "did you mean territory:?" in ui.text())
        assert list(ui.inbox.listing.data.ids()) == before
        await ui.press("enter")
        assert ui.inbox.bar.is_open
        await ui.press("escape")
        assert not ui.inbox.bar.is_open


async def test_tab_completes_with_counts_and_enter_keeps(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("slash", "ctrl+u")
        await ui.type("terri")
        await ui.until(lambda: "territory:" in ui.lines()[3] or "territory:" in ui.lines()[4])
        await ui.press("tab")
        assert ui.inbox.bar.field.value == "territory:"
        await ui.type("J")
        await ui.until(lambda: any("JPN" in line and " 8 " in f"{line} " for line in ui.lines()[3:6]))
        await ui.press("tab")
        assert ui.inbox.bar.field.value.strip() == "territory:JPN"
        await ui.press("enter")
        assert not ui.inbox.bar.is_open
        assert ui.inbox.query_text == "territory:JPN"
        assert {row.territory for row in ui.inbox.listing.data.rows} == {"JPN"}


async def test_views_by_menu_and_by_arrows(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("v", "2")
        assert ui.inbox.view_name == "Low stars"
        assert all(row.rating in (1, 2) for row in ui.inbox.listing.data.rows)
        await ui.press("greater_than_sign")
        assert ui.inbox.view_name == "Changed"
        assert "✓ Nothing is left in Changed." in ui.text()
        assert "enter goes on with Needs reply: 40 left" in ui.text()
        await ui.press("less_than_sign", "less_than_sign")
        assert ui.inbox.view_name == "Needs reply"


async def test_a_filter_becomes_a_view_and_goes_again(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("slash", "ctrl+u")
        await ui.type("crash")
        await ui.press("enter", "V")
        await ui.type("7 Crashes")
        await ui.press("enter")
        assert ui.inbox.view_name == "Crashes"
        assert 'name = "Crashes"' in paths.views_file.read_text()


async def test_quit_and_reopen_returns_to_view_and_row(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("v", "2", "j", "j", "j")
        review_id = ui.current
        await ui.press("q")
    async with running(paths) as ui:
        assert ui.inbox.view_name == "Low stars"
        assert ui.current == review_id


async def test_n_goes_to_the_next_that_needs_somebody(paths: Paths) -> None:
    async with running(paths, view="All") as ui:
        await ui.press("n")
        row = ui.inbox.listing.current
        assert row is not None
        assert row.state in "NOCDHF"
        for _ in range(45):
            await ui.press("n")
        assert "needs you" in ui.status


async def test_three_panes_when_wide(paths: Paths) -> None:
    async with running(paths, size=(120, 36), demo=True) as ui:
        lines = ui.lines()
        assert lines[0].endswith("40 left of 60 · DEMO")
        assert lines[2][24] == "┬"
        assert lines[2][79] == "┬"
        assert lines[3].startswith(" VIEWS                v │▌ ● ★★☆☆☆ ")
        assert lines[4].startswith("▌ Needs reply         40│▌")
        assert "APPS" in lines[12]
        assert any("Tide Clock" in line[:20] for line in lines)
        assert lines[33][24] == "┴"
        for line in lines[3:33]:
            assert set_cell_size(line, 25)[-1] == set_cell_size(line, 80)[-1] == "│"
        await ui.press("shift+tab", "j", "enter")
        assert ui.inbox.view_name == "Low stars"


@pytest.mark.parametrize(
    "size",
    [(200, 60), (120, 36), (109, 40), (80, 24), (79, 24), (60, 20), (59, 15), (40, 12), (20, 5), (1, 1)],
)
async def test_every_size_works_and_nothing_is_wider(paths: Paths, size: tuple[int, int]) -> None:
    async with running(paths, size=size) as ui:
        lines = ui.lines()
        assert len(lines) == size[1]
        await ui.press("j", "j", "z", "j", "z", "tab", "tab", "p", "p")
        assert ui.inbox.listing.data.cursor >= 2
        if size[0] >= 40:
            assert any(line.startswith("▌") or "│▌" in line for line in ui.lines())


async def test_resizing_keeps_cursor_and_focus(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("j", "j", "j")
        kept = ui.current
        for size in ((50, 14), (40, 12), (120, 36), (1, 1), (80, 24)):
            await ui.pilot.resize_terminal(*size)
            await ui.rest()
            assert ui.current == kept
        assert sum(line.startswith("▌") for line in ui.lines()) == 1


async def test_panes_of_another_size_are_styled_once(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time takes a whole pass over all widgets of the screen."""
    styled: list[frozenset[str]] = []
    restyle = InboxScreen.update_node_styles

    def counted(screen: InboxScreen, animate: bool = True) -> None:
        styled.append(screen.classes)
        restyle(screen, animate)

    async with running(paths) as ui:
        monkeypatch.setattr(InboxScreen, "update_node_styles", counted)
        for size, name in (((120, 36), "wide"), ((40, 12), "single"), ((80, 24), "split")):
            styled.clear()
            await ui.pilot.resize_terminal(*size)
            await ui.rest()
            assert name in ui.inbox.classes
            assert len(styled) == 1


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (46, 20)])
async def test_what_can_be_completed_is_told_whole_where_there_is_room(
    paths: Paths, size: tuple[int, int]
) -> None:
    async with running(paths, size=size) as ui:
        await ui.press("/")
        await ui.type("a")
        await ui.until(lambda: ui.inbox.options.options)
        await ui.rest()
        box = ui.inbox.options
        assert box.region.right <= size[0]
        if size[0] >= 80:
            assert not any("…" in text_of(line) for line in box.lines)
            assert any("who it is assigned to; is:mine for you" in text_of(line) for line in box.lines)


async def test_a_view_is_shown_while_others_write(paths: Paths) -> None:
    gate = threading.Event()
    async with running(paths) as ui:
        await ui.press("j", "j")
        left = ui.current
        busy = ui.workspace.store.submit(lambda _store: gate.wait(20))
        try:
            await ui.press("greater_than_sign", background=False)
            await ui.until(lambda: ui.inbox.view_name == "Low stars" and ui.inbox.listing.data.rows)
            await ui.press("less_than_sign", background=False)
            await ui.until(lambda: ui.inbox.view_name == "Needs reply")
            await ui.until(lambda: ui.current == left)
            assert not busy.done()
        finally:
            gate.set()
        await ui.rest()
        await ui.until(lambda: ui.workspace.inbox.place("Needs reply") == left)


async def test_a_key_without_a_value_yet_is_no_problem(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("/")
        await ui.type("app:")
        await ui.until(lambda: ui.inbox.options.options)
        await ui.rest()
        assert "needs a value" not in ui.text()
        await ui.press("enter")
        assert "app: needs a value" in ui.text(), "it is one when it is to be kept"


async def test_tab_completes_what_stands_there_now_and_not_what_was_offered(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("slash", "ctrl+u")
        await ui.type("ter")
        await ui.until(lambda: ui.inbox.query_one(Options).offered_for == "ter")
        bar = ui.inbox.bar
        bar.put("terri", 5)
        await ui.inbox.complete_now(1)
        assert bar.field.value == "territory:"


async def test_ages_grow_on_a_screen_that_nobody_touches(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(paths, size=(120, 36)) as ui:
        before = [line.split("│")[1] for line in ui.lines()[3:9]]
        later = ui.workspace.clock.now() + timedelta(days=2)
        monkeypatch.setattr(ui.workspace, "clock", ShiftedClock(later))
        await ui.until(lambda: before != [line.split("│")[1] for line in ui.lines()[3:9]])
        now = ui.workspace.clock.now()
        for row, line in zip(ui.inbox.listing.data.page(), ui.lines()[3::2], strict=False):
            assert f"{age(row.created_at, now):>3} " in line


async def test_the_column_counts_what_the_view_shows_however_one_came_to_it(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.pilot.resize_terminal(120, 36)
        await ui.rest()
        needing = facets(ui.lines())
        assert sum(needing.values()) == 40
        await ui.inbox.show_view(next(n for n, view in enumerate(ui.inbox.views) if view.name == "All"))
        await ui.rest()
        assert sum(facets(ui.lines()).values()) == 60


async def test_bars_that_were_hidden_know_all_once_the_window_is_narrow(paths: Paths) -> None:
    async with running(paths, size=(120, 36)) as ui:
        await ui.pilot.resize_terminal(80, 24)
        await ui.rest()
        assert ui.lines()[1].startswith(" < [Needs reply 40]  Low stars 31")
        assert ui.lines()[2].rstrip().endswith("40 left of 60")
        await ui.pilot.resize_terminal(120, 36)
        await ui.rest()
        assert ui.lines()[1].rstrip().endswith("esc shows All")


def facets(lines: list[str]) -> dict[str, int]:
    """Stars and how many reviews have them, from the side column."""
    column = [line.split("│")[0].split() for line in lines]
    return {words[0]: int(words[-1]) for words in column if len(words) == 3 and set(words[0]) == {"★"}}


async def test_texts_are_not_wider_than_one_reads_easily(tmp_path: Path) -> None:
    paths = build(tmp_path / "long", [review(1, body="many words " * 90)])
    async with running(paths, size=(240, 40)) as ui:
        await ui.press("z")
        lines = [line.split("│")[0].rstrip() for line in ui.lines() if "many words" in line]
        assert ui.inbox.reader.size.width == 92, "the rest is for other reviews"
        assert max(map(len, lines)) in range(80, 92)


async def test_bars_beside_the_ratings_are_as_long_as_there_are_reviews(paths: Paths) -> None:
    async with running(paths, size=(120, 36)) as ui:
        column = [line.split("│")[0].split() for line in ui.lines()]
        bars = {int(words[2]): len(words[1]) for words in column if words and set(words[0]) == {"★"}}
        assert [bars[count] for count in sorted(bars)] == sorted(bars.values())
        assert bars[max(bars)] == 10
        assert all(bars.values())


async def test_esc_takes_off_selection_then_filter_then_view_and_says_when_nothing_is_left(
    paths: Paths,
) -> None:
    async with running(paths, size=(120, 36)) as ui:
        await ui.press("slash")
        await ui.type("rating:1 territory:DE")
        await ui.press("enter", "x")
        assert ui.lines()[1].startswith(
            "  is:needs-reply ×   rating:1 ×   territory:DEU ×   oldest first ×  / filter"
        )
        assert ui.lines()[1].rstrip().endswith("esc selects none")
        await ui.press("escape")
        assert not ui.inbox.listing.selected
        assert ui.lines()[1].rstrip().endswith("esc takes off the last")
        await ui.press("escape")
        assert ui.inbox.query_text == "is:needs-reply rating:1 sort:oldest"
        assert ui.lines()[1].rstrip().endswith("esc goes back to Needs reply")
        await ui.press("escape")
        assert ui.inbox.view_name == "Needs reply"
        assert ui.lines()[1].rstrip().endswith("esc shows All")
        await ui.press("escape")
        assert ui.inbox.view_name == "All"
        assert "esc" not in ui.lines()[1]
        assert ui.lines()[1].startswith(" / filter")
        await ui.press("escape")
        assert "nothing to go back to" in ui.status


async def test_esc_leads_from_another_filter_to_the_view_one_came_from(paths: Paths) -> None:
    async with running(paths, view="Low stars") as ui:
        await ui.press("slash", "ctrl+u", "ctrl+k")
        await ui.type("territory:DE")
        await ui.press("enter", "escape")
        assert ui.inbox.view_name == "Low stars"


@pytest.mark.parametrize(("size", "ascii_only"), [((80, 24), False), ((120, 36), False), ((80, 24), True)])
async def test_a_click_on_the_cross_of_a_chip_takes_it_off(
    paths: Paths, size: tuple[int, int], ascii_only: bool
) -> None:
    async with running(paths, size=size, profile=TerminalProfile(ascii=ascii_only)) as ui:
        await ui.press("slash")
        await ui.type("rating:1 territory:DE")
        await ui.press("enter")
        cross = "x]" if ascii_only else "×"
        at = ui.inbox.bar.query_one("#filtershown", Lines).lines[0]
        column = text_of(at).index(cross, text_of(at).index("rating:1"))
        await ui.pilot.click("#filterbar", offset=(column, 0))
        await ui.rest()
        assert ui.inbox.query_text == "is:needs-reply territory:DEU sort:oldest"
        assert not ui.inbox.bar.is_open
        column = text_of(ui.inbox.bar.query_one("#filtershown", Lines).lines[0]).rindex(cross)
        await ui.pilot.click("#filterbar", offset=(column, 0))
        await ui.rest()
        assert ui.inbox.query_text == "is:needs-reply territory:DEU"


async def test_a_click_on_a_hint_or_on_the_filter_does_what_the_key_would(paths: Paths) -> None:
    async with running(paths) as ui:
        column = ui.lines()[-1].index("e done") + 2
        first = ui.current
        await ui.pilot.click("#hints", offset=(column, 0))
        await ui.rest()
        done = ui.workspace.inbox.detail(first)
        assert done is not None
        assert done.done
        await ui.pilot.click("#filterbar", offset=(10, 0))
        await ui.rest()
        assert ui.inbox.bar.is_open
        await ui.press("escape")
        help_at = ui.lines()[-1].index("? help")
        await ui.pilot.click("#hints", offset=(help_at, 0))
        await ui.rest()
        assert "Help · keys that work here" in ui.text()
