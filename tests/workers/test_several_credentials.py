"""An account with several credentials: its apps are those that any of them sees."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ascinbox.core.filters import parse
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.evidence import HealthState
from ascinbox.core.records import Account
from ascinbox.simulator.keys import ApiKey
from ascinbox.workers.accounts.credentials import from_file
from ascinbox.workers.accounts.linking import LinkRequest
from ascinbox.workers.runtime.results import DatasetResult, SyncResult
from ascinbox.workers.workspace import Workspace
from tests.workers.simulated_apple import Apple, Desk

REVIEWS, REPLY, ANALYTICS = Capability.REVIEWS, Capability.REPLY, Capability.ANALYTICS


def cached(workspace: Workspace, text: str = "") -> int:
    return workspace.inbox.count(parse(text, now=datetime.now(UTC)))


def reviews(result: SyncResult) -> DatasetResult:
    (account,) = result.accounts
    return account.datasets["reviews"]


class Pair:
    """A team key that sees three apps and an individual key that sees the first, linked as one account."""

    def __init__(
        self, apple: Apple, desk: Desk, *, team_first: bool, features: tuple[Capability, ...]
    ) -> None:
        self.apple = apple
        self.team, self.own = apple.key(), apple.key("CUSTOMER_SUPPORT", individual=True)
        self.first, self.second, self.third = apple.app_ids
        apple.simulator.happen("show", key_id=self.own.key_id, app_ids=[self.first])
        self.space = desk.open()
        for key in (self.team, self.own) if team_first else (self.own, self.team):
            self.link(key, features)

    def link(self, key: ApiKey, features: tuple[Capability, ...]) -> None:
        issuer = None if key.individual else key.issuer_id
        candidate = from_file(self.space.vault, key.write(self.apple.keys), None, issuer)
        trial = self.space.accounts.try_credential(candidate)
        chosen = tuple(feature for feature in features if feature in trial.verdicts)
        self.space.accounts.link(LinkRequest("North", trial, features=chosen))

    @property
    def account(self) -> Account:
        (account,) = self.space.accounts.list()
        return account

    @property
    def apps(self) -> set[str]:
        found = self.space.store.call(lambda store: store.accounts.apps(self.account.id))
        return {app.id for app in found}

    def reads(self, app_id: str) -> set[str]:
        """With which keys the reviews of an app were read."""
        return {
            seen.key_id
            for seen in self.apple.simulator.ledger.requests
            if seen.path == f"/v1/apps/{app_id}/customerReviews" and seen.status == 200
        }


@pytest.fixture(params=[True, False], ids=["team key first", "individual key first"])
def pair(apple: Apple, desk: Desk, request: pytest.FixtureRequest) -> Pair:
    return Pair(apple, desk, team_first=request.param, features=(REVIEWS, REPLY))


def test_no_app_vanishes_and_each_is_read_by_a_key_that_sees_it(pair: Pair) -> None:
    assert pair.apps == set(pair.apple.app_ids)
    assert len(pair.account.credentials) == 2
    pair.apple.simulator.ledger.reset()
    result = reviews(pair.space.sync.run())
    assert (result.ok, result.detail) == (True, "")
    assert cached(pair.space, "account:North") == 120
    assert pair.apps == set(pair.apple.app_ids)
    assert pair.reads(pair.first) == {pair.own.key_id}
    assert pair.reads(pair.second) == pair.reads(pair.third) == {pair.team.key_id}
    late = pair.apple.simulator.happen("write", app_id=pair.third, rating=1, title="Late", body="New.")
    assert reviews(pair.space.sync.run()).new == 1
    assert pair.space.inbox.detail(late) is not None


def test_a_reply_goes_out_by_a_key_that_sees_the_app(pair: Pair) -> None:
    for app_id, key in ((pair.first, pair.own), (pair.second, pair.team)):
        body = "It stopped working after the last update, please help me."
        review_id = pair.apple.simulator.happen("write", app_id=app_id, rating=2, title="Help", body=body)
        pair.space.sync.run()
        pair.space.replies.queue(review_id, "Thank you for telling us, we look into it.", undo_s=0)
        pair.space.sender.flush_once(review_id)
        posted = [s for s in pair.apple.simulator.ledger.requests if s.method == "POST"]
        assert (posted[-1].status, posted[-1].key_id) == (201, key.key_id)


def test_health_shows_which_key_serves_which_app(pair: Pair) -> None:
    names = {app.id: app.name for app in pair.apple.simulator.world.apps.values()}
    (report,) = pair.space.health.matrix().accounts
    shares = {share.key_id: set(share.apps) for share in report.cells["reviews"].verdict.by}
    assert shares == {
        pair.own.key_id: {names[pair.first]},
        pair.team.key_id: {names[pair.second], names[pair.third]},
    }


def test_an_app_that_no_key_sees_any_more_is_named_in_health_and_keeps_its_reviews(pair: Pair) -> None:
    pair.space.sync.run()
    simulator = pair.apple.simulator
    gone = simulator.world.apps[pair.third].name
    simulator.happen("show", key_id=pair.team.key_id, app_ids=[pair.first, pair.second])
    result = reviews(pair.space.sync.run())
    assert gone in result.detail
    for check in (pair.space.health.matrix, pair.space.health.check):
        (report,) = check().accounts
        verdict = report.cells["reviews"].verdict
        assert verdict.state is HealthState.REMOVED
        assert gone in verdict.detail
    assert cached(pair.space, "account:North") == 120
    assert pair.space.store.call(lambda store: store.accounts.forget_orphans()) == 0
    simulator.happen("show", key_id=pair.team.key_id, app_ids=None)
    assert gone not in reviews(pair.space.sync.run()).detail
    (report,) = pair.space.health.check().accounts
    assert report.cells["reviews"].verdict.state is HealthState.OK


def test_an_app_that_moves_out_of_one_key_s_sight_is_read_by_the_other(pair: Pair) -> None:
    pair.space.sync.run()
    pair.apple.simulator.happen("show", key_id=pair.own.key_id, app_ids=[])
    pair.apple.simulator.ledger.reset()
    assert reviews(pair.space.sync.run()).ok
    assert pair.reads(pair.first) == {pair.team.key_id}


def test_a_revoked_key_takes_nothing_away_that_the_other_sees(pair: Pair) -> None:
    pair.space.sync.run()
    pair.apple.simulator.happen("revoke", key_id=pair.own.key_id)
    pair.apple.simulator.ledger.reset()
    result = reviews(pair.space.sync.run())
    assert result.ok, result.detail
    assert pair.reads(pair.first) == {pair.team.key_id}
    pair.apple.simulator.world.keys[pair.own.key_id].revoked = False
    pair.apple.simulator.happen("revoke", key_id=pair.team.key_id)
    cut = reviews(pair.space.sync.run())
    assert not cut.ok
    assert pair.apps == set(pair.apple.app_ids)


def test_a_key_that_sees_the_others_and_may_not_read_them_is_a_gap_that_is_named(
    make_apple: Callable[..., Apple], desk: Desk
) -> None:
    apple = desk.apple = make_apple()
    team = apple.key("SALES")
    own = apple.key("CUSTOMER_SUPPORT", individual=True)
    first, *others = apple.app_ids
    apple.simulator.happen("show", key_id=own.key_id, app_ids=[first])
    space = desk.open()
    for key in (team, own):
        issuer = None if key.individual else key.issuer_id
        candidate = from_file(space.vault, key.write(apple.keys), None, issuer)
        features: tuple[Capability, ...] = (ANALYTICS,) if key is team else (REVIEWS, REPLY)
        space.accounts.link(LinkRequest("North", space.accounts.try_credential(candidate), features=features))
    space.health.check()
    result = reviews(space.sync.run(datasets=["reviews"]))
    assert result.ok
    assert "no key here may read the reviews" in result.detail
    (report,) = space.health.matrix().accounts
    by = {share.key_id: share.apps for share in report.cells["reviews"].verdict.by}
    assert len(by[""]) == len(others)
    assert by[own.key_id] == (apple.simulator.world.apps[first].name,)


def test_analytics_are_asked_with_a_key_that_sees_the_app(apple: Apple, desk: Desk) -> None:
    pair = Pair(apple, desk, team_first=True, features=(REVIEWS, REPLY, ANALYTICS))
    pair.space.sync.run(datasets=["analytics"])
    asked = {
        seen.path: seen.key_id
        for seen in apple.simulator.ledger.requests
        if "analyticsReportRequests" in seen.path
    }
    for app_id in (pair.second, pair.third):
        assert asked[f"/v1/apps/{app_id}/analyticsReportRequests"] == pair.team.key_id
