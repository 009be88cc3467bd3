"""Cuts a query into raw terms. Never fails: an open quote is reported, not raised, for completion's sake."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ascinbox.core.text import blank_out

_KEY = re.compile(r"([A-Za-z][A-Za-z_-]*):")


@dataclass(frozen=True, slots=True)
class RawValue:
    """One of the comma-separated values of a term, unescaped, with its place in the query."""

    text: str
    quoted: bool
    start: int
    end: int

    def __str__(self) -> str:
        """For messages: the text, not longer than a message can bear."""
        return self.text if len(self.text) <= 40 else self.text[:39] + "…"


@dataclass(frozen=True, slots=True)
class RawTerm:
    """What stands between two blanks: `[-][key:]value[,value…]`."""

    negated: bool
    key: str | None
    """As written, lower case, without the colon."""
    values: tuple[RawValue, ...]
    """At least one, possibly empty."""
    start: int
    end: int
    open_quote: int | None
    """Where a quote begins that is never closed."""


def split(text: str) -> tuple[RawTerm, ...]:
    """All raw terms of a query. Positions are those of `text`; control characters count as blanks."""
    text = blank_out(text)
    terms: list[RawTerm] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        term = _read_term(text, position)
        terms.append(term)
        position = term.end
    return tuple(terms)


def _read_term(text: str, start: int) -> RawTerm:
    position = _skip_commas(text, start)
    negated = text[position : position + 1] == "-"
    position = _skip_commas(text, position + negated)
    key = _KEY.match(text, position)
    if key:
        position = key.end()
    values: list[RawValue] = []
    while True:
        value, open_quote = _read_value(text, position)
        values.append(value)
        position = value.end
        if position == len(text) or text[position] != ",":
            break
        position += 1
    return RawTerm(negated, key[1].lower() if key else None, tuple(values), start, position, open_quote)


def _skip_commas(text: str, position: int) -> int:
    while text[position : position + 1] == ",":
        position += 1
    return position


def _read_value(text: str, start: int) -> tuple[RawValue, int | None]:
    characters: list[str] = []
    position = start
    opened: int | None = None
    quoted = False
    while position < len(text):
        character = text[position]
        if character == '"':
            opened = position if opened is None else None
            quoted = True
        elif opened is not None and character == "\\" and text[position + 1 : position + 2] in ('"', "\\"):
            position += 1
            characters.append(text[position])
        elif opened is None and (character == "," or character.isspace()):
            break
        else:
            characters.append(character)
        position += 1
    return RawValue(" ".join("".join(characters).split()), quoted, start, position), opened
