"""The invented data: the same for the same seed, believable, and quick to make."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.simulator.generate import make_world
from ascinbox.simulator.hostile import HOSTILE
from ascinbox.simulator.languages import LANGUAGES
from ascinbox.simulator.phrases import bank, compose
from ascinbox.simulator.vocabulary import TERRITORIES
from ascinbox.simulator.world import World, date_text
from tests.simulator.sim_desk import NOON


def told(world: World) -> list[tuple[object, ...]]:
    """Everything about every review that a client could see."""
    return [
        (app.id, review.id, review.created, review.rating, review.territory, review.texts)
        + ((review.reply.id, review.reply.body(), review.reply.public_at) if review.reply else ())
        for app in world.apps.values()
        for review in app.reviews
    ]


def test_a_seed_is_a_world_whatever_is_read_first() -> None:
    one, same, other = make_world(7, NOON), make_world(7, NOON), make_world(8, NOON)
    for review in reversed(same.reviews.values()):
        assert review.texts
    assert told(one) == told(same)
    assert list(one.keys) == list(same.keys)
    assert told(one) != told(other)
    assert not set(one.reviews) & set(other.reviews)


@given(reviews=st.integers(0, 400), apps=st.integers(1, 30), seed=st.integers(0, 1 << 40))
def test_sizes_are_exact(reviews: int, apps: int, seed: int) -> None:
    world = make_world(seed, NOON, apps=apps, reviews=reviews)
    assert (len(world.apps), len(world.reviews)) == (apps, reviews)
    assert sum(len(app.reviews) for app in world.apps.values()) == reviews
    assert len({app.name for app in world.apps.values()}) == apps
    now = NOON.timestamp()
    for review in world.reviews.values():
        assert review.created < now
        assert review.reply is None or review.created < review.reply.modified < now


def test_reviews_are_believable() -> None:
    world = make_world(7, NOON, reviews=5000)
    reviews = list(world.reviews.values())
    stars = Counter(review.rating for review in reviews)
    assert stars[5] > stars[4] > stars[3]
    assert stars[1] > stars[3]
    assert {review.territory for review in reviews} <= set(TERRITORIES)
    texts = Counter((review.texts[0], review.texts[1]) for review in reviews)
    assert len(texts) > 4500
    assert max(texts.values()) < 15
    assert not any("{" in review.texts[0] for review in reviews if review.texts not in HOSTILE)
    replied = sum(review.reply is not None for review in reviews)
    assert 1500 < replied < 2500
    assert any(
        review.reply and review.reply.state(NOON.timestamp()) == "PENDING_PUBLISH" for review in reviews
    )


def test_at_least_ten_languages_in_their_own_scripts() -> None:
    assert len(LANGUAGES) >= 10
    for language, _, territories in LANGUAGES:
        assert set(territories) <= set(TERRITORIES)
        phrases = bank(language)
        assert len(phrases.names) >= 15
        for topic in (*phrases.bad, phrases.mixed, phrases.good):
            assert topic.titles
            assert len(topic.lines) >= 2
    letters = {
        "ja": "\u3040-\u30ff",
        "ko": "\uac00-\ud7a3",
        "ar": "\u0600-\u06ff",
        "ru": "\u0400-\u04ff",
        "zh": "\u4e00-\u9fff",
    }
    for language, span in letters.items():
        low, high = span.split("-")
        body = compose(language, 1, 4711, "Tide Clock")[1]
        assert any(low <= letter <= high for letter in body), language


def test_hostile_texts_are_among_them_and_travel_as_they_are() -> None:
    world = make_world(7, NOON, reviews=500)
    found = {review.texts for review in world.reviews.values()} & set(HOSTILE)
    assert found == set(HOSTILE)
    everything = "".join("".join(texts) for texts in HOSTILE)
    for sign in (
        "\x1b",
        "\x9b",
        "\u202e",
        "\u200d",
        "\ufe0f",
        "\x00",
        "\ud83d",
        "[/red]",
        "=HYPERLINK",
        "\n" * 2000,
    ):
        assert sign in everything


@given(
    epoch=st.floats(0, 4_000_000_000, allow_nan=False).map(lambda epoch: round(epoch, 3)),
    offset=st.integers(-12 * 4, 14 * 4).map(lambda quarters: quarters * 15),
)
def test_dates_read_back(epoch: float, offset: int) -> None:
    text = date_text(epoch, offset)
    moment = datetime.fromisoformat(text)
    assert abs(moment.timestamp() - epoch) < 0.0006
    assert moment.utcoffset() == datetime.fromtimestamp(0, UTC).utcoffset() or offset
    assert text.endswith("Z") == (offset == 0)


@pytest.mark.slow
def test_generation_is_quick() -> None:
    """Processor time, best of three, because other work may run on the machine."""

    def best(reviews: int) -> float:
        took = []
        for _ in range(3):
            started = time.process_time()
            make_world(7, NOON, reviews=reviews)
            took.append(time.process_time() - started)
        return min(took)

    assert best(5_000) < 0.3
    assert best(50_000) < 2.5
