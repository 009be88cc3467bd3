"""Google Play over time: what the week's window costs, how often it is asked, and the hour's requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ascinbox.core.health.evidence import HealthState, Verdict
from ascinbox.core.records import Account, App, Credential
from ascinbox.simulator.play.app import PlayFault, PlaySimulator
from ascinbox.simulator.play.world import make_play_world
from ascinbox.simulator.server import serve_in_thread
from ascinbox.workers.workspace import Workspace
from tests.workers.clocks import StepClock
from tests.workers.simulated_apple import Desk

TIDE, MOON = "com.example.tide", "com.example.moon"
NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


class PlayDays:
    """A home that is linked to a Google Play, at a clock that both go by."""

    def __init__(self, folder: Path, sim: PlaySimulator, url: str, clock: StepClock) -> None:
        self.sim, self.clock = sim, clock
        self.desk = Desk(folder / "home")
        (key,) = sim.world.accounts.values()
        file = key.write(folder / "keys", f"{url}/token")
        self.key_id = key.key_id
        credential = Credential(
            *("service_account", key.key_id, key.email, f"file:{file.resolve()}"),
            apps=(TIDE, MOON),
            bucket=sim.world.bucket,
        )
        self.account = Account(0, "Android", None, ("reviews", "reply"), (credential,), store="play")
        self.apps = [App(name, name, name) for name in (TIDE, MOON)]

    def open(self, *, link: bool = False) -> Workspace:
        space = self.desk.open(clock=self.clock)
        if link:
            space.store.call(lambda store: store.accounts.add(self.account, self.apps))
        return space

    def gets(self) -> int:
        return self.sim.gets(TIDE) + self.sim.gets(MOON)

    def left(self, space: Workspace) -> int | None:
        """What is left of the hour, as Health and Accounts show it."""
        (report,) = space.health.matrix().accounts
        return report.budgets[self.key_id].hour_left

    def close(self) -> None:
        for space in self.desk.opened:
            space.close()


@pytest.fixture
def days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayDays]:
    clock = StepClock(NOW)
    sim = PlaySimulator(make_play_world(7, NOW, packages=(TIDE, MOON), reviews=20), clock=clock)
    with serve_in_thread(sim) as served:
        monkeypatch.setenv("ASCINBOX_PLAY_URL", served.url)
        monkeypatch.setenv("ASCINBOX_PLAY_STORAGE_URL", served.url)
        made = PlayDays(tmp_path, sim, served.url, clock)
        yield made
        made.close()


def reviews_of(space: Workspace) -> Verdict:
    """What Health says of reviews, asked anew."""
    return space.health.check().accounts[0].cells["reviews"].verdict


def test_five_days_without_a_sync_are_critical_because_the_api_shows_a_week(days: PlayDays) -> None:
    space = days.open(link=True)
    assert space.sync.run().ok
    assert (reviews_of(space).state, reviews_of(space).severity) == (HealthState.OK, 0)
    days.clock.advance(timedelta(days=4, hours=23).total_seconds())
    assert (reviews_of(space).state, reviews_of(space).severity) == (HealthState.STALE, 1)
    days.clock.advance(timedelta(hours=2).total_seconds())
    verdict = reviews_of(space)
    assert (verdict.state, verdict.severity) == (HealthState.STALE, 2)
    assert "for 7 days only" in verdict.detail
    assert "ascinbox import" in verdict.detail
    assert space.health.exit_code() == 2
    assert space.sync.run().ok
    assert (reviews_of(space).state, space.health.exit_code()) == (HealthState.OK, 0)


def test_a_failed_sync_is_no_sync(days: PlayDays) -> None:
    space = days.open(link=True)
    space.sync.run(datasets=("reviews",))
    for _ in range(6):
        days.clock.advance(86_400)
        days.sim.faults.append(PlayFault("/applications/", "status", times=2, status=400))
        assert not space.sync.run(datasets=("reviews",)).ok
    assert reviews_of(space).severity == 2


def test_what_runs_by_itself_asks_every_thirty_minutes_and_a_person_at_any_time(days: PlayDays) -> None:
    space = days.open(link=True)
    space.sync.run(datasets=("reviews",), regular=True)
    first = days.gets()
    assert first > 0
    days.clock.advance(15 * 60)
    space.sync.run(datasets=("reviews",), regular=True)
    assert days.gets() == first
    days.clock.advance(15 * 60)
    space.sync.run(datasets=("reviews",), regular=True)
    assert first < days.gets() <= first + 4
    space.sync.run(datasets=("reviews",))
    assert days.gets() > first + 2


@pytest.mark.slow
def test_the_hour_is_counted_shown_and_kept_over_restarts(days: PlayDays) -> None:
    space = days.open(link=True)
    space.sync.run(datasets=("reviews",))
    space.close()
    used = max(days.sim.gets(TIDE), days.sim.gets(MOON))
    space = days.open()
    assert days.left(space) == 200 - used
    before = days.gets()
    for _ in range(200):
        days.clock.advance(6)
        result = space.sync.run(datasets=("reviews",)).accounts[0].datasets["reviews"]
        if result.waiting_until is not None:
            break
    assert "waits for this key's next requests" in result.detail
    most = max(days.sim.gets(TIDE), days.sim.gets(MOON))
    # 15 of 100 are kept for replies.
    assert 165 <= most <= 170
    assert days.left(space) == 200 - most
    space.close()

    space = days.open()
    assert days.left(space) == 200 - most
    before = days.gets()
    held = space.sync.run(datasets=("reviews",)).accounts[0].datasets["reviews"]
    assert held.waiting_until is not None
    assert days.gets() == before
    days.clock.advance(3600)
    assert space.sync.run(datasets=("reviews",)).ok
    assert days.gets() > before


def test_a_limit_that_google_names_is_waited_for_by_every_program(days: PlayDays) -> None:
    space = days.open(link=True)
    space.sync.run(datasets=("reviews",))
    days.sim.faults.append(
        PlayFault(
            "/applications/", "status", times=1, status=429, reason="rateLimitExceeded", retry_after="600"
        )
    )
    limited = space.sync.run(datasets=("reviews",))
    assert limited.retry_at == days.clock.now() + timedelta(seconds=600)
    space.close()
    space = days.open()
    before = days.gets()
    assert not space.sync.run(datasets=("reviews",)).ok
    assert days.gets() == before
    days.clock.advance(601)
    assert space.sync.run(datasets=("reviews",)).ok


def test_the_bucket_is_read_once_a_day_and_then_only_what_may_have_changed(days: PlayDays) -> None:
    space = days.open()
    account = replace(days.account, features=("reviews", "reply", "bulk_reports"))
    space.store.call(lambda store: store.accounts.add(account, days.apps))

    def downloads() -> list[str]:
        names = [seen.path.rpartition("_")[2] for seen in days.sim.seen if "/o/" in seen.path]
        days.sim.seen.clear()
        return sorted(names)

    assert space.sync.run(datasets=("history",)).ok
    whole = downloads()
    assert whole[0] < "202610"
    space.sync.run(datasets=("history",))
    assert downloads() == []
    days.clock.advance(21 * 3600)
    result = space.sync.run(datasets=("history",)).accounts[0].datasets["history"]
    assert (result.ok, result.new) == (True, 0)
    assert downloads() == [name for name in whole if name >= "202610"]
    days.sim.faults.append(PlayFault("/storage/", "status", times=9, status=403))
    days.clock.advance(21 * 3600)
    failed = space.sync.run(datasets=("history",)).accounts[0].datasets["history"]
    assert not failed.ok
    assert failed.detail
