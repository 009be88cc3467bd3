"""The 240 colours that terminals know by a number: that takes half the bytes of three values.

The first of them are left out: some people give them other values.
"""

from __future__ import annotations

from itertools import product

Colour = tuple[int, int, int]

_LEVELS = (0, 95, 135, 175, 215, 255)
_CUBE = {colour: 16 + number for number, colour in enumerate(product(_LEVELS, repeat=3)) if number > 5}
_GREYS = {(8 + 10 * n,) * 3: 232 + n for n in range(24)}
NUMBERS: dict[Colour, int] = {**_CUBE, **_GREYS}  # type: ignore[dict-item]
"""Red, green and blue to the number."""


def nearest(colour: Colour) -> Colour:
    """The numbered colour that differs least."""
    return min(NUMBERS, key=lambda one: sum((a - b) ** 2 for a, b in zip(one, colour, strict=True)))
