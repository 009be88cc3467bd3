"""What the person decides about reviews: local marks, each act with an entry by which it is undone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from ascinbox.core.clock import Clock, from_epoch, to_epoch
from ascinbox.store.database import Database
from ascinbox.store.letters import refresh_letters

KEPT_BATCHES = 200
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Marks:
    """The local marks of one review. `changed_at` is ours to note, never undone."""

    opened_at: int | None = None
    read: bool = False
    flagged: bool = False
    done_at: int | None = None
    snoozed_until: int | None = None
    assignee: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undone:
    """What `undo_last` took back."""

    verb: str
    review_ids: tuple[str, ...]
    at: datetime


class Triage:
    """Every verb takes the ids of the reviews and returns those that it really changed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # --- verbs ---

    def done(self, ids: Iterable[str], done: bool = True) -> tuple[str, ...]:
        """Done without a reply (ends a snooze), or not done after all."""
        at = self._now() if done else None
        return self._act(
            "done" if done else "not done", ids, lambda m: replace(m, done_at=at, snoozed_until=None)
        )

    def snooze(self, ids: Iterable[str], until: datetime | None) -> tuple[str, ...]:
        """Out of sight until then; None wakes at once."""
        at = None if until is None else to_epoch(until)
        return self._act("snooze" if until else "wake", ids, lambda m: replace(m, snoozed_until=at))

    def assign(self, ids: Iterable[str], assignee: str) -> tuple[str, ...]:
        """To a name; an empty one takes it away."""
        return self._act("assign", ids, lambda m: replace(m, assignee=assignee.strip()))

    def tag(self, ids: Iterable[str], add: Iterable[str] = (), remove: Iterable[str] = ()) -> tuple[str, ...]:
        """Adds and removes tags. Tags keep their case but differ by more than case."""
        added = [name for tag in add if (name := " ".join(tag.split()))]
        dropped = {tag.casefold() for tag in (*remove, *added)}

        def change(marks: Marks) -> Marks:
            kept = [tag for tag in marks.tags if tag.casefold() not in dropped]
            unique = {tag.casefold(): tag for tag in (*kept, *added)}
            return replace(marks, tags=tuple(sorted(unique.values(), key=str.casefold)))

        return self._act("tag", ids, change)

    def flag(self, ids: Iterable[str], flagged: bool = True) -> tuple[str, ...]:
        """Sets or takes the flag."""
        return self._act("flag" if flagged else "unflag", ids, lambda m: replace(m, flagged=flagged))

    def read(self, ids: Iterable[str], read: bool = True) -> tuple[str, ...]:
        """Marks as read or unread."""
        return self._act("read" if read else "unread", ids, lambda m: replace(m, read=read))

    def note(self, review_id: str, text: str) -> tuple[str, ...]:
        """The internal note, never sent; an empty one takes it away."""
        return self._act("note", (review_id,), lambda m: replace(m, note=text.strip()))

    def opened(self, ids: Iterable[str]) -> tuple[str, ...]:
        """The person has looked at them: read, and no longer new. Not an act that one undoes."""
        now = self._now()
        return self._act(
            "",
            ids,
            lambda m: replace(m, opened_at=m.opened_at if m.opened_at is not None else now, read=True),
        )

    # --- undo ---

    def undo_last(self) -> Undone | None:
        """Takes back the last act of this or an earlier session; None when there is none left."""
        with self._database.write() as connection:
            batch = self._database.one("SELECT max(batch) FROM user.undo")
            if batch is None:
                return None
            rows = connection.execute(
                "SELECT verb, review_id, before, at FROM user.undo WHERE batch = ? ORDER BY id", (batch,)
            ).fetchall()
            before = {row[1]: json.loads(row[2]) for row in rows}
            current = self._marks(list(before))
            for review_id, fields in before.items():
                fields = dict(fields)
                if "tags" in fields:
                    fields["tags"] = tuple(fields["tags"])
                self._store(review_id, replace(current.get(review_id, Marks()), **fields))
            connection.execute("DELETE FROM user.undo WHERE batch = ?", (batch,))
            self._after(list(before))
            return Undone(rows[0][0], tuple(before), from_epoch(rows[0][3]))

    def forget_acts(self) -> None:
        """What was done so far can no longer be taken back."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM user.undo")

    def last_act(self) -> Undone | None:
        """What `undo_last` would take back."""
        rows = self._database.execute(
            "SELECT verb, review_id, at FROM user.undo WHERE batch = (SELECT max(batch) FROM user.undo) "
            "ORDER BY id"
        ).fetchall()
        return Undone(rows[0][0], tuple(row[1] for row in rows), from_epoch(rows[0][2])) if rows else None

    # --- by themselves ---

    def wake(self, now: datetime) -> tuple[str, ...]:
        """Ends the snoozes whose time has come; returns their reviews."""
        due = "SELECT review_id FROM user.triage WHERE snoozed_until IS NOT NULL AND snoozed_until <= ?"
        if self._database.read_only or self._database.one(f"{due} LIMIT 1", to_epoch(now)) is None:
            return ()
        with self._database.write() as connection:
            ids = tuple(row[0] for row in connection.execute(due, (to_epoch(now),)))
            connection.executemany(
                "UPDATE user.triage SET snoozed_until = NULL WHERE review_id = ?", [(i,) for i in ids]
            )
            refresh_letters(self._database, ids)
        return ids

    def next_wake(self) -> datetime | None:
        """When the next snooze ends."""
        at = self._database.one("SELECT min(snoozed_until) FROM user.triage WHERE snoozed_until IS NOT NULL")
        return None if at is None else from_epoch(at)

    # --- words and places ---

    def tags(self) -> dict[str, int]:
        """Every tag in use with its number of reviews, the most frequent first."""
        rows = self._database.execute(
            "SELECT tag, count(*) FROM user.tag GROUP BY tag ORDER BY count(*) DESC, tag"
        )
        return dict(rows.fetchall())

    def assignees(self) -> dict[str, int]:
        """Every assignee with the number of reviews."""
        rows = self._database.execute(
            "SELECT assignee, count(*) FROM user.triage WHERE assignee <> '' "
            "GROUP BY assignee ORDER BY count(*) DESC, assignee"
        )
        return dict(rows.fetchall())

    def place(self, view: str) -> dict[str, Any] | None:
        """Where the person was in a view, as `save_place` was told."""
        value = self._database.one("SELECT value FROM user.place WHERE view = ?", view)
        return None if value is None else dict(json.loads(value))

    def save_place(self, view: str, value: dict[str, Any]) -> None:
        """Keeps a small JSON object about a view: the review under the cursor, the sort, the filter."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO user.place VALUES (?, ?, ?) ON CONFLICT (view) DO UPDATE SET "
                "value = excluded.value, at = excluded.at",
                (view, json.dumps(value), self._now()),
            )

    # --- inside ---

    def _now(self) -> int:
        return to_epoch(self._clock.now())

    def _act(self, verb: str, ids: Iterable[str], change: Callable[[Marks], Marks]) -> tuple[str, ...]:
        wanted = list(dict.fromkeys(ids))
        changed: list[str] = []
        with self._database.write() as connection:
            batch = (self._database.one("SELECT max(batch) FROM user.undo") or 0) + 1
            for start in range(0, len(wanted), _CHUNK):
                chunk = wanted[start : start + _CHUNK]
                current = self._marks(chunk)
                for review_id in chunk:
                    before = current.get(review_id, Marks())
                    after = change(before)
                    if after == before:
                        continue
                    self._store(review_id, after)
                    changed.append(review_id)
                    if verb:
                        connection.execute(
                            "INSERT INTO user.undo (batch, verb, review_id, before, at) "
                            "VALUES (?, ?, ?, ?, ?)",
                            (batch, verb, review_id, _difference(before, after), self._now()),
                        )
            if changed:
                if verb:
                    connection.execute("DELETE FROM user.undo WHERE batch <= ?", (batch - KEPT_BATCHES,))
                self._after(changed)
        return tuple(changed)

    def _after(self, ids: Sequence[str]) -> None:
        """Letters and index follow in the same transaction."""
        refresh_letters(self._database, ids)

    def _marks(self, ids: Sequence[str]) -> dict[str, Marks]:
        listed = json.dumps(ids)
        tags: dict[str, list[str]] = {}
        for review_id, tag in self._database.execute(
            "SELECT review_id, tag FROM user.tag "
            "WHERE review_id IN (SELECT value FROM json_each(?)) ORDER BY tag",
            (listed,),
        ):
            tags.setdefault(review_id, []).append(tag)
        found = {
            row[0]: Marks(row[1], bool(row[2]), bool(row[3]), row[4], row[5], row[6], row[7])
            for row in self._database.execute(
                "SELECT review_id, opened_at, read, flagged, done_at, snoozed_until, assignee, note "
                "FROM user.triage WHERE review_id IN (SELECT value FROM json_each(?))",
                (listed,),
            )
        }
        return {
            review_id: replace(
                found.get(review_id, Marks()), tags=tuple(sorted(tags.get(review_id, ()), key=str.casefold))
            )
            for review_id in {*found, *tags}
        }

    def _store(self, review_id: str, marks: Marks) -> None:
        self._database.execute(
            "INSERT INTO user.triage "
            "(review_id, opened_at, read, flagged, done_at, snoozed_until, assignee, note) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (review_id) DO UPDATE SET "
            "opened_at = excluded.opened_at, read = excluded.read, flagged = excluded.flagged, "
            "done_at = excluded.done_at, snoozed_until = excluded.snoozed_until, "
            "assignee = excluded.assignee, note = excluded.note",
            (
                review_id,
                marks.opened_at,
                marks.read,
                marks.flagged,
                marks.done_at,
                marks.snoozed_until,
                marks.assignee,
                marks.note,
            ),
        )
        self._database.execute("DELETE FROM user.tag WHERE review_id = ?", (review_id,))
        self._database.executemany(
            "INSERT INTO user.tag (review_id, tag) VALUES (?, ?)", [(review_id, tag) for tag in marks.tags]
        )


def _difference(before: Marks, after: Marks) -> str:
    old, new = asdict(before), asdict(after)
    return json.dumps({name: value for name, value in old.items() if value != new[name]})
