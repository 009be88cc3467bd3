"""How far the cache has come, and who is filling it (cache.db)."""

from __future__ import annotations

from sqlmodel import SQLModel

from ascinbox.store.models.columns import truth, whole, words


class WalkTable(SQLModel, table=True):
    """The walk through an app's pages of reviews that is under way (`open`), or the last one."""

    __tablename__ = "walk"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    app_id: str = words(primary_key=True)
    number: int = whole()
    """Grows whenever someone takes the walk over: the fencing token of its pages."""
    full: int = truth()
    started_at: int = whole()
    pages: int = whole()
    next_query: str | None = words()
    open: int = truth()
    full_at: int | None = whole()
    """When the last complete full walk ended."""
    finished_at: int | None = whole()
    """When the last complete walk of either kind ended."""
    first_total: int | None = whole()
    """How many reviews Apple counted when the walk began."""
    last_total: int | None = whole()
    """How many Apple counted on the last page so far."""
    unnamed: int | None = whole()
    """Items of the walk that could not be read and had no id."""


class WalkPageTable(SQLModel, table=True):
    """The keys that one page of an open walk showed (8 bytes each)."""

    __tablename__ = "walk_page"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    app_id: str = words(primary_key=True)
    page: int = whole(primary_key=True)
    keys: bytes


class AppVersionTable(SQLModel, table=True):
    """How far the list of reviews of one version of an app was read."""

    __tablename__ = "app_version"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    app_id: str = words(primary_key=True)
    version_id: str = words(primary_key=True)
    read_at: int | None = whole()
    """When the last reading that came to the end began: it met every review that was cached before."""
    began_at: int | None = whole()
    """When the reading that is under way began; NULL when none is."""
    next_query: str | None = words()
    """Where that one goes on."""


class RunTable(SQLModel, table=True):
    """The last sync of a data set of an account."""

    __tablename__ = "run"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    account_id: int = whole(primary_key=True)
    dataset: str = words(primary_key=True)
    started_at: int = whole()
    finished_at: int | None = whole()
    ok: int = truth()
    requests: int = whole()
    new: int = whole()
    changed: int = whole()
    removed: int = whole()
    detail: str = words()
    succeeded_at: int | None = whole()


class BudgetTable(SQLModel, table=True):
    """What Apple last said about a key's requests."""

    __tablename__ = "budget"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    key_id: str = words(primary_key=True)
    hour_limit: int | None = whole()
    hour_left: int | None = whole()
    minute_limit: int | None = whole()
    minute_left: int | None = whole()
    seen_at: int = whole()
    """0: only a hold is known."""
    held_until: int | None = whole()
    """Until when Apple wants no request (429)."""


class LeftOutTable(SQLModel, table=True):
    """What Apple sent and could not be read: counted, never shown."""

    __tablename__ = "left_out"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    dataset: str = words(primary_key=True)
    scope: str = words(primary_key=True)
    """The app or account whose list it was in."""
    item: str = words(primary_key=True)
    """Apple's id; empty for what had none."""
    reason: str = words(primary_key=True)
    times: int = whole()
    first_at: int = whole()
    last_at: int = whole()


class LeaseTable(SQLModel, table=True):
    """Who is refreshing what. Times are wall time: several programs share it."""

    __tablename__ = "lease"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    name: str = words(primary_key=True)
    owner: str = words()
    host: str = words()
    boot_id: str = words()
    pid: int = whole()
    expires_at: int = whole()


class CacheMetaTable(SQLModel, table=True):
    """Named values of cache.db."""

    __tablename__ = "meta"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    name: str = words(primary_key=True)
    value: str = words()
