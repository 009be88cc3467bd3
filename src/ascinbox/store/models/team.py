"""What several people need on one queue (user.db): the thread of notes, who they are, acts made offline."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from ascinbox.store.models.columns import row_id, seconds, words


class NoteTable(SQLModel, table=True):
    """A note in the thread of a review. Never changed, never taken away."""

    __tablename__ = "note"
    __table_args__ = (Index("note_review", "review_id", "at"), {"schema": "user", "sqlite_with_rowid": False})

    id: str = words(primary_key=True)
    """UUID, made by the writer."""
    review_id: str = words()
    author: str = words()
    body: str = words()
    at: float = seconds()


class MemberTable(SQLModel, table=True):
    """Somebody on the team."""

    __tablename__ = "member"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    name: str = words(primary_key=True)
    """The login of the database."""
    level: str = words()
    added_at: float = seconds()
    removed_at: float | None = seconds()


class IntentTable(SQLModel, table=True):
    """An act that the team's database has not taken yet."""

    __tablename__ = "intent"
    __table_args__ = (Index("intent_review", "review_id"), {"schema": "user"})

    id: int = row_id()
    kind: str = words()
    """`mark` or `note`."""
    review_id: str = words()
    wanted: str = words()
    """JSON of what the person wants."""
    seen: str = words()
    """JSON of what stood there when the person wanted it."""
    theirs: str | None = words()
    """JSON of what stands there instead: the person has to choose. Empty: not sent yet."""
    at: float = seconds()
