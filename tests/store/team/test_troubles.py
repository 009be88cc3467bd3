"""What goes wrong at the server's side: each a sentence, and nothing is half-done."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest

from ascinbox.core.outbox.states import Draft
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.core.team import Level, TeamNote
from ascinbox.store.queue.team import members
from ascinbox.store.queue.team.address import TeamAddress
from ascinbox.store.queue.team.connection import TeamSession
from ascinbox.store.queue.team.errors import NotAllowed, TeamError, TeamFull, TeamOffline
from ascinbox.store.queue.team.pending import Sent
from ascinbox.store.queue.team.queue import TeamQueue
from tests.store.queue_contract import intention
from tests.store.team.conftest import Team


@pytest.fixture
def old_server() -> Iterator[int]:
    """Something on loopback that says it is PostgreSQL 13; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with closing(listening.accept()[0]) as one:
                while True:
                    (length,) = struct.unpack("!I", one.recv(4))
                    (code,) = struct.unpack("!I", one.recv(length - 4)[:4])
                    if code not in (80877103, 80877104):
                        break
                    one.sendall(b"N")
                one.sendall(b"R" + struct.pack("!II", 8, 0))
                for name, value in (("server_version", "13.4"), ("client_encoding", "UTF8")):
                    body = f"{name}\0{value}\0".encode()
                    one.sendall(b"S" + struct.pack("!I", len(body) + 4) + body)
                one.sendall(b"Z" + struct.pack("!I", 5) + b"I")
                one.recv(100)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)


def test_an_old_server_is_said(old_server: int) -> None:
    session = TeamSession(TeamAddress.parse(f"postgresql://anna@127.0.0.1:{old_server}/inbox"))
    with pytest.raises(TeamError, match="PostgreSQL 13 is too old"):
        session.open()
    assert not session.online


def test_on_a_full_disk_there_marks_and_notes_wait_here_and_replies_are_refused(
    team: Team, tmp_path: Path
) -> None:
    paul = team.home("Paul", tmp_path / "paul")
    team.fill_disk()
    assert paul.queue.mark({"id1": MarkChange(flag=True, assign="Paul")}) == ("id1",)
    assert paul.queue.add_note(TeamNote.new("id1", "Paul", "kept", team.clock.now()))
    with pytest.raises(TeamFull, match="disk of the team's database is full") as full:
        paul.queue.queue(intention("id2"))
    assert "could not extend file" in full.value.detail
    for table in ("triage", "note", "outbox"):
        assert team.root.execute(f"SELECT count(*) FROM ascinbox.{table}").fetchone() == (0,), table
    assert paul.triage.assignees() == {"Paul": 1}
    assert paul.team.unsent() == 2
    team.make_room()
    assert cast(TeamQueue, paul.queue).pending.send() == Sent()
    assert paul.team.unsent() == 0
    assert team.root.execute("SELECT flagged, assignee FROM ascinbox.triage").fetchone() == (1, "Paul")
    assert team.root.execute("SELECT body FROM ascinbox.note").fetchone() == ("kept",)


def test_what_the_team_refuses_stays_here_and_holds_up_nothing_else(team: Team, tmp_path: Path) -> None:
    rita = team.home("Rita", tmp_path / "rita")
    queue = cast(TeamQueue, rita.queue)
    long = "x" * 100_001
    queue.save_draft(Draft("id1", long, team.clock.now()), "1")
    queue.save_draft(Draft("id2", "short", team.clock.now()), "1")
    (refused,) = queue.pending.send().refused
    assert "draft_length" in refused.detail
    assert rita.team.unsent() == 1
    assert team.root.execute("SELECT review_id FROM ascinbox.draft").fetchall() == [("id2",)]
    assert queue.pending.send() == Sent(), "it is not sent with every look for news"
    draft = rita.drafts.get("id1")
    assert draft is not None
    assert draft.text == long
    queue.save_draft(Draft("id1", "short as well", team.clock.now()), "1")
    assert queue.pending.send() == Sent()
    assert rita.team.unsent() == 0


def test_a_server_that_ends_in_the_middle_of_an_act_leaves_it_to_be_sent_later(
    team: Team, tmp_path: Path
) -> None:
    rita = team.home("Rita", tmp_path / "rita")
    team.root.execute(
        "CREATE OR REPLACE FUNCTION ascinbox.note_act(p_verb text, p_subject text, p_detail text,"
        " p_reviews jsonb, p_shown int) RETURNS void LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE admin_shutdown; END $$"
    )
    assert rita.queue.done(["id1"]) == ("id1",)
    assert rita.team.unsent() == 1
    assert team.root.execute("SELECT count(*) FROM ascinbox.triage").fetchone() == (0,)


def test_a_pooler_that_drops_the_bell_makes_it_late_and_loses_nothing(team: Team, tmp_path: Path) -> None:
    rita = team.home("Rita", tmp_path / "rita")
    session = TeamSession(team.address("Rita"))
    session.listen()
    session.run("UNLISTEN *")
    team.run("Anna", "SELECT ascinbox.put_option('team', 'South')")
    assert not session.wait(0.2, threading.Event())
    rita.queue.catch_up()
    assert session.greet_again().team == "South"
    session.close()


def test_an_admin_who_may_not_change_logins_is_told_what_is_left_to_do(team: Team) -> None:
    session = team.session("Anna")
    with pytest.raises(NotAllowed, match="off the team, but you may not switch the login off") as refused:
        members.remove(session, "Rita")
    assert "NOLOGIN" in refused.value.next_step
    gone = {each.name: each.removed_at for each in members.members(session)}
    assert gone["Rita"] is not None
    with pytest.raises((NotAllowed, TeamOffline)):
        team.session("Rita").open()


def test_settings_of_an_admin_are_the_teams_and_of_others_nothing(team: Team) -> None:
    anna, paul = team.session("Anna"), team.session("Paul")
    assert members.apply_settings(anna, {"four_eyes": None, "per_person": None}) == ()
    assert members.apply_settings(anna, {"four_eyes": True, "per_person": False}) == ("four_eyes",)
    assert members.apply_settings(anna, {"four_eyes": True}) == ()
    assert members.apply_settings(paul, {"four_eyes": False}) == ()
    assert paul.greet_again().four_eyes
    assert paul.hello.level is Level.PUBLISHER
