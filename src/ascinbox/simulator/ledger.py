"""What really happened: every effect that landed, and how often each route was asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Effect:
    """One change that a request made."""

    at: float
    """Epoch seconds of the world's clock."""
    kind: str
    """`reply`, `reply_deleted`, `invited`, `invitation_cancelled`, `user_changed`, `user_removed` or what a
    further route calls it."""
    key_id: str
    target: str
    """Review id of a reply; the resource's id otherwise."""
    text: str = ""
    replaced: bool = False
    """True when an earlier reply was overwritten."""


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """One request and its answer."""

    method: str
    path: str
    query: str
    status: int
    """0 when the connection was dropped instead of answering."""
    key_id: str


class Ledger:
    """Grows with every request; `reset` empties it."""

    def __init__(self) -> None:
        self.effects: list[Effect] = []
        self.requests: list[RequestSeen] = []
        self.counts: Counter[str] = Counter()

    def effect(self, effect: Effect) -> None:
        """Writes down a change."""
        self.effects.append(effect)

    def seen(self, route: str, request: RequestSeen) -> None:
        """Writes down a request; `route` is the path with `{id}` in it."""
        self.requests.append(request)
        self.counts[f"{request.method} {route}"] += 1

    def replies(self, review_id: str | None = None) -> list[Effect]:
        """Replies that landed, of one review or of all."""
        return [
            effect for effect in self.effects if effect.kind == "reply" and review_id in (None, effect.target)
        ]

    def reset(self) -> None:
        """Forgets everything."""
        self.effects.clear()
        self.requests.clear()
        self.counts.clear()

    def as_json(self) -> dict[str, Any]:
        """For `/_sim/ledger`."""
        return {
            "effects": [asdict(effect) for effect in self.effects],
            "counts": dict(self.counts),
            "requests": [asdict(request) for request in self.requests[-1000:]],
        }
