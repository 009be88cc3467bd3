"""A backup of the team's database is restored: homes notice it by themselves, and nothing is lost unsaid."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from ascinbox.core.events import Event, Notice
from ascinbox.core.outbox.states import Draft
from ascinbox.core.team import TeamNote
from ascinbox.store.cache.prepared_review import PreparedPage
from ascinbox.store.queue.team.feed import TeamFeed
from ascinbox.store.queue.team.working import TeamWorker
from tests.store.conftest import Written
from tests.store.queue_contract import NOW, intention
from tests.store.team.conftest import Team
from tests.store.team.test_feed import Home


def restore(team: Team, dump: Path) -> None:
    """The database is dropped and made again from a dump, as docs/team.md says."""
    own, name = team.server, team.database
    team.root.close()
    with psycopg.connect(own.url("postgres"), autocommit=True) as root:
        root.execute(f"DROP DATABASE {name} WITH (FORCE)")
        root.execute(f"CREATE DATABASE {name}")
    own.run(["pg_restore", "-d", own.url(name), str(dump)])


def dumped(team: Team) -> Path:
    path = team.server.folder / f"{team.database}.dump"
    team.server.run(["pg_dump", "-Fc", "-f", str(path), team.server.url(team.database)])
    return path


def notices(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice)]


def test_a_copy_that_is_ahead_of_a_restored_backup_is_filled_anew(
    team: Team, tmp_path: Path, written: Written
) -> None:
    if not (team.server.bin / "pg_dump").exists():
        pytest.skip("no pg_dump beside the server")
    worker = TeamWorker(team.session("Wanda"), "server1", timedelta(seconds=120))
    worker.save_pages([PreparedPage.of("1", [written(1), written(2)])])
    with closing(Home(team, "Rita", tmp_path)) as rita, closing(Home(team, "Paul", tmp_path)) as paul:
        rita.do(lambda q: q.add_note(TeamNote.new("id1", "", "before", NOW - timedelta(hours=1))))
        for each in (rita, paul):
            each.feed.fetch()
        dump = dumped(team)

        # What the backup does not know.
        rita.do(lambda q: q.add_note(TeamNote.new("id1", "", "after", NOW)))
        rita.do(lambda q: q.save_draft(Draft("id2", "half a thought", NOW), "1"))
        paul.do(lambda q: q.done(["id2"]))
        paul.do(lambda q: q.queue(intention("id1")))
        for each in (rita, paul):
            each.feed.send()
            each.feed.fetch()
        restore(team, dump)
        # Somebody goes on before they are back: numbers of the feed are given a second time.
        team.run("Anna", "SELECT ascinbox.add_note('n9', 'id2', 'meanwhile', 0)")
        team.run("Anna", "SELECT ascinbox.put_option('team', 'North')")

        for each in (rita, paul):
            each.session.close()
            each.events.clear()
            each.feed.fetch()
            each.feed.send()
            [words] = notices(each.events)
            assert "restored from an older backup" in words
        for each in (rita, paul):
            each.feed.fetch()
            assert len(notices(each.events)) == 1, "it is noticed once"
            notes = {
                i: [n.body for n in each.store.call(lambda s, i: s.team.notes(i), i)] for i in ("id1", "id2")
            }
            assert notes == {"id1": ["before", "after"], "id2": ["meanwhile"]}
            letter = "D" if each is rita else "N"
            assert each.row("id2")[0] == letter, "what the database has is what is shown"
            assert each.store.call(lambda s: s.outbox.latest("id1")) is None
        draft = rita.store.call(lambda s: s.drafts.get("id2"))
        assert draft is not None
        assert draft.text == "half a thought"
        [kept] = (tmp_path / "Paul").rglob("before-restore-*.db")
        with closing(sqlite3.connect(kept)) as aside:
            assert aside.execute("SELECT count(*) FROM outbox").fetchone() == (1,)
            assert aside.execute("SELECT count(*) FROM triage WHERE done_at IS NOT NULL").fetchone() == (1,)


def test_another_program_of_the_home_that_is_further_is_no_restored_backup(
    team: Team, tmp_path: Path
) -> None:
    with closing(Home(team, "Rita", tmp_path)) as rita:
        first = rita.session.open()
        rita.do(lambda q: q.add_note(TeamNote.new("id1", "", "more", NOW)))
        rita.feed.fetch()
        # This one heard how far the database was before the other one went on.
        late = TeamFeed(rita.session, rita.store, rita.events.append, threading.Event())
        rita.session._hello = first
        late.fetch()
        assert notices(rita.events) == []
