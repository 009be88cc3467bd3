"""Column types that mean the same on SQLite and on PostgreSQL, and indexes over part of a table.

SQLite stores every whole number in up to 64 bits and every REAL as a double; PostgreSQL's INTEGER and REAL
are half of that, so the wide types are named here. SQLite keeps its own words for them (`INTEGER` makes a
primary key the rowid), which are also the words in files of older versions.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import REAL, BigInteger, Double, Index, Integer, SmallInteger, Text, text
from sqlalchemy.types import TypeEngine
from sqlmodel import Field

WHOLE = BigInteger().with_variant(Integer(), "sqlite")
"""A whole number of up to 64 bits: ids, keys, counts, epoch seconds, ordinals of days, millionths."""
TRUTH = SmallInteger().with_variant(Integer(), "sqlite")
"""0 or 1."""
SECONDS: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")
"""Epoch seconds with a fraction (UTC)."""
WORDS = Text()
"""Text without a limit. Letter case counts; where it does not, an index over `lower(...)` says so."""


def row_id() -> Any:
    """A primary key that the database counts up by itself."""
    return Field(primary_key=True, sa_type=WHOLE)


def whole(*, primary_key: bool = False) -> Any:
    """A column of `WHOLE` that whoever writes the row gives; `int | None` makes it nullable."""
    if primary_key:
        return Field(primary_key=True, sa_type=WHOLE, sa_column_kwargs={"autoincrement": False})
    return Field(sa_type=WHOLE)


def truth() -> Any:
    """A column of `TRUTH`."""
    return Field(sa_type=TRUTH)


def seconds() -> Any:
    """A column of `SECONDS`."""
    return Field(sa_type=SECONDS)


def share() -> Any:
    """A column of a number from 0 to 1."""
    return Field(sa_type=SECONDS)


def words(*, primary_key: bool = False, default: str | None = None) -> Any:
    """A column of `WORDS`; with a `default`, also for rows that are older than the column."""
    if default is not None:
        return Field(default=default, sa_type=WORDS, sa_column_kwargs={"server_default": default})
    return Field(primary_key=primary_key, sa_type=WORDS)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the rows for which `where` holds, on both engines.

    Without `postgresql_where` a unique one would hold for every row there.
    """
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
