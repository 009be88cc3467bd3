"""The threads of notes on reviews, as rows of user.db."""

from __future__ import annotations

from ascinbox.core.team import TeamNote
from ascinbox.store.database import Database
from ascinbox.store.models.team import NoteTable
from ascinbox.store.statements import Statement, insert

_ADD = Statement(insert(NoteTable).on_conflict_do_nothing())


def add(database: Database, note: TeamNote) -> bool:
    """Adds the note; False: one with its id is there already."""
    added = _ADD.run(
        database,
        id=note.id,
        review_id=note.review_id,
        author=note.author,
        body=note.body,
        at=note.at.timestamp(),
    )
    return added.rowcount == 1
