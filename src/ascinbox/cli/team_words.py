"""What commands say of the team that this home has joined, beside what they were asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ascinbox.cli.context import Context
    from ascinbox.workers.workspace import Workspace


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


OLD_AFTER = 3
"""So many of the intervals of a sync without a look at the team, and the copy is called old."""
USUAL_MINUTES = 15
"""The interval where `[sync] every_minutes` is 0: on demand only."""


def old_copy_words(context: Context, workspace: Workspace) -> str:
    """That what was just read is an old copy of the team's, and why; empty where it is not one.

    Asks nobody: it is known when this home last had everything, and whether it was let down since.
    """
    team = workspace.team
    if team is None:
        return ""
    lag, in_trouble = team.reach.lag_s(), team.reach.in_trouble
    minutes = float(context.config.get("sync", "every_minutes")) or USUAL_MINUTES
    if lag is not None and lag <= OLD_AFTER * minutes * 60 and not in_trouble:
        return ""
    from datetime import timedelta

    from ascinbox.core.health.verdicts import say_span

    old = "was never complete" if lag is None else f"is {say_span(timedelta(seconds=lag))} old"
    why = "the team's database could not be asked the last time" if in_trouble else ""
    why = why or "nothing has followed the team since"
    return f"This copy {old}: {why}. Fetch: ascinbox sync"


def unsent_words(count: int) -> str:
    """That acts of this person are on this machine only; empty for none."""
    if not count:
        return ""
    if count == 1:
        return "1 act of yours waits to be sent to the team"
    return f"{count:,} acts of yours wait to be sent to the team"
