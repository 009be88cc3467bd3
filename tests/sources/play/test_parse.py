"""Google's documents: title and body at the tab, languages, dates, odd items, both ways of paging."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.sources.play.parse import language_of, reviews_page, split_title

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LATEST = NOW + timedelta(days=1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)


def item(identifier: str = "a1", **said: Any) -> dict[str, Any]:
    comment = {"text": "\tLate", "lastModified": {"seconds": "1795000000"}, "starRating": 2} | said
    return {"reviewId": identifier, "authorName": "Ada", "comments": [{"userComment": comment}]}


def page(*items: object, query: str = "maxResults=100", **more: Any) -> Any:
    return reviews_page({"reviews": list(items), **more}, "com.a.b", LATEST, query)


@pytest.mark.parametrize(
    ("text", "both"),
    [("Late\tTide", ("Late", "Tide")), ("\tTide", ("", "Tide")), ("Tide", ("", "Tide")), (None, ("", ""))],
)
def test_title_and_body_are_split_at_the_tab(text: object, both: tuple[str, str]) -> None:
    assert split_title(text) == both


@pytest.mark.parametrize(
    ("said", "code"),
    [("en_US", "en"), ("iw", "he"), ("in", "id"), ("zh-Hans", "zh"), ("fil", "tl"), ("yue", None), (3, None)],
)
def test_languages_are_written_as_iso_639_1(said: object, code: str | None) -> None:
    assert language_of(said) == code


def test_what_the_customer_wrote_is_taken_not_googles_translation() -> None:
    (review,) = page(item(text="\tLate", originalText="\tZu spät")).items
    assert review.body == "Zu spät"


def test_a_date_that_is_still_to_come_is_unknown() -> None:
    (review,) = page(item(lastModified={"seconds": "1999999999"})).items
    assert review.created_at is None


def test_an_item_that_cannot_be_read_is_left_out_alone() -> None:
    found = page(item(), 3, {"reviewId": "b2"}, {"comments": []})
    assert [review.id for review in found.items] == ["play:com.a.b:a1"]
    assert [identifier for identifier, _ in found.left_out] == ["", "play:com.a.b:b2", ""]


def test_a_token_names_the_next_page_and_its_absence_the_end() -> None:
    first = page(item(), tokenPagination={"nextPageToken": "x y".replace(" ", "/")})
    assert first.next_query == "maxResults=100&token=x%2Fy"
    assert page(item("b2"), query=first.next_query).next_query is None


def test_without_tokens_pages_are_asked_for_by_index_until_one_is_empty_or_comes_again() -> None:
    first = page(item())
    assert first.next_query == "maxResults=100&startIndex=1#a1"
    second = page(item("b2"), query=first.next_query)
    assert second.next_query == "maxResults=100&startIndex=2#b2"
    assert page(query=second.next_query).next_query is None
    again = page(item(), query=first.next_query)
    assert (again.items, again.next_query) == ((), None)


@given(JSON)
def test_no_document_does_more_than_fail(document: object) -> None:
    for shape in (
        document,
        {"reviews": [document]},
        {"reviews": [{"reviewId": "a", "comments": [document]}]},
    ):
        try:
            reviews_page(shape, "com.a.b", LATEST, "maxResults=100")
        except UnexpectedAnswer:
            continue
