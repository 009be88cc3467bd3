"""A backup of the team's database was restored: what this home knows of the time after it.

What people did is asked for again, since rows of the time after the backup have numbers that the database
gives a second time. This home's own notes and drafts are sent once more; everything else that was here is put
aside in a file, and said.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import col

from ascinbox.core.clock import from_epoch
from ascinbox.store import backups
from ascinbox.store.models.acts import ActTable
from ascinbox.store.models.replies import DraftTable, EditingTable, OutboxPauseTable, OutboxTable
from ascinbox.store.models.team import IntentTable, MemberTable, NoteTable
from ascinbox.store.models.triage import EarlierTextTable, TagTable, TriageTable, UndoTable
from ascinbox.store.queue.team import offline
from ascinbox.store.queue.team.replica import Replica
from ascinbox.store.statements import Statement, table_of, tables_of
from ascinbox.store.store import Store

_n, _t = table_of(NoteTable).c, table_of(TriageTable).c
_OWN_NOTES = Statement(
    select(_n.id, _n.review_id, _n.body, _n.at).where(_n.author == bindparam("me")).order_by(_n.at, _n.id)
)
_DRAFTS = Statement(select(col(DraftTable.review_id)))
_WAITING = Statement(select(col(IntentTable.wanted)).where(col(IntentTable.kind) == "note"))
_MARKED = Statement(select(_t.review_id))
_FORGET = [
    Statement(delete(table))
    for table in tables_of(
        NoteTable,
        TagTable,
        EditingTable,
        OutboxTable,
        OutboxPauseTable,
        ActTable,
        UndoTable,
        EarlierTextTable,
        MemberTable,
    )
]
_UNMARK = Statement(
    update(table_of(TriageTable)).values(
        flagged=0, done_at=None, snoozed_until=None, assignee="", note="", changed_at=None
    )
)
"""What is each person's own, such as what was read, stays."""


@dataclass(frozen=True, slots=True)
class RestoredBackup:
    """What became of what this home knew."""

    aside: Path
    notes: int
    drafts: int

    @property
    def words(self) -> str:
        """For a person."""
        return (
            "The team's database was restored from an older backup. Everything is fetched anew;"
            f" {self.notes} notes and {self.drafts} drafts of yours are sent again."
            f" What was here before is kept in {self.aside}."
        )


def begin_anew(store: Store, replica: Replica, copy: str) -> RestoredBackup:
    """Puts the old state aside and asks for everything again. Raises StoreError when there is no room."""
    from ascinbox.store.cache.review_state import refresh_states

    database, now = store.database, store.clock.now()
    aside = database.files.user.with_name(f"before-restore-{now:%Y%m%dT%H%M%SZ}.db")
    backups.snapshot(database.connection, aside)
    with database.write():
        waiting = {row[0] for row in _WAITING.run(database)}
        notes = _OWN_NOTES.rows(database, me=replica.me)
        for note in notes:
            wanted = {"id": note.id, "body": note.body}
            if not any(note.id in text for text in waiting):
                offline.remember(database, "note", note.review_id, wanted, {}, from_epoch(note.at))
        drafts = [row[0] for row in _DRAFTS.run(database)]
        for review_id in drafts:
            if offline.unsent_draft(database, review_id) is None:
                offline.remember(database, "draft", review_id, {}, {"sha256": ""}, now)
        touched = [row[0] for row in _MARKED.run(database)]
        for statement in (*_FORGET, _UNMARK):
            statement.run(database)
        refresh_states(database, [*touched, *drafts, *(note.review_id for note in notes)])
        replica.begin_anew(copy)
    return RestoredBackup(aside, len(notes), len(drafts))
