"""One request on its way through the simulator: faults, token, budget, route, role, parameters, handler."""

from __future__ import annotations

import asyncio
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from ascinbox.simulator import lookup, problems, reporter
from ascinbox.simulator.asgi import Receive, Scope, Send
from ascinbox.simulator.calls import Call, Endpoint, SimulatedAnswer
from ascinbox.simulator.fault_effects import carry_out
from ascinbox.simulator.faults import Fault
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.ledger import RequestSeen
from ascinbox.simulator.params import read_query
from ascinbox.simulator.routes.analytics import FILES, segment

if TYPE_CHECKING:
    from ascinbox.simulator.app import Simulator

MAX_BODY = 1 << 20


@dataclass(frozen=True, slots=True)
class ServedPath:
    """One path with its verbs."""

    template: str
    pattern: re.Pattern[str]
    verbs: Mapping[str, Endpoint]


def served_paths(endpoints: tuple[Endpoint, ...]) -> tuple[ServedPath, ...]:
    """The endpoints by path."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    return tuple(
        # Apple's paths hold nothing that a pattern would misread, and no path holds more than plain ids.
        ServedPath(path, re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path) + r"\Z"), verbs)
        for path, verbs in by_path.items()
    )


class SimulatedExchange:
    """A request and its answer."""

    def __init__(self, simulator: Simulator, scope: Scope, receive: Receive, send: Send) -> None:
        self.simulator = simulator
        self.scope, self.receive, self.send = scope, receive, send
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.query: str = scope["query_string"].decode("latin-1")
        """As it came; of a request to Reporter, its command."""
        self.key: ApiKey | None = None
        self.route = "?"

    async def run(self) -> None:
        """Reads the request, lets the faults act before and after its effect, and answers."""
        if self.simulator.settings.latency_s:
            await asyncio.sleep(self.simulator.settings.latency_s)
        self.simulator.catch_up()
        before: list[Fault] = []
        after: list[Fault] = []
        body = await self._read_body()
        if self.path.startswith(reporter.PATH):
            self.query = reporter.command_of(body)
        key_id = self._claimed_key()
        for fault in self.simulator.faults.matching(self.method, self.path, key_id, self.query):
            (after if fault.after or fault.kind in ("cut", "drip", "list") else before).append(fault)
        if await carry_out(self, before, None):
            return
        answer = self._answer(body)
        if await carry_out(self, after, answer):
            return
        await self.reply(answer)

    def _answer(self, body: bytes) -> SimulatedAnswer:
        simulator = self.simulator
        now = simulator.now()
        if self.path.startswith(FILES):
            return self._file(now)
        if self.path == lookup.PATH:
            self.route = lookup.PATH
            with_secrets = not {b"authorization", b"cookie"}.isdisjoint(self.headers)
            return lookup.serve(simulator.world, self.query, now, with_secrets=with_secrets)
        if self.path.startswith(reporter.PATH):
            self.route = reporter.PATH
            return reporter.serve(simulator.world, self.path, body, now)
        try:
            endpoint, ids = self._find()
            self.key = simulator.tokens.caller(self._header(b"authorization"), now)
            if not simulator.budgets.take(self.key.key_id, now, simulator.settings.minute_limit):
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
            return simulator.refuse(problem)

    def _file(self, now: float) -> SimulatedAnswer:
        """A presigned link: no token, no budget."""
        self.route = f"{FILES}{{name}}"
        query, authorized = self.scope["query_string"], b"authorization" in self.headers
        return segment(self.simulator.world, self.path, query, now, authorized=authorized)

    def _find(self) -> tuple[Endpoint | None, Mapping[str, str]]:
        for path in self.simulator.paths:
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
        kind = self._header(b"content-type") or ""
        if kind.partition(";")[0].strip().lower() != "application/json":
            raise problems.unsupported_media_type(kind)
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise problems.not_json() from None

    def _base(self) -> str:
        host = self._header(b"host") or "api.appstoreconnect.apple.com"
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

    async def reply(self, answer: SimulatedAnswer) -> None:
        """Sends an answer whole."""
        self.note(answer.status)
        await self.start(answer)
        await self.send({"type": "http.response.body", "body": answer.body})

    async def start(self, answer: SimulatedAnswer) -> None:
        """Sends status and headers."""
        now = self.simulator.now()
        headers = [
            (b"date", format_datetime(datetime.fromtimestamp(now, UTC), usegmt=True).encode("ascii")),
            (b"server", b"simulator"),
        ]
        if answer.status != 204 and answer.content_type:
            headers.append((b"content-type", answer.content_type.encode("latin-1")))
        if answer.status != 204 and not (answer.file_name and self.simulator.settings.files_chunked):
            headers.append((b"content-length", str(len(answer.body)).encode("ascii")))
        if answer.file_name:
            headers += self._of_file(answer.file_name)
        if key_id := self._counted_key(answer.status):
            headers += [(b"x-rate-limit", field.encode("ascii")) for field in self._limits(key_id, now)]
        for name, value in answer.headers.items():
            if name.lower() != "content-type":
                headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))
        await self.send({"type": "http.response.start", "status": answer.status, "headers": headers})

    def _of_file(self, name: str) -> list[tuple[bytes, bytes]]:
        """What Apple says of a report file beside its type."""
        encoding = self.simulator.settings.file_encoding
        said = {
            "content-disposition": f"attachment;filename={name}",
            "x-reports-filename": name,
            **({"content-encoding": encoding} if encoding else {}),
        }
        return [(header.encode("latin-1"), value.encode("latin-1")) for header, value in said.items()]

    def _limits(self, key_id: str, now: float) -> tuple[str, ...]:
        """The `X-Rate-Limit` fields."""
        budgets, settings = self.simulator.budgets, self.simulator.settings
        hour = budgets.header(key_id, now)
        if not settings.minute_limit:
            return (hour,)
        minute = budgets.minute_header(key_id, now, settings.minute_limit)
        return (hour, minute) if settings.limits_apart else (hour + minute,)

    def _counted_key(self, status: int) -> str:
        """Whose budget the answer tells: a fault's answer knows the key only by what the token claims."""
        if self.key is not None:
            return self.key.key_id
        claimed = self._claimed_key()
        return claimed if status != 401 and claimed in self.simulator.world.keys else ""

    def note(self, status: int) -> None:
        """Writes the request into the ledger; status 0 is a dropped connection."""
        key_id = self.key.key_id if self.key else ""
        self.simulator.ledger.seen(
            self.route, RequestSeen(self.method, self.path, self.query, status, key_id)
        )

    def _header(self, name: bytes) -> str | None:
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def _claimed_key(self) -> str:
        """The key id that the token names, unchecked: faults may be meant for one key only."""
        token = (self._header(b"authorization") or "").rpartition(" ")[2].partition(".")[0]
        try:
            return str(json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))["kid"])
        except (ValueError, KeyError, TypeError):
            return ""
