"""Linked accounts and their credentials (user.db), the apps that they see (cache.db)."""

from __future__ import annotations

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel


class AccountTable(SQLModel, table=True):
    """One linked team. `features` is a comma-separated list of capabilities."""

    __tablename__ = "account"
    __table_args__ = (Index("account_name", "name", unique=True), {"schema": "user"})

    id: int = Field(primary_key=True)
    name: str = Field(sa_type=Text(collation="NOCASE"))
    vendor: str | None = Field(sa_type=Text)
    features: str = Field(sa_type=Text)
    linked_at: int


class CredentialTable(SQLModel, table=True):
    """How an account is reached, in the order of preference. Holds where the secret is, never the secret."""

    __tablename__ = "credential"
    __table_args__ = (Index("credential_account", "account_id", "position"), {"schema": "user"})

    id: int = Field(primary_key=True)
    account_id: int
    position: int
    kind: str = Field(sa_type=Text)
    key_id: str = Field(sa_type=Text)
    issuer_id: str | None = Field(sa_type=Text)
    secret_ref: str = Field(sa_type=Text)
    fingerprint: str = Field(sa_type=Text)
    added_at: int | None
    last_ok_at: int | None
    expires_at: int | None
    capabilities: str = Field(sa_type=Text)


class HiddenAppTable(SQLModel, table=True):
    """An app that the person does not want to see through this account."""

    __tablename__ = "hidden_app"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    account_id: int = Field(primary_key=True)
    app_id: str = Field(primary_key=True, sa_type=Text)


class AppTable(SQLModel, table=True):
    """An app as Apple lists it. `number` stands for it in reviews."""

    __tablename__ = "app"
    __table_args__ = (Index("app_id", "id", unique=True), {"schema": "cache"})

    number: int = Field(primary_key=True)
    id: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    bundle_id: str = Field(sa_type=Text)
    sku: str = Field(sa_type=Text)
    primary_locale: str = Field(sa_type=Text)


class AccountAppTable(SQLModel, table=True):
    """Which account sees which app."""

    __tablename__ = "account_app"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    account_id: int = Field(primary_key=True)
    app_id: str = Field(primary_key=True, sa_type=Text)
