"""Apple's pages of reviews into the cache: what really changed, and nothing else, is written."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ascinbox.core.clock import Clock, to_epoch
from ascinbox.core.records import PageChanges, Review
from ascinbox.core.text import content_hash, fold
from ascinbox.store.database import Database
from ascinbox.store.index.touch import make_fresh, touch
from ascinbox.store.letters import known_to_user, refresh_letters
from ascinbox.store.sync import Walk, WalkTaken
from ascinbox.store.upsert import review_upsert, text_upsert

TIE_BITS = 20
_TIES = (1 << TIE_BITS) - 1
_SIGNED = 1 << 63
_REMOVED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Known:
    """What the cache has of a review on the page."""

    key: int
    content: int
    rest: int
    removed: bool
    created: int | None


def key_of(created: int | None, review_id: str) -> int:
    """The position key of a review: its second, then 20 bits of its id. 0 seconds: Apple gave no date."""
    tie = int.from_bytes(hashlib.blake2b(review_id.encode(), digest_size=4).digest(), "big") & _TIES
    return (max(created or 0, 0) << TIE_BITS) | tie


def content_of(review: Review) -> int:
    """64 bits over what the customer can change."""
    return int(content_hash(review.rating, review.title, review.body)[:16], 16) - _SIGNED


def rest_of(review: Review) -> int:
    """64 bits over everything else that Apple gives."""
    response = review.response
    parts: tuple[object, ...] = (review.nickname, review.created_at, review.territory, review.app_id)
    if response is not None:
        parts += (response.id, response.text, response.state, response.modified_at)
    digest = hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class Pages:
    """Saves pages and ends walks. `Reviews` hands this on as its own methods."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._apps: dict[str, int] = {}

    def save(self, app_id: str, reviews: Sequence[Review], walk: Walk | None) -> PageChanges:
        """One page and, with `walk`, its position, in one transaction. See `Reviews.save_page`."""
        incoming = {review.id: review for review in reviews}
        prints = {review.id: (content_of(review), rest_of(review)) for review in incoming.values()}
        before = self._known(incoming)
        rewritten = [i for i, known in before.items() if known.content != prints[i][0]]
        if rewritten:
            # user.db first, in a commit of its own: a kill between the two then only repeats this.
            self._keep_earlier(rewritten, incoming)
        with self._database.write(bulk=True) as connection:
            if walk is not None:
                self._claim_page(connection, walk)
            known = self._known(incoming)
            new = [i for i in incoming if i not in known]
            changed = [i for i, k in known.items() if k.removed or (k.content, k.rest) != prints[i]]
            keys = {i: k.key for i, k in known.items()}
            if new or changed:
                keys |= self._write(app_id, [incoming[i] for i in (*new, *changed)], prints, known)
                settled = set(changed)
                settled.update(known_to_user(self._database, new))
                refresh_letters(self._database, settled)
            if walk is not None and walk.full:
                connection.execute(
                    "INSERT OR REPLACE INTO cache.walk_page VALUES (?, ?, ?)",
                    (walk.app_id, walk.pages, array("q", keys.values()).tobytes()),
                )
        self._database.checkpoint()
        return PageChanges(tuple(new), tuple(changed), (), len(incoming) - len(new) - len(changed))

    def finish(self, walk: Walk) -> PageChanges:
        """Ends a walk that reached the last page. See `Reviews.finish_walk`."""
        removed: tuple[str, ...] = ()
        if walk.full:
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
            "UPDATE cache.walk SET pages = ?, next_query = ? WHERE app_id = ? AND number = ? AND open = 1",
            (walk.pages, walk.next_query, walk.app_id, walk.number),
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

    def _keep_earlier(self, ids: Sequence[str], incoming: dict[str, Review]) -> None:
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
                dated = _epoch(incoming[review_id])
                changed = (
                    dated if dated is not None and created is not None and created < dated < now else now
                )
                connection.execute(
                    "INSERT INTO user.triage (review_id, read, flagged, assignee, note, changed_at) "
                    "VALUES (?, 0, 0, '', '', ?) ON CONFLICT (review_id) DO UPDATE SET "
                    "changed_at = excluded.changed_at, read = 0",
                    (review_id, changed),
                )

    def _write(
        self,
        app_id: str,
        reviews: Sequence[Review],
        prints: dict[str, tuple[int, int]],
        known: dict[str, _Known],
    ) -> dict[str, int]:
        now = to_epoch(self._clock.now())
        number = self._app_number(app_id)
        keys = self._keys(reviews, known)
        moved = [k.key for i, k in known.items() if i in keys and keys[i] != k.key]
        if moved:
            touch(self._database, moved, gone=True)
            self._database.executemany(
                "DELETE FROM cache.review_text WHERE key = ?", [(key,) for key in moved]
            )
        rows: list[dict[str, Any]] = []
        texts: list[dict[str, Any]] = []
        for review in reviews:
            key = keys[review.id]
            row = _row(review, key, number, prints[review.id], now)
            rows.append(row)
            texts.append(
                {
                    "key": key,
                    # Two spaces stand between title and body, so no phrase runs from one into the other.
                    "folded": fold(review.title) + fold(review.body),
                    "nickname": fold(review.nickname),
                }
            )
        for upsert, values in ((review_upsert(), rows), (text_upsert(), texts)):
            self._database.executemany(
                upsert.sql, [tuple(map(row.__getitem__, upsert.columns)) for row in values]
            )
        old = [keys[i] for i in keys if i in known and known[i].key == keys[i]]
        touch(self._database, old)
        was = set(old)
        make_fresh(self._database, [key for key in keys.values() if key not in was])
        return keys

    def _keys(self, reviews: Sequence[Review], known: dict[str, _Known]) -> dict[str, int]:
        keys: dict[str, int] = {}
        wanted: dict[str, int] = {}
        for review in reviews:
            have = known.get(review.id)
            created = _epoch(review)
            if have is not None and have.created == created:
                keys[review.id] = have.key
            else:
                wanted[review.id] = key_of(created, review.id)
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

    def _remove_unseen(self, walk: Walk) -> tuple[str, ...]:
        seen: set[int] = set()
        for (blob,) in self._database.execute(
            "SELECT keys FROM cache.walk_page WHERE app_id = ?", (walk.app_id,)
        ):
            seen.update(array("q", blob))
        rows = self._database.execute(
            "SELECT key, id FROM cache.review WHERE app = (SELECT number FROM cache.app WHERE id = ?) "
            "AND removed_at IS NULL AND seen_at <= ?",
            (walk.app_id, to_epoch(walk.started_at)),
        )
        unseen = [(key, review_id) for key, review_id in rows if key not in seen]
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


def _epoch(review: Review) -> int | None:
    return None if review.created_at is None else to_epoch(review.created_at)


def _row(review: Review, key: int, app: int, prints: tuple[int, int], now: int) -> dict[str, Any]:
    response = review.response
    letter = "N" if response is None else "A" if response.state == "PUBLISHED" else "P"
    return {
        "key": key,
        "id": review.id,
        "app": app,
        "rating": review.rating,
        "territory": review.territory,
        "state": letter,
        "marks": 0,
        "created": _epoch(review),
        "changed_at": None,
        "removed_at": None,
        "seen_at": now,
        "content": prints[0],
        "rest": prints[1],
        "lang": None,
        "length": len(review.body),
        "nickname": review.nickname,
        "title": review.title,
        "body": review.body,
        "response_id": None if response is None else response.id,
        "response_state": None if response is None else response.state,
        "response_at": None
        if response is None or response.modified_at is None
        else to_epoch(response.modified_at),
        "response_text": None if response is None else response.text,
    }
