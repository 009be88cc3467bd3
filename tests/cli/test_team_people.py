"""Letting people in and out by command: what becomes of a login and of its password, and what is refused."""

from __future__ import annotations

import re

import psycopg
import pytest
from psycopg import sql

from ascinbox.core.secret import Secret
from ascinbox.store.queue.team import members
from ascinbox.store.queue.team.address import TeamAddress
from ascinbox.store.queue.team.connection import TeamSession
from tests.cli.team_crew import Crew
from tests.postgres import PostgresServer

FIRST, SECOND = "first p4ssword", "second p4ssword"


@pytest.fixture
def anna(crew: Crew) -> str:
    """A login that no other test has: logins are of the whole server."""
    return f"anna_{crew.database}"


def verifier(crew: Crew, name: str) -> str:
    """What the server keeps of somebody's password."""
    with psycopg.connect(crew.url(), autocommit=True) as root:
        found = root.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (name,)).fetchone()
    assert found is not None
    return str(found[0])


def fits(kept: str, password: str) -> bool:
    """Whether a password is the one of a verifier."""
    from base64 import b64decode

    salt = b64decode(kept.split("$")[1].split(":")[1])
    return members.scram_verifier(Secret(password), salt) == kept


def test_a_password_that_is_given_is_set_and_said_and_none_keeps_what_there_is(crew: Crew, anna: str) -> None:
    crew.make()
    add = ("team", "add", anna, "--level", "replier")
    new = crew.worker.run(*add, "--apply", "--password-stdin", stdin=FIRST)
    assert "The password is the one that you gave." in new.stderr
    dry = crew.worker.run(*add, "--password-stdin", stdin=SECOND)
    assert f"The SQL changes {anna}'s password." in dry.stderr
    assert dry.stdout.startswith(f"-- {anna} is there already: this changes the password.\nALTER ROLE")
    assert fits(verifier(crew, anna), FIRST)
    keeps = crew.worker.run(*add, "--apply")
    assert f"The login {anna} was there already and keeps its password." in keeps.stderr
    assert "PASSWORD" not in crew.worker.run(*add).stdout
    assert fits(verifier(crew, anna), FIRST)
    changed = crew.worker.run(*add, "--apply", "--password-stdin", stdin=SECOND)
    assert (changed.returncode, f"{anna}'s password is changed." in changed.stderr) == (0, True)
    assert fits(verifier(crew, anna), SECOND)
    for secret in (FIRST, SECOND):
        assert secret not in "".join((new.stderr, dry.stdout, dry.stderr, changed.stdout, changed.stderr))


def test_who_is_let_in_again_is_said_to_have_the_password_from_before(crew: Crew, anna: str) -> None:
    crew.make()
    add = ("team", "add", anna, "--level", "replier")
    crew.worker.run(*add, "--apply", "--password-stdin", stdin=FIRST)
    assert crew.worker.run("team", "remove", anna, "--yes").returncode == 0
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        psycopg.connect(crew.url(anna))
    words = "with the password from before. Another password: add --password-stdin."
    assert f"It is switched off, and will be on again {words}" in crew.worker.run(*add).stderr
    again = crew.worker.run(*add, "--apply")
    assert f"It was switched off, and is on again {words}" in again.stderr
    assert fits(verifier(crew, anna), FIRST)
    psycopg.connect(crew.url(anna)).close()
    crew.worker.run("team", "remove", anna, "--yes")
    other = crew.worker.run(*add, "--apply", "--password-stdin", stdin=SECOND)
    assert f"{anna}'s password is changed." in other.stderr
    assert "It was switched off, and is on again." in other.stderr
    assert "from before" not in other.stderr


def test_nobody_is_removed_without_a_yes_and_nobody_twice(crew: Crew, anna: str) -> None:
    crew.make()
    crew.worker.run("team", "add", anna, "--level", "replier", "--apply")
    asked = crew.worker.run("team", "remove", anna)
    assert asked.returncode == 2
    assert "Nobody was removed." in asked.stderr
    assert "Add --yes." in asked.stderr
    assert [m["removed_at"] for m in crew.worker.json("team", "list")["members"]] == [None, None]
    assert crew.worker.run("team", "remove", anna, "--yes").returncode == 0
    twice = crew.worker.run("team", "remove", anna, "--yes")
    assert (twice.returncode, f"{anna} was removed from the team already." in twice.stderr) == (3, True)
    assert "ALTER ROLE" not in twice.stderr
    with psycopg.connect(crew.url(), autocommit=True) as root:
        root.execute(f"ALTER ROLE {anna} LOGIN")
    still = crew.worker.run("team", "remove", anna, "--yes")
    assert f'ALTER ROLE "{anna}" NOLOGIN' in still.stderr
    never = crew.worker.run("team", "remove", "zoe", "--yes")
    assert (never.returncode, "Nobody on the team is called 'zoe'." in never.stderr) == (3, True)


def test_who_has_no_login_any_more_can_be_removed(crew: Crew, anna: str) -> None:
    crew.make()
    crew.worker.run("team", "add", anna, "--level", "replier", "--apply")
    with psycopg.connect(crew.url(), autocommit=True) as root:
        root.execute(f"DROP OWNED BY {anna}")
        root.execute(f"DROP ROLE {anna}")
    done = crew.worker.run("team", "remove", anna, "--yes")
    assert done.returncode == 0, done.stderr


def refusals(crew: Crew, *words: str) -> tuple[int, str]:
    """How `team add` refuses, run or only printed: in the same words."""
    dry, run = (crew.worker.run("team", "add", *words, *more) for more in ((), ("--apply",)))
    assert (dry.returncode, dry.stdout, dry.stderr) == (run.returncode, run.stdout, run.stderr)
    assert dry.stdout == ""
    return dry.returncode, dry.stderr


def test_what_cannot_work_is_refused_whether_it_is_run_or_printed(crew: Crew) -> None:
    crew.make()
    me = crew.server.superuser
    code, words = refusals(crew, me, "--level", "replier")
    assert (code, "A team needs an admin" in words) == (2, True)
    assert "ascinbox team add NAME --level admin --apply" in words
    for name in (
        "public",
        "none",
        "pg_x",
        f"ascinbox_{crew.database}_member",
        f"ascinbox_{crew.database}_owner",
    ):
        code, words = refusals(crew, name, "--level", "replier")
        assert (code, "A login cannot be called" in words) == (3, True), words
    own = crew.worker.run("team", "remove", me, "--yes")
    assert (own.returncode, "Another admin has to remove you" in own.stderr) == (2, True)
    assert "ascinbox team leave" in own.stderr
    paul = crew.member("paul", "publisher")
    for tried in (
        ("add", "zoe", "--level", "admin"),
        ("add", "zoe", "--level", "admin", "--apply"),
        ("remove", me),
    ):
        refused = paul.run("team", *tried)
        assert (refused.returncode, refused.stdout) == (2, ""), tried
        assert "The level publisher does not allow this" in refused.stderr
    with psycopg.connect(crew.url(), autocommit=True) as root:
        assert root.execute("SELECT 1 FROM pg_roles WHERE rolname IN ('zoe', 'pg_x')").fetchone() is None


@pytest.fixture
def boss(postgres: PostgresServer, crew: Crew) -> TeamSession:
    """An admin of the team who is no superuser and may make no logins."""
    crew.make()
    name = f"boss_{crew.database}"
    crew.worker.run("team", "add", name, "--level", "admin", "--apply")
    return TeamSession(TeamAddress.parse(crew.url(name)))


def test_an_admin_who_may_make_no_logins_is_sent_to_who_may(crew: Crew, boss: TeamSession) -> None:
    home, mia = crew.home("boss"), f"mia_{crew.database}"
    name = boss.open().me
    assert home.run("team", "join", crew.url(name), "--yes").returncode == 0
    refused = home.run("team", "add", mia, "--level", "replier", "--apply")
    assert refused.returncode == 2
    assert "You may not make or change this login" in refused.stderr
    assert "let a database administrator run the SQL" in refused.stderr
    superuser = home.run("team", "add", crew.server.superuser, "--level", "replier")
    assert (superuser.returncode, "is a superuser of this PostgreSQL" in superuser.stderr) == (2, True)

    printed = home.run("team", "add", mia, "--level", "replier")
    assert printed.returncode == 0
    with psycopg.connect(crew.url(), autocommit=True) as root:
        root.execute("CREATE ROLE dba SUPERUSER LOGIN")
        try:
            with psycopg.connect(crew.url("dba"), autocommit=True) as dba:
                for statement in re.findall(r"[^;]+;", printed.stdout):
                    dba.execute(statement.encode())
        finally:
            root.execute("DROP ROLE dba")
    assert TeamSession(TeamAddress.parse(crew.url(mia))).open().level == "replier"
    boss.close()


def test_a_schema_of_another_program_is_no_team(crew: Crew) -> None:
    with psycopg.connect(crew.url(), autocommit=True) as root:
        root.execute("CREATE SCHEMA ascinbox")
        root.execute("CREATE TABLE ascinbox.orders (id int)")
    refused = crew.worker.run("team", "init", crew.url(), "--yes")
    assert refused.returncode == 2
    assert "has a schema ascinbox that is no team's" in refused.stderr
    assert "Join it" not in refused.stderr


def test_a_login_that_was_never_let_in_is_told_so(crew: Crew, anna: str) -> None:
    crew.make()
    with psycopg.connect(crew.url(), autocommit=True) as root:
        root.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(anna)))
    refused = crew.home("stranger").run("team", "join", crew.url(anna), "--yes")
    assert refused.returncode == 2
    assert "Nobody has let this login into the team" in refused.stderr
    assert "ascinbox team add NAME --level LEVEL" in refused.stderr
    assert "any more" not in refused.stderr
