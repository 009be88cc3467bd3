"""State letters and marks: derived from both files, written into the cache where lists filter on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from ascinbox.core.outbox import OPEN
from ascinbox.core.states import State, StateFacts, letter_of
from ascinbox.store.database import Database
from ascinbox.store.index.touch import touch
from ascinbox.store.keys import MarkBit

CHUNK = 500
_PUBLISHED = "PUBLISHED"
_OPEN = "(" + ", ".join(f"'{phase}'" for phase in sorted(OPEN)) + ")"


PLAIN_LETTER = (
    f"CASE WHEN response_id IS NULL THEN '{State.NEW}' "
    f"WHEN response_state = '{_PUBLISHED}' THEN '{State.ANSWERED}' ELSE '{State.PENDING}' END"
)
"""The letter of a review about which user.db says nothing."""

_KNOWN = (
    "SELECT review_id FROM user.triage UNION SELECT review_id FROM user.draft "
    f"UNION SELECT review_id FROM user.outbox WHERE state IN {_OPEN}"
)
_SAYS_ANYTHING = (
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM user.triage) OR EXISTS (SELECT 1 FROM user.draft) "
    "OR EXISTS (SELECT 1 FROM user.outbox)"
)
_FACTS = f"""
    SELECT r.key, r.id, r.state, r.changed_at, r.marks, r.response_id IS NOT NULL,
        r.response_state, r.response_at, t.opened_at, t.changed_at, t.done_at, t.snoozed_until,
        EXISTS (SELECT 1 FROM user.draft d WHERE d.review_id = r.id),
        (SELECT o.state FROM user.outbox o WHERE o.review_id = r.id AND o.state IN {_OPEN}
            ORDER BY o.id DESC LIMIT 1),
        t.flagged, t.read, t.note <> '', EXISTS (SELECT 1 FROM user.tag g WHERE g.review_id = r.id)
    FROM cache.review r LEFT JOIN user.triage t ON t.review_id = r.id
    WHERE r.id IN (SELECT value FROM json_each(?))"""


def refresh_letters(database: Database, review_ids: Iterable[str]) -> tuple[str, ...]:
    """Recomputes the letters of these reviews; returns the ids whose letter changed.

    Call it in the transaction that changed a fact: a draft, an outbox row, a mark, a response.
    """
    changed: list[str] = []
    ids = iter(review_ids)
    while chunk := list(islice(ids, CHUNK)):
        changed += _refresh(database, chunk)
    return tuple(changed)


def known_to_user(database: Database, review_ids: Sequence[str]) -> list[str]:
    """Those of the reviews about which user.db says something that a letter depends on."""
    if database.one(_SAYS_ANYTHING) is None:
        return []
    listed = json.dumps(review_ids)
    rows = database.execute(
        "SELECT review_id FROM user.triage WHERE review_id IN (SELECT value FROM json_each(?1)) "
        "UNION SELECT review_id FROM user.draft WHERE review_id IN (SELECT value FROM json_each(?1)) "
        "UNION SELECT review_id FROM user.outbox WHERE review_id IN (SELECT value FROM json_each(?1)) "
        f"AND state IN {_OPEN}",
        (listed,),
    )
    return [row[0] for row in rows]


def doubtful_letters(database: Database) -> list[str]:
    """Reviews whose letter could be wrong after a rebuild, a restored copy or a kill.

    The two files commit one after the other, so a kill between the two can leave a letter behind. Reads
    through all reviews.
    """
    rows = database.execute(
        f"SELECT id FROM cache.review WHERE state IS NOT {PLAIN_LETTER} OR changed_at IS NOT NULL "
        f"OR marks <> 0 UNION {_KNOWN} UNION SELECT review_id FROM user.tag"
    )
    return [row[0] for row in rows]


def _refresh(database: Database, ids: Sequence[str]) -> list[str]:
    updates: list[tuple[str, int | None, int, int]] = []
    changed: list[str] = []
    for row in database.execute(_FACTS, (json.dumps(ids),)).fetchall():
        letter = letter_of(_facts(row))
        marks = _marks(row)
        if letter != row[2]:
            changed.append(row[1])
        if (letter, row[9], marks) != row[2:5]:
            updates.append((str(letter), row[9], marks, row[0]))
    if updates:
        with database.write() as connection:
            connection.executemany(
                "UPDATE cache.review SET state = ?, changed_at = ?, marks = ? WHERE key = ?", updates
            )
            touch(database, [update[-1] for update in updates])
    return changed


def _facts(row: Sequence[Any]) -> StateFacts:
    """A change by the customer matters if there was a reply or a "done" before it, until a later one settles
    it. A snooze holds until `Triage.wake` ends it.
    """
    has_reply, response_state, response_at = bool(row[5]), row[6], row[7]
    opened_at, changed_at, done_at, snoozed_until, has_draft, outbox = row[8:14]
    dealt_with = [response_at or 0] if has_reply else []
    if done_at is not None:
        dealt_with.append(done_at)
    return StateFacts(
        has_reply=has_reply,
        reply_published=response_state == _PUBLISHED,
        opened=opened_at is not None,
        changed_after_reply=changed_at is not None and bool(dealt_with) and max(dealt_with) < changed_at,
        has_draft=bool(has_draft),
        outbox=outbox,
        snoozed=snoozed_until is not None,
        done=done_at is not None,
    )


def _marks(row: Sequence[Any]) -> int:
    flagged, read, note, tagged = row[14:18]
    return (
        (MarkBit.FLAGGED if flagged else 0)
        | (MarkBit.READ if read else 0)
        | (MarkBit.NOTE if note else 0)
        | (MarkBit.DRAFT if row[12] else 0)
        | (MarkBit.TAG if tagged else 0)
    )
