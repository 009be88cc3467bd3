"""What the person decided about reviews (user.db). Reviews are named by Apple's id."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from ascinbox.store.models.columns import partial_index, row_id, truth, whole, words


class TriageTable(SQLModel, table=True):
    """Local marks of one review; no row means none."""

    __tablename__ = "triage"
    __table_args__ = (
        partial_index("triage_snoozed", "snoozed_until", where="snoozed_until IS NOT NULL"),
        {"schema": "user", "sqlite_with_rowid": False},
    )

    review_id: str = words(primary_key=True)
    opened_at: int | None = whole()
    read: int = truth()
    flagged: int = truth()
    done_at: int | None = whole()
    snoozed_until: int | None = whole()
    assignee: str = words()
    note: str = words()
    changed_at: int | None = whole()
    """When we noticed that the customer changed the review after a reply or after done."""
    language: str | None = words()
    """The language as a person put it right (ISO 639-1); NULL where nobody did."""


class TagTable(SQLModel, table=True):
    """A tag on a review."""

    __tablename__ = "tag"
    __table_args__ = (Index("tag_tag", "tag"), {"schema": "user", "sqlite_with_rowid": False})

    review_id: str = words(primary_key=True)
    tag: str = words(primary_key=True)


class UndoTable(SQLModel, table=True):
    """One review's marks before an act; acts on several reviews share a batch."""

    __tablename__ = "undo"
    __table_args__ = (Index("undo_batch", "batch"), {"schema": "user"})

    id: int = row_id()
    batch: int = whole()
    verb: str = words()
    review_id: str = words()
    before: str = words()
    """JSON of the fields that the act changed."""
    at: int = whole()


class EarlierTextTable(SQLModel, table=True):
    """A review's text before the customer changed it."""

    __tablename__ = "earlier_text"
    __table_args__ = (Index("earlier_text_review", "review_id", "content", unique=True), {"schema": "user"})

    id: int = row_id()
    review_id: str = words()
    content: str = words()
    """Hash of rating, title and body."""
    rating: int | None = whole()
    title: str = words()
    body: str = words()
    seen_until: int = whole()


class PlaceTable(SQLModel, table=True):
    """Where the person was in a view."""

    __tablename__ = "place"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    view: str = words(primary_key=True)
    value: str = words()
    at: int = whole()


class UserMetaTable(SQLModel, table=True):
    """Named values of user.db."""

    __tablename__ = "meta"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    name: str = words(primary_key=True)
    value: str = words()
