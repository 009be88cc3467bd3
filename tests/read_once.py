"""Reads all tests once, and makes the processes that run them: each is born with what was read.

A process that reads all tests by itself takes more than three seconds for it. So one process collects the
tests and then copies itself (`fork`) whenever pytest-xdist wants a process to run tests in.

python tests/read_once.py serve FD       the process that reads; it is asked by the socket that listens at FD
python tests/read_once.py ask PATH …     what xdist takes for an interpreter: hands all it has to a new copy
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STREAMS = 3
PART = 1 << 16
"""Bytes of a question that are read at once."""
LOOK_S = 1.0
"""So often the process that reads looks whether anybody is left who could ask."""


def serve(listener: socket.socket) -> None:
    """Reads the tests, then copies this process for each that asks, until it is ended or left alone."""
    import pytest

    parent = os.getppid()
    # As with `python -m pytest`; what is wrong with a test file, the copies find again and tell.
    sys.path[0] = str(ROOT)
    pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider"])
    signal.signal(signal.SIGTERM, end)
    listener.settimeout(LOOK_S)
    while os.getppid() == parent:
        try:
            asker, _ = listener.accept()
        except TimeoutError:
            continue
        with asker:
            text, streams, _, _ = socket.recv_fds(asker, PART, STREAMS)
            while part := asker.recv(PART):
                text += part
            if os.fork() == 0:
                listener.close()
                # The asker's socket stays open for as long as this process lives.
                run(json.loads(text), streams)
                os._exit(0)
            for stream in streams:
                os.close(stream)


def end(*_: object) -> None:
    """Ends this process; what the copies that have ended took counts as what it took."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    os._exit(0)


def run(asked: dict[str, Any], streams: list[int]) -> None:
    """Becomes the process that was asked for."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environ"])
    random.seed()
    sys.argv = ["-c"]
    sys.modules["__main__"] = main = ModuleType("__main__")
    exec(asked["code"], vars(main))


def ask(path: str, options: list[str]) -> None:
    """Has a copy made that runs the code after `-c`, with this process's streams, and ends when it does."""
    asked = {"folder": os.getcwd(), "environ": dict(os.environ), "code": options[options.index("-c") + 1]}  # noqa: PTH109
    with socket.socket(socket.AF_UNIX) as asker:
        asker.connect(path)
        text = json.dumps(asked).encode()
        asker.sendall(text[socket.send_fds(asker, [text], range(STREAMS)) :])
        asker.shutdown(socket.SHUT_WR)
        # Else nobody would see that the copy has closed them.
        os.closerange(0, STREAMS)
        with contextlib.suppress(ConnectionError):
            asker.recv(1)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(socket.socket(fileno=int(sys.argv[2])))
    else:
        ask(sys.argv[2], sys.argv[3:])
