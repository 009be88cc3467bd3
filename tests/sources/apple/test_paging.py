"""The rebuild of links.next, and walks over pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.core.records import Page
from ascinbox.sources.apple.paging import next_query, total_of
from ascinbox.sources.http.origin import Origin
from ascinbox.sources.paging import walk
from tests.hostile.fuzzing import fuzz

ORIGIN = Origin.parse("https://api.appstoreconnect.apple.com")
PATH = "/v1/apps/1/customerReviews"


@dataclass(frozen=True)
class Item:
    id: str


def links(link: Any) -> dict[str, Any]:
    return {"links": {"self": "x", "next": link}}


SCHEMES = st.sampled_from(["https:", "http:", "", "file:", "javascript:"])
HOSTS = st.text("abc.@:\\/[]%09#", max_size=12)


@fuzz("links")
@given(st.text(max_size=30) | st.builds("{}//{}?{}".format, SCHEMES, HOSTS, st.text(max_size=30)))
@example("https://evil.example\\@api.appstoreconnect.apple.com/?cursor=1")
@example("https://api.appstoreconnect.apple.com@evil.example/?a=b#?c=d")
@example("?a=b c\r\nHost: evil.example")
@example("?%zz=%")
@example("?a=b#@evil.example/")
def test_whatever_the_link_the_request_stays_home(link: str) -> None:
    try:
        query = next_query(links(link))
    except UnexpectedAnswer:
        return
    if query is None:
        assert link == ""
        return
    assert query.isascii()
    assert query.isprintable()
    assert not set(query) & set(" #\\\r\n")
    url = ORIGIN.url(PATH, query)
    assert ORIGIN.owns(url)
    assert url.path == PATH
    request = httpx.Request("GET", url)
    assert request.headers["host"] == "api.appstoreconnect.apple.com"


@given(
    st.text("abcXYZ019%-._~=&[],+:", min_size=1, max_size=60).map(lambda q: q.replace("%", "%2F")),
    st.sampled_from(["https://api.appstoreconnect.apple.com", "http://evil.example:8080", "//x", ""]),
)
def test_a_proper_query_is_kept_to_the_letter(query: str, host: str) -> None:
    assert next_query(links(f"{host}{PATH}?{query}")) == query
    assert urlsplit(str(ORIGIN.url(PATH, query))).query == query


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=4))
def test_odd_links_are_refused_or_the_end(link: object) -> None:
    if link is None:
        assert next_query(links(link)) is None
    elif not isinstance(link, str):
        with pytest.raises(UnexpectedAnswer):
            next_query(links(link))


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"links": None},
        {"links": []},
        {"links": {"self": "x"}},
        links(""),
        links({"href": ""}),
        links(None),
    ],
)
def test_no_link_is_the_end(document: dict[str, Any]) -> None:
    assert next_query(document) is None


def pages(*ids: str) -> list[Page[Item]]:
    last = len(ids) - 1
    return [
        Page(tuple(Item(i) for i in page), None if n == last else f"cursor={n + 1}")
        for n, page in enumerate(ids)
    ]


def fetch_of(all_pages: list[Page[Item]]) -> Any:
    return lambda query: all_pages[0 if query is None else int(query.removeprefix("cursor="))]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=12), st.integers(0, 11))
def test_a_walk_gives_every_page_once_from_any_start(sizes: list[int], start: int) -> None:
    names = iter(chr(0x4E00 + n) for n in range(100))
    whole = pages(*("".join(next(names) for _ in range(size)) for size in sizes))
    assert list(walk(fetch_of(whole))) == whole
    start = start % len(whole)
    assert list(walk(fetch_of(whole), start=f"cursor={start}")) == whole[start:]


def test_items_that_moved_between_pages_do_not_stop_a_walk() -> None:
    whole = pages("abc", "cde", "ab", "f")
    walked = walk(fetch_of(whole))
    assert [next(walked), next(walked), next(walked)] == whole[:3]
    with pytest.raises(UnexpectedAnswer):
        next(walked)
    whole = pages("abc", "bcd", "abcde", "a")
    assert list(walk(fetch_of(whole))) == whole


def test_a_walk_is_lazy() -> None:
    asked: list[str | None] = []

    def fetch(query: str | None) -> Page[Item]:
        asked.append(query)
        return Page((Item(str(len(asked))),), f"cursor={len(asked)}")

    walked = walk(fetch)
    next(walked)
    assert asked == [None]


def test_a_start_that_comes_back_is_a_loop() -> None:
    def fetch(query: str | None) -> Page[Item]:
        return Page((Item(str(query)),), "cursor=7")

    with pytest.raises(UnexpectedAnswer, match="does not end"):
        list(walk(fetch, start="cursor=7"))


def whole_of(pages: list[Page[Item]]) -> list[str]:
    return [item.id for page in walk(fetch_of(pages)) for item in page.items]


def test_a_list_that_ends_before_its_total_is_not_whole() -> None:
    with pytest.raises(UnexpectedAnswer, match="ended early: 2 of 3"):
        whole_of([Page((Item("a"), Item("b")), None, total=3)])
    with pytest.raises(UnexpectedAnswer, match="ended early: 0 of 1,000"):
        whole_of([Page((), None, total=1000)])


def test_items_that_came_twice_are_counted_once() -> None:
    twice = [Page((Item("a"), Item("b")), "cursor=1", 4), Page((Item("b"), Item("c")), None, 4)]
    with pytest.raises(UnexpectedAnswer, match="ended early: 3 of 4"):
        whole_of(twice)


def test_items_that_could_not_be_read_count_as_come() -> None:
    unread = Page((Item("a"),), None, 3, (("", "it has no usable id"), ("c", "its attributes are no object")))
    assert whole_of([unread]) == ["a"]


def test_an_empty_page_with_a_next_is_passed_over() -> None:
    assert whole_of([Page((), "cursor=1", 1), Page((Item("a"),), None, 1)]) == ["a"]


def test_a_walk_from_the_middle_knows_no_count() -> None:
    pages = [Page((Item("a"),), "cursor=1", 2), Page((Item("b"),), None, 2)]
    assert [page.items for page in walk(fetch_of(pages), start="cursor=1")] == [(Item("b"),)]


@pytest.mark.parametrize(
    ("said", "total"),
    [
        (7, 7),
        ("7", 7),
        ("0900", 900),
        (0, 0),
        ("", None),
        ("many", None),
        ("-7", None),
        ("7.5", None),
        (7.0, None),
        (True, None),
        (None, None),
        ("٧", None),
        ("9" * 17, None),
        (2**53, None),
        ([7], None),
    ],
)
def test_a_total_counts_as_a_number_or_as_its_digits(said: object, total: int | None) -> None:
    assert total_of({"meta": {"paging": {"total": said, "limit": 200}}}) == total


def test_a_list_of_which_more_came_than_it_counts_does_not_pass_for_whole() -> None:
    """Its total cannot tell then whether it came whole."""
    pages = {None: Page((Item("1"), Item("2")), "2", 1), "2": Page((Item("3"),), None, 2)}
    with pytest.raises(UnexpectedAnswer, match="do not agree: 3 came, 2 are counted"):
        list(walk(lambda query: pages[query]))
    pages["2"] = Page((Item("3"),), None, 3)
    assert [item.id for page in walk(lambda query: pages[query]) for item in page.items] == ["1", "2", "3"]
