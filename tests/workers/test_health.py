"""Health over many accounts: verdicts kept with their past, never older than they say, and in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ascinbox.core.errors import UsageError
from ascinbox.core.events import HealthChanged, Notice
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.evidence import HealthState
from ascinbox.core.health.status import Status
from ascinbox.core.records import Account
from ascinbox.simulator.app import Simulator
from ascinbox.simulator.asgi import Receive, Scope, Send
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.roles import Task
from ascinbox.simulator.server import serve_in_thread
from ascinbox.simulator.world import SimulatedApp, Team, World
from ascinbox.sources.apple.source import apple_client
from ascinbox.store.hot.outbox import OutboxReads
from ascinbox.workers.workspace import Workspace
from tests.workers.clocks import MovedClock
from tests.workers.simulated_apple import Apple, Desk

ALL = ("reviews", "reply", "sales", "finance", "analytics", "users")
S = HealthState


def vendor(apple: Apple) -> str:
    return next(iter(apple.simulator.world.teams.values())).vendor


def account(apple: Apple, key: ApiKey | None = None, name: str = "North", **rest: object) -> Account:
    return apple.account(name, key, **{"features": ALL, "vendor": vendor(apple), **rest})


def states(space: Workspace, name: str | None = None) -> dict[str, HealthState]:
    return {n: cell.verdict.state for n, cell in space.health.matrix(name).accounts[0].cells.items()}


def test_before_the_first_check_nothing_is_known(desk: Desk, apple: Apple) -> None:
    space = desk.open(account(apple))
    assert set(states(space).values()) == {S.NEVER}
    assert space.health.exit_code() == 3
    assert apple.asked() == 0


def test_a_check_asks_once_a_capability_and_is_kept(desk: Desk, apple: Apple) -> None:
    space = desk.open(account(apple))
    events: list[object] = []
    space.subscribe(events.append)
    report = space.health.check()
    assert report.status is Status.OK
    assert states(space) == {
        "reviews": S.OK,
        "reply": S.ASSUMED,
        "sales": S.OK,
        "finance": S.OK,
        "analytics": S.PENDING,
        "users": S.OK,
    }
    assert apple.asked() == 6
    assert HealthChanged("North") in events
    again = desk.open()
    assert states(again) == states(space)
    credential = again.accounts.list()[0].primary
    assert credential.last_ok_at is not None
    assert again.health.matrix().accounts[0].budgets[credential.key_id].hour_left is not None


def test_only_what_is_older_than_asked_is_taken_again(desk: Desk, apple: Apple) -> None:
    clock = MovedClock()
    space = desk.open(account(apple), clock=clock)
    space.health.check()
    before = space.health.matrix().accounts[0].cells["sales"].verdict.checked_at
    asked = apple.asked()
    space.health.check(max_age=timedelta(hours=1))
    assert apple.asked() == asked
    clock.ahead = timedelta(hours=2)
    apple.simulator.settings.skew_s = 7200.0
    space.health.check(only=["sales"], max_age=timedelta(hours=1))
    cells = space.health.matrix().accounts[0].cells
    assert cells["sales"].verdict.checked_at != before
    assert cells["users"].verdict.checked_at == before
    space.health.check(max_age=timedelta(hours=1))
    assert space.health.matrix().accounts[0].cells["users"].verdict.checked_at != before


def test_a_change_is_remembered_and_told(desk: Desk, apple: Apple) -> None:
    key = apple.key()
    space = desk.open(account(apple))
    space.health.check()
    heard: list[object] = []
    space.subscribe(heard.append)
    key.refusals[Task.SALES] = "agreement"
    space.health.check()
    report = space.health.matrix().accounts[0]
    assert report.cells["sales"].verdict.state is S.CONTRACT
    assert "REQUIRED_AGREEMENTS" in report.cells["sales"].verdict.evidence
    assert report.cells["sales"].proved_at is not None
    assert [(c.capability, c.before, c.state) for c in report.changes] == [("sales", "ok", "contract")]
    notices = [event.text for event in heard if isinstance(event, Notice)]
    assert any("Sales was ok until" in text and "now contract" in text for text in notices)
    since = report.cells["sales"].since
    space.health.check()
    assert space.health.matrix().accounts[0].cells["sales"].since == since
    key.refusals.clear()
    space.health.check()
    assert [(c.before, c.state) for c in space.health.matrix().accounts[0].changes] == [
        ("contract", "ok"),
        ("ok", "contract"),
    ]


def test_one_refused_data_set_leaves_the_others_alone(desk: Desk, apple: Apple) -> None:
    apple.key().refusals[Task.SALES] = "role"
    space = desk.open(account(apple))
    space.health.check()
    found = states(space)
    assert found.pop("sales") is S.NO_ROLE
    assert S.NO_ROLE not in found.values()
    assert space.sync.run(datasets=["reviews"]).ok


def test_a_revoked_key_worked_until_a_time(desk: Desk, apple: Apple) -> None:
    space = desk.open(account(apple))
    space.health.check()
    apple.key().revoked = True
    space.health.check()
    cells = space.health.matrix().accounts[0].cells
    assert {cell.verdict.state for cell in cells.values()} == {S.REJECTED}
    assert "worked until" in cells["reviews"].verdict.detail
    assert space.health.exit_code() == 2
    assert apple.asked() < 40, "a refused key is not asked again and again"


def test_one_401_among_good_answers_is_no_verdict(desk: Desk, apple: Apple) -> None:
    apple.simulator.faults.add("status", path="/v1/users", status=401, times=1)
    space = desk.open(account(apple))
    assert space.health.check().status is Status.OK


@pytest.mark.parametrize("skew", [-300.0, 300.0])
def test_a_clock_five_minutes_off_is_corrected(skew: float, desk: Desk, apple: Apple) -> None:
    apple.simulator.settings.skew_s = skew
    space = desk.open(account(apple))
    assert space.health.check().status is Status.OK


def test_a_clock_an_hour_off_is_named(desk: Desk, apple: Apple) -> None:
    apple.simulator.settings.skew_s = 3600.0
    space = desk.open(account(apple))
    space.health.check()
    verdict = space.health.matrix().accounts[0].cells["reviews"].verdict
    assert verdict.state is S.CLOCK
    assert "60 min behind Apple's" in verdict.detail


def test_an_app_that_vanishes_is_named(desk: Desk, apple: Apple) -> None:
    space = desk.open(account(apple))
    space.health.check()
    space.sync.run(datasets=["reviews"])
    space.health.check()
    gone = apple.simulator.world.apps.pop(apple.app_ids[-1])
    space.health.check()
    verdict = space.health.matrix().accounts[0].cells["reviews"].verdict
    assert verdict.state is S.REMOVED
    assert gone.name in verdict.detail
    assert verdict.evidence == f"200 on GET /v1/apps: the list of apps is without {gone.name}"


def test_a_sign_in_page_of_the_network_is_no_report(desk: Desk, apple: Apple) -> None:
    apple.simulator.faults.add("html", path="/v1/*", status=200, times=None)
    space = desk.open(account(apple))
    space.health.check()
    found = states(space)
    assert set(found.values()) == {S.OFFLINE}, found
    verdict = space.health.matrix().accounts[0].cells["sales"].verdict
    assert "captive portal" in verdict.detail
    assert "sign in to the network" in verdict.fix


def test_a_sign_in_page_in_place_of_one_report_is_no_proof(desk: Desk, apple: Apple) -> None:
    apple.simulator.faults.add("html", path="/v1/salesReports", status=200, times=None)
    space = desk.open(account(apple))
    space.health.check()
    found = states(space)
    assert (found["sales"], found["finance"]) == (S.OFFLINE, S.OK)


def test_an_accepted_reply_says_nothing_about_a_key_that_was_revoked_since(
    desk: Desk, apple: Apple, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = desk.open(account(apple))
    accepted = datetime.now(UTC) - timedelta(days=3)
    monkeypatch.setattr(OutboxReads, "accepted_at", lambda *_: accepted)
    space.health.check()
    assert states(space)["reply"] is S.OK
    apple.key().revoked = True
    space.health.check()
    assert states(space)["reply"] is S.REJECTED


def test_unreachable_is_offline_and_says_of_when_the_data_is(desk: Desk, apple: Apple) -> None:
    space = desk.open(account(apple))
    space.health.check()
    space.clients.close()
    space.base_url = "http://127.0.0.1:9"
    report = space.health.check()
    cells = report.accounts[0].cells
    assert cells["reviews"].verdict.state is S.OFFLINE
    assert cells["reviews"].verdict.severity == 1
    assert "all that is shown is from" in cells["reviews"].verdict.detail
    assert report.status is Status.WARNING
    assert space.online is False


def test_offline_by_wish_reads_what_is_known(desk: Desk, apple: Apple) -> None:
    clock = MovedClock()
    space = desk.open(account(apple), clock=clock)
    space.health.check()
    asked = apple.asked()
    space.offline = True
    assert space.health.check().status is Status.OK
    clock.ahead = timedelta(hours=3)
    report = space.health.check(max_age=timedelta(hours=1))
    assert report.status is Status.CRITICAL
    assert "Not checked since" in report.accounts[0].cells["reviews"].verdict.detail
    assert apple.asked() == asked


def test_a_key_file_that_others_can_read_is_refused_on_the_next_start(desk: Desk, apple: Apple) -> None:
    entry = account(apple)
    Path(entry.primary.secret_ref.removeprefix("file:")).chmod(0o644)
    space = desk.open(entry)
    space.health.check()
    verdict = space.health.matrix().accounts[0].cells["reviews"].verdict
    assert verdict.state is S.REJECTED
    assert "can be read by others" in verdict.detail
    assert verdict.fix.startswith("Run: chmod 600 ")
    assert apple.asked() == 0


def test_a_locked_keyring_locks_the_account_and_leaves_the_cache_readable(
    desk: Desk, apple: Apple, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ascinbox.vault import Reason, VaultRefusal

    space = desk.open(account(apple))
    space.sync.run(datasets=["reviews"])
    space.clients.close()

    def locked(*_: object) -> None:
        raise VaultRefusal(Reason.LOCKED, "The keyring is locked.", "", "Unlock it in your desktop session.")

    monkeypatch.setattr(space.vault, "load", locked)
    space.health.check()
    verdict = space.health.matrix().accounts[0].cells["reviews"].verdict
    assert "The keyring is locked." in verdict.detail
    assert verdict.fix == "Unlock it in your desktop session."
    assert space.store.call(lambda store: store.accounts.holdings(1)).reviews > 0


def test_replying_is_likely_refused_or_proved(desk: Desk, apple: Apple) -> None:
    space = desk.open(account(apple), account(apple, apple.key("CUSTOMER_SUPPORT"), "Support"))
    replies = apple.simulator.world.replies
    before = dict(replies)
    space.health.check(only=["reply"], probe_reply=True)
    assert states(space, "North")["reply"] is S.LIKELY
    assert states(space, "Support")["reply"] is S.NO_ROLE
    assert replies == before, "the trial changes nothing at Apple"
    space.health.check()
    assert states(space, "North")["reply"] is S.LIKELY, "a plain check knows less than the trial"
    assert states(space, "Support")["reply"] is S.NO_ROLE


def test_replying_fails_with_reading(desk: Desk, apple: Apple) -> None:
    apple.key().refusals[Task.REVIEWS] = "role"
    space = desk.open(account(apple))
    space.health.check()
    assert states(space)["reply"] is S.NO_ROLE


def test_analytics_waits_and_then_stalls(desk: Desk, apple: Apple) -> None:
    clock = MovedClock()
    space = desk.open(account(apple), clock=clock)
    for app_id in apple.app_ids:
        body = {
            "data": {
                "type": "analyticsReportRequests",
                "attributes": {"accessType": "ONGOING"},
                "relationships": {"app": {"data": {"type": "apps", "id": app_id}}},
            }
        }
        client = apple_client(space.client_for(space.accounts.list()[0], "analytics"))
        assert client.probe("/v1/analyticsReportRequests", method="POST", body=body).status == 201
    apple.simulator.faults.add(
        "answer", path="/v1/analyticsReportRequests/*/reports", status=200, body='{"data": []}', times=None
    )
    space.health.check()
    seen = []
    for hours in (1, 50, 80):
        clock.ahead = timedelta(hours=hours)
        apple.simulator.settings.skew_s = hours * 3600.0
        verdict = space.health.check(only=["analytics"]).accounts[0].cells["analytics"].verdict
        seen.append((verdict.state, verdict.severity))
    assert seen == [(S.PENDING, 0), (S.PENDING, 1), (S.STALLED, 1)]


def test_a_key_that_may_not_create_analytics_is_told_who_may(desk: Desk, apple: Apple) -> None:
    space = desk.open(account(apple, apple.key("FINANCE"), features=("analytics",)))
    space.health.check()
    assert states(space)["analytics"] is S.PENDING
    space.health.note_creation_refused(space.accounts.list()[0])
    space.health.check()
    verdict = space.health.matrix().accounts[0].cells["analytics"].verdict
    assert verdict.state is S.STALLED
    assert verdict.who == "an Admin"


def test_an_unknown_account_is_a_usage_error(desk: Desk, apple: Apple) -> None:
    space = desk.open(account(apple))
    with pytest.raises(UsageError, match="No account is called South"):
        space.health.check("South")


def test_the_same_answer_for_one_account(desk: Desk, apple: Apple) -> None:
    space = desk.open(account(apple), account(apple, apple.key("FINANCE"), "Money"))
    report = space.health.check("Money")
    assert [entry.account.name for entry in report.accounts] == ["Money"]
    assert set(states(space, "North").values()) == {S.NEVER}


TEAMS = 20
GIVEN_UP_S = 15.0


class GatheringSimulator(Simulator):
    """Answers nothing until `TEAMS` requests wait together, or until so long that they never will."""

    def __init__(self, world: World) -> None:
        super().__init__(world, hour_limit=100_000)
        self.waiting = 0
        self.together = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.waiting += 1
            if self.waiting >= TEAMS:
                self.together.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.together.wait(), GIVEN_UP_S)
            self.waiting -= 1
        await super().__call__(scope, receive, send)


@pytest.fixture
def twenty(tmp_path: Path) -> tuple[GatheringSimulator, list[ApiKey]]:
    """Twenty teams with a key each."""
    world = World(7, datetime.now(UTC))
    keys = []
    for number in range(TEAMS):
        issuer = f"00000000-0000-4000-8000-{number:012d}"
        world.add_team(Team(f"Team {number}", issuer, f"8000{number:04d}"))
        world.add_app(
            SimulatedApp(f"15000000{number:02d}", f"App {number}", f"example.a{number}", f"a{number}", issuer)
        )
        keys.append(world.add_key(ApiKey(f"TEAMKEY{number:03d}", issuer, ("ADMIN",))))
    return GatheringSimulator(world), keys


@pytest.mark.slow
def test_twenty_accounts_answer_together(
    twenty: tuple[GatheringSimulator, list[ApiKey]], tmp_path: Path
) -> None:
    simulator, keys = twenty
    folder = tmp_path / "keys"
    with serve_in_thread(simulator) as served:
        desk = Desk(tmp_path / "home", Apple(simulator, served.url, folder))
        assert desk.apple is not None
        space = desk.open(
            *(
                desk.apple.account(
                    f"Team {n}", key, features=ALL, vendor=simulator.world.teams[key.issuer_id].vendor
                )
                for n, key in enumerate(keys)
            )
        )
        report = space.health.check()
        space.close()
    assert report.status is Status.OK
    tally = report.tally
    assert (tally.ok, tally.ok + tally.unproven + tally.waiting) == (80, 120)
    assert simulator.together.is_set(), "no account waits for another one"
    assert {Capability(name) for name in report.accounts[7].cells} == set(map(Capability, ALL))


def test_a_slow_capability_bounds_the_answer(make_apple: Callable[..., Apple], tmp_path: Path) -> None:
    apple = make_apple(apps=1, reviews=2)
    apple.simulator.faults.add("slow", path="/v1/financeReports", seconds=1.5, times=None)
    desk = Desk(tmp_path / "home", apple)
    space = desk.open(*(account(apple, apple.key(), f"Team {n}") for n in range(5)))
    started = time.monotonic()
    space.health.check()
    assert time.monotonic() - started < 1.5 + 3.0, "five accounts, one slow answer each, at the same time"
    space.close()


def test_a_dead_account_delays_nobody_beyond_its_deadline(
    make_apple: Callable[..., Apple], tmp_path: Path
) -> None:
    apple = make_apple(apps=1, reviews=2)
    live, dead = apple.key(), apple.key("FINANCE")
    desk = Desk(tmp_path / "home", apple)
    space = desk.open(
        account(apple, live, "Live"), account(apple, dead, "Dead"), network_deadline_seconds="1.5"
    )
    space.health.check()
    apple.simulator.faults.add("slow", path="/v1/*", key_id=dead.key_id, seconds=30.0, times=None)
    started = time.monotonic()
    space.health.check()
    elapsed = time.monotonic() - started
    assert elapsed < 1.5 + 1.0, "all requests of one credential share one deadline"
    assert S.OFFLINE not in states(space, "Live").values()
    assert set(states(space, "Dead").values()) == {S.OFFLINE}
    space.close()


def test_the_next_check_is_due_when_the_oldest_verdict_is_old_enough(desk: Desk, apple: Apple) -> None:
    clock = MovedClock()
    space = desk.open(clock=clock)
    assert space.health.due_in_s(3600) == 3600, "nothing is linked"
    space.store.call(lambda store: store.accounts.add(account(apple)))
    assert space.health.due_in_s(3600) == 0, "never checked"
    space.health.check()
    assert 3500 < space.health.due_in_s(3600) <= 3600
    clock.ahead = timedelta(hours=2)
    assert space.health.due_in_s(3600) == 0


def test_a_sync_that_has_stopped_is_told(desk: Desk, apple: Apple) -> None:
    clock = MovedClock()
    space = desk.open(account(apple, features=("reviews", "reply", "sales")), clock=clock)
    space.sync.run(datasets=["reviews", "replies"])
    report = space.health.check()
    assert report.status is Status.OK
    fresh = report.accounts[0].cells["reviews"].verdict.fresh_at
    assert fresh is not None
    assert abs(clock.now() - fresh) < timedelta(minutes=1)
    for hours, status in ((26, Status.WARNING), (96, Status.CRITICAL)):
        clock.ahead = timedelta(hours=hours)
        apple.simulator.settings.skew_s = hours * 3600.0
        report = space.health.check()
        assert report.status is status
        assert states(space) == {
            "reviews": S.STALE,
            "reply": S.STALE,
            "sales": S.STALE,
            "finance": S.OFF,
            "analytics": S.OFF,
            "users": S.OFF,
        }
        assert "never fetched" in report.accounts[0].cells["sales"].verdict.detail
    space.sync.run(datasets=["reviews", "replies"])
    assert states(space)["reviews"] is S.OK
    assert space.health.matrix().status is Status.CRITICAL
    assert "sales stale" in space.health.matrix().line


def test_how_old_data_may_be_is_a_setting(desk: Desk, apple: Apple) -> None:
    clock = MovedClock()
    space = desk.open(account(apple), clock=clock, health_stale_hours="12")
    space.sync.run(datasets=["reviews", "replies"])
    space.health.check()
    clock.ahead = timedelta(hours=13)
    assert space.health.exit_code() == 2


def test_a_route_that_is_missing_is_no_removed_app(desk: Desk, apple: Apple) -> None:
    space = desk.open(account(apple))
    space.health.check()
    apple.simulator.faults.add("status", path="/v1/apps/*/customerReviews", status=404, times=None)
    cell = space.health.check().accounts[0].cells["reviews"].verdict
    assert (cell.state, cell.severity) == (S.REJECTED, 1)
    assert "was not removed" in cell.detail
