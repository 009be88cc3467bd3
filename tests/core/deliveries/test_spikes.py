"""Spikes and silence: told when they are there, in a sentence with figures, and not when chance would do."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from ascinbox.core.deliveries.spikes import RatedText, chance_of_at_least, find_spikes

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)


def usual(
    a_day: float, days: int = 28, rating: int = 4, word: str = "nice", seed: int = 1
) -> list[RatedText]:
    dice = random.Random(seed)
    number = int(a_day * days)
    return [
        RatedText(NOW - timedelta(days=1 + dice.random() * days), rating, f" {word} ") for _ in range(number)
    ]


def today(number: int, rating: int = 1, word: str = "crash") -> list[RatedText]:
    return [RatedText(NOW - timedelta(hours=n % 20 + 1), rating, f" {word} ") for n in range(number)]


def kinds(reviews: list[RatedText]) -> list[str]:
    return [spike.kind for spike in find_spikes("Tide", reviews, NOW)]


def test_many_low_stars_at_once_are_told_with_what_was_expected() -> None:
    (spike,) = [s for s in find_spikes("Tide", usual(1, rating=2) + today(12), NOW) if s.kind == "low stars"]
    assert spike.sentence == "Tide: 12 reviews with one or two stars in 24 hours, usually 1 a day."


def test_a_word_never_seen_before_is_told() -> None:
    spikes = find_spikes("Tide", usual(10) + today(9, rating=3, word="login"), NOW)
    assert [(s.kind, s.subject) for s in spikes] == [("word", "login")]
    assert "usually none" in spikes[0].sentence


def test_a_day_with_more_of_everything_is_no_news_about_a_word() -> None:
    assert "word" not in kinds(usual(6, word="great") + today(30, rating=4, word="great"))


def test_an_ordinary_day_is_told_by_nobody() -> None:
    false = 0
    for seed in range(60):
        reviews = usual(5, rating=2, seed=seed)
        reviews += [
            RatedText(seen.at + timedelta(days=1), seen.rating, seen.folded)
            for seen in usual(5, 1, 2, seed=seed)
        ]
        false += "low stars" in kinds(reviews)
    assert false == 0


def test_a_young_app_is_left_alone() -> None:
    assert kinds(usual(1, days=3) + today(20)) == []


def test_an_average_that_falls_after_a_release_is_told() -> None:
    old = [RatedText(NOW - timedelta(days=9, minutes=n), 5 if n % 5 else 4, version="5.1") for n in range(40)]
    new = [RatedText(NOW - timedelta(hours=n + 2), 4 if n % 2 else 2, version="5.2") for n in range(30)]
    (spike,) = [s for s in find_spikes("Tide", old + new, NOW) if s.kind == "average"]
    assert spike.sentence == "Tide: version 5.2 is rated 3.0 by 30, version 5.1 was rated 4.8 by 40."
    same = [RatedText(seen.at, 5 if n % 5 else 4, version="5.2") for n, seen in enumerate(new)]
    assert [s for s in find_spikes("Tide", old + same, NOW) if s.kind == "average"] == []


def test_silence_is_told_when_chance_would_hardly_bring_it() -> None:
    busy = [RatedText(NOW - timedelta(days=3, hours=n * 4), 4) for n in range(120)]
    (spike,) = [s for s in find_spikes("Tide", busy, NOW) if s.kind == "silence"]
    assert "no review since 2026-11-18, usually 6 a day" in spike.sentence
    rare = [RatedText(NOW - timedelta(days=3 + n * 5), 4) for n in range(6)]
    assert "silence" not in kinds(rare)


def test_the_same_spike_on_the_same_day_is_one() -> None:
    reviews = usual(1, rating=2) + today(12)
    first = find_spikes("Tide", reviews, NOW)
    later = find_spikes(
        "Tide", [*reviews, RatedText(NOW + timedelta(minutes=30), 1)], NOW + timedelta(hours=1)
    )
    assert {s.key for s in first} == {s.key for s in later}


def test_chances() -> None:
    assert chance_of_at_least(0, 3) == 1
    assert abs(chance_of_at_least(1, 1) - 0.632) < 0.001
    assert chance_of_at_least(3, 0) == 0
