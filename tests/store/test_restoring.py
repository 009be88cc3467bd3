"""What a restored copy of user.db may and may not do by itself, and when copies are made."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from ascinbox.core.errors import StoreError
from ascinbox.core.outbox import decisions, delivery
from ascinbox.core.outbox.states import Phase, Rules, Why
from ascinbox.core.records import Account, Credential, CredentialKind
from ascinbox.paths import Paths
from ascinbox.store import backups, opening, recovery
from ascinbox.store.database import Database
from ascinbox.store.integrity import FileFinding, look_at
from ascinbox.store.migrations import user
from ascinbox.store.store import Store
from tests.store.conftest import NOW
from tests.store.test_replies import intention
from tests.workers.clocks import StepClock


def account() -> Account:
    key = Credential(CredentialKind.TEAM, "K1", "57246542-96fe-1a63-e053-0824d011072a", "file:/k.p8")
    return Account(0, "North", None, ("reviews", "reply"), (key,))


def wreck(path: Path) -> None:
    """Nothing of the file can be read any more, though it says SQLite."""
    path.write_bytes(path.read_bytes()[:200])


def test_o7_what_was_taken_back_after_the_copy_is_not_sent_by_it(paths: Paths, clock: StepClock) -> None:
    store = Store.open(paths, clock)
    store.accounts.add(account())
    taken_back = store.queue.queue(intention("a"))
    sending = store.queue.queue(intention("b"))
    pending = store.queue.queue(intention("c"))
    claimed = delivery.claimed(sending, "somebody", NOW, Rules())
    posting = delivery.posting(claimed, NOW, Rules())
    assert store.queue.move(sending, claimed)
    assert store.queue.move(claimed, posting)
    took = delivery.claimed(pending, "somebody", NOW, Rules())
    assert store.queue.move(pending, took)
    assert store.queue.move(took, replace(took, phase=Phase.PENDING, version=9, lease_owner=""))
    store.keep_copy(anew=True)
    assert store.queue.move(taken_back, decisions.taken_back(taken_back, NOW))
    store.close()
    wreck(paths.user_db)

    again = Store.open(paths, clock)
    assert any("2 replies that wait" in notice for notice in again.take_notices())
    rows = {row.review_id: row for row in again.outbox.open_rows()}
    assert {review_id: row.phase for review_id, row in rows.items()} == {
        "a": Phase.HELD,
        "b": Phase.HELD,
        "c": Phase.PENDING,
    }
    assert {rows["a"].why, rows["b"].why} == {Why.RESTORED}
    assert (rows["b"].lease_owner, rows["b"].text) == ("", sending.text)
    assert again.queue.due(NOW + timedelta(days=1)) == []
    assert again.database.unclean, "the letters are looked through"
    again.close()


def test_what_the_broken_file_still_says_about_a_reply_stands(paths: Paths, clock: StepClock) -> None:
    store = Store.open(paths, clock)
    store.accounts.add(account())
    store.queue.queue(intention("a"))
    undone = store.queue.queue(intention("b"))
    store.keep_copy(anew=True)
    assert store.queue.move(undone, decisions.taken_back(undone, NOW))
    store.close()
    broken = sqlite3.connect(paths.user_db)
    broken.execute("DROP TABLE place")
    broken.close()
    again = Store.open(paths, clock)
    assert [(row.review_id, row.phase) for row in again.outbox.open_rows()] == [("a", Phase.QUEUED)]
    latest = again.outbox.latest("b")
    assert latest is not None
    assert latest.phase is Phase.UNDONE
    again.close()


def test_a_copy_is_made_once_there_is_an_account_and_anew_when_asked(paths: Paths, clock: StepClock) -> None:
    store = Store.open(paths, clock)
    store.keep_copy()
    assert backups.copies(paths.backups) == []
    store.accounts.add(account())
    store.keep_copy()
    first = backups.copies(paths.backups)
    clock.advance(60)
    store.keep_copy()
    assert backups.copies(paths.backups) == first
    store.queue.note("a", "newer")
    store.keep_copy(anew=True)
    [newest] = backups.copies(paths.backups)
    assert newest != first[0], "the newest copy of a day takes the place of the others"
    store.close()


def test_what_a_kill_left_is_remembered_until_somebody_looked(paths: Paths, clock: StepClock) -> None:
    killed = Store.open(paths, clock)
    assert killed.database.session is not None
    killed.database.session.abandon()
    killed.database.session = None
    killed.close()
    for _ in range(2):
        short = Store.open(paths, clock)
        assert short.database.unclean, "a program that only prints a list leaves the mark standing"
        short.close()
    looks = Store.open(paths, clock)
    looks.database.unclean = False
    looks.close()
    after = Store.open(paths, clock)
    assert not after.database.unclean
    after.close()


@pytest.mark.parametrize("marks", ["", "PRAGMA application_id = 7;", "PRAGMA user_version = 2;"])
def test_somebody_elses_database_is_put_aside_and_not_written_into(
    paths: Paths, clock: StepClock, marks: str
) -> None:
    Store.open(paths, clock).close()
    paths.user_db.unlink()
    other = sqlite3.connect(paths.user_db)
    other.executescript(f"{marks} CREATE TABLE recipes (name); INSERT INTO recipes VALUES ('soup')")
    other.close()
    before = paths.user_db.read_bytes()
    assert look_at(paths.user_db, user.SCHEMA) is FileFinding.FOREIGN
    store = Store.open(paths, clock)
    assert any("not a file of ascinbox's" in notice for notice in store.take_notices())
    store.close()
    [aside] = paths.data.glob("user.db.corrupt-*")
    assert aside.read_bytes() == before


def test_a_file_that_a_first_start_left_without_a_table_is_ours(paths: Paths, clock: StepClock) -> None:
    paths.data.mkdir(parents=True)
    begun = sqlite3.connect(paths.user_db)
    begun.executescript("CREATE TABLE t (x); DROP TABLE t")
    begun.close()
    assert look_at(paths.user_db, user.SCHEMA) is FileFinding.GOOD
    store = Store.open(paths, clock)
    assert store.take_notices() == []
    store.close()


def no_room(monkeypatch: pytest.MonkeyPatch, failures: int) -> None:
    """The disk is full: so many times the index of cache.db's log cannot be made."""
    left = [failures]
    attach = recovery.attach_cache

    def failing(database: Database, now: datetime) -> None:
        if left[0]:
            left[0] -= 1
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = 4874  # SQLITE_IOERR_SHMSIZE
            raise error
        attach(database, now)

    monkeypatch.setattr(opening, "attach_cache", failing)
    monkeypatch.setattr(os, "statvfs", lambda _path: SimpleNamespace(f_bavail=0, f_frsize=4096))
    monkeypatch.setattr(opening, "keep_reserve", lambda _path: False)


def test_row_07_on_a_full_disk_the_reserve_makes_room_for_replies(
    paths: Paths, clock: StepClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(paths, clock).close()
    assert (paths.data / "reserve").exists()
    no_room(monkeypatch, 1)
    store = Store.open(paths, clock)
    assert not (paths.data / "reserve").exists()
    assert any("disk is full" in notice for notice in store.take_notices())
    assert store.database.full
    store.queue.queue(intention("a"))
    store.close()


def test_row_07_without_any_room_what_is_there_can_still_be_read(
    paths: Paths, clock: StepClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(paths, clock)
    store.queue.queue(intention("a"))
    store.close()
    no_room(monkeypatch, 2)
    again = Store.open(paths, clock)
    assert any("the disk is full" in notice for notice in again.take_notices())
    assert [row.review_id for row in again.outbox.open_rows()] == ["a"]
    assert not again.lasting
    again.close()


def test_another_error_of_the_disk_is_a_sentence(
    paths: Paths, clock: StepClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_room(monkeypatch, 1)
    monkeypatch.setattr(os, "statvfs", lambda _path: SimpleNamespace(f_bavail=1 << 20, f_frsize=4096))
    with pytest.raises(StoreError, match="could not be read or written"):
        Store.open(paths, clock)


def test_an_older_copy_put_back_by_hand_sends_nothing_by_itself(paths: Paths, clock: StepClock) -> None:
    store = Store.open(paths, clock)
    store.accounts.add(account())
    taken_back = store.queue.queue(intention("a"))
    store.close()
    older = paths.user_db.read_bytes()
    store = Store.open(paths, clock)
    assert store.take_notices() == []
    assert store.queue.take_back(taken_back, NOW)
    store.close()
    paths.user_db.write_bytes(older)

    again = Store.open(paths, clock)
    [notice] = again.take_notices()
    assert "older copy" in notice
    assert "1 reply that waits in the outbox: held" in notice
    [row] = again.outbox.open_rows()
    assert (row.phase, row.why) == (Phase.HELD, Why.RESTORED)
    assert again.queue.due(NOW + timedelta(days=1)) == []
    again.close()
    last = Store.open(paths, clock)
    assert last.take_notices() == [], "once"
    last.close()


@pytest.mark.parametrize("step", ["queued", "taken back", "accepted", "superseded"])
def test_an_older_copy_is_known_by_any_step_of_the_outbox(paths: Paths, clock: StepClock, step: str) -> None:
    store = Store.open(paths, clock)
    store.accounts.add(account())
    first = store.queue.queue(intention("a"))
    store.close()
    older = paths.user_db.read_bytes()
    store = Store.open(paths, clock)
    match step:
        case "queued":
            store.queue.queue(intention("b"))
        case "taken back":
            store.queue.take_back(first, NOW)
        case "accepted":
            claimed = delivery.claimed(first, "somebody", NOW, Rules())
            assert store.queue.move(first, claimed)
            assert store.queue.move(claimed, delivery.accepted(claimed, None, NOW))
        case _:
            store.queue.queue(intention("a", "Another text"))
    store.close()
    paths.user_db.write_bytes(older)
    again = Store.open(paths, clock)
    assert [row.phase for row in again.outbox.open_rows()] == [Phase.HELD]
    again.close()


def test_an_older_copy_put_back_while_the_program_runs_is_held_too(paths: Paths, clock: StepClock) -> None:
    store = Store.open(paths, clock)
    store.accounts.add(account())
    taken_back = store.queue.queue(intention("a"))
    copy = paths.user_db.with_name("copy.db")
    copy.write_bytes(paths.user_db.read_bytes())
    assert store.queue.take_back(taken_back, NOW)
    copy.replace(paths.user_db)
    store.versions()
    assert [row.phase for row in store.outbox.open_rows()] == [Phase.HELD]
    store.close()


def test_no_file_is_taken_for_an_older_copy_after_an_ordinary_life(paths: Paths, clock: StepClock) -> None:
    for number in range(3):
        store = Store.open(paths, clock)
        added = store.accounts.add(account())
        row = store.queue.queue(intention(str(number)))
        assert store.queue.take_back(row, NOW)
        store.queue.queue(intention(str(number), "Another text"))
        store.keep_copy(anew=True)
        if number == 1:
            store.accounts.remove(added.id)
        else:
            paths.user_db.unlink()
            store.versions()
            assert "written again" in " ".join(store.take_notices())
        store.close()
        again = Store.open(paths, clock)
        assert again.take_notices() == []
        for account_ in again.accounts.list():
            again.accounts.remove(account_.id)
        again.close()
