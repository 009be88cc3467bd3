"""Figures of replies: one's own, the share in time, and person by person only where that is on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ascinbox.core.errors import UsageError
from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.table import AppKey, MetricsTable, PersonKey, Selection
from ascinbox.core.records import Account, App, Credential, CredentialKind, Review
from ascinbox.core.reviews.answer_clock import AnswerClock, AnswerRule
from ascinbox.core.reviews.open_hours import OpenHours, OpenWeek
from ascinbox.paths import Paths
from ascinbox.store.hot.team import OPTION
from ascinbox.store.store import Store
from ascinbox.workers.metrics.tables.comparing import build_sides, build_table
from tests.store.conftest import NOW
from tests.store.test_replies import intention
from tests.workers.clocks import StepClock

PERIOD = Period(NOW.date() - timedelta(days=6), NOW.date())
HOUR = 3_600
# Review, who answered it, after how many hours, stars, stars after the reply.
REPLIES = (
    ("r1", "Anna", 2, 1, 4),
    ("r2", "Anna", 12, 2, None),
    ("r3", "Raj", 6, 1, 1),
    ("r4", "Raj", 1, 5, 3),
    ("r5", "Raj", 40, 3, None),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    clock = StepClock(NOW)
    rules = (AnswerRule("rating:<=2", 8 * HOUR), AnswerRule("rating:3..4", 48 * HOUR))
    hours = OpenHours(OpenWeek(), lambda _moment: 0)
    store = Store.open(Paths.under(tmp_path), clock, me="Anna", answer_clock=AnswerClock(rules, hours))
    credential = Credential(CredentialKind.TEAM, "K", "I", "file:k")
    apps = [App("1", "Tide Clock", "com.tide"), App("2", "HabitGarden", "com.habit")]
    store.accounts.add(Account(0, "North", None, ("reviews",), (credential,)), apps)
    for number, (name, by, after, rating, later) in enumerate(REPLIES):
        written = NOW - timedelta(days=3, hours=number)
        app_id = "2" if name == "r5" else "1"
        review = Review(name, app_id, rating, "Title", f"Body {number}", "nick", written, "DEU")
        store.reviews.save_page(app_id, [review])
        answered(store, name, by, written.timestamp() + after * HOUR)
        if later is not None:
            store.reviews.save_page(app_id, [replace(review, rating=later, body="Changed")])
    yield store
    store.close()


def answered(store: Store, review_id: str, by: str, at: float) -> None:
    store.queue.queue(intention(review_id, f"By {by}", by=by))
    store.database.execute(
        "UPDATE user.outbox SET state = 'published', accepted_at = ? WHERE review_id = ? AND author = ?",
        (at, review_id, by),
    )


def team(store: Store, *, per_person: bool) -> None:
    store.database.execute("INSERT INTO user.member VALUES ('Anna', 'replier', 0, NULL)")
    store.database.execute(
        "INSERT OR REPLACE INTO user.meta (name, value) VALUES (?, ?)",
        (f"{OPTION}per_person", "01"[per_person]),
    )


def table(store: Store, by: By) -> MetricsTable:
    return build_table(store, Selection(Source.REPLIES, by, PERIOD), NOW.date())


def test_alone_all_replies_are_ones_own(store: Store) -> None:
    found = table(store, By.APP)
    rows = {row.key: row.figures for row in found.rows}
    tide = rows[AppKey("1", "Tide Clock")]
    assert (tide["replies"], tide["raised"], tide["lowered"]) == (4, 1, 1)
    assert found.total is not None
    assert found.total["replies"] == 5
    assert found.total["median_reply_hours"] == Decimal("6.0")
    assert found.notes == ()
    assert [row.key for row in table(store, By.PERSON).rows] == [PersonKey("Anna")]


def test_the_share_in_time_is_of_reviews_that_a_rule_fits(store: Store) -> None:
    """By the stars of today: r1 has four (48 h), r2 waited 12 of 8 h, r3 6 of 8 h, r4 1, r5 40 of 48."""
    found = table(store, By.COUNTRY)
    assert found.rows[0].figures["in_time"] == Decimal("0.8")


def test_on_a_team_the_figures_are_ones_own(store: Store) -> None:
    team(store, per_person=False)
    found = table(store, By.DAY)
    assert found.total is not None
    assert (found.total["replies"], found.total["raised"], found.total["lowered"]) == (2, 1, 0)
    assert sum(row.figures["replies"] for row in found.rows) == 2  # type: ignore[misc]
    assert found.notes == ()
    with pytest.raises(UsageError, match="no figures per person"):
        table(store, By.PERSON)


def test_person_by_person_where_it_is_on_and_everybody_is_told(store: Store) -> None:
    team(store, per_person=True)
    found = table(store, By.PERSON)
    assert {row.key: row.figures["replies"] for row in found.rows} == {
        PersonKey("Anna"): 2,
        PersonKey("Raj"): 3,
    }
    for by in By:
        assert "on for this team" in table(store, by).notes[0]
    sides = build_sides(store, Selection(Source.REPLIES, By.PERSON, PERIOD), NOW.date())
    assert sides.now.rows == found.rows


def test_only_the_first_reply_counts_and_for_who_sent_it(store: Store) -> None:
    answered(store, "r1", "Raj", NOW.timestamp())
    team(store, per_person=True)
    found = {row.key: row.figures["replies"] for row in table(store, By.PERSON).rows}
    assert found == {PersonKey("Anna"): 2, PersonKey("Raj"): 3}
