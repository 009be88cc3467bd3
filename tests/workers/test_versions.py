"""The version of the app that a review is about: Apple tells it by the lists of each version's reviews."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ascinbox.core.filters import parse
from ascinbox.core.health.verdicts import say_time
from ascinbox.simulator.world import SimulatedApp
from ascinbox.workers.runtime.results import DatasetResult, SyncResult
from ascinbox.workers.workspace import Workspace
from tests.workers.clocks import StepClock
from tests.workers.simulated_apple import Apple, Desk

LISTS = "appStoreVersions"


def versions(result: SyncResult) -> DatasetResult:
    (account,) = result.accounts
    return account.datasets["versions"]


def at_apple(app: SimulatedApp) -> dict[str, str | None]:
    """Review id -> its version by the lists of the simulated Apple."""
    found: dict[str, str | None] = dict.fromkeys(review.id for review in app.reviews)
    for version in app.versions:
        found.update(dict.fromkeys((review.id for review in app.reviews_of(version.id)), version.name))
    return found


def known(workspace: Workspace, filter_text: str = "") -> dict[str, str | None]:
    query = parse(filter_text, now=datetime.now(UTC))
    return {detail.review.id: detail.app_version for detail in workspace.inbox.export(query)}


@pytest.fixture
def clock() -> StepClock:
    return StepClock(datetime.now(UTC))


@pytest.fixture
def apple(make_apple: Callable[..., Apple], clock: StepClock) -> Apple:
    """One app with 600 reviews of nine versions."""
    return make_apple(apps=1, reviews=600, clock=clock)


@pytest.fixture
def app(apple: Apple) -> SimulatedApp:
    return apple.simulator.world.apps[apple.app_ids[0]]


@pytest.fixture
def workspace(apple: Apple, desk: Desk, clock: StepClock) -> Workspace:
    return desk.open(apple.account(), clock=clock)


def settle(workspace: Workspace, clock: StepClock) -> None:
    """Reviews first, the versions a minute later: what both find in one second is looked at twice."""
    assert workspace.sync.run(datasets=("reviews",)).ok
    clock.advance(60)
    assert versions(workspace.sync.run(datasets=("versions",))).ok
    clock.advance(60)


def test_a_plain_sync_gives_every_review_the_version_that_apple_lists_it_under(
    apple: Apple, app: SimulatedApp, workspace: Workspace
) -> None:
    result = versions(workspace.sync.run())
    assert result.ok
    told = at_apple(app)
    assert known(workspace) == told
    counts = Counter(told.values())
    assert len(counts) >= 9, "the world has reviews of every version"
    assert known(workspace, "version:3.1") == {i: name for i, name in told.items() if name == "3.1"}
    assert len(known(workspace, "version:3.1,3.2")) == counts["3.1"] + counts["3.2"]
    assert len(known(workspace, "-version:3.1")) == 600 - counts["3.1"]
    values = workspace.store.call(lambda store: dict(store.facets.values("version")))
    assert values == {name: count for name, count in counts.items() if name is not None}


def test_only_reviews_asks_for_no_version(apple: Apple, workspace: Workspace) -> None:
    result = workspace.sync.run(datasets=("reviews",))
    assert "versions" not in result.accounts[0].datasets
    assert apple.asked(LISTS) == 0
    assert set(known(workspace).values()) == {None}


def test_the_newest_version_is_asked_first_and_one_in_preparation_never(
    apple: Apple, app: SimulatedApp, workspace: Workspace
) -> None:
    workspace.sync.run()
    paths = [seen.path for seen in apple.simulator.ledger.requests if seen.path.startswith(f"/v1/{LISTS}")]
    asked = list(dict.fromkeys(path.split("/")[3] for path in paths))
    assert asked == [version.id for version in app.versions[1:]]


def test_a_new_review_costs_two_requests_and_none_costs_none(
    apple: Apple, app: SimulatedApp, workspace: Workspace, clock: StepClock
) -> None:
    settle(workspace, clock)
    settle(workspace, clock)
    apple.simulator.ledger.reset()
    settle(workspace, clock)
    assert apple.asked(LISTS) == 0
    new = apple.simulator.happen("write", app_id=app.id, rating=1, title="New", body="Crash.")
    apple.simulator.world.reviews[new].version_id = app.versions[1].id
    app.version += 1
    settle(workspace, clock)
    assert known(workspace)[new] == app.versions[1].name
    assert apple.asked(LISTS) == 2


def test_a_review_that_apple_lists_under_no_version_is_looked_for_once(
    apple: Apple, app: SimulatedApp, workspace: Workspace, clock: StepClock
) -> None:
    stray = app.reviews[300]
    stray.version_id = ""
    settle(workspace, clock)
    assert known(workspace)[stray.id] is None
    apple.simulator.ledger.reset()
    settle(workspace, clock)
    assert apple.asked(LISTS) == 0
    stray.version_id = app.versions[5].id
    app.version += 1
    assert versions(workspace.sync.run(datasets=("versions",), full=True)).ok
    assert known(workspace)[stray.id] == app.versions[5].name


def test_a_review_that_was_written_anew_gets_the_version_that_it_is_about_now(
    apple: Apple, app: SimulatedApp, workspace: Workspace, clock: StepClock
) -> None:
    settle(workspace, clock)
    changed = app.reviews[-1]
    before = known(workspace)[changed.id]
    apple.simulator.happen("edit", review_id=changed.id, rating=5, title="Better", body="Mended.")
    assert workspace.sync.run(datasets=("reviews",), full=True).total("changed") == 1
    assert known(workspace)[changed.id] is None
    clock.advance(60)
    settle(workspace, clock)
    assert known(workspace)[changed.id] == app.versions[1].name != before
    assert known(workspace) == at_apple(app)


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("path", ["*/appStoreVersions", "/v1/appStoreVersions/*"])
def test_a_refusal_is_no_failure(
    apple: Apple, workspace: Workspace, clock: StepClock, status: int, path: str
) -> None:
    apple.simulator.faults.add("status", path=path, status=status, times=None)
    result = workspace.sync.run()
    assert result.ok
    assert set(known(workspace).values()) == {None}
    assert len(known(workspace)) == 600
    clock.advance(60)
    workspace.sync.run()
    asked = apple.asked(LISTS)
    clock.advance(60)
    assert workspace.sync.run().ok
    assert apple.asked(LISTS) == asked, "it is not asked again and again"


@pytest.mark.parametrize(("status", "why"), [(403, "This key may not do that"), (404, "not have this")])
def test_each_sync_says_why_versions_are_not_read_and_when_they_are_asked_for_again(
    apple: Apple, workspace: Workspace, clock: StepClock, status: int, why: str
) -> None:
    apple.simulator.faults.add("status", path="*/appStoreVersions", status=status, times=None)
    first = versions(workspace.sync.run())
    again = clock.now() + timedelta(hours=20)
    clock.advance(3600)
    later = versions(workspace.sync.run())
    for result in (first, later):
        assert result.ok
        assert why in result.detail
        (name,) = (app.name for app in apple.simulator.world.apps.values())
        assert result.detail.startswith(f"Versions of {name} are not read (")
    assert f"asked for again from {say_time(again, clock.now())} on" in later.detail
    clock.advance(timedelta(hours=20).total_seconds())
    apple.simulator.faults.clear()
    assert versions(workspace.sync.run()).detail == ""


@pytest.mark.parametrize("path", ["*/appStoreVersions", "/v1/appStoreVersions/*"])
def test_a_key_that_may_by_and_by_gets_its_versions(
    apple: Apple, app: SimulatedApp, workspace: Workspace, clock: StepClock, path: str
) -> None:
    apple.simulator.faults.add("status", path=path, status=404, times=None)
    workspace.sync.run()
    clock.advance(timedelta(hours=21).total_seconds())
    apple.simulator.faults.clear()
    assert versions(workspace.sync.run()).ok
    assert known(workspace) == at_apple(app)


def test_what_the_hour_does_not_suffice_for_waits_and_is_gone_on_with(
    apple: Apple, app: SimulatedApp, workspace: Workspace, clock: StepClock
) -> None:
    for review in app.reviews:
        review.version_id = app.versions[2].id
    app.version += 1
    workspace.sync.run(datasets=("reviews",))
    clock.advance(60)
    # The list of versions, the newest version's empty list, one page of the next one: the rest is kept back.
    budgets, key = apple.simulator.budgets, apple.key().key_id
    budgets.hour_limit = 100
    budgets.leave(key, clock.now().timestamp(), 33)
    first = versions(workspace.sync.run(datasets=("versions",)))
    assert (first.ok, first.requests, first.changed) == (True, 4, 200)
    assert first.waiting_until is not None
    clock.advance(3700)
    apple.simulator.ledger.reset()
    rest = versions(workspace.sync.run(datasets=("versions",)))
    assert (rest.ok, rest.waiting_until, rest.changed) == (True, None, 400)
    assert apple.asked(LISTS) == 3, "the list of versions, and the two pages that were left"
    assert known(workspace) == at_apple(app)


def test_a_list_that_ends_early_is_read_again(
    apple: Apple, app: SimulatedApp, workspace: Workspace, clock: StepClock
) -> None:
    for review in app.reviews:
        review.version_id = app.versions[1].id
    app.version += 1
    workspace.sync.run(datasets=("reviews",))
    clock.advance(60)
    apple.simulator.faults.add("list", path="/v1/appStoreVersions/*", variant="no_next", skip=1)
    cut = versions(workspace.sync.run(datasets=("versions",)))
    assert not cut.ok
    assert "ended early: 400 of 600" in cut.detail
    assert versions(workspace.sync.run(datasets=("versions",))).ok
    assert known(workspace) == at_apple(app)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "dataset", "told"),
    [
        ("*/appStoreVersions", "versions", "Without versions of"),
        ("*/customerReviewSummarizations", "summaries", "Without Apple's digests of"),
    ],
)
def test_health_tells_what_was_refused_beside_reviews_and_is_fine(
    apple: Apple, workspace: Workspace, clock: StepClock, path: str, dataset: str, told: str
) -> None:
    workspace.sync.run(datasets=("reviews",))
    workspace.health.check()
    apple.simulator.faults.add("status", path=path, status=403, times=None)
    assert workspace.sync.run(datasets=(dataset,)).ok
    (report,) = workspace.health.matrix().accounts
    shown = report.cells["reviews"].verdict
    (name,) = (app.name for app in apple.simulator.world.apps.values())
    assert shown.severity == 0
    assert f"{told} {name}: This key may not do that." in shown.detail
    assert "Without" not in report.cells["reply"].verdict.detail
    apple.simulator.faults.clear()
    clock.advance(timedelta(hours=21).total_seconds())
    assert workspace.sync.run(datasets=(dataset,)).ok
    (report,) = workspace.health.matrix().accounts
    assert "Without" not in report.cells["reviews"].verdict.detail
