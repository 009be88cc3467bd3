"""A query as SQL: the WHERE clause over one review, with bound values only.

Names used in it: `r` is `cache.review`, `t` is `cache.review_text` (joined only if `Where.needs_text`).
The search index answers the same terms from bit sets; a test holds the two against each other.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ascinbox.core.filters import (
    AccountTerm,
    AppTerm,
    AssigneeTerm,
    ByTerm,
    Has,
    HasTerm,
    IsTerm,
    LanguageTerm,
    Mark,
    Query,
    RatingTerm,
    SortKey,
    TagTerm,
    Term,
    TerritoryTerm,
    TextTerm,
    TimeTerm,
    choose,
)
from ascinbox.core.filters.tree import Sort
from ascinbox.core.text import fold
from ascinbox.store.database import Database
from ascinbox.store.letters import MarkBit
from ascinbox.store.pages import TIE_BITS

NEVER = 1 << 62
"""Sort value of rows that have none: they come last."""

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

_ASSIGNED = "SELECT review_id FROM user.triage WHERE assignee"


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on one review."""

    sql: str
    values: tuple[Any, ...]
    needs_text: bool = False


class Names:
    """Looks up what apps, accounts, tags and people a query means."""

    def __init__(self, database: Database, me: str) -> None:
        self._database = database
        self.me = me.casefold()

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

    def tags(self, term: TagTerm) -> list[str]:
        """The tags in use that the term means."""
        rows = self._database.execute("SELECT DISTINCT tag FROM user.tag")
        return [tag for (tag,) in rows if tag.casefold() in term.values]

    def assignees(self, term: AssigneeTerm) -> tuple[list[str], bool]:
        """The names in use that the term means, and whether it means "nobody" too."""
        wanted = {self.me if value == "me" else value for value in term.values} - {""}
        rows = self._database.execute("SELECT DISTINCT assignee FROM user.triage WHERE assignee <> ''")
        return [name for (name,) in rows if name.casefold() in wanted], "none" in term.values

    def mine(self) -> list[str]:
        """The ways in which the person at the keyboard is written in assignments."""
        return self.assignees(AssigneeTerm(("me",)))[0]


def where_of(query: Query, names: Names) -> Where:
    """The condition that `query` puts on a review."""
    parts: list[Where] = []
    if not query.shows_removed:
        parts.append(Where("r.removed_at IS NULL", ()))
    hidden = names.hidden_apps()
    if hidden:
        parts.append(_in("r.app", hidden, negated=True))
    # Words last: they are what costs time.
    for term in sorted(query.terms, key=lambda term: isinstance(term, TextTerm | ByTerm)):
        part = _term(term, names)
        parts.append(Where(f"NOT ({part.sql})", part.values, part.needs_text) if term.negated else part)
    return Where(
        " AND ".join(part.sql for part in parts) or "1",
        tuple(value for part in parts for value in part.values),
        any(part.needs_text for part in parts),
    )


def time_range(term: TimeTerm) -> tuple[int, int]:
    """`low <= key < high` for the term; reviews of unknown date are below every `low`."""
    low = max(1, _whole(term.after)) if term.after is not None else 1
    high = _whole(term.before) if term.before is not None else NEVER >> TIE_BITS
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
            return _in("coalesce(r.lang, guess_language(r.title, r.body))", term.values)
        case TimeTerm():
            return Where("(r.key >= ? AND r.key < ?)", time_range(term))
        case IsTerm():
            return _is(term, names)
        case HasTerm():
            return Where(_any(HAD[value] for value in term.things), ())
        case TagTerm():
            return Where(
                "r.id IN (SELECT review_id FROM user.tag WHERE tag IN (SELECT value FROM json_each(?)))",
                (json.dumps(names.tags(term)),),
            )
        case AssigneeTerm():
            people, nobody = names.assignees(term)
            parts = [f"r.id IN ({_ASSIGNED} IN (SELECT value FROM json_each(?)))"]
            if nobody:
                parts.append(f"r.id NOT IN ({_ASSIGNED} <> '')")
            return Where(_any(parts), (json.dumps(people),))
        case ByTerm():
            return Where(
                _any("instr(t.nickname, ?) > 0" for _ in term.values),
                tuple(fold(value).rstrip() for value in term.values),
                needs_text=True,
            )
        case TextTerm():
            return Where(
                _any("instr(t.folded, ?) > 0" for _ in term.options),
                tuple(words.pattern for words in term.options),
                needs_text=True,
            )
        case _:
            raise TypeError(f"no SQL for {type(term).__name__}")


def _is(term: IsTerm, names: Names) -> Where:
    parts: list[str] = []
    values: tuple[Any, ...] = ()
    if term.states:
        states = _in("r.state", sorted(term.states))
        parts.append(states.sql)
        values += states.values
    for mark in term.marks:
        if mark is Mark.MINE:
            parts.append(f"r.id IN ({_ASSIGNED} IN (SELECT value FROM json_each(?)))")
            values += (json.dumps(names.mine()),)
        else:
            parts.append(MARKED[mark])
    return Where(_any(parts), values)


def _in(column: str, values: Sequence[Any], *, negated: bool = False) -> Where:
    if not values:
        return Where("1" if negated else "0", ())
    marks = ", ".join("?" for _ in values)
    return Where(
        f"{column} {'NOT IN' if negated else 'IN'} ({marks})",
        tuple(map(str, values) if isinstance(values[0], str) else values),
    )


def _any(parts: Iterable[str]) -> str:
    return "(" + (" OR ".join(parts) or "0") + ")"


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list as one number and the key: rows go by `value` upwards, then by key."""

    value: str
    """SQL over `r`; "0" for the orders by date."""
    newest_first: bool = True

    @property
    def by_date(self) -> bool:
        return self.value == "0"


def order_of(sort: Sort) -> Order:
    """The order that `sort` asks for. Rows without a rating or a change are last, also when reversed."""
    sign = "-" if sort.reverse else ""
    match sort.key:
        case SortKey.NEWEST | SortKey.OLDEST:
            return Order("0", (sort.key is SortKey.NEWEST) is not sort.reverse)
        case SortKey.RATING:
            return Order(f"coalesce({sign}r.rating, {NEVER})")
        case SortKey.CHANGED:
            return Order(f"coalesce({'' if sort.reverse else '-'}r.changed_at, {NEVER})")
        case SortKey.LONGEST:
            return Order("r.length" if sort.reverse else "-r.length")
