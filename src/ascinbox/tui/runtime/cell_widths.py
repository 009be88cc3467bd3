"""How many cells a character takes: one table for all that is painted, Rich's, with one correction.

Textual and all of our lines measure by `rich.cells`. Its table gives spacing combining marks (category Mc,
the vowel signs of Bengali, Burmese, Hindi, Khmer, Sinhala, Tamil and others) no cell; tmux, and terminals
that go by code points, give each of them one. A line was then longer on the screen than measured: borders
shifted, and what stood there before was left over. wcwidth was measured beside it: it counts whole clusters
and was wrong in tmux for 12 of 22 lines in Indic scripts, where this table was right for all.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from rich import cells

Range = tuple[int, int, int]
"""First and last code point, and their cells."""


def count_spacing_marks() -> None:
    """Has Rich, and so Textual, give every spacing combining mark a cell.

    To be called before anything is measured; once more does nothing.
    """
    load: Any = vars(cells)["load_cell_table"]
    if getattr(load, "counts_spacing_marks", False):
        return

    @cache
    def load_with_marks(unicode_version: str = "auto") -> Any:
        table = load(unicode_version)
        return table._replace(widths=tuple(_with_marks(table.widths)))

    load_with_marks.counts_spacing_marks = True  # type: ignore[attr-defined]
    vars(cells)["load_cell_table"] = load_with_marks
    cells.get_character_cell_size.cache_clear()
    cells.cached_cell_len.cache_clear()


def _with_marks(widths: Sequence[Range]) -> Iterator[Range]:
    """The ranges without the spacing marks among those of no cells: what no range holds takes one."""
    for start, end, width in widths:
        if width:
            yield start, end, width
            continue
        first = start
        for code_point in range(start, end + 1):
            if unicodedata.category(chr(code_point)) == "Mc":
                if first < code_point:
                    yield first, code_point - 1, 0
                first = code_point + 1
        if first <= end:
            yield first, end, 0
