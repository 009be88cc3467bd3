"""Sales, subscription, finance and analytics files as facts: summed while they stream, never held whole."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import chain, islice
from typing import BinaryIO, TypeVar

from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.core.metrics import reports
from ascinbox.core.metrics.facts import (
    AnalyticsFact,
    FinanceFact,
    SalesFact,
    SubscriptionEventFact,
    SubscriptionFact,
)
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.metrics.vocabulary import other_label
from ascinbox.core.reviews.territories import alpha3
from ascinbox.core.text import clean_line
from ascinbox.sources.apple.tables import Row, check_width, heading, open_table, pick

V = TypeVar("V")
_TOTAL_ROWS = heading(reports.TOTAL_ROWS)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
ZERO = Decimal(0)
LARGEST = 10**12
"""Of a figure and of what it adds up to in a file: the store counts in millionths and 64 bits."""
MOST_PLACES = 30
LONGEST_FIGURE = 60
"""Characters of a cell that holds a number."""
CHUNK = 20_000
"""Rows counted at a time: bounds memory whatever the file's size."""


def parse_sales(file: BinaryIO) -> list[SalesFact]:
    """Reads a SALES SUMMARY file. Raises UnexpectedAnswer for a file that is cut or not a sales report."""
    number = _Memo(_decimal)
    sums: dict[tuple[str, ...], list[Decimal]] = {}
    rows = _rows(file, reports.SALES.columns)
    # Equal rows are counted before any arithmetic: a large file repeats itself, and counting runs in C.
    while chunk := Counter(islice(rows, CHUNK)):
        for row, times in chunk.items():
            kind, units_text, each_text, begin, country, currency, apple_id, sku, title, end, parent = row
            key = (begin, end, apple_id, parent, sku, title, kind, country, currency)
            units = number[units_text] * times
            amounts = sums.get(key)
            if amounts is None:
                sums[key] = amounts = [ZERO, ZERO, ZERO]
            amounts[0] += units
            if units < 0:
                amounts[1] -= units
            amounts[2] += units * number[each_text]
    text, day, place = _Memo(_line), _Memo(_us_date), _Memo(_territory)
    _check_sums(chain.from_iterable(sums.values()))
    return [
        SalesFact(
            day=day[begin],
            end=day[end or begin],
            apple_id=text[apple_id],
            parent_sku=text[parent],
            sku=text[sku],
            title=text[title],
            product_type=text[kind],
            territory=place[country],
            currency=text[currency],
            units=units,
            refunds=refunds,
            proceeds=proceeds,
        )
        for (begin, end, apple_id, parent, sku, title, kind, country, currency), (
            units,
            refunds,
            proceeds,
        ) in sums.items()
    ]


def parse_subscriptions(file: BinaryIO, day: date) -> list[SubscriptionFact]:
    """Reads a SUBSCRIPTION SUMMARY file, which has no date of its own: it is the state of `day`."""
    sums: defaultdict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    names = [column.field for column in reports.SUBSCRIPTION.columns]
    retry, grace = names.index("billing_retry"), names.index("grace_period")
    name = names.index("subscription_name")
    trials = [i for i, name in enumerate(names) if "free_trial" in name]
    paid = [
        i
        for i, name in enumerate(names)
        if name.endswith(("subscriptions", "offers")) and "free_trial" not in name
    ]
    for row in _rows(file, reports.SUBSCRIPTION.columns):
        amounts = sums[row[0], row[1], row[name], row[2]]
        amounts[0] += sum(_whole(row[i]) for i in paid)
        amounts[1] += sum(_whole(row[i]) for i in trials)
        amounts[2] += _whole(row[retry])
        amounts[3] += _whole(row[grace])
    _check_sums(chain.from_iterable(sums.values()))
    return [
        SubscriptionFact(day, _line(app), _line(sub), _line(name), _territory(place), *amounts)
        for (app, sub, name, place), amounts in sums.items()
    ]


def parse_subscription_events(file: BinaryIO) -> list[SubscriptionEventFact]:
    """Reads a SUBSCRIPTION_EVENT SUMMARY file; the list of events is open."""
    sums: defaultdict[tuple[str, str, str, str, str], int] = defaultdict(int)
    for day, event, app, subscription, place, quantity, *_ in _rows(file, reports.SUBSCRIPTION_EVENT.columns):
        sums[day, app, subscription, place, event] += _whole(quantity)
    _check_sums(sums.values())
    return [
        SubscriptionEventFact(
            _any_date(day), _line(app), _line(sub), _territory(place), _line(event), quantity
        )
        for (day, app, sub, place, event), quantity in sums.items()
    ]


def parse_finance(file: BinaryIO, period: FiscalPeriod) -> list[FinanceFact]:
    """Reads a FINANCIAL or FINANCE_DETAIL file, told apart by their header.

    The dates of the file win over the calendar's. A total or a summary by country or currency ends the rows;
    `Total_Rows`, where it comes, must count them. Returns ("R" in Sale or Return) count as negative.
    """
    start, end = period.start, period.end
    header: list[str] | None = None
    take: Callable[[list[str]], Row] | None = None
    detail = ended = False
    sums: defaultdict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    number, day = _Memo(_decimal), _Memo(_us_date)
    line = rows = 0
    for line, cells in enumerate(open_table(file), start=1):
        first = cells[0].strip() if cells else ""
        if header is None:
            names = {heading(cell) for cell in cells}
            if first in {"Start Date", "End Date"} and len(cells) == 2:
                start, end = (
                    (_us_date(cells[1]), end) if first == "Start Date" else (start, _us_date(cells[1]))
                )
            elif heading("Extended Partner Share") in names:
                header, detail = cells, heading("Settlement Date") in names
                take = pick(header, reports.FINANCE_DETAIL if detail else reports.FINANCIAL)
            continue
        said = heading(first)
        if said == _TOTAL_ROWS:
            _check_total(cells, rows)
            break
        if said.startswith(reports.AFTER_ROWS):
            # Columns may stand in any order: what has the width and the quantity of a row is one.
            assert take is not None
            ended = ended or len(cells) != len(header) or not _is_number(take(cells)[1 if detail else 0])
        if ended or not any(cell.strip() for cell in cells):
            continue
        check_width(cells, header, line)
        assert take is not None
        rows += 1
        if detail:
            _, quantity, share, currency, apple_id, sku, title, kind, country, sold = take(cells)
        else:
            quantity, share, currency, apple_id, sku, title, kind, country, begins, ends, sold = take(cells)
            start, end = day[begins] if begins else start, day[ends] if ends else end
        amounts = sums[apple_id, sku, title, kind, country, currency]
        back = sold.strip().upper() in reports.RETURNED
        amounts[0] += -abs(number[quantity]) if back else number[quantity]
        amounts[1] += -abs(number[share]) if back else number[share]
    if header is None:
        raise UnexpectedAnswer(
            "The finance report has no header row.", f"{line} lines were read.", "It is fetched again later."
        )
    _check_sums(chain.from_iterable(sums.values()))
    return [
        FinanceFact(
            period=str(period),
            start=start,
            end=end,
            apple_id=_line(apple_id),
            sku=_line(sku),
            title=_line(title),
            product_type=_line(kind),
            territory=_territory(country),
            currency=_line(currency),
            units=units,
            proceeds=proceeds,
        )
        for (apple_id, sku, title, kind, country, currency), (units, proceeds) in sums.items()
    ]


def parse_analytics(file: BinaryIO, report: reports.AnalyticsReport) -> list[AnalyticsFact]:
    """Reads one segment of an analytics report: one fact per day, app, territory and figure.

    Labels that no figure counts are facts too, named by `core.metrics.vocabulary.other_label`.
    """
    wanted = ["Date", "App Apple Identifier", *(m.value for m in report.measures)]
    wanted += [m.label_column for m in report.measures if m.label_column]
    columns = (
        *map(reports.column, dict.fromkeys(wanted)),
        reports.column("Territory", required=False),
    )
    names = [column.names[0] for column in columns]
    measures = [
        (m.figure, names.index(m.value), names.index(m.label_column) if m.label_column else None, m.labels)
        for m in report.measures
    ]
    counted: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
    for _, value, label, labels in measures:
        if label is not None:
            counted[label, value] |= set(labels)
    sums: defaultdict[tuple[str, str, str, str], int] = defaultdict(int)
    for row in _rows(file, columns):
        for figure, value, label, labels in measures:
            counts = label is None or row[label].strip().casefold() in labels
            sums[row[0], row[1], row[-1], figure] += _whole(row[value]) if counts else 0
        for (label, value), known in counted.items():
            if row[label].strip().casefold() not in known:
                name = other_label(report.name, _line(row[label]))
                sums[row[0], row[1], row[-1], name] += _whole(row[value])
    _check_sums(sums.values())
    return [
        AnalyticsFact(_any_date(day), _line(app), _territory(place), figure, value)
        for (day, app, place, figure), value in sums.items()
    ]


def _rows(file: BinaryIO, columns: tuple[reports.Column, ...]) -> Iterator[Row]:
    table = open_table(file)
    header = next(table, None)
    if header is None:
        raise UnexpectedAnswer("The report file is empty.", "", "It is fetched again with the next sync.")
    take = pick(header, columns)
    width = len(header)
    for line, row in enumerate(table, start=2):
        if len(row) != width:
            if not any(cell.strip() for cell in row):
                continue
            check_width(row, header, line)
        yield take(row)


def _check_total(cells: list[str], rows: int) -> None:
    told = _whole(cells[1]) if len(cells) > 1 else rows
    if told != rows:
        raise UnexpectedAnswer(
            "The finance report is incomplete.",
            f"It names {told} rows and holds {rows}.",
            "It is fetched again with the next sync.",
        )


class _Memo(dict[str, V]):
    """Remembers what a cell meant: a million rows hold a few thousand different cells."""

    def __init__(self, read: Callable[[str], V]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: str) -> V:
        self[cell] = value = self._read(cell)
        return value


def _garbled(what: str, value: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        f"The report holds {clean_line(value)[:40]!r} where {what} should be.",
        "",
        "The file is left out; it is fetched again with the next sync.",
    )


def _decimal(cell: str) -> Decimal:
    cell = cell.strip()
    if not cell:
        return ZERO
    if "," in cell and _THOUSANDS.fullmatch(cell):
        cell = cell.replace(",", "")
    try:
        number = Decimal(cell) if len(cell) <= LONGEST_FIGURE else Decimal("NaN")
    except InvalidOperation:
        raise _garbled("a number", cell) from None
    # Compared, not computed with: abs() of a huge one overflows.
    fits = number.is_finite() and -LARGEST < number < LARGEST
    if not fits or int(number.as_tuple().exponent) < -MOST_PLACES:
        raise _garbled("a number", cell)
    return number


def _check_sums(sums: Iterable[Decimal | int]) -> None:
    if any(not -LARGEST < number < LARGEST for number in sums):
        raise UnexpectedAnswer(
            "The report adds up to more than can be.",
            f"A figure of it is {LARGEST:.0e} or more.",
            "The file is left out; it is fetched again with the next sync.",
        )


def _is_number(cell: str) -> bool:
    try:
        return bool(cell.strip()) and _decimal(cell) is not None
    except UnexpectedAnswer:
        return False


def _whole(cell: str) -> int:
    number = _decimal(cell)
    return int(number)


@lru_cache(maxsize=4096)
def _us_date(cell: str) -> date:
    try:
        return datetime.strptime(cell.strip(), "%m/%d/%Y").date()
    except ValueError:
        raise _garbled("a date (MM/DD/YYYY)", cell) from None


@lru_cache(maxsize=4096)
def _any_date(cell: str) -> date:
    try:
        return date.fromisoformat(cell.strip())
    except ValueError:
        return _us_date(cell)


def _line(cell: str) -> str:
    return clean_line(cell)


def _territory(cell: str) -> str:
    code = clean_line(cell).upper()
    return alpha3(code) or code
