"""Times to answer by as SQL: what filters, orders and lists ask of the answer-by clock.

Nothing of it is stored. "Due by then" is, for each rule of `[sla]`, "begun by a moment that is worked out
once", so a filter compares a review's own columns with numbers. A row tells its rule and start as one
number, which is read as a due time here and remembered; only for an order SQLite asks `answer_by`, a function
of ours.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from ascinbox.core.clock import from_epoch
from ascinbox.core.filters import DueTerm, IsTerm, Mark, Query, RatingTerm, TextTerm, TimeTerm
from ascinbox.core.filters.tree import ByTerm, HasTerm, LanguageTerm, TerritoryTerm, VersionTerm
from ascinbox.core.reviews.answer_clock import RUNNING
from ascinbox.store.hot.filter_sql import Names, Where, terms_where

if TYPE_CHECKING:
    from ascinbox.core.reviews.answer_clock import AnswerClock

_STATES = ", ".join(f"'{state}'" for state in sorted(RUNNING))
RUNS = f"(r.state IN ({_STATES}) AND (r.response_id IS NULL OR coalesce(r.response_at < r.changed_at, 0)))"
"""Whether the clock of a review runs, as far as it fits a rule."""
_WORDED = "EXISTS (SELECT 1 FROM cache.review_text t WHERE t.key = r.key AND {sql})"
_DUE = "answer_by({rule}, coalesce(r.changed_at, r.created))"
_PLACE = "coalesce(r.changed_at, r.created) * {rules} + {rule}"
_CASE = "CASE {branches} END"
_BRANCH = "WHEN {sql} THEN {then}"
_IF_RUNS = "CASE WHEN {runs} THEN {then} END"
_BETWEEN = "coalesce(r.changed_at, r.created) > ? AND coalesce(r.changed_at, r.created) <= ?"
_HOLDS = "({runs} AND coalesce(({case}), 0))"


class Starts(NamedTuple):
    """The reviews of a rule that are asked for: begun after `low` and not after `high`."""

    low: int
    high: int


def starts_of(clock: AnswerClock, now: int, term: DueTerm) -> tuple[Starts, ...]:
    """What a term means for each rule. `now` is the clock's minute."""
    found = []
    for rule in range(len(clock.rules)):
        low = -1 if term.more_than is None else clock.starts_until(rule, now + term.more_than)
        high = _EVER if term.at_most is None else clock.starts_until(rule, now + term.at_most)
        found.append(Starts(max(-1, low), high))
    return tuple(found)


_EVER = 1 << 40


_ALONE = (RatingTerm, TerritoryTerm, LanguageTerm, VersionTerm, TimeTerm, HasTerm, ByTerm, TextTerm)
"""Terms that mean the same whatever is in the store."""
KEPT_DUE = 4_096
"""Due times that are remembered: lists read their rows again and again."""


class DueColumn:
    """When reviews are due, as a select list has it; and how what it gives is read."""

    __slots__ = ("_clock", "_known", "_rules", "sql", "values")

    def __init__(self, clock: AnswerClock, case: Where) -> None:
        self._clock = clock
        self._rules = len(clock.rules)
        self._known: dict[int | None, datetime | None] = {None: None}
        then = _PLACE.format(rules=self._rules, rule=f"({case.sql})")
        self.sql = _IF_RUNS.format(runs=RUNS, then=then)
        self.values = case.values

    def read(self, place: int | None) -> datetime | None:
        """The time that a row's number means; None for NULL: no clock runs."""
        try:
            return self._known[place]
        except KeyError:
            return self._read(place)

    def _read(self, place: int | None) -> datetime | None:
        if place is None:
            return None
        if len(self._known) > KEPT_DUE:
            self._known = {None: None}
        start, rule = divmod(place, self._rules)
        due = self._clock.due(rule, start)
        found = self._known[place] = None if due is None else from_epoch(due)
        return found


class RuleMemory:
    """What the rules ask of a review, worked out once a minute and again when what they name has changed."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._queries: tuple[Query, ...] = ()
        self._alone = True
        self._of: Hashable = None
        self._conditions: list[Where] = []
        self._column: DueColumn | None = None

    def conditions(self, now: datetime | None = None) -> list[Where]:
        """A condition for each rule, in order."""
        clock = self._names.answer_clock
        if clock is None:
            return []
        queries = clock.queries(now or self._names.moment)
        same = queries is self._queries
        if same and self._alone:
            return self._conditions
        if not same:
            self._queries = queries
            self._alone = all(map(_stands_alone, queries))
        database = self._names.database
        of = None if self._alone else (database.connection.total_changes, database.versions())
        if not same or of != self._of:
            self._conditions = [_rule(query, self._names) for query in queries]
            self._of = of
            self._column = None
        return self._conditions

    def column(self, now: datetime) -> DueColumn | None:
        """The due times of rows; None where no clock is in use."""
        clock = self._names.answer_clock
        if clock is None:
            return None
        rules = self.conditions(now)
        column = self._column
        if column is None:
            column = self._column = DueColumn(clock, _numbered(rules))
        return column


def _stands_alone(query: Query) -> bool:
    return all(isinstance(term, _ALONE) or _is_of_states(term) for term in query.terms)


def _is_of_states(term: object) -> bool:
    return isinstance(term, IsTerm) and not {Mark.MINE, Mark.CLAIMED} & set(term.marks)


def rule_conditions(names: Names) -> list[Where]:
    """What each rule asks of a review, in order; the first that holds counts."""
    return names.rules.conditions()


def _rule(query: Query, names: Names) -> Where:
    where = terms_where(query.terms, names)
    if not where.needs_text:
        return where
    return Where(_WORDED.format(sql=where.sql), where.values)


def due_where(term: DueTerm, names: Names) -> Where | None:
    """The condition of `due:` on one review; None where no clock is in use."""
    clock = names.answer_clock
    if clock is None:
        return None
    starts = starts_of(clock, clock.now(names.moment), term)
    rules = rule_conditions(names)
    case = _cases(rules, (_BETWEEN for _ in rules))
    values = [v for rule, start in zip(rules, starts, strict=True) for v in (*rule.values, *start)]
    return Where(_HOLDS.format(runs=RUNS, case=case), tuple(values))


def due_value(names: Names) -> Where | None:
    """When a review is due, in seconds since 1970, as SQL over `r`; NULL where its clock does not run. None
    where no clock is in use."""
    if names.answer_clock is None:
        return None
    names.database.offer_function("answer_by", 2, names.due_at)
    case = rule_number(names)
    return Where(_IF_RUNS.format(runs=RUNS, then=_DUE.format(rule=case.sql)), case.values)


def rule_number(names: Names) -> Where:
    """The number of the rule that a review fits, from 0, whether or not its clock runs; NULL for none."""
    return _numbered(rule_conditions(names))


def _numbered(rules: Sequence[Where]) -> Where:
    return Where(_cases(rules, map(str, range(len(rules)))), tuple(v for each in rules for v in each.values))


def _cases(rules: Sequence[Where], thens: Iterable[str]) -> str:
    branches = (_BRANCH.format(sql=r.sql, then=then) for r, then in zip(rules, thens, strict=True))
    return _CASE.format(branches=" ".join(branches))
