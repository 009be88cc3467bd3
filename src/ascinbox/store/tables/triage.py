"""What the person decided about reviews (user.db). Reviews are named by Apple's id."""

from __future__ import annotations

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel


class TriageTable(SQLModel, table=True):
    """Local marks of one review; no row means none."""

    __tablename__ = "triage"
    __table_args__ = (
        Index("triage_snoozed", "snoozed_until", sqlite_where=text("snoozed_until IS NOT NULL")),
        {"schema": "user", "sqlite_with_rowid": False},
    )

    review_id: str = Field(primary_key=True, sa_type=Text)
    opened_at: int | None
    read: int
    flagged: int
    done_at: int | None
    snoozed_until: int | None
    assignee: str = Field(sa_type=Text)
    note: str = Field(sa_type=Text)
    changed_at: int | None
    """When we noticed that the customer changed the review after a reply or after done."""


class TagTable(SQLModel, table=True):
    """A tag on a review."""

    __tablename__ = "tag"
    __table_args__ = (Index("tag_tag", "tag"), {"schema": "user", "sqlite_with_rowid": False})

    review_id: str = Field(primary_key=True, sa_type=Text)
    tag: str = Field(primary_key=True, sa_type=Text)


class UndoTable(SQLModel, table=True):
    """One review's marks before an act; acts on several reviews share a batch."""

    __tablename__ = "undo"
    __table_args__ = (Index("undo_batch", "batch"), {"schema": "user"})

    id: int = Field(primary_key=True)
    batch: int
    verb: str = Field(sa_type=Text)
    review_id: str = Field(sa_type=Text)
    before: str = Field(sa_type=Text)
    """JSON of the fields that the act changed."""
    at: int


class EarlierTextTable(SQLModel, table=True):
    """A review's text before the customer changed it."""

    __tablename__ = "earlier_text"
    __table_args__ = (Index("earlier_text_review", "review_id", "content", unique=True), {"schema": "user"})

    id: int = Field(primary_key=True)
    review_id: str = Field(sa_type=Text)
    content: str = Field(sa_type=Text)
    """Hash of rating, title and body."""
    rating: int | None
    title: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)
    seen_until: int


class PlaceTable(SQLModel, table=True):
    """Where the person was in a view."""

    __tablename__ = "place"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    view: str = Field(primary_key=True, sa_type=Text)
    value: str = Field(sa_type=Text)
    at: int


class UserMetaTable(SQLModel, table=True):
    """Named values of user.db."""

    __tablename__ = "meta"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    name: str = Field(primary_key=True, sa_type=Text)
    value: str = Field(sa_type=Text)
