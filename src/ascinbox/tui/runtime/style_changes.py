"""From one style of a terminal to another in the fewest bytes. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from ascinbox.tui.xterm_colours import NUMBERS

RESET = "\x1b[0m"

_SEQUENCE = re.compile("\x1b\\[([0-9;]*)m")
_ENDS = {1: 22, 2: 22, 3: 23, 4: 24, 5: 25, 7: 27, 9: 29}
"""What ends an attribute."""
_PLAIN = ("39", "49")
"""Fore- and background of the terminal's own."""
Known = tuple[frozenset[int], str, str]
"""Attributes, foreground, background."""


@lru_cache(maxsize=4_096)
def style_change(before: str, after: str) -> str:
    """What turns the style that `before` sets, from the plain one, into that of `after`.

    Never longer than a reset and `after`, which is what it is for a style that is not understood.
    """
    whole = RESET + after
    old, new = _known(before), _known(after)
    if old is None or new is None:
        return whole
    ended = {_ENDS[one] for one in old[0] - new[0]}
    # Bold and dim are ended together.
    kept = {one for one in old[0] if _ENDS[one] not in ended}
    codes = [*map(str, sorted(ended)), *map(str, sorted(new[0] - kept))]
    codes += [theirs for ours, theirs in zip(old[1:], new[1:], strict=True) if ours != theirs]
    change = f"\x1b[{';'.join(codes)}m" if codes else ""
    return min(change, whole, key=len)


def _shortest(code: str, values: list[str]) -> str:
    """A colour by its number where it has one."""
    kind, *parts = values
    if kind == "2" and len(parts) == 3:
        red, green, blue = map(int, parts)
        if (red, green, blue) in NUMBERS:
            return f"{code};5;{NUMBERS[red, green, blue]}"
    return ";".join([code, *values])


@lru_cache(maxsize=1_024)
def shortest_style(style: str) -> str:
    """A style from the plain one, in the fewest bytes."""
    return min(style_change("", style).removeprefix(RESET), style, key=len)


@lru_cache(maxsize=1_024)
def _known(style: str) -> Known | None:
    """What a series of sequences sets; None when there is something in it that this does not know."""
    codes: list[str] = []
    at = 0
    for found in _SEQUENCE.finditer(style):
        if found.start() != at:
            return None
        codes += found[1].split(";")
        at = found.end()
    if at != len(style):
        return None
    attributes: set[int] = set()
    colours = list(_PLAIN)
    while codes:
        code = codes.pop(0)
        number = int(code or 0)
        if number in _ENDS:
            attributes.add(number)
        elif number in (38, 48) and codes and codes[0] in ("2", "5"):
            count = 4 if codes[0] == "2" else 2
            colours[number == 48] = _shortest(code, codes[:count])
            del codes[:count]
        elif 30 <= number <= 37 or 90 <= number <= 97:
            colours[0] = code
        elif 40 <= number <= 47 or 100 <= number <= 107:
            colours[1] = code
        else:
            return None
    return frozenset(attributes), colours[0], colours[1]
