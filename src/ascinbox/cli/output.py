"""Data to stdout, words to stderr: JSON, CSV and plain tables over cleaned text."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TextIO

from ascinbox.core.errors import AscinboxError
from ascinbox.core.shellwords import in_shell


class Output:
    """Where a command's answers go."""

    def __init__(
        self, stdout: TextIO | None = None, stderr: TextIO | None = None, *, quiet: bool = False
    ) -> None:
        self.stdout = stdout or sys.stdout
        self.stderr = stderr or sys.stderr
        self.quiet = quiet

    @property
    def at_terminal(self) -> bool:
        """Whether a person looks at stdout."""
        return self.stdout.isatty()

    @property
    def stderr_at_terminal(self) -> bool:
        """Whether progress lines make sense."""
        return self.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def line(self, text: str = "") -> None:
        """One line of data, made harmless."""
        print(plain(text), file=self.stdout)

    def text(self, text: str) -> None:
        """Several lines of data, each made harmless."""
        for line in text.split("\n"):
            self.line(line)

    def words(self, text: str) -> None:
        """One line for the person; lost where stderr cannot be written."""
        try:
            print(plain(text), file=self.stderr, flush=True)
        except BrokenPipeError:
            raise
        except OSError:
            return

    def error(self, error: AscinboxError) -> None:
        """The title, the evidence, the next step: a line each."""
        self.words(f"ascinbox: {error.title}")
        for part in (error.detail, in_shell(error.next_step)):
            for line in part.splitlines():
                self.words(f"  {line}")

    def json(
        self, schema: str, payload: Mapping[str, Any], *, generated_at: datetime, cache_age_s: int | None
    ) -> None:
        """One object, ASCII-escaped, so no foreign character reaches a terminal raw.

        `schema` is such as `ascinbox.sync/1`; `cache_age_s` is null when nothing was ever synced.
        """
        import json

        from ascinbox.core.clock import iso

        document = {
            "schema": schema,
            "generated_at": iso(generated_at),
            "cache_age_s": cache_age_s,
            **payload,
        }
        json.dump(document, self.stdout, indent=2, allow_nan=False)
        self.stdout.write("\n")

    def table(
        self, headers: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()
    ) -> None:
        """Aligned columns. At a terminal the last one is cut at its width; piped, nothing is cut."""
        cells = [[plain(cell) for cell in row] for row in rows]
        table = [list(headers), *cells]
        widths = [max(cell_width(row[i]) for row in table) for i in range(len(headers))]
        aligned_right = set(right)
        limit = self.columns
        for row in table:
            parts = [
                pad(cell, widths[i], right=i in aligned_right)
                if i < len(row) - 1 or i in aligned_right
                else cell
                for i, cell in enumerate(row)
            ]
            self.line(cut("  ".join(parts).rstrip(), limit) if limit else "  ".join(parts).rstrip())

    def csv(
        self, headers: Sequence[str], rows: Iterable[Sequence[Any]], *, text_columns: Iterable[int], raw: bool
    ) -> None:
        """RFC 4180 with LF; text columns are made formula-safe unless `raw`."""
        from ascinbox.core.csvsafe import write_rows

        write_rows(self.stdout, headers, rows, text_columns=frozenset(text_columns), raw=raw)

    @property
    def columns(self) -> int | None:
        """The terminal's width; None when stdout is none."""
        if not self.at_terminal:
            return None
        try:
            return os.get_terminal_size(self.stdout.fileno()).columns or None
        except OSError:
            return None


class ProgressLine:
    """A line on stderr that is rewritten while long work goes on; silent without a terminal."""

    def __init__(self, output: Output) -> None:
        self._stream = output.stderr
        self._on = output.stderr_at_terminal and not output.quiet
        self._shown = 0

    def show(self, text: str) -> None:
        """Replaces what was shown."""
        if not self._on:
            return
        text = cut(plain(text), 78)
        self._stream.write("\r" + text + " " * max(0, self._shown - cell_width(text)))
        self._stream.flush()
        self._shown = cell_width(text)

    def clear(self) -> None:
        """Takes the line away."""
        if self._on and self._shown:
            self._stream.write("\r" + " " * self._shown + "\r")
            self._stream.flush()
            self._shown = 0


def plain(text: str) -> str:
    """The last filter before a terminal: one line, no control characters, whatever came in."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _JOINERS else " " if c.isspace() else "\ufffd" for c in text)


_JOINERS = "\u200c\u200d"


def cell_width(text: str) -> int:
    """Terminal columns: 2 for wide East Asian and most emoji, 0 for marks above or below a letter."""
    if text.isascii():
        return len(text)
    return sum(_width(c) for c in text)


def _width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def pad(text: str, width: int, *, right: bool = False) -> str:
    """`text` filled with blanks to `width` columns."""
    blanks = " " * max(0, width - cell_width(text))
    return blanks + text if right else text + blanks


def cut(text: str, width: int) -> str:
    """`text` in at most `width` columns, an ellipsis where something is missing."""
    if cell_width(text) <= width:
        return text
    used, kept = 0, []
    for character in text:
        used += _width(character)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"
