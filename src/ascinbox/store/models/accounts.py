"""Linked accounts and their credentials (user.db), the apps that they see (cache.db)."""

from __future__ import annotations

from sqlalchemy import Index, func, text
from sqlmodel import SQLModel

from ascinbox.store.models.columns import row_id, whole, words


class AccountTable(SQLModel, table=True):
    """One linked team. `features` is a comma-separated list of capabilities."""

    __tablename__ = "account"
    __table_args__ = (Index("account_name", func.lower(text("name")), unique=True), {"schema": "user"})

    id: int = row_id()
    name: str = words()
    """Unique without regard to the case of ASCII letters."""
    vendor: str | None = words()
    features: str = words()
    linked_at: int = whole()
    store: str = words(default="apple")
    """The id of its store of reviews (see core/stores.py)."""


class CredentialTable(SQLModel, table=True):
    """How an account is reached, in the order of preference. Holds where the secret is, never the secret."""

    __tablename__ = "credential"
    __table_args__ = (Index("credential_account", "account_id", "position"), {"schema": "user"})

    id: int = row_id()
    account_id: int = whole()
    position: int = whole()
    kind: str = words()
    key_id: str = words()
    issuer_id: str | None = words()
    secret_ref: str = words()
    fingerprint: str = words()
    added_at: int | None = whole()
    last_ok_at: int | None = whole()
    expires_at: int | None = whole()
    capabilities: str = words()
    apps: str = words(default="")
    """Comma-separated ids of the apps that it is for, where the store does not tell them."""
    bucket: str = words(default="")
    """Where the store lays down its files for it."""


class HiddenAppTable(SQLModel, table=True):
    """An app that the person does not want to see through this account."""

    __tablename__ = "hidden_app"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    account_id: int = whole(primary_key=True)
    app_id: str = words(primary_key=True)


class AppTable(SQLModel, table=True):
    """An app as Apple lists it. `number` stands for it in reviews."""

    __tablename__ = "app"
    __table_args__ = (Index("app_id", "id", unique=True), {"schema": "cache"})

    number: int = row_id()
    id: str = words()
    name: str = words()
    bundle_id: str = words()
    sku: str = words()
    primary_locale: str = words()


class AccountAppTable(SQLModel, table=True):
    """Which account sees which app."""

    __tablename__ = "account_app"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    account_id: int = whole(primary_key=True)
    app_id: str = words(primary_key=True)
