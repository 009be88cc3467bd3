"""Tags as chips: a word on a surface of its own, in brackets where a terminal has ASCII only. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from ascinbox.tui.paint import Line, PaintSpan, clip
from ascinbox.tui.theme import on

LONGEST = 24
"""Cells of the word in a chip."""


def chip(word: str, *, ascii_only: bool = False, surface: str = "") -> PaintSpan:
    """` billing ` or `[billing]`; `surface`: of the lit row that it stands in."""
    shown = clip(word, LONGEST)
    return PaintSpan(f"[{shown}]" if ascii_only else f" {shown} ", on(surface, "chip"))


def chip_lines(words: Iterable[str], width: int, *, ascii_only: bool = False) -> list[Line]:
    """All of them, a blank between, in as many lines as that takes."""
    lines: list[list[PaintSpan]] = []
    used = 0
    for word in words:
        one = chip(clip(word, max(1, width - 2)), ascii_only=ascii_only)
        cells = cell_len(one.text)
        if lines and used + 1 + cells <= width:
            lines[-1] += [PaintSpan(" "), one]
            used += 1 + cells
        else:
            lines.append([one])
            used = cells
    return [tuple(line) for line in lines]


def chips_within(
    words: Sequence[str], room: int, *, ascii_only: bool = False, surface: str = ""
) -> list[PaintSpan]:
    """As many as fit into `room` cells, a blank behind each; how many did not, as `+2 `."""
    spans: list[PaintSpan] = []
    for number, word in enumerate(words):
        one = chip(word, ascii_only=ascii_only, surface=surface)
        left = len(words) - number - 1
        more = f"+{left} " if left else ""
        if cell_len(one.text) + 1 + len(more) > room:
            rest = f"+{left + 1} "
            return [*spans, PaintSpan(rest, on(surface, "dim"))] if len(rest) <= room else spans
        spans += [one, PaintSpan(" ", on(surface, "text"))]
        room -= cell_len(one.text) + 1
    return spans
