"""What the rules of the answer-by clock ask of a review is kept for a minute, and not too long."""

from __future__ import annotations

from pathlib import Path

from ascinbox.core.reviews.answer_clock import AnswerClock, AnswerRule
from ascinbox.core.reviews.open_hours import OpenHours, OpenWeek
from tests.store.test_filters import filled


def test_a_rule_that_names_an_app_follows_the_apps_within_the_minute(tmp_path: Path) -> None:
    """What a rule asks is kept for a minute, but not beyond a change of what it names."""
    clocked = AnswerClock((AnswerRule("app:late", 60),), OpenHours(OpenWeek(), lambda _moment: 0))
    case = filled(tmp_path, seed=5, count=60, clocked=clocked)
    store = case.store
    reader = store.reader()
    ids = [k.review.id for k in case.world.known]
    for each in (store, reader):
        assert all(row.due_at is None for row in each.reviews.rows(ids))
    with store.database.write() as connection:
        connection.execute("UPDATE cache.app SET name = 'Late Clock' WHERE id = '1'")
    for each in (store, reader):
        due = {row.app_id for row in each.reviews.rows(ids) if row.due_at is not None}
        assert due == {"1"}
    reader.close()
    store.close()
