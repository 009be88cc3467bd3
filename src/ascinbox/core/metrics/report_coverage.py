"""Which report files add up to a period: days where they are there, longer files where they are not.

Apple keeps daily, weekly and monthly files for a year and yearly ones for ten (App Store Connect Help), so
what is older, or was missed, is only left in longer files. A longer file is taken whole in place of the days
that lie in it, never beside them; where it reaches beyond the period, the days beyond are taken off again,
which needs each of them to be known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from ascinbox.core.metrics.periods import Period


class Grain(StrEnum):
    """How fine a figure is: the length of the report file that it is from."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class LongFile:
    """A weekly, monthly or yearly report that is there."""

    grain: Grain
    days: Period


@dataclass(frozen=True, slots=True)
class Piece:
    """Something to be read and added, or taken off: a run of days, or one longer file."""

    grain: Grain
    days: Period
    sign: int = 1


@dataclass(frozen=True, slots=True)
class Cover:
    """What adds up to a period."""

    pieces: tuple[Piece, ...]
    missing: frozenset[date]
    """Days that nothing tells: never a zero."""
    grains: tuple[tuple[Grain, Period], ...]
    """The parts of the period and how fine their figures are, in the order of days."""

    @property
    def longer(self) -> tuple[tuple[Grain, Period], ...]:
        """The parts whose single days are not known."""
        return tuple((grain, part) for grain, part in self.grains if grain is not Grain.DAY)


def cover(period: Period, known: Set[date], files: Iterable[LongFile]) -> Cover:
    """The pieces that leave the fewest days of `period` out, finer files first. `known`: days with a file."""
    wanted = set(period)
    lacking = wanted - known
    useful = [file for file in files if _fits(file, period, lacking, known)]
    week, month, year = (
        sorted((f for f in useful if f.grain is grain), key=lambda f: f.days.start)
        for grain in (Grain.WEEK, Grain.MONTH, Grain.YEAR)
    )
    chosen: list[LongFile] = []
    left = lacking
    for order in ((*week, *month, *year), (*month, *week, *year)):
        taken, still = _chosen(order, lacking)
        if len(still) < len(left):
            chosen, left = taken, still
    chosen.sort(key=lambda file: file.days.start)
    inside = {day for file in chosen for day in file.days}
    plain = [Piece(Grain.DAY, run) for run in runs((wanted & known) - inside)]
    longer = [Piece(file.grain, file.days) for file in chosen]
    beyond = [Piece(Grain.DAY, run, -1) for run in runs(inside - wanted)]
    grains = [(piece.grain, piece.days) for piece in plain]
    grains += [
        (f.grain, Period(max(f.days.start, period.start), min(f.days.end, period.end))) for f in chosen
    ]
    return Cover(
        (*plain, *longer, *beyond),
        frozenset(left),
        tuple(sorted(grains, key=lambda part: part[1].start)),
    )


def runs(days: Iterable[date]) -> list[Period]:
    """Days as spans without a gap, in order."""
    ordered = sorted(days)
    if not ordered:
        return []
    starts = [ordered[0]] + [b for a, b in pairwise(ordered) if (b - a).days > 1]
    ends = [a for a, b in pairwise(ordered) if (b - a).days > 1] + [ordered[-1]]
    return [Period(start, end) for start, end in zip(starts, ends, strict=True)]


def span_of(grain: Grain, day: date) -> Period:
    """The day, week (Monday to Sunday), month or year that `day` is in."""
    match grain:
        case Grain.DAY:
            return Period(day, day)
        case Grain.WEEK:
            monday = day - timedelta(days=day.weekday())
            return Period(monday, monday + timedelta(days=6))
        case Grain.MONTH:
            following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            return Period(day.replace(day=1), following - timedelta(days=1))
        case Grain.YEAR:
            return Period(day.replace(month=1, day=1), day.replace(month=12, day=31))


def _fits(file: LongFile, period: Period, lacking: Set[date], known: Set[date]) -> bool:
    days = set(file.days)
    return bool(days & lacking) and all(day in period or day in known for day in days)


def _chosen(order: Sequence[LongFile], lacking: Set[date]) -> tuple[list[LongFile], set[date]]:
    """Files that do not overlap, and what they leave untold; one that tells more takes others' place."""
    chosen: list[LongFile] = []
    left = set(lacking)
    for file in order:
        kept = [other for other in chosen if not _overlap(other.days, file.days)]
        still = set(lacking).difference(*(set(other.days) for other in (*kept, file)))
        if len(still) < len(left):
            chosen, left = [*kept, file], still
    return chosen, left


def _overlap(one: Period, other: Period) -> bool:
    return one.start <= other.end and other.start <= one.end
