"""Texts that have not left the editor: drafts, what was let go in the last thirty days, who is writing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ascinbox.core.outbox import Base, Discarded, Draft, body_hash
from ascinbox.store.database import Database
from ascinbox.store.letters import refresh_letters
from ascinbox.store.outboxrows import moment, seconds

KEPT = timedelta(days=30)
"""How long a text that was let go can be found again."""

_DRAFT = (
    "review_id, app_id, text, sha256, saved_at, author, template,"
    " base_review, base_response_id, base_response_key, base_modified_at"
)


@dataclass(frozen=True, slots=True)
class Editing:
    """Who has a review's editor open."""

    review_id: str
    owner: str
    who: str
    since: datetime


class Drafts:
    """One draft a review at most; saving over it keeps nothing of the former text."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, draft: Draft, app_id: str) -> None:
        """Writes the draft down. A base that is already stored stays: it is what the writer saw first."""
        base = draft.base
        with self._database.write():
            self._database.execute(
                "INSERT INTO user.draft (review_id, app_id, text, sha256, begun_at, saved_at, author,"
                " template, base_review, base_response_id, base_response_key, base_modified_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (review_id) DO UPDATE SET text = excluded.text, sha256 = excluded.sha256,"
                " saved_at = excluded.saved_at, author = excluded.author, template = excluded.template",
                (
                    draft.review_id,
                    app_id,
                    draft.text,
                    body_hash(draft.text),
                    seconds(draft.saved_at),
                    seconds(draft.saved_at),
                    draft.by,
                    draft.template,
                    base.review_hash if base else None,
                    base.response_id if base else "",
                    base.response_key if base else "",
                    seconds(base.response_modified_at) if base else None,
                ),
            )
            refresh_letters(self._database, (draft.review_id,))

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

    def remove(self, review_id: str) -> None:
        """The draft became an outbox row; its text is there."""
        with self._database.write():
            self._database.execute("DELETE FROM user.draft WHERE review_id = ?", (review_id,))
            refresh_letters(self._database, (review_id,))

    def discard(self, review_id: str, now: datetime) -> bool:
        """Lets the draft go, to be found again for thirty days if it says anything. False: there was none."""
        with self._database.write():
            record = self._database.execute(
                "SELECT app_id, text FROM user.draft WHERE review_id = ?", (review_id,)
            ).fetchone()
            if record is not None and record[1].strip():
                self.keep(review_id, record[0], record[1], now)
            self.remove(review_id)
            self._database.execute(
                "DELETE FROM user.discarded WHERE discarded_at < ?", (seconds(now - KEPT),)
            )
        return record is not None

    def keep(self, review_id: str, app_id: str, text: str, now: datetime) -> None:
        """Puts a text among the discarded ones, because a newer draft stands in its place."""
        with self._database.write():
            self._database.execute(
                "INSERT INTO user.discarded (review_id, app_id, text, discarded_at) VALUES (?, ?, ?, ?)",
                (review_id, app_id, text, seconds(now)),
            )

    def discarded(self, review_id: str | None = None) -> tuple[Discarded, ...]:
        """What was let go, of one review or of all, the last first."""
        records = self._database.execute(
            "SELECT id, review_id, text, discarded_at FROM user.discarded"
            " WHERE ?1 IS NULL OR review_id = ?1 ORDER BY discarded_at DESC, id DESC",
            (review_id,),
        )
        return tuple(
            Discarded(number, review, text, moment(at) or datetime.min)
            for number, review, text, at in records
        )

    def begin_editing(
        self, review_id: str, owner: str, who: str, now: datetime, lasts: timedelta
    ) -> Editing | None:
        """Notes that `owner` writes here, or returns who does already. Renewed by calling it again."""
        with self._database.write():
            other = self._database.execute(
                "SELECT owner, who, since FROM user.editing WHERE review_id = ? AND owner <> ? AND until > ?"
                " AND until < ?",
                (review_id, owner, seconds(now), seconds(now + 2 * lasts)),
            ).fetchone()
            if other is not None:
                return Editing(review_id, other[0], other[1], moment(other[2]) or now)
            self._database.execute(
                "INSERT INTO user.editing (review_id, owner, who, since, until) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (review_id) DO UPDATE SET who = excluded.who, until = excluded.until,"
                " since = CASE owner WHEN excluded.owner THEN since ELSE excluded.since END,"
                " owner = excluded.owner",
                (review_id, owner, who, seconds(now), seconds(now + lasts)),
            )
        return None

    def end_editing(self, review_id: str, owner: str) -> None:
        """`owner` has left the editor."""
        with self._database.write():
            self._database.execute(
                "DELETE FROM user.editing WHERE review_id = ? AND owner = ?", (review_id, owner)
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
