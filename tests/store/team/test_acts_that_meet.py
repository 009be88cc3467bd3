"""An act made offline meets an act of somebody else: nothing of theirs is lost without a question."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from datetime import timedelta
from itertools import chain, product
from pathlib import Path
from typing import Any, cast

import pytest

from ascinbox.core.clock import to_epoch
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.core.team import Difference
from ascinbox.store.queue.marks import Marks, marked, marks_of
from ascinbox.store.queue.team.pending import PendingActs
from ascinbox.store.queue.team.queue import TeamQueue
from ascinbox.store.store import Store
from tests.store.conftest import NOW
from tests.store.team.conftest import Team

DAY, WEEK = NOW + timedelta(days=1), NOW + timedelta(days=7)
ACTS = {
    "done": [MarkChange(done=True), MarkChange(done=False), MarkChange(done=True, snooze=WEEK)],
    "snooze": [MarkChange(snooze=DAY), MarkChange(snooze=WEEK)],
    "wake": [MarkChange(wake=True)],
    "assign": [MarkChange(assign="Rita"), MarkChange(assign="Paul"), MarkChange(assign="")],
    "tag": [MarkChange(tag=("Crash",)), MarkChange(tag=("Login", "Crash"))],
    "untag": [MarkChange(untag=("login",))],
    "flag": [MarkChange(flag=True), MarkChange(flag=False)],
    "read": [MarkChange(read=True), MarkChange(read=False)],
    "language": [MarkChange(language="de")],
    "note": [MarkChange(note="call her"), MarkChange(note="a refund"), MarkChange(note="")],
}
"""Each mark there is, by its field."""
BEFORE = {
    "nothing": MarkChange(),
    "done": MarkChange(done=True),
    "snoozed": MarkChange(snooze=NOW + timedelta(days=3)),
    "all of it": MarkChange(flag=True, assign="Anna", note="before", tag=("Login",)),
}
"""What both had seen."""
OWN = ("opened_at", "read", "language")
"""Each person's own, so that nobody else's is touched."""


def shared(marks: Marks) -> dict[str, Any]:
    """What everybody sees; that something is done, and not since when."""
    found = asdict(replace(marks, done_at=marks.done_at is not None or None))
    return {name: value for name, value in found.items() if name not in OWN}


def stands(store: Store) -> dict[str, dict[str, Any]]:
    """The marks of all reviews in a replica."""
    cast(TeamQueue, store.queue).catch_up()
    return {i: shared(marks) for i, marks in marks_of(store.database, sorted(PAIRS)).items()}


PAIRS = {
    f"id{number}": pair
    for number, pair in enumerate(product(BEFORE, chain(*ACTS.values()), chain(*ACTS.values())))
}
"""What both had seen, what the one does offline and what the other does meanwhile, by review: both orders."""


def changed(before: Marks, after: Marks) -> set[str]:
    was, is_now = shared(before), shared(after)
    return {name for name in was if was[name] != is_now[name]}


def met_fields(act: MarkChange, mine: Marks, theirs: Marks, before: Marks) -> set[str]:
    """Fields about which somebody has to be asked. Tags are added and taken away one by one."""
    wanted, present = shared(mine), shared(theirs)
    by_me, by_them = changed(before, mine), changed(before, theirs)
    both = {"done_at", "snoozed_until"}
    met = {name for name in by_me & by_them - {"tags"} - both if wanted[name] != present[name]}
    writes = both if act.done is not None else {"snoozed_until"} if act.snooze or act.wake else set()
    moved = {n for n in both & by_them if n not in writes or wanted[n] != present[n]}
    if by_me and moved and any(wanted[name] != present[name] for name in writes):
        met |= both
    return met


def test_every_mark_is_in_the_table() -> None:
    assert set(ACTS) == {each.name for each in fields(MarkChange)}


@pytest.mark.slow
def test_nothing_of_a_teammates_is_overwritten_without_a_question(team: Team, tmp_path: Path) -> None:
    away = [False]
    rita = team.home("Rita", tmp_path / "rita", away=lambda: away[0])
    paul = team.home("Paul", tmp_path / "paul")
    paul.queue.mark({i: BEFORE[before] for i, (before, _, _) in PAIRS.items()})
    seen = stands(rita)
    away[0] = True
    rita.queue.mark({i: mine for i, (_, mine, _) in PAIRS.items()})
    paul.queue.mark({i: theirs for i, (_, _, theirs) in PAIRS.items()})
    now = int(NOW.timestamp())
    away[0] = False
    pending(rita).send()
    assert rita.team.unsent() == 0
    asked = {each.review_id: each for each in rita.team.differences()}
    here, there = stands(rita), stands(paul)
    after: dict[str, dict[str, Any]] = {}
    for i, (before, mine, theirs) in PAIRS.items():
        stood = marked(Marks(), BEFORE[before], now)
        by_them = marked(stood, theirs, now)
        only_theirs = both = shared(by_them)
        if changed(stood, marked(stood, mine, now)):
            both = shared(marked(by_them, mine, now))
        what = f"{before}: {mine.parts} offline, meanwhile {theirs.parts}"
        assert seen.get(i, shared(Marks())) == shared(stood), what
        met = met_fields(mine, marked(stood, mine, now), by_them, stood)
        assert (i in asked) == bool(met), what
        for name in changed(stood, by_them) - {"tags"}:
            assert there[i][name] == only_theirs[name], f"{what}: {name} was overwritten"
        after[i] = both
        expected = {name: (only_theirs if name in met else both)[name] for name in both}
        assert there.get(i, shared(Marks())) == expected, what
        assert here.get(i, shared(Marks())) == expected, what
        if met:
            check_words(asked[i], what)
    for number, difference in enumerate(asked.values()):
        pending(rita).settle(difference.id, mine=number % 2 == 0)
    assert rita.team.differences() == ()
    settled = stands(paul)
    for number, i in enumerate(asked):
        what = f"{PAIRS[i]} settled"
        assert settled[i] == (after[i] if number % 2 == 0 else there[i]), what


def check_words(difference: Difference, what: str) -> None:
    """All that is needed to choose is told, and by whom it was changed."""
    assert difference.theirs.get("by") == "Paul", what
    assert set(difference.wanted) <= set(difference.seen), what
    assert set(difference.seen) == set(difference.theirs) - {"by"}, what


def test_a_snooze_that_has_ended_stands_in_nobodys_way(team: Team, tmp_path: Path) -> None:
    rita, paul = team.home("Rita", tmp_path / "rita"), team.home("Paul", tmp_path / "paul")
    paul.queue.snooze(["id1", "id2", "id3"], NOW + timedelta(minutes=5))
    stands(rita)
    team.clock.set_wall(NOW + timedelta(minutes=10))
    team.set_clock()
    assert set(rita.queue.wake(team.clock.now())) == {"id1", "id2", "id3"}
    rita.queue.done(["id1"])
    rita.queue.snooze(["id2"], DAY)
    # This replica has not ended it yet.
    paul.queue.snooze(["id3"], DAY)
    assert (rita.team.differences(), paul.team.differences()) == ((), ())
    rows = team.root.execute(
        "SELECT review_id, done_at IS NULL, snoozed_until FROM ascinbox.triage ORDER BY 1"
    )
    found = {i: (is_open, until) for i, is_open, until in rows.fetchall()}
    assert not found["id1"][0]
    assert (found["id2"], found["id3"]) == ((True, to_epoch(DAY)), (True, to_epoch(DAY)))


def pending(store: Store) -> PendingActs:
    return cast(TeamQueue, store.queue).pending
