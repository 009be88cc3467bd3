"""ascinbox in this process: through its public door, with streams, environment and umask of its own.

A process of its own costs half a second to a second of imports. Tests take one where the process is what
they test: signals, kills, several programs at once, closed streams, what a start imports.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from subprocess import CompletedProcess

from ascinbox.cli import main


def run_here(
    arguments: Sequence[str], environ: Mapping[str, str], stdin: str | None = None, *, umask: int = 0o022
) -> CompletedProcess[str]:
    """Runs one command to its end, as `subprocess.run` would with `environ` and captured text streams."""
    given = io.TextIOWrapper(io.BytesIO((stdin or "").encode()), "utf-8")
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n", write_through=True) for _ in range(2))
    with _standing_in(environ, umask, given, out, err):
        try:
            code = main(list(arguments))
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    return CompletedProcess(["ascinbox", *arguments], code, _text(out), _text(err))


@contextmanager
def _standing_in(environ: Mapping[str, str], umask: int, *streams: io.TextIOWrapper) -> Iterator[None]:
    before = (sys.stdin, sys.stdout, sys.stderr)
    variables = dict(os.environ)
    umask_before = os.umask(umask)
    try:
        sys.stdin, sys.stdout, sys.stderr = streams
        os.environ.clear()
        os.environ.update(environ)
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        os.environ.clear()
        os.environ.update(variables)
        os.umask(umask_before)


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.detach()
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8", "strict").replace("\r\n", "\n")
