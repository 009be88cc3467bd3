"""The simulator: Apple's manners around a world, as an ASGI application."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from starlette.routing import compile_path

from ascinbox.core.clock import Clock, SystemClock
from ascinbox.simulator import problems
from ascinbox.simulator.calls import Answer, Call, Endpoint
from ascinbox.simulator.faults import Fault, Faults
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.ledger import Ledger, Seen
from ascinbox.simulator.limits import Budgets
from ascinbox.simulator.params import read_query
from ascinbox.simulator.routes import ENDPOINTS
from ascinbox.simulator.routes.analytics import FILES, segment
from ascinbox.simulator.schedule import Event, Schedule, apply
from ascinbox.simulator.tokens import TokenCheck
from ascinbox.simulator.world import World

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CONNECTION = "ascinbox.connection"
"""Key in `scope["extensions"]` under which the server puts the transport, so that a fault can drop it."""
MAX_BODY = 1 << 20
_PAGE = b"<html><head><title>Gateway</title></head><body><h1>Please sign in</h1></body></html>"


class ConnectionDropped(ConnectionError):
    """Raised where there is no socket to close: in-process clients see it instead of an answer."""


@dataclass(slots=True)
class Settings:
    """What can be changed while the simulator runs."""

    latency_s: float = 0.0
    """Added to every request."""
    publish_after_s: float = 2.0
    """From the POST of a reply to its publication."""
    stale_s: float = 0.0
    """For how long reads still show the state before a POST."""
    skew_s: float = 0.0
    """How far the `Date` header (and the check of tokens) is off the world's clock."""


class Simulator:
    """An App Store Connect. Hand it to a server, or to an in-process ASGI client, as it is."""

    def __init__(
        self,
        world: World,
        *,
        clock: Clock | None = None,
        settings: Settings | None = None,
        hour_limit: int = 3500,
        endpoints: tuple[Endpoint, ...] = ENDPOINTS,
    ) -> None:
        self.world = world
        self.clock: Clock = clock or SystemClock()
        self.settings = settings or Settings()
        self.faults = Faults()
        self.ledger = Ledger()
        self.schedule = Schedule()
        self.budgets = Budgets(hour_limit)
        self._tokens = TokenCheck(world.keys)
        self._paths = _paths(endpoints)
        self._problems = 0

    def now(self) -> float:
        """Epoch seconds at Apple."""
        return self.clock.now().timestamp() + self.settings.skew_s

    def happen(self, what: str, **details: Any) -> str:
        """Makes something happen at Apple now (see schedule.Event); returns the id it concerns."""
        return apply(self.world, Event(what, details), self.now())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            return
        if scope["path"].startswith("/_sim/"):
            from ascinbox.simulator.control import serve

            await serve(self, scope, receive, send)
            return
        if scope["path"].startswith(FILES):
            await _Exchange(self, scope, receive, send).run_file()
            return
        await _Exchange(self, scope, receive, send).run()

    def _refuse(self, problem: problems.Problem) -> Answer:
        self._problems += 1
        return Answer(problem.status, problem.document(self._problems), headers=problem.headers)


@dataclass(frozen=True, slots=True)
class _Path:
    """One path with its verbs."""

    template: str
    pattern: re.Pattern[str]
    verbs: Mapping[str, Endpoint]


class _Exchange:
    """One request on its way through the simulator."""

    def __init__(self, simulator: Simulator, scope: Scope, receive: Receive, send: Send) -> None:
        self.simulator = simulator
        self.scope, self.receive, self.send = scope, receive, send
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.key: ApiKey | None = None
        self.route = "?"

    async def run(self) -> None:
        simulator = self.simulator
        if simulator.settings.latency_s:
            await asyncio.sleep(simulator.settings.latency_s)
        now = simulator.now()
        for event in simulator.schedule.due(now):
            apply(simulator.world, event, now)
        key_id = _claimed_key(self.headers)
        before: list[Fault] = []
        after: list[Fault] = []
        for fault in simulator.faults.matching(self.method, self.path, key_id):
            (after if fault.after or fault.kind in ("cut", "drip") else before).append(fault)
        body = await self._read_body()
        if await self._upset(before, None):
            return
        answer = self._answer(body)
        if await self._upset(after, answer):
            return
        await self._reply(answer)

    async def run_file(self) -> None:
        """Serves a presigned link: no token, no budget."""
        now = self.simulator.now()
        authorized = b"authorization" in self.headers
        query = self.scope["query_string"]
        await self._reply(segment(self.simulator.world, self.path, query, now, authorized=authorized))

    def _answer(self, body: bytes) -> Answer:
        simulator = self.simulator
        now = simulator.now()
        try:
            endpoint, ids = self._find()
            self.key = simulator._tokens.caller(_text(self.headers, b"authorization"), now)
            if not simulator.budgets.take(self.key.key_id, now):
                raise problems.rate_limited()
            if endpoint is None:
                raise problems.no_route(self.path)
            refusal = self.key.refusal(endpoint.task)
            if refusal is not None:
                raise problems.forbidden(refusal)
            call = Call(
                simulator,
                self.key,
                self._base(),
                self.path,
                ids,
                read_query(self.scope["query_string"], endpoint.rules),
                self._json(body) if endpoint.has_body else None,
                now,
            )
            return endpoint.handler(call)
        except problems.Problem as problem:
            return simulator._refuse(problem)

    def _find(self) -> tuple[Endpoint | None, Mapping[str, str]]:
        for path in self.simulator._paths:
            match = path.pattern.match(self.path)
            if match is None:
                continue
            self.route = path.template
            endpoint = path.verbs.get(self.method)
            if endpoint is None:
                raise problems.bad_method(self.method, ", ".join(sorted(path.verbs)))
            return endpoint, match.groupdict()
        return None, {}

    def _json(self, body: bytes) -> Any:
        kind = _text(self.headers, b"content-type") or ""
        if kind.partition(";")[0].strip().lower() != "application/json":
            raise problems.unsupported_media_type(kind)
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise problems.not_json() from None

    def _base(self) -> str:
        host = _text(self.headers, b"host") or "api.appstoreconnect.apple.com"
        return f"{self.scope.get('scheme', 'http')}://{host}"

    async def _read_body(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            part: bytes = message.get("body", b"")
            size += len(part)
            if size <= MAX_BODY:
                parts.append(part)
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                return b"".join(parts)

    async def _upset(self, faults: list[Fault], answer: Answer | None) -> bool:
        """Does what the faults say; True when the request has got its (bad) answer."""
        for fault in faults:
            match fault.kind:
                case "slow":
                    await asyncio.sleep(fault.seconds)
                case "world":
                    details = dict(fault.event)
                    self.simulator.happen(details.pop("what"), **details)
                case "drop":
                    await self._drop(fault)
                    return True
                case "status":
                    await self._reply(self.simulator._refuse(fault.problem()))
                    return True
                case "html":
                    await self._reply(Answer(fault.status, _PAGE, "text/html; charset=utf-8"))
                    return True
                case "answer":
                    kind = fault.headers.get("content-type", "application/json")
                    await self._reply(Answer(fault.status, fault.body.encode(), kind, fault.headers))
                    return True
                case "cut" if answer is not None:
                    cut_at = len(answer.body) // 2 if fault.cut_at is None else fault.cut_at
                    await self._start(answer)
                    await self.send(
                        {"type": "http.response.body", "body": answer.body[:cut_at], "more_body": True}
                    )
                    await self._drop(fault, answer.status)
                    return True
                case "drip" if answer is not None:
                    await self._drip(fault, answer)
                    return True
                case _:
                    pass
        return False

    async def _drip(self, fault: Fault, answer: Answer) -> None:
        await self._start(answer)
        for at in range(len(answer.body)):
            await self.send(
                {"type": "http.response.body", "body": answer.body[at : at + 1], "more_body": True}
            )
            await asyncio.sleep(fault.seconds)
        await self.send({"type": "http.response.body", "body": b""})
        self._note(answer.status)

    async def _drop(self, fault: Fault, status: int = 0) -> None:
        self._note(status)
        connection = self.scope.get("extensions", {}).get(CONNECTION)
        if connection is None:
            raise ConnectionDropped("the simulator was told to drop this connection")
        if fault.reset:
            # Without lingering, closing sends RST instead of FIN.
            plug = connection.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.abort()
        else:
            connection.close()
        # The server learns of the closed connection in one of its next turns and then expects no answer.
        for _ in range(3):
            await asyncio.sleep(0)

    async def _start(self, answer: Answer) -> None:
        now = self.simulator.now()
        headers = [
            (b"date", format_datetime(datetime.fromtimestamp(now, UTC), usegmt=True).encode("ascii")),
            (b"server", b"simulator"),
        ]
        if answer.status != 204:
            headers += [
                (b"content-type", answer.content_type.encode("latin-1")),
                (b"content-length", str(len(answer.body)).encode("ascii")),
            ]
        if self.key is not None:
            budget = self.simulator.budgets.header(self.key.key_id, now)
            headers.append((b"x-rate-limit", budget.encode("ascii")))
        for name, value in answer.headers.items():
            if name.lower() != "content-type":
                headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))
        await self.send({"type": "http.response.start", "status": answer.status, "headers": headers})

    async def _reply(self, answer: Answer) -> None:
        self._note(answer.status)
        await self._start(answer)
        await self.send({"type": "http.response.body", "body": answer.body})

    def _note(self, status: int) -> None:
        query = self.scope["query_string"].decode("latin-1")
        key_id = self.key.key_id if self.key else ""
        self.simulator.ledger.seen(self.route, Seen(self.method, self.path, query, status, key_id))


def _paths(endpoints: tuple[Endpoint, ...]) -> tuple[_Path, ...]:
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    return tuple(_Path(path, compile_path(path)[0], verbs) for path, verbs in by_path.items())


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name)
    return None if value is None else value.decode("latin-1")


def _claimed_key(headers: Mapping[bytes, bytes]) -> str:
    """The key id that the token names, unchecked: faults may be meant for one key only."""
    from base64 import urlsafe_b64decode

    token = (_text(headers, b"authorization") or "").rpartition(" ")[2].partition(".")[0]
    try:
        head = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return str(head["kid"])
    except (ValueError, KeyError, TypeError):
        return ""
