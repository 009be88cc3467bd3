"""Drafts and the outbox (user.db). Times are epoch seconds with a fraction, in REAL columns."""

from __future__ import annotations

from sqlalchemy import REAL, Index, Text, text
from sqlmodel import Field, SQLModel


class DraftTable(SQLModel, table=True):
    """A reply that has not left the editor, with what its writer saw."""

    __tablename__ = "draft"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    review_id: str = Field(primary_key=True, sa_type=Text)
    app_id: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    sha256: str = Field(sa_type=Text)
    begun_at: float = Field(sa_type=REAL)
    saved_at: float = Field(sa_type=REAL)
    author: str = Field(sa_type=Text)
    template: str = Field(sa_type=Text)
    base_review: str | None = Field(sa_type=Text)
    base_response_id: str = Field(sa_type=Text)
    base_response_key: str = Field(sa_type=Text)
    base_modified_at: float | None = Field(sa_type=REAL)


class DiscardedTable(SQLModel, table=True):
    """A text that was let go; kept for thirty days."""

    __tablename__ = "discarded"
    __table_args__ = (Index("discarded_review", "review_id"), {"schema": "user"})

    id: int = Field(primary_key=True)
    review_id: str = Field(sa_type=Text)
    app_id: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    discarded_at: float = Field(sa_type=REAL)


class EditingTable(SQLModel, table=True):
    """Who has the editor of a review open, until when that is believed."""

    __tablename__ = "editing"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    review_id: str = Field(primary_key=True, sa_type=Text)
    owner: str = Field(sa_type=Text)
    who: str = Field(sa_type=Text)
    since: float = Field(sa_type=REAL)
    until: float = Field(sa_type=REAL)


class OutboxTable(SQLModel, table=True):
    """One intention; `core.outbox.OutboxRow` says what each column means."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_op", "op_id", unique=True),
        Index(
            "outbox_moving",
            "review_id",
            unique=True,
            sqlite_where=text("state IN ('queued', 'sending', 'unknown')"),
        ),
        Index("outbox_review", "review_id", "id"),
        Index("outbox_state", "state", "send_after"),
        Index("outbox_changed", "changed_at"),
        {"schema": "user"},
    )

    id: int = Field(primary_key=True)
    op_id: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    review_id: str = Field(sa_type=Text)
    app_id: str = Field(sa_type=Text)
    account_id: int
    credential: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    version: int
    text: str = Field(sa_type=Text)
    sha256: str = Field(sa_type=Text)
    base_review: str = Field(sa_type=Text)
    base_response_id: str = Field(sa_type=Text)
    base_response_key: str = Field(sa_type=Text)
    base_modified_at: float | None = Field(sa_type=REAL)
    queued_at: float = Field(sa_type=REAL)
    send_after: float = Field(sa_type=REAL)
    changed_at: float = Field(sa_type=REAL)
    author: str = Field(sa_type=Text)
    template: str = Field(sa_type=Text)
    batch: str = Field(sa_type=Text)
    session: str = Field(sa_type=Text)
    lease_owner: str = Field(sa_type=Text)
    lease_until: float | None = Field(sa_type=REAL)
    attempts: int
    posted_at: float | None = Field(sa_type=REAL)
    lost_at: float | None = Field(sa_type=REAL)
    rounds: int
    last_read: str = Field(sa_type=Text)
    last_read_at: float | None = Field(sa_type=REAL)
    check_after: float | None = Field(sa_type=REAL)
    looks: int
    accepted_at: float | None = Field(sa_type=REAL)
    published_at: float | None = Field(sa_type=REAL)
    response_id: str = Field(sa_type=Text)
    echo_key: str = Field(sa_type=Text)
    why: str = Field(sa_type=Text)
    detail: str = Field(sa_type=Text)
    status: int | None
    theirs_id: str | None = Field(sa_type=Text)
    theirs_text: str | None = Field(sa_type=Text)
    theirs_state: str | None = Field(sa_type=Text)
    theirs_at: float | None = Field(sa_type=REAL)
    seen_review: str | None = Field(sa_type=Text)
    seen_response_id: str | None = Field(sa_type=Text)
    seen_response_key: str | None = Field(sa_type=Text)
    seen_modified_at: float | None = Field(sa_type=REAL)


class OutboxPauseTable(SQLModel, table=True):
    """An account that sends nothing for now; `until` empty waits for a person or another key."""

    __tablename__ = "outbox_pause"
    __table_args__ = {"schema": "user"}

    account_id: int = Field(primary_key=True)
    credential: str = Field(sa_type=Text)
    until: float | None = Field(sa_type=REAL)
    reason: str = Field(sa_type=Text)
