"""The window over many rows: a model of the whole list beside it must agree, whatever one does."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from ascinbox.core.records import ReviewRow
from ascinbox.tui.inbox.rows import BLOCK, KEPT, Around, RowBlock, RowWindow, Total
from tests.examples import examples

T = TypeVar("T")


def row(number: int, state: str = "N") -> ReviewRow:
    return ReviewRow(f"r{number}", number, state, 1, None, "USA", "1", "App", f"title {number}", "body")


class Listed:
    """A source over a list in memory, ordered by key."""

    def __init__(self, rows: Sequence[ReviewRow]) -> None:
        self.rows = list(rows)

    async def head(self, limit: int) -> RowBlock:
        return RowBlock(self.rows[:limit], len(self.rows) <= limit)

    async def tail(self, limit: int) -> RowBlock:
        return RowBlock(self.rows[-limit:], len(self.rows) <= limit)

    async def after(self, row: ReviewRow, limit: int, *, with_it: bool = False) -> RowBlock:
        found = [one for one in self.rows if one.key > row.key or (with_it and one.key == row.key)]
        return RowBlock(found[:limit], len(found) <= limit)

    async def before(self, row: ReviewRow, limit: int) -> RowBlock:
        found = [one for one in self.rows if one.key < row.key]
        return RowBlock(found[-limit:], len(found) <= limit)

    async def around(self, review_id: str, limit: int) -> Around | None:
        at = next((n for n, one in enumerate(self.rows) if one.id == review_id), None)
        if at is None:
            return None
        return Around(
            await self.before(self.rows[at], limit), await self.after(self.rows[at], limit, with_it=True), at
        )

    async def one(self, review_id: str) -> ReviewRow | None:
        return next((row for row in self.rows if row.id == review_id), None)


def do(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def reach(rows: RowWindow, source: Listed, step: int) -> None:
    if step > 0 and not rows.at_tail:
        rows.append(do(source.after(rows.rows[-1], BLOCK)))
    elif step < 0 and not rows.at_head:
        rows.prepend(do(source.before(rows.rows[0], BLOCK)))


def consistent(rows: RowWindow, source: Listed) -> None:
    assert rows.top <= rows.cursor < rows.top + rows.height
    ids = [one.id for one in source.rows]
    if rows.rows:
        start = ids.index(rows.rows[0].id)
        assert [one.id for one in rows.rows] == ids[start : start + len(rows.rows)]
        if rows.base is not None:
            assert rows.base == start
            assert rows.number == ids.index(rows.rows[rows.cursor].id) + 1
    assert not rows.at_head or rows.rows[0].id == ids[0]
    assert not rows.at_tail or rows.rows[-1].id == ids[-1]


steps = st.lists(
    st.one_of(
        st.sampled_from([1, -1, 1, 1, -1, "page", "back", "head", "tail", "half"]),
        st.integers(1, 40).map(lambda height: ("height", height)),
        st.integers(0, 299).map(lambda number: ("go", number)),
    ),
    max_size=60,
)


@settings(max_examples=examples(60, quick=30), deadline=None)
@given(st.integers(1, 300), steps)
def test_cursor_page_and_numbers_agree_with_the_whole_list(count: int, moves: list[object]) -> None:
    source = Listed([row(number) for number in range(count)])
    rows = RowWindow()
    rows.resize(9)
    rows.total = Total(count)
    rows.fill(do(source.head(BLOCK)), from_head=True)
    for move in moves:
        match move:
            case int(step):
                target = rows.cursor + step
                if not 0 <= target < len(rows.rows):
                    reach(rows, source, step)
                rows.place(rows.cursor + step)
            case "page" | "back" | "half":
                step = -1 if move == "back" else 1
                reach(rows, source, step)
                rows.turn_page(step, 0.5 if move == "half" else 1.0)
            case "head":
                rows.fill(do(source.head(BLOCK)), from_head=True)
            case "tail":
                rows.fill(do(source.tail(BLOCK)), from_head=False)
            case ("height", int(height)):
                rows.resize(height)
            case ("go", int(number)) if number < count:
                around = do(source.around(f"r{number}", BLOCK))
                assert around is not None
                rows.fill_around(around)
                assert rows.current is not None
                assert rows.current.id == f"r{number}"
            case _:
                pass
        consistent(rows, source)


def test_walking_a_long_list_keeps_a_bounded_run() -> None:
    source = Listed([row(number) for number in range(5_000)])
    rows = RowWindow()
    rows.resize(20)
    rows.fill(do(source.head(BLOCK)), from_head=True)
    for number in range(1, 5_000):
        if rows.cursor + 1 >= len(rows.rows):
            reach(rows, source, 1)
        rows.place(rows.cursor + 1)
        assert rows.current is not None
        assert rows.current.id == f"r{number}"
        assert len(rows.rows) <= KEPT + BLOCK
    assert rows.number == 5_000
    assert str(rows.total) == "5,000"


def loaded(count: int = 30, height: int = 9) -> RowWindow:
    rows = RowWindow()
    rows.resize(height)
    rows.fill(RowBlock([row(2 * number) for number in range(count)], True), from_head=True)
    return rows


def test_new_rows_above_wait_and_below_come_in() -> None:
    rows = loaded()
    rows.place(4)
    fresh = [row(-1), row(1), *rows.rows[:20], row(39), *rows.rows[20:], row(999)]
    assert rows.refresh(RowBlock(fresh, True), keep_cursor=True) == 2
    assert rows.current is not None
    assert rows.current.id == "r8"
    assert rows.top == 0
    assert [one.id for one in rows.rows[:3]] == ["r0", "r2", "r4"]
    assert rows.rows[-1].id == "r999"
    assert rows.refresh(RowBlock(fresh, True), keep_cursor=True, welcome=True) == 0
    assert rows.rows[0].id == "r-1"
    assert rows.current.id == "r8"


def test_a_row_that_left_stays_under_the_cursor_or_makes_room() -> None:
    rows = loaded()
    rows.place(4)
    without = RowBlock([one for one in rows.rows if one.id != "r8"], True)
    rows.refresh(without, keep_cursor=True)
    assert rows.current is not None
    assert rows.current.id == "r8"
    assert rows.stale == "r8"
    rows.refresh(without, keep_cursor=False)
    assert rows.current.id == "r10"
    assert rows.stale is None


def test_the_last_row_leaving_puts_the_cursor_on_the_one_before() -> None:
    rows = loaded(5)
    rows.place(4)
    rows.refresh(RowBlock(rows.rows[:4], True), keep_cursor=False)
    assert rows.current is not None
    assert rows.current.id == "r6"


def test_newer_facts_are_put_in_place() -> None:
    rows = loaded(5)
    assert rows.replace({"r4": replace(rows.rows[2], state="O"), "r0": rows.rows[0]}) == [2]
    assert rows.rows[2].state == "O"


def test_next_needing_looks_both_ways() -> None:
    rows = RowWindow()
    rows.resize(5)
    rows.fill(RowBlock([row(n, s) for n, s in enumerate("NAAHA")], True), from_head=True)
    rows.place(1)
    assert rows.next_needing(1) == 3
    assert rows.next_needing(-1) == 0
    rows.place(3)
    assert rows.next_needing(1) is None


def test_an_empty_list_is_no_trouble() -> None:
    rows = RowWindow()
    rows.fill(RowBlock([], True), from_head=True)
    rows.place(5)
    rows.turn_page(1)
    rows.resize(3)
    assert rows.current is None
    assert rows.number is None
    assert str(rows.total) == "0"
