"""Words of a text in any script: what stands between spaces, and runs of scripts that have none. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum, auto
from functools import cache


class Script(Enum):
    """How a run of letters is cut into words."""

    KATAKANA = auto()
    """Two letters or more: nearly always one word."""
    HAN = auto()
    HANGUL = auto()
    UNBROKEN = auto()
    """Thai, Lao, Burmese, Khmer: no spaces between words; `clusters_of` has the parts."""
    SPACED = auto()
    """All others: a word with its marks."""


_RUN_ON = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e80-\u0ecf\u0edc-\u0eff\u1000-\u103f\u1050-\u108f\u109a-\u109d"
    "\u1780-\u17d3\u17d7\u17dc\u17dd\uaa60-\uaa7f"
)
_BEFORE, _BEHIND = "\u0e40-\u0e44\u0ec0-\u0ec4", "\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3"
"""Vowels of Thai and Lao that stand before or behind the consonant after which they are spoken."""
_STACKS = "\u1039\u17d2"
"""Puts the next consonant below the one before, in Burmese and Khmer."""
_BLOCKS = (range(0x300, 0x1E00), range(0x20D0, 0x2100), range(0xA800, 0xAC00))
"""Where letters have marks."""


def words_of(text: str) -> Iterator[tuple[Script, str]]:
    """The words of a text, or its runs of one script; digits and signs are none."""
    for found in _words().finditer(text):
        yield Script[found.lastgroup or "SPACED"], found[0]


def clusters_of(run: str) -> list[str]:
    """The consonants of an unbroken run, each with all that belongs to it; two are about a word.

    Empty where a vowel or a mark belongs to none: what is on either side of it is no word.
    """
    return [found[0] if found.lastgroup else "" for found in _cluster().finditer(run)]


@cache
def _words() -> re.Pattern[str]:
    # Compiled when it is first asked for: that takes longer than a frame.
    letter = f"[^\\W\\d_ぁ-ヿ一-鿿가-힣{_RUN_ON}]"
    return re.compile(
        f"(?P<KATAKANA>[ァ-ヴー]{{2,}})|(?P<HAN>[一-鿿]+)|(?P<HANGUL>[가-힣]+)|(?P<UNBROKEN>[{_RUN_ON}]+)"
        f"|(?P<SPACED>(?<![\\d{_marks()}])(?<!{letter}){letter}(?:{letter}|[{_marks()}])*)"
    )


@cache
def _cluster() -> re.Pattern[str]:
    marks = _marks()
    return re.compile(
        f"(?P<cluster>[{_BEFORE}]*[^{marks}{_BEFORE}](?:[{_STACKS}][^{marks}]|[{marks}])*[{_BEHIND}]*)|."
    )


@cache
def _marks() -> str:
    """What stands on, under or around a letter, in many scripts the vowels: ranges of a class."""
    ranges: list[list[int]] = []
    for code in (code for block in _BLOCKS for code in block if unicodedata.category(chr(code))[0] == "M"):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
