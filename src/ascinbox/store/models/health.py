"""Verdicts, their history, and the people of a team (user.db)."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from ascinbox.store.models.columns import row_id, truth, whole, words


class VerdictTable(SQLModel, table=True):
    """The last verdict on a capability of a credential. `credential` is the key id."""

    __tablename__ = "verdict"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    account_id: int = whole(primary_key=True)
    credential: str = words(primary_key=True)
    capability: str = words(primary_key=True)
    state: str = words()
    severity: int | None = whole()
    detail: str = words()
    evidence: str = words()
    fix: str = words()
    who: str = words()
    afterwards: str = words()
    instead: str = words()
    checked_at: int | None = whole()
    since: int = whole()
    """When this state was first seen without interruption."""
    proved_at: int | None = whole()
    """When it last was ok."""


class VerdictChangeTable(SQLModel, table=True):
    """A verdict that differed from the one before."""

    __tablename__ = "verdict_change"
    __table_args__ = (Index("verdict_change_account", "account_id", "at"), {"schema": "user"})

    id: int = row_id()
    account_id: int = whole()
    credential: str = words()
    capability: str = words()
    before: str = words()
    state: str = words()
    evidence: str = words()
    at: int = whole()


class PersonTable(SQLModel, table=True):
    """Someone on the team, invited to it, or gone from it."""

    __tablename__ = "person"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    account_id: int = whole(primary_key=True)
    email: str = words(primary_key=True)
    apple_id: str = words()
    state: str = words()
    first_name: str = words()
    last_name: str = words()
    roles: str = words()
    all_apps: int = truth()
    apps: str = words()
    expires_at: int | None = whole()
    changed_at: int = whole()
    seen_at: int = whole()
