"""What nobody may do, tried with psql past the program, as the person whom the level stands for."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import ExitStack

import psycopg
import pytest

from ascinbox.core.outbox.states import OutboxRow
from ascinbox.store.hot.outbox_rows import values_of
from ascinbox.store.models.server import SERVER
from ascinbox.store.queue.team import install
from tests.postgres import PostgresServer
from tests.store.queue_contract import intention
from tests.store.team.conftest import LEVELS, Team
from tests.workers.clocks import StepClock

PEOPLE = sorted(LEVELS)
TABLES = sorted(table.name for table in SERVER.tables.values())
DENIED = psycopg.errors.InsufficientPrivilege
MARKS = {
    "mark": 'SELECT ascinbox.mark(\'[{"id": "id1", "want": {"done": true}}]\', \'done\', \'\')',
}
"""What rules of a worker do as well."""
WRITES = {
    "undo_last": "SELECT ascinbox.undo_last()",
    "add_note": "SELECT ascinbox.add_note('n1', 'id1', 'hello', 0)",
    "claim": "SELECT ascinbox.claim('id1', 'me', 60, false)",
    "release": "SELECT ascinbox.release('id1', 'me')",
    "draft": "SELECT ascinbox.draft('id1', NULL, '')",
    "queue": "SELECT ascinbox.queue('[]')",
    "take_back": "SELECT ascinbox.take_back(1, 1, 'queued', false, NULL)",
}
PUBLISHES = {"approve": "SELECT ascinbox.approve(1, '', 0)", "resume": "SELECT ascinbox.resume(1)"}
WORKS = {
    "put_reviews": "SELECT ascinbox.put_reviews('1', '')",
    "remove_reviews": "SELECT ascinbox.remove_reviews('{}')",
    "put_versions": "SELECT ascinbox.put_versions('{}', '1.0')",
    "share": "SELECT ascinbox.share('[]')",
    "account_number": "SELECT ascinbox.account_number('North')",
    "work": "SELECT ascinbox.work('w', '{North}', 60)",
    "tells": "SELECT ascinbox.tells('home', '{a}')",
    "pause": "SELECT ascinbox.pause(1, 'KEY', NULL, 'no')",
}
ADMINISTERS = {
    "put_member": "SELECT ascinbox.put_member('Mallory', 'admin')",
    "remove_member": "SELECT ascinbox.remove_member('Anna')",
    "put_option": "SELECT ascinbox.put_option('four_eyes', '0')",
    "log": "SELECT * FROM ascinbox.log(0, 0, 10)",
    "adopt": "SELECT ascinbox.adopt('triage', '[]')",
}


def queued(team: Team, name: str, row: OutboxRow) -> int:
    """The row as this person hands it over; its number."""
    rows = team.run(name, "SELECT ascinbox.queue(%s)", json.dumps([values_of(row)]))
    return int(rows[0][0]["ids"][0])


def state(team: Team, number: int) -> str:
    return str(team.root.execute("SELECT state FROM ascinbox.outbox WHERE id = %s", (number,)).fetchone()[0])  # type: ignore[index]


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_worker_marks_as_rules_say_and_writes_no_note(team: Team) -> None:
    note = 'SELECT ascinbox.mark(\'[{"id": "id1", "want": {"note": "words"}}]\', \'note\', \'\')'
    with pytest.raises(DENIED, match="does not allow this"):
        team.run("Wanda", note)
    team.run("Rita", note)


def test_nobody_reads_or_writes_a_table(team: Team) -> None:
    for name in PEOPLE:
        for table in TABLES:
            for sql in (
                f"SELECT * FROM ascinbox.{table}",
                f"DELETE FROM ascinbox.{table}",
                f"TRUNCATE ascinbox.{table}",
                f"BEGIN; LOCK TABLE ascinbox.{table}",
                f"ALTER TABLE ascinbox.{table} DISABLE TRIGGER ALL",
                f"DROP TABLE ascinbox.{table}",
            ):
                with pytest.raises(DENIED):
                    team.run(name, sql)
    for sql in (
        "SELECT nextval('ascinbox.seq')",
        "SELECT setval('ascinbox.seq', 1)",
        "CREATE TABLE ascinbox.x ()",
    ):
        with pytest.raises(DENIED):
            team.run("Anna", sql)


def test_a_right_to_a_table_given_by_mistake_shows_no_row(team: Team) -> None:
    team.run("Rita", WRITES["add_note"])
    for table in TABLES:
        team.root.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON ascinbox.{table} TO "Vera"')
        assert team.run("Vera", f"SELECT * FROM ascinbox.{table}") == [], table
    join = "INSERT INTO ascinbox.member VALUES ('Vera', 'admin', 0, NULL, 1)"
    rise = "UPDATE ascinbox.member SET level = 'admin' RETURNING 1"
    for sql in (join, rise):
        with pytest.raises(DENIED, match="by its functions only"):
            team.run("Vera", sql)
    # Saying that one has entered helps nobody: the rows are not there for her.
    pretend = "SELECT set_config('ascinbox.entered', pg_current_xact_id()::text, true)"
    invent = (
        "INSERT INTO ascinbox.review (id, content, rest, nickname, title, body, app_id, seq)"
        " VALUES ('id1', 1, 1, '', '', '', '1', 1)"
    )
    for sql, why in ((rise, None), (join, "sequence"), (invent, "row-level security")):
        with psycopg.connect(team.server.url(team.database, "Vera")) as vera:
            vera.execute(pretend)
            if why is None:
                assert vera.execute(sql.encode()).fetchall() == []
            else:
                with pytest.raises(DENIED, match=why):
                    vera.execute(sql.encode())


@pytest.mark.parametrize(
    ("acts", "may"),
    [
        (MARKS, {"Rita", "Paul", "Anna", "Wanda"}),
        (WRITES, {"Rita", "Paul", "Anna"}),
        (PUBLISHES, {"Paul", "Anna"}),
        (WORKS, {"Anna", "Wanda"}),
        (ADMINISTERS, {"Anna"}),
    ],
    ids=["mark", "write", "publish", "work", "administer"],
)
def test_each_level_may_do_what_it_stands_for_and_nothing_else(
    team: Team, acts: dict[str, str], may: set[str]
) -> None:
    for verb, sql in acts.items():
        for name in PEOPLE:
            if name in may or (verb == "resume" and name == "Wanda"):
                continue
            with pytest.raises(DENIED, match="does not allow this"):
                team.run(name, sql)
    for name in sorted(may):
        for verb, sql in acts.items():
            if verb not in ("put_member", "remove_member"):
                team.run(name, sql)


def test_what_is_internal_cannot_be_called(team: Team) -> None:
    for sql in (
        "SELECT ascinbox.enter('viewer')",
        "SELECT ascinbox.leave(0)",
        "SELECT ascinbox.note_act('forged', '', '', '[]', 1)",
        "SELECT ascinbox.option('team')",
        "SELECT ascinbox.now()",
    ):
        with pytest.raises(DENIED):
            team.run("Anna", sql)


def test_a_stranger_and_a_removed_member_may_nothing(team: Team) -> None:
    team.root.execute("DROP ROLE IF EXISTS stranger")
    team.root.execute("CREATE ROLE stranger LOGIN")
    with pytest.raises(DENIED, match="schema"):
        team.run("stranger", "SELECT ascinbox.hello()")
    with psycopg.connect(team.server.url(team.database, "Rita"), autocommit=True) as open_before:
        open_before.execute(WRITES["add_note"])
        team.run("Anna", "SELECT ascinbox.remove_member('Rita')")
        for sql in ("SELECT ascinbox.hello()", "SELECT * FROM ascinbox.changes(0, 10)", *WRITES.values()):
            with pytest.raises(DENIED, match="not a member"):
                open_before.execute(sql)


def test_a_member_of_another_team_of_the_same_server_may_nothing_here(
    team: Team, postgres: PostgresServer, clock: StepClock
) -> None:
    with ExitStack() as closes:
        other = Team(postgres, clock, closes)
        other.root.execute('DROP ROLE IF EXISTS "Bert"')
        other.root.execute('CREATE ROLE "Bert" LOGIN')
        other.root.execute(f'GRANT "{install.members_of(other.database)}" TO "Bert"')
        other.root.execute("SELECT ascinbox.put_member('Bert', 'admin')")
        assert other.run("Bert", "SELECT ascinbox.hello()")
        for sql in ("SELECT ascinbox.hello()", "SELECT * FROM ascinbox.changes(0, 10)", *WRITES.values()):
            with pytest.raises(DENIED, match="schema"):
                team.run("Bert", sql)
        other.root.execute(f'REVOKE "{install.members_of(other.database)}" FROM "Bert"')


def test_what_a_member_makes_of_the_same_name_is_not_used(team: Team) -> None:
    """Temporary tables, types and operators of one's own stand in no function's way."""
    with psycopg.connect(team.server.url(team.database, "Vera"), autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE member (name text, level text, removed_at float8)")
        connection.execute("INSERT INTO member VALUES ('Vera', 'admin', NULL)")
        connection.execute("CREATE TEMP TABLE pg_class (level text)")
        connection.execute(
            "CREATE FUNCTION pg_temp.format(text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'forged' $$"
        )
        connection.execute("SET search_path = pg_temp, ascinbox, pg_catalog")
        for sql in (*WRITES.values(), *PUBLISHES.values(), *ADMINISTERS.values()):
            with pytest.raises(DENIED, match="the level viewer does not allow this"):
                connection.execute(sql.encode())
        connection.execute("SELECT set_config('ascinbox.entered', '1', false)")
        with pytest.raises(DENIED):
            connection.execute("INSERT INTO ascinbox.note VALUES ('n', 'id1', 'Anna', 'forged', 0, 1)")


def test_a_forged_bell_wakes_and_changes_nothing(team: Team) -> None:
    session = team.session("Rita")
    session.listen()
    before = session.greet_again().seq
    team.run("Vera", "NOTIFY ascinbox, 'drop everything'")
    assert session.wait(5, threading.Event())
    assert session.rows("SELECT * FROM ascinbox.changes(%s, 10)", before) == []


def test_who_acts_is_who_is_connected_whatever_is_claimed(team: Team) -> None:
    for trick in ('SET ROLE "Paul"', 'SET SESSION AUTHORIZATION "Paul"'):
        with pytest.raises(DENIED):
            team.run("Rita", trick)
    number = queued(team, "Rita", intention("id1", by="Paul"))
    author = team.root.execute(
        "SELECT author, state FROM ascinbox.outbox WHERE id = %s", (number,)
    ).fetchone()
    assert author == ("Rita", "waiting")


def test_a_replier_gets_nothing_out_whatever_the_row_says(team: Team) -> None:
    number = queued(team, "Rita", intention("id1"))
    assert state(team, number) == "waiting"
    row = values_of(intention("id1", version=2))
    for to in ("queued", "sending", "published"):
        with pytest.raises((DENIED, psycopg.errors.InvalidParameterValue)):
            team.run(
                "Rita",
                "SELECT ascinbox.move(%s, 1, 'waiting', '', %s)",
                number,
                json.dumps({**row, "state": to}),
            )
    with pytest.raises(DENIED):
        team.run("Rita", "SELECT ascinbox.approve(%s, %s, 0)", number, sha("Thank you"))
    assert state(team, number) == "waiting"


def test_only_the_text_that_was_read_is_published(team: Team) -> None:
    number = queued(team, "Rita", intention("id1"))
    asked = "SELECT ascinbox.approve(%s, %s, 0)"
    assert team.run("Paul", asked, number, sha("other words"))[0][0]["approved"] is False
    assert state(team, number) == "waiting"
    with pytest.raises(psycopg.errors.DataCorrupted):
        queued(team, "Paul", intention("id2", "Thank you", sha256=sha("other words")))
    assert team.run("Paul", asked, number, sha("Thank you"))[0][0]["approved"] is True
    assert state(team, number) == "queued"


def test_with_four_eyes_nobody_publishes_what_he_wrote(team: Team) -> None:
    team.run("Anna", "SELECT ascinbox.put_option('four_eyes', '1')")
    number = queued(team, "Paul", intention("id1"))
    assert state(team, number) == "waiting"
    with pytest.raises(DENIED, match="somebody else"):
        team.run("Paul", "SELECT ascinbox.approve(%s, %s, 0)", number, sha("Thank you"))
    assert team.run("Anna", "SELECT ascinbox.approve(%s, %s, 0)", number, sha("Thank you"))[0][0]["approved"]


def test_a_text_is_never_changed_not_even_by_a_worker(team: Team) -> None:
    number = queued(team, "Paul", intention("id1"))
    forged = {**values_of(intention("id1", "forged", version=2)), "state": "sending", "lease_owner": "w"}
    team.run("Wanda", "SELECT ascinbox.move(%s, 1, 'queued', '', %s)", number, json.dumps(forged))
    found = team.root.execute(
        "SELECT text, author, state FROM ascinbox.outbox WHERE id = %s", (number,)
    ).fetchone()
    assert found == ("Thank you", "Paul", "sending")


def test_a_reply_goes_no_way_that_the_program_does_not_know(team: Team) -> None:
    number = queued(team, "Paul", intention("id1"))
    for to in ("published", "unknown", "dropped", "waiting", "nonsense"):
        with pytest.raises((psycopg.errors.InvalidParameterValue, DENIED)):
            team.run(
                "Wanda",
                "SELECT ascinbox.move(%s, 1, 'queued', '', %s)",
                number,
                json.dumps({**values_of(intention("id1", version=2)), "state": to}),
            )


def test_a_worker_neither_sends_what_was_held_nor_approves(team: Team) -> None:
    number = queued(team, "Paul", intention("id1"))
    row = values_of(intention("id1", version=2))
    team.run(
        "Wanda", "SELECT ascinbox.move(%s, 1, 'queued', '', %s)", number, json.dumps({**row, "state": "held"})
    )
    again = json.dumps({**row, "version": 3, "state": "queued"})
    with pytest.raises(DENIED):
        team.run("Wanda", "SELECT ascinbox.move(%s, 2, 'held', '', %s)", number, again)
    assert team.run("Paul", "SELECT ascinbox.move(%s, 2, 'held', '', %s)", number, again)[0][0]["moved"]


def test_a_replier_touches_nobody_elses_reply(team: Team) -> None:
    number = queued(team, "Paul", intention("id1"))
    with pytest.raises(DENIED):
        team.run("Rita", "SELECT ascinbox.take_back(%s, 1, 'queued', false, NULL)", number)
    with pytest.raises(DENIED):
        queued(team, "Rita", intention("id1", "mine instead"))
    with pytest.raises(DENIED):
        queued(team, "Rita", intention("id1", op_id="op-id1-Thank you"))
    assert state(team, number) == "queued"


def test_the_audit_is_only_ever_added_to_not_even_by_the_owner_of_the_tables(team: Team) -> None:
    team.run("Rita", WRITES["add_note"])
    for table in ("act", "note"):
        for sql in (
            f"UPDATE ascinbox.{table} SET at = 0",
            f"DELETE FROM ascinbox.{table}",
            f"TRUNCATE ascinbox.{table}",
        ):
            with pytest.raises(DENIED, match=r"only ever added|by its functions only"):
                team.root.execute(sql)
    with pytest.raises(DENIED, match="functions only"):
        team.root.execute("INSERT INTO ascinbox.tag (review_id, tag, fold) VALUES ('id1', 'a', 'a')")


def test_one_act_is_one_transaction(team: Team) -> None:
    with psycopg.connect(team.server.url(team.database, "Rita")) as connection:
        connection.execute(WRITES["add_note"])
        with pytest.raises(psycopg.errors.ActiveSqlTransaction):
            connection.execute(WRITES["claim"])


def test_who_idles_in_a_transaction_holds_others_up_for_three_seconds_only(team: Team) -> None:
    with psycopg.connect(team.server.url(team.database, "Rita")) as idle:
        idle.execute(WRITES["add_note"])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            team.run("Paul", WRITES["claim"])
    team.run("Paul", WRITES["claim"])


def test_drafts_and_what_can_be_undone_are_each_persons_own(team: Team) -> None:
    team.run("Rita", MARKS["mark"])
    doc = {"app_id": "1", "text": "secret", "begun_at": 0, "saved_at": 0, "template": ""}
    doc |= {"base_response_id": "", "base_response_key": ""}
    team.run("Rita", "SELECT ascinbox.draft('id1', %s, '')", json.dumps(doc))
    for name in PEOPLE:
        kinds = {kind for _, kind, _ in team.run(name, "SELECT * FROM ascinbox.changes(0, 1000)")}
        assert {"draft", "undo"} & kinds == ({"draft", "undo"} if name == "Rita" else set()), name


def test_a_team_keeps_an_admin(team: Team) -> None:
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="another admin"):
        team.run("Anna", "SELECT ascinbox.remove_member('Anna')")
    team.run("Anna", f"SELECT ascinbox.remove_member('{team.server.superuser}')")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="needs an admin"):
        team.run("Anna", "SELECT ascinbox.put_member('Anna', 'viewer')")


def test_whoever_writes_to_a_review_keeps_others_from_replying(team: Team) -> None:
    team.run("Paul", "SELECT ascinbox.claim('id1', 'his', 60, false)")
    assert team.run("Rita", "SELECT ascinbox.claim('id1', 'hers', 60, false)")[0][0]["held"]["who"] == "Paul"
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="Paul is writing"):
        queued(team, "Rita", intention("id1"))
    team.run("Rita", "SELECT ascinbox.release('id1', 'his')")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        queued(team, "Rita", intention("id1"))
