"""A comparison by word as lines to paint. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from ascinbox.core.word_diff import DiffKind, DiffPiece
from ascinbox.tui.paint import Line, PaintSpan, clip


def diff_lines(pieces: Sequence[DiffPiece], width: int) -> list[Line]:
    """A comparison by word, broken to `width`: what goes is marked `bad` and struck, what comes `good`."""
    lines: list[Line] = []
    current: list[PaintSpan] = []
    used = 0

    def end() -> None:
        nonlocal current, used
        lines.append(tuple(current))
        current, used = [], 0

    for piece in pieces:
        role = _ROLES[piece.kind]
        opening, closing = _MARKS[piece.kind]
        words = piece.text
        if piece.kind is not DiffKind.SAME and words.strip():
            inner = words.strip()
            lead, tail = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
            words = f"{lead}{opening}{inner}{closing}{tail}"
        for number, text in enumerate(words.split("\n")):
            if number:
                end()
            for word in _words(text):
                size = cell_len(word)
                if used and used + cell_len(word.rstrip()) > width:
                    end()
                while size > width:
                    head = clip(word, width - 1).rstrip("…")
                    current.append(PaintSpan(head, role))
                    end()
                    word = word[len(head) :]
                    size = cell_len(word)
                current.append(PaintSpan(word, role))
                used += size
    if current:
        end()
    return lines


_ROLES = {DiffKind.SAME: "text", DiffKind.REMOVED: "bad", DiffKind.ADDED: "good"}
_MARKS = {DiffKind.SAME: ("", ""), DiffKind.REMOVED: ("[-", "-]"), DiffKind.ADDED: ("{+", "+}")}
"""As `wdiff` writes them: readable without colour."""


def _words(text: str) -> list[str]:
    found: list[str] = []
    for word in text.split(" "):
        if found:
            found[-1] += " "
        found.append(word)
    return [word for word in found if word]
