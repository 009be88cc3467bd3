"""The last line: about the topmost thing, clickable, at most eight hints, and given back when that closes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import walk_packages

import pytest
from rich.cells import cell_len

import ascinbox.tui
from ascinbox.core.listing.fields import FIELDS
from ascinbox.core.stores import STORES
from ascinbox.paths import Paths
from ascinbox.tui.accounts.invite import InviteScreen
from ascinbox.tui.actions import TYPING, Keymap
from ascinbox.tui.help.commands import CommandsScreen
from ascinbox.tui.help.screen import HelpScreen
from ascinbox.tui.hints import HINTS, MOST, hint_line, hint_words, place_hints
from ascinbox.tui.inbox.old_reviews import _Question
from ascinbox.tui.inbox.template_picker import _TemplateMenu
from ascinbox.tui.listing.push_screen import PushScreen
from ascinbox.tui.listing.text_screen import TextScreen
from ascinbox.tui.places import PLACES
from ascinbox.tui.quit_question import AskQuit
from ascinbox.tui.screens import Overlay
from ascinbox.tui.widgets.form import FormScreen, PassphraseScreen
from ascinbox.tui.widgets.menu import Choice, MenuScreen, PromptScreen, confirm_word
from ascinbox.tui.wizard.choosing import wizard_for
from ascinbox.tui.wizard.first_run import FirstRunScreen
from ascinbox.tui.wizard.guided import GuidedWizard
from ascinbox.tui.wizard.joining import JoinScreen
from ascinbox.tui.wizard.screen import WizardScreen
from tests.tui.listing.test_listing_screen import LISTING
from tests.tui.world import Ui, running, template


async def nothing(*_: object) -> None:
    """What a question does with its answer here."""


def question(ui: Ui) -> Overlay:
    return _Question(ui.inbox, [], nothing, nothing)


def invitation(ui: Ui) -> Overlay:
    return InviteScreen(ui.inbox, ui.workspace.store.call(lambda store: store.accounts.list())[0])


def text(ui: Ui) -> Overlay:
    return TextScreen(ui.inbox, "Tide Clock", FIELDS[0], "de-DE", "Gezeiten", nothing)


WAYS: Mapping[type[Overlay], Callable[[Ui], Overlay]] = {
    MenuScreen: lambda ui: MenuScreen(ui.inbox, "Which?", [Choice(1, "one"), Choice(2, "two")], nothing),
    PromptScreen: lambda ui: confirm_word(ui.inbox, "Unlink?", "unlink", nothing, []),
    CommandsScreen: lambda ui: CommandsScreen(ui.inbox),
    HelpScreen: lambda ui: HelpScreen(ui.inbox),
    AskQuit: lambda _: AskQuit(1, None),
    _Question: question,
    _TemplateMenu: lambda ui: _TemplateMenu(ui.inbox, "Template", [Choice(1, "one")], nothing, find=True),
    FirstRunScreen: lambda ui: FirstRunScreen(ui.inbox),
    PassphraseScreen: lambda ui: PassphraseScreen(ui.inbox, new=True, take=nothing),
    InviteScreen: invitation,
    JoinScreen: lambda ui: JoinScreen(ui.inbox),
    WizardScreen: lambda ui: wizard_for(ui.inbox, STORES[0]),
    GuidedWizard: lambda ui: wizard_for(ui.inbox, STORES[1]),
    TextScreen: text,
}
"""A way to make each screen that lies over others."""
BY_KEYS = {PushScreen}
"""Shown below, on a listing that was read."""


def every_overlay() -> set[type[Overlay]]:
    for module in walk_packages(ascinbox.tui.__path__, "ascinbox.tui."):
        import_module(module.name)
    found, left = set[type[Overlay]](), [Overlay]
    while left:
        below = [one for one in left.pop().__subclasses__() if one.__module__.startswith("ascinbox.")]
        found |= set(below)
        left += below
    return found - {FormScreen}


def test_each_overlay_is_looked_at() -> None:
    assert every_overlay() == {*WAYS, *BY_KEYS}


def told(ui: Ui) -> None:
    """The last line tells of the topmost screen."""
    screen = ui.app.screen
    assert isinstance(screen, Overlay)
    hints = HINTS[screen.hint_place].fitting(screen.hint_texts(), screen.dispatcher.offers)
    typing = screen.context in TYPING
    whole = hint_line(hints, ui.app.keymap, ui.app.size.width, cell_len, typing=typing)
    assert ui.lines()[-1] == whole.rstrip()
    assert any(hint_words(ui.app.keymap, entry, typing) in whole for entry in hints.entries)
    assert hint_words(ui.app.keymap, hints.pinned, typing) in whole


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_the_line_tells_of_what_is_open_and_is_given_back(paths: Paths, size: tuple[int, int]) -> None:
    async with running(paths, size=size) as ui:
        for kind, make in WAYS.items():
            before = ui.lines()[-1]
            screen = make(ui)
            assert type(screen) is kind
            await ui.app.push_screen(screen)
            await ui.rest()
            told(ui)
            assert ui.lines()[-1] != before, kind
            await screen.close()
            await ui.rest()
            assert ui.lines()[-1] == before, kind


async def test_what_would_be_sent_has_its_own_line(paths: Paths) -> None:
    async with running(paths, size=(120, 36)) as ui:
        await ui.app.ask(lambda: ui.workspace.store.call(lambda store: store.listings.save(LISTING)))
        await ui.press("6")
        await ui.until(lambda: "being prepared" in ui.text())
        before = ui.lines()[-1]
        await ui.press("enter")
        await ui.type("More.")
        await ui.press("escape", "P")
        assert isinstance(ui.app.screen, PushScreen)
        told(ui)
        assert ui.lines()[-1].startswith(" P send what is ticked")
        await ui.press("escape")
        assert ui.lines()[-1] == before


@pytest.mark.parametrize(
    ("place", "keys"),
    [("inbox", ("v", "S", "V", "s", "a", "#", "comma", "t", "E")), ("metrics", ("S", "slash"))],
)
async def test_menus_and_questions_by_key(paths: Paths, place: str, keys: tuple[str, ...]) -> None:
    template(paths, "thanks", "Thank you.")
    async with running(paths) as ui:
        await ui.app.go(place)
        await ui.rest()
        before = ui.lines()[-1]
        for key in keys:
            await ui.press(key)
            told(ui)
            await ui.press("escape")
            assert ui.lines()[-1] == before, key


async def test_a_menu_that_narrows_tells_the_keys_that_type_nothing(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("v")
        assert ui.lines()[-1].startswith(" j k move  enter choose  / find  esc close")
        await ui.press("slash")
        assert ui.lines()[-1].startswith(" ↓ ↑ move  enter choose  esc close")
        assert ui.lines()[-1].endswith("F1 help")


async def test_a_click_on_the_hints_of_a_menu_is_a_key_of_the_menu(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("v")
        await ui.pilot.click("#hints", offset=(ui.lines()[-1].index("esc"), 0))
        await ui.rest()
        assert ui.app.screen is ui.inbox
        await ui.press("v")
        await ui.pilot.click("#hints", offset=(ui.lines()[-1].index("? help"), 0))
        await ui.rest()
        assert isinstance(ui.app.screen, HelpScreen)


async def test_a_small_terminal_keeps_its_last_line_for_what_keys_say(paths: Paths) -> None:
    async with running(paths, size=(40, 12)) as ui:
        await ui.press("v")
        await ui.press("w")
        assert "esc close" not in ui.lines()[-1]


@pytest.mark.parametrize("name", HINTS)
def test_a_line_has_at_most_eight_hints(name: str) -> None:
    shown = HINTS[name].fitting({}, lambda _: True)
    assert len(shown.entries) + 1 <= MOST == 8
    assert len(HINTS[name].entries) < MOST, "none is never seen"


@pytest.mark.parametrize("place", [place.id for place in PLACES])
def test_the_hints_of_a_top_screen_are_the_same_at_every_width(place: str) -> None:
    """What a narrower terminal shows is the beginning of what a wider one shows."""
    keymap, hints = Keymap.build(), HINTS[place]
    widest = [one.words for one in place_hints(hints, keymap, 200)][:-1]
    assert len(widest) == len(hints.entries)
    for width in (60, 80, 100, 120):
        shown = [one.words for one in place_hints(hints, keymap, width)][:-1]
        assert shown == widest[: len(shown)]


@pytest.mark.parametrize("seconds", [30, 0, 120])
async def test_the_next_key_is_told_while_writing(paths: Paths, seconds: int) -> None:
    template(paths, "thanks", "Thank you for telling us about it.")
    paths.config_file.write_text(f"[outbox]\nundo_seconds = {seconds}\n", "utf-8")
    async with running(paths) as ui:
        await ui.press("r")
        assert ui.lines()[-1].startswith(" ctrl+g check  ")
        await ui.type("Thank you.")
        await ui.press("ctrl+g")
        when = f"in {seconds} s" if seconds else "at once"
        assert ui.lines()[-1].startswith(f" P publish {when}  ")


async def test_a_click_on_a_choice_takes_it(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("v")
        line = next(number for number, text in enumerate(ui.lines()) if "2 Low stars" in text)
        await ui.pilot.click(offset=(40, line))
        await ui.rest()
        assert ui.app.screen is ui.inbox
        assert "[Low stars" in ui.text()


async def test_what_there_is_nothing_for_is_not_told(paths: Paths) -> None:
    template(paths, "thanks", "Thank you for telling us about it.")
    async with running(paths) as ui:
        await ui.press("t")
        assert "keep this reply" not in ui.lines()[-1], "there is none yet"
        await ui.press("1")
        assert "! accept 1 warning" in ui.lines()[-1]
        await ui.press("!")
        assert "accept" not in ui.lines()[-1]
        await ui.press("escape", "r", "ctrl+t")
        assert "keep this reply" in ui.lines()[-1]
