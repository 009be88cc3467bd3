"""Finding entries of a menu by some letters of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ascinbox.core.text import fold

FUZZY_FROM = 2
"""So many letters may stand apart; a single one has to begin a word or stand in it."""


def find_entries(typed: str, entries: Sequence[tuple[str, str]]) -> list[int]:
    """Numbers of the entries (label, detail) that fit what was typed, the best first, else in their order.

    Best is a label in which a word begins so, then one that has it anywhere, then the detail, then a label
    that has the letters in this order: `ptn` finds `publish to nobody`. Case and accents do not matter.
    """
    wanted = fold(typed).strip()
    if not wanted:
        return list(range(len(entries)))
    ranks = [(_rank(wanted, label, detail), number) for number, (label, detail) in enumerate(entries)]
    return [number for rank, number in sorted(each for each in ranks if each[0] is not None)]


def _rank(wanted: str, label: str, detail: str) -> int | None:
    label, detail = fold(label), fold(detail)
    if f" {wanted}" in label:
        return 0
    if wanted in label:
        return 1
    if wanted in detail:
        return 2
    letters = wanted.replace(" ", "")
    return 3 if len(letters) >= FUZZY_FROM and _in_order(letters, label) else None


def _in_order(letters: str, text: str) -> bool:
    """Whether the letters stand in the text one after the other, the first of them at the start of a word."""
    at = text.find(f" {letters[0]}")
    if at < 0:
        return False
    at += 1
    for letter in letters[1:]:
        at = text.find(letter, at + 1)
        if at < 0:
            return False
    return True
