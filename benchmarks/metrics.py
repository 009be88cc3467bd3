"""Figures at size: the Metrics screen over two years of twenty apps, and a sales file of a million rows.

python -m benchmarks.metrics
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import resource
import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.metrics.facts import SalesFact
from ascinbox.core.metrics.figures import By
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.report_files import FileStatus, ReportFile, ReportSpan
from ascinbox.core.metrics.reports import Dataset
from ascinbox.core.records import Account, App, Credential, CredentialKind
from ascinbox.paths import Paths
from ascinbox.simulator.files import SALES
from ascinbox.sources.apple.reports import parse_sales
from ascinbox.store.store import Store
from ascinbox.workers.metrics.currency_rates import Rates
from ascinbox.workers.metrics.overview import overview

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
APPS, DAYS, ROWS = 20, 730, 1_000_000
PLACES = [("USA", "USD"), ("DEU", "EUR"), ("JPN", "JPY"), ("GBR", "GBP"), ("BRA", "BRL"), ("FRA", "EUR")] + [
    (f"T{n:02d}", "USD") for n in range(24)
]
KINDS = ("1F", "3F", "7F", "IA1")


def day_of_facts(day: date, rng: random.Random) -> list[SalesFact]:
    """One day of every app in every storefront."""
    return [
        SalesFact(
            day=day, end=day, apple_id=str(app), parent_sku="", sku=f"sku{app}", title=f"App {app}",
            product_type=kind, territory=place, currency=currency, units=Decimal(rng.randrange(1, 40)),
            refunds=Decimal(0), proceeds=Decimal(rng.randrange(0, 4000)) / 100,
        )
        for app in range(1, APPS + 1)
        for kind in KINDS
        for place, currency in PLACES
    ]  # fmt: skip


def fill(store: Store) -> None:
    """Two years of daily files."""
    credential = Credential(CredentialKind.TEAM, "BENCHBENCH", "issuer", "file:none")
    account = store.accounts.add(Account(0, "Bench", "80000000", ("sales",), (credential,)))
    apps = [App(str(n), f"App {n}", f"example.app{n}", f"sku{n}") for n in range(1, APPS + 1)]
    store.accounts.save_apps(account.id, apps)
    rng = random.Random(7)
    for back in range(DAYS):
        day = date(2026, 11, 20) - timedelta(days=back)
        file = ReportFile("80000000", Dataset.SALES, ReportSpan.DAY, day, FileStatus.STORED, NOW)
        store.reports.save_sales(file, day_of_facts(day, rng))


def sales_file(rows: int) -> bytes:
    """A packed sales file with `rows` rows."""
    rng = random.Random(3)
    lines = []
    for number in range(5_000):
        row = dict.fromkeys(SALES, " ") | {
            "SKU": f"sku{number % 300}", "Title": f"App {number % 300}", "Product Type Identifier": "1F",
            "Units": str(rng.choice([1, 2, 3, -1])), "Developer Proceeds": rng.choice(["0.70", "3.49"]),
            "Begin Date": "11/19/2026", "End Date": "11/19/2026",
            "Country Code": rng.choice(["US", "DE", "JP"]),
            "Currency of Proceeds": rng.choice(["USD", "EUR"]), "Apple Identifier": str(1000 + number % 300),
        }  # fmt: skip
        lines.append("\t".join(row[name] for name in SALES))
    block = "\n".join(lines) + "\n"
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
        file.write(("\t".join(SALES) + "\n").encode())
        for _ in range(rows // 5_000):
            file.write(block.encode())
    return packed.getvalue()


def main() -> None:
    """Prints one line a figure."""
    packed = sales_file(ROWS)
    bare, ours = [], []
    for _ in range(3):
        started = time.perf_counter()
        text = io.TextIOWrapper(gzip.GzipFile(fileobj=io.BytesIO(packed)), "utf-8", newline="")
        sum(1 for _ in csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE))
        bare.append(time.perf_counter() - started)
        with tempfile.TemporaryDirectory() as folder:
            store = Store.open(Paths.under(Path(folder)), ShiftedClock(NOW))
            started = time.perf_counter()
            day = date(2026, 11, 19)
            file = ReportFile("1", Dataset.SALES, ReportSpan.DAY, day, FileStatus.STORED, NOW)
            store.reports.save_sales(file, parse_sales(io.BytesIO(packed)))
            ours.append(time.perf_counter() - started)
            store.close()
    ratio = statistics.median(o / b for o, b in zip(ours, bare, strict=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"sales file of {ROWS:,} rows, parsed and stored: {statistics.median(ours):.2f} s, "
          f"{ratio:.2f}x of csv.reader alone, peak {peak:.0f} MB")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Paths.under(Path(folder)), ShiftedClock(NOW))
        fill(store)
        for name, days, by in (("28 days by app", 28, By.APP), ("28 days by country", 28, By.COUNTRY),
                               ("28 days by product", 28, By.PRODUCT), ("90 days by app", 90, By.APP),
                               ("90 days by country", 90, By.COUNTRY), ("a year by app", 365, By.APP),
                               ("a year by country", 365, By.COUNTRY)):  # fmt: skip
            end = date(2026, 11, 20)
            period = Period(end - timedelta(days=days - 1), end)
            times = []
            for _ in range(7):
                started = time.perf_counter()
                overview(store, by, period, date(2026, 11, 21), Rates(""))
                times.append((time.perf_counter() - started) * 1000)
            print(f"{name}, {APPS} apps, {DAYS} days cached: {statistics.median(times):.0f} ms")
        store.close()


if __name__ == "__main__":
    main()
