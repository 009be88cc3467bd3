"""What a terminal may be sent: nothing that it would obey, and where asked for, only ASCII. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from rich.cells import cell_len

from ascinbox.core.text import REPLACEMENT
from ascinbox.tui.signs import (
    BAR,
    FLAG,
    MOST_STARS,
    NO_STAR,
    PICKED,
    PLAIN_BAR,
    PLAIN_FLAG,
    PLAIN_PICKED,
    SIGNS,
    STAR,
)

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_ASCII = str.maketrans(
    {
        **dict.fromkeys("─╌╶╴", "-"),
        "━": "=",
        BAR: PLAIN_BAR,
        **dict.fromkeys("│┃╎", "|"),
        **dict.fromkeys("┬┴┼├┤╭╮╰╯┌┐└┘", "+"),
        **dict.fromkeys("█▇▆▅▄▃▂▁▀▐", "#"),
        "·": "-",
        "…": "~",
        **{sign.glyph: state.value for state, sign in [*SIGNS.items()][::-1] if not sign.glyph.isascii()},
        FLAG: PLAIN_FLAG,
        PICKED: PLAIN_PICKED,
        **dict.fromkeys("▰", "#"),
        "▱": "-",
        "×": "x",
        "✓": "+",
        "←": "<",
        "→": ">",
        "↑": "^",
        "↓": "v",
        "–": "-",
        "—": "-",
        "“": '"',
        "”": '"',
        "„": '"',
        "‘": "'",
        "’": "'",
        REPLACEMENT: "?",
    }
)


def is_safe_text(text: str) -> bool:
    """Whether `text` is only shown, never obeyed."""
    return _CONTROL.search(text) is None


def safe_text(text: str) -> str:
    """`text` with a mark for every character that a terminal would obey rather than show."""
    return _CONTROL.sub(REPLACEMENT, text)


_STARS = re.compile(f"{STAR}+{NO_STAR}*|{NO_STAR}+")


@lru_cache(maxsize=512)
def to_ascii(text: str) -> str:
    """`text` in ASCII and in as many cells as before."""
    shaped = _STARS.sub(_digit, text).translate(_ASCII)
    if shaped.isascii():
        return shaped
    return "".join(c if c.isascii() else _letter(c) for c in shaped)


def _digit(found: re.Match[str]) -> str:
    """`2*   ` for two stars of five; single stars stay what they are."""
    if len(found[0]) != MOST_STARS:
        return found[0].replace(STAR, "*").replace(NO_STAR, ".")
    return f"{found[0].count(STAR)}*".ljust(MOST_STARS)


def _letter(character: str) -> str:
    import unicodedata

    base = unicodedata.normalize("NFD", character)[:1]
    return base if base.isascii() else "?" * cell_len(character)
