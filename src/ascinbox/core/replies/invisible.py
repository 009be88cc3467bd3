"""Characters of a reply that nobody sees and no script needs. Pure.

What is ignored when drawn: Unicode 15, DerivedCoreProperties, Default_Ignorable_Code_Point; beside it the
fillers and blanks that are letters or symbols by name. Hidden sentences are spelled with them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_IGNORED = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_BLANK = "\u2800\U0001d159\U00013441\U00013442"
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_UNSEEN = re.compile(f"[{_IGNORED}{_BLANK}{_CONTROLS}]")

_JOINERS = "\u200c\u200d"
_DIRECTIONS = "\u061c\u200e\u200f"
_KEYCAP = "\u20e3"
_KEYS = "0123456789#*"
_EMOJI_LETTERS = "\u203c\u2049\u2139\u3030\u303d"
"""Emoji that are no symbols by category."""
_TONES = range(0x1F3FB, 0x1F400)


def unseen(text: str) -> Iterator[tuple[int, str]]:
    """Place and name (`U+3164 HANGUL FILLER`) of each character that nobody sees and no script needs."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return
    right_to_left: bool | None = None
    for match in _UNSEEN.finditer(text):
        place, character = match.start(), match[0]
        if character in _DIRECTIONS and right_to_left is None:
            right_to_left = any(
                unicodedata.bidirectional(c) in ("R", "AL") for c in text if c not in _DIRECTIONS
            )
        if not _is_needed(text, place, right_to_left=bool(right_to_left)):
            yield place, named(character)


def named(character: str) -> str:
    """Code point and, where it has one, name: `U+3164 HANGUL FILLER`."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name}".rstrip()


def _is_needed(text: str, place: int, *, right_to_left: bool) -> bool:
    before = text[place - 1] if place else ""
    after = text[place + 1] if place + 1 < len(text) else ""
    match text[place]:
        case character if character in _JOINERS:
            if _ends_emoji(before):
                return character == "\u200d" and _is_emoji(after)
            return _joins(before) and not (after and after in _JOINERS)
        case character if character in _DIRECTIONS:
            return right_to_left and not (before and before in _DIRECTIONS)
        case "\ufe0e" | "\ufe0f":
            return _is_emoji(before) or (before != "" and before in _KEYS and after == _KEYCAP)
        case "\u180b" | "\u180c" | "\u180d" | "\u180f":
            return _is_mongolian(before)
        case "\u180e":
            return _is_mongolian(before) and _is_mongolian(after)
        case "\u2800":
            return _is_braille(before) or _is_braille(after)
        case _:
            return False


def _is_emoji(character: str) -> bool:
    if not character:
        return False
    return unicodedata.category(character) in ("So", "Sm") or character in _EMOJI_LETTERS


def _ends_emoji(character: str) -> bool:
    tone = character != "" and ord(character) in _TONES
    return tone or character in ("\ufe0f", _KEYCAP) or _is_emoji(character)


def _joins(character: str) -> bool:
    """Whether a joiner behind this letter can change how a script is drawn (Arabic, Indic and the like)."""
    if not character or unicodedata.category(character)[0] not in "LM":
        return False
    return not unicodedata.name(character, "").startswith(
        ("LATIN", "GREEK", "CYRILLIC", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "COMBINING", "VARIATION")
    )


def _is_mongolian(character: str) -> bool:
    return "\u1820" <= character <= "\u18aa"


def _is_braille(character: str) -> bool:
    return "\u2801" <= character <= "\u28ff"
