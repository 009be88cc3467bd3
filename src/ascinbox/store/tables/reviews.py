"""Reviews as Apple gave them (cache.db)."""

from __future__ import annotations

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel


class ReviewTable(SQLModel, table=True):
    """One review with its response. `key` is `(created << 20) | tie-break`: key order is date order."""

    __tablename__ = "review"
    __table_args__ = (
        Index("review_id", "id", unique=True),
        Index("review_changed", "changed_at", sqlite_where=text("changed_at IS NOT NULL")),
        {"schema": "cache"},
    )

    key: int = Field(primary_key=True)
    id: str = Field(sa_type=Text)
    app: int
    """`app.number`."""
    rating: int | None
    territory: str | None = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    """The letter, derived from both files by `core.states.letter_of`."""
    marks: int
    """Bits of `store.marks`, derived from user.db."""
    created: int | None
    changed_at: int | None
    """Copy of `triage.changed_at`, for sorting."""
    removed_at: int | None
    seen_at: int
    content: int
    """First 64 bits of the hash over rating, title and body."""
    rest: int
    """The same over everything else that Apple gave."""
    lang: str | None = Field(sa_type=Text)
    """Our guess, made in the background; empty when there is none, NULL when none was made yet."""
    length: int
    """Characters of the body."""
    nickname: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)
    response_id: str | None = Field(sa_type=Text)
    response_state: str | None = Field(sa_type=Text)
    response_at: int | None
    response_text: str | None = Field(sa_type=Text)


class ReviewTextTable(SQLModel, table=True):
    """The folded forms that are searched (see `core.text.fold`)."""

    __tablename__ = "review_text"
    __table_args__ = {"schema": "cache"}

    key: int = Field(primary_key=True)
    folded: str = Field(sa_type=Text)
    """Title and body."""
    nickname: str = Field(sa_type=Text)
