"""Foreign text: made harmless once, when it is parsed, and made comparable for search and replies.

Anyone can write a review, so every string that came from outside passes `clean` before it becomes part
of a record. `list_cell` narrows it further for rows whose columns must stay aligned, `fold` gives the
form in which text is searched.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from itertools import chain

LINE_LIMIT = 300
"""Characters kept of a title, a nickname or any other one-line field."""
BODY_LIMIT = 16_000
"""Characters kept of a body."""
BODY_LINES = 400
"""Lines kept of a body."""
CUT = "…[cut]"
"""Ends a text of which something was left out; counted in the limits."""
REPLACEMENT = "\ufffd"

_MARKS_IN_A_ROW = 4
_TAB = "    "
_FLAG = "\U0001f6a9"

_LINE_BREAK = re.compile("\r\n|[\r\x85\u2028\u2029]")
# What could start a terminal sequence stays visible as U+FFFD; what is merely invisible goes.
_ATTACK = re.compile("[\x1b\x80-\x9f\ud800-\udfff]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]+"
)
_ODD = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# A superset of the combining marks (categories Mn and Me) with the two joiners: it finds the rare run
# that has to be looked at, unicodedata then decides.
_MARK = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0711\u0730-\u0dff"
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u0ec8-\u0ece\u0f18-\u109f\u135d-\u135f\u1712-\u1cff"
    "\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\u2cef-\u2cf1\u2d7f\u2de0-\u2dff\u302a-\u302f\u3099\u309a"
    "\ua66f-\ua6f1\ua802-\uabff\ufb1e\ufe00-\ufe0f\ufe20-\ufe2f"
    "\U000101fd-\U0001efff\U000e0100-\U000e01ef"
)
_MARK_RUN = re.compile(f"[{_MARK}]{{{_MARKS_IN_A_ROW + 1},}}")


def clean(value: object, *, multiline: bool) -> str:
    """The one way in for foreign text: what comes out is harmless on a terminal and of bounded size.

    Not a str gives "". Line breaks become LF (one-line fields: white space is collapsed), TAB becomes
    spaces. ESC, C1 controls and lone surrogates become U+FFFD, so that an attack is seen; other controls,
    bidi controls, invisible characters and tags are dropped; ZWJ and ZWNJ stay (emoji, Persian). At most
    four combining marks in a row. Longer than the limits: cut, and marked `CUT`. Idempotent.
    """
    return clean_body(value) if multiline else clean_line(value)


def clean_line(value: object) -> str:
    """`clean` for titles, nicknames and other one-line fields."""
    if not isinstance(value, str):
        return ""
    text = _harmless(value)
    # Most lines are as they should be: taking them apart and together again takes longer than to look.
    if "  " in text or not text.isprintable() or text.strip() != text:
        text = " ".join(text.split())
    return text if len(text) <= LINE_LIMIT else text[: LINE_LIMIT - len(CUT)] + CUT


def clean_body(value: object) -> str:
    """`clean` for bodies, replies and other texts with lines."""
    return _cut_body(_harmless(value)) if isinstance(value, str) else ""


def _harmless(text: str) -> str:
    """`text` with nothing in it that a terminal could act on."""
    # Nothing that is odd is printable, and that is found ten times as fast; LF is neither.
    if not text.replace("\n", "").isprintable() and _ODD.search(text):
        text = _LINE_BREAK.sub("\n", text)
        text = _ATTACK.sub(REPLACEMENT, text)
        text = _INVISIBLE.sub("", text).replace("\t", _TAB)
    if not text.isascii() and _MARK_RUN.search(text):
        text = _MARK_RUN.sub(_thin_out, text)
    return text


def blank_out(text: str) -> str:
    """`text` with a space for each character that `clean` would not keep: same length, same positions."""
    return _ODD.sub(" ", text)


def _thin_out(run: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for character in run[0]:
        joins = character in "\u200c\u200d" or unicodedata.category(character) in ("Mn", "Me")
        marks = marks + 1 if joins else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


def _cut_body(text: str) -> str:
    if text.count("\n") >= BODY_LINES:
        text = "\n".join(text.split("\n", BODY_LINES)[:BODY_LINES]) + CUT
    return text if len(text) <= BODY_LIMIT else text[: BODY_LIMIT - len(CUT)] + CUT


# --- one row of a list -------------------------------------------------------------------------------

_TONES = "\U0001f3fb-\U0001f3ff"
_TRAILERS = f"[\ufe00-\ufe0f\u20e3{_TONES}\U000e0100-\U000e01ef]"
_JOINED_EMOJI = re.compile(
    f"([\u2190-\u2bff\U0001f000-\U0001faff]){_TRAILERS}*(?:\u200d+[\u2190-\u2bff\U0001f000-\U0001faff]{_TRAILERS}*)+"
)
_FLAG_PAIR = re.compile("[\U0001f1e6-\U0001f1ff]{1,2}")
_UNEVEN = re.compile(
    f"[\u00ad\u034f\u180b-\u180f\u200c\u200d\ufe00-\ufe0f\u20e3{_TONES}\U000e0100-\U000e01ef\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]+"
)
_FILLER = re.compile("[\u115f\u1160\u3164\uffa0\u2800]")


def list_cell(text: str) -> str:
    """`text` for one row of a list: one line, and nothing whose width terminals disagree about.

    An emoji joined from several (family, flag, skin tone, keycap) becomes one code point; joiners,
    variation selectors and controls go, white space is collapsed. The detail pane shows the text whole.
    """
    if _ODD.search(text):
        text = _ATTACK.sub(REPLACEMENT, _LINE_BREAK.sub(" ", text))
        text = _INVISIBLE.sub("", text)
    if not text.isascii():
        text = _JOINED_EMOJI.sub(r"\1", text)
        text = _FLAG_PAIR.sub(_FLAG, text)
        text = _UNEVEN.sub("", text)
        text = _FILLER.sub(" ", text)
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


# --- search --------------------------------------------------------------------------------------------

# Marks that only refine a letter (Latin, Greek, Cyrillic, Hebrew, Arabic, symbols, selectors). Marks of
# other scripts (a Thai vowel, a Devanagari matra, a kana's voicing) make another letter and stay.
_ACCENT = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]+"
)
# Scripts written without spaces between words: each character is a word of its own.
_UNSPACED = (
    "\u0e01\u0e3a\u0e40\u0e4e\u0e80\u0eff\u1000\u109f\u1100\u11ff\u1780\u17d3\u17d7\u17dd\u3005\u3007\u3031\u3035"
    "\u303b\u303c\u3041\u30ff\u3105\u31bf\u31f0\u31ff\u3400\u4dbf\u4e00\u9fff\ua960\ua97f\uaa60\uaa7f\uac00\ud7ff"
    "\uf900\ufaff\U0001aff0\U0001b16f\U00020000\U0003ffff"
)
"""First and last characters of the blocks, one pair after the other, ascending."""
_LETTERS_APART = re.compile("([\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]+)")
"""Kana, ideographs and Hangul that are their own search form: whole runs of them are set apart at once."""
_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"}
)


def fold(text: str) -> str:
    """The search form of `text`, a space at both ends; two texts that read alike give the same.

    Case and accents are folded ("Stürzt" as "sturzt", "ß" as "ss"), punctuation becomes one space, each
    CJK, kana, Hangul, Thai, Lao, Khmer and Burmese character and each symbol or emoji is a word of its own;
    invisible characters, skin tones and variation selectors vanish. So "starts with this word" is
    `" word" in folded`, also for a phrase, and "contains" for scripts without spaces. Idempotent.
    """
    if text.isascii():
        words = text.encode("ascii").translate(_ASCII_BYTES).decode("ascii")
        if _SEVERAL in words:
            words = text.translate(_ASCII_FOLDS)
    else:
        parts = _LETTERS_APART.split(unicodedata.normalize("NFKC", text))
        folded = ["".join(map(_FOLDS.__getitem__, part)) for part in parts[::2]]
        if len(parts) > 1:
            apart = [part.replace("", " ") for part in parts[1::2]]
            folded = [*chain.from_iterable(zip(folded, apart, strict=False)), folded[-1]]
        words = unicodedata.normalize("NFC", "".join(folded))
    # Every white space is one space by now, and many texts have no two of them in a row.
    return f" {' '.join(words.split())} " if "  " in words else f" {words.strip()} "


def fold_terms(text: str) -> tuple[str, ...]:
    """The words of `fold(text)`; empty when there is nothing that could be searched for."""
    return tuple(fold(text).split())


def _fold_character(character: str) -> str:
    folded = character
    for _ in range(2):
        folded = unicodedata.normalize("NFKD", folded).casefold()
    folded = _ACCENT.sub("", folded.translate(_WITHOUT_DECOMPOSITION))
    folded = unicodedata.normalize("NFC", folded)
    return "".join(map(_as_word, folded))


def _as_word(character: str) -> str:
    if "\U0001f3fb" <= character <= "\U0001f3ff":
        return ""
    category = unicodedata.category(character)
    match category[0]:
        case "L" | "N" | "M":
            return f" {character} " if _is_unspaced(character) else character
        case "Z" | "P":
            return " "
        case "S":
            return " " if category == "Sk" else f" {character} "
        case _:
            return {"Cf": "", "Cc": " ", "Cs": " "}.get(category, f" {character} ")


def _is_unspaced(character: str) -> bool:
    place = bisect_left(_UNSPACED, character)
    return place < len(_UNSPACED) and (place % 2 == 1 or _UNSPACED[place] == character)


class _Folds(dict[str, str]):
    """Fills itself with `_fold_character`: the memo of a pure function."""

    def __missing__(self, character: str) -> str:
        self[character] = folded = _fold_character(character)
        return folded


_FOLDS = _Folds()
_ASCII_FOLDS = {code: _fold_character(chr(code)) for code in range(128)}
_SEVERAL = "\x01"
"""Where a byte would become several: a symbol, which is a word of its own."""
_ASCII_BYTES = bytes(ord(fold if len(fold) == 1 else _SEVERAL) for fold in _ASCII_FOLDS.values()).ljust(256)
"""The same byte by byte, which takes half the time."""


# --- replies and changes ---------------------------------------------------------------------------------


def normalise_reply(text: str) -> str:
    """The form in which two replies are compared: NFC, LF, no blanks at line ends or around the text.

    What Apple echoes may be trimmed or recomposed and is still ours.
    """
    lines = _LINE_BREAK.sub("\n", unicodedata.normalize("NFC", text)).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def content_digest(rating: int | None, title: str, body: str) -> bytes:
    """SHA-256 over what a customer can change: Apple gives no edit date, so a change shows here."""
    import hashlib

    content = f"{rating}\x00{title}\x00{body}"
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()


def content_hash(rating: int | None, title: str, body: str) -> str:
    """`content_digest` in hex."""
    return content_digest(rating, title, body).hex()


def shortened(words: str, limit: int = 60) -> str:
    """`words` on one line, for a sentence: at most `limit` characters."""
    words = " ".join(words.split())
    return words if len(words) <= limit else words[: limit - 1] + "…"


def sentences(*parts: str) -> str:
    """What a person reads of an error, in one line: a part without an end of its own gets a full stop."""
    said = [part.strip() for part in parts if part.strip()]
    ended = [part if part[-1] in ".!?:)" else f"{part}." for part in said[:-1]]
    return " ".join([*ended, *said[-1:]])
