"""A query as SQL: the WHERE clause over one review, with bound values only.

Names used in it: `r` is `cache.review`, `t` is `cache.review_text` (joined only if `Where.needs_text`).
The search index answers the same terms from bit sets; a test holds the two against each other.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from ascinbox.core.clock import Clock
from ascinbox.core.filters import (
    OVERDUE,
    AccountTerm,
    AppTerm,
    AssigneeTerm,
    ByTerm,
    ClaimedTerm,
    DeviceTerm,
    DueTerm,
    Has,
    HasTerm,
    IsTerm,
    LanguageTerm,
    Mark,
    Query,
    RatingTerm,
    StoreTerm,
    TagTerm,
    Term,
    TerritoryTerm,
    TextTerm,
    TimeTerm,
    TranslatedTerm,
    VersionTerm,
    choose,
)
from ascinbox.core.text import fold
from ascinbox.store.database import Database
from ascinbox.store.hot.languages import LANGUAGE
from ascinbox.store.keys import TIE_BITS, MarkBit

if TYPE_CHECKING:
    from ascinbox.core.reviews.answer_clock import AnswerClock
    from ascinbox.store.hot.due_sql import RuleMemory

_FAR_FUTURE = 1 << 42
_DEVICES = """
    WITH RECURSIVE name (device) AS (
        SELECT min(device) FROM cache.review_device
        UNION ALL
        SELECT (SELECT min(d.device) FROM cache.review_device d WHERE d.device > name.device) FROM name
        WHERE name.device IS NOT NULL
    )
    SELECT device FROM name WHERE device IS NOT NULL"""
"""Each device once. Goes from name to name through their index: DISTINCT reads what each review says."""
_WRITTEN_ON = (
    "EXISTS (SELECT 1 FROM cache.review_device d "
    "WHERE d.key = r.key AND d.device IN (SELECT value FROM json_each(?)))"
)
NOTHING = "r.key < 0"
"""No review. Beside a constant SQLite finds no use for the index that a statement names, and refuses it."""
MARK_BITS = {Mark.FLAGGED: MarkBit.FLAGGED, Mark.READ: MarkBit.READ}
HAS_BITS = {Has.NOTE: MarkBit.NOTE, Has.DRAFT: MarkBit.DRAFT, Has.TAG: MarkBit.TAG}
HAD = {
    Has.REPLY: "r.response_id IS NOT NULL",
    **{has: f"(r.marks & {bit.value}) <> 0" for has, bit in HAS_BITS.items()},
}
MARKED = {
    **{mark: f"(r.marks & {bit.value}) <> 0" for mark, bit in MARK_BITS.items()},
    Mark.UNREAD: f"(r.marks & {MarkBit.READ.value}) = 0",
    Mark.ANSWERED: "r.response_id IS NOT NULL",
    Mark.UNANSWERED: "r.response_id IS NULL",
    Mark.REMOVED: "r.removed_at IS NOT NULL",
}


class Where(NamedTuple):
    """A condition on one review."""

    sql: str
    values: tuple[Any, ...]
    needs_text: bool = False
    words_decide: bool = False
    """What it asks of anything but words holds for nearly every review."""


class IdSet:
    """Reviews named by id in user.db: `sql` selects `review_id` and gets `values` as JSON."""

    __slots__ = ("negated", "sql", "values")

    def __init__(self, sql: str, values: Sequence[str], *, negated: bool = False) -> None:
        self.sql = sql
        self.values = json.dumps(values)
        self.negated = negated

    @property
    def where(self) -> Where:
        """The same as a condition on one review."""
        return Where(f"r.id {'NOT IN' if self.negated else 'IN'} ({self.sql})", (self.values,))


class Names:
    """Looks up what apps, accounts, tags and people a query means."""

    def __init__(
        self, database: Database, me: str, clock: Clock, answer_clock: AnswerClock | None = None
    ) -> None:
        self.database = self._database = database
        self._me = me.casefold()
        self._clock = clock
        self.answer_clock = answer_clock
        """How long reviews may wait; None where nothing says so."""

    @property
    def moment(self) -> datetime:
        """Now."""
        return self._clock.now()

    def due_at(self, rule: int | None, start: int | None) -> int | None:
        """When a review of a rule whose clock began then is due: SQL's `answer_by`."""
        if rule is None or start is None or self.answer_clock is None:
            return None
        return self.answer_clock.due(rule, start)

    @cached_property
    def rules(self) -> RuleMemory:
        """What the rules of the clock ask of a review."""
        from ascinbox.store.hot.due_sql import RuleMemory

        return RuleMemory(self)

    def apps(self, term: AppTerm) -> tuple[int, ...]:
        """Numbers of the apps that the term means."""
        rows = self._database.execute("SELECT number, name, id, bundle_id FROM cache.app")
        return choose(term.values, [(row[0], row[1:]) for row in rows])

    def apps_of_accounts(self, term: AccountTerm) -> tuple[int, ...]:
        """Numbers of the apps that the accounts which the term means can see."""
        rows = self._database.execute("SELECT id, name FROM user.account")
        accounts = choose(term.values, [(row[0], (row[1],)) for row in rows])
        numbers = self._database.execute(
            "SELECT DISTINCT a.number FROM cache.account_app v JOIN cache.app a ON a.id = v.app_id "
            "WHERE v.account_id IN (SELECT value FROM json_each(?))",
            (json.dumps(accounts),),
        )
        return tuple(row[0] for row in numbers)

    def apps_of_stores(self, term: StoreTerm) -> tuple[int, ...]:
        """Numbers of the apps that accounts of these stores can see."""
        rows = self._database.execute(
            "SELECT DISTINCT a.number FROM cache.account_app v JOIN cache.app a ON a.id = v.app_id "
            "JOIN user.account c ON c.id = v.account_id WHERE c.store IN (SELECT value FROM json_each(?))",
            (json.dumps(term.values),),
        )
        return tuple(row[0] for row in rows)

    def devices(self, term: DeviceTerm) -> tuple[str, ...]:
        """Devices whose name has one of the words in it."""
        return tuple(
            device
            for (device,) in self._database.execute(_DEVICES)
            if any(value in device.casefold() for value in term.values)
        )

    def oldest(self) -> int:
        """When the oldest review was written whose date is known, in seconds since 1970; 0 without any."""
        key = self._database.one("SELECT min(key) FROM cache.review WHERE key >= ?", 1 << TIE_BITS)
        return int(key or 0) >> TIE_BITS

    def hidden_apps(self) -> tuple[int, ...]:
        """Numbers of the apps that every account which sees them hides."""
        if self._database.one("SELECT 1 FROM user.hidden_app LIMIT 1") is None:
            return ()
        rows = self._database.execute(
            "SELECT a.number FROM cache.app a JOIN cache.account_app v ON v.app_id = a.id "
            "LEFT JOIN user.hidden_app h ON h.app_id = v.app_id AND h.account_id = v.account_id "
            "GROUP BY a.number HAVING count(h.app_id) = count(*)"
        )
        return tuple(row[0] for row in rows)

    def tagged(self, term: TagTerm) -> IdSet:
        """Reviews with one of the tags."""
        rows = self._database.execute("SELECT DISTINCT tag FROM user.tag")
        tags = [tag for (tag,) in rows if tag.casefold() in term.values]
        return IdSet("SELECT review_id FROM user.tag WHERE tag IN (SELECT value FROM json_each(?))", tags)

    def translated(self, term: TranslatedTerm) -> IdSet:
        """Reviews of which a translation that was made has one of these words."""
        patterns = [fold(value).rstrip() for value in term.values]
        return IdSet(
            "SELECT n.review_id FROM cache.translation n JOIN json_each(?) w ON instr(n.folded, w.value) > 0 "
            "WHERE n.review_id <> ''",
            patterns,
        )

    def assigned(self, term: AssigneeTerm) -> tuple[IdSet, ...]:
        """Reviews of these people; `none` stands for all that are nobody's."""
        wanted = {self._me if value == "me" else value for value in term.values} - {""}
        rows = self._database.execute("SELECT DISTINCT assignee FROM user.triage WHERE assignee <> ''")
        people = IdSet(
            "SELECT review_id FROM user.triage WHERE assignee IN (SELECT value FROM json_each(?))",
            [name for (name,) in rows if name.casefold() in wanted],
        )
        if "none" not in term.values:
            return (people,)
        anybody = "SELECT review_id FROM user.triage WHERE assignee NOT IN (SELECT value FROM json_each(?))"
        return (people, IdSet(anybody, [""], negated=True))

    def claimed(self, term: ClaimedTerm) -> IdSet:
        """Reviews that one of these people writes a reply to now."""
        wanted = {self._me if value == "me" else value for value in term.values}
        rows = self._database.execute(
            "SELECT review_id, who FROM user.editing WHERE until > ?", (self._clock.now().timestamp(),)
        )
        return _these(
            review_id
            for review_id, who in rows
            if (fold := who.casefold()) in wanted or ("others" in wanted and fold != self._me)
        )

    def anybodys(self) -> IdSet:
        """Reviews that somebody writes a reply to now."""
        return self.claimed(ClaimedTerm(("me", "others")))

    def mine(self) -> IdSet:
        """Reviews assigned to the person at the keyboard."""
        return self.assigned(AssigneeTerm(("me",)))[0]


def _these(ids: Iterable[str]) -> IdSet:
    return IdSet("SELECT value AS review_id FROM json_each(?)", list(ids))


def where_of(query: Query, names: Names) -> Where:
    """The condition that `query` puts on a review."""
    parts: list[Where] = []
    if not query.shows_removed:
        parts.append(Where("r.removed_at IS NULL", ()))
    hidden = names.hidden_apps()
    if hidden:
        parts.append(_in("r.app", hidden, negated=True))
    if not query.terms:
        return _all(parts)
    worded = all(isinstance(term, TextTerm | ByTerm) for term in query.terms)
    return _all((*parts, terms_where(query.terms, names)))._replace(words_decide=worded)


def terms_where(terms: Iterable[Term], names: Names) -> Where:
    """The condition that all of these terms put on a review."""
    parts: list[Where] = []
    # Words last: they are what costs time.
    for term in sorted(terms, key=lambda term: isinstance(term, TextTerm | ByTerm)):
        part = _term(term, names)
        parts.append(_negated(part) if term.negated else part)
    return _all(parts)


def words_of(terms: Iterable[TextTerm | ByTerm]) -> Where:
    """The condition that these terms put on a review's words; only `t` is named in it."""
    parts = [_negated(_worded(term)) if term.negated else _worded(term) for term in terms]
    return _all(parts)._replace(needs_text=True)


def time_range(term: TimeTerm) -> tuple[int, int]:
    """`low <= key < high` for the term; reviews of unknown date are below every `low`."""
    low = max(1, _whole(term.after)) if term.after is not None else 1
    high = _whole(term.before) if term.before is not None else _FAR_FUTURE
    return low << TIE_BITS, max(high, low) << TIE_BITS


def _whole(moment: datetime) -> int:
    # Reviews are dated to the second: `created < x` is `created < ceil(x)`.
    return math.ceil(moment.timestamp())


def _term(term: Term, names: Names) -> Where:
    match term:
        case AppTerm():
            return _in("r.app", names.apps(term))
        case AccountTerm():
            return _in("r.app", names.apps_of_accounts(term))
        case RatingTerm():
            return _in("coalesce(r.rating, 0)", term.ratings)
        case TerritoryTerm():
            return _in("coalesce(r.territory, '')", term.values)
        case LanguageTerm():
            return _in(LANGUAGE, term.languages)
        case StoreTerm():
            return _in("r.app", names.apps_of_stores(term))
        case DeviceTerm():
            devices = names.devices(term)
            return Where(_WRITTEN_ON, (json.dumps(devices),)) if devices else Where(NOTHING, ())
        case VersionTerm():
            return _in("coalesce(r.app_version, '')", term.values)
        case TimeTerm():
            return Where("(r.key >= ? AND r.key < ?)", time_range(term))
        case IsTerm():
            return _is(term, names)
        case HasTerm():
            return Where(_any(HAD[value] for value in term.things), ())
        case TagTerm():
            return names.tagged(term).where
        case TranslatedTerm():
            return names.translated(term).where
        case AssigneeTerm():
            return _any_of(ids.where for ids in names.assigned(term))
        case ClaimedTerm():
            return names.claimed(term).where
        case DueTerm():
            return _due(term, names)
        case ByTerm() | TextTerm():
            return _worded(term)
        case _:
            raise TypeError(f"no SQL for {type(term).__name__}")


def _worded(term: TextTerm | ByTerm) -> Where:
    if isinstance(term, ByTerm):
        column = "t.nickname"
        patterns = tuple(fold(value).rstrip() for value in term.values)
    else:
        column = "t.folded"
        patterns = tuple(words.pattern for words in term.options)
    return Where(_any(f"instr({column}, ?) > 0" for _ in patterns), patterns, needs_text=True)


def _negated(part: Where) -> Where:
    return Where(f"NOT ({part.sql})", part.values, part.needs_text)


def _is(term: IsTerm, names: Names) -> Where:
    parts = [_in("r.state", sorted(term.states))] if term.states else []
    parts.extend(_marked(mark, names) for mark in term.marks)
    return _any_of(parts)


def _marked(mark: Mark, names: Names) -> Where:
    match mark:
        case Mark.MINE:
            return names.mine().where
        case Mark.CLAIMED:
            return names.anybodys().where
        case Mark.OVERDUE:
            return _due(OVERDUE, names)
        case _:
            return Where(MARKED[mark], ())


def _due(term: DueTerm, names: Names) -> Where:
    from ascinbox.store.hot.due_sql import due_where

    return due_where(term, names) or Where(NOTHING, ())


def _in(column: str, values: Sequence[Any], *, negated: bool = False) -> Where:
    if not values:
        return Where("1" if negated else NOTHING, ())
    marks = ", ".join("?" for _ in values)
    return Where(
        f"{column} {'NOT IN' if negated else 'IN'} ({marks})",
        tuple(map(str, values) if isinstance(values[0], str) else values),
    )


def _all(parts: Sequence[Where]) -> Where:
    return Where(
        " AND ".join(part.sql for part in parts) or "1",
        tuple(value for part in parts for value in part.values),
        any(part.needs_text for part in parts),
    )


def _any(parts: Iterable[str]) -> str:
    return "(" + (" OR ".join(parts) or "0") + ")"


def _any_of(parts: Iterable[Where]) -> Where:
    parts = tuple(parts)
    return Where(_any(part.sql for part in parts), tuple(value for part in parts for value in part.values))
