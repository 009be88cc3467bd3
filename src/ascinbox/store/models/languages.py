"""Languages of reviews, detected or corrected (cache.db), in narrow tables: a review's own row is long."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from ascinbox.store.models.columns import share, whole, words


class ReviewLanguageTable(SQLModel, table=True):
    """The language of one review; no row as long as nothing was detected and nobody corrected it."""

    __tablename__ = "review_language"
    __table_args__ = {"schema": "cache"}

    key: int = whole(primary_key=True)
    """`review.key`."""
    lang: str = words()
    """ISO 639-1; empty when it is unclear."""
    score: float | None = share()
    """0 to 1; NULL when it is unclear."""
    source: str = words()
    """A `core.reviews.language_decision.LanguageSource`; empty when it is unclear. What a person said is a
    copy of `triage.language`."""


class UndetectedTable(SQLModel, table=True):
    """A review whose text is to be looked at."""

    __tablename__ = "undetected"
    __table_args__ = {"schema": "cache"}

    key: int = whole(primary_key=True)


class TranslationTable(SQLModel, table=True):
    """What an engine made of a text. Kept by content, so that the same text is asked for once."""

    __tablename__ = "translation"
    __table_args__ = (
        Index("translation_review", "review_id"),
        {"schema": "cache", "sqlite_with_rowid": False},
    )

    content: str = words(primary_key=True)
    """Hash of title and body."""
    target: str = words(primary_key=True)
    """ISO 639-1."""
    engine: str = words(primary_key=True)
    """`EngineChoice.identity`."""
    name: str = words()
    """What it is marked by."""
    review_id: str = words()
    """The review that it was made for; empty for a reply that was translated back."""
    title: str = words()
    body: str = words()
    folded: str = words()
    """As it is searched."""
    at: int = whole()


class DraftedTable(SQLModel, table=True):
    """The last draft that an engine wrote for a review, until a reply to it is confirmed."""

    __tablename__ = "drafted"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    review_id: str = words(primary_key=True)
    engine: str = words()
    """What it is marked by."""
    text: str = words()
    at: int = whole()
