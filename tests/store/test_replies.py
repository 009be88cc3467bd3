"""Outbox rows in user.db: one step is one compare-and-set, and no text is lost by any of them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ascinbox.core import delivery, recovery
from ascinbox.core.errors import StoreError
from ascinbox.core.outbox import Base, Kind, OutboxRow, Phase, Reading, Rules, Why, body_hash
from ascinbox.core.records import Response, Review
from ascinbox.paths import Paths
from ascinbox.store import outboxrows
from ascinbox.store.database import Database
from ascinbox.store.opening import open_database
from ascinbox.store.replies import Busy, Pause, Replies
from tests.workers.clocks import StepClock

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
RULES = Rules()


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.under(tmp_path)


@pytest.fixture
def database(paths: Paths) -> Iterator[Database]:
    opened = open_database(paths, StepClock(NOW))
    yield opened
    opened.close()


@pytest.fixture
def replies(database: Database) -> Replies:
    return Replies(database)


def intention(review_id: str = "1", text: str = "Thank you", **changes: object) -> OutboxRow:
    row = OutboxRow(
        op_id=f"op-{review_id}-{text}",
        kind=Kind.PUBLISH,
        review_id=review_id,
        app_id="app",
        account_id=1,
        credential="KEY",
        phase=Phase.QUEUED,
        text=text,
        sha256=body_hash(text),
        base=Base("hash"),
        queued_at=NOW,
        send_after=NOW + timedelta(seconds=30),
        changed_at=NOW,
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def sending(replies: Replies, row: OutboxRow) -> OutboxRow:
    claimed = delivery.claimed(row, "me", at(30), RULES)
    assert replies.write(row, claimed)
    posting = delivery.posting(claimed, at(31), RULES)
    assert replies.write(claimed, posting)
    return posting


def test_every_field_of_a_row_comes_back(replies: Replies) -> None:
    full = intention(
        base=Base("a", "r1", "key", at(-5)),
        by="anna",
        session="s",
        posted_at=at(1),
        lost_at=at(2),
        rounds=2,
        last_read="base",
        last_read_at=at(3.25),
        check_after=at(4),
        looks=7,
        accepted_at=at(5),
        published_at=at(6),
        response_id="r2",
        echo_key="echo",
        why=Why.UNSETTLED,
        detail="Apple said",
        status=503,
        theirs=Response("r3", "Theirs", "PUBLISHED", at(-1)),
        seen=Base("b", "r3", "other", at(-2)),
    )
    stored = replies.queue(full)
    assert replies.get(stored.id) == stored == replace(full, id=stored.id)
    plain = replies.queue(intention("2"))
    assert replies.get(plain.id) == plain
    assert len(outboxrows.COLUMNS) == len(outboxrows.values_of(full))
    assert {f.name for f in fields(OutboxRow)} >= {"op_id", "version", "seen"}


def test_a_step_is_written_only_over_the_row_it_was_made_from(replies: Replies) -> None:
    row = replies.queue(intention())
    mine = delivery.claimed(row, "me", at(30), RULES)
    theirs = delivery.claimed(row, "they", at(30), RULES)
    assert replies.write(row, theirs)
    assert not replies.write(row, mine)
    stored = replies.get(row.id)
    assert stored is not None
    assert stored.lease_owner == "they"


def test_row_15_a_fenced_out_owner_changes_no_row(replies: Replies) -> None:
    mine = sending(replies, replies.queue(intention()))
    taken = recovery.recovered(mine, at(500), RULES, abandoned=False)
    assert taken is not None
    assert replies.write(mine, taken)
    late = delivery.accepted(mine, Response("r", "Thank you", "PUBLISHED"), at(600))
    before = replies.get(mine.id)
    assert not replies.write(mine, late)
    assert replies.get(mine.id) == before == taken


def test_a_new_send_takes_the_place_of_what_still_waits(replies: Replies) -> None:
    first = replies.queue(intention(text="first"))
    second = replies.queue(intention(text="second"))
    gone = replies.get(first.id)
    assert gone is not None
    assert (gone.phase, gone.text) == (Phase.SUPERSEDED, "first")
    assert [row.id for row in replies.open_rows()] == [second.id]


def test_a_new_send_is_refused_while_one_is_under_way(replies: Replies) -> None:
    row = sending(replies, replies.queue(intention()))
    with pytest.raises(Busy):
        replies.queue(intention(text="second"))
    assert replies.write(row, delivery.lost(row, at(32), RULES, "timed out"))
    with pytest.raises(Busy):
        replies.queue(intention(text="second"))
    assert len(replies.open_rows()) == 1


def test_the_database_itself_allows_one_moving_row_a_review(database: Database, replies: Replies) -> None:
    replies.queue(intention())
    columns = ", ".join(outboxrows.COLUMNS)
    places = ", ".join("?" for _ in outboxrows.COLUMNS)
    values = outboxrows.values_of(intention(text="another"))
    with pytest.raises(sqlite3.IntegrityError):
        database.execute(f"INSERT INTO user.outbox ({columns}) VALUES ({places})", values)


def test_an_accepted_edit_takes_the_place_of_the_pending_reply(replies: Replies) -> None:
    row = sending(replies, replies.queue(intention(text="first")))
    pending = delivery.accepted(row, Response("r", "first", "PENDING_PUBLISH"), at(32))
    assert replies.write(row, pending)
    edit = sending(replies, replies.queue(intention(text="second")))
    assert replies.write(edit, delivery.accepted(edit, Response("r", "second", "PENDING_PUBLISH"), at(60)))
    first = replies.get(row.id)
    assert first is not None
    assert first.phase is Phase.SUPERSEDED
    assert [row.text for row in replies.open_rows()] == ["second"]
    last = replies.last_put("1")
    assert last is not None
    assert last.accepted_at == at(60)


def test_what_is_due_comes_in_the_order_of_confirmation_and_not_early(replies: Replies) -> None:
    for number in range(3):
        replies.queue(intention(str(number), send_after=at(30 + number)))
    assert replies.due(at(29.9)) == []
    assert [row.review_id for row in replies.due(at(31.5))] == ["0", "1"]
    assert [row.review_id for row in replies.due(at(99))] == ["0", "1", "2"]
    assert [row.review_id for row in replies.due(at(99), "2")] == ["2"]
    assert replies.next_moment(NOW) == at(30)


def test_a_paused_account_sends_nothing_until_a_person_its_time_or_its_key(replies: Replies) -> None:
    replies.queue(intention())
    replies.queue(intention("2", account_id=2))
    replies.pause(Pause(1, "KEY", None, "Apple refuses this key."))
    replies.pause(Pause(2, "KEY", at(60), "too many"))
    assert replies.due(at(31)) == []
    assert [row.review_id for row in replies.due(at(61))] == ["2"]
    assert replies.next_moment(at(31)) == at(60)
    assert set(replies.pauses(at(31))) == {1, 2}
    replies.pause(Pause(1, "OTHER", None, "the key of before"))
    assert [row.review_id for row in replies.due(at(31))] == ["1"]
    assert replies.resume(1)
    assert not replies.resume(1)


def test_taking_back_makes_a_draft_and_never_overwrites_a_newer_one(replies: Replies) -> None:
    row = replies.queue(intention())
    assert replies.take_back(row, at(5))
    assert not replies.take_back(row, at(6))
    draft = replies.drafts.get("1")
    assert draft is not None
    assert (draft.text, draft.base) == ("Thank you", Base("hash"))
    again = replies.queue(intention(text="Thank you again"))
    assert replies.drafts.get("1") is None
    replies.drafts.save(replace(draft, text="newer"), "app")
    assert replies.take_back(again, at(9))
    kept = replies.drafts.get("1")
    assert kept is not None
    assert kept.text == "newer"
    assert [text.text for text in replies.drafts.discarded("1")] == ["Thank you again"]


def test_taking_back_loses_the_race_against_a_claim(replies: Replies) -> None:
    row = replies.queue(intention())
    assert replies.write(row, delivery.claimed(row, "me", at(30), RULES))
    assert not replies.take_back(row, at(30))
    assert replies.drafts.get("1") is None


def test_a_held_row_taken_back_begins_from_what_was_shown(replies: Replies) -> None:
    row = replies.queue(intention())
    claimed = delivery.claimed(row, "me", at(30), RULES)
    assert replies.write(row, claimed)
    seen = Review("1", "app", 1, "t", "b", "n", NOW, "USA", Response("r", "Theirs", "PUBLISHED"))
    held = delivery.reread(claimed, Reading(at(31), seen), None, RULES)
    assert held is not None
    assert replies.write(claimed, held)
    assert replies.take_back(held, at(40))
    draft = replies.drafts.get("1")
    assert draft is not None
    assert draft.base == Base.of(seen)


def test_many_rows_move_by_one_rule(replies: Replies) -> None:
    rows = [sending(replies, replies.queue(intention(str(n)))) for n in range(3)]
    moved = replies.move_all(lambda row: recovery.recovered(row, at(999), RULES, abandoned=False))
    assert [row.phase for row in moved] == [Phase.UNKNOWN] * 3
    assert [row.id for row in replies.to_settle(at(999 + 60))] == [row.id for row in rows]
    assert replies.to_settle(at(999 + 59)) == []


def test_what_is_over_is_activity(replies: Replies) -> None:
    row = replies.queue(intention())
    replies.queue(intention(text="second", changed_at=at(9)))
    assert [old.id for old in replies.finished(at(1))] == [row.id]
    assert replies.finished(at(10)) == []
    assert replies.recent_texts(NOW) == [("1", "second")]


def test_the_proof_that_a_key_may_reply(replies: Replies) -> None:
    assert replies.accepted_at(1, "KEY") is None
    row = sending(replies, replies.queue(intention()))
    assert replies.write(row, delivery.accepted(row, Response("r", "Thank you", "PUBLISHED"), at(32)))
    assert replies.accepted_at(1, "KEY") == at(32)
    assert replies.accepted_at(1, "OTHER") is None


def test_rows_of_ended_programs(replies: Replies) -> None:
    replies.queue(intention("1", session="dead"))
    replies.queue(intention("2", session="alive"))
    replies.queue(intention("3", session="me"))
    found = replies.of_earlier_sessions(lambda session: session == "dead", "me")
    assert [row.review_id for row in found] == ["1"]


def test_row_64_an_altered_text_is_found_and_never_sent(database: Database, replies: Replies) -> None:
    row = replies.queue(intention())
    database.execute("UPDATE user.outbox SET text = 'Thank yoU'")
    altered = replies.get(row.id)
    assert altered is not None
    assert replies.altered() == ["1"]
    held = delivery.barred(altered, "KEY", at(30), RULES)
    assert held is not None
    assert held.why is Why.DAMAGED


def test_a_full_disk_confirms_nothing(database: Database, replies: Replies) -> None:
    pages = database.one("PRAGMA user.page_count")
    database.execute(f"PRAGMA user.max_page_count = {pages}")
    big = [intention(str(number), text="x" * 2000) for number in range(200)]
    with pytest.raises(StoreError):
        list(map(replies.queue, big))
    stored = replies.open_rows()
    assert all(row.intact for row in stored)
    database.execute("PRAGMA user.max_page_count = 1000000")
    replies.queue(intention("after"))
    assert replies.latest("after") is not None


def test_row_13_of_several_claimants_exactly_one_wins(paths: Paths, replies: Replies) -> None:
    rows = [replies.queue(intention(str(n))) for n in range(25)]
    won: list[tuple[int, str]] = []
    start = threading.Barrier(4)

    def claim_all(owner: str) -> None:
        connection = open_database(paths, StepClock(NOW))
        mine = Replies(connection)
        start.wait()
        claimed = [row for row in rows if mine.write(row, delivery.claimed(row, owner, at(30), RULES))]
        won.extend((row.id, owner) for row in claimed)
        connection.close()

    threads = [threading.Thread(target=claim_all, args=(f"owner-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for number, _ in won) == [row.id for row in rows]
    assert {row.id: row.lease_owner for row in replies.open_rows()} == dict(won)
