"""What is older than a week, a month, a year, in a home that is new."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ascinbox.config import load_config
from ascinbox.core.clock import ShiftedClock
from ascinbox.core.reviews.states import State
from ascinbox.store.queue.port import LARGEST_PART, SMALLEST_PART, LongAct
from ascinbox.store.store import Store
from ascinbox.workers.reviews import triage
from ascinbox.workers.reviews.backlog import OldReviews, answered, count_as_done, old_reviews
from ascinbox.workers.reviews.undo import undo_last
from ascinbox.workers.workspace import Workspace
from tests.tui.world import NOW, build, review

AGES = (1, 3, *range(8, 20), 40, 50, 400)
"""Days; each is one review."""


@contextmanager
def home(folder: Path, *, linked_at: datetime = NOW, ages: tuple[int, ...] = AGES) -> Iterator[Workspace]:
    paths = build(
        folder,
        [review(number, created_at=NOW - timedelta(days=age, hours=1)) for number, age in enumerate(ages)],
        linked_at=linked_at,
    )
    space = Workspace.open(
        paths=paths,
        config=load_config(None, {}),
        clock=ShiftedClock(NOW),
        environ={"USER": "mia"},
        offline=True,
    )
    try:
        yield space
    finally:
        space.close()


def states(space: Workspace) -> list[str]:
    rows = space.inbox.window(space.inbox.query("sort:newest"), None, 100).rows
    return [row.state for row in rows]


def test_a_new_home_is_asked_with_the_numbers_of_a_week_a_month_and_a_year(tmp_path: Path) -> None:
    with home(tmp_path) as space:
        assert old_reviews(space) == (
            OldReviews("a week", 7, 15),
            OldReviews("a month", 30, 3),
            OldReviews("a year", 365, 1),
        )


def test_spans_of_the_same_number_are_one(tmp_path: Path) -> None:
    with home(tmp_path, ages=(1, *range(400, 412))) as space:
        assert old_reviews(space) == (OldReviews("a year", 365, 12),)


def test_older_than_a_month_counts_as_done_in_one_act_that_is_undone_as_one(tmp_path: Path) -> None:
    with home(tmp_path) as space:
        before = states(space)
        done = count_as_done(space, 30)
        assert len(done) == 3
        assert states(space) == [*before[:-3], *[State.DONE] * 3]
        assert old_reviews(space) == (), "one answer is enough"
        taken = undo_last(space)
        assert taken is not None
        assert taken.words == "taken back: done, 3 reviews"
        assert states(space) == before
        assert old_reviews(space) == ()


def test_what_somebody_kept_or_began_stays(tmp_path: Path) -> None:
    with home(tmp_path) as space:
        rows = space.inbox.window(space.inbox.query("sort:oldest"), None, 4).rows
        flagged, assigned, drafted, plain = (row.id for row in rows)
        space.triage.flag([flagged])
        space.triage.assign([assigned], "anna")
        space.composing.begin(drafted)
        space.composing.save_draft(drafted, "Thank you")
        done = count_as_done(space, 7)
        assert plain in done
        assert not {flagged, assigned, drafted} & set(done)


def test_a_no_is_kept_over_the_end_of_the_program(tmp_path: Path) -> None:
    with home(tmp_path) as space:
        answered(space)
        assert old_reviews(space) == ()
    again = Workspace.open(
        paths=space.paths, config=load_config(None, {}), clock=ShiftedClock(NOW), environ={}, offline=True
    )
    try:
        assert old_reviews(again) == ()
    finally:
        again.close()


def test_a_home_in_use_and_one_with_few_old_reviews_are_not_asked(tmp_path: Path) -> None:
    with home(tmp_path / "used", linked_at=NOW - timedelta(days=15)) as space:
        assert old_reviews(space) == ()
    with home(tmp_path / "few", ages=(1, 2, *range(8, 17))) as space:
        assert old_reviews(space) == ()


def test_nobody_is_asked_before_the_first_sync_has_ended(tmp_path: Path) -> None:
    with home(tmp_path) as space:

        def forget(store: Store) -> None:
            with store.database.write():
                store.database.execute("DELETE FROM cache.run")

        space.store.call(forget)
        assert old_reviews(space) == ()


def _member(level: str) -> Callable[[Store], None]:
    def put(store: Store) -> None:
        with store.database.write():
            store.database.execute("INSERT INTO user.member VALUES ('mia', ?, 0, NULL)", (level,))

    return put


@pytest.mark.parametrize(("level", "asked"), [("admin", True), ("publisher", False), ("replier", False)])
def test_on_a_team_only_an_admin_is_asked_as_marks_are_everybodys(
    tmp_path: Path, level: str, asked: bool
) -> None:
    with home(tmp_path) as space:
        space.store.call(_member(level))
        assert bool(old_reviews(space)) is asked


def test_others_write_while_thousands_are_counted_as_done_and_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with home(tmp_path, ages=(1, *[30] * 2_500)) as space:
        other = Store.open(space.paths, space.clock)
        written: list[int] = []

        def between(_seconds: float) -> None:
            # Another program that does not wait at all for the file.
            other.database.execute("PRAGMA busy_timeout = 0")
            other.queue.save_place("other", {"at": len(written)})
            written.append(1)

        monkeypatch.setattr(triage, "sleep", between)
        assert len(count_as_done(space, 7)) == 2_500
        assert len(written) >= 2
        assert states(space).count(State.DONE) == 99
        written.clear()
        taken = undo_last(space)
        other.close()
        assert taken is not None
        assert (taken.words, len(taken.review_ids)) == ("taken back: done, 2,500 reviews", 2_500)
        assert len(written) >= 2
        assert set(states(space)) == {State.NEW}


def test_a_part_is_as_long_as_others_may_wait() -> None:
    act = LongAct()
    act.took(10)
    assert act.part == 250
    for _ in range(9):
        act.took(10)
    assert act.part == SMALLEST_PART
    for _ in range(9):
        act.took(0.001)
    assert act.part == LARGEST_PART
