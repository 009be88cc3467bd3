"""What pages of reviews brought, in the order in which it was stored (cache.db)."""

from __future__ import annotations

from sqlmodel import SQLModel

from ascinbox.store.models.columns import row_id, whole, words


class ArrivalTable(SQLModel, table=True):
    """A review that was new or whose text changed. Not of an app's first walk: that is history, no news.

    Rules of notify.toml look at it from the number that they have seen. The last row is never deleted, so
    that no number is given twice.
    """

    __tablename__ = "arrival"
    __table_args__ = {"schema": "cache"}

    number: int = row_id()
    review_id: str = words()
    kind: str = words()
    """`new`, `changed`, or `answered` for one that had an answer when it changed."""
    at: int = whole()
