"""The simulator: a world behind an API that answers as Apple's does, as an ASGI application."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from ascinbox.core.clock import Clock, SystemClock
from ascinbox.simulator.asgi import Receive, Scope, Send
from ascinbox.simulator.calls import Endpoint, SimulatedAnswer
from ascinbox.simulator.exchange import SimulatedExchange, served_paths
from ascinbox.simulator.faults import Faults
from ascinbox.simulator.ledger import Ledger
from ascinbox.simulator.limits import Budgets
from ascinbox.simulator.problems import Problem
from ascinbox.simulator.routes import ENDPOINTS
from ascinbox.simulator.schedule import Event, Schedule, apply
from ascinbox.simulator.tokens import TokenCheck
from ascinbox.simulator.world import World

APPLE = "https://api.appstoreconnect.apple.com"


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
    link_host: str = APPLE
    """What `links.next` names: Apple's own host behind any proxy; "" for the one that was asked."""
    nulls: bool = True
    """What a customer left empty is null; else it is absent. Both have been seen."""
    file_encoding: str = "agzip"
    """`Content-Encoding` of report files, as seen at Apple; "" sends none. The bytes are always gzip."""
    minute_limit: int = 0
    """Requests that a key has in a minute beside its hour; 0: no such limit is counted or told."""
    limits_apart: bool = False
    """The minute's limit comes in an `X-Rate-Limit` field of its own."""
    files_chunked: bool = True
    """Report files come in chunks, without a length."""


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
        self.tokens = TokenCheck(world.keys)
        self.paths = served_paths(endpoints)
        self.control_token = secrets.token_urlsafe(24)
        """What opens `/_sim/`; new with each start."""
        self._refusals = 0

    def now(self) -> float:
        """Epoch seconds at Apple."""
        return self.clock.now().timestamp() + self.settings.skew_s

    def happen(self, what: str, **details: Any) -> str:
        """Makes something happen at Apple now (see schedule.Event); returns the id it concerns."""
        return apply(self.world, Event(what, details), self.now())

    def catch_up(self) -> None:
        """Makes happen what was planned for until now."""
        now = self.now()
        for event in self.schedule.due(now):
            apply(self.world, event, now)

    def refuse(self, problem: Problem) -> SimulatedAnswer:
        """The error document of a refusal."""
        self._refusals += 1
        return SimulatedAnswer(problem.status, problem.document(self._refusals), headers=problem.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            return
        if scope["path"].startswith("/_sim/"):
            from ascinbox.simulator.control import serve

            await serve(self, scope, receive, send)
            return
        await SimulatedExchange(self, scope, receive, send).run()
