"""What Apple names in a new way is never dropped in silence: it counts, or a note of the table names it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.table import MetricsTable
from tests.workers.simulated_apple import Apple, Desk
from tests.workers.test_metrics import NOW, Numbers

DAYS = (date(2026, 11, 14), date(2026, 11, 16))


@pytest.fixture
def numbers(make_apple: Callable[..., Apple], desk: Desk) -> Numbers:
    apple = make_apple(apps=2, reviews=10, clock=ShiftedClock(NOW))
    desk.apple = apple
    made = Numbers(apple, desk, days=10)
    for app_id in made.world.apps:
        made.analytics.ask(app_id, "ONGOING", (NOW - timedelta(days=9)).timestamp())
    return made


def note(table: MetricsTable) -> str:
    (found,) = (each for each in table.notes if each.startswith("Counted as other"))
    return found


@pytest.mark.slow
def test_download_types_without_a_figure_are_named(numbers: Numbers) -> None:
    assert numbers.fetch("analytics").ok
    ways = (By.APP, By.DAY, By.COUNTRY)
    told = {by: note(numbers.table(Source.ANALYTICS, by, *DAYS)) for by in ways}
    for by, words in told.items():
        for label in ("Auto-update", "Manual update", "Restore", "Institutional purchase", "Tap"):
            assert label in words, by
        assert "First-time" not in words, by
        assert "Redownload" not in words, by
    # A restated day replaces what was counted apart as well.
    assert numbers.fetch("analytics", full=True).ok
    for by in ways:
        assert note(numbers.table(Source.ANALYTICS, by, *DAYS)) == told[by], by


@pytest.mark.slow
def test_subscription_events_are_mapped_or_named(numbers: Numbers) -> None:
    assert numbers.fetch("sales").ok
    table = numbers.table(Source.SUBSCRIPTIONS, By.APP, *DAYS)
    assert note(table).startswith("Counted as other: Upgrade ")
    assert "Offer" not in note(table)
    assert "Cancel" not in note(table)
