"""CSV that a spreadsheet shows and never computes (OWASP ASVS 1.2.10)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

# A spreadsheet may skip white space and invisible characters before it looks for a formula.
_FORMULA = re.compile(
    "[\\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*"
    "[\t\r\x00=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"
)
_RETURN = re.compile("\r\n?")


class _Sink(Protocol):
    def write(self, text: str, /) -> object: ...


def safe_text(text: str) -> str:
    """`text`, with a `'` before it when a spreadsheet could take it for a formula."""
    return "'" + text if _FORMULA.match(text) else text


def write_rows(
    file: _Sink,
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    text_columns: Collection[int],
    raw: bool = False,
) -> None:
    """Writes RFC 4180 with LF line ends, row by row.

    Cells in `text_columns` (indices) become formula-safe unless `raw`; all others are written as they are,
    so numbers stay numbers. None is an empty cell. Line breaks within a cell become LF.
    """
    import csv

    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(headers)
    for row in rows:
        writer.writerow(
            [_cell(value, guarded=index in text_columns and not raw) for index, value in enumerate(row)]
        )


def _cell(value: Any, *, guarded: bool) -> Any:
    if value is None:
        return ""
    if isinstance(value, str) or guarded:
        text = safe_text(str(value)) if guarded else value
        # The csv module quotes LF but not a lone CR, which its own reader then refuses.
        return _RETURN.sub("\n", text)
    return value
