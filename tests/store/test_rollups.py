"""What is kept added up equals what it is added up from: after corrections, empty days and the migration."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.metrics.facts import SalesFact
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.report_coverage import Grain, Piece
from ascinbox.core.metrics.report_files import FileStatus, ReportFile, ReportSpan
from ascinbox.core.metrics.reports import Dataset
from ascinbox.paths import Paths
from ascinbox.store.migrations import cache, migrate
from ascinbox.store.store import Store

NOW = datetime(2026, 11, 21, 20, tzinfo=UTC)
FIRST, LAST = date(2025, 12, 20), date(2026, 3, 10)


def facts(day: date, factor: int = 1) -> list[SalesFact]:
    return [
        SalesFact(
            day, day, str(app), "", f"s{app}", f"App {app}", kind, place, currency,
            Decimal(factor * (app + day.day)), Decimal(app % 2), Decimal(day.day * factor) / 100,
        )
        for app in range(3)
        for kind in ("1F", "IA1")
        for place, currency in (("USA", "USD"), ("DEU", "EUR"))
    ]  # fmt: skip


def fill(store: Store) -> None:
    for back in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=back)
        file = ReportFile("8", Dataset.SALES, ReportSpan.DAY, day, FileStatus.STORED, NOW)
        store.reports.save_sales(file, facts(day))
    for day in (FIRST, date(2026, 1, 31), LAST):
        file = ReportFile("8", Dataset.SALES, ReportSpan.DAY, day, FileStatus.STORED, NOW)
        store.reports.save_sales(file, facts(day, 3))
    store.reports.note(
        ReportFile("8", Dataset.SALES, ReportSpan.DAY, date(2026, 2, 2), FileStatus.EMPTY, NOW)
    )


def check(store: Store, period: Period) -> None:
    """Sums from weeks and months against those of single days."""
    pieces = (Piece(Grain.DAY, period),)
    numbers = sorted(store.figures.products(["8"]))
    quick = {(s.product, s.currency): s for s in store.figures.sales("8", pieces, None)}
    slow: dict[tuple[int, str], int] = {}
    for each in store.figures.sales("8", pieces, "day"):
        key = (each.product, each.currency)
        slow[key] = slow.get(key, 0) + each.units
    assert {key: each.units for key, each in quick.items()} == slow
    products = store.figures.products(["8"])
    for without in ([], numbers[:2]):
        places: dict[tuple[str, str, str], tuple[int, int, int]] = {}
        for each in store.figures.sales("8", pieces, "territory"):
            if each.product in without:
                continue
            place = (products[each.product].kind.value, str(each.group), each.currency)
            before = places.get(place, (0, 0, 0))
            amounts = (each.units, each.refunds, each.proceeds)
            places[place] = (before[0] + amounts[0], before[1] + amounts[1], before[2] + amounts[2])
        told = {
            (kind.value, str(s.group), s.currency): (s.units, s.refunds, s.proceeds)
            for kind, s in store.figures.places("8", pieces, without)
        }
        assert told == places
    only = store.figures.sales("8", pieces, "territory", numbers[:1])
    assert only == [s for s in store.figures.sales("8", pieces, "territory") if s.product == numbers[0]]


PERIODS = (
    Period(FIRST, LAST),
    Period(date(2026, 1, 5), date(2026, 2, 8)),
    Period(date(2026, 1, 1), date(2026, 1, 31)),
    Period(date(2026, 2, 3), date(2026, 2, 3)),
)


@pytest.mark.parametrize("period", PERIODS, ids=lambda period: f"{period.start} to {period.end}")
def test_sums_of_weeks_and_months_are_those_of_their_days(tmp_path: Path, period: Period) -> None:
    store = Store.open(Paths.under(tmp_path), ShiftedClock(NOW))
    try:
        fill(store)
        check(store, period)
    finally:
        store.close()


def test_a_file_full_of_sales_is_not_called_damaged(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path)
    store = Store.open(paths, ShiftedClock(NOW))
    fill(store)
    store.close()
    with sqlite3.connect(paths.cache_db) as file:
        assert file.execute("PRAGMA quick_check").fetchall() == [("ok",)]


def test_the_migration_adds_up_what_an_older_program_stored(tmp_path: Path) -> None:
    store = Store.open(Paths.under(tmp_path), ShiftedClock(NOW))
    fill(store)
    sums = {
        "sales_rollup": "scope, span, day, product, currency, units, refunds, proceeds",
        "sales_place": "scope, span, day, kind, territory, currency, units, refunds, proceeds",
    }
    wanted = {
        table: sorted(r for r in store.database.execute(f"SELECT {names} FROM cache.{table}") if any(r[-3:]))
        for table, names in sums.items()
    }
    store.database.connection.row_factory = sqlite3.Row
    stored = {
        table: list(map(dict, store.database.execute(f"SELECT * FROM cache.{table}")))
        for table in ("product", "sales_fact", "sales_total")
    }
    store.close()
    path = tmp_path / "older.db"
    older = sqlite3.connect(path)
    older.executescript(Path(__file__).with_name("fixtures").joinpath("cache-v2.sql").read_text("utf-8"))
    for table, rows in stored.items():
        older.execute(f"DELETE FROM {table}")
        marks = ", ".join(f":{name}" for name in rows[0])
        older.executemany(f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({marks})", rows)
    older.commit()
    older.close()
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("ATTACH ? AS cache", (str(path),))
    assert migrate(connection, cache.SCHEMA, "cache") == 2
    for table, names in sums.items():
        assert sorted(connection.execute(f"SELECT {names} FROM cache.{table}")) == wanted[table]
    connection.close()
