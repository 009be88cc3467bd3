"""When a replica looks for news: whatever the times are, nothing is missed."""

from __future__ import annotations

import threading
from typing import cast

import pytest

from ascinbox.store.queue.team import looks as module
from ascinbox.store.queue.team.connection import TeamSession
from ascinbox.store.queue.team.looks import BUSY_AFTER, GATHER_S, PAUSE_S, Looks
from tests.store.team.conftest import Team


class Scripted:
    """A session whose NOTIFYs come so many seconds after they are waited for, and its clock."""

    def __init__(self, *after: float) -> None:
        self.after, self.now, self.did = list(after), 0.0, list[str]()
        self.notified = threading.Event()

    def monotonic(self) -> float:
        return self.now

    def listen(self) -> None:
        self.did.append("listen")

    def unlisten(self) -> None:
        self.did.append("unlisten")

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        after = self.after.pop(0)
        self.now += min(after, seconds)
        self.did.append("heard" if after < seconds else "nothing")
        return after < seconds


class Stop(threading.Event):
    """Says how long was waited for it, and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        return False


def looks_of(session: Scripted) -> tuple[Looks, Stop]:
    stop = Stop()
    return Looks(cast(TeamSession, session), stop, session.monotonic), stop


def test_a_team_with_an_act_now_and_then_is_listened_to() -> None:
    session = Scripted(5, 0.5, 0.01, 0.01, 60, 0.01, 0.01, 1)
    looks, stop = looks_of(session)
    looks.begin()
    for _ in range(8):
        looks.wait(True, 30)
    assert session.did == ["listen", *["heard"] * 4, "nothing", *["heard"] * 3]
    assert stop.waits == [GATHER_S] * 7
    assert looks.listens


def test_a_busy_team_is_looked_at_without_notifications_until_a_look_finds_nothing() -> None:
    session = Scripted(*[0.01] * BUSY_AFTER, 5)
    looks, stop = looks_of(session)
    looks.begin()
    for _ in range(BUSY_AFTER):
        looks.wait(True, 30)
    assert session.did[-1] == "unlisten"
    assert not looks.listens
    session.did.clear()
    stop.waits.clear()
    session.notified.set()
    for _ in range(10):
        looks.wait(True, 30)
    assert (session.did, stop.waits) == ([], [PAUSE_S] * 10)
    stop.waits.clear()
    # What comes after an empty look and before LISTEN is found by the look that follows at once.
    looks.wait(False, 30)
    assert (session.did, stop.waits) == (["listen"], [])
    looks.wait(False, 30)
    assert session.did == ["listen", "heard"]


def channels(session: TeamSession) -> int:
    return len(session.rows("SELECT pg_listening_channels()"))


def test_every_row_of_a_busy_team_comes_once_and_in_order(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow the machine is.
    monkeypatch.setattr(module, "GATHER_S", 5.0)
    monkeypatch.setattr(module, "BUSY_AFTER", 1)

    class Hurried(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            return super().wait(min(timeout or 0, 0.01))

    reader, writer, stop, quiet = team.session("Vera"), team.session("Rita"), Hurried(), threading.Event()
    looks = Looks(reader, stop)
    written: list[str] = []
    after, seen = 0, list[str]()

    def write() -> None:
        while not quiet.is_set():
            written.append(f"n{len(written)}")
            writer.call("add_note", written[-1], "id1", "busy", 0.0)

    def look() -> bool:
        nonlocal after
        rows = reader.rows("SELECT * FROM ascinbox.changes(%s, 1000)", after)
        seen.extend(doc["id"] for _, kind, doc in rows if kind == "note")
        after = max([after, *(seq for seq, _, _ in rows)])
        return bool(rows)

    def listens() -> bool:
        return looks.listens

    looks.begin()
    found = look()
    for _ in range(3):
        quiet.clear()
        writing = threading.Thread(target=write)
        writing.start()
        while listens():
            looks.wait(found, 5)
            found = look()
        assert channels(reader) == 0
        for _ in range(3):
            looks.wait(found, 5)
            found = look()
        quiet.set()
        writing.join()
        while not listens():
            looks.wait(found, 5)
            found = look()
        assert channels(reader) == 1
        assert seen == written
