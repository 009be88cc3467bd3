"""Keys typed right after the one that opens a screen act on its rows, as if typed once they are there."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.outbox.states import Phase, Why
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from tests.tui.listing.test_listing_screen import LISTING
from tests.tui.test_approval import waiting
from tests.tui.world import NOW, Ui, build, key_event, review, running


@pytest.fixture
def filled(tmp_path: Path) -> Paths:
    """A home with something in the list of each screen; the Outbox has four replies that were held."""
    paths = build(tmp_path / "home", [review(number) for number in range(20)])
    store = StoreThread.open(paths, ShiftedClock(NOW))

    def fill(opened: Store) -> None:
        opened.listings.save(LISTING)
        for number in range(4):
            held = replace(waiting(review(number), "mia"), phase=Phase.HELD, why=Why.TOO_OLD)
            opened.queue.queue(held)

    store.call(fill)
    store.close()
    return paths


def at_once(ui: Ui, keys: Sequence[str]) -> None:
    """Types all of them before the first has acted."""
    for key in keys:
        ui.app.post_message(key_event(key, ui.app))


@pytest.mark.parametrize("visited", [False, True])
@pytest.mark.parametrize(
    "keys",
    [
        "2 j j",
        "2 G",
        "2 r",
        "2 e",
        "3 j j",
        "3 G",
        "3 enter",
        "4 enter",
        "4 l l",
        "5 enter",
        "6 j",
        "6 enter",
    ],
)
async def test_keys_after_the_one_that_opens_a_screen_wait_for_its_rows(
    filled: Paths, tmp_path: Path, keys: str, visited: bool
) -> None:
    shutil.copytree(tmp_path / "home", tmp_path / "other")
    async with running(filled) as ui:
        if visited:
            await ui.press(keys[0], "1")
        at_once(ui, keys.split())
        await ui.rest()
        soon = ui.text()
    async with running(Paths.under(tmp_path / "other")) as ui:
        await ui.press(*keys.split())
        assert soon == ui.text()


async def test_the_row_that_a_key_means_is_the_one_that_is_there(filled: Paths) -> None:
    async with running(filled) as ui:
        at_once(ui, "2jj")
        await ui.rest()
        marked = [line.startswith("▌") for line in ui.lines() if "HELD" in line[:12] and "Danke" in line]
        assert marked == [False, False, True, False]


async def test_a_slow_disk_does_not_hold_the_keys_for_long(filled: Paths) -> None:
    done = threading.Event()
    async with running(filled) as ui:
        ui.workspace.ask(done.wait, 60)
        try:
            at_once(ui, "25")
            await ui.until(lambda: ui.app.current_mode == "accounts", 20)
        finally:
            done.set()
