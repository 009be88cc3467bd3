"""What is done while the team cannot be reached is one act, and taken back here until it is sent."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from ascinbox.core.reviews.acts import MarkChange
from ascinbox.store.queue.marks import Marks, marks_of
from ascinbox.store.queue.team.errors import TeamOffline
from ascinbox.store.queue.team.queue import TeamQueue
from ascinbox.store.store import Store
from tests.store.conftest import NOW
from tests.store.team.conftest import Team
from tests.store.team.test_acts_that_meet import ACTS, BEFORE

IDS = [f"id{number}" for number in range(11)]


class Away:
    """Whether Rita has no network."""

    def __init__(self) -> None:
        self.now = False

    def __call__(self) -> bool:
        return self.now


@pytest.fixture
def away() -> Away:
    return Away()


@pytest.fixture
def rita(team: Team, tmp_path: Path, away: Away) -> Store:
    return team.home("Rita", tmp_path / "rita", away=away)


def stands(store: Store) -> dict[str, Marks]:
    return {i: marks for i, marks in marks_of(store.database, IDS).items() if marks != Marks()}


def send(store: Store) -> None:
    queue = cast(TeamQueue, store.queue)
    queue.pending.send()
    queue.catch_up()


def count(team: Team, table: str) -> int:
    [(found,)] = team.root.execute(f"SELECT count(*) FROM ascinbox.{table}").fetchall()
    return int(found)


@pytest.mark.parametrize("before", BEFORE)
def test_every_mark_goes_back_to_what_stood_there(team: Team, rita: Store, away: Away, before: str) -> None:
    rita.queue.mark(dict.fromkeys(IDS, BEFORE[before]))
    rita.queue.forget_acts()
    stood, rows = stands(rita), count(team, "undo")
    away.now = True
    for act in [act for field in ACTS.values() for act in field]:
        if act.read is None and act.language is None and rita.queue.mark(dict.fromkeys(IDS, act)):
            last = rita.triage.last_act()
            assert last is not None
            assert last.verb == ", ".join(verb for verb, _ in act.parts)
            assert last.review_ids == tuple(IDS)
            assert rita.triage.last_act_at() == last.at
            assert rita.team.unsent() == 1, "one act"
            assert rita.queue.undo_last() == last
            assert stands(rita) == stood, act
            assert rita.team.unsent() == 0
    away.now = False
    send(rita)
    assert (stands(rita), count(team, "undo")) == (stood, rows), "nothing was sent"


def test_many_reviews_arrive_as_one_act_and_are_taken_back_as_one(
    team: Team, rita: Store, away: Away, tmp_path: Path
) -> None:
    paul = team.home("Paul", tmp_path / "paul")
    away.now = True
    assert len(rita.queue.flag(IDS)) == 11
    rita.queue.assign(IDS[:2], "Rita")
    assert rita.team.unsent() == 2
    undone = rita.queue.undo_last()
    assert undone is not None
    assert (undone.verb, undone.review_ids) == ("assign", ("id0", "id1"))
    paul.queue.flag(["id3"])
    away.now = False
    send(rita)
    assert count(team, "undo") == 2, "hers and Paul's"
    undone = rita.queue.undo_last()
    assert undone is not None
    assert undone.verb == "flag"
    assert set(undone.review_ids) == {*IDS} - {"id3"}, "Paul's flag stays"
    assert set(stands(rita)) == {"id3"}
    assert rita.queue.undo_last() is None


def test_the_reviews_of_one_act_that_meet_others_are_asked_about_one_by_one(
    team: Team, rita: Store, away: Away, tmp_path: Path
) -> None:
    paul = team.home("Paul", tmp_path / "paul")
    away.now = True
    rita.queue.assign(IDS, "Rita")
    paul.queue.assign(["id2", "id5"], "Paul")
    away.now = False
    assert cast(TeamQueue, rita.queue).pending.send().against == 2
    assert [each.review_id for each in rita.team.differences()] == ["id2", "id5"]
    assert {i: marks.assignee for i, marks in stands(rita).items()} == {
        i: "Paul" if i in ("id2", "id5") else "Rita" for i in IDS
    }
    rita.queue.undo_last()
    assert set(stands(rita)) == {"id2", "id5"}


def test_what_was_sent_is_not_taken_back_without_the_team(rita: Store, away: Away) -> None:
    away.now = True
    assert rita.queue.undo_last() is None
    away.now = False
    rita.queue.done(["id1"])
    away.now = True
    with pytest.raises(TeamOffline) as refused:
        rita.queue.undo_last()
    assert refused.value.brief == "the team cannot be reached: what was sent is taken back when it is back"


def test_an_earlier_act_on_the_same_review_stays_when_the_last_is_taken_back(rita: Store, away: Away) -> None:
    away.now = True
    rita.queue.mark({"id1": MarkChange(flag=True, tag=("Crash",))})
    rita.queue.mark({"id1": MarkChange(tag=("Login",), snooze=NOW)})
    assert rita.queue.undo_last() is not None
    assert stands(rita) == {"id1": Marks(flagged=True, tags=("Crash",))}
