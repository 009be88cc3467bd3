"""Report files with everything wrong in them: facts that fit the store, or one sentence."""

from __future__ import annotations

import gzip
import io
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.metrics.report_files import FileStatus, ReportFile, ReportSpan
from ascinbox.core.metrics.reports import ANALYTICS_REPORTS, Dataset
from ascinbox.core.text import clean_line
from ascinbox.paths import Paths
from ascinbox.sources.apple.reports import (
    LARGEST,
    parse_analytics,
    parse_finance,
    parse_sales,
    parse_subscription_events,
    parse_subscriptions,
)
from ascinbox.store.store import Store
from tests.hostile.fuzzing import SEEDS, fuzz, spoiled
from tests.hostile.payloads import ATTACKS
from tests.hostile.plant import NOW
from tests.sources.apple.report_files import (
    APP_DOWNLOADS,
    FINANCE_DETAIL,
    FINANCIAL,
    SALES_1_0,
    SUBSCRIPTION_1_3,
    SUBSCRIPTION_EVENT,
    sale,
    table,
)

DAY = date(2026, 11, 19)
CELLS: tuple[object, ...] = (
    "", " ", "0", "-1", "1.5", "9e999999", "1e-999999", "9" * 70, "999999999999", "-999999999999", "NaN",
    "Infinity", "1_000", "1,000", "٣", "0x10", "11/19/2026", "13/45/2026", "00/00/0000", "2026-11-18", "US",
    "9999-12-31", "DEU", "ZZZZ", "1F", "Total_Rows", '"', "=1+1",
    *(re.sub("[\ud800-\udfff\\s]", " ", attack) for attack in ATTACKS.values()),
)  # fmt: skip
SUBSCRIBED = {
    "App Apple ID": "1",
    "Subscription Name": "Yearly",
    "Subscription Apple ID": "9",
    "Country": "DE",
}
EVENT = {**SUBSCRIBED, "Event Date": "2026-11-19", "Event": "Renew", "Quantity": "2"}
SOLD = {
    "Start Date": "11/02/2025", "End Date": "11/29/2025", "Vendor Identifier": "tide", "Quantity": "1",
    "Extended Partner Share": "0.70", "Partner Share Currency": "USD", "Apple Identifier": "1",
    "Title": "Tide", "Product Type Identifier": "1F", "Country Of Sale": "US",
    "Transaction Date": "10/30/2025", "Settlement Date": "11/05/2025", "SKU": "tide",
    "Country of Sale": "DE", "Sale or Return": "S",
}  # fmt: skip
COUNTED = {
    "Date": "2026-11-18", "App Apple Identifier": "1", "Territory": "DE", "Counts": "12",
    "Download Type": "First-time Download",
}  # fmt: skip
PERIOD = FiscalPeriod(2026, 2)
FILES: tuple[tuple[Any, Mapping[str, object], Callable[[io.BytesIO], list[Any]]], ...] = (
    (SALES_1_0, sale(), parse_sales),
    (SUBSCRIPTION_1_3, SUBSCRIBED, lambda file: parse_subscriptions(file, DAY)),
    (SUBSCRIPTION_EVENT, EVENT, parse_subscription_events),
    (FINANCIAL, SOLD, lambda file: parse_finance(file, PERIOD)),
    (FINANCE_DETAIL, SOLD, lambda file: parse_finance(file, PERIOD)),
)


def file_of(header: Any, row: Mapping[str, object], chance: random.Random) -> bytes:
    """A file with some odd cells, odd bytes, or both; packed or not."""
    rows = []
    for _ in range(chance.randint(0, 3)):
        odd = {chance.choice(header): chance.choice(CELLS) for _ in range(chance.choice((0, 0, 1, 2)))}
        rows.append({**row, **odd})
    content = table(header, rows, separator=chance.choice("\t\t\t,"))
    if chance.random() < 0.6:
        content = spoiled(content, chance)
    if chance.random() < 0.4:
        content = gzip.compress(content, mtime=0)
        if chance.random() < 0.4:
            content = spoiled(content, chance, 1)
    return content


def check(facts: list[Any]) -> None:
    """Every value can be stored: figures in bounds, texts clean, dates dates."""
    for fact in facts:
        for value in astuple(fact):
            if isinstance(value, str):
                assert value == clean_line(value)
            elif isinstance(value, int | Decimal):
                assert -LARGEST < value < LARGEST
            else:
                assert isinstance(value, date)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("facts")
    opened = Store.open(Paths.under(folder), ShiftedClock(NOW))
    yield opened
    opened.close()


@fuzz("sales")
@given(SEEDS)
@example(0)
def test_any_sales_or_finance_file_gives_facts_or_a_sentence(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    header, row, read = chance.choice(FILES)
    try:
        facts = read(io.BytesIO(file_of(header, row, chance)))
    except UnexpectedAnswer as error:
        assert error.title
        return
    check(facts)
    if read is parse_sales and facts and chance.random() < 0.2:
        store.reports.save_sales(
            ReportFile("8500", Dataset.SALES, ReportSpan.DAY, DAY, FileStatus.STORED, NOW), facts
        )


@fuzz("analytics")
@given(SEEDS)
def test_any_analytics_segment_gives_facts_or_a_sentence(seed: int) -> None:
    chance = random.Random(seed)
    report = chance.choice(ANALYTICS_REPORTS)
    header = list(dict.fromkeys([*APP_DOWNLOADS, *(m.value for m in report.measures)]))
    try:
        facts = parse_analytics(io.BytesIO(file_of(header, COUNTED, chance)), report)
    except UnexpectedAnswer as error:
        assert error.title
        return
    check(facts)
