"""The three standard streams: there, whatever the program was started with, and written out at its end.

Imports nothing that a quick command would have to wait for.
"""

from __future__ import annotations

import io
import os
import sys

# Not from typing, which brings `re` along: longer to import than `--version` otherwise takes.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, TextIO

    from ascinbox.core.errors import OutputLost

BROKEN_PIPE = 141


class Stdout(io.TextIOWrapper):
    """Standard output. Raises OutputLost where it cannot be written, and BrokenPipeError as ever."""

    def write(self, text: str, /) -> int:
        """See `TextIOWrapper`."""
        try:
            return super().write(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _lost(error) from None

    def flush(self) -> None:
        """See `TextIOWrapper`."""
        try:
            super().flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _lost(error) from None


def prepare() -> None:
    """Opens /dev/null in place of each standard stream that is closed, and makes stdout a `Stdout`.

    Without the first the next file to be opened, such as a database, would get the stream's number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is not None:
            continue
        descriptor = os.open(os.devnull, os.O_RDWR)
        if standard := descriptor <= 2:
            # What is started from here inherits the standard streams.
            os.set_inheritable(descriptor, True)
        _put(name, open(descriptor, mode, encoding="utf-8", closefd=not standard))  # noqa: SIM115
    given = sys.stdout
    if given is sys.__stdout__ and type(given) is io.TextIOWrapper:
        encoding, errors = given.encoding, given.errors
        lines, through = given.line_buffering, given.write_through
        stdout = Stdout(given.detach(), encoding, errors, "\n", line_buffering=lines, write_through=through)
        _put("stdout", stdout)


def written_out(work: Callable[[], int]) -> int:
    """Does a command's work and writes its output out; its exit code, or another where the output is lost."""
    try:
        code = work()
        sys.stdout.flush()
    except BrokenPipeError:
        code = BROKEN_PIPE
        drop(sys.stdout)
    except Exception as error:
        from contextlib import suppress

        from ascinbox.core.errors import OutputLost

        if not isinstance(error, OutputLost):
            raise
        code = error.exit_code
        drop(sys.stdout)
        with suppress(OSError):
            sys.stderr.write(f"ascinbox: {error.title}\n  {error.detail}\n")
    try:
        sys.stderr.flush()
    except OSError:
        drop(sys.stderr)
    return code


def drop(stream: TextIO) -> None:
    """Lets what the stream still holds go nowhere: the interpreter flushes it at exit."""
    from contextlib import suppress

    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _put(name: str, stream: IO[str]) -> None:
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)


def _lost(error: OSError) -> OutputLost:
    from ascinbox.core.errors import OutputLost

    return OutputLost(
        "Standard output cannot be written.", f"{error.strerror or error}. What was printed is not complete."
    )
