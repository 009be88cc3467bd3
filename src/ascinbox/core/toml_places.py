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
