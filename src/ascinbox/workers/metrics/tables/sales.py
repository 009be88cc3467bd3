"""Sales: Pacific days; units net of returns; proceeds as Apple estimates them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.products import ProductKind
from ascinbox.core.metrics.report_coverage import Cover, Grain, LongFile, Piece, cover, runs, span_of
from ascinbox.core.metrics.report_files import FileStatus, ReportFile, ReportSpan
from ascinbox.core.metrics.reports import Dataset
from ascinbox.core.metrics.table import Known, KnownFigures, MetricsTable, Selection
from ascinbox.core.metrics.vocabulary import other_note
from ascinbox.store.amounts import MILLION
from ascinbox.store.hot.figures import Product
from ascinbox.workers.metrics.rows import RowCollector, SalesCells, Seller
from ascinbox.workers.metrics.tables.common import (
    GROUPS,
    before,
    complete_to,
    gaps,
    has_gap,
    hidden_apps,
    last_complete,
    sellers_of,
    shows,
    sold_apps,
)

if TYPE_CHECKING:
    from ascinbox.store.store import Store

LONGER = (Grain.WEEK, Grain.MONTH, Grain.YEAR)


def sales_table(store: Store, selection: Selection, due: date) -> MetricsTable:
    """The rows; days that are only left in longer files are in every row but those of single days."""
    sellers = sellers_of(store, selection.account, selection.app_id)
    period = selection.period
    products = store.figures.products([seller.scope for seller in sellers])
    hidden = hidden_apps(store)
    covers = _covers(store, selection, sellers)
    group = GROUPS[selection.by]
    rows = RowCollector(selection.by, SalesCells, sellers, products)
    for scope, covered in covers.items():
        own = {number: product for number, product in products.items() if product.scope == scope}
        wanted = [n for n, product in own.items() if shows(product, selection.app_id, hidden)]
        if selection.by is By.COUNTRY and selection.app_id is None:
            unwanted = sorted(own.keys() - set(wanted))
            for kind, place in store.figures.places(scope, covered.pieces, unwanted):
                rows.cells_of(place.group or "").add(kind, place)
            continue
        only = wanted if selection.app_id is not None else None
        for each in store.figures.sales(scope, covered.pieces, group, only):
            if shows(products.get(each.product), selection.app_id, hidden):
                rows.cells(each).add(products[each.product].kind, each)
    told = {scope: _told(selection, scope, covered) for scope, covered in covers.items()}
    days: set[date] = set().union(*told.values()) if told else set()
    return MetricsTable(
        Source.SALES,
        selection.by,
        period,
        complete_to(told.values()),
        rows.finish(selection, sellers, {scope for scope in told if told[scope]}, days, Source.SALES),
        (*_notes(store, sellers, covers, period, due), *_others(store, covers, products)),
        has_gap(told.values(), period, before(due)),
        _grains(covers.values()),
    )


def _others(store: Store, covers: Mapping[str, Cover], products: Mapping[int, Product]) -> tuple[str, ...]:
    """Units of product types that are none of the known ones."""
    counts: Counter[str] = Counter()
    for scope, covered in covers.items():
        numbers = [
            n for n, each in products.items() if each.scope == scope and each.kind is ProductKind.OTHER
        ]
        for each in store.figures.sales(scope, covered.pieces, None, numbers) if numbers else ():
            counts[f"type {products[each.product].type}"] += each.units
    units = {word: count // MILLION for word, count in counts.items()}
    return other_note(units, ", in no column but Proceeds")


def sales_known(store: Store, selection: Selection) -> Known:
    """The days that each vendor's files tell."""
    sellers = sellers_of(store, selection.account, selection.app_id)
    covers = _covers(store, selection, sellers)
    return {
        seller.scope: KnownFigures(
            frozenset(_told(selection, seller.scope, covers[seller.scope])),
            sold_apps(store, seller),
        )
        for seller in sellers
    }


def _told(selection: Selection, scope: str, covered: Cover) -> set[date]:
    wanted = selection.days_of(scope)
    return set(selection.period if wanted is None else wanted) - covered.missing


def _covers(store: Store, selection: Selection, sellers: Iterable[Seller]) -> dict[str, Cover]:
    """Which files of each vendor tell the period, or the days of it that are wanted."""
    covers: dict[str, Cover] = {}
    for seller in sellers:
        wanted = selection.days_of(seller.scope)
        parts = [selection.period] if wanted is None else runs(wanted)
        each = [sales_cover(store, seller.scope, part, selection.by) for part in parts]
        covers[seller.scope] = Cover(
            tuple(piece for covered in each for piece in covered.pieces),
            frozenset().union(*(covered.missing for covered in each)),
            tuple(part for covered in each for part in covered.grains),
        )
    return covers


def sales_cover(store: Store, scope: str, period: Period, by: By) -> Cover:
    """Which files of a vendor tell the period."""
    first, last = span_of(Grain.YEAR, period.start).start, span_of(Grain.YEAR, period.end).end
    # A week may begin in the year before and end in the year after.
    reach = Period(first - timedelta(days=6), last + timedelta(days=6))
    known = store.report_files.known_days(scope, Dataset.SALES, ReportSpan.DAY, reach.start, reach.end)
    if by is By.DAY or set(period) <= known:
        days = set(period) & known
        pieces = runs(days)
        return Cover(
            tuple(Piece(Grain.DAY, run) for run in pieces),
            frozenset(set(period) - days),
            tuple((Grain.DAY, run) for run in pieces),
        )
    files = [
        LongFile(grain, span_of(grain, day))
        for grain in LONGER
        for day in store.report_files.known_days(
            scope, Dataset.SALES, ReportSpan[grain.name], reach.start, reach.end
        )
    ]
    return cover(period, known, files)


def known_sales_days(store: Store, scope: str, period: Period) -> dict[date, ReportFile]:
    """What is known of each day's sales report."""
    return store.report_files.files(scope, Dataset.SALES, ReportSpan.DAY, period.start, period.end)


def _grains(covers: Iterable[Cover]) -> tuple[tuple[Grain, Period], ...]:
    parts = [part for covered in covers for part in covered.grains]
    return tuple(sorted(dict.fromkeys(parts), key=lambda part: (part[1].start, part[0])))


def _notes(
    store: Store, sellers: Sequence[Seller], covers: Mapping[str, Cover], period: Period, due: date
) -> list[str]:
    notes = []
    for seller in sellers:
        files = known_sales_days(store, seller.scope, period)
        covered = covers[seller.scope]
        told = set(period) - covered.missing
        last = last_complete(told)
        wrong = (FileStatus.REFUSED, FileStatus.BROKEN)
        troubled = [file for day, file in sorted(files.items()) if file.status in wrong and day not in told]
        gone = [day for day, file in files.items() if file.status is FileStatus.GONE and day not in told]
        missing = {day for day in covered.missing if day < due}
        if troubled:
            where = f"stops at {last}" if last else "has no figures"
            notes.append(f"{seller.account} {where}: {troubled[-1].detail}")
        elif not told and period.start < due:
            notes.append(f"{seller.account} has no figures for this period yet: a sync fetches them.")
        elif missing - set(gone):
            notes.append(f"{seller.account}: no figures for {gaps(missing - set(gone))}.")
        if gone:
            notes.append(f"{seller.account}: Apple no longer has {len(gone)} days of this period.")
        for grain, part in covered.longer:
            notes.append(
                f"{seller.account}: {part.start} to {part.end} from Apple's {ADJECTIVES[grain]} report; "
                "its single days are not known."
            )
    return notes


ADJECTIVES = {Grain.WEEK: "weekly", Grain.MONTH: "monthly", Grain.YEAR: "yearly"}
