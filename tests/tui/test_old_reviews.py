"""The question of a new home: what is old counts as done, by one key; `esc` is a no for good."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ascinbox.paths import Paths
from tests.tui.world import NOW, Ui, build, review, running

TITLE = "Does everything before some day count as done?"


def new_home(folder: Path) -> Paths:
    """One review of yesterday, twelve of a month ago and two of a year ago."""
    ages = (1, *range(31, 43), 400, 401)
    reviews = [review(n, created_at=NOW - timedelta(days=age, hours=1)) for n, age in enumerate(ages)]
    return build(folder, reviews, linked_at=NOW)


async def asked(ui: Ui) -> None:
    await ui.until(lambda: TITLE in ui.text())


@pytest.fixture
def nobody_at_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The question waits for no rest of the keys."""
    monkeypatch.setattr("ascinbox.tui.inbox.old_reviews.QUIET_S", 0.0)


async def thought_of(ui: Ui) -> bool:
    """Whether the question is there, after as many looks as it takes where nothing stands against it."""
    for _ in range(3):
        ui.inbox.old_reviews.follow()
        await ui.rest()
    return TITLE in ui.text()


async def test_a_digit_counts_what_is_older_as_done_and_u_takes_it_back(tmp_path: Path) -> None:
    async with running(new_home(tmp_path)) as ui:
        await asked(ui)
        shown = ui.text()
        assert "1 older than a month" in shown, "a week would be the same reviews"
        assert "14   before 22 Oct 2026" in shown
        assert "2 older than a year" in shown
        await ui.press("1")
        await ui.until(lambda: "14 older reviews count as done" in ui.status)
        assert len(ui.inbox.listing.data.rows) == 1
        await ui.press("u")
        assert "taken back: done, 14 reviews" in ui.status
        assert len(ui.inbox.listing.data.rows) == 15


@pytest.mark.usefixtures("nobody_at_the_keys")
async def test_esc_is_a_no_and_nobody_is_asked_again(tmp_path: Path) -> None:
    paths = new_home(tmp_path)
    async with running(paths) as ui:
        assert await thought_of(ui)
        await ui.press("escape")
        assert "not asked again" in ui.status
        assert len(ui.inbox.listing.data.rows) == 15
    async with running(paths) as ui:
        assert not await thought_of(ui)


@pytest.mark.usefixtures("nobody_at_the_keys")
async def test_the_way_that_a_no_names_does_it_later(tmp_path: Path) -> None:
    async with running(new_home(tmp_path), size=(120, 36)) as ui:
        assert await thought_of(ui)
        await ui.press("3")
        assert "later: / until:30d, X, e" in ui.status
        await ui.press("/")
        await ui.type("until:30d")
        await ui.press("enter", "X", "e")
        assert "done, 14 reviews" in ui.status


async def test_it_waits_while_somebody_reads_or_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(new_home(tmp_path)) as ui:
        await ui.press("r")
        monkeypatch.setattr("ascinbox.tui.inbox.old_reviews.QUIET_S", 0.0)
        assert not await thought_of(ui)
        await ui.press("escape")
        assert await thought_of(ui)


@pytest.mark.usefixtures("nobody_at_the_keys")
async def test_the_demo_is_not_asked(tmp_path: Path) -> None:
    async with running(new_home(tmp_path), demo=True) as ui:
        assert not await thought_of(ui)
