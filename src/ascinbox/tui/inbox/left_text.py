"""The question what becomes of a text that was found in the file of the person's editor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ascinbox.core.dates import age
from ascinbox.core.replies.checks import measure
from ascinbox.core.text import list_cell
from ascinbox.tui.external import EditorFiles
from ascinbox.tui.widgets.menu import Choice, MenuScreen

if TYPE_CHECKING:
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.external import LeftText
    from ascinbox.tui.inbox.screen import InboxScreen

BEGINNING = 140
"""Cells of the text that are shown."""


async def notice_of_left_texts(app: AppContext) -> str:
    """Which texts of the person's editor were not taken over, in a sentence; empty when there is none."""
    left = await app.work(EditorFiles(app.workspace.paths.editing).left)
    if not left:
        return ""
    details = await app.ask(app.workspace.inbox.details, [one.review_id for one in left])
    if not details:
        return f"a text from your editor was not taken over: {left[0].path}"
    title = list_cell(details[0].review.title) or details[0].app_name
    more = f" and {len(left) - 1} more" if len(left) > 1 else ""
    return f'a text from your editor was not taken over: {app.keymap.shown("reply")} on "{title}"{more}'


async def offer(
    screen: InboxScreen,
    files: EditorFiles,
    left: LeftText,
    replaces: bool,
    take: Callable[[str], Awaitable[None]],
    then: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Asks: take it, leave it for later, or delete it. The file goes only once `take` has returned.

    `replaces`: a text stands in the reply that would give way. `then` follows whatever was chosen.
    """

    async def chosen(what: str) -> None:
        if what == "take":
            await take(left.text)
        if what != "later":
            files.drop(left.path)
        if then is not None:
            await then()

    count = measure(left.text)
    facts = f"{count} characters, saved {age(left.saved_at, screen.app.now())} ago"
    notes = [facts, f'"{list_cell(left.text)[:BEGINNING]}"']
    if left.encoding:
        notes.insert(1, f"It is not UTF-8 and was read as {left.encoding}: look at its accents.")
    take_words = "take it; ctrl+z brings back what is there" if replaces else "take it"
    choices = [
        Choice("take", take_words),
        Choice("later", "leave it; it is offered again"),
        Choice("delete", "delete it"),
    ]
    title = "A text from your editor was not taken over"
    await screen.app.push_screen(MenuScreen(screen, title, choices, chosen, notes=notes))
