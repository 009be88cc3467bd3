"""`:` and ctrl+p: what can be done here by name, with its key, and the few commands that take words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ascinbox.config import THEMES
from ascinbox.core.errors import AscinboxError
from ascinbox.tui.actions import (
    ACTIONS,
    ANSWER,
    ANYWHERE,
    GO,
    MOVE,
    ORGANISE,
    SCREENS,
    TABLES,
    TEXT,
    TYPING,
    WRITING,
    Action,
    is_printing,
    show_key,
)
from ascinbox.tui.screens import KeyedScreen
from ascinbox.tui.widgets.menu import Choice, MenuScreen

if TYPE_CHECKING:
    from ascinbox.tui.context import AppContext

SPOKEN: Mapping[str, str] = {
    "set undo": "set undo 60: seconds before a reply leaves (0-600)",
    "allow": "allow help@example.com: never warn about it again",
    "theme": "theme dark, light or another (without a name: which there are)",
}
"""Commands that take words, with how they are written."""


_FIRST = (ANSWER, WRITING, ORGANISE, TABLES, TEXT, GO, ANYWHERE, MOVE)
"""The groups of actions in the order in which somebody looks for one by name."""


class CommandsScreen(MenuScreen):
    """A menu that is searched by typing. `below` is the screen whose actions it lists.

    What was used last comes first, then what only this place does, then what every screen does; what cannot
    be done now comes last, with why.
    """

    def __init__(self, below: KeyedScreen, used: Sequence[str] = ()) -> None:
        """`used`: ids of what was chosen here before, the last one first."""
        super().__init__(below, "Commands", self._choices(below, used), self._run, find=True)

    def _choices(self, below: KeyedScreen, used: Sequence[str]) -> list[Choice]:
        keymap = below.app.keymap
        choices: list[tuple[tuple[bool, int, bool, int], Choice]] = []
        for action in ACTIONS:
            if action.id in ("commands", "next", "prev", "open", "back"):
                continue
            if not below.dispatcher.offers(action.id):
                continue
            keys = [
                key for key in keymap.keys[action.id] if not (below.context in TYPING and is_printing(key))
            ]
            shown = " ".join(show_key(key) for key in keys)
            refusal = below.dispatcher.refusal(action.id)
            detail = f"{shown:<10} {'(' + refusal + ')' if refusal else ''}".rstrip()
            place = _place(action, used, refused=bool(refusal))
            choices.append(
                (place, Choice(action.id, action.label, detail, also=f"{action.brief} {action.hint}"))
            )
        spoken = (False, len(used), True, len(_FIRST))
        for name, words in _words_of(below).items():
            choices.append((spoken, Choice(f":{name}", words, "type it, then enter")))
        return [choice for _, choice in sorted(choices, key=lambda each: each[0])]

    async def take(self) -> None:
        """Runs what was typed when it is a command with words, else the chosen action."""
        typed = self.typed.strip()
        own = self.below.spoken() if self.below is not None else {}
        name = next((name for name in own if typed.startswith(f"{name} ")), None)
        if name is not None:
            await self.close()
            await own[name].run(typed.removeprefix(name).strip())
            return
        name = next((name for name in SPOKEN if typed.startswith(f"{name} ")), None)
        if name is None:
            await super().take()
            return
        await self.close()
        await run_spoken(self.app, name, typed.removeprefix(name).strip())

    async def _run(self, value: Any) -> None:
        if self.below is None:
            return
        if str(value).startswith(":"):
            self.app.notices.say(f"type {_words_of(self.below)[str(value)[1:]]}")
        else:
            if value not in ("quit", "leave"):
                self.app.spawn(self._remember(str(value)))
            await self.below.dispatcher.run(str(value))

    async def _remember(self, action_id: str) -> None:
        from ascinbox.workers.runtime.used_commands import note_used_command

        await self.app.ask(note_used_command, self.app.workspace, action_id)


def _place(action: Action, used: Sequence[str], *, refused: bool) -> tuple[bool, int, bool, int]:
    """Where an action stands in the list."""
    recent = used.index(action.id) if action.id in used else len(used)
    return refused, recent, action.screens == SCREENS, _FIRST.index(action.group)


def _words_of(below: KeyedScreen) -> dict[str, str]:
    """The commands that take words, those of the screen among them, with how they are written."""
    return {**SPOKEN, **{name: each.how for name, each in below.spoken().items()}}


async def run_spoken(app: AppContext, name: str, words: str) -> None:
    """Runs one of `SPOKEN`."""
    commands: Mapping[str, Callable[[AppContext, str], Awaitable[str]]] = {
        "set undo": _set_undo,
        "allow": _allow,
        "theme": _theme,
    }
    try:
        app.notices.say(await commands[name](app, words))
    except AscinboxError as error:
        app.notices.tell_error(error)


async def _set_undo(app: AppContext, words: str) -> str:
    if not words.isdigit() or not 0 <= int(words) <= 600:
        return "set undo takes seconds from 0 to 600"
    await app.set_setting("outbox", "undo_seconds", int(words))
    return f"a published reply now waits {int(words)} s before it leaves"


async def _allow(app: AppContext, words: str) -> str:
    if not words:
        return "allow what? An address, a link or a number"
    kept = tuple(app.workspace.config.get("reply", "allow"))
    if words not in kept:
        await app.set_setting("reply", "allow", [*kept, words])
    return f"{words} may stand in public replies from now on"


async def _theme(app: AppContext, words: str) -> str:
    if words not in THEMES:
        return f"the themes are {', '.join(THEMES)}"
    await app.set_setting("ui", "theme", words)
    app.wear(words)
    return f"theme {words}"
