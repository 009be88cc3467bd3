"""Outbox rows in user.db: one step is one compare-and-set, and no text is lost by any of them."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from ascinbox.core.errors import StoreError
from ascinbox.core.outbox import delivery, recovery
from ascinbox.core.outbox.states import Base, Kind, OutboxRow, Phase, Reading, Rules, Why, body_hash
from ascinbox.core.records import Response, Review
from ascinbox.paths import Paths
from ascinbox.store.hot import outbox_rows
from ascinbox.store.queue.port import Busy, Pause
from ascinbox.store.store import Store
from tests.workers.clocks import StepClock

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
RULES = Rules()


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


def sending(store: Store, row: OutboxRow) -> OutboxRow:
    claimed = delivery.claimed(row, "me", at(30), RULES)
    assert store.queue.move(row, claimed)
    posting = delivery.posting(claimed, at(31), RULES)
    assert store.queue.move(claimed, posting)
    return posting


def test_every_field_of_a_row_comes_back(store: Store) -> None:
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
    stored = store.queue.queue(full)
    assert store.outbox.get(stored.id) == stored == replace(full, id=stored.id)
    plain = store.queue.queue(intention("2"))
    assert store.outbox.get(plain.id) == plain
    columns = [row[1] for row in store.database.execute("PRAGMA user.table_info(outbox)")]
    assert {"id", *outbox_rows.values_of(full)} == set(columns)
    assert {f.name for f in fields(OutboxRow)} >= {"op_id", "version", "seen"}


def test_a_step_is_written_only_over_the_row_it_was_made_from(store: Store) -> None:
    row = store.queue.queue(intention())
    mine = delivery.claimed(row, "me", at(30), RULES)
    theirs = delivery.claimed(row, "they", at(30), RULES)
    assert store.queue.move(row, theirs)
    assert not store.queue.move(row, mine)
    stored = store.outbox.get(row.id)
    assert stored is not None
    assert stored.lease_owner == "they"


def test_a_step_from_an_older_version_in_the_same_state_is_refused(store: Store) -> None:
    """State and holder are as they were, and still the row is another one."""
    row = store.queue.queue(intention())
    later = recovery.delayed(row, at(0), at(3600), RULES)
    assert later is not None
    assert later.phase is row.phase
    assert store.queue.move(row, later)
    assert not store.queue.move(row, delivery.claimed(row, "me", at(30), RULES))
    assert store.outbox.get(row.id) == later


def test_row_15_a_fenced_out_owner_changes_no_row(store: Store) -> None:
    mine = sending(store, store.queue.queue(intention()))
    taken = recovery.recovered(mine, at(500), RULES, abandoned=False)
    assert taken is not None
    assert store.queue.move(mine, taken)
    late = delivery.accepted(mine, Response("r", "Thank you", "PUBLISHED"), at(600))
    before = store.outbox.get(mine.id)
    assert not store.queue.move(mine, late)
    assert store.outbox.get(mine.id) == before == taken


def test_a_new_send_takes_the_place_of_what_still_waits(store: Store) -> None:
    first = store.queue.queue(intention(text="first"))
    second = store.queue.queue(intention(text="second"))
    gone = store.outbox.get(first.id)
    assert gone is not None
    assert (gone.phase, gone.text) == (Phase.SUPERSEDED, "first")
    assert [row.id for row in store.outbox.open_rows()] == [second.id]


def test_a_new_send_is_refused_while_one_is_under_way(store: Store) -> None:
    row = sending(store, store.queue.queue(intention()))
    with pytest.raises(Busy):
        store.queue.queue(intention(text="second"))
    assert store.queue.move(row, delivery.lost(row, at(32), RULES, "timed out"))
    with pytest.raises(Busy):
        store.queue.queue(intention(text="second"))
    assert len(store.outbox.open_rows()) == 1


def test_the_database_itself_allows_one_moving_row_a_review(store: Store) -> None:
    store.queue.queue(intention())
    values = outbox_rows.values_of(intention(text="another"))
    columns, places = ", ".join(values), ", ".join(f":{name}" for name in values)
    with pytest.raises(sqlite3.IntegrityError):
        store.database.execute(f"INSERT INTO user.outbox ({columns}) VALUES ({places})", values)


def test_an_accepted_edit_takes_the_place_of_the_pending_reply(store: Store) -> None:
    row = sending(store, store.queue.queue(intention(text="first")))
    pending = delivery.accepted(row, Response("r", "first", "PENDING_PUBLISH"), at(32))
    assert store.queue.move(row, pending)
    edit = sending(store, store.queue.queue(intention(text="second")))
    assert store.queue.move(edit, delivery.accepted(edit, Response("r", "second", "PENDING_PUBLISH"), at(60)))
    first = store.outbox.get(row.id)
    assert first is not None
    assert first.phase is Phase.SUPERSEDED
    assert [row.text for row in store.outbox.open_rows()] == ["second"]
    last = store.queue.last_put("1")
    assert last is not None
    assert last.accepted_at == at(60)


def test_what_is_due_comes_in_the_order_of_confirmation_and_not_early(store: Store) -> None:
    for number in range(3):
        store.queue.queue(intention(str(number), send_after=at(30 + number)))
    assert store.queue.due(at(29.9)) == []
    assert [row.review_id for row in store.queue.due(at(31.5))] == ["0", "1"]
    assert [row.review_id for row in store.queue.due(at(99))] == ["0", "1", "2"]
    assert [row.review_id for row in store.queue.due(at(99), "2")] == ["2"]
    assert store.queue.next_moment(NOW) == at(30)


def test_a_paused_account_sends_nothing_until_a_person_its_time_or_its_key(store: Store) -> None:
    store.queue.queue(intention())
    store.queue.queue(intention("2", account_id=2))
    store.queue.pause(Pause(1, "KEY", None, "Apple refuses this key."))
    store.queue.pause(Pause(2, "KEY", at(60), "too many"))
    assert store.queue.due(at(31)) == []
    assert [row.review_id for row in store.queue.due(at(61))] == ["2"]
    assert store.queue.next_moment(at(31)) == at(60)
    assert set(store.outbox.pauses(at(31))) == {1, 2}
    store.queue.pause(Pause(1, "OTHER", None, "the key of before"))
    assert [row.review_id for row in store.queue.due(at(31))] == ["1"]
    assert store.queue.resume(1)
    assert not store.queue.resume(1)


def test_taking_back_makes_a_draft_and_never_overwrites_a_newer_one(store: Store) -> None:
    row = store.queue.queue(intention())
    assert store.queue.take_back(row, at(5))
    assert not store.queue.take_back(row, at(6))
    draft = store.drafts.get("1")
    assert draft is not None
    assert (draft.text, draft.base) == ("Thank you", Base("hash"))
    again = store.queue.queue(intention(text="Thank you again"))
    assert store.drafts.get("1") is None
    store.queue.save_draft(replace(draft, text="newer"), "app")
    assert store.queue.take_back(again, at(9))
    kept = store.drafts.get("1")
    assert kept is not None
    assert kept.text == "newer"
    assert [text.text for text in store.drafts.discarded("1")] == ["Thank you again"]


def test_taking_back_loses_the_race_against_a_claim(store: Store) -> None:
    row = store.queue.queue(intention())
    assert store.queue.move(row, delivery.claimed(row, "me", at(30), RULES))
    assert not store.queue.take_back(row, at(30))
    assert store.drafts.get("1") is None


def test_a_held_row_taken_back_begins_from_what_was_shown(store: Store) -> None:
    row = store.queue.queue(intention())
    claimed = delivery.claimed(row, "me", at(30), RULES)
    assert store.queue.move(row, claimed)
    seen = Review("1", "app", 1, "t", "b", "n", NOW, "USA", Response("r", "Theirs", "PUBLISHED"))
    held = delivery.reread(claimed, Reading(at(31), seen), None, RULES)
    assert held is not None
    assert store.queue.move(claimed, held)
    assert store.queue.take_back(held, at(40))
    draft = store.drafts.get("1")
    assert draft is not None
    assert draft.base == Base.of(seen)


def test_many_rows_move_by_one_rule(store: Store) -> None:
    rows = [sending(store, store.queue.queue(intention(str(n)))) for n in range(3)]
    moved = store.queue.move_all(lambda row: recovery.recovered(row, at(999), RULES, abandoned=False))
    assert [row.phase for row in moved] == [Phase.UNKNOWN] * 3
    assert [row.id for row in store.queue.to_settle(at(999 + 60))] == [row.id for row in rows]
    assert store.queue.to_settle(at(999 + 59)) == []


def test_what_is_over_is_activity(store: Store) -> None:
    row = store.queue.queue(intention())
    store.queue.queue(intention(text="second", changed_at=at(9)))
    assert [old.id for old in store.outbox.finished(at(1))] == [row.id]
    assert store.outbox.finished(at(10)) == []
    assert store.queue.recent_texts(NOW) == [("1", "second")]


def test_the_proof_that_a_key_may_reply(store: Store) -> None:
    assert store.outbox.accepted_at(1, "KEY") is None
    row = sending(store, store.queue.queue(intention()))
    assert store.queue.move(row, delivery.accepted(row, Response("r", "Thank you", "PUBLISHED"), at(32)))
    assert store.outbox.accepted_at(1, "KEY") == at(32)
    assert store.outbox.accepted_at(1, "OTHER") is None


def test_rows_of_ended_programs(store: Store) -> None:
    store.queue.queue(intention("1", session="dead"))
    store.queue.queue(intention("2", session="alive"))
    store.queue.queue(intention("3", session="me"))
    found = store.queue.of_earlier_sessions(lambda session: session == "dead", "me")
    assert [row.review_id for row in found] == ["1"]


def test_row_64_an_altered_text_is_found_and_never_sent(store: Store) -> None:
    row = store.queue.queue(intention())
    store.database.execute("UPDATE user.outbox SET text = 'Thank yoU'")
    altered = store.outbox.get(row.id)
    assert altered is not None
    assert store.outbox.altered() == ["1"]
    held = delivery.barred(altered, "KEY", at(30), RULES)
    assert held is not None
    assert held.why is Why.DAMAGED


def test_a_full_disk_confirms_nothing(store: Store) -> None:
    pages = store.database.one("PRAGMA user.page_count")
    store.database.execute(f"PRAGMA user.max_page_count = {pages}")
    big = [intention(str(number), text="x" * 2000) for number in range(200)]
    with pytest.raises(StoreError):
        list(map(store.queue.queue, big))
    stored = store.outbox.open_rows()
    assert all(row.intact for row in stored)
    store.database.execute("PRAGMA user.max_page_count = 1000000")
    store.queue.queue(intention("after"))
    assert store.outbox.latest("after") is not None


def test_row_13_of_several_claimants_exactly_one_wins(paths: Paths, store: Store) -> None:
    rows = [store.queue.queue(intention(str(n))) for n in range(25)]
    won: list[tuple[int, str]] = []
    start = threading.Barrier(4)

    def claim_all(owner: str) -> None:
        mine = Store.open(paths, StepClock(NOW))
        start.wait()
        claimed = [row for row in rows if mine.queue.move(row, delivery.claimed(row, owner, at(30), RULES))]
        won.extend((row.id, owner) for row in claimed)
        mine.close()

    threads = [threading.Thread(target=claim_all, args=(f"owner-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for number, _ in won) == [row.id for row in rows]
    assert {row.id: row.lease_owner for row in store.outbox.open_rows()} == dict(won)
