"""The filter in force as chips, each of which can be taken off. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ascinbox.core.filters import Sort
from ascinbox.core.filters.tree import term_text
from ascinbox.tui.inbox.text import SORTS
from ascinbox.tui.paint import Line, PaintSpan, clip, line, ticked
from ascinbox.tui.theme import on

if TYPE_CHECKING:
    from ascinbox.core.filters import Query

CROSS, PLAIN_CROSS = "× ", " x]"
LONGEST = 40
"""Cells of a chip; a phrase may be longer."""


def chip_texts(query: Query) -> list[str]:
    """The terms as they are written, then the order in words unless it is the usual one."""
    texts = [term_text(term) for term in query.terms]
    return [*texts, SORTS[query.sort.key]] if query.sort != Sort() else texts


def chips_line(query: Query, key: str, right: str, width: int, *, ascii_only: bool = False) -> Line:
    """` is:needs-reply ×  oldest first ×  / filter           37 of 4,812`; chips that do not fit are counted.

    `key`: what opens the filter.
    """
    room = width - 2 - cell_len(right)
    shown = right if room > 4 else ""
    room = room if shown else width - 2
    spans: list[str | PaintSpan] = [" "]
    used = 1
    texts = chip_texts(query)
    for number, text in enumerate(texts):
        chip = _chip(clip(text, LONGEST), ascii_only=ascii_only)
        cells = sum(cell_len(span.text) for span in chip) + 1
        more = f"+{len(texts) - number} "
        last = number == len(texts) - 1
        if used + cells + (0 if last else len(more)) > room:
            spans.append(PaintSpan(clip(more, room - used), "dim"))
            used += min(len(more), max(0, room - used))
            break
        spans += [*chip, " "]
        used += cells
    hint = f"{key} filter"
    if used + len(hint) <= room:
        spans.append(PaintSpan(hint, "dim"))
        used += len(hint)
    spans += [" " * max(0, width - 1 - used - cell_len(shown)), *ticked(shown, "dim")]
    return line(*spans)


def chip_cross_at(bar: Line, column: int) -> int | None:
    """Number of the chip whose cross stands at a cell of such a line; None: none does."""
    number, end = -1, 0
    for span in bar:
        closes = span.text == CROSS or (span.text.startswith("[") and span.text.endswith(PLAIN_CROSS))
        number += closes
        end += cell_len(span.text)
        if column < end:
            return number if closes and column >= end - len(PLAIN_CROSS) else None
    return None


def _chip(text: str, *, ascii_only: bool) -> Sequence[PaintSpan]:
    if ascii_only:
        return (PaintSpan(f"[{text}{PLAIN_CROSS}", "text"),)
    return PaintSpan(f" {text} ", on("picked", "text")), PaintSpan(CROSS, on("picked", "dim"))
