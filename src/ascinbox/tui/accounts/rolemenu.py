"""Which roles somebody is to have: presets and Apple's roles, ticked one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from ascinbox.core.health.people import PRESETS, ROLE_NAMES, Preset, roles_in_words, roles_of
from ascinbox.tui.paint import pad
from ascinbox.tui.screens import KeyedScreen
from ascinbox.tui.widgets.menu import Choice, MenuScreen

OnRoles = Callable[[tuple[str, ...]], Awaitable[None]]
_GO_ON = "go on"


async def tick_roles(
    below: KeyedScreen, title: str, ticked: Sequence[str], on_roles: OnRoles, at: int = 0
) -> None:
    """A menu in which enter ticks a preset or a role; `on_roles` gets the roles, by Apple's names."""

    async def chosen(value: str) -> None:
        if value == _GO_ON:
            try:
                roles = roles_of(names=ticked)
            except ValueError as error:
                below.app.notices.say(str(error), "warning")
                await tick_roles(below, title, ticked, on_roles, at)
                return
            await on_roles(roles)
            return
        row = next((p for p in PRESETS if p.name == value), None)
        theirs = {value} if row is None else {role.value for role in row.roles}
        now = set(ticked) - theirs if theirs <= set(ticked) else set(ticked) | theirs
        place = [choice.value for choice in choices].index(value)
        await tick_roles(below, title, [name for name in ROLE_NAMES if name in now], on_roles, place)

    choices = [_preset_choice(row, ticked) for row in PRESETS]
    choices += [
        Choice(name, f"{_box(name in ticked)} {roles_in_words((name,))}", name) for name in ROLE_NAMES
    ]
    if ticked:
        choices.insert(0, Choice(_GO_ON, f"go on with {roles_in_words(ticked)}"))
    notes = ["enter ticks; the first line goes on with what is ticked."]
    await below.app.push_screen(MenuScreen(below, title, choices, chosen, notes=notes, cursor=at))


def preset_choices() -> list[Choice]:
    """A line for each preset, with its roles."""
    return [
        Choice(p.name, pad(p.title, 14), f"{roles_in_words(role.value for role in p.roles)}: {p.may}")
        for p in PRESETS
    ]


def _preset_choice(row: Preset, ticked: Sequence[str]) -> Choice:
    on = {role.value for role in row.roles} <= set(ticked)
    return Choice(row.name, f"{_box(on)} {row.title}", row.may)


def _box(on: bool) -> str:
    return f"[{'x' if on else ' '}]"
