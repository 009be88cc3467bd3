"""Days and longer files: what is told adds up exactly, nothing counts twice, nothing missing is a zero."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.report_coverage import Cover, Grain, LongFile, Piece, cover, runs, span_of
from tests.examples import examples

FIRST = date(2024, 11, 20)
ALL = Period(FIRST, date(2026, 2, 10))
LONG = (Grain.WEEK, Grain.MONTH, Grain.YEAR)


def sold(day: date) -> int:
    """Units of a day, each day another number."""
    return (day.toordinal() * 7919) % 1009 + 1


def total(days: Period) -> int:
    return sum(sold(day) for day in days)


def added(covered: Cover) -> int:
    return sum(piece.sign * total(piece.days) for piece in covered.pieces)


def longer(grain: Grain, day: date) -> LongFile:
    return LongFile(grain, span_of(grain, day))


@st.composite
def shelves(draw: st.DrawFn) -> tuple[Period, set[date], list[LongFile]]:
    """A period, and the daily and longer files that are there."""
    days = list(ALL)
    start = draw(st.integers(0, len(days) - 1))
    length = draw(st.integers(1, len(days) - start))
    begins = draw(st.integers(0, len(days)))
    holes = draw(st.sets(st.integers(0, len(days) - 1), max_size=12))
    known = {day for number, day in enumerate(days) if number >= begins and number not in holes}
    every = sorted(
        {longer(grain, day) for grain in LONG for day in days}, key=lambda f: (f.grain, f.days.start)
    )
    files = [file for file in every if draw(st.booleans())]
    return Period(days[start], days[start + length - 1]), known, files


@settings(max_examples=examples(150, quick=50), deadline=None)
@given(shelves())
def test_what_is_told_adds_up_and_what_is_missing_is_said(
    shelf: tuple[Period, set[date], list[LongFile]],
) -> None:
    period, known, files = shelf
    covered = cover(period, known, files)
    assert added(covered) == sum(sold(day) for day in period if day not in covered.missing)
    assert covered.missing.isdisjoint(known)
    for piece in covered.pieces:
        if piece.grain is Grain.DAY:
            assert set(piece.days) <= known
        else:
            assert LongFile(piece.grain, piece.days) in files
    told = [day for _, part in covered.grains for day in part]
    assert len(told) == len(set(told))
    assert set(told) | covered.missing == set(period)


def test_days_alone_are_days_alone() -> None:
    period = Period(date(2025, 12, 1), date(2025, 12, 28))
    files = [longer(Grain.YEAR, period.start), longer(Grain.MONTH, period.start)]
    assert cover(period, set(period), files).pieces == (Piece(Grain.DAY, period),)


def test_a_year_before_the_daily_files_comes_from_the_yearly_file_without_their_days() -> None:
    known = set(Period(date(2025, 11, 22), date(2026, 2, 10)))
    period = Period(date(2025, 1, 1), date(2025, 11, 21))
    covered = cover(period, known, [longer(Grain.YEAR, period.start)])
    assert covered.missing == frozenset()
    assert added(covered) == total(period)
    assert covered.longer == ((Grain.YEAR, period),)


def test_a_longer_file_that_reaches_into_unknown_days_is_left_alone() -> None:
    period = Period(date(2025, 3, 1), date(2025, 4, 15))
    files = [
        longer(Grain.YEAR, period.start),
        longer(Grain.MONTH, date(2025, 3, 1)),
        longer(Grain.MONTH, date(2025, 4, 1)),
    ]
    covered = cover(period, set(), files)
    assert [piece.days for piece in covered.pieces] == [Period(date(2025, 3, 1), date(2025, 3, 31))]
    assert covered.missing == frozenset(Period(date(2025, 4, 1), date(2025, 4, 15)))


def test_weeks_go_before_months_where_they_tell_as_much() -> None:
    monday = date(2025, 3, 3)
    period = Period(monday, monday + timedelta(days=6))
    known = set(Period(date(2025, 3, 1), date(2025, 3, 31))) - set(period)
    covered = cover(period, known, [longer(Grain.WEEK, monday), longer(Grain.MONTH, monday)])
    assert covered.pieces == (Piece(Grain.WEEK, period),)


def test_weeks_end_on_sunday_and_months_on_their_last_day() -> None:
    assert span_of(Grain.WEEK, date(2026, 1, 1)) == Period(date(2025, 12, 29), date(2026, 1, 4))
    assert span_of(Grain.MONTH, date(2024, 2, 7)) == Period(date(2024, 2, 1), date(2024, 2, 29))
    assert runs([date(2026, 1, 3), date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 9)]) == [
        Period(date(2026, 1, 1), date(2026, 1, 3)),
        Period(date(2026, 1, 9), date(2026, 1, 9)),
    ]
