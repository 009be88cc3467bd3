"""Things that happen at Apple by themselves: customers edit and write, teammates answer."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ascinbox.core.listing.fields import Scope
from ascinbox.simulator.listing import texts_of
from ascinbox.simulator.routes.analytics import analytics_of
from ascinbox.simulator.world import SimulatedReview, World


@dataclass(frozen=True, slots=True)
class Event:
    """One change to the world.

    `what` is edit (review_id; rating, title, body), remove (review_id), answer (review_id, text; published
    at once unless `pending_s`), write (app_id, rating, title, body, nickname, territory), revoke (key_id),
    show (key_id, app_ids: the only apps that its user sees from now on, None is all), publish (nothing),
    stop (app_id: Apple stops its analytics requests for inactivity), listing (app_id, scope, locale, field,
    text: a colleague changes the draft) or state (id of a version or app information, state).
    """

    what: str
    details: Mapping[str, Any]


def apply(world: World, event: Event, now: float) -> str:
    """Makes the change now and returns the id it concerns. Raises KeyError or ValueError when it cannot."""
    about = dict(event.details)
    match event.what:
        case "edit":
            world.edit_review(
                about["review_id"],
                rating=about.get("rating"),
                title=about.get("title"),
                body=about.get("body"),
            )
            return str(about["review_id"])
        case "remove":
            world.remove_review(about["review_id"])
            return str(about["review_id"])
        case "answer":
            public_at = now + float(about.get("pending_s", 0.0))
            return world.answer(about["review_id"], about["text"], at=now, public_at=public_at).id
        case "write":
            return _write(world, about, now)
        case "revoke":
            world.keys[about["key_id"]].revoked = True
            return str(about["key_id"])
        case "show":
            app_ids = about["app_ids"]
            world.keys[about["key_id"]].visible_apps = None if app_ids is None else frozenset(app_ids)
            return str(about["key_id"])
        case "stop":
            return _stop(world, str(about["app_id"]))
        case "listing":
            return texts_of(world).colleague_writes(
                str(about["app_id"]),
                Scope(about["scope"]),
                str(about["locale"]),
                str(about["field"]),
                str(about["text"]),
            )
        case "state":
            texts_of(world).set_state(str(about["id"]), str(about["state"]))
            return str(about["id"])
        case "publish":
            return str(world.publish_all(now))
        case _:
            raise ValueError(f"unknown event {event.what!r}")


def _stop(world: World, app_id: str) -> str:
    asked = [r for r in analytics_of(world).requests.values() if r.app_id == app_id]
    if not asked:
        raise KeyError(app_id)
    for request in asked:
        request.stopped = True
    return asked[-1].id


def _write(world: World, about: dict[str, Any], now: float) -> str:
    texts = str(about.get("title", "")), str(about.get("body", "")), str(about.get("nickname", "someone"))
    serial = world.serial()
    review = SimulatedReview(
        id=about.get("id") or f"{0x70000000 + serial:08x}-0000-4000-8000-{serial:012x}",
        app_id=str(about["app_id"]),
        created=float(about.get("created", now)),
        rating=int(about["rating"]),
        territory=str(about.get("territory", "USA")),
        words=lambda: texts,
    )
    if review.app_id not in world.apps or not 1 <= review.rating <= 5:
        raise ValueError("unknown app or impossible rating")
    world.write_review(review)
    return review.id


class Schedule:
    """Events with a time; those that are due happen before the next request is served."""

    def __init__(self) -> None:
        self._events: list[tuple[float, Event]] = []
        self._lock = threading.Lock()

    def at(self, epoch: float, what: str, **details: Any) -> None:
        """Plans an event for a moment of the world's clock."""
        with self._lock:
            self._events.append((epoch, Event(what, details)))
            self._events.sort(key=lambda planned: planned[0])

    def due(self, now: float) -> list[Event]:
        """Takes out what is due."""
        if not self._events or self._events[0][0] > now:
            return []
        with self._lock:
            due = [event for epoch, event in self._events if epoch <= now]
            self._events = [planned for planned in self._events if planned[0] > now]
        return due
