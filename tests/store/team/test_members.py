"""Letting people in and out: SQL that shows no password, and what it does when it is run."""

from __future__ import annotations

import psycopg
import pytest

from ascinbox.core.errors import UsageError
from ascinbox.core.secret import Secret
from ascinbox.core.team import Level, check_login
from ascinbox.core.text import clean_line
from ascinbox.store.queue.team import errors, install, members
from ascinbox.store.queue.team.address import TeamAddress
from ascinbox.store.queue.team.connection import TeamSession
from tests.postgres import PostgresServer
from tests.store.team.conftest import Team


def admin(team: Team) -> TeamSession:
    return team.session(team.server.superuser)


def test_the_sql_holds_a_verifier_that_the_server_takes_and_never_the_password(team: Team) -> None:
    session = admin(team)
    added = members.addition(session, 'mia "m"', Level.REPLIER, Secret("pässword 1"))
    assert "pässword 1" not in added.sql + added.service + repr(added)
    assert "SCRAM-SHA-256$4096:" in added.sql
    assert 'CREATE ROLE "mia ""m"""' in added.sql
    members.apply(session, added)
    stored = team.root.execute(
        "SELECT rolpassword FROM pg_authid WHERE rolname = %s", ('mia "m"',)
    ).fetchone()
    assert stored is not None
    assert stored[0] in added.sql
    again = members.addition(session, 'mia "m"', Level.PUBLISHER, None)
    assert "ALTER ROLE" in again.sql
    members.apply(session, again)
    mia = team.session('mia "m"')
    assert mia.open().level is Level.PUBLISHER
    assert [m.level for m in members.members(mia) if m.name == 'mia "m"'] == [Level.PUBLISHER]


def test_the_verifier_is_the_one_that_postgresql_makes(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as root:
        root.execute("DROP ROLE IF EXISTS probe")
        root.execute("CREATE ROLE probe PASSWORD 'pencil'")
        found = root.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'probe'").fetchone()
    assert found is not None
    import base64

    salt = base64.b64decode(str(found[0]).split("$")[1].split(":")[1])
    assert members.scram_verifier(Secret("pencil"), salt) == found[0]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "needs a name"),
        ("   ", "needs a name"),
        (" anna", "begins or ends with a blank"),
        ("anna ", "begins or ends with a blank"),
        ("a\nb", "cannot be seen"),
        ("a\x1b[31mb", "cannot be seen"),
        ("a\x00b", "cannot be seen"),
        ("a\u202eb", "cannot be seen"),
        ("a\ud800b", "cannot be seen"),
        ("x" * 64, "has 64 bytes"),
        ("ä" * 32, "has 64 bytes"),
        ("pg_monitor", "keeps public, none"),
        ("public", "keeps public, none"),
        ("none", "keeps public, none"),
    ],
)
def test_a_name_that_is_no_login_is_refused(team: Team, name: str, why: str) -> None:
    session = admin(team)
    for refused in (
        lambda: members.addition(session, name, Level.VIEWER, None),
        lambda: members.remove(session, name),
        lambda: check_login(name),
    ):
        with pytest.raises(UsageError, match="A login cannot be called") as said:
            refused()
        assert why in said.value.detail
        assert clean_line(str(said.value)) == str(said.value)


def test_who_was_let_in_under_such_a_name_can_be_removed_and_nobody_else_instead(team: Team) -> None:
    session = admin(team)
    for name in ("  ", "zoe"):
        team.root.execute(f'CREATE ROLE "{name}" LOGIN')
        team.root.execute("SELECT ascinbox.put_member(%s, 'viewer')", (name,))
    with pytest.raises(UsageError):
        members.remove(session, "zo\x00e")
    assert members.remove(session, "  ")
    assert [m.name for m in members.members(session) if m.removed_at is None and m.name == "zoe"] == ["zoe"]
    for name in ("  ", "zoe"):
        team.root.execute(f'DROP ROLE "{name}"')


@pytest.mark.parametrize(
    "name", ["anna", "Änna Ö", "anna.b@north.example", "x" * 63, "PUBLIC", 'a "b"', "安娜"]
)
def test_other_names_are_logins(name: str) -> None:
    check_login(name)


@pytest.mark.parametrize("user", ["%20anna", "a%0Ab", "pg_x", "x" * 64])
def test_an_address_has_no_other_logins(user: str) -> None:
    with pytest.raises(UsageError, match="A login cannot be called"):
        TeamAddress.parse(f"postgresql://{user}@localhost/inbox")


def test_who_is_removed_is_out_at_once(team: Team) -> None:
    session = admin(team)
    members.apply(session, members.addition(session, "leaver", Level.REPLIER, None))
    leaver = team.session("leaver")
    leaver.call("claim", "id1", "theirs", 60.0, False)
    assert members.remove(session, "leaver")
    assert not members.remove(session, "leaver")
    with pytest.raises(errors.TeamError):
        leaver.call("release", "id1", "theirs")
    with pytest.raises(errors.TeamError, match="switched off"):
        leaver.retry()
    held = team.session("Paul").call("claim", "id1", "his", 60.0, False)
    assert held["held"] is None


def test_who_is_removed_by_an_admin_that_ends_no_connections_is_told_so(team: Team) -> None:
    session = admin(team)
    members.apply(session, members.addition(session, "lost", Level.REPLIER, None))
    lost = team.session("lost")
    lost.open()
    # As `team remove` leaves it where the admin may not end what others have open.
    team.root.execute("SELECT ascinbox.remove_member('lost')")
    with pytest.raises(errors.NotAllowed, match="not a member") as still:
        lost.call("claim", "id1", "theirs", 60.0, False)
    team.root.execute(f'REVOKE "{install.members_of(team.database)}" FROM lost')
    with pytest.raises(errors.NotAllowed, match="You are not on the team") as none:
        lost.call("claim", "id1", "theirs", 60.0, False)
    for told in (still, none):
        assert told.value.removed
        assert "ascinbox team leave" in told.value.next_step
    lost.close()
    with pytest.raises(errors.NotAllowed, match="You are not on the team"):
        lost.open()


def test_the_log_tells_everything_and_the_status_who_works(team: Team) -> None:
    team.session("Rita").call("add_note", "n1", "id1", "hello", 0.0)
    team.session("Wanda").call("work", "server1", ["North"], 60.0)
    session = admin(team)
    told = [(entry["who"], entry["verb"], entry["subject"]) for entry in members.log(session)]
    assert ("Rita", "note", "") in told
    assert (team.server.superuser, "member", "Rita") in told
    assert told == [(e["who"], e["verb"], e["subject"]) for e in members.log(session, team.clock.now())]
    status = members.status(session, 0.5)
    assert (status.team, status.me, status.level) == ("North", team.server.superuser, Level.ADMIN)
    assert [(w.name, w.accounts) for w in status.workers] == [("server1", ("North",))]
    with pytest.raises(errors.NotAllowed):
        list(members.log(team.session("Paul")))


def test_options_are_the_admins_and_known_to_everybody(team: Team) -> None:
    with pytest.raises(errors.NotAllowed):
        members.set_option(team.session("Paul"), "four_eyes", "0")
    members.set_option(admin(team), "four_eyes", "1")
    assert team.session("Vera").open().four_eyes


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        ("postgresql://anna@/reviews?host=/run/pg", {"host=/run/pg", "dbname=reviews", "user=mia"}),
        (
            "postgresql://anna@db.example:5433/reviews",
            {"host=db.example", "port=5433", "sslmode=verify-full", "channel_binding=require"},
        ),
    ],
)
def test_the_service_block_reaches_the_same_team(address: str, lines: set[str]) -> None:
    block = members.service_block(TeamAddress.parse(address).parts, "reviews", "mia")
    assert lines <= set(block.splitlines())
    assert ("sslmode=verify-full" in block) == ("db.example" in block)
