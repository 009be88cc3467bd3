"""What a search through all reviews reads: of those without the words nothing but these."""

from __future__ import annotations

import pytest

from ascinbox.core.filters import parse
from ascinbox.store.store import Store
from tests.store.conftest import NOW, Written


@pytest.fixture
def filled(store: Store, written: Written) -> Store:
    words = ("crash", "login", "crash login", "fine")
    store.reviews.save_page("1", [written(n, body=words[n % 4]) for n in range(40)])
    return store


def plans(store: Store, text: str, sort: str = "newest") -> list[str]:
    """How SQLite goes through the tables: for the first page, the next one, for whether there is one before
    that, for the count, for one of the reviews."""
    query = parse(f"{text} sort:{sort}", now=NOW)
    said: list[str] = []
    connection = store.database.connection
    connection.set_trace_callback(said.append)
    rows = store.reviews.window(query, limit=5).rows
    store.reviews.window(query, anchor=rows[-1].key, limit=5)
    store.reviews.count(query)
    store.reviews.search.has(query, rows[0].key)
    connection.set_trace_callback(None)
    searches = [sql for sql in said if "review_text" in sql]
    assert len(searches) == 5
    return [
        "; ".join(step[3] for step in connection.execute(f"EXPLAIN QUERY PLAN {sql}")) for sql in searches
    ]


@pytest.mark.parametrize("sort", ["newest", "oldest"])
@pytest.mark.parametrize("text", ["crash", "-crash", "crash login", '"crash login"', "by:nick3"])
def test_words_alone_are_looked_for_first_and_in_order(filled: Store, text: str, sort: str) -> None:
    page, following, before, count, one = plans(filled, text, sort)
    for plan in (page, following, before, count, one):
        assert plan.index(" t") < plan.index(" r ")
        assert "TEMP B-TREE" not in plan
    assert "SEARCH t USING INTEGER PRIMARY KEY (rowid" in following
    assert "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)" in one


def test_what_else_is_asked_for_is_looked_at_before_the_words(filled: Store) -> None:
    for plan in plans(filled, "crash rating:1..5"):
        assert plan.index(" r") < plan.index(" t ")


def test_the_words_of_named_reviews_are_looked_for_in_these_alone(filled: Store) -> None:
    query = parse("crash", now=NOW)
    assert filled.reviews.search.fitting(query, ["id4", "id5", "id8"]) == ["id8", "id4"]
