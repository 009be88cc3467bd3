"""Lines of text with roles, measured in cells. Pure: what widgets show is decided with these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, chop_cells, set_cell_size

ELLIPSIS = "…"


class PaintSpan(NamedTuple):
    """A piece of a line in one style."""

    text: str
    role: str = "text"


Line = tuple[PaintSpan, ...]
BLANK: Line = ()


def line(*parts: str | PaintSpan) -> Line:
    """A line from spans and plain texts; empty pieces are left out."""
    spans = (PaintSpan(part) if isinstance(part, str) else PaintSpan(*part) for part in parts)
    return tuple(span for span in spans if span.text)


TICK = "✓"
"""Where nothing is left to do."""


def ticked(text: str, role: str) -> tuple[PaintSpan, ...]:
    """`text` in a role, its tick in the colour of what is done."""
    before, tick, after = text.partition(TICK)
    spans = (PaintSpan(before, role), PaintSpan(tick, "good"), PaintSpan(after, role))
    return tuple(span for span in spans if span.text)


def text_of(one: Line) -> str:
    """The characters of a line."""
    return "".join(span.text for span in one)


def width_of(one: Line) -> int:
    """The cells of a line."""
    return sum(cell_len(span.text) for span in one)


MOST_A_CELL = 6
"""Characters that one cell may hold: a letter and its marks, of which `core.text` leaves four."""


def clip(text: str, width: int) -> str:
    """`text` in at most `width` cells, ending in `…` when something was cut."""
    if width <= 0:
        return ""
    text = _as_much_as_shows(text, width)
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1) + ELLIPSIS if width > 1 else ELLIPSIS


def pad(text: str, width: int) -> str:
    """`text` in exactly `width` cells: ending in `…` when words were cut, filled with blanks on the right."""
    text = _as_much_as_shows(text, width)
    if cell_len(text) > width and cell_len(text.rstrip()) > width:
        text = clip(text, width)
    return set_cell_size(text, max(width, 0))


def _as_much_as_shows(text: str, width: int) -> str:
    """The beginning of `text` that may show in `width` cells, so that a long one is not measured whole."""
    most = MOST_A_CELL * (width + 1)
    return text if len(text) <= most else text[:most]


_IN_STORE = re.compile(r" · [A-Z]{2}$")
"""What tells apps of one name in two stores apart (core/app_names.py)."""
_PACKAGE = re.compile(r"[A-Za-z]\w*(?:\.\w+){2,}", re.ASCII)


def app_label(name: str, width: int) -> str:
    """An app's name for `width` cells.

    Apps of one company begin alike where they are called by their packages (`com.example.tide`): of one that
    is too long the end stays. So do the letters of the store after a name that two stores have. Any other
    name is given back as it is.
    """
    if len(name) <= width or width < 2:
        return name
    if (store := _IN_STORE.search(name)) is not None and width > 2 * len(store[0]):
        return clip(name[: store.start()], width - len(store[0])) + store[0]
    if not _PACKAGE.fullmatch(name):
        return name
    return ELLIPSIS + name[1 - width :]


def spread(left: str, right: str, width: int) -> str:
    """`left` and `right` at the two ends of a line; `left` gives way."""
    room = width - cell_len(right)
    if room <= 1:
        return pad(left, width)
    return pad(clip(left, room - 1), room) + right


def rule(left: str, right: str, width: int, role: str = "strong") -> Line:
    """A heading in a horizontal line: `─ left ───── right ─`."""
    if width < 6:
        return (PaintSpan("─" * max(width, 0), "rule"),)
    tail = f" {right} ─" if right else ""
    if cell_len(tail) > width - 8:
        tail = ""
    head = clip(left, width - cell_len(tail) - 4)
    middle = width - cell_len(tail) - cell_len(head) - 3
    if not head:
        return (PaintSpan("─" * (width - cell_len(tail)) + tail, "rule"),)
    return PaintSpan(f"─ {head} ", role), PaintSpan("─" * middle + tail, "rule")


def plain_rule(width: int) -> Line:
    """A horizontal line without a heading."""
    return (PaintSpan("─" * max(width, 0), "rule"),)


def wrap(text: str, width: int, limit: int = 100_000) -> list[str]:
    """Lines of at most `width` cells, broken at blanks where there are any.

    At most `limit` lines: the last one ends in `…` where there is more.
    """
    lines: list[str] = []
    if width <= 0 or limit <= 0:
        return lines
    for paragraph in text.split("\n"):
        if len(lines) > limit:
            break
        if len(paragraph) <= width and cell_len(paragraph) <= width:
            lines.append(paragraph.rstrip())
            continue
        lines.extend(_wrap_paragraph(paragraph, width, limit + 1 - len(lines)))
    if len(lines) <= limit:
        return lines
    last = lines[limit - 1]
    last = last if cell_len(last) < width else set_cell_size(last, width - 1)
    return [*lines[: limit - 1], last.rstrip() + ELLIPSIS]


_UNEVEN = re.compile("[\u200d\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]")
"""Joined emoji, flags, skin tones: terminals disagree about their width, so their whole line is cleared."""
_PIECE = re.compile(r"\S+\s*|\s+")


def _wrap_paragraph(paragraph: str, width: int, limit: int) -> Iterable[str]:
    lines: list[str] = []
    current, used = "", 0
    for match in _PIECE.finditer(paragraph):
        piece = match[0]
        word = piece.rstrip()
        size = cell_len(word)
        if used + size <= width:
            current += piece
            used += cell_len(piece)
            continue
        unspaced = size > width or (used < width and _breaks_anywhere(word))
        if current.strip() and not unspaced:
            lines.append(current.rstrip())
            current, used = "", 0
        if unspaced:
            room = width - used
            parts = _chop(current, piece, room, width)
            lines.extend(part.rstrip() for part in parts[:-1])
            current = parts[-1]
        else:
            current = piece
        used = cell_len(current)
        if len(lines) >= limit:
            return lines
    if current.strip():
        lines.append(current.rstrip())
    return lines


def _breaks_anywhere(word: str) -> bool:
    """True for scripts written without blanks between words."""
    return any("\u2e80" <= character <= "\u9fff" or "\u3000" <= character <= "\u30ff" for character in word)


def _chop(current: str, piece: str, room: int, width: int) -> list[str]:
    if room <= 1:
        head = [current] if current.strip() else []
        return [*head, *chop_cells(piece, width)]
    first = chop_cells(piece, room)[0]
    rest = piece[len(first) :]
    joined = [current + first]
    return joined + chop_cells(rest, width) if rest else joined


_EVEN = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u00ff\u2010-\u2027\u203c\u21bb\u2500-\u25ff\u2605\u2606\u2691\u2713\u270e]*"
)
"""Characters that take one cell each wherever they stand, and join nothing."""


def changed_regions(old: Sequence[Line], new: Sequence[Line], width: int) -> list[tuple[int, int, int]]:
    """Which cells differ, as (line number, first cell, number of cells)."""
    changed: list[tuple[int, int, int]] = []
    for number in range(max(len(old), len(new))):
        before = old[number] if number < len(old) else BLANK
        after = new[number] if number < len(new) else BLANK
        if before != after:
            uneven = _UNEVEN.search(text_of(before)) or _UNEVEN.search(text_of(after))
            first, end = (0, width) if uneven else _changed_cells(before, after)
            end = min(end, width)
            if end > first:
                changed.append((number, first, end - first))
    return changed


def _changed_cells(before: Line, after: Line) -> tuple[int, int]:
    """The first cell that differs, and the one behind the last that does.

    Where letters change that may take more or fewer cells, or join their neighbours, all behind them counts
    as changed: a terminal that gives them another width than we do has moved it.
    """
    start = _first(before, after)
    while start and any(_joins(side[start].text) for side in (before, after) if start < len(side)):
        start -= 1
    first = width_of(before[:start])
    old, new = before[start:], after[start:]
    width = max(width_of(old), width_of(new))
    same = 0
    if width_of(old) == width_of(new):
        same = _first(old[::-1], new[::-1])
        while same and not _EVEN.fullmatch(old[-same].text[:1]):
            same -= 1
    middles = old[: len(old) - same], new[: len(new) - same]
    if not all(_EVEN.fullmatch(text_of(middle)) for middle in middles):
        heads = [side[0] if side else PaintSpan("") for side in (old, new)]
        if heads[0].role == heads[1].role and all(_EVEN.fullmatch(head.text) for head in heads):
            # The last letter is left out: a mark may join it.
            return first + max(0, _first(heads[0].text, heads[1].text) - 1), first + width
        return first, first + width
    cells = [[(letter, span.role) for span in middle for letter in span.text] for middle in middles]
    for side in cells:
        side.extend([(" ", PaintSpan("").role)] * (max(map(len, cells)) - len(side)))
    left = _first(*cells)
    right = _first(cells[0][::-1], cells[1][::-1])
    return first + left, first + len(cells[0]) - min(right, len(cells[0]) - left)


def _joins(text: str) -> bool:
    """Whether a text begins with a mark on what stands before it."""
    return cell_len(text[:1]) == 0


def _first(old: Sequence[object], new: Sequence[object]) -> int:
    """The place of the first that differs, the end of the shorter one where none does."""
    pairs = zip(old, new, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))
