"""A table beside the same table of the span before: only days that are known on both sides are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ascinbox.core.metrics.figures import By, Figure, Source, figures_of
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.table import AppKey, Known, KnownFigures, MetricsRow, MetricsTable, RowKey, Value

MEANS = frozenset({"average", "stars_after_reply"})
"""Figures whose change is a difference, as that of a share is: a rating has no percentage."""

OF_PURCHASES = frozenset({"iap_units", "proceeds"})
"""What an app may have sold more of while purchases are in the row of no app."""


@dataclass(frozen=True, slots=True)
class Step:
    """A day, or a fiscal period, and the one that stands for it in the span before."""

    now: Period
    before: Period


def steps_of(now: Iterable[Period], before: Iterable[Period]) -> tuple[Step, ...]:
    """The parts of two spans by their places in them."""
    return tuple(Step(one, other) for one, other in zip(now, before, strict=False))


def common(now: Known, before: Known, steps: Iterable[Step]) -> tuple[Known, Known]:
    """What each report tells of both spans: the days of this span, and those of the one before."""
    pairs = [(step.now.start, step.before.start) for step in steps]
    ours: dict[str, KnownFigures] = {}
    theirs: dict[str, KnownFigures] = {}
    for name, told in now.items():
        earlier = before[name].days if name in before else frozenset()
        both = [(day, then) for day, then in pairs if day in told.days and then in earlier]
        ours[name] = replace(told, days=frozenset(day for day, _ in both))
        theirs[name] = replace(told, days=frozenset(then for _, then in both))
    return ours, theirs


@dataclass(frozen=True, slots=True)
class Sides:
    """A table, and what of it can be compared with the span before."""

    now: MetricsTable
    """Everything that is known of the period."""
    compared: MetricsTable
    """The same rows, of the days alone that are known on both sides."""
    before: MetricsTable
    """The span before, of those days. A row of a day is under the day that it is compared with."""
    known: Known
    """The first days of the steps that are compared, by report."""
    steps: tuple[Step, ...]

    @property
    def days(self) -> int:
        """Days of the period."""
        return sum(step.now.days for step in self.steps)

    def counts(self, key: RowKey | None = None, figure: str = "") -> list[tuple[int, int]]:
        """(days of this span, days of the span before) that are compared, each pair once, the fewest first.

        More than one where several vendors or reports are complete to different days. `key` is a row, None
        the whole table; `figure` only what its report tells.
        """
        found = set()
        for told in self.known.values():
            if isinstance(key, AppKey) and key.id not in told.apps:
                continue
            if figure and told.figures and figure not in told.figures:
                continue
            chosen = [
                step
                for step in self.steps
                if step.now.start in told.days and (not isinstance(key, date) or step.now.start == key)
            ]
            if chosen:
                found.add((sum(step.now.days for step in chosen), sum(step.before.days for step in chosen)))
        return sorted(found)

    def compared_days(self, key: RowKey | None = None, figure: str = "") -> int:
        """Days that are compared; the fewest where it differs, 0 where there is nothing to compare."""
        counts = self.counts(key, figure)
        return counts[0][0] if counts else 0

    def words(self) -> str:
        """`6 of 7 days`, `35 days with 28, a day`; empty where every day is compared with one before."""
        counts = self.counts()
        if not counts:
            return "nothing to compare"
        if any(now != before for now, before in counts):
            if len(counts) > 1:
                return "spans of different length"
            ((now, before),) = counts
            return f"{now} days with {before}, a day"
        fewest, most = counts[0][0], counts[-1][0]
        if fewest == self.days:
            return ""
        return f"{fewest if fewest == most else f'{fewest} to {most}'} of {self.days} days"

    def before_row(self, key: RowKey) -> MetricsRow | None:
        """The row of the span before; None where nothing of it is known on both sides."""
        if not self.compared_days(key):
            return None
        found = next((row for row in self.before.rows if row.key == key), None)
        if found is not None:
            return found
        told = {name for row in self.before.rows for name, value in row.figures.items() if value is not None}
        if self._may_have_sold(key):
            told -= OF_PURCHASES
        figures = figures_of(self.before.source)
        return MetricsRow(key, {f.name: _nothing(f) if f.name in told else None for f in figures})

    def _may_have_sold(self, key: RowKey) -> bool:
        """Whether purchases of the span before, of the same vendor, belong to no known app."""
        unassigned = any(isinstance(row.key, AppKey) and not row.key.id for row in self.before.rows)
        if not unassigned or not isinstance(key, AppKey):
            return False
        return any({"", key.id} <= told.apps for told in self.known.values())

    def change(
        self, key: RowKey | None, figure: Figure, now: MetricsRow | None, before: MetricsRow | None
    ) -> Decimal | None:
        """How a figure moved: a fraction, a difference for shares and mean ratings; None if untold.

        Spans of different length are compared a day. `now` and `before` are rows of the two compared tables.
        """
        counts = self.counts(key, figure.name)
        one, other = _one_number(now, figure, before), _one_number(before, figure, now)
        if one is None or other is None or not counts:
            return None
        if is_difference(figure):
            return one - other
        lengths = set(counts) if any(a != b for a, b in counts) else {(1, 1)}
        if len(lengths) > 1 or not other:
            return None
        ((ours, theirs),) = lengths
        if figure.name in STATES:
            ours = theirs = 1
        return (one / ours - other / theirs) / abs(other / theirs)


STATES = frozenset({"active", "trials", "billing_retry", "grace"})
"""The state of a day: days of it are not added up."""


def is_difference(figure: Figure) -> bool:
    """Whether the change of a figure is told as a difference and not as a fraction."""
    return figure.share or figure.name in MEANS


def _one_number(row: MetricsRow | None, figure: Figure, other: MetricsRow | None) -> Decimal | None:
    """A figure that can be compared: money only if converted, or of the same one currency on both sides."""
    value = row.figures.get(figure.name) if row is not None else None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if row is None or other is None or not figure.money or not isinstance(value, Mapping):
        return None
    if row.converted is not None and other.converted is not None:
        return row.converted
    opposite = other.figures.get(figure.name)
    if isinstance(opposite, Mapping) and len(value) == 1 and value.keys() == opposite.keys():
        return Decimal(str(next(iter(value.values()))))
    return None


def _nothing(figure: Figure) -> Value:
    """What a row has that nothing happened in: a mean or a share of nothing is unknown."""
    if figure.money:
        return {}
    if figure.name == "stars":
        return {str(star): 0 for star in range(1, 6)}
    if is_difference(figure) or figure.name == "median_reply_hours":
        return None
    return 0


def with_rows_of_now(table: MetricsTable, steps: Iterable[Step]) -> MetricsTable:
    """A table of single days with each row under the day that it is compared with."""
    if table.by is not By.DAY:
        return table
    keys: dict[RowKey, date] = {step.before.start: step.now.start for step in steps}
    rows = tuple(replace(row, key=keys[row.key]) for row in table.rows if row.key in keys)
    return replace(table, rows=rows)


def days_are_whole(source: Source) -> bool:
    """Whether what is shown of a source is exactly what is known: its last days do not still grow."""
    return source not in (Source.ANALYTICS, Source.REVIEWS)
