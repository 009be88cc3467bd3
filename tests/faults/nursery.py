"""A process with everything imported that forks children on request: they start in milliseconds.

multiprocessing's fork server runs the test runner's main module again in each child, which takes longer than
the children live here. The nursery has one thread, so its forks are sound.
"""

from __future__ import annotations

import importlib
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
_SIZE = struct.Struct("!I")


def _send(pipe: IO[bytes], value: Any) -> None:
    data = pickle.dumps(value)
    pipe.write(_SIZE.pack(len(data)) + data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Any:
    head = pipe.read(_SIZE.size)
    if len(head) < _SIZE.size:
        raise EOFError
    return pickle.loads(pipe.read(_SIZE.unpack(head)[0]))


@dataclass
class Child:
    """One forked child."""

    pid: int
    nursery: Nursery
    code: int | None = None
    """Its exit code once it has ended; negative for a signal."""

    def signal(self, number: int) -> None:
        """Sends a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL, and waits for its end."""
        if self.code is None:
            with suppress(ProcessLookupError):
                self.signal(signal.SIGKILL)
            self.join()

    def join(self, limit_s: float = 30.0) -> int:
        """Waits for its end and returns the exit code; TimeoutError after `limit_s`."""
        until = time.monotonic() + limit_s
        while self.code is None:
            self.code = self.nursery.ask("poll", self.pid)
            if self.code is None:
                if time.monotonic() > until:
                    raise TimeoutError(f"child {self.pid} goes on")
                time.sleep(0.005)
        return self.code


class Nursery:
    """The test's end. Close it: children that still run are killed then.

    `preload` names the modules that are imported once for all children; without any, those of the rigs.
    """

    def __init__(self, preload: Sequence[str] = ()) -> None:
        self._asking = threading.Lock()
        self._preload = preload
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, what: str, *args: Any) -> Any:
        """One request, one answer. Thread-safe. The first starts the process."""
        with self._asking:
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", "from tests.faults.nursery import serve; serve()", *self._preload],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            _send(self._process.stdin, (what, args))
            return _receive(self._process.stdout)

    def fork(self, work: Callable[..., None], *args: Any) -> Child:
        """Runs `work(*args)`, a function of a module, in a new child."""
        return Child(self.ask("fork", work, args), self)

    def close(self) -> None:
        if self._process is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()


def serve() -> None:
    """The nursery's end: forks and waits until its input ends."""
    names = sys.argv[1:]
    if not names:
        from tests.faults.children import PRELOAD

        names = PRELOAD
    for name in names:
        importlib.import_module(name)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    alive: set[int] = set()
    while True:
        try:
            what, args = _receive(requests)
        except EOFError:
            break
        if what == "fork":
            pid = _fork(*args)
            alive.add(pid)
            _send(answers, pid)
        else:
            done, status = os.waitpid(args[0], os.WNOHANG)
            alive.discard(done)
            _send(answers, os.waitstatus_to_exitcode(status) if done else None)
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _fork(work: Callable[..., None], args: tuple[Any, ...]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        work(*args)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
