"""Engines that stand in for real ones on loopback, and write down every byte that they are sent."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Sent:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)


@dataclass
class StandIn:
    """A server whose answer a test decides."""

    url: str
    requests: list[Sent] = field(default_factory=list)
    answer: Callable[[BaseHTTPRequestHandler, Sent], None] = lambda handler, _sent: plain(handler, {})


def plain(handler: BaseHTTPRequestHandler, data: object, status: int = 200) -> None:
    """A whole JSON answer."""
    raw(handler, json.dumps(data).encode(), status)


def raw(
    handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, length: int | None = None, kind: str = ""
) -> None:
    """Any answer, with a length that may be a lie."""
    handler.send_response(status)
    handler.send_header("Content-Type", kind or "application/json")
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def chat(content: str) -> dict[str, Any]:
    """A whole answer of a chat engine."""
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": content}}]}


def events(words: list[str], *, done: bool = True) -> bytes:
    """A streamed answer of a chat engine."""
    lines = [json.dumps({"choices": [{"index": 0, "delta": {"content": word}}]}) for word in words]
    return "".join(f"data: {line}\n\n" for line in [*lines, *(["[DONE]"] if done else [])]).encode()


def speaks(content: str) -> Callable[[BaseHTTPRequestHandler, Sent], None]:
    """Answers like a chat engine, streamed where that is asked for."""

    def answer(handler: BaseHTTPRequestHandler, sent: Sent) -> None:
        if sent.data.get("stream"):
            raw(
                handler,
                events([content[i : i + 7] for i in range(0, len(content), 7)]),
                kind="text/event-stream",
            )
        else:
            plain(handler, chat(content))

    return answer


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """A server on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            sent = Sent(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            found.requests.append(sent)
            self.close_connection = True
            # The other side may have heard enough.
            with suppress(OSError):
                found.answer(self, sent)

        def log_message(self, *_args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_args: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    found = StandIn(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
