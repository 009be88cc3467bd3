"""Public ratings: what a storefront shows of an app, looked at once a day, and what comes between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PublicRating:
    """What a storefront showed of an app on a UTC day."""

    app_id: str
    territory: str
    """Alpha-3."""
    day: date
    count: int | None
    """Ratings of all versions, with and without a text; None where the store tells none."""
    average: Decimal | None
    """Their mean, 1 to 5; None where there are none."""
    seen_at: datetime


Look = Mapping[str, PublicRating]
"""Everything that was seen of one app on one day, by territory."""


@dataclass(frozen=True, slots=True)
class Span:
    """Two looks, and whatever came between."""

    earlier: date
    later: date
    more: int
    """Ratings that the later one has more. Negative where a store took some out, or they were reset."""

    @property
    def days(self) -> frozenset[date]:
        """The days that it is about: those after the earlier look."""
        length = (self.later - self.earlier).days
        return frozenset(self.earlier + timedelta(days=n) for n in range(1, length + 1))


def spans_of(looks: Mapping[date, Look]) -> tuple[Span, ...]:
    """The spans between looks, none overlapping, oldest first.

    A look that lacks a storefront of the one before ends no span: what it lacks would look like no ratings.
    A storefront that is new in a look begins with it.
    """
    spans: list[Span] = []
    before: date | None = None
    for day in sorted(looks):
        if before is None:
            before = day
            continue
        now, then = looks[day], looks[before]
        if not set(then) <= set(now):
            continue
        pairs = [(now[place].count, then[place].count) for place in then]
        told = [later - earlier for later, earlier in pairs if later is not None and earlier is not None]
        if told:
            spans.append(Span(before, day, sum(told)))
        before = day
    return tuple(spans)


def new_ratings(spans: Iterable[Span], days: Set[date]) -> int | None:
    """The ratings of the spans that lie in `days` whole; None where none does."""
    whole = [span.more for span in spans if span.days <= days]
    return sum(whole) if whole else None


def told_days(spans: Iterable[Span], days: Set[date]) -> frozenset[date]:
    """Those of `days` that spans lying in them tell."""
    return frozenset().union(*(span.days for span in spans if span.days <= days))


def together(ratings: Iterable[PublicRating]) -> tuple[int | None, Decimal | None]:
    """How many ratings all of these are, and their mean; None where it cannot be told."""
    known = [(each.count, each.average) for each in ratings if each.count is not None]
    if not known:
        return None, None
    many = sum(count for count, _ in known)
    rated = [(count, average) for count, average in known if average is not None and count]
    total = sum((count * average for count, average in rated), Decimal(0))
    if not many or len(rated) < sum(bool(count) for count, _ in known):
        return many, None
    return many, round(total / many, 4)
