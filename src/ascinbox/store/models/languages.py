"""Languages of reviews, detected or corrected (cache.db), in narrow tables: a review's own row is long."""

from __future__ import annotations

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
