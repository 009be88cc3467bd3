"""Apple's pages of reviews into the cache: what really changed, and nothing else, is written."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ascinbox.core.clock import Clock, to_epoch
from ascinbox.core.records import PageChanges
from ascinbox.core.text import content_hash
from ascinbox.store.database import Database
from ascinbox.store.index.touch import make_fresh, touch
from ascinbox.store.keys import TIE_BITS, key_of
from ascinbox.store.letters import known_to_user, refresh_letters
from ascinbox.store.quarantine import Quarantine
from ascinbox.store.seen import PreparedPage, Seen, folded
from ascinbox.store.sync import Walk, WalkTaken
from ascinbox.store.upsert import REVIEWS, TEXTS

_TIES = (1 << TIE_BITS) - 1
_REMOVED_AT_ONCE = 500
BULK_LOG_BYTES = 48 << 20
"""While many pages come in, the log may grow longer: each move into the file waits for the disk."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the cache has of a review on the page."""

    key: int
    content: int
    rest: int
    removed: bool
    created: int | None


class _Rewritten(Exception):
    """Not written yet: the texts that customers replaced have to be kept first."""

    def __init__(self, ids: list[str]) -> None:
        super().__init__()
        self.ids = ids


class Pages:
    """Saves pages and ends walks. `Reviews` hands this on as its own methods."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._apps: dict[str, int] = {}

    def save(self, page: PreparedPage) -> PageChanges:
        """One page and, with `walk`, its position, in one transaction. See `Reviews.save_page`."""
        try:
            with self._database.write(bulk=True) as connection:
                changes = self._save(connection, page)
        except _Rewritten as rewritten:
            # user.db first, in a commit of its own: a kill between the two then only repeats this.
            self._keep_earlier(rewritten.ids, page.seen)
            with self._database.write(bulk=True) as connection:
                changes = self._save(connection, page, kept=True)
        self._database.checkpoint()
        return changes

    def save_together(self, pages: Sequence[PreparedPage]) -> list[PageChanges | WalkTaken]:
        """Several pages in one transaction, each with its position; one by one where that cannot be."""
        if len(pages) > 1:
            with suppress(_Rewritten, WalkTaken):
                with self._database.write(bulk=True) as connection:
                    together: list[PageChanges | WalkTaken] = [self._save(connection, p) for p in pages]
                self._database.checkpoint(BULK_LOG_BYTES)
                return together
        results: list[PageChanges | WalkTaken] = []
        for page in pages:
            try:
                results.append(self.save(page))
            except WalkTaken as taken:
                results.append(taken)
        return results

    def _save(self, connection: sqlite3.Connection, page: PreparedPage, *, kept: bool = False) -> PageChanges:
        """Writes the page; raises _Rewritten as long as the earlier texts are not `kept`."""
        incoming, walk = page.seen, page.walk
        known = self._known(incoming)
        rewritten = [i for i, k in known.items() if k.content != incoming[i].content]
        if rewritten and not kept:
            raise _Rewritten(rewritten)
        if walk is not None:
            self._claim_page(connection, walk)
        new = [i for i in incoming if i not in known]
        changed = [i for i, k in known.items() if k.removed or _differs(k, incoming[i])]
        keys = {i: k.key for i, k in known.items()}
        if new or changed:
            keys |= self._write(page.app_id, [incoming[i] for i in (*new, *changed)], known)
            settled = set(changed)
            settled.update(known_to_user(self._database, new))
            if settled:
                refresh_letters(self._database, settled)
        if walk is not None:
            connection.execute(
                "INSERT OR REPLACE INTO cache.walk_page VALUES (?, ?, ?)",
                (walk.app_id, walk.pages, array("q", keys.values()).tobytes()),
            )
        return PageChanges(tuple(new), tuple(changed), (), len(incoming) - len(new) - len(changed))

    def distinct(self, walk: Walk) -> int:
        """How many different items the walk met. See `Reviews.walked`."""
        unread = Quarantine(self._database, self._clock).met_since("reviews", walk.app_id, walk.started_at)
        return len(self._seen(walk)) + len(unread - {""}) + walk.count.unnamed

    def give_up(self, walk: Walk) -> None:
        """Ends a walk whose list ended early. See `Reviews.give_up_walk`."""
        with self._database.write() as connection:
            ended = connection.execute(
                "UPDATE cache.walk SET open = 0, next_query = NULL, full_at = NULL "
                "WHERE app_id = ? AND number = ? AND open = 1",
                (walk.app_id, walk.number),
            ).rowcount
            if ended != 1:
                raise WalkTaken(walk.app_id)
            connection.execute("DELETE FROM cache.walk_page WHERE app_id = ?", (walk.app_id,))

    def finish(self, walk: Walk, *, gone: bool) -> PageChanges:
        """Ends a walk that reached the last page. See `Reviews.finish_walk`."""
        removed: tuple[str, ...] = ()
        if walk.full and gone:
            removed = self._remove_unseen(walk)
        now = to_epoch(self._clock.now())
        with self._database.write() as connection:
            ended = connection.execute(
                "UPDATE cache.walk SET open = 0, next_query = NULL, finished_at = ?, "
                "full_at = CASE WHEN ? THEN ? ELSE full_at END WHERE app_id = ? AND number = ? AND open = 1",
                (now, walk.full, now, walk.app_id, walk.number),
            ).rowcount
            if ended != 1:
                raise WalkTaken(walk.app_id)
            connection.execute("DELETE FROM cache.walk_page WHERE app_id = ?", (walk.app_id,))
        return PageChanges(removed=removed)

    # --- inside ---

    def _claim_page(self, connection: sqlite3.Connection, walk: Walk) -> None:
        moved = connection.execute(
            "UPDATE cache.walk SET pages = ?, next_query = ?, first_total = ?, last_total = ?, unnamed = ? "
            "WHERE app_id = ? AND number = ? AND open = 1",
            (
                walk.pages,
                walk.next_query,
                walk.count.first_total,
                walk.count.last_total,
                walk.count.unnamed,
                walk.app_id,
                walk.number,
            ),
        ).rowcount
        if moved != 1:
            raise WalkTaken(walk.app_id)

    def _known(self, ids: Iterable[str]) -> dict[str, _Known]:
        rows = self._database.execute(
            "SELECT id, key, content, rest, removed_at IS NOT NULL, created FROM cache.review "
            "WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        return {row[0]: _Known(row[1], row[2], row[3], bool(row[4]), row[5]) for row in rows}

    def _keep_earlier(self, ids: Sequence[str], incoming: dict[str, Seen]) -> None:
        now = to_epoch(self._clock.now())
        with self._database.write() as connection:
            rows = connection.execute(
                "SELECT id, rating, title, body, created FROM cache.review "
                "WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps(list(ids)),),
            ).fetchall()
            for review_id, rating, title, body, created in rows:
                connection.execute(
                    "INSERT INTO user.earlier_text (review_id, content, rating, title, body, seen_until) "
                    "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (review_id, content) DO UPDATE SET "
                    "seen_until = excluded.seen_until",
                    (review_id, content_hash(rating, title, body), rating, title, body, now),
                )
                # Apple may date an edited review anew; that is nearer to the truth than when we noticed.
                dated = incoming[review_id].created
                changed = (
                    dated if dated is not None and created is not None and created < dated < now else now
                )
                connection.execute(
                    "INSERT INTO user.triage (review_id, read, flagged, assignee, note, changed_at) "
                    "VALUES (?, 0, 0, '', '', ?) ON CONFLICT (review_id) DO UPDATE SET "
                    "changed_at = excluded.changed_at, read = 0",
                    (review_id, changed),
                )

    def _write(self, app_id: str, page: Sequence[Seen], known: dict[str, _Known]) -> dict[str, int]:
        now = to_epoch(self._clock.now())
        number = self._app_number(app_id)
        keys = self._keys(page, known)
        moved = [k.key for i, k in known.items() if i in keys and keys[i] != k.key]
        if moved:
            touch(self._database, moved, gone=True)
            self._database.executemany(
                "DELETE FROM cache.review_text WHERE key = ?", [(key,) for key in moved]
            )
        REVIEWS.run(self._database, [_row(each, keys[each.id], number, now) for each in page])
        TEXTS.run(self._database, [_text_row(each, keys[each.id]) for each in page])
        old = [keys[i] for i in keys if i in known and known[i].key == keys[i]]
        touch(self._database, old)
        was = set(old)
        make_fresh(self._database, [key for key in keys.values() if key not in was])
        return keys

    def _keys(self, page: Sequence[Seen], known: dict[str, _Known]) -> dict[str, int]:
        keys: dict[str, int] = {}
        wanted: dict[str, int] = {}
        for each in page:
            have = known.get(each.id)
            if have is not None and have.created == each.created:
                keys[each.id] = have.key
            else:
                wanted[each.id] = key_of(each.created, each.id)
        taken = set(keys.values())
        if wanted:
            rows = self._database.execute(
                "SELECT key FROM cache.review WHERE key IN (SELECT value FROM json_each(?))",
                (json.dumps(list(wanted.values())),),
            )
            taken.update(row[0] for row in rows)
        for review_id, key in wanted.items():
            while key in taken or (key != wanted[review_id] and self._is_taken(key)):
                key = (key & ~_TIES) | ((key + 1) & _TIES)
            taken.add(key)
            keys[review_id] = key
        return keys

    def _is_taken(self, key: int) -> bool:
        return self._database.one("SELECT 1 FROM cache.review WHERE key = ?", key) is not None

    def _app_number(self, app_id: str) -> int:
        number = self._apps.get(app_id)
        if (
            number is not None
            and self._database.one("SELECT id FROM cache.app WHERE number = ?", number) == app_id
        ):
            return number
        self._database.execute(
            "INSERT INTO cache.app (id, name, bundle_id, sku, primary_locale) VALUES (?, ?, '', '', '') "
            "ON CONFLICT (id) DO NOTHING",
            (app_id, app_id),
        )
        number = int(self._database.one("SELECT number FROM cache.app WHERE id = ?", app_id))
        self._apps[app_id] = number
        return number

    def _seen(self, walk: Walk) -> set[int]:
        seen: set[int] = set()
        for (blob,) in self._database.execute(
            "SELECT keys FROM cache.walk_page WHERE app_id = ?", (walk.app_id,)
        ):
            seen.update(array("q", blob))
        return seen

    def _remove_unseen(self, walk: Walk) -> tuple[str, ...]:
        seen = self._seen(walk)
        unread = Quarantine(self._database, self._clock).met_since("reviews", walk.app_id, walk.started_at)
        if "" in unread:
            # It may have been any of them.
            return ()
        rows = self._database.execute(
            "SELECT key, id FROM cache.review WHERE app = (SELECT number FROM cache.app WHERE id = ?) "
            "AND removed_at IS NULL AND seen_at <= ?",
            (walk.app_id, to_epoch(walk.started_at)),
        )
        unseen = [(key, review_id) for key, review_id in rows if key not in seen and review_id not in unread]
        now = to_epoch(self._clock.now())
        for start in range(0, len(unseen), _REMOVED_AT_ONCE):
            part = unseen[start : start + _REMOVED_AT_ONCE]
            with self._database.write() as connection:
                if not self._is_ours(walk):
                    raise WalkTaken(walk.app_id)
                connection.executemany(
                    "UPDATE cache.review SET removed_at = ? WHERE key = ?", [(now, key) for key, _ in part]
                )
                touch(self._database, [key for key, _ in part])
        return tuple(review_id for _, review_id in unseen)

    def _is_ours(self, walk: Walk) -> bool:
        number = self._database.one(
            "SELECT number FROM cache.walk WHERE app_id = ? AND open = 1", walk.app_id
        )
        return bool(number == walk.number)


def _differs(known: _Known, now: Seen) -> bool:
    return known.content != now.content or known.rest != now.rest


def _row(each: Seen, key: int, app: int, now: int) -> tuple[Any, ...]:
    """The values of `REVIEWS.columns`: marks 0, no changed_at, no removed_at, a language to be guessed."""
    return (key, each[0], app, *each[1:4], 0, each[4], None, None, now, *each[5:7], None, *each[7:15])


def _text_row(each: Seen, key: int) -> tuple[Any, ...]:
    """The values of `TEXTS.columns`."""
    if each.folded is not None:
        return key, each.folded, each.folded_nickname
    return key, *folded(each.title, each.body, each.nickname)
