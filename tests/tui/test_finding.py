"""Typing to find: in every menu, in the list of commands, and tags while they are typed."""

from __future__ import annotations

import pytest

from ascinbox.paths import Paths
from ascinbox.tui.finding import find_entries
from ascinbox.tui.help.commands import CommandsScreen
from ascinbox.tui.tag_completion import TagCompletion
from ascinbox.tui.widgets.menu import MenuScreen
from tests.tui.world import Ui, running

ENTRIES = [
    ("Needs reply", "is:needs-reply"),
    ("Low stars", "rating:<=2 sort:oldest"),
    ("Old stars", ""),
    ("Überfällig", ""),
    ("publish to nobody", ""),
]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("old", [2, 1]),
        ("star", [1, 2]),
        ("tar", [1, 2]),
        ("uber", [3]),
        ("NEEDS R", [0]),
        ("ptn", [4]),
        ("lst", [1]),
        ("p", [4, 0]),
        ("zz", []),
    ],
)
def test_the_best_comes_first(typed: str, found: list[int]) -> None:
    assert find_entries(typed, ENTRIES) == found


def menu(ui: Ui) -> MenuScreen:
    screen = ui.app.screen
    assert isinstance(screen, MenuScreen)
    return screen


async def test_a_letter_that_is_no_key_of_a_menu_begins_to_find(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("v")
        await ui.type("flag")
        assert menu(ui).typed == "flag"
        assert "find: flag_" in ui.text()
        assert menu(ui).chosen is not None
        await ui.press("enter")
        assert ui.inbox.view_name == "Flagged"


async def test_the_key_that_filters_begins_to_find_what_begins_with_a_key_of_the_menu(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("s", "j")
        assert menu(ui).typed == ""
        assert menu(ui).chosen is not None
        assert menu(ui).chosen.label == "in 3 days"  # type: ignore[union-attr]
        await ui.press("/")
        await ui.type("k")
        assert "find: k_" in ui.text()
        assert menu(ui).chosen.label == "in a week"  # type: ignore[union-attr]


async def test_esc_drops_what_narrows_and_then_the_menu(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("s")
        await ui.type("week")
        await ui.press("escape")
        assert menu(ui).typed == ""
        assert "in 3 days" in ui.text()
        assert "find:" not in ui.text()
        await ui.press("escape")
        assert ui.app.screen is ui.inbox


async def test_a_digit_takes_a_choice_as_before(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("v", "2")
        assert ui.inbox.view_name == "Low stars"


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_nothing_fits_says_so_and_the_menu_keeps_its_frame(paths: Paths, size: tuple[int, int]) -> None:
    async with running(paths, size=size) as ui:
        await ui.press("s")
        await ui.type("xyz")
        assert "nothing fits" in ui.text()
        assert all(len(line) <= size[0] for line in ui.lines())


# --- commands ---


def commands(ui: Ui) -> list[str]:
    screen = ui.app.screen
    assert isinstance(screen, CommandsScreen)
    return [str(choice.value) for choice in screen.choices]


async def test_commands_begin_with_what_this_place_does(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press(":")
        ids = commands(ui)
        assert ids[0] == "reply"
        assert ids.index("tag") < ids.index("copy") < ids.index("go_outbox") < ids.index("last")
        assert ids.index(":theme") > ids.index("help")
        assert ids.index("go_inbox") > ids.index(":theme"), "cannot be done now: it is the Inbox already"


async def test_what_was_used_last_comes_first_also_after_a_restart(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press(":")
        await ui.type("flag")
        await ui.press("enter", ":")
        await ui.type("sort")
        await ui.press("enter", "escape")
    async with running(paths) as ui:
        await ui.press(":")
        assert commands(ui)[:3] == ["sort", "flag", "reply"]
        await ui.press("escape", "2", ":")
        assert "sort" not in commands(ui), "the Outbox has no order"


async def test_letters_apart_find_a_command(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press(":")
        await ui.type("sfv")
        assert menu(ui).chosen is not None
        assert menu(ui).chosen.value == "save_view"  # type: ignore[union-attr]


# --- tags ---


def test_tags_are_completed_the_most_frequent_first_and_the_next_by_the_next_tab() -> None:
    tags = TagCompletion({"crash": 12, "crash-fixed": 30, "billing": 4, "two words": 9})
    text, cursor = tags.complete("cr", 2)
    assert (text, cursor) == ("crash-fixed ", 12)
    text, cursor = tags.complete(text, cursor)
    assert (text, cursor) == ("crash ", 6)
    assert tags.complete(text, cursor) == ("crash-fixed ", 12)


def test_a_tag_that_is_there_is_not_offered_and_the_sign_before_it_stays() -> None:
    tags = TagCompletion({"crash": 12, "billing": 4})
    assert tags.complete("crash ", 6) == ("crash billing ", 14)
    assert tags.complete("billing -cr", 11) == ("billing -crash ", 15)
    assert tags.complete("x", 1) == ("x", 1)
    assert tags.suggestions("", 0) == "tab: crash 12 · billing 4"
    assert tags.suggestions("crash b", 7) == "tab: billing 4"
    assert tags.suggestions("nothing", 7) == ""


def test_a_tag_is_found_by_what_stands_in_it_behind_those_that_begin_so() -> None:
    tags = TagCompletion({"ios-crash": 50, "crash": 12, "billing": 4})
    assert tags.suggestions("crash", 5) == "tab: crash 12 · ios-crash 50"
    assert tags.suggestions("bln", 3) == "tab: billing 4"
    assert tags.complete("bln", 3) == ("billing ", 8)


async def test_tags_by_tab(paths: Paths) -> None:
    async with running(paths) as ui:
        ids = [row.id for row in ui.inbox.listing.data.rows]
        ui.workspace.triage.tag(ids[1:4], ["crash"])
        ui.workspace.triage.tag(ids[1:2], ["paid"])
        await ui.press("#")
        assert "tab: crash 3 · paid 1" in ui.text()
        await ui.type("p")
        assert "tab: paid 1" in ui.text()
        await ui.press("tab", "tab", "enter")
        assert ui.workspace.inbox.detail(ui.current).tags == ("paid",)  # type: ignore[union-attr]
