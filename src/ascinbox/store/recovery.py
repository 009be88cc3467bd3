"""Data files that are missing, empty, foreign, damaged or gone: mended or put aside, and said."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ascinbox.store import backups, integrity
from ascinbox.store.attaching import attach, detach
from ascinbox.store.database import BUSY_SECONDS, Database, code_of
from ascinbox.store.integrity import FileFinding
from ascinbox.store.migrations import cache as cache_schema
from ascinbox.store.migrations import user as user_schema
from ascinbox.store.suspicion import deep_complaint

_DAMAGE = (11, 26)
UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What opening a damaged file raises: names in its schema may be no text any more."""


# --- user.db ---


@dataclass(frozen=True, slots=True)
class _BroughtBack:
    """What became of a user.db that could not be used."""

    aside: Path | None
    """Where the file itself is kept; None: there was none, or nothing was in it."""
    copy: Path | None
    """The copy that took its place; None: there was no good one."""


def attach_user(database: Database, now: datetime) -> None:
    """Attaches user.db, restored from its newest good copy if it cannot be used. Appends notices."""
    files = database.files
    brought: _BroughtBack | None = None
    found = integrity.look_at(files.user, user_schema.SCHEMA)
    match found:
        case FileFinding.EMPTY if backups.copies(files.backups) or files.cache.exists():
            brought = _bring_back(database, "user.db was empty", now)
        case FileFinding.FOREIGN | FileFinding.DAMAGED:
            brought = _bring_back(database, "user.db was not a file of ascinbox's", now)
        case FileFinding.MISSING if backups.copies(files.backups):
            brought = _bring_back(database, "user.db was gone", now)
        case _:
            pass
    try:
        _attach_user(database, now)
        complaint = integrity.quick_check(database.connection, "user") if database.unclean else ""
        mark = database.outbox_mark if found is FileFinding.GOOD and not complaint else None
        older = mark is not None and mark.is_ahead_of(database.connection)
    except UNREADABLE as error:
        if not _is_damage(error):
            raise
        complaint, older = str(error), False
    if complaint:
        _replace_damaged(database, complaint, now)
    elif brought is not None:
        _bring_back_words(database, brought, now)
    elif older:
        _hold_older_copy(database, now)
    database.note_outbox()


def _replace_damaged(database: Database, complaint: str, now: datetime) -> None:
    detach(database, "user")
    brought = _bring_back(database, f"user.db was damaged ({complaint})", now)
    _attach_user(database, now)
    _bring_back_words(database, brought, now)


def _attach_user(database: Database, now: datetime) -> None:
    files = database.files

    def before(version: int) -> None:
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        backups.snapshot(database.connection, files.backups / f"user-before-v{version + 1}-{stamp}.db")

    integrity.create_private(files.user)
    attach(database, user_schema.SCHEMA, files.user, "DELETE", "FULL", before=before)


def _bring_back(database: Database, cause: str, now: datetime) -> _BroughtBack:
    """Puts the newest good copy in the file's place, which is kept."""
    files = database.files
    aside: Path | None = None
    if files.user.exists() and files.user.stat().st_size:
        aside = integrity.set_aside(files.user, now)
    kept = f" The old file is kept as {aside.name}." if aside else ""
    for copy in backups.copies(files.backups):
        if integrity.look_at(copy, user_schema.SCHEMA) is FileFinding.GOOD and not complaint_of(copy):
            integrity.restore(copy, files.user)
            taken = backups.taken_at(copy).strftime("%Y-%m-%d %H:%M UTC")
            database.notices.append(
                f"{cause}: the copy of {taken} was restored.{kept} Look over drafts and notes."
            )
            return _BroughtBack(aside, copy)
    files.user.unlink(missing_ok=True)
    database.notices.append(f"{cause} and there is no copy: drafts, notes and accounts start empty.{kept}")
    return _BroughtBack(aside, None)


def _bring_back_words(database: Database, brought: _BroughtBack, now: datetime) -> None:
    """Takes what is newer than the copy over from the broken file, and lets nothing go out by itself that
    only the copy knows: it may have been taken back, or sent, since."""
    from ascinbox.store.salvage import Texts, hold_restored, salvage_texts

    # The letters in the cache are those of the lost file.
    database.unclean = True
    found = Texts()
    if brought.aside is not None:
        _salvage(database, brought.aside, lambda connection: salvage_texts(connection, "broken", found))
    if found.saved:
        words = f"{found.saved} drafts or replies newer than the copy could be read and were kept."
        database.notices.append(words)
    if brought.copy is not None and (held := hold_restored(database.connection, found.replies, now)):
        replies = "1 reply that waits" if held == 1 else f"{held} replies that wait"
        database.notices.append(f"The copy has {replies} in the outbox: held, until you have looked.")


def _hold_older_copy(database: Database, now: datetime) -> None:
    """Somebody put an older copy in the place of user.db: nothing goes out by itself that only it knows."""
    from ascinbox.store.salvage import hold_restored

    # The letters in the cache are those of the newer file.
    database.unclean = True
    held = hold_restored(database.connection, frozenset(), now)
    replies = "1 reply that waits" if held == 1 else f"{held} replies that wait"
    database.notices.append(
        "user.db is an older copy than the one that was last in use."
        + (f" It has {replies} in the outbox: held, until you have looked." if held else "")
    )


# --- cache.db ---


def attach_cache(database: Database, now: datetime) -> None:
    """Attaches cache.db, a new one if it cannot be used. Appends notices."""
    files = database.files
    match integrity.look_at(files.cache, cache_schema.SCHEMA):
        case FileFinding.EMPTY:
            _remove_log(files.cache)
        case FileFinding.FOREIGN | FileFinding.DAMAGED:
            aside = integrity.set_aside(files.cache, now)
            database.notices.append(
                f"cache.db was not a file of ascinbox's: it is kept as {aside.name}, a sync fills a new one."
            )
        case _:
            pass
    try:
        _attach_cache(database)
    except UNREADABLE as error:
        if not _is_damage(error):
            raise
        rebuild_cache(database, f"damaged ({error})", now)


def _attach_cache(database: Database) -> None:
    integrity.create_private(database.files.cache)
    journal = "WAL" if database.shared else "DELETE"
    attach(database, cache_schema.SCHEMA, database.files.cache, journal, "NORMAL")


def rebuild_cache(database: Database, cause: str, now: datetime) -> None:
    """Puts cache.db aside, makes a new one and copies over the rows that Apple would not give again.

    Appends a notice.
    """
    files = database.files
    detach(database, "cache")
    aside = integrity.set_aside(files.cache, now) if files.cache.exists() else None
    if aside is None:
        _remove_log(files.cache)
    _attach_cache(database)
    rows = 0 if aside is None else _salvage(database, aside, _report_rows)
    kept = f" It is kept as {aside.name}." if aside else ""
    saved = f" {rows} report rows could be saved." if rows else ""
    database.notices.append(f"cache.db was {cause}: a new one is filled by the next sync.{kept}{saved}")


def _report_rows(connection: sqlite3.Connection) -> int:
    from ascinbox.store.salvage import salvage_rows

    return sum(salvage_rows(connection, "broken", "cache", cache_schema.SALVAGED).values())


def _remove_log(path: Path) -> None:
    # It belongs to a file that is no more.
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


# --- both ---


def repair(database: Database, now: datetime) -> None:
    """Puts right files that were deleted, replaced or damaged under an open database. Appends notices.

    A user.db that vanished is written again from the open connection, which still holds all of it. Another
    file in its place, or a damaged one, is handled as at the start.
    """
    if database.volatile or database.read_only:
        return
    files = database.files
    told = len(database.notices)
    gone, other = database.replaced("user"), database.replaced("cache")
    if gone and not files.user.exists():
        database.note_outbox()
        backups.snapshot(database.connection, files.user)
        detach(database, "user")
        attach_user(database, now)
        database.notices.append("user.db was deleted while ascinbox ran: it was written again, whole.")
    elif gone:
        detach(database, "user")
        attach_user(database, now)
        database.notices.append("user.db was replaced while ascinbox was running: the new one is in use.")
    elif complaint := complaint_of(files.user):
        _replace_damaged(database, complaint, now)
    if other and not files.cache.exists():
        rebuild_cache(database, "deleted while ascinbox was running", now)
    elif other:
        detach(database, "cache")
        attach_cache(database, now)
        database.notices.append("cache.db was replaced while ascinbox was running: the new one is in use.")
    elif complaint := complaint_of(files.cache):
        rebuild_cache(database, f"damaged ({complaint})", now)
    if len(database.notices) == told:
        _mend_the_unseen(database, now)
    database.remember_identity()


def _mend_the_unseen(database: Database, now: datetime) -> None:
    """A statement met damage that no quick check sees. What no thorough one sees either is the cache's, which
    loses least; met again after that, it is user.db's."""
    files = database.files
    if complaint := deep_complaint(files.user, user_schema.SCHEMA):
        _replace_damaged(database, complaint, now)
    elif complaint := deep_complaint(files.cache, cache_schema.SCHEMA):
        rebuild_cache(database, f"damaged ({complaint})", now)
    elif database.doubted:
        _replace_damaged(database, "it cannot be read", now)
    else:
        rebuild_cache(database, "unreadable", now)
        database.doubted = True


def is_suspicious(database: Database) -> bool:
    """Whether a thorough look finds damage: what a row that makes no sense may come from."""
    if database.volatile or database.read_only:
        return False
    return bool(
        deep_complaint(database.files.user, user_schema.SCHEMA)
        or deep_complaint(database.files.cache, cache_schema.SCHEMA)
    )


def _is_damage(error: Exception) -> bool:
    return not isinstance(error, sqlite3.Error) or code_of(error) in _DAMAGE


def complaint_of(path: Path) -> str:
    """What SQLite finds wrong with a file, looked at again: an open connection may remember what was."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
    try:
        return integrity.quick_check(connection, "main")
    finally:
        connection.close()


def _salvage(database: Database, aside: Path, work: Callable[[sqlite3.Connection], int]) -> int:
    """What `work` saves of a damaged file, attached as `broken`; 0 when it cannot even be opened."""
    connection = database.connection
    try:
        connection.execute("ATTACH ? AS broken", (str(aside),))
    except UNREADABLE:
        return 0
    try:
        connection.execute("BEGIN IMMEDIATE")
        saved = work(connection)
        connection.execute("COMMIT")
        return saved
    except UNREADABLE:
        return 0
    finally:
        with suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            connection.execute("DETACH broken")
