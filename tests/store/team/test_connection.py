"""Addresses, what is added so that nobody listens, and each way in which a connection goes wrong."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import psycopg
import pytest

from ascinbox.core.errors import Unreachable, UsageError
from ascinbox.core.secret import Secret
from ascinbox.core.team import Level
from ascinbox.core.text import sentences
from ascinbox.store.queue.team import errors, install, parameters
from ascinbox.store.queue.team.address import TeamAddress, is_local, security
from ascinbox.store.queue.team.connection import TeamSession
from tests.postgres import PostgresServer
from tests.store.team.conftest import Team


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://anna@db.example:5433/reviews",
        "postgresql://anna@[::1]/reviews",
        "postgresql://a%40b@db.example/reviews?sslrootcert=%2Fetc%2Fpasswd",
        "postgresql://anna@/reviews?host=%2Fvar%2Frun",
        "postgresql://anna@%2Fvar%2Frun:5433/reviews",
        "postgresql://anna@[2001:db8::7]:5433/reviews",
        "service=reviews",
    ],
)
def test_an_address_is_what_its_text_says(text: str) -> None:
    address = TeamAddress.parse(text)
    assert TeamAddress.parse(address.text) == address


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mysql://db/reviews", "postgresql://user@host:port/db or service=NAME"),
        ("postgresql://db.example", "names no database"),
        ("service=a b", "postgresql://user@host:port/db or service=NAME"),
        ("postgresql://anna@db.example/reviews?nonsense=1", "not understood"),
        ("postgresql://anna@db.example:http/reviews", "http is no port"),
        ("postgresql://anna@db.example:70000/reviews", "70000 is no port"),
        ("postgresql://anna@db.example/reviews?sslmode=foo", "sslmode=foo is none of disable, allow, prefer"),
        ("postgresql://anna@db.example/reviews?sslmode=VERIFY-FULL", "none of"),
        ("postgresql://anna@db.example/reviews?channel_binding=x", "none of disable, prefer, require"),
        ("postgresql://anna@db.example/reviews?target_session_attrs=x", "none of any, read-write, read-only"),
        ("postgresql://anna@db.example/reviews?gssencmode=x", "none of disable, prefer, require"),
        ("postgresql://anna@db.example/reviews?load_balance_hosts=x", "none of disable, random"),
        (
            "postgresql://anna@db.example/reviews?connect_timeout=abc",
            "connect_timeout=abc is no whole number",
        ),
        (
            "postgresql://anna@db.example/reviews?tcp_user_timeout=1s",
            "tcp_user_timeout=1s is no whole number",
        ),
        ("postgresql://anna@db.example/reviews?port=99999", "99999 is no port"),
        ("postgresql://anna@a,b,c/reviews?port=1,2", "3 hosts and 2 ports do not fit together"),
        ("postgresql://anna@db.example/reviews?sslrootcert=/nowhere/ca.crt", "file that is not there"),
        ("postgresql://anna@db.example/reviews?sslcert=/nowhere/a.crt", "sslcert=/nowhere/a.crt"),
        ("postgresql://anna@db.example/reviews?hostaddr=db.example", "no address of numbers"),
        (
            "postgresql://anna@localhost/reviews?sslrootcert=system&sslmode=require",
            "goes with sslmode=verify",
        ),
        ("postgresql://anna@db.example/reviews?replication=true", "runs no functions"),
        ("postgresql://anna@db.example/reviews?service=other", "stands alone"),
    ],
)
def test_what_is_no_address_is_said(text: str, words: str) -> None:
    with pytest.raises(UsageError) as said:
        TeamAddress.parse(text)
    assert words in str(said.value)


def test_what_psycopg_knows_of_parameters_has_a_rule_or_takes_any_text() -> None:
    free = {
        "application_name", "client_encoding", "dbname", "fallback_application_name", "host", "hostaddr",
        "krbsrvname", "oauth_client_id", "oauth_issuer", "oauth_scope", "options", "port", "require_auth",
        "requirepeer", "sslkeylogfile", "user", "service", "servicefile",
    }  # fmt: skip
    known = {each.keyword.decode() for each in psycopg.pq.Conninfo.get_defaults()}
    ruled = {*parameters.CHOICES, *parameters.NUMBERS, *parameters.FILES, *parameters.NOT_OURS}
    assert known - ruled - free - parameters.SECRETS == set()


def test_a_service_whose_block_is_not_understood_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: PostgresServer
) -> None:
    file = tmp_path / "pg_service.conf"
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    file.write_text("[reviews]\nhost=localhost\ndbname=x\nsslmode=foo\n")
    with pytest.raises(UsageError, match="is none of disable") as said:
        TeamSession(TeamAddress.parse("service=reviews")).open()
    assert str(file) in said.value.title
    file.write_text(f"[reviews]\nhost={postgres.folder}\ndbname=x\nbogus=1\n")
    with pytest.raises(errors.TeamError, match="not one that PostgreSQL knows"):
        TeamSession(TeamAddress.parse("service=reviews")).open()
    monkeypatch.setenv("PGSSLMODE", "foo")
    with pytest.raises(errors.TeamError, match="not one that PostgreSQL knows"):
        TeamSession(TeamAddress.parse("postgresql://x@localhost/x")).open()


@pytest.mark.parametrize(
    ("parts", "environ"),
    [
        ({"host": "localhost", "hostaddr": "10.0.0.1"}, {}),
        ({"host": "localhost"}, {"PGHOSTADDR": "10.0.0.1"}),
        ({}, {"PGHOST": "db.example"}),
    ],
)
def test_what_is_called_local_and_reaches_another_machine_needs_tls(
    parts: dict[str, str], environ: dict[str, str], tmp_path: Path
) -> None:
    assert security(parts, tmp_path, environ)["sslmode"] == "verify-full"
    with pytest.raises(UsageError, match="does not check who answers"):
        security({**parts, "sslmode": "prefer"}, tmp_path, environ)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://anna:s3cret@db/r",
        "postgresql://anna@db/r?password=s3cret",
        "postgresql://anna@db/r?x=y&sslpassword=s3cret",
        "postgresql://anna@db/r?p%61ssword=s3cret",
        "postgresql://anna@db/r?oauth_client_secret=s3cret",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError, match="password") as refused:
        TeamAddress.parse(text)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("", True),
        ("/var/run/postgresql", True),
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("db.example", False),
        ("127.0.0.1.example", False),
        ("localhost,db.example", False),
        ("10.0.0.1", False),
    ],
)
def test_only_this_machine_may_do_without_tls(host: str, local: bool, tmp_path: Path) -> None:
    assert is_local(host) is local
    added = security({"host": host}, tmp_path)
    if local:
        assert added == {}
    else:
        assert added == {"sslmode": "verify-full", "channel_binding": "require", "sslrootcert": "system"}


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca"])
def test_less_than_a_checked_name_is_refused(mode: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not check who answers"):
        security({"host": "db.example", "sslmode": mode}, tmp_path)


def test_a_client_certificate_needs_no_channel_binding(tmp_path: Path) -> None:
    parts = {"host": "db.example", "sslcert": "a.crt", "sslkey": "a.key", "sslrootcert": "ca.crt"}
    assert security(parts, tmp_path) == {"sslmode": "verify-full"}


def test_a_service_is_read_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, team: Team) -> None:
    file = tmp_path / "pg_service.conf"
    file.write_text(
        f"[reviews]\nhost={team.server.folder}\nport={team.server.port}\ndbname={team.database}\nuser=Paul\n"
    )
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    session = TeamSession(TeamAddress.parse("service=reviews"))
    assert session.open().me == "Paul"
    session.close()
    with pytest.raises(errors.TeamError, match=r"pg_service\.conf"):
        TeamSession(TeamAddress.parse("service=other")).open()


def test_a_session_says_who_one_is_and_what_time_it_is(team: Team) -> None:
    session = team.session("Paul")
    hello = session.open()
    assert (hello.me, hello.level, hello.team) == ("Paul", Level.PUBLISHER, "North")
    assert not hello.four_eyes
    assert session.now() == team.clock.now()
    team.run("Anna", "SELECT ascinbox.put_option('four_eyes', '1')")
    assert session.greet_again().four_eyes


def test_no_team_another_version_and_a_newer_one_are_told_apart(postgres: PostgresServer) -> None:
    database = postgres.database()
    address = TeamAddress.parse(postgres.url(database))
    with pytest.raises(errors.SchemaMismatch, match="holds no team"):
        TeamSession(address).open()
    with psycopg.connect(postgres.url(database), autocommit=True) as root:
        install.init(root, "North")
        with pytest.raises(errors.TeamError, match="already"):
            install.init(root, "South")
        root.execute("ALTER TABLE ascinbox.option DISABLE TRIGGER ALL")
        root.execute("UPDATE ascinbox.option SET value = 'other' WHERE name = 'hash'")
        with pytest.raises(errors.SchemaMismatch, match="another version") as other:
            TeamSession(address).open()
        line = f" ! {sentences(other.value.title, other.value.next_step)}"
        assert "ascinbox team upgrade;" in line[:80], "what to do is read on a narrow screen as well"
        root.execute("ALTER TABLE ascinbox.option ENABLE TRIGGER ALL")
        install.upgrade(root)
        session = TeamSession(address)
        assert session.open().team == "North"
        session.call("add_note", "n1", "id1", "kept working", 0.0)
        session.close()
        root.execute("ALTER TABLE ascinbox.option DISABLE TRIGGER ALL")
        root.execute("UPDATE ascinbox.option SET value = '99' WHERE name = 'version'")
        with pytest.raises(errors.SchemaMismatch, match="newer ascinbox") as newer:
            TeamSession(address).open()
        assert newer.value.exit_code == 78
        with pytest.raises(errors.SchemaMismatch, match="newer ascinbox"):
            install.upgrade(root)


def test_a_database_that_is_upgraded_meanwhile_is_touched_no_more(team: Team) -> None:
    session = team.session("Rita")
    session.call("add_note", "n1", "id1", "before", 0.0)
    team.root.execute("ALTER TABLE ascinbox.option DISABLE TRIGGER ALL")
    team.root.execute("UPDATE ascinbox.option SET value = '99' WHERE name = 'version'")
    for _ in range(2):
        with pytest.raises(errors.SchemaMismatch, match="newer ascinbox"):
            session.greet_again()
        with pytest.raises(errors.SchemaMismatch, match="newer ascinbox"):
            session.call("add_note", "n2", "id1", "after", 0.0)
    assert team.root.execute("SELECT id FROM ascinbox.note").fetchall() == [("n1",)]
    team.root.execute("UPDATE ascinbox.option SET value = '1' WHERE name = 'version'")
    session.retry()
    session.call("add_note", "n2", "id1", "after", 0.0)
    assert len(team.root.execute("SELECT id FROM ascinbox.note").fetchall()) == 2


def test_who_may_not_make_a_team_leaves_nothing_behind(postgres: PostgresServer) -> None:
    database = postgres.database()
    with psycopg.connect(postgres.url(database), autocommit=True) as root:
        root.execute("DROP ROLE IF EXISTS plain")
        root.execute("CREATE ROLE plain LOGIN")
        with (
            psycopg.connect(postgres.url(database, "plain"), autocommit=True) as plain,
            pytest.raises(errors.TeamError, match="may not make a team"),
        ):
            install.init(plain, "North")
        assert root.execute("SELECT to_regnamespace('ascinbox')").fetchone() == (None,)


def test_an_owner_of_the_database_who_may_make_roles_is_enough(postgres: PostgresServer) -> None:
    database = postgres.database()
    with psycopg.connect(postgres.url(database), autocommit=True) as root:
        root.execute("DROP ROLE IF EXISTS boss")
        root.execute("CREATE ROLE boss LOGIN CREATEROLE")
        root.execute(f"ALTER DATABASE {database} OWNER TO boss")
    with psycopg.connect(postgres.url(database, "boss"), autocommit=True) as boss:
        install.init(boss, "North")
        install.upgrade(boss)
    session = TeamSession(TeamAddress.parse(postgres.url(database, "boss")))
    assert session.open().level is Level.ADMIN
    session.close()


def test_the_bell_wakes_and_acts_go_on_meanwhile(team: Team) -> None:
    session = TeamSession(team.address("Paul"))
    session.listen()
    heard: list[float] = []
    stop = threading.Event()
    started = time.monotonic()

    def wait() -> None:
        if session.wait(10, stop):
            heard.append(time.monotonic() - started)

    waiting = threading.Thread(target=wait)
    waiting.start()
    team.run("Rita", "SELECT ascinbox.add_note('n1', 'id1', 'hello', 0)")
    waiting.join(10)
    assert heard
    assert heard[0] < 5
    session.call("add_note", "n2", "id1", "hello", 0.0)
    assert session.wait(10, stop), "one's own acts ring as well"
    stop.set()
    assert not session.wait(10, stop)
    session.close()


def test_what_was_notified_while_another_thread_connected_anew_is_not_missed(team: Team) -> None:
    session = TeamSession(team.address("Paul"))
    session.listen()
    team.root.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'Paul'")
    with pytest.raises(Unreachable):
        session.call("add_note", "n1", "id1", "one", 0.0)
    session.call("add_note", "n1", "id1", "one", 0.0)
    session.notified.clear()
    stop = threading.Event()
    assert session.wait(0.2, stop), "there may be something to fetch"
    assert not session.wait(0.2, stop)
    team.run("Rita", "SELECT ascinbox.add_note('n2', 'id1', 'hello', 0)")
    assert session.wait(10, stop), "it listens again"
    session.close()


@pytest.mark.slow
def test_a_server_that_goes_away_and_comes_back_is_found_again(own_postgres: PostgresServer) -> None:
    database = own_postgres.team()
    session = TeamSession(TeamAddress.parse(own_postgres.url(database)), monotonic=time.monotonic)
    session.call("add_note", "n1", "id1", "one", 0.0)
    own_postgres.stop()
    with pytest.raises(Unreachable):
        session.call("add_note", "n2", "id1", "two", 0.0)
    assert not session.online
    before = time.monotonic()
    with pytest.raises(Unreachable):
        session.call("add_note", "n2", "id1", "two", 0.0)
    with pytest.raises(Unreachable):
        session.call("add_note", "n2", "id1", "two", 0.0)
    assert time.monotonic() - before < 1, "it is not waited for again and again"
    own_postgres.start()
    session.retry()
    assert session.call("add_note", "n2", "id1", "two", 0.0)["added"]
    session.close()


def test_a_backend_that_is_ended_in_the_middle_is_an_unreachable_server(team: Team) -> None:
    session = team.session("Paul")
    session.open()
    team.root.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'Paul'")
    with pytest.raises(Unreachable):
        session.call("add_note", "n1", "id1", "one", 0.0)
    assert session.call("add_note", "n1", "id1", "one", 0.0)["added"]


def test_what_cannot_be_stored_is_taken_out_of_a_text(team: Team) -> None:
    session = team.session("Paul")
    session.call("add_note", "n1", "id1", "a\x00b\ud800c\\u0000", 0.0)
    stored = team.root.execute("SELECT body FROM ascinbox.note").fetchone()
    assert stored == ("ab\ufffdc\\u0000",)
    changes = [{"id": "id1", "want": {"note": "a\x00b\ud800c\\u0000"}}]
    session.call("mark", changes, "note", "")
    assert team.root.execute("SELECT note FROM ascinbox.triage").fetchone() == ("ab\ufffdc\\u0000",)


@pytest.mark.slow
def test_a_password_is_asked_for_and_a_wrong_one_is_said(
    own_postgres: PostgresServer, tmp_path: Path
) -> None:
    own = own_postgres
    database = own.team()
    with psycopg.connect(own.url(database), autocommit=True) as root:
        root.execute("CREATE ROLE rita LOGIN PASSWORD 'right'")
        group = install.members_of(database)
        root.execute(f'GRANT "{group}" TO rita')
        root.execute("SELECT ascinbox.put_member('rita', 'replier')")
        root.execute("CREATE ROLE gone NOLOGIN")
    hba = own.data / "pg_hba.conf"
    hba.write_text("local all asc_super trust\nlocal all all scram-sha-256\n")
    own.stop("fast")
    own.start()
    address = TeamAddress.parse(own.url(database, "rita"))
    assert TeamSession(address, password=lambda: Secret("right")).open().me == "rita"
    with pytest.raises(errors.TeamError, match="refused the password") as wrong:
        TeamSession(address, password=lambda: Secret("wr0ng")).open()
    assert "wr0ng" not in str(wrong.value)
    with pytest.raises(errors.WrongPassword, match="wants a password"):
        TeamSession(address).open()
    with pytest.raises(errors.TeamError):
        TeamSession(TeamAddress.parse(own.url(database, "gone")), password=lambda: Secret("x")).open()
    with pytest.raises(errors.TeamError, match="no such login or database"):
        TeamSession(TeamAddress.parse(own.url("elsewhere", "asc_super"))).open()
    passwords = tmp_path / "pgpass"
    passwords.write_text("*:*:*:rita:right\n")
    passwords.chmod(0o644)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSFILE", str(passwords))
        with pytest.raises(errors.TeamError, match="Others can read") as open_file:
            TeamSession(address).open()
        assert "chmod 600" in open_file.value.next_step
        passwords.chmod(0o600)
        assert TeamSession(address).open().me == "rita"


def test_a_server_that_is_paused_counts_as_away_and_is_found_again(own_postgres: PostgresServer) -> None:
    database = own_postgres.team()
    session = TeamSession(TeamAddress.parse(own_postgres.url(database)), answers_s=0.5)
    session.call("add_note", "n1", "id1", "one", 0.0)
    pid = session.rows("SELECT pg_backend_pid()")[0][0]
    os.kill(pid, signal.SIGSTOP)
    try:
        before = time.monotonic()
        with pytest.raises(Unreachable):
            session.call("add_note", "n2", "id1", "two", 0.0)
        assert time.monotonic() - before < 5
        assert not session.online
    finally:
        os.kill(pid, signal.SIGCONT)
    session.retry()
    assert session.rows("SELECT pg_sleep(0.1)"), "an answer that comes in time is taken"
    session.call("add_note", "n2", "id1", "two", 0.0)
    [[notes]] = session.rows("SELECT count(*) FROM ascinbox.changes(0, 100) WHERE kind = 'note'")
    assert notes == 2, "an act that may have arrived is done once"
    session.close()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://anna@db.example/inbox", "anna@db.example/inbox"),
        ("postgresql://anna@db.example:5432/inbox", "anna@db.example/inbox"),
        ("postgresql://anna@db.example:6543/inbox", "anna@db.example:6543/inbox"),
        ("service=inbox", "inbox"),
    ],
)
def test_an_address_is_shown_with_a_port_that_is_not_the_usual_one(text: str, shown: str) -> None:
    assert TeamAddress.parse(text).shown == shown
