"""What somebody had changed in the meantime, asked one by one: seen, what stands there, what is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from ascinbox.core.clock import from_epoch
from ascinbox.core.text import list_cell
from ascinbox.tui.widgets.menu import Choice, MenuScreen
from ascinbox.workers.team.differences import choose, differences

if TYPE_CHECKING:
    from ascinbox.core.team import Difference
    from ascinbox.tui.screens import FrameScreen

_SWITCHES = {"done": ("done", "not done"), "flag": ("flagged", "no flag")}


async def ask_differences(screen: FrameScreen, asked: int = 0) -> None:
    """Asks about the oldest that is later than `asked`, then about the next, until none is left."""
    app = screen.app
    found = await app.ask(differences, app.workspace)
    left = [one for one in found if one.id > asked]
    if not left:
        app.notices.say(_what_is_left(len(found), asked > 0, app.keymap.shown("differences")))
        return
    one = left[0]
    detail = await app.ask(app.workspace.inbox.detail, one.review_id)
    title = list_cell(detail.review.title) if detail is not None else one.review_id

    async def chosen(mine: bool | None) -> None:
        if mine is not None:
            await app.ask(partial(choose, app.workspace, one.id, mine=mine))
            app.summary.refresh()
            await screen.read()
        await ask_differences(screen, one.id)

    choices = [
        Choice(False, "keep theirs", values_words(one.theirs)),
        Choice(True, "do mine after all", values_words(one.wanted)),
        Choice(None, "decide later"),
    ]
    heading = f"{len(left)} to settle · {title}"
    await app.push_screen(MenuScreen(screen, heading, choices, chosen, notes=difference_notes(one)))


def _what_is_left(count: int, some_were_asked: bool, key: str) -> str:
    """After the last question: what was put off is still to settle."""
    if count:
        return f"{count} left to settle: {key} asks again"
    return "everything is settled" if some_were_asked else "there is nothing to settle"


def difference_notes(difference: Difference) -> list[str]:
    """Seen, theirs and mine, each in a line."""
    by = str(difference.theirs.get("by") or "somebody")
    return [
        f"you saw:    {values_words(difference.seen)}",
        f"now stands: {values_words(difference.theirs)}, by {list_cell(by)}",
        f"you wanted: {values_words(difference.wanted)}",
    ]


def values_words(values: Mapping[str, object]) -> str:
    """`assigned to anna, not done`; fields are those of a change of marks."""
    return ", ".join(_word(name, value) for name, value in values.items() if name != "by") or "nothing"


def _word(name: str, value: object) -> str:
    if name in _SWITCHES:
        return _SWITCHES[name][0 if value else 1]
    if name == "snooze":
        if not isinstance(value, int | float):
            return "awake"
        return f"snoozed until {from_epoch(value).astimezone():%d %b %H:%M}"
    if name == "assign":
        return f"assigned to {list_cell(str(value))}" if value else "assigned to nobody"
    return f'note "{list_cell(str(value))}"' if value else "no note"
