"""The last filters before the terminal: no control byte is sent, and no box line where it cannot be drawn."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from ascinbox.tui.runtime.output_text import is_safe_text, safe_text, to_ascii


class ControlFilter(LineFilter):
    """Replaces every character that a terminal would obey rather than show."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        del background
        if all(is_safe_text(segment.text) for segment in segments if not segment.control):
            return segments
        return [
            segment if segment.control else Segment(safe_text(segment.text), segment.style)
            for segment in segments
        ]


class AsciiFilter(LineFilter):
    """For terminals without Unicode: our own marks get an ASCII shape, foreign letters a `?` per cell."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        del background
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(to_ascii(segment.text), segment.style)
            for segment in segments
        ]
