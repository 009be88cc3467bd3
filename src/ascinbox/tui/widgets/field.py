"""Form rows: a label, a text field, and how the typed value looks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.suggester import Suggester
from textual.widgets import Input

from ascinbox.tui.paint import PaintSpan, pad
from ascinbox.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from ascinbox.core.health.credential_shapes import Look

LABEL = 12


class PathSuggester(Suggester):
    """Completes a path: the first entry that begins with what was typed, key files before others."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The whole completed value, or None."""
        folder, _, begun = value.rpartition("/")
        if not folder and not value.startswith("/"):
            return None
        try:
            names = [entry.name for entry in Path(folder or "/").expanduser().iterdir()]
        except OSError:
            return None
        fitting = sorted(
            (name for name in names if name.startswith(begun) and (begun or not name.startswith("."))),
            key=lambda name: (not name.endswith((".p8", ".json")), name),
        )
        return f"{folder}/{fitting[0]}" if fitting and fitting[0] != begun else None


class Field(Horizontal):
    """`Issuer ID  [69a6de7f-…          ]  ok UUID`."""

    DEFAULT_CSS = """
    Field { height: 1; width: 1fr; }
    Field .label { width: 12; }
    Field .left { width: 1; }
    Field .right { width: 3; }
    Field Input { border: none; height: 1; padding: 0; width: 53%; max-width: 60; background: $background; }
    Field .look { width: 1fr; }
    """

    def __init__(
        self, name: str, label: str, value: str = "", *, password: bool = False, path: bool = False
    ) -> None:
        super().__init__(id=f"field-{name}")
        self.field_name = name
        self._label = label
        self.given = value
        """What the field began with."""
        self._password = password
        self._path = path

    def compose(self) -> ComposeResult:
        yield Lines(classes="label")
        yield Lines(classes="left")
        field = Input(
            self.given,
            compact=True,
            password=self._password,
            suggester=PathSuggester() if self._path else None,
            select_on_focus=False,
            max_length=500,
            id=f"input-{self.field_name}",
        )
        field.cursor_blink = False
        yield field
        yield Lines(classes="right")
        yield Lines(classes="look")

    def on_mount(self) -> None:
        self.call_after_refresh(self._paint)

    def on_resize(self) -> None:
        """The brackets follow the width."""
        self.call_after_refresh(self._paint)

    def _paint(self) -> None:
        self._show("label", PaintSpan(pad(f" {self._label}", LABEL)))
        self._show("left", PaintSpan("[", "dim"))
        self._show("right", PaintSpan("]", "dim"))

    @property
    def input(self) -> Input:
        """The text field itself."""
        return self.query_one(Input)

    @property
    def value(self) -> str:
        """What is typed."""
        return self.input.value.strip()

    def fill(self, value: str) -> None:
        """Puts a value in."""
        self.input.value = value

    def look(self, look: Look | None) -> None:
        """Says how the value looks; None says nothing."""
        words = look.words if look is not None else ""
        role = "dim" if look is None else "good" if look.ok else "warn"
        mark = "" if look is None or look.ok else "! "
        self._show("look", PaintSpan(f"{mark}{words}", role))

    def _show(self, part: str, span: PaintSpan) -> None:
        """Fills a part. A field that comes or goes has none: what was to be painted later may come then."""
        for lines in self.query(f".{part}").results(Lines):
            lines.show([(span,)])
