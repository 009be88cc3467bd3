"""Verdicts, their history, what was observed beside them, and the people of a team (user.db)."""

from __future__ import annotations

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel


class VerdictTable(SQLModel, table=True):
    """The last verdict on a capability of a credential. `credential` is the key id."""

    __tablename__ = "verdict"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    account_id: int = Field(primary_key=True)
    credential: str = Field(primary_key=True, sa_type=Text)
    capability: str = Field(primary_key=True, sa_type=Text)
    state: str = Field(sa_type=Text)
    severity: int | None
    detail: str = Field(sa_type=Text)
    evidence: str = Field(sa_type=Text)
    fix: str = Field(sa_type=Text)
    who: str = Field(sa_type=Text)
    afterwards: str = Field(sa_type=Text)
    instead: str = Field(sa_type=Text)
    checked_at: int | None
    since: int
    """When this state was first seen without interruption."""
    proved_at: int | None
    """When it last was ok."""


class VerdictChangeTable(SQLModel, table=True):
    """A verdict that differed from the one before."""

    __tablename__ = "verdict_change"
    __table_args__ = (Index("verdict_change_account", "account_id", "at"), {"schema": "user"})

    id: int = Field(primary_key=True)
    account_id: int
    credential: str = Field(sa_type=Text)
    capability: str = Field(sa_type=Text)
    before: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    evidence: str = Field(sa_type=Text)
    at: int


class ObservedTable(SQLModel, table=True):
    """A named value that was seen at Apple or learned while probing, and when."""

    __tablename__ = "observed"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    account_id: int = Field(primary_key=True)
    name: str = Field(primary_key=True, sa_type=Text)
    value: str = Field(sa_type=Text)
    at: int


class PersonTable(SQLModel, table=True):
    """Someone on the team, invited to it, or gone from it."""

    __tablename__ = "person"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    account_id: int = Field(primary_key=True)
    email: str = Field(primary_key=True, sa_type=Text(collation="NOCASE"))
    apple_id: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    first_name: str = Field(sa_type=Text)
    last_name: str = Field(sa_type=Text)
    roles: str = Field(sa_type=Text)
    all_apps: int
    apps: str = Field(sa_type=Text)
    expires_at: int | None
    changed_at: int
    seen_at: int
