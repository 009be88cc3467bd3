"""What wizard and invitation share: a page with a title, text, fields, text, and hints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from ascinbox.core.secret import Secret
from ascinbox.tui.actions import INPUT, LIST, Handler, Handlers, sideways
from ascinbox.tui.paint import Line, PaintSpan, clip, wrap
from ascinbox.tui.screens import KeyedScreen, Overlay
from ascinbox.tui.widgets.chrome import StatusLine
from ascinbox.tui.widgets.field import Field
from ascinbox.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ascinbox.core.health.credential_shapes import Look


class FormScreen(Overlay):
    """A page over the whole screen. Subclasses give title, lines and fields, and call `show`."""

    FILLS = True

    def __init__(self, below: KeyedScreen | None) -> None:
        super().__init__(below)
        self._fields: dict[str, Field] = {}
        self._hint_place = "form"

    def compose_body(self) -> ComposeResult:
        with Vertical(id="page"):
            yield Lines(id="title")
            yield Lines(id="above")
            yield Vertical(id="fields")
            yield Lines(id="below")
            yield StatusLine()

    @property
    def context(self) -> str:
        return INPUT if self._fields else LIST

    @property
    def hint_place(self) -> str:
        return self._hint_place

    @property
    def fields(self) -> Mapping[str, Field]:
        """The text fields that are shown, by name."""
        return self._fields

    def value(self, name: str) -> str:
        """What is typed in a field; empty when it is not shown."""
        return self._fields[name].value if name in self._fields else ""

    def on_resize(self) -> None:
        """The texts are wrapped for the new width."""
        self.call_after_refresh(self.paint)

    def paint(self) -> None:
        """Paints the whole page; subclasses override it."""

    def show(self, title: Line, above: Sequence[Line], below: Sequence[Line], hints: str) -> None:
        """Puts title, the lines above and below the fields, and the hints on the page."""
        if not self.is_mounted:
            return
        self.query_one("#title", Lines).show([title])
        upper = self.query_one("#above", Lines)
        room = max(1, self.size.height - 3 - len(self._fields) - 1)
        height = min(len(above), room)
        if upper.styles.height is None or upper.styles.height.value != height:
            upper.styles.height = height
        upper.show(above, max(0, self.follow(above) + 2 - height))
        lower = self.query_one("#below", Lines)
        rest = max(0, room + 1 - height)
        if lower.styles.height is None or lower.styles.height.value != rest:
            lower.styles.height = rest
        lower.show(below, lower.top)
        self._hint_place = hints
        self.tell_frame()
        self.query_one(StatusLine).display = self.size.height > 20

    def follow(self, above: Sequence[Line]) -> int:
        """The line above that has to stay in sight."""
        del above
        return 0

    async def put_fields(self, wanted: Sequence[Field]) -> None:
        """Replaces the text fields and puts the cursor into the first empty one."""
        box = self.query_one("#fields")
        await box.remove_children()
        self._fields = {field.field_name: field for field in wanted}
        if wanted:
            await box.mount(*wanted)
            empty = next((field for field in wanted if not field.given), wanted[0])
            self.set_focus(empty.input)
        else:
            self.set_focus(None)

    def look(self, looks: Mapping[str, Look | None]) -> None:
        """Says beside each field how its value looks."""
        for name, look in looks.items():
            if name in self._fields:
                self._fields[name].look(look)

    def turn(self, by: int) -> None:
        """To the next or previous field."""
        fields = list(self._fields.values())
        if fields:
            # Screen.focused is up to date at once, a widget's own has_focus only after its events.
            at = next((n for n, field in enumerate(fields) if field.input is self.focused), 0)
            self.set_focus(fields[(at + by) % len(fields)].input)

    def actions(self) -> Handlers:
        """What the keys of a form do: `open` is what enter does."""
        return {
            **sideways(self.turn),
            "page_down": Handler(lambda: self._scroll(5)),
            "page_up": Handler(lambda: self._scroll(-5)),
            "open": Handler(self.hand_in),
        }

    async def hand_in(self) -> None:
        """`enter`; subclasses override it."""

    def _scroll(self, by: int) -> None:
        self.query_one("#below", Lines).scroll_lines(by)


def paragraph(text: str, width: int, role: str = "text", indent: str = " ", limit: int = 50) -> list[Line]:
    """A text as lines of a page."""
    return [
        (PaintSpan(f"{indent}{part}", role),) for part in wrap(text, max(10, width - len(indent) - 1), limit)
    ]


class PassphraseScreen(FormScreen):
    """Asks for the passphrase of the sealed keys, unseen; a new one twice."""

    def __init__(
        self, below: KeyedScreen | None, *, new: bool, take: Callable[[Secret], Awaitable[str | None]]
    ) -> None:
        super().__init__(below)
        self._new = new
        self._take = take
        self._problem = ""

    async def on_mount(self) -> None:
        wanted = [Field("first", "Passphrase", password=True)]
        if self._new:
            wanted.append(Field("again", "Once more", password=True))
        await self.put_fields(wanted)
        self.call_after_refresh(self.paint)

    def paint(self) -> None:
        """The question."""
        width = self.size.width
        words = (
            "Choose a passphrase for the sealed keys, 8 characters or more. It is asked for whenever "
            "ascinbox "
            "starts; nobody can recover it. If it is lost, link the accounts again with new keys."
            if self._new
            else "The passphrase of the sealed keys:"
        )
        title = (PaintSpan(clip(" Sealed keys", width), "strong"),)
        below = paragraph(f"! {self._problem}", width, "bad") if self._problem else []
        self.show(title, [*paragraph(words, width), ()], below, "form")

    async def hand_in(self) -> None:
        """Takes the passphrase."""
        first = self.value("first")
        if self._new and first != self.value("again"):
            self._problem = "the two differ"
        else:
            problem = await self._take(Secret(first))
            if problem is None:
                return
            self._problem = problem
        self.paint()


__all__ = ["Field", "FormScreen", "Input", "PassphraseScreen", "paragraph"]
