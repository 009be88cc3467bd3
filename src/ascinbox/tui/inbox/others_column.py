"""The fourth pane of wide terminals: other reviews beside the one that is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.message import Message

from ascinbox.tui.context import app_of
from ascinbox.tui.inbox.otherstext import OtherEntry, OthersText, others_text
from ascinbox.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from ascinbox.workers.reviews.others import OtherReviews


class OthersColumn(Lines):
    """Shows what it was told last. The keys may move over its reviews."""

    DEFAULT_CSS = """
    OthersColumn { height: 1fr; }
    """

    class Chosen(Message):
        """A review was clicked."""

        def __init__(self, entry: OtherEntry) -> None:
            super().__init__()
            self.entry = entry

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._others: OtherReviews | None = None
        self._shown = OthersText((), ())
        self._cursor: int | None = None

    @property
    def others(self) -> OtherReviews | None:
        """What is shown."""
        return self._others

    def tell(self, others: OtherReviews | None) -> None:
        """Shows these; None shows nothing."""
        if others == self._others:
            return
        same = self._others is not None and others is not None and self._others.review_id == others.review_id
        self._others = others
        if self._cursor and not same:
            self._cursor = 0
        self.lay_out()

    def lay_out(self) -> None:
        """Shows the same for the present size and time."""
        width, height = self.size
        if width < 4 or height < 1:
            return
        if self._others is None:
            self._shown = OthersText((), ())
        else:
            made = self._made(width, height)
            if self._cursor is not None and self._cursor >= len(made.entries):
                self._cursor = max(0, len(made.entries) - 1)
                made = self._made(width, height)
            self._shown = made
        self.show(self._shown.lines)

    def _made(self, width: int, height: int) -> OthersText:
        assert self._others is not None
        app = app_of(self)
        return others_text(
            self._others, app.now(), width, height, cursor=self._cursor, ascii_only=app.profile.ascii
        )

    def on_resize(self) -> None:
        """As many reviews as fit."""
        self.lay_out()

    # --- the cursor ---

    @property
    def entered(self) -> bool:
        """Whether the keys move in this pane."""
        return self._cursor is not None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to stand on."""
        return not self._shown.entries

    def enter(self) -> None:
        """The keys are this pane's now."""
        self._cursor = 0
        self.lay_out()

    def leave(self) -> None:
        """The keys are elsewhere again."""
        self._cursor = None
        self.lay_out()

    def step(self, by: int) -> None:
        """Moves the cursor."""
        if self._cursor is not None:
            self._cursor = max(0, min(self._cursor + by, len(self._shown.entries) - 1))
            self.lay_out()

    @property
    def entry(self) -> OtherEntry | None:
        """The review under the cursor."""
        number, entries = self._cursor, self._shown.entries
        return entries[number] if number is not None and number < len(entries) else None

    def on_click(self, event: events.Click) -> None:
        """A review opens where it and those like it are listed."""
        for entry in self._shown.entries:
            if entry.top <= event.y < entry.top + 2:
                self.post_message(self.Chosen(entry))
