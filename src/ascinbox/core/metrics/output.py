"""A metrics table as it leaves the program: JSON objects and CSV rows, with raw numbers and ISO dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ascinbox.core.metrics.comparison import Sides
from ascinbox.core.metrics.figures import By, figures_of
from ascinbox.core.metrics.table import AppKey, MetricsRow, MetricsTable, PersonKey, ProductKey, RowKey, Value

SCHEMA = "ascinbox.metrics/1"

KEY_COLUMNS: Mapping[By, tuple[str, ...]] = {
    By.APP: ("app_id", "app_name"),
    By.COUNTRY: ("territory",),
    By.PRODUCT: ("sku", "title", "type"),
    By.DAY: ("day",),
    By.PERSON: ("person",),
}


def as_json(table: MetricsTable, sides: Sides | None = None) -> dict[str, Any]:
    """The payload of `ascinbox metrics --json`, without the fields that every command has.

    With `sides`, whose `now` the table is, each row also tells what it was compared with.
    """
    payload: dict[str, Any] = {
        "source": table.source.value,
        "by": table.by.value,
        "period": {
            "from": table.period.start.isoformat(),
            "to": table.period.end.isoformat(),
            "complete_to": _day(table.complete_to),
        },
        "days": table.source.days,
        "rows": [_row(table, row) | _beside(sides, row.key) for row in table.rows],
        "figures": {
            figure.name: {
                "report": figure.report,
                "complete_to": _day(table.complete.get(figure.name, table.complete_to)),
            }
            | ({} if sides is None else {"compared_days": sides.compared_days(figure=figure.name)})
            for figure in figures_of(table.source)
        },
        "grains": [
            {"grain": grain.value, "from": part.start.isoformat(), "to": part.end.isoformat()}
            for grain, part in table.grains
        ],
        "notes": list(table.notes),
    }
    if sides is not None and sides.steps:
        payload["period"]["previous"] = {
            "from": sides.steps[0].before.start.isoformat(),
            "to": sides.steps[-1].before.end.isoformat(),
        }
        payload["compared_days"] = sides.compared_days()
    if table.home:
        payload["rates"] = {
            "currency": table.home,
            "of": _day(table.rates_of),
            "source": "European Central Bank",
        }
    return payload


def _row(table: MetricsTable, row: MetricsRow) -> dict[str, Any]:
    shown = _key(row.key) | {name: _json(value) for name, value in row.figures.items()}
    if row.converted is not None:
        shown["proceeds_converted"] = {
            "amount": f"{row.converted:.2f}",
            "currency": table.home,
            "approximate": True,
        }
    return shown


def _beside(sides: Sides | None, key: RowKey) -> dict[str, Any]:
    """What a row was compared with: figures of the same days of the span before, and how each moved."""
    if sides is None:
        return {}
    now = next((row for row in sides.compared.rows if row.key == key), None)
    before = sides.before_row(key)
    changes = {figure.name: sides.change(key, figure, now, before) for figure in figures_of(sides.now.source)}
    return {
        "previous": None
        if before is None
        else {name: _json(value) for name, value in before.figures.items()},
        "change": {
            name: None if change is None else round(float(change), 4) for name, change in changes.items()
        },
        "compared_days": sides.compared_days(key),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def as_csv(table: MetricsTable) -> tuple[list[str], list[list[Any]], frozenset[int]]:
    """Headers, rows and the numbers of the text columns. An amount has one column a currency."""
    currencies = sorted(
        {
            currency
            for row in table.rows
            for figure in figures_of(table.source)
            if figure.money and isinstance(amounts := row.figures[figure.name], Mapping)
            for currency in amounts
        }
    )
    headers = list(KEY_COLUMNS[table.by])
    for figure in figures_of(table.source):
        if figure.money:
            headers += [f"{figure.name}_{currency}" for currency in currencies]
        elif figure.name == "stars":
            headers += [f"stars_{n}" for n in range(1, 6)]
        else:
            headers.append(figure.name)
    rows = [_csv_row(table, row.key, row.figures, currencies) for row in table.rows]
    return headers, rows, frozenset(range(len(KEY_COLUMNS[table.by])))


def _csv_row(
    table: MetricsTable, key: RowKey, figures: Mapping[str, Value], currencies: list[str]
) -> list[Any]:
    cells: list[Any] = list(_key_cells(key))
    for figure in figures_of(table.source):
        value = figures[figure.name]
        if figure.money:
            amounts: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
            cells += ["" if value is None else str(amounts.get(c, Decimal(0))) for c in currencies]
        elif figure.name == "stars":
            stars: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
            cells += ["" if value is None else stars.get(str(n), 0) for n in range(1, 6)]
        else:
            cells.append("" if value is None else _json(value))
    return cells


def _key(key: RowKey) -> dict[str, Any]:
    match key:
        case AppKey():
            return {"app": {"id": key.id, "name": key.name}}
        case ProductKey():
            return {"product": {"sku": key.sku, "title": key.title, "type": key.type}}
        case PersonKey():
            return {"person": key.name}
        case date():
            return {"day": key.isoformat()}
        case _:
            return {"territory": key}


def _key_cells(key: RowKey) -> tuple[str, ...]:
    match key:
        case AppKey():
            return (key.id, key.name)
        case ProductKey():
            return (key.sku, key.title, key.type)
        case PersonKey():
            return (key.name,)
        case date():
            return (key.isoformat(),)
        case _:
            return (str(key),)


def _json(value: Value) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case Mapping():
            amounts = {c: amount for c, amount in value.items() if isinstance(amount, Decimal)}
            if len(amounts) < len(value):
                return dict(value)
            return [{"amount": decimal_text(a), "currency": c} for c, a in sorted(amounts.items())]
        case _:
            return value


def decimal_text(amount: Decimal) -> str:
    """An amount with at least two decimals and no exponent: `35.00`, `0.6993`."""
    text = f"{amount.normalize():f}"
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction:0<2}"
