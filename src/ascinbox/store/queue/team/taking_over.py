"""What a person had before there was a team, for `team init --from-home`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlmodel import col

from ascinbox.store import backups
from ascinbox.store.cache.prepared_review import PreparedPage, PreparedReview
from ascinbox.store.database import Database
from ascinbox.store.models.accounts import AppTable
from ascinbox.store.models.acts import ActTable
from ascinbox.store.models.replies import DraftTable, EditingTable, OutboxPauseTable, OutboxTable
from ascinbox.store.models.reviews import ReviewDeviceTable, ReviewTable
from ascinbox.store.models.team import NoteTable
from ascinbox.store.models.triage import EarlierTextTable, TagTable, TriageTable, UndoTable
from ascinbox.store.statements import Statement, entity, table_of, tables_of
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread

REVIEWS_AT_ONCE = 2_000
_KINDS: dict[str, Any] = {
    "earlier_text": EarlierTextTable,
    "triage": TriageTable,
    "tag": TagTable,
    "note": NoteTable,
    "draft": DraftTable,
    "outbox": OutboxTable,
    "act": ActTable,
}
"""As the function `adopt` names them."""
_ALL = {kind: Statement(entity(model)) for kind, model in _KINDS.items()}
_r, _d = ReviewTable, ReviewDeviceTable
_OF_DEVICE = ("device", "os_version", "thumbs_up", "thumbs_down")
_WANTED = [name for name in PreparedReview._fields if name in table_of(ReviewTable).columns]
_PAGE = Statement(
    select(
        col(_r.key),
        col(_r.app_version),
        col(_r.removed_at),
        col(AppTable.id).label("app_id"),
        *(getattr(_r, name) for name in _WANTED),
        *(col(getattr(_d, name)) for name in _OF_DEVICE),
    )
    .outerjoin(_d, col(_d.key) == col(_r.key))
    .join(AppTable, col(AppTable.number) == col(_r.app))
    .where(col(_r.key) > bindparam("after"))
    .order_by(col(_r.key))
    .limit(bindparam("limit"))
)
_COMES_BACK = [
    Statement(delete(table))
    for table in tables_of(OutboxTable, OutboxPauseTable, ActTable, UndoTable, EditingTable)
]


def copy_files(database: Database, user: Path, cache: Path) -> None:
    """Copies of both files, whole. Raises StoreError when there is no room."""
    backups.snapshot(database.connection, user)
    backups.snapshot(database.connection, cache, "cache")


def pages(store: StoreThread) -> Iterator[tuple[list[PreparedPage], dict[str, list[str]]]]:
    """All reviews that the stores still show, in steps, and which of them are about which version."""
    after = -(1 << 63)
    while rows := store.call(
        lambda opened, a: _PAGE.rows(opened.database, after=a, limit=REVIEWS_AT_ONCE), after
    ):
        after = rows[-1].key
        shown = sorted((row for row in rows if row.removed_at is None), key=lambda row: row.app_id)
        found = [
            PreparedPage(app_id, {row.id: _prepared(row) for row in members})
            for app_id, members in groupby(shown, key=lambda row: row.app_id)
        ]
        versions: dict[str, list[str]] = {}
        for row in shown:
            if row.app_version:
                versions.setdefault(row.app_version, []).append(row.id)
        yield found, versions


def _prepared(row: Any) -> PreparedReview:
    values = {name: getattr(row, name) for name in _WANTED}
    told = None
    if row.device is not None:
        # The language that the store told is found by each replica itself.
        told = (row.app_version or "", row.device, row.os_version, None, row.thumbs_up, row.thumbs_down)
    return PreparedReview(**values, letter="", folded=None, folded_nickname=None, told=told)


def described(store: Store) -> list[tuple[str, list[dict[str, Any]]]]:
    """Marks, tags, notes, drafts, replies and what was done, as `adopt` takes them."""
    found = {
        kind: [row._asdict() for row in statement.rows(store.database)] for kind, statement in _ALL.items()
    }
    for tag in found["tag"]:
        tag["fold"] = tag["tag"].casefold()
    return list(found.items())


def forget_what_comes_back(store: Store) -> None:
    """Takes out of the copy what the database has given new numbers."""
    with store.database.write():
        for statement in _COMES_BACK:
            statement.run(store.database)
