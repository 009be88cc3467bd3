"""Many reviews that the cache does not have, written with few steps a row: the first fill of a replica, and
the first walk through an app.

`Pages` saves what a store shows, most of which is here already; there each review is compared. A million rows
of which nothing is known take a third less here, where they stay the plain tuples as which they arrived.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any

from sqlalchemy import select

from ascinbox.core.clock import Clock, to_epoch
from ascinbox.store.cache import arrivals, devices, languages
from ascinbox.store.cache.index.invalidate import make_fresh
from ascinbox.store.cache.places import Places
from ascinbox.store.cache.prepared_review import PreparedPage, PreparedReview, folded
from ascinbox.store.cache.review_state import known_to_user, refresh_states
from ascinbox.store.cache.upserts import ManyRows
from ascinbox.store.database import Database
from ascinbox.store.keys import key_of
from ascinbox.store.models.reviews import ReviewTable, ReviewTextTable
from ascinbox.store.statements import RowWriter, Statement, among, insert, table_of, upsert

GIVEN = ("app_id", "removed_at", "app_version", *(f for f in PreparedReview._fields if "folded" not in f))
"""The values of a row as it is given, in their order."""
_DERIVED = ("wanted", "folded", "folded_nickname")
_ID, _APP_ID, _TOLD = (len(_DERIVED) + GIVEN.index(name) for name in ("id", "app_id", "told"))
_CREATED, _TITLE, _BODY, _NICKNAME, _GIVEN_ID = map(
    GIVEN.index, ("created", "title", "body", "nickname", "id")
)

_r, _x = table_of(ReviewTable).c, table_of(ReviewTextTable).c
_HERE = Statement(select(_r.id).where(among(_r.id, "ids")))
_ADD = RowWriter(insert(ReviewTable))
_PUT_TEXT = RowWriter(upsert(ReviewTextTable))
_SHOWN = [
    column
    for column in table_of(ReviewTable).columns
    if column.key not in ("changed_at", "removed_at", "app_version")
]
NEW_REVIEWS = ManyRows(insert(ReviewTable, *_SHOWN))
"""Reviews of a page that are not here: whatever is not given is NULL."""
NEW_TEXTS = ManyRows(insert(ReviewTextTable))
_HEAD = ("key", "app", "seen_at", "marks", "changed_at")
"""What a row gets here; the rest of its columns are given."""

_as_prepared = itemgetter(*map((*_DERIVED, *GIVEN).index, PreparedReview._fields))

Row = tuple[Any, ...]


def ready(given: Row) -> Row:
    """A row of `GIVEN` with what can be made of it on any thread: the key that it wants, its folded texts."""
    texts = folded(given[_TITLE], given[_BODY], given[_NICKNAME])
    return (key_of(given[_CREATED], given[_GIVEN_ID]), *texts, *given)


def prepared_of(row: Row) -> PreparedReview:
    """A row of `ready` as pages have their reviews."""
    return PreparedReview._make(_as_prepared(row))


def beside(row: Row) -> Row:
    """What a row has beside that: its app, when it was removed, its version of the app."""
    return row[len(_DERIVED) : len(_DERIVED) + 3]


class NewReviews:
    """Writes reviews that are not here yet, in the transaction that is open."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._places = Places(database)
        names = {"state": "letter"}
        order = (*_HEAD, *_DERIVED, *GIVEN)
        self._in_order = itemgetter(*(order.index(names.get(name, name)) for name in _ADD.order))

    def add(self, rows: Sequence[Row]) -> list[Row]:
        """Adds rows of `ready`; returns those whose reviews are here already, which are left as they are."""
        found = _HERE.run(self._database, ids=json.dumps([row[_ID] for row in rows]))
        here = {row[0] for row in found}
        self._add([row for row in rows if row[_ID] not in here] if here else rows)
        return [row for row in rows if row[_ID] in here] if here else []

    def _add(self, rows: Sequence[Row]) -> None:
        now = to_epoch(self._clock.now())
        by_app: dict[str, list[str]] = {}
        for row in rows:
            by_app.setdefault(row[_APP_ID], []).append(row[_ID])
        numbers = {app_id: self._places.app_number(app_id) for app_id in by_app}
        keys = self._places.keys({row[_ID]: row[0] for row in rows}, set())
        # In the order of their keys rows fill the pages of the file; from the newest on they half fill them.
        rows = sorted(rows, key=lambda row: keys[row[_ID]])
        listed = [keys[row[_ID]] for row in rows]
        put, database = self._in_order, self._database
        _ADD.run(
            database,
            [
                put((key, numbers[row[_APP_ID]], now, 0, None, *row))
                for key, row in zip(listed, rows, strict=True)
            ],
        )
        _PUT_TEXT.run(database, [(key, row[1], row[2]) for key, row in zip(listed, rows, strict=True)])
        told = [(keys[row[_ID]], row[_TOLD]) for row in rows if row[_TOLD] is not None]
        _note_new(database, listed, told, by_app, now)


class AlreadyHere(Exception):
    """A review is here already, or another one has the key that it wants."""


class NewPages:
    """Writes pages of first walks while none of their reviews is here, in the transaction that is open."""

    def __init__(self, database: Database, clock: Clock, places: Places) -> None:
        self._database = database
        self._clock = clock
        self._places = places

    def add(self, pages: Sequence[PreparedPage]) -> list[list[int]]:
        """Adds all reviews of the pages; the keys of each page.

        Raises AlreadyHere when that cannot be: the transaction has to be rolled back then.
        """
        now = to_epoch(self._clock.now())
        rows: list[Row] = []
        texts: list[Row] = []
        told: list[tuple[int, devices.Told]] = []
        shown: list[list[int]] = []
        by_app: dict[str, list[str]] = {}
        for page in pages:
            app = self._places.app_number(page.app_id)
            by_app.setdefault(page.app_id, []).extend(page.prepared)
            reviews = page.prepared.values()
            keys = [key_of(each[4], each[0]) for each in reviews]
            rows += map(_new_row, reviews, keys, repeat(app), repeat(now))
            texts += [(key, each[15], each[16]) for key, each in zip(keys, reviews, strict=True)]
            told += [(key, each[17]) for key, each in zip(keys, reviews, strict=True) if each[17] is not None]
            shown.append(keys)
        # In the order of their keys rows fill the pages of the file; from the newest on they half fill them.
        rows.sort(key=_first)
        texts.sort(key=_first)
        try:
            NEW_REVIEWS.run(self._database, rows)
            NEW_TEXTS.run(self._database, texts)
        except sqlite3.IntegrityError:
            raise AlreadyHere from None
        _note_new(self._database, [row[0] for row in rows], told, by_app, now)
        return shown


_first = itemgetter(0)


def _new_row(each: PreparedReview, key: int, app: int, now: int) -> Row:
    """The values of `NEW_REVIEWS.columns`; marks are 0."""
    return (key, each[0], app, each[1], each[2], each[3], 0, each[4], now, *each[5:15])


def _note_new(
    database: Database,
    keys: Sequence[int],
    told: Sequence[tuple[int, devices.Told]],
    by_app: Mapping[str, Sequence[str]],
    now: int,
) -> None:
    """What is to be done for reviews that were just added, beside their rows; `by_app` are their ids."""
    make_fresh(database, keys)
    languages.look_at(database, keys)
    devices.write(database, told)
    known = known_to_user(database, [review_id for ids in by_app.values() for review_id in ids])
    if known:
        refresh_states(database, known)
    for app_id, ids in by_app.items():
        arrivals.note(database, app_id, ids, (), (), now)
