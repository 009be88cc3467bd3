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
        _set_variables(environ)
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        _set_variables(variables)
        os.umask(umask_before)


def _set_variables(wanted: Mapping[str, str]) -> None:
    """Only what differs is written: the system is told of each variable on its own."""
    here = dict(os.environ)
    for name in here.keys() - wanted.keys():
        del os.environ[name]
    for name, value in wanted.items():
        if here.get(name) != value:
            os.environ[name] = value


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.detach()
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8", "strict").replace("\r\n", "\n")
