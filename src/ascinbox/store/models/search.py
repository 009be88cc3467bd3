"""The search index of a large cache (cache.db); see `store/index/`."""

from __future__ import annotations

from sqlmodel import SQLModel

from ascinbox.store.models.columns import truth, whole, words


class FreshTable(SQLModel, table=True):
    """A review that no block holds in its present form. `serial` is another after each change."""

    __tablename__ = "fresh"
    __table_args__ = {"schema": "cache"}

    key: int = whole(primary_key=True)
    serial: int = whole()


class SpotTable(SQLModel, table=True):
    """Where a review is in the index: `place = (block << 16) | ordinal`."""

    __tablename__ = "spot"
    __table_args__ = {"schema": "cache"}

    key: int = whole(primary_key=True)
    place: int = whole()


class BlockTable(SQLModel, table=True):
    """Some thousand reviews in key order, indexed together and never changed but for `alive`."""

    __tablename__ = "block"
    __table_args__ = {"schema": "cache"}

    id: int = whole(primary_key=True)
    ready: int = truth()
    size: int = whole()
    low: int = whole()
    high: int = whole()
    alive: bytes
    """One bit a review: still as it was indexed."""
    lengths: bytes
    """Characters of each body, 2 bytes each."""
    keys: bytes
    """Sorted keys, 8 bytes each, little-endian."""


class TermTable(SQLModel, table=True):
    """Which reviews of a block have a word or a facet."""

    __tablename__ = "term"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    block: int = whole(primary_key=True)
    term: str = words(primary_key=True)
    hits: bytes
