"""Rows of a team's database into user.db and cache.db, where everything reads them as for one person."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select
from sqlmodel import col

from ascinbox.core.clock import Clock, from_epoch
from ascinbox.core.events import ReplyEnded
from ascinbox.core.outbox.states import BEFORE_STORE
from ascinbox.core.team import TeamNote
from ascinbox.store.cache.new_reviews import GIVEN, NewReviews, beside, prepared_of, ready
from ascinbox.store.cache.new_reviews import Row as NewRow
from ascinbox.store.cache.pages import BULK_LOG_BYTES, Pages
from ascinbox.store.cache.prepared_review import PreparedPage, PreparedReview
from ascinbox.store.cache.review_state import refresh_states
from ascinbox.store.database import Database
from ascinbox.store.models.acts import ActTable
from ascinbox.store.models.replies import DraftTable, EditingTable, OutboxPauseTable, OutboxTable
from ascinbox.store.models.sync import CacheMetaTable
from ascinbox.store.models.team import IntentTable, MemberTable, NoteTable
from ascinbox.store.models.triage import EarlierTextTable, TagTable, TriageTable, UndoTable, UserMetaTable
from ascinbox.store.queue.team.cleaning import harmless
from ascinbox.store.queue.team.ended import ended
from ascinbox.store.queue.team.facts import Taker
from ascinbox.store.statements import Statement, insert, table_of, upsert

PEOPLE, FACTS, REVIEWS = "team.people", "team.facts", "team.reviews"
"""Names of the positions in the feed: the first in user.db, the others in cache.db."""
HOME, COPY = "team.home", "team.copy"
OPTION = "team.option."
"""Names of the team's options in user.db begin so."""

Row = Sequence[Any]
"""(seq, kind, columns by name)."""

_g = table_of(TagTable).c
_BEFORE_STORE = "(" + ", ".join(f"'{phase}'" for phase in sorted(BEFORE_STORE)) + ")"
_SHARED_MARKS = (
    TriageTable.flagged,
    TriageTable.done_at,
    TriageTable.snoozed_until,
    TriageTable.assignee,
    TriageTable.note,
    TriageTable.changed_at,
)
_PUT_TRIAGE = Statement(
    upsert(TriageTable, TriageTable.review_id, TriageTable.read, *_SHARED_MARKS, keep=[TriageTable.read])
)
_TAGS = Statement(select(_g.tag).where(_g.review_id == bindparam("review_id")))
_UNTAG = Statement(
    delete(table_of(TagTable)).where(_g.review_id == bindparam("review_id"), _g.tag == bindparam("tag"))
)
_TAG = Statement(insert(TagTable))
_PUT_DRAFT = Statement(upsert(DraftTable))
_DROP_DRAFT = Statement(delete(DraftTable).where(col(DraftTable.review_id) == bindparam("review_id")))
_UNSENT_DRAFT = Statement(
    select(col(IntentTable.id)).where(
        col(IntentTable.kind) == "draft", col(IntentTable.review_id) == bindparam("review_id")
    )
)
_PUT_CLAIM = Statement(upsert(EditingTable))
_DROP_CLAIM = Statement(delete(EditingTable).where(col(EditingTable.review_id) == bindparam("review_id")))
_ADD_NOTE = Statement(insert(NoteTable).on_conflict_do_nothing())
_PUT_REPLY = Statement(upsert(OutboxTable, *table_of(OutboxTable).columns))
_PUT_PAUSE = Statement(upsert(OutboxPauseTable))
_DROP_PAUSE = Statement(
    delete(OutboxPauseTable).where(col(OutboxPauseTable.account_id) == bindparam("account_id"))
)
_ADD_ACT = Statement(insert(ActTable, *table_of(ActTable).columns).on_conflict_do_nothing())
_ADD_UNDO = Statement(insert(UndoTable))
_DROP_UNDO = Statement(delete(UndoTable).where(col(UndoTable.batch) == bindparam("batch")))
_ADD_EARLIER = Statement(insert(EarlierTextTable).on_conflict_do_nothing())
_PUT_MEMBER = Statement(upsert(MemberTable))
_PUT_USER_META = Statement(upsert(UserMetaTable))
_PUT_CACHE_META = Statement(upsert(CacheMetaTable))
_USER_META = Statement(select(col(UserMetaTable.value)).where(col(UserMetaTable.name) == bindparam("name")))
_CACHE_META = Statement(
    select(col(CacheMetaTable.value)).where(col(CacheMetaTable.name) == bindparam("name"))
)


_MADE = {
    "letter": "CASE WHEN response_id IS NULL THEN 'N'"
    " WHEN response_state = 'PUBLISHED' THEN 'A' ELSE 'P' END",
    "length": "char_length(body)",
}
FILL_COLUMNS = ", ".join(("seq", *(_MADE.get(name, name) for name in GIVEN)))
"""What `fill_row` takes."""


def fill_row(found: NewRow) -> NewRow:
    """A row of `FILL_COLUMNS` as `Replica.take_fill` takes it. On any thread."""
    told = found[-1]
    return ready(found[1:] if told is None else (*found[1:-1], _told(told)))


class TeamReview(NamedTuple):
    """A review as the feed brings it."""

    app_id: str
    removed_at: int | None
    app_version: str | None
    review: PreparedReview

    @classmethod
    def of_row(cls, row: NewRow) -> TeamReview:
        """From a row of `fill_row`."""
        app_id, removed_at, app_version = beside(row)
        return cls(app_id, removed_at, app_version, prepared_of(row))

    @classmethod
    def of_doc(cls, doc: Mapping[str, Any]) -> TeamReview:
        """From the row as a document."""
        answered = doc["response_id"] is not None
        made = {
            "letter": "N" if not answered else "A" if doc["response_state"] == "PUBLISHED" else "P",
            "length": len(doc["body"]),
            "folded": None,
            "folded_nickname": None,
            "told": _told(doc["told"]),
        }
        fields = (made[name] if name in made else doc[name] for name in PreparedReview._fields)
        return cls(doc["app_id"], doc["removed_at"], doc["app_version"], PreparedReview._make(fields))


def _told(text: str | None) -> Any:
    return None if text is None else tuple(json.loads(text))


@dataclass(frozen=True, slots=True)
class Applied:
    """What a batch of the feed changed here."""

    reviews: tuple[str, ...] = ()
    """Reviews whose row may look different."""
    new: int = 0
    """Reviews that were not here before."""
    replies: tuple[str, ...] = ()
    """Reviews whose reply moved."""
    waiting: tuple[tuple[str, str], ...] = ()
    """(review, author) of replies that now wait for a publisher."""
    taken_over: tuple[tuple[str, str], ...] = ()
    """(review, by) of claims that another took from this login."""
    accounts: bool = False
    """Accounts, apps or verdicts changed."""
    options: bool = False
    """The team's options or members changed."""
    asks: tuple[str, ...] = ()
    """Reviews with a draft that was written offline and has arrived now."""
    mentions: tuple[TeamNote, ...] = ()
    """Notes of others that name this login and were not here before."""
    ended: tuple[ReplyEnded, ...] = ()
    """Acts by which others ended a reply that this login wrote or approved, that were not here before."""

    def plus(self, other: Applied) -> Applied:
        """Both together."""
        return Applied(
            tuple(dict.fromkeys((*self.reviews, *other.reviews))),
            self.new + other.new,
            tuple(dict.fromkeys((*self.replies, *other.replies))),
            (*self.waiting, *other.waiting),
            (*self.taken_over, *other.taken_over),
            self.accounts or other.accounts,
            self.options or other.options,
            (*self.asks, *other.asks),
            (*self.mentions, *other.mentions),
            (*self.ended, *other.ended),
        )


class Replica:
    """The writing side of one home's replica. On the store's thread."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        me: str,
        *,
        local_account: Callable[[int], int] = lambda number: number,
        facts: Mapping[str, Taker] | None = None,
    ) -> None:
        """`local_account` gives this home's number of an account of the team's; `facts`, by kind, take what
        workers share."""
        self._database = database
        self._clock = clock
        self._me = me
        self._local_account = local_account
        self._facts = facts or {}
        self._pages = Pages(database, clock)
        self._new_reviews = NewReviews(database, clock)
        self._ahead: dict[tuple[str, str], int] = {}
        """Rows that an act of this program put here before the feed came to them: their number."""

    # --- positions ---

    def position(self, name: str) -> int:
        """How far this replica has come in one of the feeds."""
        statement = _USER_META if name == PEOPLE else _CACHE_META
        return int(statement.value(self._database, name=name) or 0)

    def positions(self) -> tuple[int, int, int]:
        """Of the feeds of people, facts and reviews."""
        return self.position(PEOPLE), self.position(FACTS), self.position(REVIEWS)

    def _move(self, name: str, seq: int) -> None:
        statement = _PUT_USER_META if name == PEOPLE else _PUT_CACHE_META
        statement.run(self._database, name=name, value=str(seq))

    def option(self, name: str) -> str:
        """An option of the team as last heard."""
        return str(_USER_META.value(self._database, name=OPTION + name) or "")

    @property
    def me(self) -> str:
        """The login."""
        return self._me

    def copy(self) -> str:
        """Which copy of the team's database this replica comes from; empty before it is known."""
        return str(_USER_META.value(self._database, name=COPY) or "")

    def note_copy(self, copy: str) -> None:
        """From now on it comes from this one."""
        _PUT_USER_META.run(self._database, name=COPY, value=copy)

    def begin_anew(self, copy: str) -> None:
        """Everything is asked for again, of this copy. In the transaction that is open."""
        for name in (PEOPLE, FACTS, REVIEWS):
            self._move(name, 0)
        self.note_copy(copy)
        self._ahead.clear()

    def home(self) -> str:
        """A name of this home that no other has, made when it is first asked for."""
        found = _USER_META.value(self._database, name=HOME)
        if found is None:
            found = secrets.token_hex(8)
            with self._database.write():
                _PUT_USER_META.run(self._database, name=HOME, value=found)
        return str(found)

    # --- rows in ---

    def take_act(self, rows: Iterable[Row]) -> Applied:
        """Rows that an act of ours returned: shown at once, the feed brings them again."""
        rows = list(rows)
        if not rows:
            return Applied()
        with self._database.write():
            applied = self._apply(rows)
        for seq, kind, doc in rows:
            self._ahead[kind, _key(kind, doc)] = seq
        return applied

    def take_people(self, after: int, rows: Sequence[Row]) -> Applied | None:
        """A batch of the feed that was asked for after a position, and the position after it, in one
        transaction. None: the replica is somewhere else by now, nothing was done."""
        with self._database.write():
            if self.position(PEOPLE) != after:
                return None
            applied = self._apply(
                [row for row in rows if self._ahead.get((row[1], _key(row[1], row[2])), 0) <= row[0]]
            )
            if rows:
                self._move(PEOPLE, rows[-1][0])
        last = rows[-1][0] if rows else after
        self._ahead = {key: seq for key, seq in self._ahead.items() if seq > last}
        return applied

    def take_facts(self, after: int, rows: Sequence[Row]) -> Applied | None:
        """The same for what workers share."""
        with self._database.write():
            if self.position(FACTS) != after:
                return None
            known = False
            for _seq, kind, doc in rows:
                put = self._facts.get(kind)
                if put is not None:
                    put(self._database, doc["key"], None if doc["removed_at"] is not None else doc["doc"])
                    known = True
            if rows:
                self._move(FACTS, rows[-1][0])
        return Applied(accounts=known)

    def take_reviews(self, after: int, rows: Sequence[TeamReview], upto: int) -> Applied | None:
        """The same for reviews; `upto`: how far the feed is read with them."""
        with self._database.write(bulk=True):
            if self.position(REVIEWS) != after:
                return None
            found = self._put(rows)
            self._move(REVIEWS, upto)
        self._database.checkpoint()
        return found

    def take_fill(self, after: int, rows: Sequence[NewRow], upto: int) -> Applied | None:
        """The same for a page of a fill, most of which is new here; of that only the number is told."""
        with self._database.write(bulk=True):
            if self.position(REVIEWS) != after:
                return None
            left = self._new_reviews.add(rows)
            found = self._put([TeamReview.of_row(row) for row in left])
            self._move(REVIEWS, upto)
        self._database.checkpoint(BULK_LOG_BYTES)
        return found.plus(Applied(new=len(rows) - len(left)))

    # --- inside ---

    def _put(self, rows: Sequence[TeamReview]) -> Applied:
        new = 0
        touched: list[str] = []
        by_app: dict[str, list[TeamReview]] = {}
        for row in rows:
            by_app.setdefault(row.app_id, []).append(row)
        for app_id, members in by_app.items():
            changes = self._pages.take_over(
                PreparedPage(app_id, {row.review.id: row.review for row in members}),
                removed={r.review.id: r.removed_at for r in members if r.removed_at is not None},
                versions={r.review.id: r.app_version for r in members if r.app_version},
            )
            new += len(changes.new)
            touched += [*changes.new, *changes.changed, *changes.removed]
        return Applied(tuple(touched), new)

    def _apply(self, rows: Sequence[Row]) -> Applied:
        reviews: dict[str, None] = {}
        replies: dict[str, None] = {}
        waiting: list[tuple[str, str]] = []
        taken: list[tuple[str, str]] = []
        mentions: list[TeamNote] = []
        ends: list[ReplyEnded] = []
        options = False
        for _seq, kind, found in rows:
            doc = harmless(kind, found)
            match kind:
                case "triage":
                    self._triage(doc)
                case "tag":
                    self._tag(doc)
                case "draft":
                    self._draft(doc)
                case "claim":
                    if self._claim(doc):
                        taken.append((doc["review_id"], doc["who"]))
                case "note":
                    note = TeamNote(
                        doc["review_id"], doc["author"], doc["body"], from_epoch(doc["at"]), doc["id"]
                    )
                    added = _ADD_NOTE.run(self._database, **_only(NoteTable, doc)).rowcount == 1
                    if added and note.author != self._me and note.names(self._me):
                        mentions.append(note)
                case "outbox":
                    if self._reply(doc):
                        waiting.append((doc["review_id"], doc["author"]))
                    replies[doc["review_id"]] = None
                case "pause":
                    self._pause(doc)
                case "act":
                    if (end := self._act(doc)) is not None:
                        ends.append(end)
                case "undo":
                    self._undo(doc)
                case "earlier_text":
                    _ADD_EARLIER.run(self._database, **_only(EarlierTextTable, doc))
                case "member":
                    _PUT_MEMBER.run(self._database, **_only(MemberTable, doc))
                    options = True
                case "option":
                    _PUT_USER_META.run(self._database, name=OPTION + doc["name"], value=doc["value"])
                    options = True
            if kind not in ("act", "undo") and (review := doc.get("review_id")) is not None:
                reviews[review] = None
        refresh_states(self._database, list(reviews))
        return Applied(
            tuple(reviews),
            0,
            tuple(replies),
            tuple(waiting),
            tuple(taken),
            options=options,
            mentions=tuple(mentions),
            ended=tuple(ends),
        )

    def _act(self, doc: Mapping[str, Any]) -> ReplyEnded | None:
        """What it ended of this login's, where it is new here."""
        added = _ADD_ACT.run(self._database, **_only(ActTable, {**doc, "batch": None})).rowcount == 1
        return ended(doc, self._me) if added else None

    def _triage(self, doc: Mapping[str, Any]) -> None:
        until = doc["snoozed_until"]
        over = until is not None and until <= self._clock.now().timestamp()
        _PUT_TRIAGE.run(
            self._database,
            **{
                **_only(TriageTable, doc),
                "read": 0,
                "snoozed_until": None if over else until,
            },
        )

    def _tag(self, doc: Mapping[str, Any]) -> None:
        for (tag,) in _TAGS.run(self._database, review_id=doc["review_id"]).fetchall():
            if tag.casefold() in (doc["fold"], doc["tag"].casefold()):
                _UNTAG.run(self._database, review_id=doc["review_id"], tag=tag)
        if doc["removed_at"] is None:
            _TAG.run(self._database, review_id=doc["review_id"], tag=doc["tag"])

    def _draft(self, doc: Mapping[str, Any]) -> None:
        if _UNSENT_DRAFT.first(self._database, review_id=doc["review_id"]) is not None:
            return
        if doc["removed_at"] is not None:
            _DROP_DRAFT.run(self._database, review_id=doc["review_id"])
        else:
            _PUT_DRAFT.run(self._database, **_only(DraftTable, doc))

    def _claim(self, doc: Mapping[str, Any]) -> bool:
        """True when it was ours and is another's now."""
        before = self._database.execute(
            "SELECT who FROM user.editing WHERE review_id = ?", (doc["review_id"],)
        ).fetchone()
        if doc["released_at"] is not None:
            _DROP_CLAIM.run(self._database, review_id=doc["review_id"])
            return False
        _PUT_CLAIM.run(self._database, **_only(EditingTable, doc))
        return before is not None and before[0] == self._me != doc["who"]

    def _reply(self, doc: Mapping[str, Any]) -> bool:
        """True when it waits for a publisher and did not before."""
        before = self._database.execute("SELECT state FROM user.outbox WHERE id = ?", (doc["id"],)).fetchone()
        values = _only(OutboxTable, doc)
        values["account_id"] = self._local_account(doc["account_id"])
        self._database.outbox_moved = True
        if doc["state"] in BEFORE_STORE:
            # What gave way to it, and later moved once more, comes later in the feed.
            self._database.execute(
                f"DELETE FROM user.outbox WHERE review_id = ? AND id <> ? AND state IN {_BEFORE_STORE}",
                (doc["review_id"], doc["id"]),
            )
        _PUT_REPLY.run(self._database, **values)
        return bool(doc["state"] == "waiting" and (before is None or before[0] != "waiting"))

    def _pause(self, doc: Mapping[str, Any]) -> None:
        account = self._local_account(doc["account_id"])
        if doc["ended_at"] is not None:
            _DROP_PAUSE.run(self._database, account_id=account)
        else:
            _PUT_PAUSE.run(self._database, **{**_only(OutboxPauseTable, doc), "account_id": account})

    def _undo(self, doc: Mapping[str, Any]) -> None:
        _DROP_UNDO.run(self._database, batch=doc["batch"])
        if doc["taken_back_at"] is None:
            _ADD_UNDO.run_many(
                self._database,
                (
                    {
                        "batch": doc["batch"],
                        "verb": doc["verb"],
                        "review_id": change["id"],
                        "before": json.dumps(change["was"]),
                        "at": int(doc["at"]),
                    }
                    for change in doc["changes"]
                ),
            )


def _only(model: Any, doc: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a local table's columns."""
    return {column.key: doc[column.key] for column in table_of(model).columns if column.key in doc}


_KEYS = {
    "triage": ("review_id",),
    "tag": ("review_id", "fold"),
    "draft": ("review_id",),
    "claim": ("review_id",),
    "pause": ("account_id",),
    "undo": ("batch",),
    "earlier_text": ("review_id", "content"),
    "member": ("name",),
    "option": ("name",),
}


def _key(kind: str, doc: Mapping[str, Any]) -> str:
    return "\x00".join(str(doc[name]) for name in _KEYS.get(kind, ("id",)))
