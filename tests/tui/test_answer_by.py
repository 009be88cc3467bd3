"""Times to answer by on the screen: list, pane, filter, time that passes; Activity by who and what."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from ascinbox.paths import Paths
from tests.tui.world import NOW, running

RULES = '[sla]\n"rating:1" = "8h"\n"rating:2..3" = "4d"\n'


def with_rules(paths: Paths) -> Paths:
    paths.config_file.parent.mkdir(parents=True, exist_ok=True)
    paths.config_file.write_text(RULES)
    return paths


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_what_is_due_stands_in_list_and_pane_at_both_sizes(paths: Paths, size: tuple[int, int]) -> None:
    async with running(with_rules(paths), size=size) as ui:
        await ui.inbox.filtering.show("rating:<=3 sort:due")
        await ui.rest()
        text = ui.text()
        assert "overdue " in text
        assert re.search(r"overdue \w+: ((to be answered|answer) )?by \w{3} \d", text)
        ids = [row.id for row in ui.inbox.listing.data.rows]
        dues = [row.due_at for row in ui.inbox.listing.data.rows if row.due_at is not None]
        assert dues == sorted(dues)
        assert dues[0] < NOW
        await ui.inbox.filtering.show("is:overdue sort:due")
        await ui.rest()
        overdue = [row.id for row in ui.inbox.listing.data.rows]
        assert overdue == ids[: len(overdue)]
        assert overdue


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_without_rules_nothing_is_shown_and_it_says_why(paths: Paths, size: tuple[int, int]) -> None:
    async with running(paths, size=size) as ui:
        assert " Due " not in ui.text()
        await ui.inbox.filtering.show("is:overdue")
        await ui.rest()
        assert "no rule in [sla]" in ui.text()


async def test_a_list_by_the_clock_follows_time(paths: Paths) -> None:
    """Nothing is written: what becomes overdue joins the list with the minute."""
    async with running(with_rules(paths), size=(80, 24)) as ui:
        await ui.inbox.filtering.show("is:overdue sort:due")
        await ui.rest()
        before = len(ui.inbox.listing.data.rows)
        ui.workspace.clock._shift += timedelta(days=2)  # type: ignore[attr-defined]
        ui.inbox.tell_frame()
        await ui.rest()
        assert len(ui.inbox.listing.data.rows) > before


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_count_of_a_view_by_the_clock_follows_time(
    paths: Paths, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another list is shown, and nothing is written: the view's number alone follows, once a minute."""
    with_rules(paths)
    paths.views_file.write_text('[[view]]\nname = "Late"\nquery = "is:overdue"\nposition = 1\n')
    async with running(paths, size=size) as ui:
        state = ui.inbox.state
        await ui.inbox.filtering.show("rating:5")
        await ui.until(lambda: "Late" in state.view_counts)
        await ui.rest()
        before = state.view_counts["Late"].count or 0
        assert f"Late {before}" in " ".join(ui.text().split())
        counted: list[int] = []
        count = ui.workspace.inbox.view_counts

        def counting() -> Any:
            counted.append(1)
            return count()

        monkeypatch.setattr(ui.workspace.inbox, "view_counts", counting)
        ui.workspace.clock._shift += timedelta(days=2)  # type: ignore[attr-defined]
        ui.inbox.tell_frame()
        await ui.until(lambda: (state.view_counts["Late"].count or 0) > before)
        await ui.rest()
        assert f"Late {state.view_counts['Late'].count}" in " ".join(ui.text().split())
        ui.inbox.tell_frame()
        await ui.rest()
        assert len(counted) == 1, "once a minute"


async def test_nothing_is_painted_when_the_minute_changed_no_count(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules(paths)
    paths.views_file.write_text('[[view]]\nname = "Late"\nquery = "is:overdue"\nposition = 1\n')
    async with running(paths, size=(120, 36)) as ui:
        await ui.until(lambda: "Late" in ui.inbox.state.view_counts)
        await ui.rest()
        painted: list[object] = []
        side = ui.inbox.filtering._side
        monkeypatch.setattr(side, "refresh", lambda *regions, **_: painted.append(regions))
        ui.inbox.filtering.follow_time()
        await ui.rest()
        assert painted == []


async def test_activity_is_filtered_by_who_and_what(paths: Paths) -> None:
    async with running(paths, size=(80, 24)) as ui:
        ids = [row.id for row in ui.inbox.listing.data.rows[:3]]
        ui.workspace.triage.done(ids[:1])
        ui.workspace.triage.flag(ids[1:2])
        await ui.press("2", ">")
        assert "DONE" in ui.text()
        await ui.press("/")
        await ui.type("act:flag")
        await ui.press("enter")
        screen = ui.app.screen
        assert [item.act.verb for item in screen._activity] == ["flag"]  # type: ignore[attr-defined]
        await ui.press("/")
        await ui.type(" rating:1")
        await ui.press("enter")
        assert "Activity has no key rating" in ui.text()
