"""Rows 43 and 44 of the fault study: lists that do not end, items that are odd (row 45: test_parse.py)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ascinbox.core.errors import (
    UnexpectedAnswer,
)
from ascinbox.core.records import Page, Review
from ascinbox.sources.apple.client import AppleClient
from ascinbox.sources.paging import walk
from tests.sources.apple.scripted_server import (
    REVIEWS,
    Reply,
    ScriptedServer,
    Seen,
    reply_json,
    review_item,
    reviews_document,
)

Connect = Callable[..., AppleClient]


def read_all(client: AppleClient) -> list[Page[Review]]:
    return list(walk(lambda query: client.reviews("1", query=query)))


def endless(step: Callable[[int], tuple[range, str]]) -> Callable[[Seen], Reply]:
    asked = iter(range(10_000))

    def answer(seen: Seen) -> Reply:
        numbers, cursor = step(next(asked))
        return reply_json(reviews_document(numbers, f"https://x.example{REVIEWS}?cursor={cursor}"))

    return answer


@pytest.mark.parametrize(
    ("step", "most"),
    [
        pytest.param(lambda n: (range(n, n + 1), "same"), 2, id="the same cursor"),
        pytest.param(lambda n: (range(n, n + 1), "ab"[n % 2]), 3, id="a 2-cycle"),
        pytest.param(lambda n: (range(3), f"new{n}"), 2, id="new cursors, nothing new"),
        pytest.param(lambda n: (range(0), f"new{n}"), 4, id="new cursors, empty pages"),
    ],
)
def test_row_43_a_list_without_end_is_left(
    client: AppleClient, server: ScriptedServer, step: Callable[[int], tuple[range, str]], most: int
) -> None:
    server.on(REVIEWS, endless(step))
    with pytest.raises(UnexpectedAnswer, match="does not end"):
        read_all(client)
    assert len(server.seen) == most


def test_row_43_always_new_pages_stop_at_2000() -> None:
    fetched = 0

    def fetch(query: str | None) -> Page[Review]:
        nonlocal fetched
        fetched += 1
        review = Review(f"r{fetched}", "1", 5, "", "", "", None, None)
        return Page((review,), next_query=f"cursor={fetched}")

    with pytest.raises(UnexpectedAnswer, match="does not end"):
        list(walk(fetch))
    assert fetched == 2000


def test_row_44_duplicate_moved_and_missing_ids(client: AppleClient, server: ScriptedServer) -> None:
    first = reviews_document(range(4), f"{server.url}{REVIEWS}?cursor=2")
    second = reviews_document(range(2, 6))
    nameless = review_item(9)
    del nameless["id"]
    second["data"] += [
        nameless,
        {**review_item(10), "id": 10},
        {**review_item(11), "id": ""},
        {**review_item(12), "id": "a\x1b[2Jb"},
        {**review_item(13), "type": "apps"},
        {"id": "r14"},
        None,
        "r15",
        review_item(5),
    ]
    server.on(REVIEWS, reply_json(first), reply_json(second))
    pages = read_all(client)
    ids = {item.id for page in pages for item in page.items}
    assert ids == {f"r{n}" for n in range(6)}
    assert [len(page.left_out) for page in pages] == [0, 8]
