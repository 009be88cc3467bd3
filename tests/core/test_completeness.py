"""When a list counts as whole, and when what did not come is gone; lists that change meanwhile."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.completeness import ListCount


def counted(*totals: int | None) -> ListCount:
    count = ListCount()
    for total in totals:
        count = count.after(total)
    return count


def test_a_list_is_whole_when_as_many_came_as_apple_counts_at_the_end() -> None:
    assert counted(900, 900).is_whole(900)
    assert not counted(900, 900).is_whole(500)
    assert not counted(1000).is_whole(0)
    assert not counted(100, 900).is_whole(500)
    assert counted(900, 899).is_whole(899)


def test_a_total_that_more_items_exceed_shows_nothing_as_gone() -> None:
    assert not counted(0).shows_gone(50, 50)
    assert not counted(10, 10).shows_gone(900, 900)
    assert counted(900, 899).shows_gone(900, 900)


def test_without_a_total_a_list_is_read_and_nothing_is_gone() -> None:
    assert counted(None, None).is_whole(7)
    assert not counted(None, None).shows_gone(7, 7)


def test_a_total_that_is_left_out_later_still_counts() -> None:
    assert not counted(900, None).is_whole(500)


def test_items_without_an_id_are_kept_in_mind() -> None:
    assert ListCount().after(3, 1).after(None, 2) == ListCount(3, 3, 3)


CHANGES = st.lists(st.tuples(st.sampled_from(("new", "removed")), st.integers(0, 30)), max_size=12)


@given(st.integers(1, 30), st.integers(1, 7), st.lists(CHANGES, max_size=12))
def test_nothing_that_is_still_there_is_ever_shown_as_gone(
    size: int, limit: int, changes: list[list[tuple[str, int]]]
) -> None:
    """A service that pages by position, where any number of reviews is written and removed between two pages:
    new ones may stand where old ones stood."""
    there = list(range(size))
    before = set(there)
    met: set[int] = set()
    count, start, fresh = ListCount(), 0, 1000
    while True:
        met.update(there[start : start + limit])
        count = count.after(len(there))
        start += limit
        if start >= len(there):
            break
        for what, place in changes.pop() if changes else ():
            if what == "new":
                there.insert(0, fresh)
                fresh += 1
            elif what == "removed" and there:
                there.pop(place % len(there))
    walked = len(met)
    from_before = len(met & before)
    if not count.is_whole(walked):
        for begin in range(0, len(there), limit):
            page = there[begin : begin + limit]
            overlap = bool(met & set(page))
            met.update(page)
            count = count.after(len(there))
            if overlap:
                break
    if count.shows_gone(from_before, len(met)):
        assert not (before & set(there)) - met
