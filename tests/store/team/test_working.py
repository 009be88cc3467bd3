"""What workers share, who works on which account, and the clock that all of them go by."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import cast

from ascinbox.core.records import Account, App, Credential, CredentialKind
from ascinbox.paths import Paths
from ascinbox.store.queue.team.connection import ServerClock
from ascinbox.store.queue.team.queue import TeamQueue
from ascinbox.store.queue.team.working import TeamWorker
from ascinbox.store.store import Store
from tests.store.queue_contract import intention
from tests.store.team.conftest import Team
from tests.workers.clocks import StepClock

LEASE = timedelta(seconds=120)


def test_one_worker_an_account_until_its_lease_is_over_by_the_servers_clock(team: Team) -> None:
    steady = team.clock.monotonic
    one = TeamWorker(team.session("Wanda"), "one", LEASE, steady)
    two = TeamWorker(team.session("Anna"), "two", LEASE, steady)
    for worker in (one, two):
        worker.know([(7, "North"), (8, "South")])
    assert one.renew() == {"North", "South"}
    assert two.renew() == frozenset()
    assert one.works_on(7)
    assert not two.works_on(7)
    team.clock.advance(121)
    assert not one.works_on(7), "a worker that stood still knows that its lease may be another's"
    team.set_clock()
    assert two.renew() == {"North", "South"}
    assert one.renew() == frozenset()
    two.release()
    assert one.renew() == {"North", "South"}


def test_a_reply_is_sent_under_the_workers_own_number_of_the_account(team: Team, tmp_path: Path) -> None:
    other = TeamWorker(team.session("Anna"), "other", LEASE)
    other.know([(1, "South")])
    worker = TeamWorker(team.session("Wanda"), "one", LEASE, team.clock.monotonic)
    worker.know([(1, "North")])
    assert worker.team_account(1) == 2
    worker.renew()
    session = team.session("Wanda")
    store = Store.open(
        Paths.under(tmp_path / "worker"),
        team.clock,
        me="Wanda",
        queue=lambda s: TeamQueue(s.database, s.clock, session, "Wanda", worker=worker),
    )
    with closing(store):
        paul = cast(TeamQueue, team.home("Paul", tmp_path / "paul").queue)
        paul.queue(intention("id1", account_id=2))
        paul.queue(intention("id2", account_id=1))
        team.clock.advance(60)
        [row] = store.queue.due(team.clock.now())
        assert (row.review_id, row.account_id) == ("id1", 1)
        assert paul.due(team.clock.now()) == [], "a member never sends"


def test_members_see_accounts_apps_and_credentials_but_no_secret(team: Team, tmp_path: Path) -> None:
    with closing(Store.open(Paths.under(tmp_path / "server"), team.clock)) as server:
        key = Credential(CredentialKind.TEAM, "KEY1", "issuer-1", "file:/secret/place", "abcd")
        tide = App("1", "Tide", "com.tide")
        account = server.accounts.add(Account(0, "North", "85", ("reviews",), (key,)), [tide])
        worker = TeamWorker(team.session("Wanda"), "one", LEASE)
        worker.know([(account.id, "North")])
        assert worker.share(server.database) >= 2
        assert worker.share(server.database) == 0
        home = team.home("Vera", tmp_path / "vera")
        queue = cast(TeamQueue, home.queue)
        rows = team.session("Vera").rows("SELECT * FROM ascinbox.facts(0, 1000)")
        queue.replica.take_facts(0, rows)
        [seen] = home.accounts.list()
        assert (seen.name, seen.vendor, seen.features) == ("North", "85", ("reviews",))
        [credential] = seen.credentials
        assert (credential.key_id, credential.secret_ref, credential.issuer_id) == ("KEY1", "team:", None)
        assert "/secret/place" not in str(rows)
        assert [app.name for app in home.accounts.apps()] == ["Tide"]
        server.accounts.remove(account.id)
        worker.share(server.database)
        after = queue.replica.positions()[1]
        queue.replica.take_facts(
            after, team.session("Vera").rows("SELECT * FROM ascinbox.facts(%s, 99)", after)
        )
        assert home.accounts.list() == ()


def test_a_machine_whose_clock_is_an_hour_off_goes_by_the_servers(team: Team) -> None:
    local = StepClock(team.clock.now() + timedelta(hours=1))
    session = team.session("Paul")
    clock = ServerClock(session, local)
    assert clock.now() == local.now()
    session.open()
    assert clock.now() == team.clock.now()
