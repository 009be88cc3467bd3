"""What people did beside answering (user.db); `core.reviews.acts.Act` says what each column means."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from ascinbox.store.models.columns import row_id, seconds, whole, words


class ActTable(SQLModel, table=True):
    """One act, whatever the number of reviews."""

    __tablename__ = "act"
    __table_args__ = (Index("act_at", "at"), Index("act_batch", "batch"), {"schema": "user"})

    id: int = row_id()
    at: float = seconds()
    who: str = words()
    verb: str = words()
    subject: str = words()
    detail: str = words()
    reviews: str = words()
    """JSON array of Apple's ids."""
    batch: int | None = whole()
    """Its number in the journal by which it can be taken back."""
