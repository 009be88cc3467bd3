"""Reviews as Apple gave them (cache.db)."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from ascinbox.store.models.columns import partial_index, whole, words


class ReviewTable(SQLModel, table=True):
    """One review with its response. `key` is `(created << 20) | tie-break`: key order is date order."""

    __tablename__ = "review"
    __table_args__ = (
        Index("review_id", "id", unique=True),
        partial_index("review_changed", "changed_at", where="changed_at IS NOT NULL"),
        partial_index(
            "review_unversioned",
            "app",
            "seen_at",
            "created",
            where="app_version IS NULL AND removed_at IS NULL",
        ),
        {"schema": "cache"},
    )

    key: int = whole(primary_key=True)
    id: str = words()
    app: int = whole()
    """`app.number`."""
    rating: int | None = whole()
    territory: str | None = words()
    state: str = words()
    """The letter, derived from both files by `core.reviews.states.letter_of`."""
    marks: int = whole()
    """`store.keys.MarkBit`s, derived from user.db."""
    created: int | None = whole()
    changed_at: int | None = whole()
    """Copy of `triage.changed_at`, for sorting."""
    removed_at: int | None = whole()
    seen_at: int = whole()
    content: int = whole()
    """First 64 bits of the hash over rating, title and body."""
    rest: int = whole()
    """The same over everything else that Apple gave."""
    length: int = whole()
    """Characters of the body."""
    nickname: str = words()
    title: str = words()
    body: str = words()
    response_id: str | None = words()
    response_state: str | None = words()
    response_at: int | None = whole()
    response_text: str | None = words()
    app_version: str | None = words()
    """Version of the app that it is about; empty when Apple lists it under none, NULL until it was looked
    for."""


class ReviewDeviceTable(SQLModel, table=True):
    """What a store tells of the device that a review was written on; Apple tells nothing of it."""

    __tablename__ = "review_device"
    __table_args__ = (Index("review_device_name", "device"), {"schema": "cache"})

    key: int = whole(primary_key=True)
    """`review.key`."""
    device: str = words()
    os_version: str = words()
    thumbs_up: int = whole()
    thumbs_down: int = whole()


class RatingTable(SQLModel, table=True):
    """Stars without a word, from a store's monthly files: they count in figures, and are no reviews."""

    __tablename__ = "rating"
    __table_args__ = (Index("rating_day", "app_id", "at"), {"schema": "cache", "sqlite_with_rowid": False})

    id: str = words(primary_key=True)
    app_id: str = words()
    at: int = whole()
    """When they were given, or last changed."""
    stars: int = whole()
    app_version: str = words()
    device: str = words()
    lang: str = words()


class ReviewTextTable(SQLModel, table=True):
    """The folded forms that are searched (see `core.text.fold`)."""

    __tablename__ = "review_text"
    __table_args__ = {"schema": "cache"}

    key: int = whole(primary_key=True)
    folded: str = words()
    """Title and body."""
    nickname: str = words()
