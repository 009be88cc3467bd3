"""A simulator asked in this process, without sockets, at a time that only the test moves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from ascinbox.simulator.app import APPLE, Simulator
from ascinbox.simulator.asgi import Message
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.tokens import AUDIENCE
from ascinbox.simulator.world import SimulatedApp, SimulatedReview

NOON = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)


@dataclass
class StillClock:
    """Stands still until it is moved."""

    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    fields: tuple[tuple[str, str], ...] = ()
    """The headers as they came: one name may come several times."""

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of the first error."""
        code: str = self.json()["errors"][0]["code"]
        return code

    @property
    def parameter(self) -> str:
        """The parameter that the first error names."""
        name: str = self.json()["errors"][0]["source"]["parameter"]
        return name

    @property
    def pointer(self) -> str:
        """The field that the first error names."""
        name: str = self.json()["errors"][0]["source"]["pointer"]
        return name


@dataclass
class Desk:
    """A simulator and the means to ask it."""

    simulator: Simulator
    clock: StillClock
    runner: asyncio.Runner
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def admin(self) -> ApiKey:
        return self.key("ADMIN")

    @property
    def app(self) -> SimulatedApp:
        """The app with the most reviews."""
        return next(iter(self.simulator.world.apps.values()))

    def key(self, role: str, *, individual: bool = False) -> ApiKey:
        """The key that is good and has just this role."""
        return next(
            key
            for key in self.simulator.world.keys.values()
            if key.roles == (role,) and key.individual is individual and not key.revoked
        )

    def review(self, *, answered: bool = False, place: int = 0) -> SimulatedReview:
        """A review of the first app, with or without a reply."""
        found = [review for review in self.app.reviews if (review.reply is not None) is answered]
        return found[place]

    def token(self, key: ApiKey, **claims: Any) -> str:
        """A token of this key. Claims given as None are left out."""
        now = int(self.clock.now().timestamp())
        made: dict[str, Any] = {"iat": now - 30, "exp": now + 600, "aud": AUDIENCE}
        made.update({"sub": "user"} if key.individual else {"iss": key.issuer_id})
        made.update(claims)
        made = {name: value for name, value in made.items() if value is not None}
        return jwt.encode(made, key.private, algorithm="ES256", headers={"kid": key.key_id})

    def ask(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        key: ApiKey | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answered:
        """One request; `url` is path and query, `body` goes as JSON (bytes go as they are)."""
        if token is None:
            signer = key or self.admin
            name = f"{signer.key_id}{self.clock.moment}"
            if name not in self.tokens:
                self.tokens[name] = self.token(signer)
            token = self.tokens[name]
        sent = {"host": "sim.example", "authorization": f"Bearer {token}"}
        content = b""
        if body is not None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent["content-type"] = "application/json"
        sent.update(headers or {})
        return self.runner.run(_ask(self.simulator, method, url, sent, content))

    def get(self, url: str, **options: Any) -> Answered:
        """GET."""
        return self.ask("GET", url, **options)

    def reply(self, review_id: str, text: str = "Thank you!", **options: Any) -> Answered:
        """POST of a reply."""
        return self.ask("POST", "/v1/customerReviewResponses", reply_body(review_id, text), **options)

    def walk(self, url: str, **options: Any) -> list[Any]:
        """All resources of a list, following `links.next`."""
        rows: list[Any] = []
        following: str | None = url
        while following:
            answer = self.get(following, **options)
            assert answer.status == 200, answer.body
            document = answer.json()
            rows += document["data"]
            following = document["links"].get("next", "").removeprefix(APPLE)
        return rows


def reply_body(review_id: str, text: str) -> dict[str, Any]:
    """The document that creates a reply."""
    return {
        "data": {
            "type": "customerReviewResponses",
            "attributes": {"responseBody": text},
            "relationships": {"review": {"data": {"type": "customerReviews", "id": review_id}}},
        }
    }


async def _ask(app: Simulator, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
    path, _, query = url.partition("?")
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "scheme": "http",
    }
    await app(scope, receive, send)
    start = sent[0]
    fields = tuple((name.decode(), value.decode()) for name, value in start["headers"])
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Answered(start["status"], dict(fields), body, fields)


MakeDesk = Callable[..., Desk]
