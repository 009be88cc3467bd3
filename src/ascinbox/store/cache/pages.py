"""Apple's pages of reviews into the cache: what really changed, and nothing else, is written."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, delete, null, select, update

from ascinbox.core.clock import Clock, to_epoch
from ascinbox.core.records import PageChanges
from ascinbox.core.text import content_hash
from ascinbox.store.cache import arrivals, devices, languages
from ascinbox.store.cache.index.invalidate import invalidate, make_fresh
from ascinbox.store.cache.new_reviews import AlreadyHere, NewPages
from ascinbox.store.cache.places import Places
from ascinbox.store.cache.prepared_review import PreparedPage, PreparedReview, folded, with_answer
from ascinbox.store.cache.quarantine import Quarantine
from ascinbox.store.cache.review_state import known_to_user, refresh_states
from ascinbox.store.cache.upserts import ManyRows
from ascinbox.store.database import WAL_LIMIT_BYTES, Database
from ascinbox.store.hot.sync import Walk, WalkTaken
from ascinbox.store.keys import TIE_BITS, key_of
from ascinbox.store.mirror import Mirror
from ascinbox.store.models.accounts import AppTable
from ascinbox.store.models.reviews import ReviewTable, ReviewTextTable
from ascinbox.store.models.sync import WalkPageTable, WalkTable
from ascinbox.store.models.triage import EarlierTextTable, TriageTable
from ascinbox.store.statements import RowWriter, Statement, among, table_of, upsert

_REMOVED_AT_ONCE = 500
PAGES_LOG_BYTES, BULK_LOG_BYTES = 48 << 20, 192 << 20
"""While pages come in, the log may grow longer: each move into the file waits for the disk. In bulk nobody
reads meanwhile, and the log is moved when all have come."""

_r, _x = table_of(ReviewTable).c, table_of(ReviewTextTable).c
_w, _p, _a = table_of(WalkTable).c, table_of(WalkPageTable).c, table_of(AppTable).c
_t = table_of(TriageTable).c
_e = table_of(EarlierTextTable).c
_OURS = (_w.app_id == bindparam("app"), _w.number == bindparam("ours"), _w.open == 1)

_OURS_TO_KEEP = [_r.state, _r.marks, _r.changed_at, _r.app_version]
_DIFFERENCE = [_r.content, _r.rest, _r.removed_at]
REVIEWS = ManyRows(upsert(ReviewTable, conflict=[_r.id], keep=_OURS_TO_KEEP, differs=_DIFFERENCE))
"""Reviews by id: a row is written when its content, the rest or its removal changed."""
REVIEWS_IN_PLACE = ManyRows(
    upsert(
        ReviewTable,
        conflict=[_r.id],
        keep=[*_OURS_TO_KEEP, _r.key, _r.app, _r.created],
        differs=_DIFFERENCE,
    )
)
"""The same for reviews whose key stays: to name it in an UPDATE makes SQLite write every index again."""
TEXTS = ManyRows(upsert(ReviewTextTable, conflict=[_x.key], differs=[_x.folded, _x.nickname]))
"""Folded texts by key."""

_CACHED = Statement(
    select(_r.id, _r.key, _r.content, _r.rest, _r.removed_at, _r.created, _r.response_id).where(
        among(_r.id, "ids")
    )
)
_ANSWERS = Statement(
    select(_r.id, _r.response_id, _r.response_state, _r.response_at, _r.response_text).where(
        among(_r.id, "ids")
    )
)
_FORMER = Statement(select(_r.id, _r.rating, _r.title, _r.body, _r.created).where(among(_r.id, "ids")))
_KEEP_EARLIER = RowWriter(
    upsert(
        EarlierTextTable,
        conflict=[_e.review_id, _e.content],
        keep=[_e.rating, _e.title, _e.body],
    )
)
_NOTE_CHANGE = RowWriter(
    upsert(
        TriageTable,
        _t.review_id,
        _t.read,
        _t.flagged,
        _t.assignee,
        _t.note,
        _t.changed_at,
        keep=[_t.flagged, _t.assignee, _t.note],
    )
)
_FORGET_VERSIONS = Statement(
    update(table_of(ReviewTable))
    .where(among(_r.id, "ids"), _r.app_version.is_not(None))
    .values(app_version=null())
)
_SET_VERSION = Statement(
    update(table_of(ReviewTable)).where(_r.id == bindparam("review")).values(app_version=bindparam("version"))
)
_DROP_TEXTS = Statement(delete(table_of(ReviewTextTable)).where(among(_x.key, "keys")))
_PUT_PAGE = Statement(upsert(WalkPageTable))
_PAGES = Statement(select(_p["keys"]).where(_p.app_id == bindparam("app")))
_DROP_PAGES = Statement(delete(table_of(WalkPageTable)).where(_p.app_id == bindparam("app")))
_CLAIM = Statement(
    update(table_of(WalkTable))
    .where(*_OURS)
    .values(
        {name: bindparam(name) for name in ("pages", "next_query", "first_total", "last_total", "unnamed")}
    )
)
_GIVE_UP = Statement(
    update(table_of(WalkTable)).where(*_OURS).values(open=0, next_query=null(), full_at=null())
)
_END = Statement(
    update(table_of(WalkTable))
    .where(*_OURS)
    .values(open=0, next_query=null(), finished_at=bindparam("finished_at"))
)
_END_FULL = Statement(
    update(table_of(WalkTable))
    .where(*_OURS)
    .values(
        open=0,
        next_query=null(),
        finished_at=bindparam("finished_at"),
        full_at=bindparam("finished_at"),
    )
)
_IS_OURS = Statement(select(_w.number).where(*_OURS))
_PRESENT = Statement(
    select(_r.key, _r.id).where(
        _r.app == select(_a.number).where(_a.id == bindparam("app")).scalar_subquery(),
        _r.removed_at.is_(None),
        _r.seen_at <= bindparam("began"),
    )
)
_REMOVE = Statement(
    update(table_of(ReviewTable)).where(among(_r.key, "keys")).values(removed_at=bindparam("removed_at"))
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the cache has of a review on the page."""

    key: int
    content: int
    rest: int
    removed: bool
    created: int | None
    answered: bool


class _Rewritten(Exception):
    """Not written yet: the texts that customers replaced have to be kept first."""

    def __init__(self, ids: list[str]) -> None:
        super().__init__()
        self.ids = ids


class _Moved(Exception):
    """Not written: what the cache knows of the page changed while the mirror was told."""


_Incoming = dict[str, PreparedReview]


class Pages:
    """Saves pages and ends walks. `Reviews` hands this on as its own methods."""

    def __init__(self, database: Database, clock: Clock, mirror: Mirror | None = None) -> None:
        """`mirror`: where pages and removals go first."""
        self._database = database
        self._clock = clock
        self._mirror = mirror
        self._places = Places(database)
        self._new_pages = NewPages(database, clock, self._places)

    def save(self, page: PreparedPage) -> PageChanges:
        """One page and, with `walk`, its position, in one transaction. See `Reviews.save_page`."""
        added = self._add_new([page])
        changes = self._compare(page) if added is None else added[0]
        self._database.checkpoint()
        return changes

    def save_together(
        self, pages: Sequence[PreparedPage], *, in_bulk: bool = False
    ) -> list[PageChanges | WalkTaken]:
        """Several pages in one transaction, each with its position; one by one where that cannot be."""
        saved = self._save_together(pages)
        several = PAGES_LOG_BYTES if len(pages) > 1 else WAL_LIMIT_BYTES
        self._database.checkpoint(BULK_LOG_BYTES if in_bulk else several)
        return saved

    def _save_together(self, pages: Sequence[PreparedPage]) -> list[PageChanges | WalkTaken]:
        with suppress(WalkTaken):
            added = self._add_new(pages)
            if added is not None:
                return list(added)
        if len(pages) > 1:
            with suppress(_Rewritten, _Moved, WalkTaken):
                told = self._tell(pages)
                with self._database.write(bulk=True):
                    return [self._save(p, told=t) for p, t in zip(pages, told, strict=True)]
        results: list[PageChanges | WalkTaken] = []
        for page in pages:
            try:
                results.append(self._compare(page))
            except WalkTaken as taken:
                results.append(taken)
        return results

    def _add_new(self, pages: Sequence[PreparedPage]) -> list[PageChanges] | None:
        """Pages of first walks, whose reviews are probably all new: nothing that the cache has is looked at.

        None, with nothing stored, where that is not so. Raises WalkTaken.
        """
        if self._mirror is not None or not all(page.is_probably_new for page in pages):
            return None
        if self._database.connection.in_transaction:
            # What was added before one that is here could not be taken back alone.
            return None
        try:
            with self._database.write(bulk=True):
                for page in pages:
                    assert page.walk is not None
                    self._claim_page(page.walk)
                for page, keys in zip(pages, self._new_pages.add(pages), strict=True):
                    self._put_page(page, keys)
        except AlreadyHere:
            return None
        return [PageChanges(tuple(page.prepared)) for page in pages]

    def _compare(self, page: PreparedPage) -> PageChanges:
        """One page, each review beside what the cache has of it."""
        told = self._tell([page])[0]
        kept = False
        while True:
            try:
                with self._database.write(bulk=True):
                    return self._save(page, told=told, kept=kept)
            except _Rewritten as rewritten:
                # user.db first, in a commit of its own: a kill between the two then only repeats this.
                self._keep_earlier(rewritten.ids, page.prepared)
                kept = True
            except _Moved:
                told = self._tell([page])[0]

    def _tell(self, pages: Sequence[PreparedPage]) -> Sequence[_Incoming | None]:
        """Tells the mirror, before anything is stored and outside every transaction: its answer may be long
        in coming, and nobody else may be kept from writing meanwhile. What was told of each page is returned.

        A page that is told and then not stored is fetched and told again. Raises WalkTaken and StoreError.
        """
        if self._mirror is None:
            return [None] * len(pages)
        told = []
        for page in pages:
            if page.walk is not None and not self._is_ours(page.walk):
                raise WalkTaken(page.app_id)
            told.append(self._incoming(page, self._known(page.prepared))[0])
        # Unchanged ones too: whoever has lost some, by an older backup, gets them back.
        self._mirror.save_pages(
            [replace(page, prepared=each, walk=None) for page, each in zip(pages, told, strict=True)]
        )
        return told

    def take_over(
        self, page: PreparedPage, *, removed: Mapping[str, int], versions: Mapping[str, str]
    ) -> PageChanges:
        """Reviews of an app from a team's database, in the transaction that is open.

        `removed`: when the store stopped to show them; `versions`: what they are about. The texts that
        customers replaced come from there too, so none is kept here.
        """
        changes = self._save(page, kept=True)
        if removed:
            at = {review_id: known.key for review_id, known in self._known(removed).items()}
            for review_id, key in at.items():
                _REMOVE.run(self._database, keys=json.dumps([key]), removed_at=removed[review_id])
            invalidate(self._database, list(at.values()))
        for review_id, version in versions.items():
            _SET_VERSION.run(self._database, review=review_id, version=version)
        if versions:
            invalidate(self._database, [known.key for known in self._known(versions).values()])
        return replace(changes, removed=tuple(removed))

    def _save(self, page: PreparedPage, *, told: _Incoming | None = None, kept: bool = False) -> PageChanges:
        """Writes the page; raises _Rewritten as long as the earlier texts are not `kept`, and _Moved when
        it is not what was `told` any more."""
        walk = page.walk
        known = self._known(page.prepared)
        incoming, unanswered = self._incoming(page, known)
        if self._mirror is not None and incoming != told:
            raise _Moved
        rewritten = [i for i, k in known.items() if k.content != incoming[i].content]
        if rewritten and not kept:
            raise _Rewritten(rewritten)
        if walk is not None:
            self._claim_page(walk)
        new = [i for i in incoming if i not in known]
        changed = [i for i, k in known.items() if k.removed or _differs(k, incoming[i])]
        keys = {i: k.key for i, k in known.items()}
        if new or changed:
            keys |= self._write(page.app_id, [incoming[i] for i in (*new, *changed)], known)
            if rewritten:
                # A review that was written again may be about another version.
                _FORGET_VERSIONS.run(self._database, ids=json.dumps(rewritten))
            devices.write(self._database, [(keys[i], incoming[i].told) for i in (*new, *changed)])
            settled = set(changed)
            settled.update(known_to_user(self._database, new))
            if settled:
                refresh_states(self._database, settled)
            answered = [i for i in rewritten if known[i].answered]
            rest = [i for i in rewritten if not known[i].answered]
            now = to_epoch(self._clock.now())
            if not page.past:
                arrivals.note(self._database, page.app_id, new, rest, answered, now)
        self._put_page(page, keys.values())
        unchanged = len(incoming) - len(new) - len(changed)
        return PageChanges(tuple(new), tuple(changed), (), unchanged, tuple(unanswered))

    def _incoming(self, page: PreparedPage, known: Mapping[str, _Known]) -> tuple[_Incoming, list[str]]:
        """What is to be stored, and which reviews keep an answer that this page of a walk does not show."""
        if page.walk is None:
            return page.prepared, []
        unanswered = [i for i, k in known.items() if k.answered and page.prepared[i].response_id is None]
        return self._with_known_answers(page.app_id, page.prepared, unanswered), unanswered

    def _with_known_answers(
        self, app_id: str, incoming: dict[str, PreparedReview], ids: Sequence[str]
    ) -> dict[str, PreparedReview]:
        """The page with the responses that these reviews have in the cache."""
        if not ids:
            return incoming
        rows = _ANSWERS.run(self._database, ids=json.dumps(list(ids)))
        kept = {row[0]: with_answer(incoming[row[0]], app_id, tuple(row[1:])) for row in rows}
        return {**incoming, **kept}

    def distinct(self, walk: Walk) -> int:
        """How many different items the walk met. See `Reviews.walked`."""
        return len(self._seen(walk)) + self._unread(walk)

    def distinct_from_before(self, walk: Walk) -> int:
        """How many of them were there when the walk began. See `Reviews.walked_from_before`."""
        later = key_of(to_epoch(walk.started_at) + 1, "") >> TIE_BITS << TIE_BITS
        return sum(key < later for key in self._seen(walk)) + self._unread(walk)

    def _unread(self, walk: Walk) -> int:
        unread = Quarantine(self._database, self._clock).met_since("reviews", walk.app_id, walk.started_at)
        return len(unread - {""}) + walk.count.unnamed

    def give_up(self, walk: Walk) -> None:
        """Ends a walk whose list ended early. See `Reviews.give_up_walk`."""
        with self._database.write():
            self._end(walk, _GIVE_UP)

    def finish(self, walk: Walk, *, gone: bool) -> PageChanges:
        """Ends a walk that reached the last page. See `Reviews.finish_walk`."""
        removed: tuple[str, ...] = ()
        if walk.full and gone:
            removed = self._remove_unseen(walk)
        now = to_epoch(self._clock.now())
        with self._database.write():
            self._end(walk, _END_FULL if walk.full else _END, finished_at=now)
        return PageChanges(removed=removed)

    # --- inside ---

    def _end(self, walk: Walk, statement: Statement, **values: object) -> None:
        ended = statement.run(self._database, app=walk.app_id, ours=walk.number, **values)
        if ended.rowcount != 1:
            raise WalkTaken(walk.app_id)
        _DROP_PAGES.run(self._database, app=walk.app_id)

    def _is_ours(self, walk: Walk) -> bool:
        return _IS_OURS.first(self._database, app=walk.app_id, ours=walk.number) is not None

    def _claim_page(self, walk: Walk) -> None:
        moved = _CLAIM.run(
            self._database,
            app=walk.app_id,
            ours=walk.number,
            pages=walk.pages,
            next_query=walk.next_query,
            first_total=walk.count.first_total,
            last_total=walk.count.last_total,
            unnamed=walk.count.unnamed,
        )
        if moved.rowcount != 1:
            raise WalkTaken(walk.app_id)

    def _put_page(self, page: PreparedPage, keys: Iterable[int]) -> None:
        """Notes which reviews a page of a walk showed."""
        if page.walk is not None:
            shown = array("q", keys).tobytes()
            _PUT_PAGE.run(self._database, app_id=page.app_id, page=page.walk.pages, keys=shown)

    def _known(self, ids: Iterable[str]) -> dict[str, _Known]:
        rows = _CACHED.run(self._database, ids=json.dumps(list(ids)))
        return {
            review_id: _Known(key, content, rest, removed_at is not None, created, response_id is not None)
            for review_id, key, content, rest, removed_at, created, response_id in rows
        }

    def _keep_earlier(self, ids: Sequence[str], incoming: dict[str, PreparedReview]) -> None:
        now = to_epoch(self._clock.now())
        earlier, changes = [], []
        with self._database.write():
            rows = _FORMER.run(self._database, ids=json.dumps(list(ids)))
            for review_id, rating, title, body, created in rows:
                earlier.append((review_id, content_hash(rating, title, body), rating, title, body, now))
                # Apple may give an edited review a new date; that is more exact than when we noticed.
                dated = incoming[review_id].created
                is_dated = dated is not None and created is not None and created < dated < now
                changes.append((review_id, 0, 0, "", "", dated if is_dated else now))
            _KEEP_EARLIER.run(self._database, earlier)
            _NOTE_CHANGE.run(self._database, changes)

    def _write(self, app_id: str, page: Sequence[PreparedReview], known: dict[str, _Known]) -> dict[str, int]:
        now = to_epoch(self._clock.now())
        number = self._places.app_number(app_id)
        keys = self._keys(page, known)
        moved = [k.key for i, k in known.items() if i in keys and keys[i] != k.key]
        if moved:
            invalidate(self._database, moved, gone=True)
            _DROP_TEXTS.run(self._database, keys=json.dumps(moved))
            languages.forget(self._database, moved)
            devices.forget(self._database, moved)
        rows = [_row(each, keys[each.id], number, now) for each in page]
        stays = {i for i, k in known.items() if keys.get(i) == k.key}
        REVIEWS.run(self._database, [row for row in rows if row[1] not in stays])
        REVIEWS_IN_PLACE.run(self._database, [row for row in rows if row[1] in stays])
        TEXTS.run(self._database, [_text_row(each, keys[each.id]) for each in page])
        old = [keys[i] for i in keys if i in known and known[i].key == keys[i]]
        invalidate(self._database, old)
        was = set(old)
        new = [key for key in keys.values() if key not in was]
        make_fresh(self._database, new)
        changed = (each for each in page if each.id in known and known[each.id].content != each.content)
        languages.look_at(self._database, new, [keys[each.id] for each in changed])
        return keys

    def _keys(self, page: Sequence[PreparedReview], known: dict[str, _Known]) -> dict[str, int]:
        keys: dict[str, int] = {}
        wanted: dict[str, int] = {}
        for each in page:
            have = known.get(each.id)
            if have is not None and have.created == each.created:
                keys[each.id] = have.key
            else:
                wanted[each.id] = key_of(each.created, each.id)
        return keys | self._places.keys(wanted, set(keys.values()))

    def _seen(self, walk: Walk) -> set[int]:
        seen: set[int] = set()
        for (blob,) in _PAGES.run(self._database, app=walk.app_id):
            seen.update(array("q", blob))
        return seen

    def _remove_unseen(self, walk: Walk) -> tuple[str, ...]:
        seen = self._seen(walk)
        unread = Quarantine(self._database, self._clock).met_since("reviews", walk.app_id, walk.started_at)
        if "" in unread:
            # It may have been any of them.
            return ()
        rows = _PRESENT.run(self._database, app=walk.app_id, began=to_epoch(walk.started_at))
        unseen = [(key, review_id) for key, review_id in rows if key not in seen and review_id not in unread]
        now = to_epoch(self._clock.now())
        for start in range(0, len(unseen), _REMOVED_AT_ONCE):
            some = unseen[start : start + _REMOVED_AT_ONCE]
            keys = [key for key, _ in some]
            if self._mirror is not None:
                # First and outside the transaction, as with pages: what is removed here is not asked again.
                if not self._is_ours(walk):
                    raise WalkTaken(walk.app_id)
                self._mirror.remove([review_id for _, review_id in some])
            with self._database.write():
                if not self._is_ours(walk):
                    raise WalkTaken(walk.app_id)
                _REMOVE.run(self._database, keys=json.dumps(keys), removed_at=now)
                invalidate(self._database, keys)
        return tuple(review_id for _, review_id in unseen)


def _differs(known: _Known, now: PreparedReview) -> bool:
    return known.content != now.content or known.rest != now.rest


def _row(each: PreparedReview, key: int, app: int, now: int) -> tuple[Any, ...]:
    """The values of `REVIEWS.columns`: marks 0, no changed_at, no removed_at, a version to be looked for."""
    return (key, each[0], app, *each[1:4], 0, each[4], None, None, now, *each[5:15], None)


def _text_row(each: PreparedReview, key: int) -> tuple[Any, ...]:
    """The values of `TEXTS.columns`."""
    if each.folded is not None:
        return key, each.folded, each.folded_nickname
    return key, *folded(each.title, each.body, each.nickname)
