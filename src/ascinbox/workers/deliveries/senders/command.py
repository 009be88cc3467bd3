"""A program of the person's own: the event as one line of JSON on its standard input.

It is started without a shell, in a session of its own, with an environment in which no secret is. Exit code 0
has it; anything else is tried again later, so it should act on an id (`id` in the JSON) once.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from ascinbox.core.deliveries.events import body_of
from ascinbox.core.deliveries.messages import OutgoingMessage
from ascinbox.core.deliveries.rules import Destination
from ascinbox.core.deliveries.states import TryOutcome, TryResult
from ascinbox.core.text import clean_line
from ascinbox.workers.deliveries.senders import SenderTools
from ascinbox.workers.deliveries.senders.http import SAID, as_json

PASSED_ON = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
)
"""Variables that a program needs to run; the others may hold what is none of its business."""


def send(
    message: OutgoingMessage, destination: Destination, _reached: tuple[str, ...], tools: SenderTools
) -> TryOutcome:
    """See `MessageSender`."""
    try:
        arguments = list(destination.command) or shlex.split(tools.secret(destination.url))
    except ValueError:
        return TryOutcome(TryResult.REFUSED, "the stored command cannot be read")
    line = as_json(body_of(message.events[0], message.id)) + b"\n"
    environ = {name: tools.environ[name] for name in PASSED_ON if name in tools.environ}
    try:
        program = subprocess.Popen(  # noqa: S603  (the person's own program, no shell)
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environ,
            cwd=Path.home(),
            start_new_session=True,
        )
    except (OSError, IndexError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) and error.strerror else "it cannot be started"
        return TryOutcome(TryResult.REFUSED, f"the program: {words}")
    try:
        _, said = program.communicate(line, timeout=tools.deadline_s)
    except subprocess.TimeoutExpired:
        return TryOutcome(TryResult.LOST, f"the program was ended after {tools.deadline_s:.0f} s")
    finally:
        _end(program)
    if program.returncode == 0:
        return TryOutcome(TryResult.SENT, "exit code 0")
    words = clean_line(said[-2_000:].decode("utf-8", "replace"))[:SAID]
    return TryOutcome(TryResult.AGAIN, f"exit code {program.returncode} {words}".strip())


def _end(program: subprocess.Popen[bytes]) -> None:
    """Ends the program and what it has started, if it still runs."""
    if program.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()
    for stream in (program.stdin, program.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()
