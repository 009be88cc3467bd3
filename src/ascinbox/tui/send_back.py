"""The question by which a reply that waits goes back to its author."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, Unreachable
from ascinbox.core.text import list_cell
from ascinbox.tui.widgets.menu import PromptScreen

if TYPE_CHECKING:
    from ascinbox.core.outbox.states import OutboxRow
    from ascinbox.tui.screens import FrameScreen


def send_back_question(
    screen: FrameScreen,
    row: OutboxRow,
    done: Callable[[], Awaitable[None]],
    *,
    value: str = "",
    refused: Callable[[str, AscinboxError], Awaitable[None]] | None = None,
) -> PromptScreen:
    """Asks for a note to the author; its answer sends the reply back, then calls `done`.

    `value`: words to begin with. `refused` hears the words that were typed where it could not be sent back.
    """
    app = screen.app
    who = list_cell(row.by)

    async def answer(words: str) -> str | None:
        try:
            await app.ask(app.workspace.replies.send_back, row, words)
        except Unreachable:
            raise
        except AscinboxError as error:
            await question.close()
            if refused is None:
                raise
            await refused(words, error)
            return None
        await question.close()
        app.summary.refresh()
        await done()
        app.notices.say(f"a draft of {who}'s again" + (", with your note" if words.strip() else ""))
        return None

    notes = ["It stands in the notes of the review, and no customer sees it. Enter sends back, esc does not."]
    question = PromptScreen(screen, f"What should {who} change?", answer, value=value, notes=notes)
    return question
