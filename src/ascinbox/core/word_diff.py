"""Two texts compared by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum


class DiffKind(StrEnum):
    """A piece of a comparison by word."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class DiffPiece:
    """Some words that both texts have, or only one."""

    kind: DiffKind
    text: str


# A word, blanks, a line break, or one character of a script without blanks between words.
_UNSPACED = r"\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f\uf900-\ufaff"
_WORD = re.compile(rf"\n|[{_UNSPACED}]|[^\s{_UNSPACED}]+|[^\S\n]+")
_MOST_WORDS = 4_000
"""Beyond so many, lines are compared: comparing words takes their number squared."""


def words_diff(before: str, after: str) -> tuple[DiffPiece, ...]:
    """How one text becomes the other, word by word. Its pieces joined give both texts."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) + len(new) > _MOST_WORDS:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pieces: list[DiffPiece] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(DiffPiece(DiffKind.SAME, "".join(old[i1:i2])))
            continue
        if i2 > i1:
            pieces.append(DiffPiece(DiffKind.REMOVED, "".join(old[i1:i2])))
        if j2 > j1:
            pieces.append(DiffPiece(DiffKind.ADDED, "".join(new[j1:j2])))
    return tuple(pieces)


def alike(pieces: Sequence[DiffPiece]) -> bool:
    """Whether one text is the other with changes, so that comparing them by word tells something."""
    same = sum(len(piece.text) for piece in pieces if piece.kind is DiffKind.SAME)
    removed = sum(len(piece.text) for piece in pieces if piece.kind is DiffKind.REMOVED)
    added = sum(len(piece.text) for piece in pieces if piece.kind is DiffKind.ADDED)
    return same > 0 and same >= max(removed, added)
