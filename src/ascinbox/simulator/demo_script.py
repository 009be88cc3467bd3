"""The demo's script: the local state that belongs to its world, and what happens at Apple meanwhile.

Plain data. The command that runs the demo sets the local state through the ordinary services.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ascinbox.simulator.demo_rows import AT_APPLE, NEEDS_REPLY, RIVAL_HELD, RIVAL_LATER, SNOOZED

_DAY_S, _HOUR_S = 86_400.0, 3_600.0
_FLAGGED = (
    "changed-de", "crash-us", "billed-us", "progress-us", "question-nl", "us-thanks", "es-tides", "se-like",
)  # fmt: skip
_CRASHES = ("changed-de", "crash-us", "launch-jp", "same-us", "au-crash")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An outbox item: our text for a review, and how long ago it got its state."""

    review_id: str
    text: str
    age_s: float
    by: str = "you"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed item with Apple's words."""

    item: Outgoing
    status: int
    code: str
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class ScriptedChange:
    """A customer's edit that happens at Apple after the first sync, `age_s` before now."""

    review_id: str
    rating: int
    title: str
    body: str
    age_s: float


@dataclass(frozen=True, slots=True)
class Teammate:
    """Someone of the Northwind team, as ascinbox remembers them."""

    email: str
    first_name: str
    last_name: str
    role: str
    state: str
    """active, pending, expired, removed"""
    age_s: float


@dataclass(frozen=True, slots=True)
class DemoScript:
    """The local state to set by ordinary services, and what happens at Apple during the session."""

    changes: tuple[ScriptedChange, ...]
    opened: tuple[str, ...]
    drafts: tuple[tuple[str, str], ...]
    """Review id, text."""
    queued: Outgoing
    held: Outgoing
    rival: Outgoing
    """The teammate's answer that holds `held`; at Apple after the first sync."""
    failed: Failure
    pending: tuple[Outgoing, ...]
    published: tuple[Outgoing, ...]
    snoozed: tuple[tuple[str, float], ...]
    """Review id, seconds from now until it comes back."""
    flagged: tuple[str, ...]
    done: tuple[str, ...]
    notes: tuple[tuple[str, str, str, float], ...]
    """Review id, author, text, age in seconds."""
    tags: tuple[tuple[str, str], ...]
    assigned: tuple[tuple[str, str], ...]
    teammates: tuple[Teammate, ...]
    session: tuple[tuple[float, str, Mapping[str, Any]], ...]
    """Seconds after the start, event and details, for `Simulator.schedule`."""
    faults: tuple[Mapping[str, Any], ...]
    """Rules for `Simulator.faults.add`, once the first syncs are done."""


def make_script(ids: Mapping[str, str], done: list[str], limited_key: str) -> DemoScript:
    """The script. `ids` are review ids by slug of their row, `limited_key` is the key that meets a 429."""
    changes = tuple(
        ScriptedChange(ids[row.slug], row.stars, row.title, row.body, row.changed_hours * _HOUR_S)
        for row in NEEDS_REPLY
        if row.before is not None
    )
    at_apple = [
        (row.pending, Outgoing(ids[row.slug], row.reply, row.reply_hours * _HOUR_S, by))
        for row, by in zip(AT_APPLE, ("you", "anna", "you", "you"), strict=True)
    ]
    return DemoScript(
        changes=changes,
        opened=(ids["billed-us"],),
        drafts=(
            (
                ids["export-br"],
                "Olá bia_rj, obrigado pelo aviso! A exportação foi corrigida na versão 3.4, que sai hoje.",
            ),
        ),
        queued=Outgoing(
            ids["queued-us"],
            "Hi sam_t, thanks for telling us. The crash on launch is fixed in 5.2.1, which is in the App "
            "Store since yesterday. If it still closes, please write to us from the app's settings.",
            0.0,
        ),
        held=Outgoing(
            ids["widget-gb"],
            "Hello, we are sorry the widget looks stuck. Version 3.4, out today, refreshes it every 15 "
            "minutes even in Low Power Mode. Please update and tell us if it still lags.",
            1.1 * _HOUR_S,
        ),
        rival=Outgoing(ids["widget-gb"], RIVAL_HELD, 50 * 60.0, "someone else"),
        failed=Failure(
            Outgoing(
                ids["progress-us"],
                "Hi, your progress is saved on our server as well. Write to help@bakery.example and it is "
                "back within the hour.",
                4.2 * _HOUR_S,
            ),
            422,
            "ENTITY_UNPROCESSABLE",
            "The request entity could not be processed.",
            "The response could not be accepted. Remove contact details from 'responseBody' and try again.",
        ),
        pending=tuple(item for pending, item in at_apple if pending),
        published=tuple(item for pending, item in at_apple if not pending),
        snoozed=tuple((ids[row.slug], (19 + 24 * number) * _HOUR_S) for number, row in enumerate(SNOOZED)),
        flagged=tuple(ids[slug] for slug in _FLAGGED),
        done=tuple(done),
        notes=((ids["changed-de"], "anna", "ticket #4411, fixed in 5.2.1, out 20 Nov", 2 * _DAY_S),),
        tags=(
            *((ids[slug], "crash") for slug in _CRASHES),
            (ids["billed-us"], "billing"),
            (ids["us-restore"], "billing"),
        ),
        assigned=((ids["changed-de"], "anna"),),
        teammates=(
            Teammate("anna@north.example", "Anna", "Berg", "CUSTOMER_SUPPORT", "active", 60 * _DAY_S),
            Teammate("raj@north.example", "Raj", "Patel", "CUSTOMER_SUPPORT", "pending", 44 * _HOUR_S),
            Teammate("li@north.example", "Li", "Chen", "FINANCE", "expired", 5 * _DAY_S),
            Teammate("old-agency@x.example", "Old", "Agency", "ADMIN", "removed", 9 * _DAY_S),
        ),
        session=(
            (
                150.0,
                "edit",
                {
                    "review_id": ids["public-de"],
                    "rating": 2,
                    "title": "Leider doch nicht",
                    "body": "Seit heute stürzt es wieder ab, trotz 5.2.1.",
                },
            ),
        ),
        faults=(
            {
                "kind": "world",
                "method": "GET",
                "path": f"/v1/customerReviews/{ids['ads-us']}",
                "event": {"what": "answer", "review_id": ids["ads-us"], "text": RIVAL_LATER},
            },
            {
                "kind": "status",
                "method": "GET",
                "path": "/v1/apps/*/customerReviews",
                "key_id": limited_key,
                "status": 429,
                "retry_after": "20",
            },
        ),
    )
