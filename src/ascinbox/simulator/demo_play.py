"""The demo's Google Play: one package, the sister of an app at Apple, with its reviews of the last week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ascinbox.simulator.demo_rows import PLAY_ANSWERED, PLAY_NEEDS_REPLY, PlayRow
from ascinbox.simulator.phrases import mix
from ascinbox.simulator.play.world import PlayReview, PlayWorld, ServiceAccountKey, make_account

if TYPE_CHECKING:
    from collections.abc import Iterable

PACKAGE = "com.northwind.tideclock"
ACCOUNT = "Tide on Play"
KEY_AGE_DAYS = 23
_EMAIL = "ascinbox@northwind-tides.iam.gserviceaccount.com"
_HOUR_S = 3_600.0


@dataclass(frozen=True, slots=True)
class DemoPlay:
    """What the demo needs of it."""

    world: PlayWorld
    account: ServiceAccountKey


def demo_play(seed: int, now: datetime) -> DemoPlay:
    """The package with the reviews that the demo shows, and a service account that may answer them."""
    world = PlayWorld(bucket="")
    reviews = _reviews(seed, now.timestamp(), (*PLAY_NEEDS_REPLY, *PLAY_ANSWERED))
    world.packages[PACKAGE] = {review.id: review for review in reviews}
    account = make_account(_EMAIL, {PACKAGE}, seed)
    account.bulk = False
    world.accounts[_EMAIL] = account
    return DemoPlay(world, account)


def _reviews(seed: int, now: float, rows: Iterable[PlayRow]) -> list[PlayReview]:
    made = []
    for number, row in enumerate(rows):
        at = float(int(now - row.hours * _HOUR_S))
        name = int.from_bytes(row.slug.encode("ascii")) & ((1 << 64) - 1)
        review = PlayReview(
            id=f"{mix(name):016x}{mix(seed ^ 0x91A7):016x}",
            package=PACKAGE,
            author=row.nickname,
            title="",
            body=row.body,
            stars=row.stars,
            submitted=at,
            modified=at,
            language=row.language,
            device=row.device,
            version=(520, "5.2.0") if number % 3 else (511, "5.1.1"),
        )
        if row.reply:
            review.reply, review.replied = row.reply, at + 5 * _HOUR_S
        made.append(review)
    return made
