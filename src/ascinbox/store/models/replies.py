"""Drafts and the outbox (user.db). Times are epoch seconds with a fraction, see `seconds`."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from ascinbox.store.models.columns import partial_index, row_id, seconds, whole, words


class DraftTable(SQLModel, table=True):
    """A reply that has not left the editor, with what its writer saw."""

    __tablename__ = "draft"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    review_id: str = words(primary_key=True)
    app_id: str = words()
    text: str = words()
    sha256: str = words()
    begun_at: float = seconds()
    saved_at: float = seconds()
    author: str = words()
    template: str = words()
    base_review: str | None = words()
    base_response_id: str = words()
    base_response_key: str = words()
    base_modified_at: float | None = seconds()


class DiscardedTable(SQLModel, table=True):
    """A discarded text; kept for thirty days."""

    __tablename__ = "discarded"
    __table_args__ = (Index("discarded_review", "review_id"), {"schema": "user"})

    id: int = row_id()
    review_id: str = words()
    app_id: str = words()
    text: str = words()
    discarded_at: float = seconds()


class EditingTable(SQLModel, table=True):
    """Who has the editor of a review open, until when that is believed."""

    __tablename__ = "editing"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    review_id: str = words(primary_key=True)
    owner: str = words()
    who: str = words()
    since: float = seconds()
    until: float = seconds()


class OutboxTable(SQLModel, table=True):
    """One intention; `core.outbox.states.OutboxRow` says what each column means."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_op", "op_id", unique=True),
        partial_index(
            "outbox_moving",
            "review_id",
            where="state IN ('queued', 'sending', 'unknown', 'waiting')",
            unique=True,
        ),
        Index("outbox_review", "review_id", "id"),
        Index("outbox_state", "state", "send_after"),
        Index("outbox_changed", "changed_at"),
        {"schema": "user"},
    )

    id: int = row_id()
    op_id: str = words()
    kind: str = words()
    review_id: str = words()
    app_id: str = words()
    account_id: int = whole()
    credential: str = words()
    state: str = words()
    version: int = whole()
    text: str = words()
    sha256: str = words()
    base_review: str = words()
    base_response_id: str = words()
    base_response_key: str = words()
    base_modified_at: float | None = seconds()
    queued_at: float = seconds()
    send_after: float = seconds()
    changed_at: float = seconds()
    author: str = words()
    template: str = words()
    batch: str = words()
    session: str = words()
    lease_owner: str = words()
    lease_until: float | None = seconds()
    attempts: int = whole()
    posted_at: float | None = seconds()
    lost_at: float | None = seconds()
    rounds: int = whole()
    last_read: str = words()
    last_read_at: float | None = seconds()
    check_after: float | None = seconds()
    looks: int = whole()
    accepted_at: float | None = seconds()
    published_at: float | None = seconds()
    response_id: str = words()
    echo_key: str = words()
    why: str = words()
    detail: str = words()
    status: int | None = whole()
    theirs_id: str | None = words()
    theirs_text: str | None = words()
    theirs_state: str | None = words()
    theirs_at: float | None = seconds()
    seen_review: str | None = words()
    seen_response_id: str | None = words()
    seen_response_key: str | None = words()
    seen_modified_at: float | None = seconds()


class OutboxPauseTable(SQLModel, table=True):
    """An account that sends nothing for now; `until` empty waits for a person or another key."""

    __tablename__ = "outbox_pause"
    __table_args__ = {"schema": "user"}

    account_id: int = whole(primary_key=True)
    credential: str = words()
    until: float | None = seconds()
    reason: str = words()
