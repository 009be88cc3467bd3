"""What somebody gave the team's functions with psql: names and words are harmless where they come in."""

from __future__ import annotations

from collections.abc import Callable

from ascinbox.core.outbox.states import Phase, body_hash
from ascinbox.store.queue.team import members
from ascinbox.store.queue.team.working import TeamWorker
from ascinbox.store.store import Store
from tests.store.conftest import Written
from tests.store.queue_contract import NOW, RULES, intention
from tests.store.team import test_feed
from tests.store.team.conftest import Team
from tests.store.team.test_feed import Home, put

home, worker = test_feed.home, test_feed.worker
BAD, WHO = r"a\u001b[1mb", r"x\u001b[31my\nz"


def test_names_and_words_of_others_are_harmless_here(
    team: Team, home: Callable[..., Home], worker: TeamWorker, written: Written
) -> None:
    put(worker, written(1))
    team.run("Anna", "SELECT ascinbox.put_member(%s, 'viewer')", "x\x1b[31my\nz")
    team.run("Anna", "SELECT ascinbox.put_option('team', %s)", "N\x1b]0;orth")
    team.run("Rita", "SELECT ascinbox.add_note('n1', 'id1', %s, 0)", "one\x1b[2Jtwo\nthree")
    want = f'"want": {{"assign": "{WHO}", "note": "{BAD}"}}'
    change = f'[{{"id": "id1", {want}, "add": [["{BAD}", "{BAD}"]]}}]'
    team.run("Rita", "SELECT ascinbox.mark(%s::jsonb, 'x', '')", change)
    paul = home("Paul")
    paul.feed.fetch()

    def words(store: Store) -> list[str]:
        detail = store.reviews.get("id1")
        assert detail is not None
        notes = [note.body for note in store.team.notes("id1")]
        acts = store.database.execute("SELECT who || subject || detail FROM user.act").fetchall()
        people = store.database.execute("SELECT name FROM user.member").fetchall()
        return [detail.assignee, detail.note, *detail.tags, *notes, *(text for (text,) in [*acts, *people])]

    found = paul.store.call(words)
    assert found[:4] == ["x\ufffd[31my z", *["a\ufffd[1mb"] * 2, "one\ufffd[2Jtwo\nthree"]
    assert "x\ufffd[31my z" in found
    assert not [each for each in found if "\x1b" in each]
    assert paul.session.greet_again().team == "N\ufffd]0;orth"
    assert not [m.name for m in members.members(paul.session) if "\x1b" in m.name]
    team.run("Rita", "SELECT ascinbox.mark(%s::jsonb, 'x', '')", f'[{{"id": "id1", "drop": ["{BAD}"]}}]')
    paul.feed.fetch()
    assert "a\ufffd[1mb" not in paul.store.call(words)[2:3]


def test_the_text_of_a_reply_that_this_program_did_not_queue_is_harmless_here(
    team: Team, home: Callable[..., Home], worker: TeamWorker, written: Written
) -> None:
    put(worker, written(1))
    rita, paul = home("Rita"), home("Paul")
    rita.feed.fetch()
    text = "Thank\x1b[2J you\x9b31m."
    rita.do(lambda queue: queue.queue(intention("id1", text, by="Rita", phase=Phase.WAITING)))
    paul.feed.fetch()
    row = paul.store.call(lambda store: store.outbox.latest("id1"))
    assert row is not None
    assert row.text == "Thank[2J you31m."
    assert row.sha256 == body_hash(text)
    # Nobody approves what is not the text that was handed over.
    read = body_hash(row.text)
    assert paul.do(lambda queue: queue.approve(row, read, NOW, RULES)) is None
