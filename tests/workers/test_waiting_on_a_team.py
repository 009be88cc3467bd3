"""A reply that waits for a publisher, in two homes over PostgreSQL: what becomes of it by which act."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ascinbox.config import load_config
from ascinbox.core.outbox.sentences import OutboxItem, RowChoice
from ascinbox.core.outbox.states import OutboxRow, Phase, Why, moved
from ascinbox.core.reviews.activity_filter import ActivityFilter
from ascinbox.paths import Paths
from ascinbox.store.cache.prepared_review import PreparedPage
from ascinbox.store.queue.team.address import TeamAddress
from ascinbox.store.queue.team.working import TeamWorker
from ascinbox.store.store import Store
from ascinbox.workers.replies.claims import claim, take_over
from ascinbox.workers.replies.waiting_beside import left_words
from ascinbox.workers.reviews.activity import activity
from ascinbox.workers.team import joining
from ascinbox.workers.workspace import Workspace
from tests.postgres import PostgresServer
from tests.store.conftest import Written
from tests.store.queue_contract import intention
from tests.store.team.conftest import Team
from tests.workers.clocks import StepClock

Home = Callable[[str], Workspace]
TEXT, OTHER = "Thank you", "Thank you very much"


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def home(postgres: PostgresServer, tmp_path: Path, written: Written) -> Iterator[Home]:
    """Opens somebody's home on one team: `home("Rita")`."""
    with ExitStack() as closes:
        team = Team(postgres, StepClock(datetime.now(UTC)), closes)
        worker = TeamWorker(team.session("Wanda"), "server1", timedelta(seconds=120))
        worker.save_pages([PreparedPage.of("1", [written(1)])])

        def open_home(name: str) -> Workspace:
            paths = Paths.under(tmp_path / name)
            paths.create()
            found = joining.look(TeamAddress.parse(postgres.url(team.database, name)), None)
            joining.join(paths, found, works=False, apps=(), since=None, ref="")
            space = Workspace.open(
                paths=paths.in_force, config=load_config(None, {}), clock=team.clock, environ={}
            )
            closes.enter_context(closing(space))
            space.catch_up()
            return space

        yield open_home


def handed_over(author: Workspace, *others: Workspace, text: str = TEXT) -> OutboxRow:
    """A reply of the author's that waits for a publisher, known to the others."""
    wanted = intention("id1", text, phase=Phase.WAITING, op_id="op1")
    row = author.store.call(lambda store: store.queue.queue(wanted))
    for each in others:
        each.catch_up()
    return row


def latest(space: Workspace) -> tuple[str, Phase, str]:
    """Whose the last reply to the review is, where it stands, and its text, once all is known there."""
    space.catch_up()
    row = space.store.call(lambda store: store.outbox.latest("id1"))
    assert row is not None
    return row.by, row.phase, row.text


def drafted(space: Workspace) -> str:
    space.catch_up()
    draft = space.composing.draft("id1")
    return "" if draft is None else draft.text


def test_looking_at_what_waits_leaves_it_waiting_and_a_changed_text_is_ones_own_draft(home: Home) -> None:
    rita, paul = home("Rita"), home("Paul")
    row = handed_over(rita, paul)
    for choice in (None, RowChoice.EDIT):
        if choice is not None:
            assert paul.replies.resolve(row.id, choice) == row
        start = paul.composing.begin("id1")
        assert start is not None
        assert (start.text, start.over) == (TEXT, row)
        assert paul.composing.save_draft("id1", TEXT) is None, "there is nothing to keep"
        paul.composing.end_editing("id1")
        assert latest(rita) == latest(paul) == ("Rita", Phase.WAITING, TEXT)
        assert (drafted(rita), drafted(paul)) == ("", "")
    paul.composing.begin("id1")
    assert paul.composing.save_draft("id1", OTHER) is not None
    paul.composing.end_editing("id1")
    assert latest(rita) == latest(paul) == ("Rita", Phase.WAITING, TEXT)
    assert (drafted(rita), drafted(paul)) == ("", OTHER)
    assert left_words(paul, row) == "Rita's reply waits for a publisher as before"
    paul.store.call(lambda store: store.queue.queue(intention("id1", OTHER)))
    assert latest(rita) == latest(paul) == ("Paul", Phase.QUEUED, OTHER)
    assert drafted(paul) == ""
    [gone] = [item for item in ended(rita) if item.row.id == row.id]
    assert (gone.by, gone.row.by, gone.sentence) == ("Paul", "Rita", "replaced by a text of Paul's")


def test_ones_own_waits_until_its_text_is_changed(home: Home) -> None:
    rita, paul = home("Rita"), home("Paul")
    handed_over(rita, paul)
    rita.composing.begin("id1")
    rita.composing.end_editing("id1")
    assert latest(paul) == ("Rita", Phase.WAITING, TEXT)
    start = rita.composing.begin("id1")
    assert start is not None
    assert start.text == TEXT
    rita.composing.save_draft("id1", OTHER)
    rita.composing.end_editing("id1")
    assert latest(paul) == ("Rita", Phase.UNDONE, TEXT)
    assert drafted(rita) == OTHER


def test_taking_over_from_who_has_handed_over_does_nothing_and_knows_the_reply(home: Home) -> None:
    rita, paul = home("Rita"), home("Paul")
    assert claim(rita, "id1") is None
    paul.catch_up()
    rita.composing.end_editing("id1")
    row = handed_over(rita)
    assert take_over(paul, "id1", "I know this bug") is None
    item = paul.replies.item("id1")
    assert item is not None
    assert item.row == row
    rita.catch_up()
    for space in (rita, paul):
        assert space.store.call(lambda store: store.team.claims(store.clock.now())) == {}
        assert space.store.call(lambda store: store.team.notes("id1")) == ()


def test_an_approved_reply_that_its_publisher_takes_back_is_told_to_its_author_once(home: Home) -> None:
    rita, paul = home("Rita"), home("Paul")
    row = handed_over(rita, paul)
    paul.replies.approve(row, row.sha256)
    assert [taken.id for taken in paul.replies.undo("id1")] == [row.id]
    assert latest(rita) == ("Rita", Phase.UNDONE, TEXT)
    assert drafted(rita) == TEXT
    [note] = rita.store.call(lambda store: store.team.notes("id1"))
    assert (note.author, note.names("Rita")) == ("Paul", True)
    for space in (rita, paul):
        items = activity(space)
        assert [item.by for item in ended(space)] == ["Paul"]
        assert len(ActivityFilter('act:"send back"', space.me).of(items)) == 1
        assert [item.row.id for item in ended(space)] == [row.id]


def ended(space: Workspace) -> list[OutboxItem]:
    """Replies in Activity, once all is known there."""
    space.catch_up()
    return [item for item in activity(space) if isinstance(item, OutboxItem)]


def replaced(paul: Workspace, text: str, op_id: str) -> None:
    """Paul puts a text in the place of what is there."""
    wanted = intention("id1", text, op_id=op_id)
    paul.store.call(lambda store: store.queue.queue(wanted))


@pytest.mark.parametrize("approved", [False, True])
def test_what_gave_way_to_a_text_that_is_not_sent_is_its_authors_draft_again(
    home: Home, *, approved: bool
) -> None:
    rita, paul = home("Rita"), home("Paul")
    row = handed_over(rita, paul)
    if approved:
        paul.replies.approve(row, row.sha256)
    replaced(paul, OTHER, "his")
    assert (drafted(rita), latest(rita)) == ("", ("Paul", Phase.QUEUED, OTHER))
    assert [taken.text for taken in paul.replies.undo("id1")] == [OTHER]
    assert latest(rita) == latest(paul) == ("Paul", Phase.UNDONE, OTHER)
    assert (drafted(rita), drafted(paul)) == (TEXT, OTHER)
    [gone] = [item for item in ended(rita) if item.row.id == row.id]
    assert (gone.by, gone.sentence) == ("Paul", "sent back by Paul, a draft of Rita's again")
    # It gave way once: what Paul takes back after that gives nothing back.
    replaced(paul, "Once more", "again")
    paul.replies.undo("id1")
    rita.catch_up()
    verbs = [act.verb for act in rita.store.call(lambda store: store.acts.since(row.queued_at))]
    assert verbs.count("send back") == 1


def test_a_second_text_in_the_place_of_ones_own_gives_back_what_the_first_took_the_place_of(
    home: Home,
) -> None:
    rita, paul = home("Rita"), home("Paul")
    row = handed_over(rita, paul)
    for number, text in enumerate((OTHER, "A third", "A fourth")):
        replaced(paul, text, f"his {number}")
    assert (drafted(rita), latest(rita)) == ("", ("Paul", Phase.QUEUED, "A fourth"))
    assert [taken.text for taken in paul.replies.undo("id1")] == ["A fourth"]
    assert (drafted(rita), drafted(paul)) == (TEXT, "A fourth")
    [gone] = [item for item in ended(rita) if item.row.id == row.id]
    assert (gone.by, gone.sentence) == ("Paul", "sent back by Paul, a draft of Rita's again")


def test_each_author_in_a_row_has_their_text_back(home: Home) -> None:
    rita, paul, anna = home("Rita"), home("Paul"), home("Anna")
    handed_over(rita, paul, anna)
    replaced(paul, OTHER, "his")
    replaced(anna, "A third", "hers")
    anna.replies.undo("id1")
    assert (drafted(rita), drafted(paul), drafted(anna)) == (TEXT, OTHER, "A third")


@pytest.mark.parametrize("state", [Phase.HELD, Phase.FAILED])
@pytest.mark.parametrize("choice", [RowChoice.EDIT, RowChoice.KEEP])
def test_what_gave_way_to_a_text_that_could_not_be_sent_is_its_authors_draft_again(
    home: Home, state: Phase, choice: RowChoice
) -> None:
    rita, paul, anna = home("Rita"), home("Paul"), home("Anna")
    handed_over(rita, paul)
    replaced(paul, OTHER, "his")
    anna.catch_up()

    def stop(store: Store) -> None:
        row = store.outbox.latest("id1")
        assert row is not None
        if state is Phase.HELD:
            assert store.queue.move(row, moved(row, state, store.clock.now(), why=Why.TOO_OLD))
        else:
            sending = moved(row, Phase.SENDING, store.clock.now())
            assert store.queue.move(row, sending)
            assert store.queue.move(sending, moved(sending, state, store.clock.now()))

    anna.store.call(stop)
    paul.catch_up()
    row = paul.store.call(lambda store: store.outbox.latest("id1"))
    assert row is not None
    assert row.phase is state
    assert drafted(rita) == ""
    paul.replies.resolve(row.id, choice)
    assert drafted(rita) == TEXT
    assert latest(rita) == ("Paul", Phase.UNDONE if choice is RowChoice.EDIT else Phase.DROPPED, OTHER)


def test_a_newer_draft_of_whose_text_gave_way_stays(home: Home) -> None:
    rita, paul = home("Rita"), home("Paul")
    handed_over(rita, paul)
    replaced(paul, OTHER, "his")
    rita.catch_up()
    rita.composing.save_draft("id1", "Newer")
    paul.replies.undo("id1")
    assert drafted(rita) == "Newer"


def test_what_came_to_an_end_otherwise_is_nobodys_draft_again(home: Home) -> None:
    rita, paul = home("Rita"), home("Paul")
    row = handed_over(rita, paul)
    paul.replies.send_back(row)
    replaced(paul, OTHER, "his")
    rita.catch_up()
    rita.composing.save_draft("id1", "")
    paul.replies.undo("id1")
    assert drafted(rita) == ""
