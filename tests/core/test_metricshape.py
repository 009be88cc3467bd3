from datetime import date
from decimal import Decimal

import pytest

from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.output import as_csv, as_json, decimal_text
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.table import AppKey, MetricsRow, MetricsTable, ProductKey, Value

PERIOD = Period(date(2026, 11, 19), date(2026, 11, 21))
SOLD: dict[str, Value] = {
    "downloads": 5,
    "redownloads": 1,
    "updates": 0,
    "iap_units": 2,
    "refunds": 1,
    "proceeds": {"USD": Decimal("3.5"), "EUR": Decimal("0.6993")},
}
UNKNOWN: dict[str, Value] = dict.fromkeys(SOLD)


def sales(by: By, *rows: MetricsRow) -> MetricsTable:
    return MetricsTable(Source.SALES, by, PERIOD, date(2026, 11, 20), rows)


def test_json_has_the_promised_shape() -> None:
    table = sales(By.APP, MetricsRow(AppKey("1", "Tide"), SOLD), MetricsRow(AppKey("2", "Moon"), UNKNOWN))
    shape = as_json(table)
    assert shape["source"] == "sales"
    assert shape["period"] == {"from": "2026-11-19", "to": "2026-11-21", "complete_to": "2026-11-20"}
    first, second = shape["rows"]
    assert first["app"] == {"id": "1", "name": "Tide"}
    assert (first["downloads"], first["refunds"]) == (5, 1)
    assert first["proceeds"] == [
        {"amount": "0.6993", "currency": "EUR"},
        {"amount": "3.50", "currency": "USD"},
    ]
    assert (second["downloads"], second["proceeds"]) == (None, None)


@pytest.mark.parametrize(
    ("by", "key", "expected"),
    [
        (By.COUNTRY, "XKS", {"territory": "XKS"}),
        (By.DAY, date(2026, 11, 20), {"day": "2026-11-20"}),
        (
            By.PRODUCT,
            ProductKey("tide.tips", "Tip", "IA1"),
            {"product": {"sku": "tide.tips", "title": "Tip", "type": "IA1"}},
        ),
    ],
)
def test_keys_of_the_other_breakdowns(by: By, key: str | date | ProductKey, expected: object) -> None:
    (row,) = as_json(sales(by, MetricsRow(key, SOLD)))["rows"]
    assert {name: row[name] for name in row if name not in SOLD} == expected


def test_csv_has_a_column_a_currency_and_leaves_the_unpublished_empty() -> None:
    table = sales(By.DAY, MetricsRow(date(2026, 11, 20), SOLD), MetricsRow(date(2026, 11, 21), UNKNOWN))
    headers, rows, text_columns = as_csv(table)
    assert headers[-2:] == ["proceeds_EUR", "proceeds_USD"]
    assert rows[0][:2] == ["2026-11-20", 5]
    assert set(rows[1][1:]) == {""}
    assert text_columns == {0}


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("3.5", "3.50"),
        ("35", "35.00"),
        ("0.6993", "0.6993"),
        ("1E+3", "1000.00"),
        ("-2.10", "-2.10"),
        ("0", "0.00"),
    ],
)
def test_amounts_keep_every_digit_and_have_at_least_cents(amount: str, text: str) -> None:
    assert decimal_text(Decimal(amount)) == text
