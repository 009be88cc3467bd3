"""Where in a TOML file something stands, for sentences that name line and column."""

from __future__ import annotations

import re


def place(text: str, table: str, index: int, key: str, offset: int = 0) -> str:
    """`line:column` of a key's value in the index-th `[[table]]`, `offset` characters into a quoted value; of
    the table's header when the key is not there."""
    seen = -1
    header = 1
    opens = re.compile(rf"\s*\[\[\s*{re.escape(table)}\s*\]\]")
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*\[", line) and not opens.match(line):
            if seen == index:
                break
        elif opens.match(line):
            seen += 1
            if seen > index:
                break
            header = number
        elif seen == index and key:
            found = re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=\s*[\"']?", line)
            if found:
                return f"{number}:{found.end() + 1 + offset}"
    return f"{header}:1"


_KEY = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\'[^\']*\'|[\w-]+)\s*=\s*')
_QUOTES = ("'", '"')


def place_in(text: str, table: str, key: str, offset: int = 0, *, in_key: bool = False) -> str:
    """`line:column` of the value of a key in `[table]`, or with `in_key` of the key, `offset` characters into
    it; of the table's header when the key is not there."""
    header, inside = 1, False
    opens = re.compile(rf"\s*\[\s*{re.escape(table)}\s*\]")
    for number, line in enumerate(text.splitlines(), 1):
        if opens.match(line):
            header, inside = number, True
        elif re.match(r"\s*\[", line):
            inside = False
        elif inside and (found := _KEY.match(line)) and _plain(found[1]) == key:
            start = found.start(1) if in_key else found.end()
            return f"{number}:{start + 1 + offset + line.startswith(_QUOTES, start)}"
    return f"{header}:1"


def _plain(key: str) -> str:
    """A key without its quotes and backslashes."""
    if key[0] == "'":
        return key[1:-1]
    return re.sub(r"\\(.)", r"\1", key[1:-1]) if key[0] == '"' else key
