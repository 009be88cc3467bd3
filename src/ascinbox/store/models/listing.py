"""The texts of the apps' pages: what Apple has (cache.db), what people write over it (user.db)."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from ascinbox.store.models.columns import row_id, whole, words


class ListingTable(SQLModel, table=True):
    """One app's listing as it was last read, whole."""

    __tablename__ = "listing"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    app_id: str = words(primary_key=True)
    name: str = words()
    bundle_id: str = words()
    primary_locale: str = words()
    read_at: int = whole()
    notes: str = words()
    """JSON array of sentences."""


class ListingPartTable(SQLModel, table=True):
    """An appInfo or a version."""

    __tablename__ = "listing_part"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    app_id: str = words(primary_key=True)
    scope: str = words(primary_key=True)
    """`info` or `version`."""
    part_id: str = words(primary_key=True)
    place: int = whole()
    """Its place in Apple's list."""
    state: str = words()
    version: str = words()
    platform: str = words()
    created_at: int | None = whole()
    texts: str = words()
    """What all languages share: JSON object of texts by Apple's attribute."""


class ListingLanguageTable(SQLModel, table=True):
    """One language of a part."""

    __tablename__ = "listing_language"
    __table_args__ = {"schema": "cache", "sqlite_with_rowid": False}

    app_id: str = words(primary_key=True)
    part_id: str = words(primary_key=True)
    locale: str = words(primary_key=True)
    place: int = whole()
    language_id: str = words()
    texts: str = words()
    """JSON object of texts by Apple's attribute, exactly as Apple gave them."""


class ListingEditTable(SQLModel, table=True):
    """A text that a person wrote and that has not left."""

    __tablename__ = "listing_edit"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    app_id: str = words(primary_key=True)
    scope: str = words(primary_key=True)
    part_id: str = words(primary_key=True)
    locale: str = words(primary_key=True)
    """"" for what all languages share."""
    name: str = words(primary_key=True)
    """Apple's attribute."""
    base: str = words()
    """Apple's text that it was written from; "" where there was none."""
    text: str = words()
    author: str = words()
    at: int = whole()
    state: str = words()
    """"", or `held` or `refused` after a try to send it."""
    detail: str = words()


class ListingUndoTable(SQLModel, table=True):
    """A text before an edit; edits of one act share a batch."""

    __tablename__ = "listing_undo"
    __table_args__ = (Index("listing_undo_batch", "batch"), {"schema": "user"})

    id: int = row_id()
    batch: int = whole()
    app_id: str = words()
    scope: str = words()
    part_id: str = words()
    locale: str = words()
    name: str = words()
    before: str | None = words()
    """JSON of the edit that stood there; NULL where there was none."""
    at: int = whole()


class ListingFolderTable(SQLModel, table=True):
    """A folder into which an app's listing was read."""

    __tablename__ = "listing_folder"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    folder: str = words(primary_key=True)
    """Its real path."""
    app_id: str = words(primary_key=True)
    pulled_at: int = whole()


class ListingBaseTable(SQLModel, table=True):
    """Apple's text of a field when a folder was last pulled or pushed; none where Apple had none."""

    __tablename__ = "listing_base"
    __table_args__ = {"schema": "user", "sqlite_with_rowid": False}

    folder: str = words(primary_key=True)
    app_id: str = words(primary_key=True)
    scope: str = words(primary_key=True)
    locale: str = words(primary_key=True)
    name: str = words(primary_key=True)
    text: str = words()
