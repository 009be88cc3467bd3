"""What a review is filed under in the index: its words, pairs of frequent words, word starts, and facets.

A term's first character says what kind it is; words have none of these. A review's words come from the folded
text, where two spaces stand between title and body, so that no pair or phrase runs from one into the other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

FACET = "\x01"
START = "\x02"
"""The start of more words than anyone wants to look up one by one."""
PAIR = "\x03"
"""Two frequent words, one after the other, with a space between them."""
NICKNAME = "\x04"
"""The first `NICKNAME_LETTERS` of a word of the nickname."""

NICKNAME_LETTERS = 3
FREQUENT = 128
"""Reviews of a block with a word from which on the word is frequent."""
WORDS_LOOKED_UP = 32
"""A start that more words of a block share is filed as a term of its own."""
_STEPS = (*range(0, 512, 8), *(int(512 * 1.1**n) for n in range(40)))
LAST = "\U0010ffff"


def app_facet(number: int) -> str:
    """Reviews of an app."""
    return f"{FACET}a{number}"


def rating_facet(rating: int | None) -> str:
    """Reviews with a rating, or with none."""
    return f"{FACET}r{rating or ''}"


def territory_facet(territory: str | None) -> str:
    """Reviews from a territory."""
    return f"{FACET}t{territory or ''}"


def state_facet(letter: str) -> str:
    """Reviews in a state."""
    return f"{FACET}s{letter}"


def language_facet(language: str) -> str:
    """Reviews in this language; empty: in none that is clear."""
    return f"{FACET}g{language}"


def version_facet(version: str) -> str:
    """Reviews of a version of an app."""
    return f"{FACET}v{version}"


def device_facet(device: str) -> str:
    """Reviews that were written on a device."""
    return f"{FACET}d{device}"


def mark_facet(bit: int) -> str:
    """Reviews with a mark (`letters.MarkBit`)."""
    return f"{FACET}m{bit}"


def length_facet(length: int) -> str:
    """Reviews of about this length."""
    return length_step_facet(length_step(length))


def length_step_facet(step: int) -> str:
    """Reviews whose length is in this step."""
    return f"{FACET}l{step}"


def length_step(length: int) -> int:
    """Which step a length is in: eight characters wide up to 512, then a tenth wide."""
    return bisect_right(_STEPS, length) - 1


def length_span(step: int) -> tuple[int, int]:
    """The lengths of a step, the second one excluded."""
    return _STEPS[step], _STEPS[step + 1] if step + 1 < len(_STEPS) else 1 << 31


ANSWERED = f"{FACET}y"
CHANGED = f"{FACET}c"
REMOVED = f"{FACET}x"


def nickname_term(word: str) -> str:
    """What a word of a nickname is filed under."""
    return NICKNAME + word[:NICKNAME_LETTERS]


def pair_term(first: str, second: str) -> str:
    """What two neighbouring frequent words are filed under."""
    return f"{PAIR}{first} {second}"


def shared_starts(words: Iterable[str]) -> dict[str, list[str]]:
    """The starts that more than `WORDS_LOOKED_UP` of the words share, with those words."""
    shared: dict[str, list[str]] = {}
    crowded = [sorted(words)]
    length = 1
    while crowded:
        deeper: list[list[str]] = []
        for group in crowded:
            parts: dict[str, list[str]] = {}
            for word in group:
                if len(word) >= length:
                    parts.setdefault(word[:length], []).append(word)
            for start, members in parts.items():
                if len(members) > WORDS_LOOKED_UP:
                    shared[start] = members
                    deeper.append(members)
        crowded = deeper
        length += 1
    return shared
