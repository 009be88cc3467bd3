"""Being a service: readiness for systemd, and a clean end on TERM."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any


def notify(message: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Sends `message` (`READY=1`, `STATUS=…`, `STOPPING=1`) to `NOTIFY_SOCKET`; False without one.

    Source: sd_notify(3); an address that begins with @ is in the abstract namespace.
    """
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.connect(address)
        channel.sendall(message.encode())
        return True
    return False


class Ending:
    """Which signal asked for the end; None as long as none has."""

    def __init__(self) -> None:
        self.signal: int | None = None


@contextmanager
def ends_on_signals(stop: threading.Event) -> Iterator[Ending]:
    """TERM, HUP and INT set `stop` while the block runs; what they did before is put back."""
    ending = Ending()

    def end(number: int, _frame: Any) -> None:
        ending.signal = number
        stop.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
