"""Reporter as the second source: the same figures by token alone, and where the key may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.metrics.table import AppKey
from ascinbox.core.records import Credential, CredentialKind
from tests.workers.simulated_apple import Apple, Desk
from tests.workers.test_metrics import NOW, Numbers, downloads, money


@pytest.fixture
def numbers(make_apple: Callable[..., Apple], desk: Desk) -> Numbers:
    apple = make_apple(apps=2, reviews=10, clock=ShiftedClock(NOW))
    desk.apple = apple
    return Numbers(apple, desk, days=20)


def token(numbers: Numbers, folder: Path) -> Credential:
    """The team's access token, in a file of its own."""
    path = folder / "reporter.token"
    path.write_text(numbers.team.reporter_token, "ascii")
    path.chmod(0o600)
    return Credential(CredentialKind.REPORTER, "reporter", None, f"file:{path}")


def check(numbers: Numbers) -> None:
    """Every figure of a short and of an old period equals the trade."""
    for start, end in ((date(2026, 11, 5), date(2026, 11, 17)), (date(2026, 3, 1), date(2026, 3, 31))):
        sold = numbers.trade.between(start, end)
        for row in numbers.table(Source.SALES, By.APP, start, end).rows:
            assert isinstance(row.key, AppKey)
            own = [sale for sale in sold if sale.app_id == row.key.id]
            assert row.figures["downloads"] == downloads(own)
            assert row.figures["proceeds"] == money(own)
    fiscal = FiscalPeriod(2027, 1)
    total: dict[str, Decimal] = {}
    for row in numbers.table(Source.FINANCE, By.APP, fiscal.start, fiscal.end).rows:
        amounts = row.figures["proceeds"]
        assert isinstance(amounts, dict)
        for currency, amount in amounts.items():
            total[currency] = total.get(currency, Decimal(0)) + amount
    assert total == money(s for s in numbers.trade.between(fiscal.start, fiscal.end) if s.each)


@pytest.mark.slow
def test_a_token_alone_gives_the_same_figures(numbers: Numbers, tmp_path: Path) -> None:
    numbers.account = replace(numbers.account, credentials=(token(numbers, tmp_path),))
    for dataset in ("sales", "finance"):
        result = numbers.fetch(dataset)
        assert result.ok, result.detail
    check(numbers)


@pytest.mark.slow
def test_where_the_key_may_not_the_token_does(numbers: Numbers, tmp_path: Path) -> None:
    weak = numbers.apple.credential(numbers.apple.key("CUSTOMER_SUPPORT"))
    alone = replace(numbers.account, credentials=(weak,))
    numbers.account = alone
    assert not numbers.fetch("finance").ok
    numbers.account = replace(alone, credentials=(weak, token(numbers, tmp_path)))
    for dataset in ("sales", "finance"):
        result = numbers.fetch(dataset)
        assert result.ok, result.detail
    check(numbers)
