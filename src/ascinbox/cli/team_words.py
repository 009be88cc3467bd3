"""What commands say of the team that this home has joined, beside what they were asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ascinbox.cli.context import Context


def shown_key(context: Context, action: str) -> str:
    """The key of an action on the screen."""
    from ascinbox.tui.actions import Keymap

    return Keymap.build(context.config.keys).shown(action)


def differences_words(context: Context, count: int) -> str:
    """That acts of this person wait for a choice, and by which key they are asked; empty for none."""
    if not count:
        return ""
    key = shown_key(context, "differences")
    if count == 1:
        return f"1 difference waits: {key} asks about it on the screen"
    return f"{count:,} differences wait: {key} asks about them on the screen"


def unsent_words(count: int) -> str:
    """That acts of this person are on this machine only; empty for none."""
    if not count:
        return ""
    if count == 1:
        return "1 act of yours waits to be sent to the team"
    return f"{count:,} acts of yours wait to be sent to the team"
