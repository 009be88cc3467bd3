"""Query parameters: what a route takes, and Apple's refusal of everything else."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from ascinbox.simulator import problems
from ascinbox.simulator.vocabulary import FIELDS

MAX_PAGE = 200
"""Largest `limit` of every list (Apple's description)."""
DEFAULT_PAGE = 50
_SEAL = 12
"""Bytes of a cursor that show it was made here."""


@dataclass(frozen=True, slots=True)
class ParameterRule:
    """What one parameter takes. `words` None means any text; `number` is the largest integer instead."""

    words: frozenset[str] | None = None
    number: int | None = None
    required: bool = False


TEXT = ParameterRule()
FLAG = ParameterRule(words=frozenset(("true", "false")))
LIMIT = ParameterRule(number=MAX_PAGE)
SUB_LIMIT = ParameterRule(number=50)
"""`limit[relation]` of an included to-many relation."""

ParameterRules = Mapping[str, ParameterRule]


def one_of(*words: str, required: bool = False) -> ParameterRule:
    """A comma-joined list of these words."""
    return ParameterRule(words=frozenset(words), required=required)


def sort_by(*fields: str) -> ParameterRule:
    """`sort` by these fields, each also with `-`."""
    return one_of(*fields, *(f"-{name}" for name in fields))


def fields(*types: str) -> dict[str, ParameterRule]:
    """`fields[type]` for each resource type."""
    return {f"fields[{name}]": one_of(*FIELDS[name]) for name in types}


def paged(rules: ParameterRules) -> dict[str, ParameterRule]:
    """The rules of a list: with `limit` and the opaque `cursor` of `links.next`."""
    return {**rules, "limit": LIMIT, "cursor": TEXT}


@dataclass(frozen=True, slots=True)
class RequestQuery:
    """The checked parameters of one request."""

    values: Mapping[str, tuple[str, ...]]
    raw: tuple[tuple[str, str], ...]
    """As they came, for `links.self` and `links.next`."""

    def words(self, name: str) -> tuple[str, ...]:
        """The comma-separated values, empty when the parameter is absent."""
        return self.values.get(name, ())

    def flag(self, name: str) -> bool | None:
        """`true` or `false`, None when absent."""
        found = self.values.get(name)
        return None if found is None else found[0] == "true"

    def number(self, name: str, default: int) -> int:
        """An integer parameter."""
        found = self.values.get(name)
        return default if found is None else int(found[0])

    def chosen(self, kind: str) -> tuple[str, ...] | None:
        """`fields[kind]`, None when all fields are wanted."""
        return self.values.get(f"fields[{kind}]")


def read_query(query_string: bytes, rules: ParameterRules) -> RequestQuery:
    """Checks a query against the rules of its route.

    Raises `Problem` 400 for an unknown, repeated, malformed or missing parameter.
    """
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise problems.parameter_invalid("", "") from None
    values: dict[str, tuple[str, ...]] = {}
    for name, text in pairs:
        rule = rules.get(name)
        if rule is None:
            raise problems.parameter_illegal(name)
        if name in values:
            raise problems.parameter_invalid(name, text)
        values[name] = _checked(name, text, rule)
    for name, rule in rules.items():
        if rule.required and name not in values:
            raise problems.parameter_required(name)
    return RequestQuery(values, tuple(pairs))


def _checked(name: str, text: str, rule: ParameterRule) -> tuple[str, ...]:
    if rule.number is not None:
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= rule.number):
            raise problems.parameter_invalid(name, text)
        return (text,)
    if rule is FLAG:
        if text not in ("true", "false"):
            raise problems.parameter_invalid(name, text)
        return (text,)
    words = tuple(text.split(","))
    for word in words:
        if not word or (rule.words is not None and word not in rule.words):
            raise problems.parameter_invalid(name, word)
    return words


def cursor_of(offset: int, note: str = "") -> str:
    """An opaque cursor, as Apple's are: nothing can be read from it, and only `links.next` may be trusted.

    `note` makes another cursor for the same rows.
    """
    held = offset.to_bytes(6) + note.encode()
    return base64.urlsafe_b64encode(_seal(held) + held).rstrip(b"=").decode()


def _seal(held: bytes) -> bytes:
    return hashlib.blake2b(held, digest_size=_SEAL, key=b"cursor").digest()


def offset_of(query: RequestQuery) -> int:
    """The row a page starts at. Raises `Problem` 400 for a cursor that was not made here."""
    found = query.words("cursor")
    if len(found) > 1:
        raise problems.parameter_invalid("cursor", found[0])
    return offset_in(found[0]) if found else 0


def offset_in(cursor: str) -> int:
    """The row that a cursor names; 0 for the empty one. Raises `Problem` 400 as `offset_of`."""
    if not cursor:
        return 0
    try:
        text = cursor.encode("ascii")
        sealed = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        raise problems.parameter_invalid("cursor", cursor) from None
    seal, held = sealed[:_SEAL], sealed[_SEAL:]
    if len(held) < 6 or _seal(held) != seal:
        raise problems.parameter_invalid("cursor", cursor)
    return int.from_bytes(held[:6])
