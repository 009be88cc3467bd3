"""What is wrong or odd about the texts of a listing. Pure.

What Apple would refuse blocks a field; what is likely a mistake is told, and the person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ascinbox.core.listing.changes import ListingChange, normalized
from ascinbox.core.listing.fields import LANGUAGE, FieldKind, ListingField, Scope, field_of
from ascinbox.core.listing.records import ListingPart
from ascinbox.core.listing.states import state_of, why_not_editable
from ascinbox.core.replies.invisible import named

KEYWORD_BYTES = 100
"""Apple's help counts keywords in bytes, its form in characters: the one is told of, the other blocks."""
KEYWORD_LEAST = 3
"""Apple's help: each keyword has more than two characters."""

_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_HIDDEN = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
_PRICE = re.compile(r"[$€£¥₹]\s?\d|\d\s?[$€£¥₹]", re.UNICODE)
_BOAST = re.compile(r"\b(?:best|cheapest|number one|#\s?1|no\. ?1)\b", re.IGNORECASE)
_WORD = re.compile(r"\w+", re.UNICODE)


@dataclass(frozen=True, slots=True)
class ListingFinding:
    """Something about one field of one language."""

    name: str
    """Apple's attribute."""
    sentence: str
    blocks: bool = True
    """Whether it keeps the field from being sent."""


def measure(text: str) -> int:
    """Characters as Apple's limits count them."""
    return len(normalized(text))


def check_field(field: ListingField, text: str) -> Iterator[ListingFinding]:
    """What is wrong with one text by itself. An empty one is never wrong here: see `missing`."""
    text = normalized(text)
    if not text:
        return
    yield from _characters(field, text)
    count = len(text)
    has = "have" if field.kind is FieldKind.KEYWORDS else "has"
    if field.most and count > field.most:
        yield ListingFinding(
            field.name, f"{field.title} {has} {count:,} characters; Apple takes {field.most:,}."
        )
    elif count < field.least:
        yield ListingFinding(
            field.name,
            f"{field.title} {has} {count} character{'' if count == 1 else 's'}; Apple wants {field.least}.",
        )
    match field.kind:
        case FieldKind.LINE | FieldKind.CATEGORY if "\n" in text:
            yield ListingFinding(field.name, f"{field.title} has more than one line.")
        case FieldKind.URL:
            yield from _url(field, text)
        case FieldKind.KEYWORDS:
            yield from _keywords(field, text)
        case FieldKind.TEXT if field.scope is Scope.VERSION and _PRICE.search(text):
            yield ListingFinding(
                field.name, f"{field.title} names a price, which is wrong in most countries.", blocks=False
            )
    boast = _BOAST.search(text) if field.kind is FieldKind.LINE and field.localized else None
    if boast:
        yield ListingFinding(
            field.name, f"{field.title} boasts ({boast[0]!r}); App Review may refuse it.", blocks=False
        )


def _characters(field: ListingField, text: str) -> Iterator[ListingFinding]:
    control = _CONTROL.search(text)
    if control:
        yield ListingFinding(field.name, f"{field.title} holds a control character ({named(control[0])}).")
    hidden = _HIDDEN.search(text)
    if hidden:
        yield ListingFinding(
            field.name,
            f"{field.title} holds a character that nobody sees ({named(hidden[0])}).",
            blocks=False,
        )


def _url(field: ListingField, text: str) -> Iterator[ListingFinding]:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        parts, host = None, None
    if parts is None or parts.scheme not in ("http", "https") or not host or re.search(r"\s", text):
        yield ListingFinding(field.name, f"{field.title} is no address of the web (https://…).")
    elif parts.scheme == "http":
        yield ListingFinding(field.name, f"{field.title} is not https.", blocks=False)


def _keywords(field: ListingField, text: str) -> Iterator[ListingFinding]:
    size = len(text.encode("utf-8", "replace"))
    if size > KEYWORD_BYTES and len(text) <= field.most:
        yield ListingFinding(
            field.name,
            f"Keywords have {size} bytes ({len(text)} characters); Apple's help says {KEYWORD_BYTES} bytes.",
            blocks=False,
        )
    words = [word.strip() for word in re.split("[,，、،]", text)]
    seen: set[str] = set()
    for word in words:
        folded = word.casefold()
        if folded and folded in seen:
            yield ListingFinding(field.name, f"The keyword {word!r} is there twice.", blocks=False)
        elif word and word.isascii() and len(word) < KEYWORD_LEAST:
            yield ListingFinding(
                field.name, f"The keyword {word!r} is shorter than {KEYWORD_LEAST} letters.", blocks=False
            )
        seen.add(folded)


def check_language(values: Mapping[tuple[Scope, str], str]) -> Iterator[ListingFinding]:
    """What is wrong with the texts of one language together: each by itself, then repeated words."""
    for (scope, name), text in values.items():
        yield from check_field(field_of(scope, name), text)
    yield from _repeated(values)


def _repeated(values: Mapping[tuple[Scope, str], str]) -> Iterator[ListingFinding]:
    """Words that name, subtitle and keywords share: the App Store searches all three, so one is wasted."""
    title = _words(values.get((Scope.INFO, "name"), ""))
    subtitle = _words(values.get((Scope.INFO, "subtitle"), ""))
    keywords = _words(values.get((Scope.VERSION, "keywords"), ""))
    for word in sorted(subtitle & title):
        yield ListingFinding("subtitle", f"The name has {word!r} already.", blocks=False)
    for word in sorted(keywords & (title | subtitle)):
        where = "name" if word in title else "subtitle"
        yield ListingFinding("keywords", f"The {where} has {word!r} already.", blocks=False)


def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(text) if len(word) >= KEYWORD_LEAST)


def missing(field: ListingField, text: str, *, first_version: bool = False) -> bool:
    """Whether App Review would miss it: what is required, and "what's new" from the second version on."""
    if normalized(text):
        return False
    return field.required or (field.name == "whatsNew" and not first_version)


def untranslated(field: ListingField, text: str, primary: str) -> bool:
    """Whether a language repeats the text of the primary language, which is rarely meant for sentences."""
    if field.kind is not FieldKind.TEXT or not field.localized:
        return False
    return bool(normalized(text)) and normalized(text) == normalized(primary)


def why_not_sent(change: ListingChange, part: ListingPart, *, first_version: bool = False) -> str:
    """Why a change of this part would be refused: its state, a limit, what Apple never takes; "" if not."""
    new = change.locale and part.localization(change.locale) is None
    if new and not state_of(part.scope, part.state).languages:
        return f"No language can be added now: it is {state_of(part.scope, part.state).words}."
    if change.name == LANGUAGE:
        return ""
    why = why_not_editable(change.field, part.state)
    if why:
        return why
    if change.name == "whatsNew" and first_version:
        return "An app's first version has no “What's new”."
    return next((one.sentence for one in check_field(change.field, change.mine) if one.blocks), "")
