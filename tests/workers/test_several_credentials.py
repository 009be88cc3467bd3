"""An account with several credentials: its apps are those that any of them sees."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ascinbox.cli.health import matrix_rows
from ascinbox.core.errors import CredentialError
from ascinbox.core.events import Notice
from ascinbox.core.filters import parse
from ascinbox.core.health.capabilities import Capability, info
from ascinbox.core.health.credential_shapes import shorten_key_id
from ascinbox.core.health.evidence import HealthState
from ascinbox.core.records import Account
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.world import SimulatedApp, Team
from ascinbox.workers.accounts.credentials import from_file
from ascinbox.workers.accounts.linking import LinkRequest
from ascinbox.workers.accounts.trials import Trial, UnsureTeam
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


@pytest.mark.parametrize("looked", [True, False], ids=["Health has looked", "Health has not looked"])
def test_a_key_that_sees_the_others_and_may_not_read_them_is_a_gap_that_is_named(
    make_apple: Callable[..., Apple], desk: Desk, looked: bool
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
    if looked:
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


def test_a_second_key_that_brings_analytics_breaks_no_sync_of_apps_that_only_the_first_sees(
    apple: Apple, desk: Desk
) -> None:
    first, second, third = apple.app_ids
    space = desk.open()
    for role, seen in (("CUSTOMER_SUPPORT", [first, third]), ("ADMIN", [first, second])):
        key = apple.key(role, individual=True)
        apple.simulator.happen("show", key_id=key.key_id, app_ids=seen)
        candidate = from_file(space.vault, key.write(apple.keys), None, None)
        chosen = (REVIEWS, REPLY) if role == "CUSTOMER_SUPPORT" else (REVIEWS, REPLY, ANALYTICS)
        space.accounts.link(LinkRequest("North", space.accounts.try_credential(candidate), features=chosen))
    result = space.sync.run().accounts[0].datasets["analytics"]
    assert result.ok, result.detail
    asked = {seen.path for seen in apple.simulator.ledger.requests if "analyticsReportRequests" in seen.path}
    for app_id in (first, second):
        assert f"/v1/apps/{app_id}/analyticsReportRequests" in asked


class Users:
    """Two users of one team with individual keys: the first sees one app, the second another."""

    def __init__(self, apple: Apple, desk: Desk, *, with_team_key: bool = False) -> None:
        self.apple = apple
        self.space = desk.open()
        self.first, self.second, self.third = apple.app_ids
        self.one = apple.key("CUSTOMER_SUPPORT", individual=True)
        self.other = apple.simulator.world.add_key(
            ApiKey("OTHERUSER1", self.one.issuer_id, ("CUSTOMER_SUPPORT",), individual=True)
        )
        for key, app_id in ((self.one, self.first), (self.other, self.second)):
            apple.simulator.happen("show", key_id=key.key_id, app_ids=[app_id])
        self.link(apple.key() if with_team_key else self.one)

    def trial(self, key: ApiKey, account: Account | None = None) -> Trial:
        issuer = None if key.individual else key.issuer_id
        candidate = from_file(self.space.vault, key.write(self.apple.keys), None, issuer)
        return self.space.accounts.try_credential(candidate, account=account)

    def link(self, key: ApiKey, *, same_team: bool = False) -> Account:
        request = LinkRequest("North", self.trial(key), (REVIEWS, REPLY), same_team=same_team)
        return self.space.accounts.link(request).account


def test_a_second_user_of_the_team_who_sees_other_apps_is_no_other_team(apple: Apple, desk: Desk) -> None:
    users = Users(apple, desk)
    (account,) = users.space.accounts.list()
    users.trial(users.other, account)
    with pytest.raises(
        UnsureTeam, match="does not show whether this key is of the same team as North"
    ) as refused:
        users.link(users.other)
    assert "--same-team" in refused.value.next_step
    assert "another team" not in str(refused.value)
    assert len(users.space.accounts.list()[0].credentials) == 1
    account = users.link(users.other, same_team=True)
    assert {c.key_id for c in account.credentials} == {users.one.key_id, users.other.key_id}
    assert reviews(users.space.sync.run()).ok
    seen = [*apple.reviews_of(users.first), *apple.reviews_of(users.second)]
    assert cached(users.space, "account:North") == len(seen)


def test_rotating_to_a_key_whose_team_apple_does_not_show_asks_too(apple: Apple, desk: Desk) -> None:
    users = Users(apple, desk)
    (account,) = users.space.accounts.list()
    trial = users.trial(users.other, account)
    with pytest.raises(UnsureTeam):
        users.space.accounts.rotate(account, trial, accept_loss=True)
    assert users.space.accounts.list()[0].primary.key_id == users.one.key_id
    renewed = users.space.accounts.rotate(account, trial, accept_loss=True, same_team=True).account
    assert renewed.primary.key_id == users.other.key_id


def test_where_a_team_key_sees_the_app_nobody_is_asked(apple: Apple, desk: Desk) -> None:
    """The app is new: the last list of the account's apps is without it."""
    users = Users(apple, desk, with_team_key=True)
    late = SimulatedApp("1999999999", "Late", "example.late", "late", users.one.issuer_id)
    apple.simulator.world.add_app(late)
    apple.simulator.happen("show", key_id=users.other.key_id, app_ids=[late.id])
    assert len(users.link(users.other).credentials) == 2


def test_what_apple_shows_to_be_of_another_team_stays_refused(apple: Apple, desk: Desk) -> None:
    users = Users(apple, desk, with_team_key=True)
    world, issuer = apple.simulator.world, "00000000-0000-4000-8000-000000000001"
    world.add_team(Team("Elsewhere", issuer, "80999999"))
    world.add_app(SimulatedApp("1999999999", "Else", "example.else", "else", issuer))
    own = world.add_key(ApiKey("STRANGER01", issuer, ("CUSTOMER_SUPPORT",), individual=True))
    with pytest.raises(CredentialError, match="another team than North") as refused:
        users.link(own, same_team=True)
    assert "sees none of its apps" in refused.value.detail


def test_an_app_that_only_a_key_without_a_capability_sees_is_named_for_it(apple: Apple, desk: Desk) -> None:
    """The team key sees two apps; the third one only a user of Customer Support sees."""
    team, own = apple.key(), apple.key("CUSTOMER_SUPPORT", individual=True)
    first, second, third = apple.app_ids
    apple.simulator.happen("show", key_id=team.key_id, app_ids=[first, second])
    apple.simulator.happen("show", key_id=own.key_id, app_ids=[second, third])
    names = {app.id: app.name for app in apple.simulator.world.apps.values()}
    space = desk.open()
    for key, features in ((team, (REVIEWS, REPLY, ANALYTICS)), (own, (REVIEWS, REPLY))):
        issuer = None if key.individual else key.issuer_id
        trial = space.accounts.try_credential(
            from_file(space.vault, key.write(apple.keys), None, issuer), features=(REVIEWS, REPLY, ANALYTICS)
        )
        space.accounts.link(LinkRequest("North", trial, features=features))
    for check in (space.health.matrix, space.health.check):
        (report,) = check().accounts
        verdict = report.cells[ANALYTICS.value].verdict
        assert verdict.severity in (0, 1)
        assert {share.key_id: share.apps for share in verdict.by}[""] == (names[third],)
        assert verdict.detail.endswith(f"Not for {names[third]}: no key here that sees it may.")
        assert "Not for" not in report.cells["reviews"].verdict.detail
    (health,) = space.health.matrix().healths
    row = next(row for row in matrix_rows(health) if row[0] == info(ANALYTICS).title)
    assert names[third] in row[2]


def test_what_was_noted_of_an_app_that_no_key_serves_any_more_is_over(apple: Apple, desk: Desk) -> None:
    """A sync asks for analytics of an app whose only key may not, which a look could not learn before."""
    support, admin = apple.key("CUSTOMER_SUPPORT", individual=True), apple.key("ADMIN", individual=True)
    first, second, _ = apple.app_ids
    apple.simulator.happen("show", key_id=admin.key_id, app_ids=[second])
    apple.simulator.happen("show", key_id=support.key_id, app_ids=[first])
    space = desk.open()
    for key, features in ((support, (REVIEWS, REPLY)), (admin, (REVIEWS, REPLY, ANALYTICS))):
        trial = space.accounts.try_credential(
            from_file(space.vault, key.write(apple.keys), None, None), features=features
        )
        space.accounts.link(LinkRequest("North", trial, features, same_team=True))
    asking = "/v1/apps/*/analyticsReportRequests"
    apple.simulator.faults.add("status", path=asking, key_id=support.key_id, status=500, times=1)
    (account,) = space.sync.run(datasets=("analytics",)).accounts
    assert not account.datasets["analytics"].ok
    for check in (space.health.check, space.health.matrix):
        (report,) = check().accounts
        assert report.cells[ANALYTICS.value].verdict.severity in (0, 1)
    (account,) = space.sync.run(datasets=("analytics",)).accounts
    assert account.datasets["analytics"].ok


def test_a_change_names_the_key_that_it_is_about(apple: Apple, desk: Desk) -> None:
    """The team key still reads every app: for the account nothing has changed."""
    pair = Pair(apple, desk, team_first=True, features=(REVIEWS, REPLY))
    heard: list[object] = []
    pair.space.health.check()
    pair.space.subscribe(heard.append)
    pair.own.revoked = True
    pair.space.health.check()
    (report,) = pair.space.health.matrix().accounts
    assert report.cells["reviews"].verdict.severity == 0
    (told, *_) = [event.text for event in heard if isinstance(event, Notice) and "Reviews" in event.text]
    assert told.startswith(f"North, key {shorten_key_id(pair.own.key_id)}: Reviews was ok")
