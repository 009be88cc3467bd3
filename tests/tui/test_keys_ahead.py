"""Keys typed right after the one that opens a screen act on its rows, as if typed once they are there."""

from __future__ import annotations

import re
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
from tests.tui.world import NOW, Ui, build, key_event, review, running, template


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


def body(ui: Ui) -> str:
    """What is shown, without what goes by itself: the status line's sentences, seconds."""
    return re.sub(r"\d\d:\d\d:\d\d|\d+s\b", "", "\n".join(ui.lines()[:-2]))


async def act_alike(home: Path, keys: Sequence[str], before: Sequence[str] = ()) -> None:
    """Typed at once, after `before`, these keys show what they show typed one after the other in a copy."""
    other = home.with_name("other")
    shutil.copytree(home, other)
    async with running(Paths.under(home)) as ui:
        await ui.press(*before)
        at_once(ui, keys)
        await ui.rest()
        soon = body(ui)
    async with running(Paths.under(other)) as ui:
        await ui.press(*keys)
        assert soon == body(ui)


@pytest.mark.slow
@pytest.mark.parametrize("visited", [False, True])
@pytest.mark.parametrize(
    "keys",
    [
        "2 j j",
        "2 G",
        "2 r",
        "2 e",
        "2 j enter r",
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
@pytest.mark.usefixtures("filled")
async def test_keys_after_the_one_that_opens_a_screen_wait_for_its_rows(
    tmp_path: Path, keys: str, visited: bool
) -> None:
    await act_alike(tmp_path / "home", keys.split(), before=(keys[0], "1") if visited else ())


@pytest.mark.slow
@pytest.mark.parametrize(
    "keys",
    [
        "v j j",
        "t j",
        "t down enter",
        "comma j enter j",
        "s j",
        "question_mark j j",
        "colon down down",
        "a down",
        "S j enter",
        "4 enter j",
        "5 enter j j",
        "6 P x",
        "2 slash a",
        "enter j j",
        "slash c r",
    ],
)
async def test_keys_after_the_one_that_opens_a_list_over_a_screen_wait_for_it(
    filled: Paths, tmp_path: Path, keys: str
) -> None:
    for name in ("sorry", "thanks", "wait"):
        template(filled, name, f"We say {name}.")
    await act_alike(tmp_path / "home", keys.split())


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


@pytest.mark.parametrize(
    ("key", "mode", "said"),
    [("2", "outbox", "nothing is on its way"), ("5", "accounts", "No account is linked")],
)
async def test_a_screen_whose_rows_are_not_read_yet_does_not_say_that_there_are_none(
    filled: Paths, key: str, mode: str, said: str
) -> None:
    done = threading.Event()
    async with running(filled) as ui:
        ui.workspace.ask(done.wait, 60)
        try:
            await ui.press(key, background=False)
            assert ui.app.current_mode == mode
            await ui.pilot.pause(0)
            assert said not in ui.text()
        finally:
            done.set()
        await ui.rest()
        assert said not in ui.text()
