"""How far the cache has come, and who is filling it (cache.db)."""

from __future__ import annotations

from sqlalchemy import Text
from sqlmodel import Field, SQLModel


class WalkTable(SQLModel, table=True):
    """The walk through an app's pages of reviews that is under way (`open`), or the last one."""

    __tablename__ = "walk"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    app_id: str = Field(primary_key=True, sa_type=Text)
    number: int
    """Grows whenever someone takes the walk over: the fencing token of its pages."""
    full: int
    started_at: int
    pages: int
    next_query: str | None = Field(sa_type=Text)
    open: int
    full_at: int | None
    """When the last complete full walk ended."""
    finished_at: int | None
    """When the last complete walk of either kind ended."""


class WalkPageTable(SQLModel, table=True):
    """The keys that one page of an open full walk showed (8 bytes each)."""

    __tablename__ = "walk_page"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    app_id: str = Field(primary_key=True, sa_type=Text)
    page: int = Field(primary_key=True)
    keys: bytes


class RunTable(SQLModel, table=True):
    """The last sync of a data set of an account."""

    __tablename__ = "run"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    account_id: int = Field(primary_key=True)
    dataset: str = Field(primary_key=True, sa_type=Text)
    started_at: int
    finished_at: int | None
    ok: int
    requests: int
    new: int
    changed: int
    removed: int
    detail: str = Field(sa_type=Text)
    succeeded_at: int | None


class BudgetTable(SQLModel, table=True):
    """What Apple last said about a key's requests."""

    __tablename__ = "budget"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    key_id: str = Field(primary_key=True, sa_type=Text)
    hour_limit: int | None
    hour_left: int | None
    minute_limit: int | None
    minute_left: int | None
    seen_at: int
    """0: only a hold is known."""
    held_until: int | None
    """Until when Apple wants no request (429)."""


class LeftOutTable(SQLModel, table=True):
    """What Apple sent and could not be read: counted, never shown."""

    __tablename__ = "left_out"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    dataset: str = Field(primary_key=True, sa_type=Text)
    scope: str = Field(primary_key=True, sa_type=Text)
    """The app or account whose list it was in."""
    item: str = Field(primary_key=True, sa_type=Text)
    """Apple's id; empty for what had none."""
    reason: str = Field(primary_key=True, sa_type=Text)
    times: int
    first_at: int
    last_at: int


class LeaseTable(SQLModel, table=True):
    """Who is refreshing what. Times are wall time: several programs share it."""

    __tablename__ = "lease"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    name: str = Field(primary_key=True, sa_type=Text)
    owner: str = Field(sa_type=Text)
    host: str = Field(sa_type=Text)
    boot_id: str = Field(sa_type=Text)
    pid: int
    expires_at: int


class CacheMetaTable(SQLModel, table=True):
    """Named values of cache.db."""

    __tablename__ = "meta"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    name: str = Field(primary_key=True, sa_type=Text)
    value: str = Field(sa_type=Text)
