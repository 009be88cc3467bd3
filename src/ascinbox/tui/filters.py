"""The last nets before the terminal: no control byte leaves, and no box line where it cannot be drawn."""

from __future__ import annotations

import re
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from ascinbox.core.text import REPLACEMENT

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_ASCII = str.maketrans(
    {
        **dict.fromkeys("─━╌╶╴", "-"),
        **dict.fromkeys("│┃╎", "|"),
        **dict.fromkeys("┬┴┼├┤╭╮╰╯┌┐└┘", "+"),
        **dict.fromkeys("█▇▆▅▄▃▂▁▀▌▐", "#"),
        "·": "-",
        "…": "~",
        "★": "*",
        "←": "<",
        "→": ">",
        "↑": "^",
        "↓": "v",
        "–": "-",
        "—": "-",
        "“": '"',
        "”": '"',
        "„": '"',
        "‘": "'",
        "’": "'",
        REPLACEMENT: "?",
    }
)


class ControlFilter(LineFilter):
    """Replaces every character that a terminal would obey rather than show."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        del background
        if not any(_CONTROL.search(segment.text) for segment in segments if not segment.control):
            return segments
        return [
            segment if segment.control else Segment(_CONTROL.sub(REPLACEMENT, segment.text), segment.style)
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


@lru_cache(maxsize=512)
def to_ascii(text: str) -> str:
    """`text` in ASCII and in as many cells as before."""
    shaped = text.translate(_ASCII)
    if shaped.isascii():
        return shaped
    return "".join(c if c.isascii() else _letter(c) for c in shaped)


def _letter(character: str) -> str:
    import unicodedata

    base = unicodedata.normalize("NFD", character)[:1]
    return base if base.isascii() else "?" * cell_len(character)
