"""What came between two looks at a storefront."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from ascinbox.core.metrics.public_ratings import (
    PublicRating,
    Span,
    new_ratings,
    spans_of,
    together,
    told_days,
)

FIRST = date(2026, 11, 1)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def look(number: int, **counts: int | None) -> dict[str, PublicRating]:
    return {
        place: PublicRating("1", place, day(number), count, Decimal(4), datetime(2026, 11, 1, tzinfo=UTC))
        for place, count in counts.items()
    }


def test_each_day_has_what_it_has_more_than_the_day_before() -> None:
    looks = {day(0): look(0, USA=10, DEU=5), day(1): look(1, USA=13, DEU=5), day(2): look(2, USA=12, DEU=9)}
    assert spans_of(looks) == (Span(day(0), day(1), 3), Span(day(1), day(2), 3))


def test_a_day_that_was_missed_belongs_to_a_span_and_is_told_by_no_single_day() -> None:
    spans = spans_of({day(0): look(0, USA=10), day(3): look(3, USA=19)})
    assert spans == (Span(day(0), day(3), 9),)
    assert new_ratings(spans, {day(3)}) is None
    assert new_ratings(spans, {day(1), day(2), day(3)}) == 9
    assert told_days(spans, {day(2), day(3)}) == frozenset()


def test_a_look_without_a_storefront_ends_no_span() -> None:
    looks = {day(0): look(0, USA=10, DEU=5), day(1): look(1, USA=13), day(2): look(2, USA=14, DEU=9)}
    assert spans_of(looks) == (Span(day(0), day(2), 8),)


def test_a_storefront_that_is_new_brings_no_ratings_of_before() -> None:
    looks = {day(0): look(0, USA=10), day(1): look(1, USA=11, JPN=900), day(2): look(2, USA=12, JPN=903)}
    assert [span.more for span in spans_of(looks)] == [1, 4]


def test_where_a_store_tells_no_count_nothing_is_counted() -> None:
    assert spans_of({day(0): look(0, USA=None), day(1): look(1, USA=4)}) == ()
    looks = {day(0): look(0, USA=9, DEU=1), day(1): look(1, USA=None, DEU=3)}
    assert [span.more for span in spans_of(looks)] == [2]


def test_ratings_that_were_reset_are_told_as_fewer() -> None:
    assert spans_of({day(0): look(0, USA=5000), day(1): look(1, USA=3)})[0].more == -4997


def test_a_mean_of_storefronts_weighs_each_by_its_ratings() -> None:
    usa, deu = look(0, USA=30)["USA"], look(0, DEU=10)["DEU"]
    many, mean = together([usa, PublicRating("1", "DEU", deu.day, 10, Decimal(2), deu.seen_at)])
    assert (many, mean) == (40, Decimal("3.5"))
    assert together([]) == (None, None)
    assert together([PublicRating("1", "DEU", deu.day, 0, None, deu.seen_at)]) == (0, None)
    assert together([usa, PublicRating("1", "DEU", deu.day, 5, None, deu.seen_at)]) == (35, None)
