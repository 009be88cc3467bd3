"""The demo's world is the one that the mock-ups show."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from ascinbox.simulator.app import Simulator
from ascinbox.simulator.demo import AT_PLAY, INDIE, NORTHWIND, PIXELBAKERY, Demo, demo_world
from ascinbox.simulator.demo_rows import NEEDS_REPLY, PLAY_NEEDS_REPLY
from ascinbox.simulator.roles import Task
from ascinbox.simulator.routes.analytics import analytics_of
from ascinbox.simulator.world import SimulatedReview
from tests.simulator.sim_desk import NOON, Desk, StillClock


@pytest.fixture(scope="module")
def demo() -> Demo:
    return demo_world(7, NOON)


def open_reviews(demo: Demo) -> list[SimulatedReview]:
    """What needs a reply once the script is in effect: unanswered or changed, not done, snoozed or queued."""
    script = demo.script
    settled = {*script.done, script.queued.review_id, *(review_id for review_id, _ in script.snoozed)}
    changed = {change.review_id for change in script.changes}
    return [
        review
        for review in demo.world.reviews.values()
        if (review.reply is None or review.id in changed) and review.id not in settled
    ]


def test_4812_reviews_of_which_37_need_a_reply(demo: Demo) -> None:
    world = demo.world
    on_play = [review for reviews in demo.play.world.packages.values() for review in reviews.values()]
    assert len(world.reviews) + len(on_play) == 4812
    assert [review.body for review in on_play if not review.reply] == [row.body for row in PLAY_NEEDS_REPLY]
    needing = open_reviews(demo)
    assert {review.id for review in needing} == {demo.ids[row.slug] for row in NEEDS_REPLY}
    assert Counter(world.apps[review.app_id].name for review in needing) == {
        "Tide Clock": 16,
        "HabitGarden": 11,
        "Moon Diary": 2,
        "PixelBakery": 5,
    }
    stars = Counter(row.stars for row in NEEDS_REPLY) + Counter(row.stars for row in PLAY_NEEDS_REPLY)
    assert stars == {1: 14, 2: 9, 3: 6, 4: 5, 5: 3}, "37 in both stores"
    territories = Counter(review.territory for review in needing)
    assert [territories[code] for code in ("USA", "DEU", "JPN", "GBR")] == [11, 4, 4, 4]
    assert len(demo.script.changes) == 3
    assert len(demo.script.snoozed) == 5


def test_reviews_per_account(demo: Demo) -> None:
    world = demo.world
    counts = Counter(
        world.teams[world.apps[review.app_id].issuer_id].name for review in world.reviews.values()
    )
    assert counts == {NORTHWIND: 3096, PIXELBAKERY: 1211, INDIE: 497}
    shown = {
        account.name: [app.name for app in world.visible(account.key) if app.id not in account.hidden_apps]
        for account in demo.accounts
    }
    assert {name: len(apps) for name, apps in shown.items()} == {NORTHWIND: 3, PIXELBAKERY: 2, INDIE: 2}
    assert shown[NORTHWIND] == ["Tide Clock", "HabitGarden", "Moon Diary"]


def test_the_rows_of_the_mock_up_in_its_order(demo: Demo) -> None:
    rows = sorted(open_reviews(demo), key=lambda review: review.created)
    ages = [timedelta(seconds=NOON.timestamp() - review.created) for review in rows]
    days = [age.days for age in ages[:12]]
    assert days == [13, 12, 11, 9, 8, 6, 5, 4, 2, 2, 1, 1]
    assert [age.seconds // 3600 for age in ages[12:15]] == [20, 9, 2]
    assert ages[15] < timedelta(hours=2)
    first = rows[0]
    assert (first.rating, *first.texts) == (
        2,
        "Lädt sehr langsam",
        "Dauert ewig bis die Karte da ist.",
        "maxi_b",
    )
    assert [row.texts[0] for row in rows[1:5]] == [
        "Crashes on launch since 5.2",
        "起動しない",
        "Charged twice",
        "بطيء جدا",
    ]


def test_the_customers_change_their_minds(demo: Demo) -> None:
    own = demo_world(7, NOON)
    for change in own.script.changes:
        own.world.edit_review(change.review_id, rating=change.rating, title=change.title, body=change.body)
        review = own.world.reviews[change.review_id]
        assert review.reply is not None
        assert review.reply.modified < NOON.timestamp() - change.age_s, "after our reply"
        app = own.world.apps[review.app_id]
        assert app.reviews.index(review) < 200, "a look at the first page finds it"
    first = own.world.reviews[own.ids["changed-de"]]
    assert (first.rating, first.texts[0]) == (1, "Stürzt beim Start ab")


def test_two_replies_wait_at_apple(demo: Demo) -> None:
    states = Counter(
        review.reply.state(NOON.timestamp()) for review in demo.world.reviews.values() if review.reply
    )
    assert states["PENDING_PUBLISH"] == 2
    assert {item.review_id for item in demo.script.pending} == {
        review.id
        for review in demo.world.reviews.values()
        if review.reply and review.reply.state(NOON.timestamp()) == "PENDING_PUBLISH"
    }


def test_what_each_key_may_do(demo: Demo) -> None:
    northwind, bakery, indie = (account.key for account in demo.accounts)
    assert [northwind.refusal(task) for task in Task] == [None] * len(Task)
    assert bakery.refusal(Task.SALES) == "agreement"
    assert bakery.refusal(Task.FINANCE) == "role"
    assert [bakery.refusal(task) for task in (Task.REVIEWS, Task.REPLY, Task.ANALYTICS_READ)] == [None] * 3
    assert [indie.refusal(task) for task in (Task.REVIEWS, Task.REPLY)] == [None] * 2
    assert [indie.refusal(task) for task in (Task.SALES, Task.FINANCE)] == ["role"] * 2
    assert indie.individual


@pytest.mark.parametrize("reviews", [0, 60, 300, 9000])
def test_other_sizes_keep_the_named_rows(reviews: int) -> None:
    demo = demo_world(7, NOON, reviews)
    # Eight of them are on Google Play, three of which need a reply.
    assert len(demo.world.reviews) == max(reviews - AT_PLAY, 44)
    assert len(open_reviews(demo)) == 34


def test_other_seeds_and_times_keep_the_named_rows() -> None:
    later = NOON + timedelta(days=400)
    demo = demo_world(99, later)
    assert len(open_reviews(demo)) == 34
    assert all(review.created < later.timestamp() for review in demo.world.reviews.values())


def test_what_happens_between_the_first_two_syncs(runner: asyncio.Runner) -> None:
    demo = demo_world(7, NOON)
    clock = StillClock()
    desk = Desk(Simulator(demo.world, clock=clock), clock, runner)
    key = demo.accounts[0].key
    assert demo.world.reviews[demo.ids["widget-gb"]].reply is None
    demo.meanwhile(desk.simulator)
    held = desk.get(f"/v1/customerReviews/{demo.ids['widget-gb']}?include=response", key=key)
    (theirs,) = held.json()["included"]
    assert theirs["attributes"]["responseBody"].startswith("Hello! Please enable Background App Refresh")
    assert theirs["attributes"]["lastModifiedDate"] == "2026-11-21T05:12:00-08:00"
    assert held.headers["x-rate-limit"] == "user-hour-lim:3500;user-hour-rem:3120;"
    changed = desk.get(f"/v1/customerReviews/{demo.ids['changed-de']}", key=key).json()["data"]["attributes"]
    assert (changed["rating"], changed["title"]) == (1, "Stürzt beim Start ab")


def test_a_teammate_answers_while_one_writes_and_a_customer_edits(runner: asyncio.Runner) -> None:
    demo = demo_world(7, NOON, 200)
    clock = StillClock()
    desk = Desk(Simulator(demo.world, clock=clock), clock, runner)
    key = demo.accounts[0].key
    demo.begin(desk.simulator)
    url = f"/v1/customerReviews/{demo.ids['ads-us']}?include=response"
    assert demo.world.reviews[demo.ids["ads-us"]].reply is None
    assert len(desk.get(url, key=key).json()["included"]) == 1
    edited = f"/v1/customerReviews/{demo.ids['public-de']}"
    before = desk.get(edited, key=key).json()["data"]["attributes"]["rating"]
    clock.sleep(200)
    assert desk.get(edited, key=key).json()["data"]["attributes"]["rating"] < before
    limited = demo.accounts[1].key
    bakery = next(demo.world.visible(limited))
    answer = desk.get(f"/v1/apps/{bakery.id}/customerReviews", key=limited)
    assert (answer.status, answer.headers["retry-after"]) == (429, "20")
    assert desk.get(f"/v1/apps/{bakery.id}/customerReviews", key=limited).status == 200


def test_the_demo_has_analytics_of_every_shown_app() -> None:
    now = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
    demo = demo_world(7, now)
    analytics = analytics_of(demo.world)
    asked = {request.app_id for request in analytics.requests.values()}
    northwind, bakery, _ = demo.accounts
    teams = {account.key.issuer_id for account in (northwind, bakery)}
    assert asked == {app.id for app in demo.world.apps.values() if app.issuer_id in teams}
    for request in analytics.requests.values():
        assert len(analytics.instances(request, 0, now.timestamp())) >= 30


def test_lately_about_as_many_reviews_came_as_before(demo: Demo) -> None:
    """Metrics compares spans of the demo: no month may look like a collapse."""
    world = demo.world
    now = world.now.timestamp()
    ages = [(now - review.created) / 86_400 for app in world.apps.values() for review in app.reviews]
    lately, before, earlier = (sum(28 * n < age <= 28 * (n + 1) for age in ages) for n in range(3))
    assert 0.6 < lately / before < 1.5, (lately, before)
    assert 0.6 < lately / earlier < 1.5, (lately, earlier)


def test_the_play_app_is_seen_whole_and_can_be_answered(demo: Demo) -> None:
    world = demo.play.world
    ((package, reviews),) = world.packages.items()
    assert len(world.listed(package, NOON.timestamp())) == len(reviews) == AT_PLAY, "all of the last week"
    assert demo.play.account.packages == {package}
    assert demo.play.account.may_reply
