"""The tables of a team's database are those of the models, and mean the same as in SQLite."""

from __future__ import annotations

import re

import psycopg
import pytest
from sqlalchemy import BigInteger, Double, Float, Integer
from sqlalchemy.dialects import postgresql

from ascinbox.core.outbox.states import WAYS
from ascinbox.store.models.rendering import server_text
from ascinbox.store.models.server import OUTBOX, SERVER
from ascinbox.store.queue.team import install
from tests.store.team.conftest import Team


def test_the_kept_text_is_what_the_models_say_now() -> None:
    kept = install.FOLDER.joinpath("10-tables.sql").read_text("utf-8")
    assert kept == server_text(), "run `python -m ascinbox.store.models`"


def test_no_number_is_narrower_than_in_sqlite() -> None:
    spoken = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in SERVER.tables.values():
        for column in table.columns:
            if isinstance(column.type, Float):
                assert isinstance(column.type, Double), column
            if isinstance(column.type, Integer) and column.key not in ("shown", "flagged"):
                assert isinstance(column.type.dialect_impl(spoken), BigInteger), column


def test_one_reply_a_review_is_under_way_and_any_number_is_at_its_end(team: Team) -> None:
    [moving] = [index for index in OUTBOX.indexes if index.name == "outbox_moving"]
    condition = str(moving.dialect_options["postgresql"]["where"])
    rows = team.root.execute(
        "SELECT pg_get_expr(indpred, indrelid) FROM pg_index"
        " WHERE indexrelid = 'ascinbox.outbox_moving'::regclass"
    ).fetchall()
    for state in ("queued", "sending", "unknown", "waiting"):
        assert f"'{state}'" in condition
        assert f"'{state}'" in rows[0][0]
    assert "published" not in rows[0][0]


def test_every_table_that_the_feed_carries_is_stamped_and_kept(team: Team) -> None:
    fed = {table.name for table in SERVER.tables.values() if "seq" in table.columns}
    for trigger in ("entered", "stamp", "kept", "kept_all"):
        rows = team.root.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = %s",
            (trigger,),
        ).fetchall()
        assert {name for (name,) in rows} == fed, trigger


def test_rows_of_a_transaction_that_did_not_enter_are_refused_in_every_table(team: Team) -> None:
    fed = [table for table in SERVER.tables.values() if "seq" in table.columns]
    for table in fed:
        names = ", ".join(column.name for column in table.columns)
        own = f"INSERT INTO ascinbox.{table.name} ({names}) SELECT {names} FROM ascinbox.{table.name}"
        for sql in (own, f"UPDATE ascinbox.{table.name} SET seq = 1"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="by its functions only"):
                team.root.execute(sql.encode())


def test_an_upgraded_team_has_the_functions_triggers_and_rights_of_a_new_one(team: Team) -> None:
    def made() -> list[object]:
        asked = (
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
            "SELECT pg_get_functiondef(oid), proacl::text FROM pg_proc"
            " WHERE pronamespace = 'ascinbox'::regnamespace AND proname <> 'now' ORDER BY 1",
        )
        return [team.root.execute(sql.encode()).fetchall() for sql in asked]

    new = made()
    # As the first version had it: one trigger, which checked each row and numbered it.
    team.root.execute("DROP FUNCTION ascinbox.entered CASCADE")
    team.root.execute("DROP TRIGGER stamp_again ON ascinbox.review")
    team.root.execute(
        "CREATE OR REPLACE TRIGGER stamp BEFORE INSERT OR UPDATE ON ascinbox.review"
        " FOR EACH ROW EXECUTE FUNCTION ascinbox.stamp()"
    )
    assert made() != new
    install.upgrade(team.root)
    assert made() == new


def test_every_function_is_definers_owned_by_nobody_who_logs_in_and_has_a_fixed_path(team: Team) -> None:
    rows = team.root.execute(
        "SELECT p.proname, p.prosecdef, p.proconfig, r.rolcanlogin, p.prorettype::regtype::text"
        " FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner"
        " WHERE p.pronamespace = 'ascinbox'::regnamespace"
    ).fetchall()
    assert len(rows) > 30
    for name, definer, settings, can_login, returns in rows:
        if name == "now":
            # The tests' own clock.
            continue
        assert "search_path=pg_catalog, pg_temp" in settings, name
        assert not can_login, name
        assert definer or returns == "trigger" or name == "me", name


def test_the_database_knows_the_ways_of_a_reply_that_the_program_knows() -> None:
    text = install.statements()["40-replies.sql"]
    for start, ends in WAYS.items():
        for end in ends:
            assert f"'{start} -> {end}'" in text
    for name, sql in install.statements().items():
        assert not re.search(r"%[a-z_]+\.[a-z_]+%", sql.replace("%member.text%", "")), name


def test_an_act_and_a_look_for_news_read_a_few_pages_of_a_large_team(team: Team) -> None:
    """Also over a connection that was opened when the tables were large already: no table is read through."""
    team.root.execute("SET session_replication_role = replica")
    for into in (
        "act (at, who, verb, subject, detail, reviews, shown, seq) SELECT n, 'Rita', 'note', '', '', '[]', 1",
        "note (id, review_id, author, body, at, seq) SELECT 'n' || n, 'id1', 'Rita', 'words', n",
        "review (id, content, rest, nickname, title, body, app_id, seq) SELECT n, n, n, '', '', '', '1'",
    ):
        sql = f"INSERT INTO ascinbox.{into}, nextval('ascinbox.seq') FROM generate_series(1, 20000) n"
        team.root.execute(sql.encode())
    team.root.execute("RESET session_replication_role")
    team.root.execute("ANALYZE")
    last = team.session("Rita").open().seq
    session = team.session("Rita")
    for sql in (
        "SELECT ascinbox.add_note('x' || {n}, 'id1', 'words', 0)",
        f"SELECT * FROM ascinbox.news({last}, {last}, {last}, 1000, NULL, NULL)",
    ):
        for number in range(8):
            # The first ones make their plans, for which the catalogue is read.
            [[plan]] = session.rows(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql.format(n=number)}")
        read = plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]
        assert read < 100, sql
