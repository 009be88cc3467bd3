"""Which words of a review find others that say the same. Pure.

The words are looked for as the filter bar does it: at the beginning of words, anywhere in scripts that have
no spaces between words. How rare each is tells the caller, who can count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise

from ascinbox.core.reviews.script_words import Script, clusters_of, words_of
from ascinbox.core.text import fold

MOST = 12
"""Words of one text that are counted."""
TOGETHER = 3
"""So many of the rarest are tried together."""
LEAST = 4
"""Letters of a word that tells something."""
_ENDINGS = ("ing", "ed", "es", "s")
"""Taken off, so that `crashes` finds `crashed`: what is left is the beginning of a word."""
_EVERYDAY = frozenset(
    (
        "this that with from have been when they them then than very just only also after before every "
        "again since still there their would could should about because always never please thanks thank "
        "hello great good love really even more much some what which while your will were does doesn "
        "isn wasn didn apps "
        "seit nach nicht auch aber noch immer wieder eine einen einer mein meine sich wird wurde haben habe "
        "kein keine kann bitte danke leider sehr mehr alles wenn dass sind nichts hallo "
        "mais avec pour dans depuis cette plus tout tres bien merci bonjour nous vous elle quand toujours "
        "pero para desde esta este cuando todo hola gracias siempre muito mais obrigado quando sempre tudo "
        "molto sempre dopo anche questa questo grazie ciao maar niet voor sinds heel bedankt altijd "
        "inte efter alltid tack mycket bardzo jest dobry nadal zawsze "
        "नहीं बहुत लेकिन करता करते करने होता जाता"
    ).split()
)
"""Frequent words that say nothing about what a review is about, in folded form."""


def telling_words(text: str) -> tuple[str, ...]:
    """At most `MOST` words of a text that may tell what it is about, in their order, none twice."""
    found: dict[str, str] = {}
    for word in _candidates(text):
        folded = fold(word).strip()
        if folded and folded not in _EVERYDAY:
            found.setdefault(folded, word)
        if len(found) == MOST:
            break
    return tuple(found.values())


def groups(words: Sequence[str], counts: Mapping[str, int]) -> Iterator[tuple[str, ...]]:
    """What to look for, the narrowest first: the rarest words together, two of them, one; in their order.

    `counts`: in how many reviews each word is. One that only this review has finds no other.
    """
    known = [word for word in words if counts[word] > 1]
    rare = sorted(known, key=lambda word: counts[word])[:TOGETHER]
    for size in range(len(rare), 0, -1):
        for group in combinations(rare, size):
            yield tuple(sorted(group, key=known.index))


def in_words(words: Sequence[str]) -> str:
    """`"crash launch"`: the words for a person."""
    return f'"{" ".join(words)}"'


def _candidates(text: str) -> Iterator[str]:
    for script, word in words_of(text.lower()):
        match script:
            case Script.HAN:
                # Two characters are about a word.
                yield from (word[at : at + 2] for at in range(len(word) - 1))
            case Script.HANGUL:
                if len(word) > 1:
                    yield word[:3] if len(word) > 3 else word
            case Script.KATAKANA:
                yield word
            case Script.UNBROKEN:
                yield from ("".join(pair) for pair in pairwise(clusters_of(word)) if all(pair))
            case Script.SPACED:
                if len(word) >= LEAST:
                    yield _beginning(word)


def _beginning(word: str) -> str:
    for ending in _ENDINGS:
        if word.isascii() and word.endswith(ending) and not word.endswith("ss"):
            shorter = word.removesuffix(ending)
            return shorter if len(shorter) >= LEAST else word
    return word
