"""Makes a world from a seed: the same seed, time and size give the same world, whatever is read first."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial

from ascinbox.simulator.hostile import HOSTILE
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.languages import INDIC, INDIC_ONE_IN, WEIGHTED
from ascinbox.simulator.phrases import Picker, bank, compose, compose_reply, mix
from ascinbox.simulator.world import (
    Invitation,
    Reply,
    SimulatedApp,
    SimulatedReview,
    SimulatedVersion,
    Summary,
    Team,
    TextMaker,
    User,
    World,
)

DAY_S = 86_400
SPAN_DAYS = 720
"""How far back the oldest reviews lie."""

_APP_NAMES = (
    "Tide Clock",
    "HabitGarden",
    "Moon Diary",
    "PixelBakery",
    "Trail Notes",
    "Kettle Timer",
    "Lighthouse Radio",
    "Paper Planes",
)
_SECOND_WORDS = ("Pro", "Mini", "Studio", "Daily", "Kids", "Plus", "Go")
_STARS = (5,) * 11 + (4,) * 4 + (3,) * 2 + (2,) * 2 + (1,) * 3
_OFFSETS = (-480, -420, 0, 60, 120, 330, 540, -300)
_KEY_ROLES = ("ADMIN", "APP_MANAGER", "CUSTOMER_SUPPORT", "DEVELOPER", "MARKETING", "SALES", "FINANCE")
_INDIC = 0x1_2D1C
"""Other bits of a review's number than those that decide everything else about it."""
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def make_world(
    seed: int, now: datetime, *, apps: int = 4, reviews: int = 500, sells_since: date | None = None
) -> World:
    """One team with `apps` apps, `reviews` reviews among them, keys of every role, users and invitations."""
    world = World(seed, now)
    world.sells_since = sells_since
    with undisturbed():
        return _make_world(world, apps, reviews)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Holds the garbage collector back: it would look through 100,000 new, living objects again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _make_world(world: World, apps: int, reviews: int) -> World:
    seed = world.seed
    team = world.add_team(
        Team(
            "Northwind",
            uuid_of(mix(seed ^ 0x15), mix(seed ^ 0x16)),
            str(80_000_000 + mix(seed) % 9_999_999),
            reporter_token=uuid_of(mix(seed ^ 0x17), mix(seed ^ 0x18)),
        )
    )
    for index, count in enumerate(_shares(reviews, apps)):
        app = make_app(world, team, index)
        app.reviews = make_reviews(world, app, count, first=index << 32)
        if index == 0:
            plant_hostile(app)
        app.summaries = summaries_of(world, app)
        app.versions = versions_of(world, app)
        world.add_app(app)
    _add_keys(world, team)
    _add_people(world, team)
    return world


def _shares(total: int, apps: int) -> list[int]:
    """The first apps are the popular ones: weights 1, 1/2, 1/3, … and no review lost to rounding."""
    weights = [1 / (index + 1) for index in range(apps)]
    shares = [int(total * weight / sum(weights)) for weight in weights]
    if shares:
        shares[0] += total - sum(shares)
    return shares


def make_app(world: World, team: Team, index: int, name: str = "", app_id: str = "") -> SimulatedApp:
    """An app with a name, a bundle id and a numeric id, without reviews."""
    if not name:
        name = _APP_NAMES[index % len(_APP_NAMES)]
        extra = index // len(_APP_NAMES)
        if extra:
            name = f"{name} {_SECOND_WORDS[(extra - 1) % len(_SECOND_WORDS)]}"
            if extra > len(_SECOND_WORDS):
                name = f"{name} {extra}"
    slug = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())
    owner = "".join(letter for letter in team.name.lower() if letter.isascii() and letter.isalnum())
    return SimulatedApp(
        id=app_id or str(1_400_000_000 + mix(world.seed * 1009 + index) % 99_999_999 * 5 + index % 5),
        name=name,
        bundle_id=f"example.{owner}.{slug}",
        sku=f"{slug.upper()}-{index + 1:03d}",
        issuer_id=team.issuer_id,
    )


def make_reviews(
    world: World,
    app: SimulatedApp,
    count: int,
    *,
    first: int,
    youngest_s: float = 600.0,
    span_s: float = SPAN_DAYS * DAY_S,
    answered_of_ten: int = 4,
    pending: bool = True,
    lean: float = 1.6,
) -> list[SimulatedReview]:
    """`count` reviews between `youngest_s` and `span_s` more before now, some of ten with a reply.

    With a `lean` of 1 every day has about as many; the greater it is, the more are young.

    Ids and words follow from the world's seed and `first`, the number of the first one.
    """
    now = world.now.timestamp()
    base = mix(world.seed ^ 0xA5C1)
    made = []
    for index in range(first, first + count):
        number = mix(base + index)
        pick = Picker(number)
        language, territories = WEIGHTED[pick.below(len(WEIGHTED))]
        if (chosen := Picker(number ^ _INDIC)).below(INDIC_ONE_IN) == 0:
            language, territories = INDIC[chosen.below(len(INDIC))]
        rating = _STARS[pick.below(len(_STARS))]
        part = pick.below(1 << 20) / (1 << 20)
        created = now - youngest_s - part**lean * span_s
        # Two of three dates come without a fraction, as the API shows both.
        created = round(created, 3) if pick.below(3) == 0 else float(int(created))
        review = SimulatedReview(
            id=uuid_of(number, base),
            app_id=app.id,
            created=created,
            rating=rating,
            territory=territories[pick.below(len(territories))],
            words=words_of(language, rating, number, app.name),
            offset_min=_OFFSETS[pick.below(len(_OFFSETS))],
        )
        if pick.below(10) < answered_of_ten:
            answer_review(review, language, number, app.name, now, pending=pending)
        made.append(review)
    return made


def words_of(language: str, rating: int, number: int, app_name: str) -> TextMaker:
    """The words of a review, composed when they are first read."""
    return partial(compose, language, rating, number, app_name)


def answer_review(
    review: SimulatedReview, language: str, number: int, app_name: str, now: float, *, pending: bool
) -> None:
    """Gives a review its developer's reply, some hours after it was written; a few recent ones pend still."""
    pick = Picker(number ^ 0xBEEF)
    modified = min(now - 60.0, review.created + 3_600.0 * (1 + pick.below(96)))
    waiting = pending and now - modified < 2 * DAY_S and pick.below(2) == 0
    review.reply = Reply(
        id=uuid_of(mix(number ^ 0x9E), mix(number ^ 0x7F)),
        review_id=review.id,
        modified=float(int(modified)),
        public_at=now + 3_600.0 * (4 + pick.below(20)) if waiting else min(now - 30.0, modified + 3_600.0),
        words=_reply_words(review, language, number, app_name),
    )


def _reply_words(review: SimulatedReview, language: str, number: int, app_name: str) -> Callable[[], str]:
    return partial(_reply_text, review, language, number, app_name)


def _reply_text(review: SimulatedReview, language: str, number: int, app_name: str) -> str:
    return compose_reply(language, review.rating, number, app_name, review.texts[2])


def plant_hostile(app: SimulatedApp, *, start: int = 2) -> None:
    """Puts texts that break careless programs among the app's reviews, as far as there are enough of them."""
    stride = 5
    for place, (title, body, nickname) in enumerate(HOSTILE):
        at = start + place * stride
        if at >= len(app.reviews):
            return
        texts = title, body, nickname
        app.reviews[at].words = _fixed(texts)


def _fixed(texts: tuple[str, str, str]) -> TextMaker:
    return lambda: texts


def summaries_of(world: World, app: SimulatedApp) -> tuple[Summary, ...]:
    """Apple's digest, for apps with enough reviews."""
    if len(app.reviews) < 50:
        return ()
    created = world.now.timestamp() - 5 * DAY_S
    wanted = (("USA", "en-US", "en"), ("DEU", "de-DE", "de"), ("JPN", "ja", "ja"))
    return tuple(
        Summary(
            id=uuid_of(mix(int(app.id) + place), mix(world.seed)),
            locale=locale,
            platform="IOS",
            territory=territory,
            words=partial(_digest, language),
            created=float(int(created)),
        )
        for place, (territory, locale, language) in enumerate(wanted)
    )


def versions_of(world: World, app: SimulatedApp) -> tuple[SimulatedVersion, ...]:
    """The app's versions, newest first: one is being prepared, one is on sale, the others were before it."""
    now, pick = world.now.timestamp(), Picker(int(app.id) ^ world.seed)
    names = [f"{major}.{minor}" for major in range(1, 4) for minor in range(3)]
    ages = [
        SPAN_DAYS + 30 - place * (SPAN_DAYS // len(names)) - pick.below(20) for place in range(len(names))
    ]
    made = [
        SimulatedVersion(
            id=uuid_of(mix(int(app.id) ^ 0x5E0 + place), mix(world.seed ^ 0x5E)),
            name=name,
            platform=app.platforms[0],
            state="READY_FOR_DISTRIBUTION" if name == names[-1] else "REPLACED_WITH_NEW_VERSION",
            created=float(int(now - age * DAY_S)),
        )
        for place, (name, age) in enumerate(zip(names, ages, strict=True))
    ]
    next_one = SimulatedVersion(
        id=uuid_of(mix(int(app.id) ^ 0x5FF), mix(world.seed ^ 0x5E)),
        name="4.0",
        platform=app.platforms[0],
        state="PREPARE_FOR_SUBMISSION",
        created=now - DAY_S,
    )
    return (next_one, *reversed(made))


def _digest(language: str) -> str:
    return bank(language).summary


def uuid_of(high: int, low: int) -> str:
    """A UUID-shaped id from two numbers."""
    text = f"{high & 0xFFFFFFFFFFFFFFFF:016x}{low & 0xFFFFFFFFFFFFFFFF:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def key_id_of(number: int) -> str:
    """Ten characters, as Apple's key ids."""
    pick = Picker(number)
    return "".join(pick.of(_ALPHABET) for _ in range(10))


def _add_keys(world: World, team: Team) -> None:
    for index, role in enumerate(_KEY_ROLES):
        world.add_key(ApiKey(key_id_of(world.seed * 101 + index), team.issuer_id, (role,)))
    some_apps = frozenset(list(world.apps)[: max(1, len(world.apps) // 2)])
    individuals: tuple[tuple[str, frozenset[str] | None], ...] = (
        ("CUSTOMER_SUPPORT", some_apps),
        ("ADMIN", None),
    )
    for index, (role, visible) in enumerate(individuals):
        key_id = key_id_of(world.seed * 101 + 50 + index)
        world.add_key(ApiKey(key_id, team.issuer_id, (role,), individual=True, visible_apps=visible))
    world.add_key(ApiKey(key_id_of(world.seed * 101 + 90), team.issuer_id, ("ADMIN",), revoked=True))


def _add_people(world: World, team: Team) -> None:
    apps = tuple(world.apps)
    people = (
        ("holder", "Nora", "Wind", ("ACCOUNT_HOLDER", "ADMIN"), None),
        ("anna", "Anna", "Berg", ("CUSTOMER_SUPPORT",), apps[:2]),
        ("li", "Li", "Chen", ("FINANCE",), None),
        ("devon", "Devon", "Price", ("DEVELOPER", "APP_MANAGER"), apps[:1]),
    )
    individual = [key for key in world.keys.values() if key.individual and key.issuer_id == team.issuer_id]
    for index, (mail, first, last, roles, visible) in enumerate(people):
        user_id = uuid_of(mix(world.seed * 7 + index), mix(world.seed))
        team.users[user_id] = User(user_id, f"{mail}@north.example", first, last, roles, visible)
        for key in individual:
            if not key.owner and not set(key.roles).isdisjoint(roles):
                key.owner = user_id
    now = world.now.timestamp()
    for index, (mail, left_s, accepted) in enumerate((("raj", 100_800.0, False), ("mia", 7_200.0, True))):
        invitation_id = uuid_of(mix(world.seed * 11 + index), mix(world.seed))
        team.invitations[invitation_id] = Invitation(
            invitation_id,
            f"{mail}@north.example",
            mail.title(),
            "Patel",
            ("CUSTOMER_SUPPORT",),
            now + left_s,
            accepted=accepted,
        )
