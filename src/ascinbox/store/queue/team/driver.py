"""psycopg, where it is installed, and values as it can be given them."""

from __future__ import annotations

import json
import re
from typing import Any

from ascinbox.store.queue.team import errors

_SURROGATES = re.compile("[\ud800-\udfff]")


def driver() -> Any:
    """psycopg; TeamError where it is not installed."""
    try:
        import psycopg
    except ImportError:
        raise errors.missing_psycopg() from None
    return psycopg


def as_json(value: Any) -> Any:
    """The value as a parameter of type jsonb, without what PostgreSQL cannot store."""
    from psycopg.types.json import Jsonb

    return Jsonb(value, dumps=_dumps)


def _dumps(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # Few texts need it, and looking through the whole is much quicker than through each part.
    if "\\u0000" in text or _SURROGATES.search(text):
        text = json.dumps(sound(value), ensure_ascii=False)
    return text


def is_json(value: Any) -> bool:
    """Whether a value goes as jsonb."""
    if isinstance(value, dict):
        return True
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict | list)


def sound(value: Any) -> Any:
    """The value without what PostgreSQL cannot store: NUL and lone halves of characters."""
    match value:
        case str():
            return sound_text(value)
        case dict():
            return {key: sound(each) for key, each in value.items()}
        case list() | tuple():
            return [sound(each) for each in value]
        case _:
            return value


def sound_text(text: str) -> str:
    """Looking at a large text by its encoding is ten times as quick as by an expression."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = _SURROGATES.sub("\ufffd", text)
    return text.replace("\x00", "")
