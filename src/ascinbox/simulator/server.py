"""Puts a simulator on a loopback socket, in a thread or in the foreground."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ascinbox.simulator.asgi import CONNECTION, Receive, Scope, Send

HOST = "127.0.0.1"
GRACE_S = 1
"""How long a request may take whose answer has begun when the server is to end."""
LOOK_EVERY_S = 0.002
"""How often an ending server looks whether its answers are out."""


class Serves(Protocol):
    """A simulator, as an ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        ...


class _Protocol(H11Protocol):
    """Hands the transport to the simulator, which can then drop the connection as a network would."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        inner = self.app

        async def with_connection(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[CONNECTION] = transport
            await inner(scope, receive, send)

        self.app = with_connection


class _ThreadServer(uvicorn.Server):
    """A server that ends when it is told to, and as soon as its answers are out.

    uvicorn's own looks for that every tenth of a second and waits for a tenth more: longer than most tests.
    """

    _told: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def end(self) -> None:
        """Called from any thread: takes no more requests, finishes those that are being answered, ends."""
        self.should_exit = True
        if self._told is not None:
            loop, told = self._told
            # It may have ended by itself.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(told.set)

    async def main_loop(self) -> None:
        """Waits until `end` is called."""
        told = asyncio.Event()
        self._told = (asyncio.get_running_loop(), told)
        if not await self.on_tick(0):
            await told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends requests that are not answered within the time for it."""
        state = self.server_state
        for listener in self.servers:
            listener.close()
        for given in sockets or []:
            given.close()
        for connection in list(state.connections):
            connection.shutdown()
        ends_at = time.monotonic() + GRACE_S
        while (state.connections or state.tasks) and time.monotonic() < ends_at:
            await asyncio.sleep(LOOK_EVERY_S)
        for task in state.tasks:
            task.cancel()


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    """A simulator that listens."""

    url: str
    stop: Callable[[], None]
    """Ends the server and waits for it."""

    def __enter__(self) -> RunningSimulator:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def listen(port: int = 0) -> socket.socket:
    """A listening socket on the loopback; port 0 takes a free one. Raises OSError when the port is taken."""
    # asyncio turns Nagle's algorithm off only where the protocol is named; 40 ms an answer otherwise.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((HOST, port))
        made.listen(128)
    except OSError:
        made.close()
        raise
    return made


def url_of(listening: socket.socket) -> str:
    """The base URL of a listening socket."""
    return f"http://{HOST}:{listening.getsockname()[1]}"


def config_for(simulator: Serves) -> uvicorn.Config:
    """How uvicorn serves it: without logs and without headers of its own."""
    app: Any = simulator
    return uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE_S,
    )


def serve_in_thread(simulator: Serves, port: int = 0) -> RunningSimulator:
    """Serves in a daemon thread. Connections are accepted as soon as this returns."""
    listening = listen(port)
    server = _ThreadServer(config_for(simulator))
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listening]}, name="simulator", daemon=True
    )
    thread.start()

    def stop() -> None:
        server.end()
        thread.join(5)
        listening.close()

    return RunningSimulator(url_of(listening), stop)


def serve(simulator: Serves, listening: socket.socket) -> None:
    """Serves in this thread until TERM or INT."""
    uvicorn.Server(config_for(simulator)).run(sockets=[listening])
