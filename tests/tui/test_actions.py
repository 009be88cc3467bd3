"""Every action on every screen: it acts or says why, or it is nowhere offered."""

from __future__ import annotations

import inspect
from itertools import product
from pathlib import Path

import pytest

from ascinbox.paths import Paths
from ascinbox.tui import actions
from ascinbox.tui.actions import ACTIONS, BY_ID, CHECK, EDITOR, LIST, READING, SCREENS
from ascinbox.tui.help.commands import CommandsScreen
from ascinbox.tui.help.screen import HelpScreen
from ascinbox.tui.help.text import Offer
from ascinbox.tui.hints import HINTS
from ascinbox.tui.places import PLACES
from ascinbox.tui.screens import FrameScreen, Overlay
from tests.tui.world import Ui, running, template

SOURCE = Path(actions.__file__).parent
WAYS = {LIST: (), READING: ("z",), EDITOR: ("r",), CHECK: ("r", "ctrl+g")}
"""Keys that lead from the Inbox's list into a context of it."""


async def show(ui: Ui, place: str) -> FrameScreen:
    await ui.app.go(place)
    await ui.rest()
    screen = ui.app.screen
    assert isinstance(screen, FrameScreen)
    return screen


async def test_the_table_says_on_which_screens_an_action_is_done(paths: Paths) -> None:
    offered: dict[str, set[str]] = {action.id: set() for action in ACTIONS}
    async with running(paths) as ui:
        for place in SCREENS:
            screen = await show(ui, place)
            for action_id in offered:
                if screen.dispatcher.offers(action_id):
                    offered[action_id].add(place)
        await show(ui, "inbox")
        for keys in WAYS.values():
            await ui.press(*keys)
            for action_id in offered:
                if ui.inbox.dispatcher.offers(action_id):
                    offered[action_id].add("inbox")
            await back_to_the_list(ui)
        await ui.press("t")
        picker = ui.app.screen
        assert isinstance(picker, Overlay), "the list of templates, which has keys of its own"
        for action_id in ("template_new", "template_edit", "template_keep"):
            if picker.dispatcher.offers(action_id):
                offered[action_id].add("inbox")
    assert offered == {action.id: set(action.screens) for action in ACTIONS}


async def back_to_the_list(ui: Ui) -> None:
    while True:
        await ui.app.go("inbox")
        if ui.app.screen is ui.inbox and ui.inbox.context == LIST:
            return
        await ui.press("escape")


@pytest.mark.parametrize("place", SCREENS)
async def test_what_is_not_done_is_not_offered(paths: Paths, place: str) -> None:
    """Not in the hints, not in the palette, and on the help page only among what works elsewhere."""
    async with running(paths, size=(120, 36)) as ui:
        screen = await show(ui, place)
        here = {action.id for action in ACTIONS if screen.dispatcher.offers(action.id)}
        hinted = {name for hint in HINTS[place].entries for name in hint.actions}
        assert hinted <= here
        commands, help_page = CommandsScreen(screen), HelpScreen(screen)
        listed = {choice.value for choice in commands.choices if not str(choice.value).startswith(":")}
        assert listed == here - {"commands", "next", "prev", "open", "back"}
        told = {action.id for action in ACTIONS if help_page.offer(action.id) is not Offer.ELSEWHERE}
        assert told == {action_id for action_id in here if LIST in BY_ID[action_id].contexts}


@pytest.mark.slow
@pytest.mark.parametrize(("context", "keys"), WAYS.items())
async def test_every_pair_in_the_inbox_acts_or_says_why(
    paths: Paths, context: str, keys: tuple[str, ...]
) -> None:
    template(paths, "thanks", "Thank you.")
    leaving = {"quit", "leave", "tour"}
    async with running(paths) as ui:
        inbox = ui.inbox
        for action in ACTIONS:
            if context not in action.contexts or action.id in leaving:
                continue
            # What leads on is walked again only where the action before has left.
            if ui.app.screen is not inbox or inbox.context != context:
                await back_to_the_list(ui)
                await ui.press(*keys)
            assert inbox.context == context, action.id
            await assert_acts_or_says_why(ui, inbox, action.id)


@pytest.mark.slow
@pytest.mark.parametrize("place", [name for name in SCREENS if name != "inbox"])
async def test_every_pair_on_the_other_screens_acts_or_says_why(paths: Paths, place: str) -> None:
    leaving = {"quit", "leave", "tour"}
    async with running(paths) as ui:
        screen = await show(ui, place)
        for action in ACTIONS:
            if LIST not in action.contexts or action.id in leaving:
                continue
            if ui.app.screen is not screen:
                screen = await show(ui, place)
            await assert_acts_or_says_why(ui, screen, action.id)
            while ui.app.screen is not ui.app.screen_stack[0]:
                await ui.press("escape")


OVERLAYS = {"views": "v", "templates": "t", "a note": "i", "help": "?", "commands": ":", "settings": ","}
"""Keys that open something over the Inbox."""


@pytest.mark.parametrize("key", OVERLAYS.values(), ids=OVERLAYS)
async def test_every_pair_of_an_overlay_acts_or_says_why(paths: Paths, key: str) -> None:
    template(paths, "thanks", "Thank you.")
    async with running(paths) as ui:
        await ui.press(key)
        opened = ui.app.screen
        assert isinstance(opened, Overlay)
        context, kind = opened.context, type(opened)
        for action in ACTIONS:
            if context not in action.contexts or action.id == "quit":
                continue
            if not isinstance(ui.app.screen, kind) or len(ui.app.screen_stack) != 2:
                await back_to_the_list(ui)
                await ui.press(key)
            screen = ui.app.screen
            assert isinstance(screen, Overlay), action.id
            refusal = screen.dispatcher.refusal(action.id)
            await screen.dispatcher.run(action.id)
            await ui.rest()
            if refusal and ui.app.screen is screen:
                await told(ui, refusal[:30])


async def told(ui: Ui, words: str) -> None:
    await ui.until(lambda: words in ui.text())


async def assert_acts_or_says_why(ui: Ui, screen: FrameScreen, action_id: str) -> None:
    """Runs an action: an error would end the app, and where nobody does it the status line says where."""
    ui.app.notices.give_way()
    refusal = screen.dispatcher.refusal(action_id)
    handler = screen.dispatcher.handler(action_id)
    if handler is None:
        assert "works in" in refusal or "not here" in refusal, action_id
    else:
        assert callable(handler.run)
    await screen.dispatcher.run(action_id)
    await ui.rest()
    if refusal and ui.app.screen is screen:
        assert refusal[:30] in ui.text(), action_id


def test_every_hint_is_of_the_table() -> None:
    for hints in HINTS.values():
        for hint in (*hints.entries, hints.pinned):
            assert set(hint.actions) <= set(BY_ID)


def test_a_handler_says_nothing_unless_it_cannot_act() -> None:
    assert actions.Handler(lambda: None).why_not() == ""
    assert list(inspect.signature(actions.Handler).parameters) == ["run", "why_not"]


def test_no_code_is_looked_up_by_the_name_of_an_action() -> None:
    names = {f"{prefix}{action.id}" for action, prefix in product(ACTIONS, ("verb_", "action_"))}
    for path in SOURCE.rglob("*.py"):
        text = path.read_text("utf-8")
        assert "getattr(self, f" not in text, path
        assert not [name for name in names if f"def {name}(" in text], path


def test_a_screen_is_at_most_two_classes_away_from_textual() -> None:
    for place in PLACES:
        ours = [one for one in type(place.make()).__mro__ if one.__module__.startswith("ascinbox.")]
        assert len(ours) <= 3, ours
