"""One source's figures as a table of the Metrics screen: each of the figure table, with its change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from ascinbox.core.metrics.comparison import STATES, Sides, is_difference
from ascinbox.core.metrics.figures import LESS_IS_BETTER, By, Figure, Source, figures_of
from ascinbox.core.metrics.overview import Amount
from ascinbox.core.metrics.table import MetricsRow, MetricsTable, RowKey, Value, row_name
from ascinbox.tui.metrics.cells import UNKNOWN, TableCell, TableHead, bar_room, head_line, row_line, share_bar
from ascinbox.tui.metrics.text import CHANGE, TableLook, money
from ascinbox.tui.paint import Line, line, pad
from ascinbox.tui.paint import PaintSpan as Piece
from ascinbox.tui.signs import bar_mark

SETS: tuple[tuple[str, Source | None], ...] = (
    ("Overview", None),
    ("Store", Source.ANALYTICS),
    ("Subscriptions", Source.SUBSCRIPTIONS),
    ("Ratings", Source.REVIEWS),
    ("Public ratings", Source.RATINGS),
    ("Replies", Source.REPLIES),
    ("Finance", Source.FINANCE),
    ("Sales", Source.SALES),
)
"""The column sets of the screen; the first shows sales beside reviews."""

_SHORT = {"Subscriptions": "Subs", "Public ratings": "Public"}
"""Names of sets where there is little room."""


def set_tabs(chosen: int, look: TableLook) -> Line:
    """The sets as tabs; those farthest from the chosen one give way where they do not fit."""
    names = [name for name, _ in SETS]
    if sum(len(name) + 2 for name in names) + 1 > look.width:
        names = [_SHORT.get(name, name) for name in names]
    shown = list(range(len(names)))
    while len(shown) > 1 and sum(len(names[n]) + 2 for n in shown) + 1 > look.width:
        shown.remove(max(shown, key=lambda n: abs(n - chosen)))
    tabs = [
        Piece(f"[{names[n]}]" if n == chosen else f" {names[n]} ", "tab" if n == chosen else "dim")
        for n in shown
    ]
    return line(" ", *tabs)


LABELS = {By.APP: "App", By.COUNTRY: "Country", By.PRODUCT: "Product", By.DAY: "Day", By.PERSON: "Person"}
WIDEST_NAME, NARROWEST_NAME = 24, 16
CHANGE_WIDTH = 7


@dataclass(frozen=True, slots=True)
class SetColumn:
    """A figure, or its change."""

    figure: Figure
    is_change: bool = False

    @property
    def shows(self) -> tuple[Source, str]:
        """Its figure, by source and name."""
        return self.figure.source, self.figure.name

    @property
    def width(self) -> int:
        """Cells, without the blank before it."""
        if self.is_change:
            return CHANGE_WIDTH
        return 13 if self.figure.money else 14 if self.figure.name == "stars" else 8


def set_columns(source: Source, look: TableLook) -> list[SetColumn]:
    """The columns that fit: changes give way first, then the last figures."""
    columns: list[SetColumn] = []
    for figure in figures_of(source):
        columns.append(SetColumn(figure))
        if look.compare and figure.name != "stars":
            columns.append(SetColumn(figure, is_change=True))

    def too_wide() -> bool:
        return sum(column.width + 1 for column in columns) + NARROWEST_NAME + 3 > look.width

    for column in reversed([c for c in columns if c.is_change]):
        if too_wide():
            columns.remove(column)
    while len(columns) > 1 and too_wide():
        columns.pop()
    return columns


def set_lines(
    sides: Sides,
    rows: Sequence[MetricsRow],
    cursor: int,
    top: int,
    look: TableLook,
    shares: Sequence[float] = (),
) -> list[Line]:
    """Head and rows; `rows` are sorted and filtered already. `shares`: each row's part of the largest."""
    columns = set_columns(sides.now.source, look)
    names = _name_width(columns, look)
    room = bar_room(names + 2 + sum(column.width + 1 for column in columns), look.width)
    heads = [
        TableHead(CHANGE, c.width)
        if c.is_change
        else TableHead(c.figure.label, c.width, c.figure.name == look.sort, c.shows == look.plotted)
        for c in columns
    ]
    lines = [head_line(LABELS[sides.now.by], names, heads, look.width, ascii_only=look.ascii)]
    compared = {row.key: row for row in sides.compared.rows}
    for number, row in enumerate(rows):
        if number >= top:
            lit = number == cursor
            change = partial(_change, sides, row.key, compared.get(row.key), sides.before_row(row.key))
            cells = _cells(row, change, columns, sides.now.home, look.sort)
            lines.append(
                row_line(
                    row_name(row.key),
                    names,
                    cells,
                    look.width,
                    mark=bar_mark(lit, ascii_only=look.ascii),
                    lit=lit,
                    bar=share_bar(shares[number] if shares else 0, room, ascii_only=look.ascii),
                )
            )
    return lines


def set_total_lines(sides: Sides, look: TableLook) -> list[Line]:
    """The rule and the total; a mean or a share has none, and days of a state are not added."""
    columns = set_columns(sides.now.source, look)
    names = _name_width(columns, look)
    change = partial(_change, sides, None, _total(sides.compared), _total(sides.before))
    cells = _cells(_total(sides.now), change, columns, sides.now.home, look.sort, unknown="")
    ruled = min(look.width, names + 2 + sum(column.width + 1 for column in columns))
    return [
        line(Piece("  " + ("-" if look.ascii else "─") * (ruled - 2), "rule")),
        row_line("Total", names, cells, look.width, mark=" ", lit=False),
    ]


def set_note_lines(table: MetricsTable, look: TableLook) -> list[Line]:
    """Whose days these are, up to where they are complete, and what is missing."""
    end = f"complete to {table.complete_to:%d %b}" if table.complete_to else "nothing complete yet"
    days = "Apple's fiscal periods" if table.source is Source.FINANCE else f"{table.source.days} days"
    words = [f"{days}, {end}.", *table.notes]
    if table.home:
        words.append(f"~ converted to {table.home} at the ECB rates of {table.rates_of}")
    return [line(Piece(pad(f"  {text}", look.width), "dim")) for text in words[:4]]


def sort_value(row: MetricsRow, name: str) -> Decimal:
    """What a figure is sorted by; unknown ones come last."""
    value = row.figures.get(name)
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, Mapping) and row.converted is not None:
        return row.converted
    amounts = [Decimal(str(amount)) for amount in value.values()] if isinstance(value, Mapping) else []
    return max(amounts, default=Decimal(-1))


def row_words(row: MetricsRow, source: Source) -> str:
    """The row as a sentence, for the clipboard."""
    parts = [f"{_cell(row, figure, '')} {figure.name.replace('_', ' ')}" for figure in figures_of(source)]
    return f"{row_name(row.key)}: {', '.join(parts)}"


def _name_width(columns: Sequence[SetColumn], look: TableLook) -> int:
    return max(8, min(WIDEST_NAME, look.width - 3 - sum(column.width + 1 for column in columns)))


def _cells(
    row: MetricsRow,
    change: Callable[[Figure], str],
    columns: Sequence[SetColumn],
    home: str,
    sort: str,
    unknown: str = UNKNOWN,
) -> list[TableCell]:
    return [
        TableCell(
            change(column.figure) if column.is_change else _cell(row, column.figure, home, unknown),
            column.width,
            column.is_change,
            column.figure.name in LESS_IS_BETTER,
            not column.is_change and column.figure.name == sort,
        )
        for column in columns
    ]


def _cell(row: MetricsRow, figure: Figure, home: str, unknown: str = UNKNOWN) -> str:
    value = row.figures.get(figure.name)
    match value:
        case None:
            return "-" if _is_nothing(row, figure) else unknown
        case Mapping() if figure.money:
            amounts = {currency: Decimal(str(amount)) for currency, amount in value.items()}
            return money(Amount(amounts, row.converted), home)
        case Mapping():
            return "/".join(str(value[star]) for star in sorted(value))
        case Decimal() if figure.share:
            return f"{value * 100:.1f}%"
        case Decimal():
            return f"{value:,.2f}" if "stars" in figure.name or figure.name == "average" else f"{value:,.1f}"
        case _:
            return f"{value:,}"


def _is_nothing(row: MetricsRow, figure: Figure) -> bool:
    """A mean or share of nothing, which is known, is no gap in what Apple has published."""
    counted = {Source.REVIEWS: "reviews", Source.REPLIES: "replies"}.get(figure.source)
    return counted is not None and row.figures.get(counted) is not None


def _change(
    sides: Sides, key: RowKey | None, now: MetricsRow | None, before: MetricsRow | None, figure: Figure
) -> str:
    told = sides.change(key, figure, now, before)
    if told is None:
        return ""
    if figure.share:
        return f"{told * 100:+.1f}pt"
    return f"{told:+.2f}" if is_difference(figure) else f"{told * 100:+.1f}%"


def _total(table: MetricsTable) -> MetricsRow:
    if table.total is not None:
        return MetricsRow("total", table.total)
    figures: dict[str, Value] = {}
    for figure in figures_of(table.source):
        values = [row.figures.get(figure.name) for row in table.rows]
        if figure.money:
            figures[figure.name] = _added(values)
        elif not (figure.name in STATES and table.by is By.DAY):
            counts = [value for value in values if isinstance(value, int)]
            figures[figure.name] = sum(counts) if counts else None
    converted = [row.converted for row in table.rows if row.converted is not None]
    whole = bool(converted) and len(converted) == sum(
        isinstance(row.figures.get("proceeds"), Mapping) for row in table.rows
    )
    return MetricsRow("total", figures, sum(converted, Decimal(0)) if whole else None)


def _added(values: Sequence[Value]) -> Value:
    sums: dict[str, Decimal] = {}
    told = [value for value in values if isinstance(value, Mapping)]
    for amounts in told:
        for currency, amount in amounts.items():
            sums[currency] = sums.get(currency, Decimal(0)) + Decimal(str(amount))
    return sums if told else None
