"""What screens show of working together: threads of notes, who writes where, who is on the team."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime

from ascinbox.core.clock import from_epoch
from ascinbox.core.team import Difference, Level, Member, Standing, TeamNote
from ascinbox.store.database import Database
from ascinbox.store.hot.outbox_rows import moment
from ascinbox.store.queue.port import Editing

OPTION = "team.option."
"""Names of the team's options in user.db begin so."""


class TeamReads:
    """`store.team`. Empty but for one's own notes and claims where a person works alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def notes(self, review_id: str) -> tuple[TeamNote, ...]:
        """The thread of a review, the first note first."""
        records = self._database.execute(
            "SELECT review_id, author, body, at, id FROM user.note WHERE review_id = ? ORDER BY at, id",
            (review_id,),
        )
        return tuple(
            TeamNote(review, author, body, from_epoch(at), note_id)
            for review, author, body, at, note_id in records
        )

    def notes_since(self, since: datetime) -> tuple[TeamNote, ...]:
        """Notes of all threads that were written since then, the first one first."""
        records = self._database.execute(
            "SELECT review_id, author, body, at, id FROM user.note WHERE at >= ? ORDER BY at, id",
            (since.timestamp(),),
        )
        return tuple(
            TeamNote(review, author, body, from_epoch(at), note_id)
            for review, author, body, at, note_id in records
        )

    def standing(self, me: str) -> Standing:
        """What the team lets `me` do, as last heard. Without a team: everything."""
        level = self._database.one("SELECT level FROM user.member WHERE name = ? AND removed_at IS NULL", me)
        if level is None:
            # A login that was removed, or that the feed has not brought yet, only reads.
            there = self._database.one("SELECT 1 FROM user.member LIMIT 1")
            return Standing(me, None if there is None else Level.VIEWER)
        options = dict(
            self._database.execute(
                "SELECT name, value FROM user.meta WHERE name IN (?, ?)",
                (f"{OPTION}four_eyes", f"{OPTION}per_person"),
            )
        )
        return Standing(
            me,
            Level(level),
            options.get(f"{OPTION}four_eyes") == "1",
            options.get(f"{OPTION}per_person") == "1",
        )

    def holder(self, review_id: str, now: datetime, owner: str) -> Editing | None:
        """Who writes to a review, unless it is the program `owner`."""
        row = self._database.execute(
            "SELECT owner, who, since FROM user.editing WHERE review_id = ? AND until > ? AND owner <> ?",
            (review_id, now.timestamp(), owner),
        ).fetchone()
        return None if row is None else Editing(review_id, row[0], row[1], from_epoch(row[2]))

    def claims(self, now: datetime) -> dict[str, Editing]:
        """Who writes where, by review."""
        records = self._database.execute(
            "SELECT review_id, owner, who, since FROM user.editing WHERE until > ?", (now.timestamp(),)
        )
        return {
            review: Editing(review, owner, who, from_epoch(since)) for review, owner, who, since in records
        }

    def writers(self, now: datetime) -> dict[str, int]:
        """Everybody who writes a reply now, with the number of reviews."""
        return dict(Counter(claim.who for claim in self.claims(now).values()).most_common())

    def members(self) -> tuple[Member, ...]:
        """Everybody who is or was on the team, by name."""
        records = self._database.execute(
            "SELECT name, level, added_at, removed_at FROM user.member ORDER BY name"
        )
        return tuple(
            Member(name, Level(level), from_epoch(added), moment(removed))
            for name, level, added, removed in records
        )

    def differences(self) -> tuple[Difference, ...]:
        """This person's acts that were not carried out: somebody had changed the same. Oldest first."""
        records = self._database.execute(
            "SELECT id, review_id, wanted, seen, theirs, at FROM user.intent"
            " WHERE theirs IS NOT NULL ORDER BY id"
        )
        return tuple(
            Difference(
                number, review, json.loads(wanted), json.loads(seen), json.loads(theirs), from_epoch(at)
            )
            for number, review, wanted, seen, theirs, at in records
        )

    def unsent(self) -> int:
        """How many acts wait for the team's database."""
        return int(
            self._database.one(
                "SELECT count(DISTINCT coalesce(json_extract(wanted, '$.act'), id))"
                " FROM user.intent WHERE theirs IS NULL"
            )
        )
