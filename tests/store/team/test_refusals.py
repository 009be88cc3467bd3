"""Everything that the team's database refuses: each reason has a title and a next step of its own."""

from __future__ import annotations

import re

import psycopg
import pytest

from ascinbox.store.queue.team import errors, install
from ascinbox.store.queue.team.connection import TeamSession
from ascinbox.store.queue.team.refusals import ON_ITS_WAY, SAYINGS, calling
from tests.store.team.conftest import Team

TOLD: dict[tuple[str, str], tuple[type[errors.TeamError], str, str]] = {
    ("42501", "member"): (errors.NotAllowed, "what was said", "ascinbox team leave"),
    ("42501", "level"): (errors.NotAllowed, "What was said", "Ask an admin"),
    ("42501", "publisher"): (errors.NotAllowed, "What was said", "Ask a publisher"),
    ("42501", "four eyes"): (errors.NotAllowed, "What was said", "Ask another publisher"),
    ("42501", "functions"): (errors.NotAllowed, "What was said", "Use ascinbox"),
    ("42501", ""): (errors.NotAllowed, "What was said", "database administrator"),
    ("55000", "claim"): (errors.Claimed, "what was said", "Take it over with !"),
    ("55000", "last admin"): (errors.TeamError, "A team needs an admin", "--level admin --apply"),
    ("55000", "oneself"): (errors.TeamError, "Another admin has to remove you", "ascinbox team leave"),
    ("22023", "step"): (errors.TeamError, "What was said", "Look at the review again"),
    ("22023", "assignee"): (errors.Refused, "What was said", "ascinbox team list"),
    ("22023", "version"): (errors.TeamError, "does not know what this program asks", "Install the version"),
    ("XX001", "text"): (errors.TeamError, "What was said", "Look at the review again"),
    ("XX001", ""): (errors.TeamError, "is damaged", "has backups"),
    ("XX002", ""): (errors.TeamError, "is damaged", "has backups"),
    ("25001", ""): (errors.TeamError, "was in a transaction", "Try again"),
    ("23514", "note_length"): (errors.Refused, "A note has 1 to 16,000", "Make it shorter"),
    ("23514", "draft_length"): (errors.Refused, "A draft has at most 100,000", "Make it shorter"),
    ("23514", "outbox_length"): (errors.Refused, "A reply has at most 100,000", "Make it shorter"),
    ("23514", "member_level"): (errors.Refused, "no such level", "Choose viewer, replier"),
    ("23505", "outbox_moving"): (errors.TeamError, "Another reply to this review", "in the Outbox"),
    ("42939", ""): (errors.Refused, "keeps this name for itself", "Choose another login"),
    ("42602", ""): (errors.Refused, "does not take this name", "Choose another login"),
    ("42710", ""): (errors.TeamError, "a login of this name by now", "Do it once more"),
    ("42704", ""): (errors.TeamError, "has no such login", "ascinbox team list"),
    ("0LP01", ""): (errors.Refused, "is a group", "a login of one person"),
    ("3F000", ""): (errors.SchemaMismatch, "holds no team", "ascinbox team init"),
    ("42883", ""): (errors.SchemaMismatch, "of this version", "ascinbox team upgrade"),
    ("42P01", ""): (errors.SchemaMismatch, "of this version", "ascinbox team upgrade"),
    ("42703", ""): (errors.SchemaMismatch, "of this version", "ascinbox team upgrade"),
    ("55P03", ""): (errors.TeamError, "more than three seconds", "idles in a transaction"),
    ("40001", ""): (errors.TeamError, "in the same moment", "Try again"),
    ("40P01", ""): (errors.TeamError, "in the same moment", "Try again"),
    ("22P05", ""): (errors.Refused, "cannot store one of these characters", "encoding UTF8"),
    ("22021", ""): (errors.Refused, "cannot store one of these characters", "encoding UTF8"),
    ("54000", ""): (errors.Refused, "more than the team's database takes", "smaller parts"),
    ("25006", ""): (errors.TeamOffline, "only be read at present", "Try again later"),
    ("53000", ""): (errors.TeamOffline, "no memory left", "Try again later"),
    ("53200", ""): (errors.TeamOffline, "no memory left", "Try again later"),
    ("53100", ""): (errors.TeamFull, "disk of the team's database is full", "make room"),
    ("53300", ""): (errors.TeamOffline, "no connection left", "Try again later"),
    ("57014", ""): (errors.TeamOffline, "broke this off", "statement_timeout"),
    ("57P01", ""): (errors.TeamOffline, "being stopped", "tried again by itself"),
    ("57P02", ""): (errors.TeamOffline, "being stopped", "tried again by itself"),
    ("57P03", ""): (errors.TeamOffline, "being stopped", "tried again by itself"),
}


def raised(team: Team, state: str, hint: str, detail: str = "") -> errors.TeamError:
    """What the program makes of an error that the server raises."""
    using = f"MESSAGE = 'what was said', ERRCODE = '{state}'"
    using += f", HINT = '{hint}', CONSTRAINT = '{hint}'" if hint else ""
    using += f", DETAIL = '{detail}'" if detail else ""
    with pytest.raises(psycopg.Error) as said:
        team.root.execute(f"DO $$ BEGIN RAISE EXCEPTION USING {using}; END $$".encode())
    return calling(said.value)


def test_each_entry_is_told_as_it_should_be(team: Team) -> None:
    assert set(TOLD) == set(SAYINGS)
    for (state, key), (kind, title, step) in TOLD.items():
        told = raised(team, state, key)
        assert type(told) is kind, (state, key)
        assert title in told.title, (state, key)
        assert step in told.next_step, (state, key)
        assert state not in told.title + told.detail
        assert not told.title.endswith("."), "it is followed by one where it is shown"
        if isinstance(told, errors.NotAllowed):
            assert told.removed == (key == "member")


def test_a_hint_of_postgresql_itself_changes_nothing(team: Team) -> None:
    assert "database administrator" in raised(team, "42501", "You must own it.").next_step
    assert isinstance(raised(team, "57014", "Wait."), errors.TeamOffline)


def test_only_a_row_that_is_named_is_on_its_way(team: Team) -> None:
    named = raised(team, ON_ITS_WAY, "", "17")
    assert isinstance(named, errors.OnItsWay)
    assert named.row_id == 17
    for detail in ("", "There is 1 other session."):
        assert type(raised(team, ON_ITS_WAY, "", detail)) is errors.Refused


def test_each_reason_of_the_functions_and_tables_has_its_entry() -> None:
    text = "\n".join(install.statements().values())
    reasons = re.findall(r"RAISE (\w+) USING(.*?);", text, re.DOTALL)
    assert len(reasons) == len(re.findall(r"\bRAISE\b", text))
    for condition, using in reasons:
        state = getattr(psycopg.errors, condition.title().replace("_", "")).sqlstate
        hint = re.search(r"HINT = '([^']+)'", using)
        if state != ON_ITS_WAY:
            assert (state, hint[1] if hint else "") in SAYINGS, (condition, using)
    checks = re.findall(r"ADD CONSTRAINT (\w+)\s+CHECK", text)
    assert checks
    assert {("23514", name) for name in checks} <= set(SAYINGS)


@pytest.mark.parametrize(
    ("sql", "title"),
    [
        ('CREATE ROLE "public"', "keeps this name for itself"),
        ('CREATE ROLE "pg_x"', "keeps this name for itself"),
        ('CREATE ROLE "Anna"', "a login of this name by now"),
        ("ALTER ROLE nobody_of_this_name NOLOGIN", "has no such login"),
        ("SELECT ascinbox.put_member('Anna', 'boss')", "There is no such level"),
        ("SELECT ascinbox.put_option('x', '')", "does not know what this program asks for"),
        ("SELECT ascinbox.add_note('n1', 'id1', '', 0)", "A note has 1 to 16,000 characters"),
        ("SELECT ascinbox.nothing()", "no team of this version"),
        ("SET statement_timeout = '1ms'; SELECT pg_sleep(10)", "broke this off"),
    ],
)
def test_what_a_server_really_says_is_told(team: Team, sql: str, title: str) -> None:
    session = team.session(team.server.superuser)
    *before, last = sql.split("; ")
    for statement in before:
        session.run(statement)
    with pytest.raises(errors.TeamError) as said:
        session.run(last)
    assert title in said.value.title
    assert said.value.next_step


def test_the_teams_own_group_is_no_login(team: Team) -> None:
    group = install.members_of(team.database)
    with pytest.raises(errors.Refused, match="is a group") as said:
        team.session(team.server.superuser).run(f'GRANT "{group}" TO "{group}"')
    assert "a login of one person" in said.value.next_step


def test_an_upgrade_where_no_team_is_says_so(team: Team) -> None:
    database = team.server.database()
    with (
        psycopg.connect(team.server.url(database), autocommit=True) as root,
        pytest.raises(errors.SchemaMismatch, match="There is no team in the database") as said,
    ):
        install.upgrade(root)
    assert "ascinbox team init" in said.value.next_step


def test_a_login_that_may_not_connect_is_told_so(team: Team) -> None:
    team.root.execute(f"REVOKE CONNECT ON DATABASE {team.database} FROM PUBLIC")
    with pytest.raises(errors.TeamError, match="lets nobody into this database") as said:
        TeamSession(team.address("Rita")).open()
    assert not isinstance(said.value, errors.TeamOffline)


def test_an_upgrade_by_another_admin_says_who_may(team: Team) -> None:
    with (
        psycopg.connect(team.server.url(team.database, "Anna"), autocommit=True) as anna,
        pytest.raises(errors.TeamError, match="may not upgrade the team in the database") as said,
    ):
        install.upgrade(anna)
    maker = team.root.info.user
    assert said.value.next_step == f"Ask {maker} or a superuser: ascinbox team upgrade."
