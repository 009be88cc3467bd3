"""What a terminal may be sent: nothing that it would obey, and where asked for, only ASCII. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from rich.cells import cell_len

from ascinbox.core.text import REPLACEMENT

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_ASCII = str.maketrans(
    {
        **dict.fromkeys("─━╌╶╴", "-"),
        **dict.fromkeys("│┃╎", "|"),
        **dict.fromkeys("┬┴┼├┤╭╮╰╯┌┐└┘", "+"),
        **dict.fromkeys("█▇▆▅▄▃▂▁▀▌▐", "#"),
        "·": "-",
        "…": "~",
        "★": "*",
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


@lru_cache(maxsize=512)
def to_ascii(text: str) -> str:
    """`text` in ASCII and in as many cells as before."""
    shaped = text.translate(_ASCII)
    if shaped.isascii():
        return shaped
    return "".join(c if c.isascii() else _letter(c) for c in shaped)


def _letter(character: str) -> str:
    import unicodedata

    base = unicodedata.normalize("NFD", character)[:1]
    return base if base.isascii() else "?" * cell_len(character)
