"""Deliveries: which event goes where, and what became of it (user.db).

Times are epoch seconds with a fraction, see `seconds`. `core.deliveries.states.Delivery` says what the
columns of a delivery mean.
"""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from ascinbox.store.models.columns import partial_index, row_id, seconds, truth, whole, words


class DeliveryEventTable(SQLModel, table=True):
    """An event that at least one rule wants told, as it was when it was met."""

    __tablename__ = "delivery_event"
    __table_args__ = (Index("delivery_event_key", "key", unique=True), {"schema": "user"})

    id: int = row_id()
    key: str = words()
    """The same for the same event, whoever meets it: kind, review, content hash."""
    kind: str = words()
    review_id: str = words()
    app_id: str = words()
    app_name: str = words()
    store: str = words()
    account: str = words()
    at: float = seconds()
    body: str = words()
    """JSON: review, before, detail."""


class DeliveryTable(SQLModel, table=True):
    """One event for one destination by one rule."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("delivery_uid", "uid", unique=True),
        Index("delivery_once", "rule", "destination", "event", unique=True),
        partial_index("delivery_open", "next_at", where="state IN ('queued', 'sending', 'unknown')"),
        Index("delivery_outcome", "destination", "state", "changed_at"),
        Index("delivery_recent", "rule", "destination", "created_at"),
        Index("delivery_changed", "changed_at"),
        {"schema": "user"},
    )

    id: int = row_id()
    uid: str = words()
    rule: str = words()
    destination: str = words()
    event: int = whole()
    """`delivery_event.id`."""
    state: str = words()
    version: int = whole()
    message: str = words()
    digest: int = truth()
    created_at: float = seconds()
    next_at: float = seconds()
    changed_at: float = seconds()
    attempts: int = whole()
    lease_owner: str = words()
    lease_until: float | None = seconds()
    first_try_at: float | None = seconds()
    maybe_sent: int = truth()
    reached: str = words()
    """JSON array of addresses."""
    reference: str = words()
    why: str = words()
    detail: str = words()


class DeliveryRuleTable(SQLModel, table=True):
    """A rule that was read: since when it counts, and how far it has looked."""

    __tablename__ = "delivery_rule"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    name: str = words(primary_key=True)
    begun_at: float = seconds()
    cache: str = words()
    """Which cache.db `seen` counts in: a rebuilt one starts counting again."""
    seen: int = whole()
    """The last `arrival.number` that the rule has looked at."""


class DeliveryPauseTable(SQLModel, table=True):
    """A rule or destination for which nothing is sent until a person ends that."""

    __tablename__ = "delivery_pause"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    name: str = words(primary_key=True)
    since: float = seconds()


class DeliverySecretTable(SQLModel, table=True):
    """Where the vault keeps what notify.toml calls `vault:NAME`; never the secret."""

    __tablename__ = "delivery_secret"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    name: str = words(primary_key=True)
    reference: str = words()
    changed_at: float = seconds()


class WokenTable(SQLModel, table=True):
    """A review whose snooze ended by itself: the mark is gone then, and a rule may want to tell it."""

    __tablename__ = "woken"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    review_id: str = words(primary_key=True)
    due_at: int = whole()
    """When the snooze was to end."""
    at: float = seconds()
