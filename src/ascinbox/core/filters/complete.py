"""What could be written at the cursor. Works on any text, also on one that does not parse (yet)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ascinbox.core.filters.keys import KEYS, Key, find_key
from ascinbox.core.filters.tokens import RawTerm, split
from ascinbox.core.filters.tree import quoted
from ascinbox.core.reviews import territories
from ascinbox.core.reviews.language import LANGUAGES
from ascinbox.core.text import fold


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing that can be put at the cursor."""

    text: str
    """What a list of options shows."""
    insert: str
    """What goes into the query."""
    meaning: str = ""
    count: int | None = None
    """How many reviews it would leave, if known."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What is being written at the cursor, and the part of the query that an option replaces."""

    key: Key | None
    """The key whose value is being written; None while a key (or a bare word) is."""
    typed: str
    start: int
    end: int
    used: frozenset[str] = frozenset()
    """Values that the same term has already, in lower case."""

    def options(self, counts: Mapping[str, int | None] | None = None) -> tuple[Suggestion, ...]:
        """What fits what was typed, most frequent first.

        `counts` are the key's values that the store knows (apps, tags, alpha-3 codes …) with how many
        reviews each has; fixed values take their counts from it too.
        """
        if self.key is None:
            return self._keys()
        known: dict[str, str] = dict(self.key.fixed)
        counts = counts or {}
        for value in counts:
            known.setdefault(value, _meaning(self.key.name, value))
        wanted = fold(self.typed).rstrip()
        fitting = [
            Suggestion(
                value, value if value in dict(self.key.fixed) else quoted(value), meaning, counts.get(value)
            )
            for value, meaning in known.items()
            if value.lower() not in self.used
            and (
                value.lower().startswith(self.typed.lower())
                or (wanted and any(wanted in fold(name) for name in _names(self.key.name, value, meaning)))
            )
        ]
        return tuple(sorted(fitting, key=lambda option: -(option.count or 0)))

    def _keys(self) -> tuple[Suggestion, ...]:
        typed = self.typed.lower()
        keys = [Suggestion(f"{k.name}:", f"{k.name}:", k.meaning) for k in KEYS if k.name.startswith(typed)]
        if len(typed) < 2:
            return tuple(keys)
        states = find_key("is")
        assert states is not None
        return tuple(keys) + tuple(
            Suggestion(f"is:{word}", f"is:{word}", meaning)
            for word, meaning in states.fixed
            if word.startswith(typed)
        )

    def apply(self, text: str, option: Suggestion) -> tuple[str, int]:
        """The query with `option` put in, and where the cursor then is."""
        insert = option.insert
        if not insert.endswith(":") and self.end >= len(text):
            insert += " "
        return text[: self.start] + insert + text[self.end :], self.start + len(insert)


def complete(text: str, cursor: int) -> Completion | None:
    """What is being written at `cursor`; None inside a phrase, where nothing can be offered."""
    cursor = max(0, min(cursor, len(text)))
    raw = next((term for term in split(text) if term.start <= cursor <= term.end), None)
    if raw is None:
        return Completion(None, "", cursor, cursor)
    word_start = raw.values[0].start - (len(raw.key) + 1 if raw.key else 0)
    if cursor < word_start:
        return None
    if raw.key is None:
        value = raw.values[0]
        if value.quoted or len(raw.values) > 1:
            return None
        return Completion(None, text[word_start:cursor], word_start, raw.end)
    key_end = word_start + len(raw.key) + 1
    if cursor < key_end:
        return Completion(None, text[word_start:cursor], word_start, key_end)
    return _value(text, cursor, raw)


def _value(text: str, cursor: int, raw: RawTerm) -> Completion | None:
    key = find_key(raw.key or "")
    if key is None:
        return None
    value = next(value for value in raw.values if value.start <= cursor <= value.end)
    used = frozenset(other.text.lower() for other in raw.values if other is not value and other.text)
    typed = text[value.start : cursor].replace("\\", "").replace('"', "").lstrip()
    return Completion(key, typed, value.start, value.end, used)


def _meaning(key: str, value: str) -> str:
    match key:
        case "territory":
            return territories.name(value)
        case "lang":
            return LANGUAGES.get(value, "")
        case _:
            return ""


def _names(key: str, value: str, meaning: str) -> tuple[str, ...]:
    match key:
        case "territory":
            return (value, territories.alpha2(value), meaning)
        case "lang":
            return (value, meaning)
        case _:
            return (value,)
