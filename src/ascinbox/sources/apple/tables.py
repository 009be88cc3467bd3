"""Reads a downloaded report file row by row: packed or not, tab or comma, columns by name.

Nothing here trusts the file: a cut stream, a row with another number of cells and a missing column are
each an error that names what is wrong, so that nothing of a broken file is ever stored.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, BinaryIO, cast

from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.core.metrics.reports import Column
from ascinbox.sources.http.bodies import REPORT_CAP, BodyProblem, gunzip

GZIP_MAGIC = b"\x1f\x8b"
LONGEST_CELL = 100_000
LONGEST_LINE = 1 << 20
"""Characters of a row; a file without line breaks must not be held whole."""
FEWEST_TABS = 3
"""So many in a line tell a table that is separated by tabs."""
MOST_LEAD = 12
"""Lines that are looked at to find out what separates the cells."""
_READ = 1 << 16

Row = tuple[str, ...]


def open_table(file: BinaryIO) -> Iterator[list[str]]:
    """Every line of a report as cells; unpacks gzip, strips a byte order mark, finds the separator."""
    head = file.read(2)
    file.seek(0)
    plain = io.BufferedReader(_Unpacked(file), _READ) if head == GZIP_MAGIC else file
    text = io.TextIOWrapper(plain, "utf-8-sig", "replace", newline="")
    try:
        lead = _lead(text)
        first = lead[0]
        if first.lstrip().startswith("<"):
            raise UnexpectedAnswer(
                "The report is a web page, not a table.",
                "",
                "Something between this machine and Apple answers instead (captive portal, proxy).",
            )
        lines = _lines(lead, text)
        csv.field_size_limit(LONGEST_CELL)
        tabs = any(line.count("\t") >= FEWEST_TABS for line in lead)
        if tabs or "\t" in first or "," not in first:
            yield from csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        else:
            yield from csv.reader(lines)
    except (BodyProblem, csv.Error) as error:
        raise UnexpectedAnswer(
            "The report file is damaged or cut short.", str(error), "It is fetched again with the next sync."
        ) from None


def pick(header: Sequence[str], columns: Sequence[Column]) -> Callable[[Sequence[str]], Row]:
    """A function that takes a row's cells in the order of `columns`; optional ones may be absent ("")."""
    places: dict[str, int] = {}
    for index, name in enumerate(header):
        # Of a column that is there twice the first counts.
        places.setdefault(heading(name), index)
    found: list[int | None] = []
    for column in columns:
        known = (heading(name) for name in column.names)
        place = next((places[name] for name in known if name in places), None)
        if place is None and column.required:
            raise UnexpectedAnswer(
                f"The report has no column {column.names[0]!r}.",
                "Its columns are: " + ", ".join(name.strip()[:40] for name in header[:40]),
                "Apple changed the report; the days affected are left out until ascinbox knows it.",
            )
        found.append(place)
    if None not in found and len(found) > 1:
        return cast("Callable[[Sequence[str]], Row]", itemgetter(*cast("list[int]", found)))
    return lambda row: tuple("" if place is None else row[place] for place in found)


def heading(name: str) -> str:
    """A column's name without case, spaces and signs, as in `ISRC / ISBN` and `Total_Rows`."""
    return "".join(filter(str.isalnum, name.casefold()))


def check_width(row: Sequence[str], header: Sequence[str], line: int) -> None:
    """Raises when a row has another number of cells than the header (a body cut in a row)."""
    if len(row) != len(header):
        raise UnexpectedAnswer(
            "The report file is cut or garbled.",
            f"Row {line} has {len(row)} cells, the header has {len(header)}.",
            "It is fetched again with the next sync.",
        )


def _lead(text: io.TextIOWrapper) -> list[str]:
    """The first lines, up to one that has tabs: a finance file begins with lines of its own."""
    lead = [text.readline(LONGEST_LINE)]
    while lead[-1] and lead[-1].count("\t") < FEWEST_TABS and len(lead) < MOST_LEAD:
        lead.append(text.readline(LONGEST_LINE))
    return lead


def _lines(lead: Sequence[str], text: io.TextIOWrapper) -> Iterator[str]:
    """The lines of `lead` and every further one of `text`, none of them of any length."""
    for line in chain(lead, iter(lambda: text.readline(LONGEST_LINE), "")):
        if not line:
            return
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise BodyProblem("a line of it has no end", repeatable=False)
        yield line


class _Unpacked(io.RawIOBase):
    """A gzip file unpacked under the caps of every other body: a report may be packed twice."""

    def __init__(self, file: BinaryIO) -> None:
        self._pieces = gunzip(iter(lambda: file.read(_READ), b""), REPORT_CAP)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """As io.RawIOBase. Raises BodyProblem."""
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        taken, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)
