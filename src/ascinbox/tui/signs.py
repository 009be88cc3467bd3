"""The signs of a review: state, flag, selection, stars. One cell each, each with one colour. Pure.

All of them are one cell wide in Rich's table and in terminals, none is drawn as an emoji where a terminal has
those: an hourglass (two cells) is therefore a filling circle. Where a terminal has ASCII only, states are
letters and stars a digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ascinbox.core.reviews.states import State


class Sign(NamedTuple):
    """What stands for a state."""

    glyph: str
    role: str
    words: str
    """What it means; states with the same glyph have the same."""


SIGNS: Mapping[State, Sign] = {
    State.NEW: Sign("●", "accent", "new"),
    State.OPENED: Sign("○", "text", "opened"),
    State.CHANGED: Sign("↻", "warn", "changed by the customer"),
    State.DRAFT: Sign("✎", "accent", "draft"),
    State.WAITING: Sign("◇", "warn", "waits for a publisher"),
    State.QUEUED: Sign("◔", "warn", "queued, or not public yet"),
    State.PENDING: Sign("◔", "warn", "queued, or not public yet"),
    State.HELD: Sign("‼", "bad", "held or failed"),
    State.FAILED: Sign("‼", "bad", "held or failed"),
    State.SNOOZED: Sign("z", "faint", "snoozed"),
    State.ANSWERED: Sign("✓", "faint", "answered or done"),
    State.DONE: Sign("✓", "faint", "answered or done"),
}
OVER = frozenset({State.ANSWERED, State.DONE})
"""Nothing is left to do: the whole row is faint."""
LETTERS = {
    State.CHANGED: "changed",
    State.PENDING: "not public yet",
    State.WAITING: "waits for a publisher",
    State.DONE: "done",
}
"""What letters mean that say it less well than their states do."""
FLAG, PICKED, BAR = "⚑", "▪", "▌"
PLAIN_FLAG, PLAIN_PICKED, PLAIN_BAR = "f", "x", ">"
STAR, NO_STAR = "★", "☆"
MOST_STARS = 5
STAR_ROLES: Mapping[int | None, str] = {1: "bad", 2: "bad", 3: "warn"}
"""Colour of a rating; none where it is good."""


def bar_mark(here: bool, *, ascii_only: bool = False) -> str:
    """The first cell of a row: the bar under the cursor, else a blank."""
    return (PLAIN_BAR if ascii_only else BAR) if here else " "


def state_sign(state: str, *, ascii_only: bool = False) -> tuple[str, str]:
    """Glyph, or letter, and role of a state as lists have it."""
    known = next((one for one in State if one == state), None)
    if known is None:
        return state[:1] or "?", "text"
    sign = SIGNS[known]
    return (known.value if ascii_only else sign.glyph), sign.role


def stars(rating: int | None) -> str:
    """`★★☆☆☆`; `☆☆☆☆☆` when the store sent something else."""
    full = min(max(rating or 0, 0), MOST_STARS)
    return STAR * full + NO_STAR * (MOST_STARS - full)


def short_stars(rating: int | None, *, ascii_only: bool = False) -> str:
    """`2★` where there is no room for five, `2*` in ASCII; `?★` when the store sent something else."""
    return f"{'?' if rating is None else rating}{'*' if ascii_only else STAR}"


def star_role(rating: int | None) -> str:
    """The colour of a rating."""
    return STAR_ROLES.get(rating, "text")


def legend(width: int, *, ascii_only: bool = False) -> list[str]:
    """What the signs mean, in lines of at most `width` cells."""
    entries: dict[str, str] = {}
    for state, sign in SIGNS.items():
        if ascii_only:
            entries[state.value] = LETTERS.get(state, state.word)
        else:
            entries[sign.glyph] = sign.words
    marks = (
        {PLAIN_FLAG: "flagged", PLAIN_PICKED: "selected"}
        if ascii_only
        else {FLAG: "flagged", PICKED: "selected"}
    )
    lines: list[str] = []
    for words in (f"{sign} {meaning}" for sign, meaning in (*entries.items(), *marks.items())):
        if lines and len(lines[-1]) + 2 + len(words) <= width:
            lines[-1] += f"  {words}"
        else:
            lines.append(f" SIGNS  {words}" if not lines else f"        {words}")
    return lines
