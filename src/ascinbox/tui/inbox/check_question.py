"""The question that lies over the check step: it is closed with it, and what was typed there is not lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ascinbox.core.text import list_cell
from ascinbox.tui.widgets.menu import Choice, MenuScreen

if TYPE_CHECKING:
    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.tui.widgets.menu import PromptScreen

WORDS_SHOWN = 200
"""Characters of what was typed that the window shows."""


class CheckQuestion:
    """Asks something about the reply that the check step shows."""

    def __init__(self, screen: InboxScreen) -> None:
        self._screen = screen
        self._prompt: PromptScreen | None = None
        self._keep: Callable[[str], None] | None = None

    async def ask(self, prompt: PromptScreen, keep: Callable[[str], None] | None = None) -> None:
        """Shows the question. `keep` hears words to somebody that nobody got."""
        self._prompt, self._keep = prompt, keep
        await self._screen.app.push_screen(prompt)

    async def close(self, *, got: bool = False) -> str | None:
        """Closes the question; gives back words that nobody got, and None where nothing was asked.

        `got`: what was handed in last has arrived.
        """
        prompt, keep = self._prompt, self._keep
        self._prompt = self._keep = None
        if prompt is None or not prompt.is_attached:
            return None
        words = prompt.value.strip()
        if keep is None or (got and prompt.value == prompt.handed_in):
            words = ""
        await prompt.take_off()
        if keep is not None and words:
            keep(words)
        return words

    async def tell(self, said: str, words: str) -> None:
        """A window, not a notice: whoever is typing would otherwise type commands into the list."""

        async def go_on(_: None) -> None:
            """Back to what is shown."""

        app = self._screen.app
        notes = []
        if words:
            cut = list_cell(words)
            if len(cut) > WORDS_SHOWN:
                cut = f"{cut[:WORDS_SHOWN]}…"
            notes = [f"Nobody got your words: {cut}", f"{app.keymap.shown('note')} on the review has them."]
        title = said[:1].upper() + said[1:]
        await app.push_screen(MenuScreen(app.top, title, [Choice(None, "go on")], go_on, notes=notes))
