"""Finance: Apple's fiscal periods, settled."""

from __future__ import annotations

from collections.abc import Set
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.metrics.comparison import Step, steps_of
from ascinbox.core.metrics.figures import Source
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.report_files import ReportSpan
from ascinbox.core.metrics.reports import Dataset
from ascinbox.core.metrics.table import Known, KnownFigures, MetricsTable, Selection
from ascinbox.workers.metrics.rows import FinanceCells, RowCollector
from ascinbox.workers.metrics.tables.common import GROUPS, hidden_apps, sellers_of, shows, sold_apps

if TYPE_CHECKING:
    from ascinbox.store.store import Store

FINANCE_DELAY = timedelta(days=45)
"""A closed fiscal period may take so long to be published."""


def finance_table(store: Store, selection: Selection, due: date) -> MetricsTable:
    """Fiscal periods that touch the span, whole: the period of the table says which days that are."""
    sellers = sellers_of(store, selection.account, selection.app_id)
    fiscal = _fiscal_periods(selection.period)
    scopes = [seller.scope for seller in sellers]
    products = store.figures.products(scopes)
    span = Period(fiscal[0].start, fiscal[-1].end)
    known = {name: told.days for name, told in finance_known(store, selection).items()}
    rows = RowCollector(selection.by, FinanceCells, sellers, products)
    hidden = hidden_apps(store)
    for scope in scopes:
        wanted = [str(p) for p in fiscal if p.start in known[scope]]
        for each in store.figures.finance([scope], wanted, GROUPS[selection.by]):
            if shows(products.get(each.product), selection.app_id, hidden):
                rows.cells(each).add(products[each.product].kind, each)
    told = [days for days in known.values() if days]
    everywhere = frozenset.intersection(*told) if told else frozenset[date]()
    missing = [str(p) for p in fiscal if p.start not in everywhere and p.end + FINANCE_DELAY < due]
    notes = ["Fiscal periods are Apple's own: " + ", ".join(f"{p} = {p.start} to {p.end}" for p in fiscal)]
    if missing:
        notes.append("Not published or not fetched: " + ", ".join(missing))
    notes += [
        f"{seller.account} has no figures for these periods." for seller in sellers if not known[seller.scope]
    ]
    return MetricsTable(
        Source.FINANCE,
        selection.by,
        span,
        _complete_to(fiscal, everywhere),
        rows.finish(
            selection,
            sellers,
            {scope for scope in scopes if known[scope]},
            set().union(*known.values()) if known else set(),
            Source.FINANCE,
            [p.start for p in fiscal],
        ),
        tuple(notes),
        bool(missing),
    )


def finance_known(store: Store, selection: Selection) -> Known:
    """The first days of the fiscal periods that each vendor's files tell."""
    fiscal = _fiscal_periods(selection.period)
    known: dict[str, KnownFigures] = {}
    for seller in sellers_of(store, selection.account, selection.app_id):
        days = store.report_files.known_days(
            seller.scope, Dataset.FINANCE, ReportSpan.FISCAL, fiscal[0].start, fiscal[-1].end
        )
        wanted = selection.days_of(seller.scope)
        known[seller.scope] = KnownFigures(
            frozenset(days if wanted is None else days & wanted), sold_apps(store, seller)
        )
    return known


def finance_steps(period: Period) -> tuple[Step, ...]:
    """The fiscal periods that touch the span, each with the one as many periods before."""
    fiscal = _fiscal_periods(period)
    earlier = [fiscal[0].previous()]
    while len(earlier) < len(fiscal):
        earlier.append(earlier[-1].previous())
    return steps_of(
        (Period(p.start, p.end) for p in fiscal), (Period(p.start, p.end) for p in reversed(earlier))
    )


def _complete_to(fiscal: list[FiscalPeriod], everywhere: Set[date]) -> date | None:
    """The end of the last period before the first gap."""
    complete: date | None = None
    for period in fiscal:
        if period.start in everywhere:
            complete = period.end
        elif complete is not None:
            break
    return complete


def _fiscal_periods(period: Period) -> list[FiscalPeriod]:
    found = [FiscalPeriod.of(period.end)]
    while found[-1].start > period.start:
        found.append(found[-1].previous())
    return found[::-1]
