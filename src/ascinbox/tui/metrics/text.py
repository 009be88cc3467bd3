"""The Metrics screen as lines: tables first, one plot, and `?` where Apple has published nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from ascinbox.core.metrics.figures import NOT_SHARED, By, Source
from ascinbox.core.metrics.overview import Amount, AppDetail, Overview, OverviewRow, PeriodFigures, change
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.table import leading_currency
from ascinbox.tui.chrome_text import FrameState
from ascinbox.tui.metrics.cells import (
    UNKNOWN,
    TableCell,
    TableHead,
    bar_room,
    head_line,
    row_line,
    share_bar,
)
from ascinbox.tui.paint import Line, clip, line, pad, rule
from ascinbox.tui.paint import PaintSpan as Piece
from ascinbox.tui.signs import bar_mark

CHANGE = "+/-"
"""The head of a column that tells how the figure before it has changed."""
BLOCKS = "▁▂▃▄▅▆▇█"
ASCII_BLOCKS = ".,:;-=+#"
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


@dataclass(frozen=True, slots=True)
class TableLook:
    """How the screen is to be painted."""

    width: int
    height: int
    ascii: bool = False
    compare: bool = True
    plot: bool = True
    sort: str = ""
    """What the rows are sorted by."""
    plotted: tuple[Source, str] | None = None
    """The figure under the table, by source and name."""

    @property
    def wide(self) -> bool:
        """Room for trend, re-downloads and refunds."""
        return self.width >= 110


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: head, width, and what it says of a row."""

    head: str
    width: int
    cell: Callable[[OverviewRow, TableLook, str], str]
    wide_only: bool = False
    compare_only: bool = False
    apps_only: bool = False
    shows: tuple[Source, str] | None = None
    """The figure that it shows, where the plot can show it too."""
    sort: str = ""
    """The name under which rows are sorted by it."""


def is_coming(state: FrameState, source: Source | None) -> bool:
    """Whether a source was never fetched, but is now or will be by itself. `source` None: any report."""
    match source:
        case None:
            wanted = {Source.SALES.value, Source.FINANCE.value, Source.ANALYTICS.value}
        case Source.SUBSCRIPTIONS:
            wanted = {Source.SALES.value}
        case _:
            wanted = {source.value}
    fetches = state.fetches or bool(state.syncing)
    return state.preparing or (fetches and not wanted.isdisjoint(state.unfetched))


def no_figures(state: FrameState, source: Source | None, *, read: bool) -> str:
    """What stands in place of rows; `read`: the cache was looked into, and has none."""
    if state.member and (source is None or not source.is_shared):
        return NOT_SHARED
    if is_coming(state, source):
        return "Figures are being fetched; each is shown as soon as it is here."
    if source is Source.RATINGS and read:
        return "No public ratings yet. 5 Accounts > Features switches them on; F5 fetches them."
    if not read:
        return "Reading the figures."
    return "No figures yet. F5 fetches them; 4 Health says what a key may read."


def _number(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value * 100:+.1f}%"


def money(amount: Amount | None, home: str) -> str:
    """`~$6,310.20` converted, `$6,310.20` plain, `6,310 USD +3` when three more currencies follow."""
    if amount is None:
        return UNKNOWN
    if amount.home is not None and home:
        return "~" + _sum(amount.home, home)
    if not amount.by_currency:
        return "0"
    if len(amount.by_currency) == 1:
        ((currency, value),) = amount.by_currency.items()
        return _sum(value, currency)
    shown = leading_currency(amount.by_currency)
    return f"{amount.by_currency[shown]:,.0f} {shown} +{len(amount.by_currency) - 1}"


def _sum(value: Decimal, currency: str) -> str:
    sign = SIGNS.get(currency)
    return f"{sign}{value:,.2f}" if sign else f"{value:,.2f} {currency}"


def _money_change(row: OverviewRow) -> str:
    now, before = row.compared.proceeds, row.before.proceeds
    if now is None or before is None:
        return ""
    if now.home is not None and before.home is not None:
        return _percent(change(now.home, before.home))
    if len(now.by_currency) == 1 and now.by_currency.keys() == before.by_currency.keys():
        (currency,) = now.by_currency
        return _percent(change(now.by_currency[currency], before.by_currency[currency]))
    return ""


def _stars(span: PeriodFigures) -> str:
    return f"{span.stars:.2f}" if span.stars is not None else "-" if span.reviews == 0 else UNKNOWN


def _stars_change(row: OverviewRow) -> str:
    now, before = row.compared.stars, row.before.stars
    return f"{now - before:+.2f}" if now is not None and before is not None else ""


def _replied(span: PeriodFigures) -> str:
    if span.replied is None or not span.reviews:
        return "-"
    return f"{round(100 * span.replied / span.reviews)}%"


def _median(span: PeriodFigures) -> str:
    hours = span.median_hours
    if hours is None:
        return "-"
    return f"{round(hours)}h" if hours < 48 else f"{round(hours / 24)}d"


def sparkline(values: Sequence[float | int | Decimal | None], width: int, *, ascii_only: bool = False) -> str:
    """One cell per day or group of days, from the lowest to the highest; `?` where nothing is published."""
    blocks = ASCII_BLOCKS if ascii_only else BLOCKS
    grouped = _grouped(values, width)
    known = [value for value in grouped if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)

    def block(value: float) -> str:
        if high == low:
            return blocks[len(blocks) // 2 if high else 0]
        return blocks[int((value - low) / (high - low) * (len(blocks) - 1) + 0.5)]

    return "".join(UNKNOWN if value is None else block(value) for value in grouped)


def _grouped(values: Sequence[float | int | Decimal | None], width: int) -> list[float | None]:
    if len(values) <= width:
        return [None if value is None else float(value) for value in values]
    groups: list[float | None] = []
    for number in range(width):
        part = values[number * len(values) // width : (number + 1) * len(values) // width]
        known = [float(value) for value in part if value is not None]
        # An average over the days that are there: a missing day is no zero.
        groups.append(sum(known) / len(known) if len(known) * 2 > len(part) else None)
    return groups


COLUMNS: tuple[TableColumn, ...] = (
    TableColumn(
        "Units", 6, lambda r, _l, _h: _number(r.now.units), shows=(Source.SALES, "downloads"), sort="units"
    ),
    TableColumn(
        CHANGE, 6, lambda r, _l, _h: _percent(change(r.compared.units, r.before.units)), compare_only=True
    ),
    TableColumn(
        "Trend",
        14,
        lambda r, look, _h: sparkline(r.trend, 14, ascii_only=look.ascii),
        wide_only=True,
        apps_only=True,
    ),
    TableColumn(
        "Redown",
        6,
        lambda r, _l, _h: _number(r.now.redownloads),
        wide_only=True,
        shows=(Source.SALES, "redownloads"),
    ),
    TableColumn(
        "Proceeds",
        13,
        lambda r, _l, home: money(r.now.proceeds, home),
        shows=(Source.SALES, "proceeds"),
        sort="proceeds",
    ),
    TableColumn(CHANGE, 6, lambda r, _l, _h: _money_change(r), compare_only=True),
    TableColumn(
        "Refunds",
        7,
        lambda r, _l, _h: _number(r.now.refunds),
        wide_only=True,
        shows=(Source.SALES, "refunds"),
        sort="refunds",
    ),
    TableColumn(
        "Stars",
        5,
        lambda r, _l, _h: _stars(r.now),
        apps_only=True,
        shows=(Source.REVIEWS, "average"),
        sort="stars",
    ),
    TableColumn(
        CHANGE, 5, lambda r, _l, _h: _stars_change(r), wide_only=True, compare_only=True, apps_only=True
    ),
    TableColumn(
        "Revs", 4, lambda r, _l, _h: _number(r.now.reviews), apps_only=True, shows=(Source.REVIEWS, "reviews")
    ),
    TableColumn("Replied", 7, lambda r, _l, _h: _replied(r.now), apps_only=True),
    TableColumn("Median", 6, lambda r, _l, _h: _median(r.now), apps_only=True),
)


def columns_for(by: By, look: TableLook) -> list[TableColumn]:
    """The columns that fit; the last ones give way first."""
    chosen = [
        column
        for column in COLUMNS
        if (look.wide or not column.wide_only)
        and (look.compare or not column.compare_only)
        and (by is By.APP or not column.apps_only)
    ]
    while len(chosen) > 1 and sum(c.width + 1 for c in chosen) + 12 > look.width:
        chosen.pop()
    return chosen


def table_lines(
    shown: Overview,
    rows: Sequence[OverviewRow],
    cursor: int,
    top: int,
    look: TableLook,
    shares: Sequence[float] = (),
) -> list[Line]:
    """Head and rows; `rows` are sorted and filtered already. `shares`: each row's part of the largest."""
    columns, names = _layout(shown, look)
    room = bar_room(names + 2 + sum(column.width + 1 for column in columns), look.width)
    heads = [
        TableHead(
            c.head,
            c.width,
            c.sort != "" and c.sort == look.sort,
            c.shows is not None and c.shows == look.plotted,
        )
        for c in columns
    ]
    lines = [head_line(str(shown.by).title(), names, heads, look.width, ascii_only=look.ascii)]
    for number, row in enumerate(rows):
        if number < top:
            continue
        lit = number == cursor
        mark = bar_mark(lit, ascii_only=look.ascii) if lit else "!" if row.stops_at else " "
        cells = _cells(row, columns, look, shown.home)
        bar = share_bar(shares[number] if shares else 0, room, ascii_only=look.ascii)
        lines.append(row_line(row.name, names, cells, look.width, mark=mark, lit=lit, bar=bar))
    return lines


def total_lines(shown: Overview, look: TableLook) -> list[Line]:
    """The rule and the total under the table."""
    columns, names = _layout(shown, look)
    cells = _cells(shown.total, columns, look, shown.home)
    ruled = min(look.width, names + 2 + sum(column.width + 1 for column in columns))
    return [
        line(Piece("  " + ("-" if look.ascii else "─") * (ruled - 2), "rule")),
        row_line("Total", names, cells, look.width, mark=" ", lit=False),
    ]


def _layout(shown: Overview, look: TableLook) -> tuple[list[TableColumn], int]:
    """The columns that fit, and the cells of the names."""
    columns = columns_for(shown.by, look)
    return columns, min(24, max(8, look.width - 3 - sum(column.width + 1 for column in columns)))


def _cells(row: OverviewRow, columns: Sequence[TableColumn], look: TableLook, home: str) -> list[TableCell]:
    return [
        TableCell(
            c.cell(row, look, home),
            c.width,
            is_change=c.head == CHANGE,
            sorted=c.sort != "" and c.sort == look.sort,
        )
        for c in columns
    ]


def note_lines(shown: Overview, look: TableLook) -> list[Line]:
    """What is missing, and where each number is from."""
    notes = [f"! {note}" for note in shown.notes]
    if shown.home:
        notes.append(f"~ converted to {shown.home} at the ECB rates of {shown.rates_of}")
    elif any(row.now.proceeds and len(row.now.proceeds.by_currency) > 1 for row in shown.rows):
        notes.append("+n: further currencies, not added. [metrics] home_currency converts; E has all of them")
    return [line(Piece(pad(note, look.width), "warn" if note[0] == "!" else "dim")) for note in notes]


@dataclass(frozen=True, slots=True)
class Curve:
    """What is plotted: a value for each day of the period, None where it is not known."""

    title: str
    period: Period
    values: Sequence[float | int | Decimal | None]
    before: Sequence[float | int | Decimal | None] = ()
    """The same of the equal span before, drawn behind."""
    share: bool = False
    """A fraction: the axis is in percent."""


def units_curve(shown: Overview, row: OverviewRow, name: str = "") -> Curve:
    """A row's units a day; `name` is what the row is called here."""
    return Curve(f"{name or row.name} · units a day", shown.period, row.trend)


def detail_curve(detail: AppDetail) -> Curve:
    """The figure that was read beside the plot."""
    unit = f" ({detail.unit})" if detail.unit else ""
    title = f"{detail.app.name} · {detail.figure.label.lower()} a day{unit}"
    return Curve(title, detail.period, detail.series, detail.before, detail.figure.share)


def plot_lines(curve: Curve, look: TableLook, height: int) -> list[Line]:
    """A curve as bars, with `?` on days that Apple has not published, and the span before as dots behind."""
    known = [value for value in curve.values if value is not None]
    period = curve.period
    title = curve.title if known else curve.title.partition(" · ")[0] + " · nothing published for these days"
    lines = [rule(title, f"{period.start:%d %b} to {period.end:%d %b}", look.width)]
    rows = height - 4
    if not known or rows < 2:
        return lines
    room = look.width - 8
    values = _grouped(curve.values, room)
    before = _grouped(curve.before[: len(curve.values)], room) if look.compare else []
    step = room // len(values)
    top = max((v for v in (*values, *before) if v is not None), default=0.0) or 1.0
    bar, corner, dash = ("|", "+", "-") if look.ascii else ("┤", "└", "─")
    for level in range(rows, 0, -1):
        label = _scale(curve, top * level / rows, top) if level in (rows, (rows + 1) // 2) else " " * 6
        spans = [Piece(f"{label}{bar}", "dim")]
        for number, value in enumerate(values):
            then = before[number] if number < len(before) else None
            spans.append(_bar(value, then, top / rows, level, step, ascii_only=look.ascii))
        lines.append(line(*spans))
    lines.append(line(Piece(" " * 6 + corner + dash * (step * len(values)), "dim")))
    footer = " ? not published by Apple yet: never drawn, counted or exported as 0"
    if any(value is not None for value in before):
        dot = _dot(ascii_only=look.ascii)
        footer = f" {dot} {period.days} days before · ? not published yet, never counted as 0"
    labels = _day_labels(period, len(curve.values), step * len(values))
    lines.extend(line(Piece(clip(text, look.width), "dim")) for text in (labels, footer))
    return lines


def _bar(
    value: float | None, before: float | None, unit: float, level: int, step: int, *, ascii_only: bool
) -> Piece:
    """One day at one height: the bar, behind it a dot where it ended the span before."""
    full, half = ("#", ".") if ascii_only else ("█", "▄")
    wide = max(1, step - 1)
    if value is None:
        known = UNKNOWN if level == 1 else ""
    else:
        scaled = max(0.0, value) / unit
        known = (full if scaled >= level else half if scaled > level - 1 else "") * wide
    if known:
        return Piece(known.ljust(step), "accent")
    ended = before is not None and level - 1 < max(0.0, before) / unit <= level
    return Piece((_dot(ascii_only=ascii_only) * wide if ended else "").ljust(step), "faint")


def _dot(*, ascii_only: bool) -> str:
    return "-" if ascii_only else "·"


def _scale(curve: Curve, value: float, top: float) -> str:
    if curve.share:
        return f"{value * 100:>5.1f}%" if top < 0.1 else f"{value * 100:>5.0f}%"
    return (
        f"{value:>6.1f}"
        if top < 10
        else f"{round(value):>6,}"
        if top < 100_000
        else f"{value / 1000:>5,.0f}k"
    )


def _day_labels(period: Period, days: int, cells: int) -> str:
    text = " " * 7
    parts = max(1, min(4, cells // 8))
    for part in range(parts):
        day = period.start + timedelta(days=part * days // parts)
        text = text[: 7 + part * cells // parts].ljust(7 + part * cells // parts) + f"{day:%d %b}"
    return text
