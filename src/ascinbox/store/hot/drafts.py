"""Texts that have not left the editor: drafts, and what was discarded in the last thirty days."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ascinbox.core.outbox.states import Base, Discarded, Draft, body_hash
from ascinbox.store.database import Database
from ascinbox.store.hot.outbox_rows import moment

_DRAFT = (
    "review_id, app_id, text, sha256, saved_at, author, template,"
    " base_review, base_response_id, base_response_key, base_modified_at"
)


class DraftReads:
    """`store.drafts`. What is written there is an act of `store.queue`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, review_id: str) -> Draft | None:
        """The draft of a review."""
        record = self._database.execute(
            f"SELECT {_DRAFT} FROM user.draft WHERE review_id = ?", (review_id,)
        ).fetchone()
        return None if record is None else _draft_from(record)

    def all(self) -> tuple[Draft, ...]:
        """Every draft, the last saved first."""
        records = self._database.execute(f"SELECT {_DRAFT} FROM user.draft ORDER BY saved_at DESC")
        return tuple(map(_draft_from, records))

    def discarded(self, review_id: str | None = None) -> tuple[Discarded, ...]:
        """What was discarded, of one review or of all, the last first."""
        records = self._database.execute(
            "SELECT id, review_id, text, discarded_at FROM user.discarded"
            " WHERE ?1 IS NULL OR review_id = ?1 ORDER BY discarded_at DESC, id DESC",
            (review_id,),
        )
        return tuple(
            Discarded(number, review, text, moment(at) or datetime.min)
            for number, review, text, at in records
        )

    def altered(self) -> list[str]:
        """Ids of reviews whose draft is not what was saved."""
        records = self._database.execute("SELECT review_id, text, sha256 FROM user.draft")
        return [review_id for review_id, text, sha256 in records if body_hash(text) != sha256]


def _draft_from(record: tuple[Any, ...]) -> Draft:
    base = None
    if record[7] is not None:
        base = Base(record[7], record[8], record[9], moment(record[10]))
    return Draft(
        review_id=record[0],
        text=record[2],
        saved_at=moment(record[4]) or datetime.min,
        base=base,
        by=record[5],
        template=record[6],
    )
