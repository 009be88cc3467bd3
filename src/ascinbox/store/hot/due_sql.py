"""Times to answer by as SQL: what filters, orders and lists ask of the answer-by clock.

Nothing of it is stored. "Due by then" is, for each rule of `[sla]`, "begun by a moment that is worked out
once", so a filter compares a review's own columns with numbers. Only where a due time itself is wanted, for a
row or an order, SQLite asks `answer_by`, a function of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ascinbox.core.filters import DueTerm, Query
from ascinbox.core.reviews.answer_clock import RUNNING
from ascinbox.store.hot.filter_sql import Names, Where, terms_where

if TYPE_CHECKING:
    from ascinbox.core.reviews.answer_clock import AnswerClock

_STATES = ", ".join(f"'{state}'" for state in sorted(RUNNING))
RUNS = f"(r.state IN ({_STATES}) AND (r.response_id IS NULL OR coalesce(r.response_at < r.changed_at, 0)))"
"""Whether the clock of a review runs, as far as it fits a rule."""
_WORDED = "EXISTS (SELECT 1 FROM cache.review_text t WHERE t.key = r.key AND {sql})"
_DUE = "answer_by({rule}, coalesce(r.changed_at, r.created))"
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


def rule_conditions(names: Names) -> list[Where]:
    """What each rule asks of a review, in order; the first that holds counts."""
    clock = names.answer_clock
    if clock is None:
        return []
    return [_rule(query, names) for query in clock.queries(names.moment)]


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
    return Where(_DUE.format(rule=_IF_RUNS.format(runs=RUNS, then=case.sql)), case.values)


def rule_number(names: Names) -> Where:
    """The number of the rule that a review fits, from 0, whether or not its clock runs; NULL for none."""
    rules = rule_conditions(names)
    return Where(_cases(rules, map(str, range(len(rules)))), tuple(v for each in rules for v in each.values))


def _cases(rules: Sequence[Where], thens: Iterable[str]) -> str:
    branches = (_BRANCH.format(sql=r.sql, then=then) for r, then in zip(rules, thens, strict=True))
    return _CASE.format(branches=" ".join(branches))
