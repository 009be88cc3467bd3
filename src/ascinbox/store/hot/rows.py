"""Rows of the database as the records that lists, panes and exports show."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ascinbox.core.clock import from_epoch
from ascinbox.core.records import EarlierText, Response, Review, ReviewDetail, ReviewRow, Told, Waiting
from ascinbox.core.replies.reply_key import reply_key
from ascinbox.store.database import Database
from ascinbox.store.hot.languages import language_of
from ascinbox.store.keys import MarkBit

if TYPE_CHECKING:
    from ascinbox.core.team import TeamNote
    from ascinbox.store.hot.due_sql import DueColumn

BODY_SHOWN = 400
"""Characters of a body that a list gets."""

ROW = (
    "r.id, r.key, r.state, r.rating, r.created, r.territory, a.id, a.name, r.title, "
    f"substr(r.body, 1, {BODY_SHOWN}), r.nickname, r.marks, "
    "(SELECT e.who FROM user.editing e WHERE e.review_id = r.id AND e.until > ? AND e.who <> ?), "
    "CASE WHEN r.state = 'W' THEN (SELECT o.author FROM user.outbox o"
    " WHERE o.review_id = r.id AND o.state = 'waiting') END, "
    "(SELECT m.assignee FROM user.triage m WHERE m.review_id = r.id), "
    f"CASE WHEN r.marks & {MarkBit.TAG.value} THEN"
    " (SELECT group_concat(g.tag, char(10)) FROM user.tag g WHERE g.review_id = r.id) END"
)
"""The select list of `row_of`, over `cache.review r` and `cache.app a`; bound to `now` and `me` of a
`RowReader`. A due time follows it where a clock is in use."""


class RowReader(NamedTuple):
    """Who reads, and when: others that write a reply at that moment are shown."""

    now: float
    me: str
    due: DueColumn | None = None
    """When a review is to be answered; None where no clock is in use."""


_FLAGGED, _READ = MarkBit.FLAGGED.value, MarkBit.READ.value
"""As plain numbers: a mask of an enumeration costs a row more than all its other fields."""
_DUE = 16
"""Where the due time is in a record of `ROW`."""


def _with_due(reader: RowReader) -> tuple[str, tuple[Any, ...]]:
    """What a select list ends with, and what is bound to it."""
    return (f", {reader.due.sql}", reader.due.values) if reader.due is not None else ("", ())


_DETAIL = """
    SELECT r.id, a.id, r.rating, r.title, r.body, r.nickname, r.created, r.territory,
        r.response_id, r.response_text, r.response_state, r.response_at,
        (SELECT c.name FROM cache.account_app v JOIN user.account c ON c.id = v.account_id
            WHERE v.app_id = a.id ORDER BY c.linked_at, c.id LIMIT 1),
        a.name, r.state, r.marks, m.note, m.assignee, m.done_at, m.snoozed_until, r.changed_at, r.removed_at,
        CASE WHEN r.removed_at IS NULL AND w.full_at > r.seen_at THEN w.full_at ELSE r.seen_at END, r.key,
        r.app_version, l.lang, l.score, l.source, d.device, d.os_version, d.thumbs_up, d.thumbs_down
        {due}
    FROM cache.review r JOIN cache.app a ON a.number = r.app
    LEFT JOIN user.triage m ON m.review_id = r.id LEFT JOIN cache.walk w ON w.app_id = a.id
    LEFT JOIN cache.review_language l ON l.key = r.key
    LEFT JOIN cache.review_device d ON d.key = r.key
    WHERE r.{column} IN (SELECT value FROM json_each(?))"""


def row_of(record: Sequence[Any], due: DueColumn | None) -> ReviewRow:
    """One line of a list, from a record selected by `ROW`."""
    marks = record[11]
    return ReviewRow(
        id=record[0],
        key=record[1],
        state=record[2],
        rating=record[3],
        created_at=moment(record[4]),
        territory=record[5],
        app_id=record[6],
        app_name=record[7],
        title=record[8],
        body=" ".join(record[9].split()),
        nickname=record[10],
        flagged=bool(marks & _FLAGGED),
        read=bool(marks & _READ),
        writer=record[12] or "",
        waits_by=record[13] or "",
        due_at=None if due is None else due.read(record[_DUE]),
        assignee=record[14] or "",
        tags=tuple(sorted(record[15].split("\n"), key=str.casefold)) if record[15] else (),
    )


def rows_by_key(database: Database, keys: Sequence[int], reader: RowReader) -> dict[int, ReviewRow]:
    """The rows of these reviews, by key."""
    due, bound = _with_due(reader)
    records = database.execute(
        f"SELECT {ROW}{due} FROM cache.review r JOIN cache.app a ON a.number = r.app "
        "WHERE r.key IN (SELECT value FROM json_each(?))",
        (reader.now, reader.me, *bound, json.dumps(keys)),
    )
    return {record[1]: row_of(record, reader.due) for record in records}


def rows_by_id(database: Database, ids: Iterable[str], reader: RowReader) -> dict[str, ReviewRow]:
    """The rows of these reviews, by Apple's id."""
    due, bound = _with_due(reader)
    records = database.execute(
        f"SELECT {ROW}{due} FROM cache.review r JOIN cache.app a ON a.number = r.app "
        "WHERE r.id IN (SELECT value FROM json_each(?))",
        (reader.now, reader.me, *bound, json.dumps(list(ids))),
    )
    return {record[0]: row_of(record, reader.due) for record in records}


def details_by_id(database: Database, ids: Iterable[str], reader: RowReader) -> dict[str, ReviewDetail]:
    """Everything about these reviews, by Apple's id."""
    return {detail.review.id: detail for _, detail in _details(database, "id", list(ids), reader)}


def details_by_key(database: Database, keys: Sequence[int], reader: RowReader) -> Iterator[ReviewDetail]:
    """Everything about these reviews, in the order of `keys`."""
    found = dict(_details(database, "key", keys, reader))
    return (found[key] for key in keys if key in found)


def _details(
    database: Database, column: str, wanted: Sequence[Any], reader: RowReader
) -> Iterator[tuple[int, ReviewDetail]]:
    due, bound = _with_due(reader)
    records = database.execute(
        _DETAIL.format(column=column, due=due), (*bound, json.dumps(wanted))
    ).fetchall()
    ids = json.dumps([record[0] for record in records])
    tags: dict[str, list[str]] = {}
    earlier: dict[str, EarlierText] = {}
    drafts: dict[str, str] = {}
    inside = "review_id IN (SELECT value FROM json_each(?))"
    for review_id, tag in database.execute(f"SELECT review_id, tag FROM user.tag WHERE {inside}", (ids,)):
        tags.setdefault(review_id, []).append(tag)
    for review_id, rating, title, body, seen_until in database.execute(
        f"SELECT review_id, rating, title, body, seen_until FROM user.earlier_text WHERE {inside} "
        "ORDER BY seen_until, id",
        (ids,),
    ):
        earlier[review_id] = EarlierText(rating, title, body, from_epoch(seen_until))
    drafts.update(database.execute(f"SELECT review_id, text FROM user.draft WHERE {inside}", (ids,)))
    replies = _replies(database, ids, reader)
    threads: dict[str, list[TeamNote]] = {}
    for review_id, author, body, at, number in database.execute(
        f"SELECT review_id, author, body, at, id FROM user.note WHERE {inside} ORDER BY at, id", (ids,)
    ):
        # Here, because few reviews have notes, and a quick command has to start quickly.
        from ascinbox.core.team import TeamNote

        note = TeamNote(review_id, author, body, from_epoch(at), number)
        threads.setdefault(review_id, []).append(note)
    writers = {
        row[0]: row[1:]
        for row in database.execute(
            f"SELECT review_id, who, since FROM user.editing WHERE {inside} AND until > ? AND who <> ?",
            (ids, reader.now, reader.me),
        )
    }
    for record in records:
        review_id = record[0]
        writer, since = writers.get(review_id, ("", None))
        yield (
            record[23],
            ReviewDetail(
                review=_review(record),
                account=record[12] or "",
                app_name=record[13],
                state=record[14],
                tags=tuple(sorted(tags.get(review_id, ()), key=str.casefold)),
                note=record[16] or "",
                assignee=record[17] or "",
                flagged=bool(record[15] & MarkBit.FLAGGED),
                read=bool(record[15] & MarkBit.READ),
                done=record[18] is not None,
                snoozed_until=moment(record[19]),
                draft=drafts.get(review_id),
                answered_elsewhere=record[9] is not None and replies.theirs.get(review_id) == record[9],
                response_by=None if record[8] is None else replies.author(review_id, record[9] or ""),
                earlier=earlier.get(review_id),
                changed_at=moment(record[20]),
                removed_at=moment(record[21]),
                seen_at=moment(record[22]),
                app_version=record[24] or None,
                language=language_of(record[3], record[4], *record[25:28]),
                writer=writer,
                writes_since=moment(since),
                waiting=replies.waiting.get(review_id),
                thread=tuple(threads.get(review_id, ())),
                due_at=None if reader.due is None else reader.due.read(record[32]),
            ),
        )


class _Replies(NamedTuple):
    """What the outbox knows of some reviews."""

    me: str
    has_team: bool
    theirs: dict[str, str]
    """The text that was met at the store in place of a reply of this program."""
    waiting: dict[str, Waiting]
    authors: dict[tuple[str, str], str]
    """Who wrote a text that came to the store, by review and `reply_key`; empty without a team."""

    def author(self, review_id: str, text: str) -> str | None:
        """See `ReviewDetail.response_by`."""
        if not self.has_team:
            return None
        who = self.authors.get((review_id, reply_key(text)), "")
        return None if who and who == self.me else who


def _replies(database: Database, ids: str, reader: RowReader) -> _Replies:
    has_team = database.one("SELECT 1 FROM user.member LIMIT 1") is not None
    found = _Replies(reader.me, has_team, {}, {}, {})
    for review_id, state, why, author, text, theirs, queued_at in database.execute(
        "SELECT review_id, state, why, author, text, theirs_text, queued_at FROM user.outbox"
        " WHERE review_id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (ids,),
    ):
        if why == "answered_elsewhere" and theirs is not None:
            found.theirs[review_id] = theirs
        if state == "waiting":
            found.waiting[review_id] = Waiting(author, text, from_epoch(queued_at))
        elif has_team and state in _AT_STORE:
            # A store may give the text back in other words.
            shown = text if why != "altered" or theirs is None else theirs
            found.authors[review_id, reply_key(shown)] = author
    return found


_AT_STORE = frozenset({"pending_publish", "published", "superseded"})
"""States of a reply that came to its store."""


def _review(record: Sequence[Any]) -> Review:
    response = None
    if record[8] is not None:
        response = Response(record[8], record[9] or "", record[10] or "", moment(record[11]))
    return Review(
        id=record[0],
        app_id=record[1],
        rating=record[2],
        title=record[3],
        body=record[4],
        nickname=record[5],
        created_at=moment(record[6]),
        territory=record[7],
        response=response,
        told=None
        if record[28] is None
        else Told(record[24] or "", record[28], record[29], record[25] or None, record[30], record[31]),
    )


def moment(seconds: float | None) -> datetime | None:
    """The aware UTC time of an epoch second."""
    return None if seconds is None else from_epoch(seconds)
