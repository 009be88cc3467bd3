"""Upserts of many rows write what they should."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ascinbox.core.clock import SystemClock
from ascinbox.core.records import Response, Review
from ascinbox.paths import Paths
from ascinbox.store.cache import pages, review_state
from ascinbox.store.cache.pages import REVIEWS, TEXTS
from ascinbox.store.cache.prepared_review import prepared
from ascinbox.store.cache.upserts import ROWS_AT_ONCE
from ascinbox.store.statements import RowWriter
from ascinbox.store.store import Store
from tests.store.conftest import NOW, Written


def review(number: int, body: str = "text") -> Review:
    answer = Response(f"r{number}", "ours", "PUBLISHED", datetime(2026, 1, 2, tzinfo=UTC))
    made = datetime(2026, 1, 1, 0, 0, number % 60, tzinfo=UTC)
    return Review(f"id{number}", "1", 3, f"t{number}", body, "n", made, "DEU", answer if number % 2 else None)


def test_a_row_has_the_values_of_the_columns_in_their_order() -> None:
    about = prepared(review(1))
    row = dict(zip(REVIEWS.columns, pages._row(about, 77, 5, 99), strict=True))
    assert (row["key"], row["id"], row["app"], row["rating"]) == (77, "id1", 5, 3)
    assert (row["territory"], row["state"], row["seen_at"]) == ("DEU", "A", 99)
    assert (row["content"], row["rest"]) == (about.content, about.rest)
    assert (row["title"], row["body"], row["nickname"]) == ("t1", "text", "n")
    assert (row["response_id"], row["response_text"]) == ("r1", "ours")
    assert row["response_at"] == int(datetime(2026, 1, 2, tzinfo=UTC).timestamp())
    bare = dict(zip(REVIEWS.columns, pages._row(prepared(review(2)), 1, 5, 99), strict=True))
    assert (bare["state"], bare["response_id"]) == ("N", None)
    for beforehand in (True, False):
        row_of_texts = pages._text_row(prepared(review(1), texts=beforehand), 77)
        texts = dict(zip(TEXTS.columns, row_of_texts, strict=True))
        assert texts == {"key": 77, "folded": " t1  text ", "nickname": " n "}


@pytest.mark.parametrize("count", [1, ROWS_AT_ONCE - 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1, 3 * ROWS_AT_ONCE + 7])
def test_any_number_of_rows_is_written_once_and_rewritten_when_changed(tmp_path: Path, count: int) -> None:
    paths = Paths.under(tmp_path)
    paths.create()
    store = Store.open(paths, SystemClock())
    first = store.reviews.save_page("1", [review(n) for n in range(count)])
    assert len(first.new) == count
    again = store.reviews.save_page("1", [review(n) for n in range(count)])
    assert (again.new, again.changed, again.unchanged) == ((), (), count)
    changed = store.reviews.save_page("1", [review(n, "other") for n in range(count)])
    assert len(changed.changed) == count
    detail = store.reviews.get("id0")
    assert detail is not None
    assert detail.review.body == "other"
    assert detail.earlier is not None
    assert detail.earlier.body == "text"
    store.close()


@pytest.mark.parametrize(
    ("writer", "order"),
    [
        (pages._KEEP_EARLIER, ("review_id", "content", "rating", "title", "body", "seen_until")),
        (pages._NOTE_CHANGE, ("review_id", "read", "flagged", "assignee", "note", "changed_at")),
        (review_state._PUT, ("state", "marks", "changed_at", "row")),
    ],
)
def test_values_by_position_stand_for_these_columns(writer: RowWriter, order: tuple[str, ...]) -> None:
    assert writer.order == order


def test_a_review_that_keeps_its_key_is_written_in_place(store: Store, written: Written) -> None:
    """SQLite writes every index of a row anew whose key an UPDATE names; the changed one is found by all."""
    store.reviews.save_page("1", [written(n) for n in range(3)])
    redated = written(1, created_at=NOW - timedelta(days=3))
    store.reviews.save_page("1", [written(0, body="Fine now"), redated, written(2)])
    rows = store.database.execute("SELECT id, body FROM cache.review ORDER BY key DESC").fetchall()
    assert rows == [("id0", "Fine now"), ("id2", "It crashes"), ("id1", "It crashes")]
    assert store.database.one("PRAGMA cache.integrity_check") == "ok"
    changed = {
        name.split(" = ")[0] for name in pages.REVIEWS_IN_PLACE.sql(1).partition("SET ")[2].split(", ")
    }
    assert changed.isdisjoint({'"key"', "id", "app", "created", "changed_at", "app_version"})
