"""Public ratings from the look-up to the figures: off until switched on, once a day, each gap a gap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ascinbox.core.errors import UsageError
from ascinbox.core.health.evidence import HealthState, Verdict
from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.table import MetricsTable, Selection, Value
from ascinbox.core.records import Account
from ascinbox.workers.metrics.reports.public_ratings import lookup_address
from ascinbox.workers.runtime.results import DatasetResult
from tests.workers.clocks import StepClock
from tests.workers.simulated_apple import Apple, Desk

FIRST = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
FEATURES = ("reviews", "ratings")


class Lookups:
    """A linked account with one app, whose reviews are cached, at a clock that is stepped by days."""

    def __init__(self, make_apple: Callable[..., Apple], desk: Desk) -> None:
        self.clock = StepClock(FIRST)
        self.apple = make_apple(apps=1, reviews=40, clock=self.clock)
        desk.apple = self.apple
        self.space = desk.open(self.apple.account(features=FEATURES), clock=self.clock)
        self.space.sync.run(datasets=("reviews",))
        (self.app_id,) = self.apple.app_ids
        self.places = sorted({review.territory for review in self.apple.reviews_of(self.app_id)})
        assert len(self.places) > 3

    @property
    def account(self) -> Account:
        return self.space.store.call(lambda store: store.accounts.list())[0]

    def show(self, count: int, average: float = 4.5, *places: str) -> None:
        """What the store shows from now on, in these storefronts or in all."""
        shown = self.apple.simulator.world.public_ratings
        shown.update({(self.app_id, place): (count, average) for place in places or self.places})

    def sync(self) -> DatasetResult:
        (account,) = self.space.sync.run(datasets=("ratings",)).accounts
        return account.datasets["ratings"]

    def next_day(self) -> None:
        self.clock.advance(86_400)

    def asked(self) -> list[str]:
        return [seen.query for seen in self.apple.simulator.ledger.requests if seen.path == "/lookup"]

    def table(self, by: By = By.APP, days: int = 3) -> MetricsTable:
        last = self.clock.now().date()
        return self.space.metrics.table(
            Selection(Source.RATINGS, by, Period(last - timedelta(days=days - 1), last))
        )

    def figures(self, by: By = By.APP, days: int = 3) -> list[tuple[Value, Value, Value]]:
        rows = self.table(by, days).rows
        return [(r.figures["new_ratings"], r.figures["ratings"], r.figures["average"]) for r in rows]

    def verdict(self) -> Verdict:
        return self.space.health.matrix().accounts[0].cells["ratings"].verdict


@pytest.fixture
def lookups(make_apple: Callable[..., Apple], desk: Desk) -> Lookups:
    return Lookups(make_apple, desk)


def test_nothing_is_asked_until_it_is_switched_on(lookups: Lookups) -> None:
    lookups.space.accounts.set_features(lookups.account, ("reviews",))
    assert lookups.space.sync.run(datasets=("ratings",)).accounts[0].datasets == {}
    lookups.space.sync.run()
    assert lookups.asked() == []
    assert "ratings" not in lookups.space.health.matrix().accounts[0].cells
    assert "are off" in lookups.table().notes[0]


def test_each_storefront_with_reviews_is_asked_once_a_day_and_without_a_key(lookups: Lookups) -> None:
    lookups.show(100)
    first = lookups.sync()
    assert (first.ok, first.requests, first.new) == (True, len(lookups.places), len(lookups.places))
    assert len(lookups.asked()) == len(lookups.places)
    assert all(f"id={lookups.app_id}&country=" in query for query in lookups.asked())
    # The simulator refuses a request with a token or a cookie.
    assert {s.status for s in lookups.apple.simulator.ledger.requests if s.path == "/lookup"} == {200}
    assert lookups.sync().requests == 0
    lookups.next_day()
    assert lookups.sync().requests == len(lookups.places)


def test_new_ratings_are_what_two_looks_differ_by(lookups: Lookups) -> None:
    many = len(lookups.places)
    lookups.show(100, 4.5)
    lookups.sync()
    assert lookups.figures() == [(None, 100 * many, Decimal("4.5"))]
    lookups.next_day()
    lookups.show(103, 4.25)
    lookups.sync()
    assert lookups.figures() == [(3 * many, 103 * many, Decimal("4.25"))]
    assert [row[0] for row in lookups.figures(By.DAY)] == [None, None, 3 * many]
    by_country = lookups.table(By.COUNTRY)
    assert [row.key for row in by_country.rows] == lookups.places
    assert {row.figures["new_ratings"] for row in by_country.rows} == {3}
    assert by_country.complete_to == lookups.clock.now().date()
    assert by_country.total is not None
    assert by_country.total["new_ratings"] == 3 * many


def test_a_day_without_a_sync_is_a_gap_and_its_ratings_are_not_lost(lookups: Lookups) -> None:
    many = len(lookups.places)
    lookups.show(100)
    lookups.sync()
    lookups.next_day()
    lookups.next_day()
    lookups.show(110)
    lookups.sync()
    assert [row[0] for row in lookups.figures(By.DAY)] == [None, None, None]
    assert lookups.figures(days=2)[0][0] == 10 * many
    assert lookups.figures(days=1)[0][0] is None


def test_a_storefront_that_fails_makes_the_day_unknown_never_small(lookups: Lookups) -> None:
    lookups.show(100)
    lookups.sync()
    lookups.next_day()
    lookups.show(105)
    lookups.apple.simulator.faults.add("status", path="/lookup", status=500, times=2)
    failed = lookups.sync()
    assert not failed.ok
    assert "500" in failed.detail
    lookups.sync()
    assert lookups.figures(By.DAY)[-1][0] == 5 * len(lookups.places)


def test_too_many_requests_are_waited_out_and_what_came_is_kept(lookups: Lookups) -> None:
    lookups.show(100)
    lookups.sync()
    lookups.next_day()
    lookups.show(105)
    lookups.apple.simulator.faults.add("status", path="/lookup", status=403, times=1)
    limited = lookups.sync()
    assert limited.ok
    assert limited.waiting_until == lookups.clock.now() + timedelta(minutes=5)
    before = len(lookups.asked())
    lookups.sync()
    assert len(lookups.asked()) == before
    lookups.clock.advance(301)
    assert lookups.sync().waiting_until is None
    assert lookups.figures()[0][0] == 5 * len(lookups.places)


def test_an_app_that_is_not_sold_somewhere_is_unknown_there(lookups: Lookups) -> None:
    lookups.show(100)
    gone, *rest = lookups.places
    lookups.apple.simulator.world.public_ratings[lookups.app_id, gone] = None
    lookups.sync()
    rows = {row.key: row.figures for row in lookups.table(By.COUNTRY).rows}
    assert rows[gone] == {"new_ratings": None, "ratings": None, "average": None}
    assert rows[rest[0]]["ratings"] == 100


def test_a_span_is_compared_with_the_one_before(lookups: Lookups) -> None:
    for number, count in enumerate((100, 102, 104, 109, 114)):
        lookups.show(count)
        lookups.sync()
        if number < 4:
            lookups.next_day()
    last = lookups.clock.now().date()
    sides = lookups.space.metrics.compared(
        Selection(Source.RATINGS, By.APP, Period(last - timedelta(days=1), last))
    )
    many = len(lookups.places)
    assert [row.figures["new_ratings"] for row in sides.now.rows] == [10 * many]
    assert [row.figures["new_ratings"] for row in sides.before.rows] == [4 * many]
    assert sides.compared_days() == 2


def test_health_tells_how_the_last_look_up_went_and_asks_nobody(lookups: Lookups) -> None:
    assert (lookups.verdict().state, lookups.verdict().severity) == (HealthState.PENDING, 0)
    lookups.show(100)
    lookups.sync()
    before = len(lookups.asked())
    lookups.space.health.check()
    assert len(lookups.asked()) == before
    assert (lookups.verdict().state, lookups.verdict().severity) == (HealthState.OK, 0)

    lookups.next_day()
    lookups.apple.simulator.faults.add("drop", path="/lookup", times=99)
    assert not lookups.sync().ok
    assert (lookups.verdict().state, lookups.verdict().severity) == (HealthState.OFFLINE, 1)
    assert "broke off" in lookups.verdict().detail

    lookups.clock.advance(3 * 86_400)
    assert (lookups.verdict().state, lookups.verdict().severity) == (HealthState.STALE, 2)
    assert "Public ratings" in lookups.verdict().detail


def test_unlinking_removes_them(lookups: Lookups) -> None:
    lookups.show(100)
    lookups.sync()
    span = (date(2026, 1, 1), date(2026, 12, 31))

    def rows() -> object:
        return lookups.space.store.call(lambda store: store.public_ratings.looks([lookups.app_id], span))

    assert rows()
    lookups.space.accounts.unlink(lookups.account.name)
    assert rows() == {}


def test_google_play_has_none(lookups: Lookups) -> None:
    from dataclasses import replace

    with pytest.raises(UsageError, match="Google Play has no public ratings"):
        lookups.space.accounts.set_features(replace(lookups.account, store="play"), FEATURES)


@pytest.mark.parametrize(
    ("api", "named", "address"),
    [
        (None, None, None),
        ("http://127.0.0.1:9", None, "http://127.0.0.1:9"),
        ("https://proxy.example", None, None),
        ("http://127.0.0.1:9", "http://127.0.0.1:8", "http://127.0.0.1:8"),
    ],
)
def test_a_stand_in_for_apple_on_this_machine_stands_in_here_too(
    api: str | None, named: str | None, address: str | None
) -> None:
    class Space:
        base_url = api
        environ = {"ASCINBOX_RATINGS_URL": named} if named else {}

    space: Any = Space()
    assert lookup_address(space) == address
