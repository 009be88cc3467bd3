"""An HTTP server on loopback that does exactly what a test wrote down, and keeps a ledger of what it saw."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> str:
        return urlsplit(self.target).query

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back. `cut`: only so many bytes of the body; `end`: how the connection goes on."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    length: int | Literal["right"] | None = "right"
    chunked: bool = False
    cut: int | None = None
    end: Literal["keep", "fin", "rst"] = "keep"
    delay_s: float = 0.0
    drip_s: float = 0.0
    drip_head: bool = False
    raw: bytes | None = None
    silent: bool = False

    def with_headers(self, *pairs: tuple[str, str]) -> Reply:
        rest = {name: getattr(self, name) for name in self.__slots__ if name != "headers"}
        return Reply(headers=self.headers + pairs, **rest)

    def head(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} X"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
        elif self.length == "right":
            if self.status != 204:
                lines.append(f"Content-Length: {len(self.body)}")
        elif self.length is not None:
            lines.append(f"Content-Length: {self.length}")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"

    def payload(self) -> bytes:
        body = self.body
        if self.chunked:
            half = len(body) // 2
            parts = [part for part in (body[:half], body[half:]) if part]
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
        return body if self.cut is None else body[: self.cut]


JSON_TYPE = ("Content-Type", "application/json")


def reply_json(document: Any, status: int = 200, *headers: tuple[str, str], **how: Any) -> Reply:
    return Reply(status, json.dumps(document).encode(), (JSON_TYPE, *headers), **how)


def reply_problem(
    status: int, code: str = "X", detail: str = "", *headers: tuple[str, str], **entry: Any
) -> Reply:
    error = {"status": str(status), "code": code, "title": "A title", "detail": detail, **entry}
    return reply_json({"errors": [error]}, status, *headers)


def packed(reply: Reply, data: bytes | None = None) -> Reply:
    """`reply` with its body behind `Content-Encoding: gzip`, or with `data` in its place."""
    rest = {name: getattr(reply, name) for name in reply.__slots__ if name not in ("body", "headers")}
    body = gzip.compress(reply.body, mtime=0) if data is None else data
    return Reply(body=body, headers=(*reply.headers, ("Content-Encoding", "gzip")), **rest)


PART = 1_000_000


def bomb(byte: bytes, parts: int, before: bytes = b"") -> bytes:
    """A gzip file of one member that unpacks to `before` and `parts` million times `byte`.

    A million is packed once and what it gave repeated: packing them all takes a second for 300 of them.
    """
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    first = packer.compress(before) + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush nothing points back, so that a part may follow itself.
    plain = byte * PART
    part = packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH)
    check = zlib.crc32(before)
    for _ in range(parts):
        check = zlib.crc32(plain, check)
    ends = zlib.compressobj(wbits=-zlib.MAX_WBITS).flush() + struct.pack(
        "<II", check, len(before) + parts * PART
    )
    return gzip.compress(b"", mtime=0)[:10] + first + part * parts + ends


Script = Reply | Callable[[Seen], Reply]


@dataclass
class ScriptedServer:
    """Routes by path; the replies of a route are used in turn, the last one for ever."""

    seen: list[Seen] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._scripts: dict[str, list[Script]] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def on(self, path: str, *replies: Script) -> None:
        with self._lock:
            self._scripts[path] = list(replies)

    def asked(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]

    def close(self) -> None:
        self._closing.set()
        self._listener.close()
        with self._lock:
            for connection in self._open:
                connection.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection.makefile("rb") as stream:
                while not self._closing.is_set():
                    seen = _read(stream)
                    if seen is None or not self._answer(connection, seen):
                        return
        except (OSError, ValueError):
            return
        finally:
            connection.close()

    def _answer(self, connection: socket.socket, seen: Seen) -> bool:
        with self._lock:
            self.seen.append(seen)
            scripts = self._scripts.get(unquote(seen.path), [reply_problem(404, "NOT_FOUND")])
            script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        reply = script(seen) if callable(script) else script
        self._closing.wait(reply.delay_s)
        if reply.silent:
            self._closing.wait(60)
            return False
        if reply.raw is not None:
            connection.sendall(reply.raw)
            return False
        head, body = reply.head(), reply.payload()
        dripped = head + body if reply.drip_head else body
        if not reply.drip_head:
            connection.sendall(head)
        if reply.drip_s:
            for byte in dripped:
                if self._closing.wait(reply.drip_s):
                    return False
                connection.sendall(bytes([byte]))
        else:
            connection.sendall(dripped)
        if reply.end == "rst":
            time.sleep(0.05)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return reply.end == "keep"


def _read(stream: Any) -> Seen | None:
    line = stream.readline().decode("latin-1").split()
    if len(line) != 3:
        return None
    headers: dict[str, str] = {}
    while (field_line := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = field_line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return Seen(line[0], line[1], headers, body)


class StepClock:
    """Time that only moves when somebody sleeps or a test says so."""

    def __init__(self, now: datetime = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)) -> None:
        self._now = now
        self._monotonic = 1000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """The wall clock is set; the steady one does not notice."""
        self._now += timedelta(seconds=seconds)


def review_item(number: int, **attributes: Any) -> dict[str, Any]:
    """A customerReview as Apple writes it."""
    said = {
        "rating": number % 5 + 1,
        "title": f"Title {number}",
        "body": f"Body of review {number}.\nSecond line.",
        "reviewerNickname": f"nick{number}",
        "createdDate": "2026-11-20T10:00:00-07:00",
        "territory": "DEU",
    }
    return {
        "type": "customerReviews",
        "id": f"r{number}",
        "attributes": {**said, **attributes},
        "relationships": {"response": {"links": {"related": "https://x.example/r"}}},
    }


def reviews_document(numbers: range, next_link: str | None = None, **more: Any) -> dict[str, Any]:
    links = {"self": "https://api.appstoreconnect.apple.com/v1/apps/1/customerReviews"}
    if next_link is not None:
        links["next"] = next_link
    return {"data": [review_item(number) for number in numbers], "links": links, **more}


def response_document(text: str, state: str = "PENDING_PUBLISH") -> dict[str, Any]:
    return {
        "data": {
            "type": "customerReviewResponses",
            "id": "resp1",
            "attributes": {
                "responseBody": text,
                "lastModifiedDate": "2026-11-21T11:59:00.123Z",
                "state": state,
            },
        },
        "links": {"self": "https://api.appstoreconnect.apple.com/v1/customerReviewResponses/resp1"},
    }


REVIEWS = "/v1/apps/1/customerReviews"
REPORT = "/v1/salesReports"
POST = "/v1/customerReviewResponses"
GOOD = reply_json(reviews_document(range(3)))
TABLE = b"Provider\tUnits\nAPPLE\t3\n" * 50
GZ = gzip.compress(TABLE, mtime=0)


def report(body: bytes = GZ, **how: Any) -> Reply:
    """A report as Apple sends it: a gzip file, not a packed answer."""
    return Reply(200, body, (("Content-Type", "application/a-gzip"),), **how)
