"""Monthly files: read whole or refused whole, each defect with its sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.simulator.play.world import PlayReview, monthly_csv
from ascinbox.sources.play.history import read_monthly

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
AT = NOW.timestamp() - 30 * 86_400


def review(number: int, **changes: object) -> PlayReview:
    made = PlayReview(
        id=f"gp:AOqpTOF{number:020}", package="com.example.tide", author="Ada", title="Late",
        body=f"Tide {number}", stars=2, submitted=AT, modified=AT + 60, language="iw",
    )  # fmt: skip
    for name, value in changes.items():
        setattr(made, name, value)
    return made


WITHOUT_STARS = monthly_csv([review(1)]).decode("utf-16").replace("Star Rating", "Stars").encode("utf-16")


def read(content: bytes):  # type: ignore[no-untyped-def]
    return read_monthly(content, "reviews.csv", NOW + timedelta(days=1))


def test_a_row_is_the_review_that_the_api_gives() -> None:
    (found,) = read(monthly_csv([review(1, reply="Thanks", replied=AT + 99)])).reviews
    assert found.id == "play:com.example.tide:gp:AOqpTOF00000000000000000001"
    assert (found.title, found.body, found.rating) == ("Late", "Tide 1", 2)
    assert found.created_at == datetime.fromtimestamp(int(AT + 60), UTC)
    assert found.told is not None
    assert (found.told.language, found.told.app_version, found.told.device) == ("he", "5.2.0", "oriole")
    assert found.response is not None
    assert found.response.text == "Thanks"


def test_a_review_that_comes_again_counts_once_with_its_last_text() -> None:
    rows = [review(1), review(1, body="Better", modified=AT + 900), review(1, body="Old", modified=AT + 30)]
    (found,) = read(monthly_csv(rows)).reviews
    assert found.body == "Better"


def test_stars_without_a_word_are_ratings_each_once() -> None:
    silent = review(2, title="", body="")
    history = read(monthly_csv([silent, silent, review(3)]))
    assert len(history.reviews) == 1
    assert [rating.stars for rating in history.ratings] == [2]


def test_new_columns_and_utf_8_are_read_and_said() -> None:
    text = monthly_csv([review(1)]).decode("utf-16")
    head, row = text.splitlines()
    history = read(f"{head},Mood\n{row},fine\n".encode())
    assert len(history.reviews) == 1
    assert any("Mood" in note for note in history.notes)
    assert any("UTF-8" in note for note in history.notes)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"Date,Package Name,Installs\n2026-10-01,com.example.tide,3\n", "another report"),
        (WITHOUT_STARS, "Star Rating"),
        (b"\xff\xfe\x00", "cut"),
        (b"\x89PNG\r\n\x1a\n\xff\xff\xff", "no text"),
    ],
    ids=["empty", "another report", "a column is missing", "half a byte-order mark", "a picture"],
)  # fmt: skip
def test_what_is_no_file_of_reviews_has_its_sentence(content: bytes, says: str) -> None:
    with pytest.raises(UnexpectedAnswer, match=says):
        read(content)


@given(st.integers(min_value=450, max_value=100_000))
def test_a_file_that_is_cut_gives_no_half_review(at: int) -> None:
    whole = monthly_csv([review(n, body=f'A "quoted", text\nover lines {n}') for n in range(5)])
    texts = {found.id: found.body for found in read(whole).reviews}
    cut = whole[: min(at, len(whole) - 2)]
    try:
        found = read(cut).reviews
    except UnexpectedAnswer:
        return
    assert all(texts[each.id] == each.body for each in found)
