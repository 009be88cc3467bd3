"""One app in both stores on the screen: one name, its reviews together, and what a template says in each."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.events import AccountsChanged
from ascinbox.core.records import Account, App, Credential, Told
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from ascinbox.tui.paint import app_label
from ascinbox.tui.sidetext import SideEntry
from tests.tui.world import APPS, NOW, Ui, build, review, running, template

TIDE = "com.example.tide"
SAIL = "com.example.sail"
WIDE = (130, 40)


@pytest.fixture
def both(tmp_path: Path) -> Paths:
    """Four reviews of Tide Clock on the App Store, three on Google Play, where Sail has two; newest last."""
    mine = [review(number, app=APPS[0], territory="USA") for number in range(10, 14)]
    paths = build(tmp_path / "both", [*mine, review(20, app=APPS[1])])
    (paths.config_file.parent).mkdir(parents=True, exist_ok=True)
    paths.config_file.write_text(f'[apps]\n"Tide Clock" = ["{APPS[0].id}", "{TIDE}"]\n', "utf-8")
    store = StoreThread.open(paths, ShiftedClock(NOW))

    def fill(open_store: Store) -> None:
        key = Credential("service_account", "0f3c9a", None, "file:/none")
        apps = tuple(App(package, package, package) for package in (TIDE, SAIL))
        open_store.accounts.add(
            Account(0, "Android", "", ("reviews", "reply"), (key,), NOW, store="play"), apps
        )
        for number, package in ((1, TIDE), (2, TIDE), (3, TIDE), (4, SAIL), (5, SAIL)):
            one = replace(
                review(number, app=apps[0]),
                id=f"play:{package}:r{number}",
                app_id=package,
                territory="",
                rating=1,
                title="",
                nickname="Mia",
                created_at=NOW - timedelta(hours=number),
                told=Told("5.2", "oriole", "33", "en"),
            )
            open_store.reviews.save_page(package, [one])

    try:
        store.call(fill)
    finally:
        store.close()
    return paths


def apps_of(ui: Ui) -> list[SideEntry]:
    """What the side column lists under APPS."""
    entries = list(ui.inbox.side._entries)
    first = next(n for n, entry in enumerate(entries) if entry.text == "APPS") + 1
    return entries[first : next(n for n, entry in enumerate(entries[first:], first) if not entry.text)]


async def filtered(ui: Ui, text: str) -> list[str]:
    """The ids that a filter typed into the bar lists."""
    await ui.press("slash", "ctrl+u")
    await ui.type(text)
    await ui.press("enter")
    return [row.id for row in ui.inbox.listing.data.rows]


async def test_the_side_column_has_an_app_of_both_stores_once_with_all_its_reviews(both: Paths) -> None:
    async with running(both, size=WIDE, view="All") as ui:
        await ui.until(lambda: ui.inbox.filtering.has_facets())
        names = {entry.text: int(entry.count) for entry in apps_of(ui)}
        assert names == {"Tide Clock": 7, SAIL: 2, "HabitGarden": 1}
        (line,) = [line for line in ui.lines() if line.startswith("  Tide Clock")]
        assert line.split("│")[0].split() == ["Tide", "Clock", "7"]


async def test_choosing_the_app_in_the_side_column_lists_both_stores(both: Paths) -> None:
    async with running(both, size=WIDE, view="All") as ui:
        await ui.until(lambda: ui.inbox.filtering.has_facets())
        await ui.press("shift+tab")
        assert ui.inbox.side.entered
        for _ in range(20):
            if ui.inbox.side.term == 'app:"Tide Clock"':
                break
            await ui.press("j")
        await ui.press("enter")
        ids = [row.id for row in ui.inbox.listing.data.rows]
        assert len(ids) == 7
        assert sum(one.startswith(f"play:{TIDE}:") for one in ids) == 3
        (entry,) = [entry for entry in apps_of(ui) if entry.text == "Tide Clock"]
        assert entry.active
        # The same choice again takes the term away.
        await ui.inbox.filtering.choose_side('app:"Tide Clock"')
        await ui.rest()
        assert len(ui.inbox.listing.data.rows) == 10


@pytest.mark.slow
async def test_the_filter_finds_both_by_name_and_each_by_its_id_or_store(both: Paths) -> None:
    async with running(both, view="All") as ui:
        assert len(await filtered(ui, 'app:"Tide Clock"')) == 7
        assert len(await filtered(ui, "app:tide")) == 7
        play = await filtered(ui, 'app:"Tide Clock" store:play')
        assert sorted(play) == [f"play:{TIDE}:r{n}" for n in (1, 2, 3)]
        apple = await filtered(ui, 'app:"Tide Clock" store:apple')
        assert len(apple) == 4
        assert not any(one.startswith("play:") for one in apple)
        assert await filtered(ui, f"app:{TIDE}") == play
        assert sorted(await filtered(ui, f"app:{APPS[0].id}")) == sorted(apple)
        assert len(await filtered(ui, '-app:"Tide Clock"')) == 3
        assert len(await filtered(ui, f'app:"Tide Clock",{SAIL}')) == 9


async def test_the_name_is_offered_once_when_a_filter_is_completed(both: Paths) -> None:
    async with running(both, size=WIDE, view="All") as ui:
        await ui.press("slash", "ctrl+u")
        await ui.type("app:ti")
        await ui.press("tab")
        assert any('app:"Tide Clock"' in line for line in ui.lines()[:4])


async def test_the_picker_shows_of_each_template_what_the_review_would_get(both: Paths) -> None:
    long = "Hello {nickname|there}, thank you for taking the time to write to us. " * 6
    template(both, "crash", f"{long}\n\n[play]\nHi {{nickname|there}}: fixed in 5.3, out today.")
    template(both, "thanks", "Dear {nickname|customer}, thank you.\n\n[de]\nDanke, {nickname|}!")
    async with running(both, view="All") as ui:
        await filtered(ui, 'app:"Tide Clock" store:play')
        await ui.press("t")
        shown = ui.text()
        assert "Hi Mia: fixed in 5.3, out today." in shown
        assert "thank you for taking the time" not in shown
        assert "Dear Mia, thank you." in shown
        await ui.press("escape")
        await filtered(ui, 'app:"Tide Clock" store:apple')
        await ui.press("t")
        shown = ui.text()
        assert "Hello writer" in shown
        assert "fixed in 5.3" not in shown


async def test_what_the_picker_shows_is_what_lands_in_the_check_step(both: Paths) -> None:
    template(both, "crash", f"{'All the same words. ' * 20}\n\n[play]\nFixed in 5.3, {{nickname|you}}.")
    async with running(both, view="All") as ui:
        await filtered(ui, 'app:"Tide Clock" store:play')
        await ui.press("t")
        assert "Fixed in 5.3, Mia." in ui.text()
        await ui.press("enter")
        assert ui.inbox.panel.area.text == "Fixed in 5.3, Mia."


def test_of_a_package_that_is_too_long_the_end_is_shown() -> None:
    assert app_label("com.example.tide", 10) == "…mple.tide"
    assert app_label("com.example.tide", 16) == "com.example.tide"
    assert app_label("Tide Clock and more", 10) == "Tide Clock and more"
    assert app_label("Booking.com for everybody", 10) == "Booking.com for everybody"
    assert app_label("über.alles.drei", 5) == "über.alles.drei"


async def test_packages_that_begin_alike_are_told_apart_in_list_and_column(both: Paths) -> None:
    both.config_file.write_text("", "utf-8")
    for size in ((80, 24), WIDE):
        async with running(both, size=size, view="All") as ui:
            await filtered(ui, "store:play")
            await ui.until(lambda: not ui.inbox.is_wide or ui.inbox.filtering.has_facets())
            assert ".tide" in ui.text()
            assert ".sail" in ui.text()
            assert "com.exampl " not in ui.text()


@pytest.mark.parametrize("width", [80, 110, 120])
async def test_health_has_a_column_for_all_that_a_store_gives_and_no_other(both: Paths, width: int) -> None:
    async with running(both, size=(width, 36)) as ui:
        await ui.press("4")
        (titles,) = [line for line in ui.lines() if line.strip().startswith("Account  ")]
        # Bulk reports is Play's, the figures are Apple's.
        assert titles.split()[1:5] == ["Reviews", "Reply", "Sales", "Finance"]
        assert "…" not in titles
        await asyncio.to_thread(ui.workspace.store.call, lambda s: s.accounts.remove(1))
        ui.workspace.publish(AccountsChanged())
        await ui.press("f5")
        (titles,) = [line for line in ui.lines() if line.strip().startswith("Account  ")]
        assert titles.split()[1:3] == ["Reviews", "Reply"]
        assert "Sales" not in titles
