"""What was learned of keys and analytics requests while asking Apple (user.db). `credential` is a key id."""

from __future__ import annotations

from sqlmodel import SQLModel

from ascinbox.store.models.columns import whole, words


class KeyListingTable(SQLModel, table=True):
    """Which apps Apple listed for a credential last. Lists of ids are joined by commas."""

    __tablename__ = "key_listing"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    account_id: int = whole(primary_key=True)
    credential: str = words(primary_key=True)
    apps: str = words()
    missed: str = words()
    """Apps that it saw before and that the last list did not have."""
    missed_since: int | None = whole()
    """When just these were first missed; NULL where none is."""
    listed_at: int = whole()


class RetiredKeyTable(SQLModel, table=True):
    """A replaced key, kept only to see that it was revoked at Apple."""

    __tablename__ = "retired_key"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    account_id: int = whole(primary_key=True)
    credential: str = words(primary_key=True)
    kind: str = words()
    issuer_id: str | None = words()
    secret_ref: str = words()
    since: int = whole()
    """When it was replaced."""


class TokenReminderTable(SQLModel, table=True):
    """The last reminder that a Reporter token ends."""

    __tablename__ = "token_reminder"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    account_id: int = whole(primary_key=True)
    credential: str = words(primary_key=True)
    days: int = whole()
    """The threshold that was passed, in days before the end."""
    told_at: int = whole()


class AnalyticsRequestTable(SQLModel, table=True):
    """A request for analytics reports that Apple lists; it knows no date of it."""

    __tablename__ = "analytics_request"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    account_id: int = whole(primary_key=True)
    id: str = words(primary_key=True)
    seen_at: int = whole()
    """When it was first seen."""
    delivered_at: int | None = whole()
    """When something that Apple delivered for it was first seen."""


class AnalyticsCreationTable(SQLModel, table=True):
    """Why a sync could not have Apple make analytics reports (`CreationProblem`), and with which key."""

    __tablename__ = "analytics_creation"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    account_id: int = whole(primary_key=True)
    problem: str = words(primary_key=True)
    credential: str = words()
    noted_at: int = whole()


class UnreadableDataTable(SQLModel, table=True):
    """What of an account's data a sync could not have (`DataProblem`), until it has it."""

    __tablename__ = "unreadable_data"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    account_id: int = whole(primary_key=True)
    problem: str = words(primary_key=True)
    capability: str = words(primary_key=True)
    app_id: str = words(primary_key=True)
    """Empty where it is not about one app, as `dataset` where it is not about one data set."""
    dataset: str = words(primary_key=True)
    why: str = words()
    since: int = whole()
    """Since when it is for this reason."""


class DataReadTable(SQLModel, table=True):
    """When a sync last read something that a check could not."""

    __tablename__ = "data_read"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    account_id: int = whole(primary_key=True)
    capability: str = words(primary_key=True)
    read_at: int = whole()
