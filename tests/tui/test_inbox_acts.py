"""Marking reviews by key: done, snooze, assign, tags, flag, note, select, repeat, undo, export, copy."""

from __future__ import annotations

import csv
import json

import pytest

from ascinbox.paths import Paths
from tests.tui.world import Ui, running


def detail(ui: Ui, review_id: str):  # type: ignore[no-untyped-def]
    return ui.workspace.inbox.detail(review_id)


async def test_done_advances_and_undo_brings_it_back(paths: Paths) -> None:
    async with running(paths) as ui:
        first = ui.current
        await ui.press("e")
        assert detail(ui, first).done
        assert ui.current != first
        assert "done" in ui.status
        assert "u undoes" in ui.status
        assert len(ui.inbox.listing.data.rows) == 39
        await ui.press("u")
        assert not detail(ui, first).done
        assert ui.current == first
        assert "taken back: done" in ui.status


async def test_done_in_a_view_that_keeps_the_row_goes_to_the_next_in_need(paths: Paths) -> None:
    async with running(paths, view="All") as ui:
        first = ui.current
        await ui.press("e")
        assert ui.current != first
        assert first in ui.inbox.listing.data.ids()
        row = ui.inbox.listing.current
        assert row is not None
        assert row.state in "NOCDHF"


async def test_snooze_by_number_and_by_date(paths: Paths) -> None:
    async with running(paths) as ui:
        first = ui.current
        await ui.press("s", "2")
        assert detail(ui, first).snoozed_until.astimezone().strftime("%d %H:%M") == "24 09:00"
        second = ui.current
        await ui.press("s", "4")
        await ui.type("2026-12-01")
        await ui.press("enter")
        assert detail(ui, second).snoozed_until.astimezone().strftime("%d %b") == "01 Dec"
        await ui.press("s", "4")
        await ui.type("yesterday")
        await ui.press("enter")
        assert "not understood" in ui.text()


async def test_selected_rows_are_marked_together_and_undone_together(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("x", "space", "x")
        chosen = list(ui.inbox.listing.selected)
        assert "3 selected · 40 left of 60" in ui.lines()[2]
        assert ui.lines()[4].startswith(" ▪")
        await ui.press("f")
        assert all(detail(ui, review_id).flagged for review_id in chosen)
        await ui.press("u")
        assert not any(detail(ui, review_id).flagged for review_id in chosen)


async def test_more_than_fifty_ask_first(paths: Paths) -> None:
    async with running(paths, view="All") as ui:
        await ui.press("X")
        assert len(ui.inbox.listing.selected) == 60
        await ui.press("m")
        assert "60 reviews?" in ui.text()
        await ui.press("enter")
        assert not any(detail(ui, i).read for i in ui.inbox.listing.data.ids())
        await ui.press("m", "2")
        assert all(detail(ui, i).read for i in ui.inbox.listing.data.ids())


async def test_tags_assignment_note_and_repeat(paths: Paths) -> None:
    async with running(paths) as ui:
        first = ui.current
        await ui.press("#")
        await ui.type("crash ios")
        await ui.press("enter")
        assert detail(ui, first).tags == ("crash", "ios")
        await ui.press("#", *["backspace"] * 4, "enter")
        assert detail(ui, first).tags == ("crash",)
        await ui.press("a", "1")
        assert detail(ui, first).assignee == "mia"
        await ui.press("j", "full_stop")
        assert detail(ui, ui.current).assignee == "mia"
        await ui.press("i")
        await ui.type("ticket 4411")
        await ui.press("enter")
        assert detail(ui, ui.current).note == "ticket 4411"
        assert " notes   ticket 4411" in ui.text()


async def test_opening_makes_a_new_review_opened(paths: Paths) -> None:
    async with running(paths) as ui:
        assert ui.lines()[4].startswith("▌ ●")
        await ui.press("enter", "escape")
        assert ui.lines()[4].startswith("▌ ○")


async def test_a_key_that_cannot_act_says_why(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("w")
        assert "reconnect or rotate a key works in Health, Accounts" in ui.status
        await ui.press("P")
        assert "publishes from the check step" in ui.status
        await ui.press("c")
        assert "c does nothing here" in ui.status
        await ui.press("ctrl+c")
        assert "ctrl+q quits" in ui.status
        await ui.press("ctrl+x")
        assert "ctrl+x does nothing here" in ui.status
        await ui.press("u")
        assert "nothing to undo" in ui.status


async def test_export_writes_what_the_filter_shows(paths: Paths, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    async with running(paths) as ui:
        for name in ("a.csv", "b.json"):
            await ui.press("E", "ctrl+u")
            await ui.type(name)
            await ui.press("enter")
            await ui.until((tmp_path / name).exists)
        await ui.until(lambda: "wrote 40 rows" in ui.status)
        await ui.press("E", "ctrl+u")
        await ui.type("a.csv")
        await ui.press("enter")
        assert "exists; choose another name" in ui.text()
    with (tmp_path / "a.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 40
    assert len(json.loads((tmp_path / "b.json").read_text())["reviews"]) == 40
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o600


async def test_copying_says_how_much(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(paths) as ui:
        written: list[str] = []
        monkeypatch.setattr(ui.app, "write_raw", written.append)
        await ui.press("y")
        assert written
        assert written[0].startswith("\x1b]52;c;")
        assert "copied the review:" in ui.status
        await ui.press("Y")
        assert "the link" in ui.status


async def test_another_programs_change_shows_and_the_cursor_stays(paths: Paths) -> None:
    from ascinbox.core.events import ReviewsChanged

    async with running(paths) as ui:
        await ui.press("j", "j", "j")
        kept = ui.current
        above = ui.inbox.listing.data.rows[0].id
        ui.workspace.store.call(lambda s: s.queue.done([above, kept]))
        ui.workspace.publish(ReviewsChanged(None))
        await ui.until(lambda: above not in list(ui.inbox.listing.data.ids()))
        assert ui.current == kept
        await ui.press("j")
        ui.workspace.publish(ReviewsChanged(None))
        await ui.until(lambda: kept not in list(ui.inbox.listing.data.ids()))


async def test_a_further_tag_is_a_word_of_its_own(paths: Paths) -> None:
    async with running(paths) as ui:
        first = ui.current
        await ui.press("#")
        await ui.type("crash")
        await ui.press("enter", "#")
        await ui.type("login")
        await ui.press("enter")
        assert detail(ui, first).tags == ("crash", "login")


async def test_a_name_typed_into_the_menu_of_names_is_the_one_that_is_assigned(paths: Paths) -> None:
    async with running(paths) as ui:
        first = ui.current
        await ui.press("a")
        await ui.type("anna")
        await ui.press("enter")
        assert detail(ui, first).assignee == "anna"
        await ui.press("j", "a")
        await ui.type("ann")
        await ui.press("enter")
        assert detail(ui, ui.current).assignee == "anna", "a known name is found by its beginning"
