"""Receivers on loopback: any kind of HTTP receiver that remembers what it took, and a mail server; both go
wrong when they are told to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import socket
import socketserver
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAULTS = ("429", "429 later", "500", "503", "reset", "lost", "302", "hang")
"""What a receiver may do instead: `lost` takes the message and hangs up, `reset` hangs up before."""


@dataclass
class Taken:
    """One request as a receiver met it."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def has_valid_signature(self, secret: str) -> bool:
        """Checks as Standard Webhooks tells a receiver to."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        head = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode()
        expected = base64.b64encode(hmac.new(key, head + self.body, hashlib.sha256).digest()).decode()
        given = self.headers.get("webhook-signature", "").split()
        return f"v1,{expected}" in given


@dataclass
class Receiver:
    """What an HTTP receiver took, by `key_of` if it drops second copies."""

    status: int = 200
    text: str = "ok"
    faults: Callable[[], str] = lambda: ""
    """The fault of the next request; an empty text is none."""
    hang_s: float = 3.0
    asked: list[Taken] = field(default_factory=list)
    """Every request whose body came."""
    taken: list[Taken] = field(default_factory=list)
    """Those that were acted on."""
    elsewhere: int = 0
    """Requests that followed a redirect."""
    answer_headers: dict[str, str] = field(default_factory=dict)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ids(self, header: str = "webhook-id") -> Counter[str]:
        """How often each id was acted on."""
        return Counter(each.headers[header] for each in self.taken)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        length = int(self.headers.get("content-length") or 0)
        fault = receiver.faults()
        if fault == "reset":
            return self._reset()
        request = Taken(self.path, {k.lower(): v for k, v in self.headers.items()}, self.rfile.read(length))
        with self.server.lock:
            receiver.asked.append(request)
            if self.path == "/elsewhere":
                receiver.elsewhere += 1
        match fault:
            case "":
                self._take(request)
                self._answer(receiver.status, receiver.text, receiver.answer_headers)
            case "429":
                self._answer(429, "slow down", {})
            case "429 later":
                self._answer(429, "slow down", {"retry-after": "1"})
            case "302":
                self._answer(302, "", {"location": f"{receiver.url}/elsewhere"})
            case "lost":
                self._take(request)
                self._reset()
            case "hang":
                time.sleep(receiver.hang_s)
                self._reset()
            case _:
                self._answer(int(fault), "out of order", {})
        return None

    do_GET = do_POST

    def _take(self, request: Taken) -> None:
        with self.server.lock:
            self.server.receiver.taken.append(request)

    def _answer(self, status: int, text: str, headers: dict[str, str]) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            return

    def log_message(self, *_: object) -> None:
        return


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(("127.0.0.1", receiver.port), _Handler)
        self.receiver = receiver
        self.lock = threading.Lock()

    def handle_error(self, *_: object) -> None:
        return


@contextmanager
def serving(receiver: Receiver) -> Iterator[Receiver]:
    """The receiver, listening."""
    server = _Server(receiver)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


def chance(share: float, seed: int, kinds: tuple[str, ...] = FAULTS) -> Callable[[], str]:
    """So many of the requests go wrong, in one of these ways."""
    dice, lock = random.Random(seed), threading.Lock()

    def fault() -> str:
        with lock:
            return dice.choice(kinds) if dice.random() < share else ""

    return fault


def in_turn(*faults: str) -> Callable[[], str]:
    """These faults, one after the other, then none."""
    left = list(faults)
    return lambda: left.pop(0) if left else ""


@dataclass
class MailServer:
    """A mail server without TLS, as one on this machine is."""

    refuse: dict[str, str] = field(default_factory=dict)
    """Recipient -> what is answered to RCPT."""
    after_data: Callable[[], str] = lambda: ""
    """What is answered to a mail instead of 250; `lost` takes it and hangs up."""
    mails: list[Message] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    password: str = ""
    port: int = 0

    def ids(self) -> Counter[str]:
        """How often each Message-ID came."""
        return Counter(str(mail["Message-ID"]) for mail in self.mails)


class _MailHandler(socketserver.StreamRequestHandler):
    server: _MailServer

    def handle(self) -> None:
        world = self.server.world
        self._say("220 test ESMTP")
        to: list[str] = []
        while line := self.rfile.readline():
            words = line.decode().strip()
            match words.split(" ")[0].upper():
                case "EHLO":
                    self._say("250-test")
                    self._say("250 AUTH PLAIN")
                case "AUTH":
                    given = base64.b64decode(words.split()[2]).decode().split("\x00")[2]
                    self._say("235 fine" if given == world.password else "535 5.7.8 wrong password")
                case "MAIL":
                    to = []
                    self._say("250 fine")
                case "RCPT":
                    address = words[words.index("<") + 1 : words.index(">")]
                    answer = world.refuse.get(address, "250 fine")
                    if answer.startswith("250"):
                        to.append(address)
                    self._say(answer)
                case "DATA":
                    self._say("354 go on")
                    if self._data(to) == "lost":
                        return
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("502 unknown")

    def _data(self, to: list[str]) -> str:
        world = self.server.world
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        if line == b"":
            # Cut off in the middle: a mail server keeps nothing of it.
            return "lost"
        answer = world.after_data()
        if answer in ("", "lost"):
            with self.server.lock:
                world.mails.append(message_from_bytes(b"".join(lines), policy=default))
                world.recipients.append(to)
        if answer != "lost":
            self._say(answer or "250 kept")
        return answer

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


class _MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, world: MailServer) -> None:
        super().__init__(("127.0.0.1", 0), _MailHandler)
        self.world = world
        self.lock = threading.Lock()

    def handle_error(self, *_: object) -> None:
        return


@contextmanager
def mailing(world: MailServer) -> Iterator[MailServer]:
    """The mail server, listening."""
    server = _MailServer(world)
    world.port = server.server_address[1]
    threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True).start()
    try:
        yield world
    finally:
        server.shutdown()
        server.server_close()
