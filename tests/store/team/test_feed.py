"""What one does is on the others' screens: the feed, the fill, and going on after anything that breaks it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from ascinbox.core.errors import Unreachable
from ascinbox.core.events import (
    ClaimTaken,
    DifferencesFound,
    Event,
    NoteMentioned,
    Notice,
    OutboxChanged,
    ReplyEnded,
    ReplyWaiting,
    ReviewsChanged,
    TeamChanged,
    TeamConnection,
)
from ascinbox.core.outbox.decisions import dropped
from ascinbox.core.outbox.states import Draft, OutboxRow, Phase, Why, moved
from ascinbox.core.records import Review, Told
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.core.team import TeamNote
from ascinbox.paths import Paths
from ascinbox.store.cache.prepared_review import PreparedPage
from ascinbox.store.queue.team import install
from ascinbox.store.queue.team.connection import TeamSession
from ascinbox.store.queue.team.feed import ReplicaChoice, TeamFeed
from ascinbox.store.queue.team.queue import TeamQueue
from ascinbox.store.queue.team.working import TeamWorker
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from tests.store.conftest import Written
from tests.store.queue_contract import LASTS, NOW, RULES, intention
from tests.store.team.conftest import Team

TWINS = (6549, 10004)
"""Numbers of reviews that want the same key when they are of one second."""


class Home:
    """Somebody's home with a feed; `feed.fetch()` does one round of it."""

    def __init__(self, team: Team, name: str, folder: Path, choice: ReplicaChoice | None = None) -> None:
        self.name, self.events = name, list[Event]()
        self.session = TeamSession(team.address(name))
        self.stop = threading.Event()

        def queue(store: Store) -> TeamQueue:
            return TeamQueue(store.database, store.clock, self.session, name)

        paths, clock = Paths.under(folder / name), team.clock
        self.store = StoreThread(lambda: Store.open(paths, clock, me=name, queue=queue))
        self.feed = TeamFeed(self.session, self.store, self.events.append, self.stop, choice)

    def do(self, act: Callable[[TeamQueue], object]) -> object:
        return self.store.call(lambda store: act(cast(TeamQueue, store.queue)))

    def row(self, review_id: str) -> tuple[str, str]:
        """State letter and assignee of a review."""
        detail = self.store.call(lambda store: store.reviews.get(review_id))
        assert detail is not None
        return detail.state, detail.assignee

    def close(self) -> None:
        self.stop.set()
        self.store.close()
        self.session.close()


@pytest.fixture
def home(team: Team, tmp_path: Path) -> Iterator[Callable[..., Home]]:
    with ExitStack() as closes:

        def made(name: str, choice: ReplicaChoice | None = None) -> Home:
            return closes.enter_context(closing(Home(team, name, tmp_path, choice)))

        yield made


@pytest.fixture
def worker(team: Team) -> TeamWorker:
    return TeamWorker(team.session("Wanda"), "server1", timedelta(seconds=120))


def put(worker: TeamWorker, *reviews: Review) -> int:
    apps: dict[str, list[Review]] = {}
    for review in reviews:
        apps.setdefault(review.app_id, []).append(review)
    return worker.save_pages([PreparedPage.of(app, page) for app, page in apps.items()])


def test_what_a_worker_stored_is_in_the_replica_and_only_what_changed_comes_again(
    home: Callable[..., Home], worker: TeamWorker, written: Written
) -> None:
    rita = home("Rita")
    assert put(worker, *(written(n) for n in range(1, 4))) == 3
    assert rita.feed.fetch().new == 3
    assert put(worker, *(written(n) for n in range(1, 4))) == 0
    assert put(worker, written(1), written.answered(2), written(3, "other words")) == 2
    applied = rita.feed.fetch()
    assert (applied.new, sorted(set(applied.reviews))) == (0, ["id2", "id3"])
    assert rita.row("id2")[0] == "A"
    detail = rita.store.call(lambda store: store.reviews.get("id3"))
    assert detail is not None
    assert detail.review.body == "other words"
    assert detail.earlier is not None
    assert detail.earlier.body == "It crashes"
    assert detail.changed_at is not None
    worker.remove(["id1"])
    rita.feed.fetch()
    gone = rita.store.call(lambda store: store.reviews.get("id1"))
    assert gone is not None
    assert gone.removed_at is not None
    worker.name_versions(["id2"], "1.4")
    rita.feed.fetch()
    named = rita.store.call(lambda store: store.reviews.get("id2"))
    assert named is not None
    assert named.app_version == "1.4"
    assert rita.feed.fetch().reviews == ()


def test_a_review_that_two_pages_of_one_turn_show_is_stored_once(
    home: Callable[..., Home], worker: TeamWorker, written: Written
) -> None:
    pages = [[written(1), written(2)], [written(2, "other words"), written(3)]]
    assert worker.save_pages([PreparedPage.of("1", page) for page in pages]) == 3
    rita = home("Rita")
    assert rita.feed.fetch().new == 3
    detail = rita.store.call(lambda store: store.reviews.get("id2"))
    assert detail is not None
    assert detail.review.body == "other words"
    assert worker.save_pages([PreparedPage.of("1", page) for page in pages]) == 0


def test_each_row_of_a_page_gets_the_next_number_whatever_became_of_it(
    worker: TeamWorker, written: Written, team: Team
) -> None:
    def numbers() -> dict[str, int]:
        return dict(team.root.execute("SELECT id, seq FROM ascinbox.review ORDER BY seq").fetchall())

    put(worker, *(written(n) for n in range(1, 5)))
    first = numbers()
    assert list(first) == [f"id{n}" for n in range(1, 5)]
    assert len(set(first.values())) == 4
    worker.remove(["id1"])
    last = max(first.values())
    # One that is new, one that was rewritten, one that is there again; the others are as they were.
    assert put(worker, written(1), written(2), written(3, "other words"), written(4), written(5)) == 3
    second = numbers()
    assert {name for name, seq in second.items() if seq > last} == {"id1", "id3", "id5"}
    assert len(set(second.values())) == 5
    assert {name: second[name] for name in ("id2", "id4")} == {name: first[name] for name in ("id2", "id4")}
    worker.name_versions(["id2"], "1.4")
    assert list(numbers())[-1] == "id2"


def test_an_act_is_on_ones_own_screen_at_once_and_on_the_others_by_the_feed(
    home: Callable[..., Home], worker: TeamWorker, written: Written
) -> None:
    put(worker, *(written(n) for n in range(1, 4)))
    rita, paul = home("Rita"), home("Paul")
    rita.feed.fetch()
    paul.feed.fetch()
    assert rita.do(lambda q: q.mark({"id1": MarkChange(done=True, assign="Rita")})) == ("id1",)
    assert rita.row("id1") == ("-", "Rita")
    assert paul.row("id1") == ("N", "")
    assert "id1" in paul.feed.fetch().reviews
    assert paul.row("id1") == ("-", "Rita")
    rita.do(lambda q: q.add_note(TeamNote.new("id2", "x", "ask @Paul", NOW)))
    paul.feed.fetch()
    [note] = paul.store.call(lambda store: store.team.notes("id2"))
    assert (note.author, note.body) == ("Rita", "ask @Paul")


def test_only_the_chosen_apps_and_times_are_replicated(
    home: Callable[..., Home], worker: TeamWorker, written: Written, team: Team
) -> None:
    put(worker, written(1), written(2, app_id="2"), written(3, created_at=NOW - timedelta(days=400)))
    chosen = home("Rita", ReplicaChoice(("1",), NOW - timedelta(days=365)))
    chosen.feed.fetch()
    assert chosen.store.call(lambda s: sorted(s.reviews.known(["id1", "id2", "id3"]))) == ["id1"]
    before = chosen.store.call(lambda s: cast(TeamQueue, s.queue).replica.positions())
    last = team.root.execute("SELECT max(seq) FROM ascinbox.review").fetchone()
    assert (before[2],) == last, "what was passed over is not read again"
    everything = home("Paul")
    assert everything.feed.fill() == 3


def test_a_fill_goes_on_where_it_stopped_and_a_new_cache_is_filled_again(
    home: Callable[..., Home],
    worker: TeamWorker,
    written: Written,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("ascinbox.store.queue.team.feed.FILLED_AT_ONCE", 10)
    put(worker, *(written(n) for n in range(1, 36)))
    rita = home("Rita")
    told: list[int] = []

    def stop_after_two(count: int) -> None:
        told.append(count)
        if len(told) == 2:
            rita.stop.set()

    assert rita.feed.fill(stop_after_two) == 20
    rita.stop.clear()
    assert rita.feed.fill() == 15
    rita.do(lambda q: q.done(["id1"]))
    rita.close()
    for path in (tmp_path / "Rita" / "data").glob("cache.db*"):
        path.unlink()
    again = home("Rita")
    assert again.feed.fetch().new == 35
    assert again.row("id1")[0] == "-"


def kept(home: Home) -> dict[str, list[tuple[object, ...]]]:
    """What a home's cache holds of reviews, whichever way it came there."""
    tables = {
        "review": "r.*, a.id",
        "review_text": "t.*",
        "review_device": "d.*",
        "review_language": "l.*",
        "undetected": "u.*",
        "fresh": "f.key",
    }
    joined = {"review": "review r JOIN cache.app a ON a.number = r.app"}

    def rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
        found = {}
        for table, columns in tables.items():
            source = joined.get(table, f"{table} {columns[0]}")
            read = store.database.connection.execute(f"SELECT {columns} FROM cache.{source} ORDER BY 1")
            names = [each[0] for each in read.description]
            # Apps are numbered as they come.
            found[table] = [
                tuple(value for name, value in zip(names, row, strict=True) if name != "app") for row in read
            ]
        return found

    return home.store.call(rows)


def test_a_fill_leaves_what_the_feed_leaves_also_beside_reviews_that_are_here(
    home: Callable[..., Home], worker: TeamWorker, written: Written
) -> None:
    told = Told("2.1", "pixel 8", "14", "de", 3, 1)
    put(
        worker,
        *(written(n, app_id=str(n % 2 + 1)) for n in range(1, 30)),
        written.answered(30),
        written(31, told=told),
        written(32, created_at=None),
    )
    twins = [written(n, created_at=NOW) for n in TWINS]
    put(worker, *twins)
    worker.remove(["id2"])
    worker.name_versions(["id3"], "1.4")
    rita, paul, vera = home("Rita"), home("Paul"), home("Vera")
    rita.feed.fetch()
    assert paul.feed.fill() == 34
    assert kept(paul) == kept(rita)
    assert len(kept(paul)["review"]) == 34
    put(worker, written(1, "other words", app_id="2"), written(40))
    vera.feed.fetch()
    paul.do(lambda queue: queue.replica.begin_anew(queue.replica.copy()))
    paul.events.clear()
    assert paul.feed.fill() == 35
    assert [row[1] for row in kept(paul)["review"]] == [row[1] for row in kept(vera)["review"]]
    assert kept(paul)["review_text"] == kept(vera)["review_text"]
    assert paul.row("id2")[0] == vera.row("id2")[0]
    assert paul.events == [ReviewsChanged(None, 1)]
    paul.events.clear()
    put(worker, written(1, "more words", app_id="2"))
    assert paul.feed.fill() == 1
    assert paul.events == [ReviewsChanged(None, 0)], "what changed is shown as well"


def test_a_claim_that_is_taken_over_and_a_reply_that_waits_are_told(home: Callable[..., Home]) -> None:
    rita, paul, vera = home("Rita"), home("Paul"), home("Vera")
    for each in (rita, paul, vera):
        each.feed.fetch()
        each.events.clear()
    rita.do(lambda q: q.claim("id1", "hers", "", NOW, LASTS))
    paul.feed.fetch()
    assert [c.who for c in paul.store.call(lambda s: s.team.claims(NOW)).values()] == ["Rita"]
    paul.do(lambda q: q.take_over("id1", "his", "", NOW, LASTS))
    rita.feed.fetch()
    assert ClaimTaken("id1", "Paul") in rita.events
    rita.do(lambda q: q.queue(intention("id2")))
    row = rita.store.call(lambda s: s.outbox.latest("id2"))
    assert row is not None
    assert (row.phase, row.by) == (Phase.WAITING, "Rita")
    for each in (paul, vera):
        each.feed.fetch()
    assert ReplyWaiting("id2", "Rita") in paul.events
    assert not any(isinstance(event, ReplyWaiting) for event in vera.events)


def test_an_approved_reply_that_is_taken_back_is_its_authors_draft(home: Callable[..., Home]) -> None:
    rita, paul = home("Rita"), home("Paul")
    rita.do(lambda q: q.queue(intention("id1")))
    paul.feed.fetch()
    row = paul.store.call(lambda s: s.outbox.latest("id1"))
    assert row is not None
    paul.do(lambda q: q.approve(row, row.sha256, NOW, RULES))
    queued = paul.store.call(lambda s: s.outbox.latest("id1"))
    assert queued is not None
    assert queued.phase is Phase.QUEUED
    assert paul.do(lambda q: q.send_back(queued, None, NOW))
    for each, text in ((rita, row.text), (paul, None)):
        each.feed.fetch()
        draft = each.store.call(lambda s: s.drafts.get("id1"))
        assert (draft.text if draft is not None else None) == text


def test_another_level_is_told_and_counts_at_once(home: Callable[..., Home], team: Team) -> None:
    rita, vera = home("Rita"), home("Vera")
    for each in (rita, vera):
        each.feed.fetch()
    vera.events.clear()
    team.root.execute("SELECT ascinbox.put_member('Vera', 'publisher')")
    rita.do(lambda q: q.queue(intention("id1")))
    vera.feed.fetch()
    assert TeamChanged() in vera.events
    assert ReplyWaiting("id1", "Rita") in vera.events


def test_what_one_wrote_oneself_is_not_told_as_waiting(home: Callable[..., Home], team: Team) -> None:
    paul, anna = home("Paul"), home("Anna")
    team.root.execute("SELECT ascinbox.put_option('four_eyes', '1')")
    for each in (paul, anna):
        each.feed.fetch()
    paul.do(lambda q: q.queue(intention("id1")))
    for each in (paul, anna):
        each.feed.fetch()
    assert ReplyWaiting("id1", "Paul") in anna.events
    assert not any(isinstance(event, ReplyWaiting) for event in paul.events)


def test_who_is_named_in_a_note_is_told_once(home: Callable[..., Home]) -> None:
    rita, paul = home("Rita"), home("Paul")
    for each in (rita, paul):
        each.feed.fetch()
        each.events.clear()
    for body in ("@paul look", "paul@example.test wrote", "@Paula look", "@Rita to do"):
        note = TeamNote.new("id1", "Rita", body, NOW)
        rita.do(partial(lambda note, queue: queue.add_note(note), note))
    for each in (rita, paul):
        each.feed.fetch()
        each.feed.fetch()
    told = [event for event in paul.events if isinstance(event, NoteMentioned)]
    assert told == [NoteMentioned("id1", "Rita", "@paul look")]
    assert not any(isinstance(event, NoteMentioned) for event in rita.events)


def test_an_author_is_told_who_ended_a_reply_of_theirs(home: Callable[..., Home]) -> None:
    rita, paul = home("Rita"), home("Paul")

    def handed_over(review_id: str) -> OutboxRow:
        rita.do(lambda q: q.queue(intention(review_id, by="Rita")))
        paul.feed.fetch()
        row = paul.store.call(lambda s: s.outbox.latest(review_id))
        assert row is not None
        return row

    back, noted, other = map(handed_over, ("id1", "id2", "id3"))
    rita.feed.fetch()
    rita.events.clear()
    paul.do(lambda q: q.send_back(back, None, NOW))
    paul.do(lambda q: q.send_back(noted, TeamNote.new("id2", "", "@Rita too long", NOW), NOW))
    paul.do(lambda q: q.queue(intention("id3", "Another text", by="Paul")))
    for each in (rita, paul):
        each.feed.fetch()
        each.feed.fetch()
    told = [event for event in rita.events if isinstance(event, ReplyEnded | NoteMentioned)]
    assert told == [
        NoteMentioned("id2", "Paul", "@Rita too long"),
        ReplyEnded("id1", "Paul", "send back"),
        ReplyEnded("id3", "Paul", "replace"),
    ]
    assert not any(isinstance(event, ReplyEnded) for event in paul.events)
    gone = rita.store.call(lambda s: s.outbox.get(other.id))
    assert gone is not None
    assert gone.phase is Phase.SUPERSEDED
    own = paul.store.call(lambda s: s.outbox.latest("id3"))
    assert own is not None
    rita.events.clear()
    assert paul.do(lambda q: q.take_back(own, NOW))
    rita.feed.fetch()
    told = [event for event in rita.events if isinstance(event, ReplyEnded | NoteMentioned)]
    assert told == [ReplyEnded("id3", "Paul", "send back")]


def test_who_approved_a_reply_is_told_who_ended_it(home: Callable[..., Home]) -> None:
    rita, paul, anna = home("Rita"), home("Paul"), home("Anna")

    def approved(review_id: str) -> OutboxRow:
        rita.do(lambda q: q.queue(intention(review_id, by="Rita")))
        paul.feed.fetch()
        row = paul.store.call(lambda s: s.outbox.latest(review_id))
        assert row is not None
        found = paul.do(lambda q: q.approve(row, row.sha256, NOW, RULES))
        assert isinstance(found, OutboxRow)
        for each in (rita, anna):
            each.feed.fetch()
        return found

    back, _, others, sent_back = map(approved, ("id1", "id2", "id3", "id4"))
    paul.events.clear()
    rita.do(lambda q: q.take_back(back, NOW))
    rita.do(lambda q: q.queue(intention("id2", "Another text", by="Rita")))
    anna.do(lambda q: q.take_back(others, NOW))
    anna.do(lambda q: q.send_back(sent_back, None, NOW))
    for each in (rita, paul, anna):
        each.feed.fetch()
        each.feed.fetch()
    told = [event for event in paul.events if isinstance(event, ReplyEnded)]
    assert told == [
        ReplyEnded("id1", "Rita", "take back", approved_of="Rita"),
        ReplyEnded("id2", "Rita", "replace", approved_of="Rita"),
        ReplyEnded("id3", "Anna", "take back", approved_of="Rita"),
        ReplyEnded("id4", "Anna", "send back", approved_of="Rita"),
    ]
    assert not any(isinstance(event, ReplyEnded) for event in anna.events)
    mine = [event for event in rita.events if isinstance(event, ReplyEnded)]
    assert mine == [ReplyEnded("id3", "Anna", "take back"), ReplyEnded("id4", "Anna", "send back")]


def test_who_wrote_or_approved_a_reply_is_told_who_dropped_it(home: Callable[..., Home]) -> None:
    rita, paul, anna = home("Rita"), home("Paul"), home("Anna")

    def held(review_id: str, *, approved: bool) -> None:
        rita.do(lambda q: q.queue(intention(review_id, by="Rita")))
        for each in (paul, anna):
            each.feed.fetch()
        if approved:
            row = latest(paul, review_id)
            assert isinstance(paul.do(lambda q: q.approve(row, row.sha256, NOW, RULES)), OutboxRow)
            anna.feed.fetch()
            row = latest(anna, review_id)
            assert anna.do(lambda q: q.move(row, moved(row, Phase.HELD, NOW, why=Why.TOO_OLD)))

    def drop(who: Home, review_id: str) -> None:
        who.feed.fetch()
        row = latest(who, review_id)
        assert who.do(lambda q: q.move(row, dropped(row, NOW)))

    held("id1", approved=True)
    held("id2", approved=True)
    held("id3", approved=True)
    held("id4", approved=False)
    for each in (rita, paul):
        each.feed.fetch()
        each.events.clear()
    drop(anna, "id1")
    drop(rita, "id2")
    drop(paul, "id3")
    drop(paul, "id4")
    for each in (rita, paul, anna):
        each.feed.fetch()
        each.feed.fetch()

    def told(who: Home) -> list[Event]:
        return [event for event in who.events if isinstance(event, ReplyEnded)]

    assert told(rita) == [
        ReplyEnded("id1", "Anna", "drop"),
        ReplyEnded("id3", "Paul", "drop"),
        ReplyEnded("id4", "Paul", "drop"),
    ]
    assert told(paul) == [
        ReplyEnded("id1", "Anna", "drop", approved_of="Rita"),
        ReplyEnded("id2", "Rita", "drop", approved_of="Rita"),
    ]
    assert told(anna) == []


def latest(who: Home, review_id: str) -> OutboxRow:
    row = who.store.call(lambda s: s.outbox.latest(review_id))
    assert row is not None
    return row


def test_what_an_act_fetched_of_others_is_told_as_if_the_feed_had(home: Callable[..., Home]) -> None:
    rita, paul = home("Rita"), home("Paul")
    rita.feed.fetch()
    paul.feed.fetch()
    rita.do(lambda q: q.claim("id1", "hers", "", NOW, LASTS))
    paul.feed.fetch()
    rita.do(lambda q: q.release("id1", "hers"))
    rita.do(lambda q: q.queue(intention("id1")))
    paul.events.clear()
    assert paul.do(lambda q: q.take_over("id1", "his", "", NOW, LASTS)) is None
    row = paul.store.call(lambda s: s.outbox.latest("id1"))
    assert row is not None, "what came of the writing is known at once"
    assert row.phase is Phase.WAITING
    paul.feed.fetch()
    paul.feed.send()
    assert ReplyWaiting("id1", "Rita") in paul.events
    assert OutboxChanged("id1") in paul.events


def test_a_batch_that_comes_late_does_not_undo_an_act_of_ours(home: Callable[..., Home]) -> None:
    rita, paul = home("Rita"), home("Paul")
    rita.feed.fetch()
    paul.do(lambda q: q.assign(["id1"], "Paul"))
    after = rita.store.call(lambda s: cast(TeamQueue, s.queue).replica.positions())[0]
    late = rita.session.rows("SELECT * FROM ascinbox.changes(%s, 1000)", after)
    rita.store.call(lambda s: s.queue.mark({"id1": MarkChange(flag=True)}))
    paul.do(lambda q: q.catch_up())
    paul.do(lambda q: q.done(["id1"]))
    rita.do(lambda q: q.replica.take_people(after, late))
    found = rita.store.call(
        lambda s: s.database.execute(
            "SELECT flagged, assignee FROM user.triage WHERE review_id = 'id1'"
        ).fetchone()
    )
    assert tuple(found) == (1, "Paul")
    assert rita.do(lambda q: q.replica.take_people(after, late)) is None, "a batch is put in once"


def test_two_who_change_the_same_are_asked_and_nothing_is_overwritten(home: Callable[..., Home]) -> None:
    rita, paul = home("Rita"), home("Paul")
    rita.feed.fetch()
    paul.do(lambda q: q.assign(["id1"], "Paul"))
    assert rita.do(lambda q: q.mark({"id1": MarkChange(assign="Rita", flag=True)})) == ("id1",)
    rita.feed.fetch()
    rita.feed.send()
    rita.feed.send()
    assert rita.events.count(DifferencesFound(1)) == 1
    [difference] = rita.store.call(lambda s: s.team.differences())
    assert (difference.wanted, difference.theirs) == ({"assign": "Rita"}, {"assign": "Paul", "by": "Paul"})
    paul.do(lambda q: q.assign(["id1"], "Vera"))
    rita.do(lambda q: q.pending.settle(difference.id, mine=True))
    [again] = rita.store.call(lambda s: s.team.differences())
    assert again.theirs == {"assign": "Vera", "by": "Paul"}, "what changed since it was shown is asked again"
    rita.do(lambda q: q.pending.settle(again.id, mine=True))
    assert rita.store.call(lambda s: s.team.differences()) == ()
    paul.feed.fetch()
    found = paul.store.call(
        lambda s: s.database.one("SELECT assignee FROM user.triage WHERE review_id = 'id1'")
    )
    assert found == "Rita"


def test_offline_acts_are_kept_sent_later_and_what_differs_is_asked(
    home: Callable[..., Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ascinbox.store.queue.team.errors import TeamOffline

    rita, paul = home("Rita"), home("Paul")
    rita.feed.fetch()
    call = TeamSession.call

    def away(self: TeamSession, function: str, *args: object) -> object:
        if self is rita.session:
            raise TeamOffline("away")
        return call(self, function, *args)

    monkeypatch.setattr(TeamSession, "call", away)
    assert rita.do(
        lambda q: q.mark({"id1": MarkChange(done=True, tag=("Crash",)), "id2": MarkChange(assign="Rita")})
    )
    assert rita.do(lambda q: q.add_note(TeamNote.new("id1", "", "written on a train", NOW)))
    rita.do(lambda q: q.save_draft(Draft("id3", "Hello", NOW), "1"))
    for refused in (
        lambda q: q.queue(intention("id3")),
        lambda q: q.claim("id3", "hers", "", NOW, LASTS),
        lambda q: q.approve(intention("id3", id=1), "", NOW, RULES),
    ):
        with pytest.raises(Unreachable):
            rita.do(refused)
    assert rita.store.call(lambda s: s.team.unsent()) == 3, "marks of two reviews are one act"
    assert rita.store.call(lambda s: s.triage.tags()) == {"Crash": 1}
    paul.do(lambda q: q.assign(["id2"], "Paul"))
    monkeypatch.setattr(TeamSession, "call", call)
    rita.feed.send()
    assert DifferencesFound(1) in rita.events
    told = [event.text for event in rita.events if isinstance(event, Notice)]
    assert len(told) == 1, "what becomes of the draft that was written offline is asked, once"
    assert "wrote offline" in told[0]
    assert len(told[0]) < 79
    rita.feed.send()
    assert [event.text for event in rita.events if isinstance(event, Notice)] == told
    assert rita.store.call(lambda s: s.team.unsent()) == 0
    paul.feed.fetch()
    assert paul.store.call(lambda s: s.triage.tags()) == {"Crash": 1}
    assert [n.body for n in paul.store.call(lambda s: s.team.notes("id1"))] == ["written on a train"]
    [difference] = rita.store.call(lambda s: s.team.differences())
    assert difference.theirs["assign"] == "Paul"
    assert rita.store.call(lambda s: s.triage.assignees()) == {"Paul": 1}, "what stands there is shown"
    rita.do(lambda q: q.pending.settle(difference.id, mine=False))
    assert rita.store.call(lambda s: s.team.differences()) == ()


def test_whose_level_was_lowered_while_away_is_told_once_and_stays_on_the_feed(
    home: Callable[..., Home], team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ascinbox.store.queue.team.errors import TeamOffline

    rita = home("Rita")
    rita.feed.fetch()
    with monkeypatch.context() as away:
        away.setattr(TeamSession, "call", lambda *_args: (_ for _ in ()).throw(TeamOffline("away")))
        rita.do(lambda q: q.done(["id1"]))
        rita.do(lambda q: q.add_note(TeamNote.new("id2", "", "written on a train", NOW)))
    team.run("Anna", "SELECT ascinbox.put_member('Rita', 'viewer')")
    rita.feed.fetch()
    rita.events.clear()
    for _ in range(2):
        rita.feed.send()
        rita.feed.fetch()
    [told] = [event.text for event in rita.events if isinstance(event, Notice)]
    assert told.startswith("The level viewer does not allow this. 2 acts of yours are kept here only.")
    assert rita.store.call(lambda s: s.team.unsent()) == 2
    team.run("Anna", "SELECT ascinbox.put_member('Rita', 'replier')")
    rita.feed.fetch()
    rita.feed.send()
    assert rita.store.call(lambda s: s.team.unsent()) == 0
    assert team.root.execute("SELECT body FROM ascinbox.note").fetchone() == ("written on a train",)


def test_a_draft_of_two_machines_is_kept_twice(home: Callable[..., Home], team: Team, tmp_path: Path) -> None:
    one = home("Rita")
    with closing(Home(team, "Rita", tmp_path / "second")) as two:
        one.do(lambda q: q.save_draft(Draft("id1", "from the office", NOW), "1"))
        two.do(lambda q: q.save_draft(Draft("id1", "from home", NOW), "1"))
        one.feed.send()
        two.feed.send()
        assert [d.text for d in two.store.call(lambda s: s.drafts.discarded("id1"))] == ["from the office"]
        one.feed.fetch()
        draft = one.store.call(lambda s: s.drafts.get("id1"))
        assert draft is not None
        assert draft.text == "from home"


def until(is_so: Callable[[], bool]) -> None:
    limit = time.monotonic() + 20
    while not is_so() and time.monotonic() < limit:
        time.sleep(0.01)
    assert is_so()


def test_a_team_that_was_upgraded_to_this_version_is_found_again_soon(
    home: Callable[..., Home], team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ascinbox.store.queue.team.feed.AGAIN_S", 0.05)
    rita = home("Rita")
    team.root.execute("ALTER TABLE ascinbox.option DISABLE TRIGGER ALL")
    team.root.execute("UPDATE ascinbox.option SET value = 'other' WHERE name = 'hash'")
    team.root.execute("ALTER TABLE ascinbox.option ENABLE TRIGGER ALL")
    running = threading.Thread(target=rita.feed.run)
    running.start()
    until(lambda: any(isinstance(e, TeamConnection) and "another version" in e.words for e in rita.events))
    install.upgrade(team.root)
    until(lambda: rita.events[-1:] == [TeamConnection(True)])
    rita.stop.set()
    running.join(10)
    assert not running.is_alive()


def test_a_full_disk_there_is_told_at_once_and_what_waited_is_sent_when_there_is_room(
    home: Callable[..., Home], team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ascinbox.store.queue.team.feed.AGAIN_S", 0.05)
    rita = home("Rita")
    running = threading.Thread(target=rita.feed.run)
    running.start()
    until(lambda: TeamConnection(True) in rita.events)
    team.fill_disk()
    rita.events.clear()
    rita.do(lambda q: q.done(["id1"]))
    until(lambda: any(isinstance(e, TeamConnection) and "disk" in e.words for e in rita.events))
    team.make_room()
    until(lambda: rita.events[-1:] == [TeamConnection(True)])
    assert rita.store.call(lambda s: s.team.unsent()) == 0
    rita.stop.set()
    running.join(10)
    assert not running.is_alive()


def test_the_thread_hears_the_bell_and_goes_on_after_its_connection_was_ended(
    home: Callable[..., Home],
    worker: TeamWorker,
    written: Written,
    team: Team,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ascinbox.store.queue.team.feed.AGAIN_S", 0.05)
    rita = home("Rita")
    running = threading.Thread(target=rita.feed.run)
    running.start()
    until(lambda: TeamConnection(True) in rita.events)
    put(worker, written(1))
    until(lambda: any(isinstance(e, ReviewsChanged) for e in rita.events))
    team.root.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'Rita'")
    until(lambda: any(e == TeamConnection(True) for e in rita.events[2:]))
    rita.events.clear()
    put(worker, written(2))
    until(lambda: any(isinstance(e, ReviewsChanged) for e in rita.events))
    team.run("Anna", "SELECT ascinbox.remove_member('Rita')")
    until(lambda: any(isinstance(e, TeamConnection) and "not a member" in e.words for e in rita.events))
    assert rita.row("id2")[0] == "N", "what was replicated can still be read"
    rita.stop.set()
    running.join(10)
    assert not running.is_alive()


def test_behind_a_pooler_that_drops_listen_the_regular_question_catches_up(
    home: Callable[..., Home], worker: TeamWorker, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ascinbox.store.queue.team.feed.ASK_EVERY_S", 0.2)
    rita = home("Rita")
    listen = rita.session.listen

    def listen_in_vain() -> None:
        # In transaction mode the next statement comes from another server connection, which does not listen.
        listen()
        rita.session.run("UNLISTEN *")

    monkeypatch.setattr(rita.session, "listen", listen_in_vain)
    running = threading.Thread(target=rita.feed.run)
    running.start()
    limit = time.monotonic() + 20
    while TeamConnection(True) not in rita.events and time.monotonic() < limit:
        time.sleep(0.01)
    put(worker, written(1))
    while not any(isinstance(e, ReviewsChanged) for e in rita.events) and time.monotonic() < limit:
        time.sleep(0.01)
    assert rita.row("id1")[0] == "N"
    assert not rita.session.notified.is_set()
    rita.stop.set()
    running.join(10)
    assert not running.is_alive()


@pytest.mark.parametrize("fills", [False, True])
def test_what_a_store_tells_beside_the_text_reaches_the_replica(
    fills: bool, home: Callable[..., Home], worker: TeamWorker, written: Written
) -> None:
    told = Told("2.1", "pixel 8", "14", "de", 3, 1)
    assert put(worker, written(1, told=told), written(2)) == 2
    assert put(worker, written(1, told=told), written(2)) == 0
    vera = home("Vera")
    if fills:
        assert vera.feed.fill() == 2
    else:
        vera.feed.fetch()
    one, two = (vera.store.call(lambda store, i: store.reviews.get(i), i) for i in ("id1", "id2"))
    assert one is not None
    assert two is not None
    assert one.app_version == "2.1"
    assert one.review.told is not None
    assert (one.review.told.device, one.review.told.thumbs_up) == ("pixel 8", 3)
    assert two.review.told is None
    assert put(worker, written(1, told=replace(told, thumbs_up=4))) == 1
    vera.feed.fetch()
    one = vera.store.call(lambda store: store.reviews.get("id1"))
    assert one is not None
    assert one.review.told is not None
    assert one.review.told.thumbs_up == 4


def test_on_a_team_that_is_never_quiet_another_version_is_noticed_too(
    home: Callable[..., Home], team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ascinbox.store.queue.team.feed.ASK_EVERY_S", 0.5)
    rita, paul = home("Rita"), home("Paul")
    paul.feed.fetch()
    running = threading.Thread(target=rita.feed.run)
    running.start()
    limit = time.monotonic() + 20
    while TeamConnection(True) not in rita.events and time.monotonic() < limit:
        time.sleep(0.01)
    team.root.execute("ALTER TABLE ascinbox.option DISABLE TRIGGER ALL")
    team.root.execute("UPDATE ascinbox.option SET value = 'other' WHERE name = 'hash'")

    def is_told() -> bool:
        return any(isinstance(e, TeamConnection) and "another version" in e.words for e in rita.events)

    while not is_told() and time.monotonic() < limit:
        note = TeamNote.new("id1", "Paul", "busy", NOW)
        paul.do(partial(lambda note, queue: queue.add_note(note), note))
        time.sleep(0.05)
    assert is_told()
    rita.stop.set()
    running.join(10)
