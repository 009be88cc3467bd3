"""A source's table with what of it can be compared with the span before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from ascinbox.core.metrics.comparison import (
    Sides,
    Step,
    common,
    days_are_whole,
    steps_of,
    with_rows_of_now,
)
from ascinbox.core.metrics.figures import Source
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.table import Known, MetricsTable, Selection
from ascinbox.workers.metrics.tables.analytics import analytics_known, analytics_table
from ascinbox.workers.metrics.tables.finance import finance_known, finance_steps, finance_table
from ascinbox.workers.metrics.tables.ratings import ratings_known, ratings_table
from ascinbox.workers.metrics.tables.replies import replies_known, replies_table
from ascinbox.workers.metrics.tables.reviews import reviews_known, reviews_table
from ascinbox.workers.metrics.tables.sales import sales_known, sales_table
from ascinbox.workers.metrics.tables.subscriptions import subscriptions_known, subscriptions_table

if TYPE_CHECKING:
    from ascinbox.store.store import Store


def _daily(period: Period) -> tuple[Step, ...]:
    return steps_of((Period(day, day) for day in period), (Period(day, day) for day in period.previous()))


@dataclass(frozen=True, slots=True)
class SourceTables:
    """How a source's table is built, which days it knows, and what it is compared with."""

    build: Callable[[Store, Selection, date], MetricsTable]
    known: Callable[[Store, Selection], Known]
    steps: Callable[[Period], tuple[Step, ...]] = _daily


SOURCES: Mapping[Source, SourceTables] = {
    Source.SALES: SourceTables(sales_table, sales_known),
    Source.SUBSCRIPTIONS: SourceTables(subscriptions_table, subscriptions_known),
    Source.FINANCE: SourceTables(finance_table, finance_known, finance_steps),
    Source.ANALYTICS: SourceTables(analytics_table, analytics_known),
    Source.REVIEWS: SourceTables(reviews_table, reviews_known),
    Source.RATINGS: SourceTables(ratings_table, ratings_known),
    Source.REPLIES: SourceTables(replies_table, replies_known),
}


def build_table(store: Store, selection: Selection, due: date) -> MetricsTable:
    """The table of a selection. `due` is the day from which nothing is published yet."""
    return SOURCES[selection.source].build(store, selection, due)


def build_sides(store: Store, selection: Selection, due: date) -> Sides:
    """The table, and both sides of the comparison with the equal span before."""
    tables = SOURCES[selection.source]
    steps = tables.steps(selection.period)
    earlier = replace(selection, period=Period(steps[0].before.start, steps[-1].before.end))
    told = (tables.known(store, selection), tables.known(store, earlier))
    both = common(*told, steps)
    asked = told
    while both != asked:
        # A longer file may only be used whole: where fewer days are wanted it may tell none of them.
        asked = both
        ours, theirs = asked
        both = common(
            tables.known(store, replace(selection, only=ours)),
            tables.known(store, replace(earlier, only=theirs)),
            steps,
        )
    ours, theirs = both
    now = tables.build(store, selection, due)
    alike = days_are_whole(selection.source) and ours == told[0]
    compared = now if alike else tables.build(store, replace(selection, only=ours), due)
    before = tables.build(store, replace(earlier, only=theirs), due)
    return Sides(now, compared, with_rows_of_now(before, steps), ours, steps)
