"""The demo's world: four accounts at two stores, eight apps in sight, 4,812 reviews; 37 need a reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ascinbox.simulator.demo_listing import write_texts
from ascinbox.simulator.demo_play import DemoPlay, demo_play
from ascinbox.simulator.demo_rows import (
    AT_APPLE,
    NEEDS_REPLY,
    PLAY_ANSWERED,
    PLAY_NEEDS_REPLY,
    QUEUED,
    SNOOZED,
)
from ascinbox.simulator.demo_script import DemoScript, make_script
from ascinbox.simulator.generate import (
    make_app,
    make_reviews,
    plant_hostile,
    summaries_of,
    undisturbed,
    uuid_of,
    versions_of,
)
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.phrases import mix
from ascinbox.simulator.roles import Task
from ascinbox.simulator.routes.analytics import analytics_of
from ascinbox.simulator.world import Invitation, Reply, SimulatedApp, SimulatedReview, Team, User, World

if TYPE_CHECKING:
    from ascinbox.simulator.app import Simulator

REVIEWS = 4812
"""Of both stores."""
AT_PLAY = len(PLAY_NEEDS_REPLY) + len(PLAY_ANSWERED)
PUBLISH_AFTER_S = 8.0
"""How soon a reply is public in the demo."""
DONE = 64
"""About so many older, friendly reviews were marked done without an answer."""
_DAY_S, _HOUR_S = 86_400.0, 3_600.0

NORTHWIND, PIXELBAKERY, INDIE = "Northwind", "PixelBakery", "Indie (me)"


@dataclass(frozen=True, slots=True)
class _AppPlan:
    """Share of the reviews, how many of them are of the last 28 days, and whether the account hides it."""

    name: str
    id: str
    team: str
    share: int
    recent: int = 0
    hidden: bool = False


_APPS = (
    _AppPlan("Tide Clock", "1476097583", NORTHWIND, 1704, 61),
    _AppPlan("HabitGarden", "1501120384", NORTHWIND, 1012, 40),
    _AppPlan("Moon Diary", "1533301177", NORTHWIND, 388, 6),
    _AppPlan("Tide Clock Pro", "1476097590", NORTHWIND, 0, hidden=True),
    _AppPlan("Harbor Lights", "1476097604", NORTHWIND, 0, hidden=True),
    _AppPlan("PixelBakery", "1588402217", PIXELBAKERY, 902, 19),
    _AppPlan("Sourdough Timer", "1588402233", PIXELBAKERY, 309, 4),
    _AppPlan("Kettle Timer", "1602214876", INDIE, 351, 6),
    _AppPlan("Paper Planes", "1602214901", INDIE, 146, 3),
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One account to link, by the ordinary way of linking."""

    name: str
    key: ApiKey
    vendor: str | None
    features: tuple[str, ...]
    hidden_apps: tuple[str, ...]
    key_age_days: int
    hour_left: int
    """What the key's rolling hour shows as left."""

    @property
    def issuer_id(self) -> str | None:
        """None for an individual key."""
        return None if self.key.individual else self.key.issuer_id


@dataclass(frozen=True, slots=True)
class Demo:
    """Everything the demo command needs."""

    world: World
    accounts: tuple[DemoAccount, ...]
    script: DemoScript
    ids: Mapping[str, str]
    """Review id by the slug of its row."""
    play: DemoPlay

    def meanwhile(self, simulator: Simulator) -> None:
        """What happens at Apple between the first sync and the second.

        Customers change three reviews, a teammate answers one on the web, and other tools use the keys.
        """
        now = simulator.now()
        for change in self.script.changes:
            self.world.edit_review(
                change.review_id, rating=change.rating, title=change.title, body=change.body
            )
        rival = self.script.rival
        then = now - rival.age_s
        self.world.answer(rival.review_id, rival.text, at=then, public_at=then)
        for account in self.accounts:
            simulator.budgets.leave(account.key.key_id, now, account.hour_left)

    def begin(self, simulator: Simulator) -> None:
        """What happens at Apple while the demo is used: `session` and `faults` of the script."""
        for after_s, what, details in self.script.session:
            simulator.schedule.at(simulator.now() + after_s, what, **details)
        for rule in self.script.faults:
            simulator.faults.add(**rule)


def demo_world(seed: int, now: datetime, reviews: int = REVIEWS) -> Demo:
    """The demo for this moment. `reviews` is the total over all apps; the named ones always belong."""
    with undisturbed():
        return _make_demo(World(seed, now), reviews - AT_PLAY)


def _make_demo(world: World, reviews: int) -> Demo:
    teams = {
        name: world.add_team(Team(name, issuer, vendor))
        for name, issuer, vendor in (
            (NORTHWIND, "69a6de7f-03d1-47e3-e053-5b8c7c11a4d1", "85012345"),
            (PIXELBAKERY, "57246542-96fe-1a63-e053-0824d0110ae2", "85442109"),
            (INDIE, "2f1d7c0a-5b1e-4c63-9d0f-70c2b1e4d9aa", "86310077"),
        )
    }
    ids: dict[str, str] = {}
    done: list[str] = []
    for index, (plan, count) in enumerate(zip(_APPS, _counts(reviews), strict=True)):
        app = make_app(world, teams[plan.team], index, plan.name, plan.id)
        named = _named_rows(world, app, ids)
        app.reviews = named + _background(world, app, plan, count - len(named), index)
        if plan.name == "Tide Clock":
            plant_hostile(app, start=len(named) + 80)
        if plan.share:
            done += _leave_unanswered(app.reviews[len(named) :], DONE * plan.share // REVIEWS)
        app.summaries = summaries_of(world, app)
        app.versions = versions_of(world, app)
        world.add_app(app)
    accounts = _accounts(world, teams)
    play = demo_play(world.seed, world.now)
    _people(world, teams[NORTHWIND])
    _ask_for_analytics(world, teams)
    write_texts(world)
    return Demo(world, accounts, make_script(ids, done, accounts[1].key.key_id), ids, play)


def _counts(total: int) -> list[int]:
    """Reviews per app: the shares for the whole, and never fewer than the named ones."""
    named = [*NEEDS_REPLY, *AT_APPLE, QUEUED, *SNOOZED]
    least = [sum(1 for row in named if row.app == plan.name) for plan in _APPS]
    spread = max(0, total - sum(least))
    room = REVIEWS - AT_PLAY - sum(least)
    counts = [low + spread * max(0, plan.share - low) // room for plan, low in zip(_APPS, least, strict=True)]
    counts[0] += max(total, sum(least)) - sum(counts)
    return counts


def _named_rows(world: World, app: SimulatedApp, ids: dict[str, str]) -> list[SimulatedReview]:
    now = world.now.timestamp()
    made = []
    for row in (*NEEDS_REPLY, *AT_APPLE, QUEUED, *SNOOZED):
        if row.app != app.name:
            continue
        review_id = uuid_of(mix(_number_of(row.slug)), mix(world.seed ^ 0xDE40))
        rating, title, body = row.before or (row.stars, row.title, row.body)
        texts = title, body, row.nickname
        review = SimulatedReview(
            id=review_id,
            app_id=app.id,
            created=float(int(now - row.hours * _HOUR_S)),
            rating=rating,
            territory=row.territory,
            words=_said(texts),
            offset_min=-480,
        )
        if row.reply:
            modified = float(int(now - row.reply_hours * _HOUR_S))
            review.reply = Reply(
                id=uuid_of(mix(_number_of(row.slug) ^ 0x4E), mix(world.seed)),
                review_id=review_id,
                modified=modified,
                public_at=now + 6 * _HOUR_S if row.pending else modified + 600.0,
                text=row.reply,
            )
        ids[row.slug] = review_id
        made.append(review)
    return made


def _said(texts: tuple[str, str, str]) -> Any:
    return lambda: texts


def _number_of(slug: str) -> int:
    return int.from_bytes(slug.encode("ascii")) & ((1 << 64) - 1)


def _background(
    world: World, app: SimulatedApp, plan: _AppPlan, count: int, index: int
) -> list[SimulatedReview]:
    """Everything else: answered, and but for a few of the last 28 days older than that."""
    named = sum(1 for row in (*NEEDS_REPLY, *AT_APPLE, QUEUED, *SNOOZED) if row.app == app.name)
    recent = min(max(0, plan.recent - named), max(0, count))
    first = (index + 1) << 32
    young = make_reviews(
        world,
        app,
        recent,
        first=first,
        youngest_s=_DAY_S,
        span_s=26 * _DAY_S,
        answered_of_ten=10,
        pending=False,
    )
    older = make_reviews(
        world,
        app,
        max(0, count - recent),
        first=first + recent,
        youngest_s=28.5 * _DAY_S,
        answered_of_ten=10,
        pending=False,
        # As many a week as lately: Metrics compares with them.
        lean=1.0,
    )
    return young + older


def _leave_unanswered(reviews: list[SimulatedReview], wanted: int) -> list[str]:
    """Takes the reply away from some older friendly reviews; returns their ids."""
    friendly = [review for review in reviews[len(reviews) // 4 :] if review.rating >= 4]
    step = max(1, len(friendly) // wanted) if wanted else 1
    chosen = friendly[::step][:wanted]
    for review in chosen:
        review.reply = None
    return [review.id for review in chosen]


def _accounts(world: World, teams: Mapping[str, Team]) -> tuple[DemoAccount, ...]:
    northwind = world.add_key(ApiKey("ABCD127F2K", teams[NORTHWIND].issuer_id, ("ADMIN",)))
    # Its sales wait for a signature; finance was never in its roles; replies once worked and still do.
    bakery = world.add_key(
        ApiKey(
            "QW3E4R91ZX",
            teams[PIXELBAKERY].issuer_id,
            ("CUSTOMER_SUPPORT", "SALES"),
            refusals={Task.SALES: "agreement"},
            grants=frozenset((Task.REPLY, Task.USERS)),
        )
    )
    indie = world.add_key(
        ApiKey("J8HB5T0P4D", teams[INDIE].issuer_id, ("CUSTOMER_SUPPORT",), individual=True)
    )
    hidden = tuple(plan.id for plan in _APPS if plan.hidden)
    everything = ("reviews", "reply", "sales", "finance", "analytics")
    return (
        DemoAccount(
            NORTHWIND, northwind, teams[NORTHWIND].vendor, (*everything, "listing"), hidden, 41, 3121
        ),
        DemoAccount(PIXELBAKERY, bakery, teams[PIXELBAKERY].vendor, (*everything, "users"), (), 212, 3466),
        DemoAccount(INDIE, indie, None, ("reviews", "reply"), (), 9, 3499),
    )


ASKED_DAYS_AGO = 40
"""The analytics reports were requested so long ago: all that Apple keeps of them is there."""


def _ask_for_analytics(world: World, teams: Mapping[str, Team]) -> None:
    analytics = analytics_of(world)
    asked = world.now.timestamp() - ASKED_DAYS_AGO * _DAY_S
    ids = {teams[name].issuer_id for name in (NORTHWIND, PIXELBAKERY)}
    for app in world.apps.values():
        if app.issuer_id in ids:
            analytics.ask(app.id, "ONGOING", asked)


def _people(world: World, team: Team) -> None:
    now = world.now.timestamp()
    for index, (mail, first, last, roles) in enumerate(
        (
            ("nora", "Nora", "Wind", ("ACCOUNT_HOLDER", "ADMIN")),
            ("anna", "Anna", "Berg", ("CUSTOMER_SUPPORT",)),
        )
    ):
        user_id = uuid_of(mix(world.seed * 7 + index), mix(world.seed))
        team.users[user_id] = User(user_id, f"{mail}@north.example", first, last, roles)
    invitation_id = uuid_of(mix(world.seed * 11), mix(world.seed))
    team.invitations[invitation_id] = Invitation(
        invitation_id,
        "raj@north.example",
        "Raj",
        "Patel",
        ("CUSTOMER_SUPPORT",),
        now + 28 * _HOUR_S + 120,
    )
