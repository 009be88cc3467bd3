"""Writes a cache of N invented reviews, the same ones each time: `python benchmarks/make_cache.py DIR N`.

With `--stores both` every fourth app is on Google Play: no storefront, few titles, but version, device and
language that are told.

40 apps over five years; apps and territories as uneven as in real stores; 24 % Chinese and Japanese, 6 %
Korean; a quarter answered; words as frequent as in natural language (the k-th word about 1/k as often as the
first), so that common, rare and CJK searches have something to find.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path

from ascinbox.config import load_config
from ascinbox.core.clock import SystemClock
from ascinbox.core.records import Account, App, Credential, CredentialKind, Response, Review, Told
from ascinbox.paths import Paths
from ascinbox.store.cache.index.indexer import build_index
from ascinbox.store.thread import StoreThread
from ascinbox.workers.workspace import Workspace

APPS = 40
END = datetime(2026, 11, 1, tzinfo=UTC)
SECONDS = 5 * 365 * 86_400
PAGE = 200

ACCOUNTS = ("Northwind", "PixelBakery", "Indie")
TERRITORIES = (
    "USA JPN CHN DEU GBR FRA KOR BRA CAN AUS ESP ITA MEX NLD TUR RUS SWE IND POL CHE AUT BEL DNK NOR FIN IDN "
    "THA VNM TWN HKG SGP MYS PHL SAU ARE ISR EGY ZAF NGA KEN ARG CHL COL PER PRT GRC CZE HUN ROU UKR BGR HRV "
    "SVK SVN EST LVA LTU IRL ISL NZL LUX MLT CYP QAT KWT BHR OMN JOR LBN MAR TUN DZA PAK BGD LKA NPL KHM LAO"
).split()
COMMON = (
    "the and to it is app i this a of for not my in that on with but you have after update can great "
    "love was so when just no good use like would please fix crash crashes work works time even new "
    "all from get open every phone really version data back screen more than don't very if are be has "
    "as at free ads money pay subscription bought refund support slow fast easy simple best better "
    "worst bad nice thank thanks help"
).split()
SYLLABLES = (
    "ka lo mi ter san vor el qui ban dro fen gu hal ix jor ket lum nor pel ras sti tor ul vem win zan".split()
)
CHINESE = (
    "的更新之后不能打开了很好用应用软件希望可以增加功能闪退广告太多退款没有反应界面简单喜欢谢谢开发者加油支持"
)
KANA = "アップデートのあとにおちますなおしてくださいとてもべんりありがとうつかいやすいです"
HANGUL = "업데이트후에앱이안열려요광고가너무많아요환불해주세요아주좋아요감사합니다편리해요"
DEVICES = "oriole panther a52q beyond1 coral taro kona star2lte r8q lynx".split()
PLAY_LANGUAGES = "en de fr es pt it ja ko nl pl zh".split()
PLAY_ACCOUNT = "Android"
NICKNAMES = "max anna lee sam kim jo tom eva ray mia leo ida ben zoe".split()


def app_id(number: int) -> str:
    """The Apple ID of the n-th invented app, from 0."""
    return str(1_400_000_000 + number * 7_919)


def is_on_play(number: int) -> bool:
    """Whether the n-th app is one on Google Play, where there are both stores."""
    return number % 4 == 3


def package(number: int) -> str:
    """The package of the n-th invented app, where it is one on Google Play."""
    return f"com.example.app{number}"


class Invention:
    """Reviews by number; the same for the same seed and N."""

    def __init__(self, count: int, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self._count = count
        rare = ["".join(self._random.choices(SYLLABLES, k=self._random.randint(2, 4))) for _ in range(30_000)]
        self._words = COMMON + list(dict.fromkeys(rare))
        self._word_weights = list(accumulate(1 / (rank + 2) for rank in range(len(self._words))))
        self._app_weights = list(accumulate(1 / (rank + 1) for rank in range(APPS)))
        self._territory_weights = list(accumulate(1 / (rank + 1) ** 1.2 for rank in range(len(TERRITORIES))))

    def reviews(self) -> Iterator[tuple[int, Review]]:
        """Every review with the number of its app, oldest first."""
        pick = self._random
        step = SECONDS / self._count
        for number in range(self._count):
            created = END - timedelta(seconds=int(SECONDS - (number + pick.random()) * step) + 1)
            title, body = self._text()
            app = pick.choices(range(APPS), cum_weights=self._app_weights)[0]
            rating = pick.choices((1, 2, 3, 4, 5), (22, 8, 8, 14, 48))[0]
            response = None
            if pick.random() < 0.25:
                state = "PENDING_PUBLISH" if pick.random() < 0.01 else "PUBLISHED"
                response = Response(
                    f"r{number:08x}", "Thank you, we look into it.", state, created + timedelta(hours=9)
                )
            yield (
                app,
                Review(
                    id=f"{pick.getrandbits(32):08x}-{number:08x}",
                    app_id=app_id(app),
                    rating=rating,
                    title=title,
                    body=body,
                    nickname=f"{pick.choice(NICKNAMES)}_{pick.randrange(100_000)}",
                    created_at=created,
                    territory=pick.choices(TERRITORIES, cum_weights=self._territory_weights)[0],
                    response=response,
                ),
            )

    def _text(self) -> tuple[str, str]:
        pick = self._random
        kind = pick.random()
        if kind < 0.70:
            words = pick.choices(
                self._words, cum_weights=self._word_weights, k=pick.choice((4, 8, 12, 18, 26, 40, 70))
            )
            return " ".join(words[:4]).capitalize(), " ".join(words)
        alphabet = CHINESE if kind < 0.82 else KANA if kind < 0.94 else HANGUL
        length = pick.choice((8, 16, 30, 50, 90))
        runs = []
        while length > 0:
            start = pick.randrange(len(alphabet) - 6)
            runs.append(alphabet[start : start + pick.randint(2, 6)])
            length -= len(runs[-1])
        return runs[0], "".join(runs)


def on_play(number: int, review: Review) -> Review:
    """The review as it would be on Google Play."""
    nth = int(review.id[-8:], 16)
    told = Told(f"5.{nth % 9}", DEVICES[nth % len(DEVICES)], "33", PLAY_LANGUAGES[nth % len(PLAY_LANGUAGES)])
    identifier = f"play:{package(number)}:{review.id}"
    response = replace(review.response, id=identifier) if review.response is not None else None
    title = review.title if nth % 3 == 0 else ""
    return replace(
        review,
        id=identifier,
        app_id=package(number),
        title=title,
        territory=None,
        response=response,
        told=told,
    )


def make_cache(
    folder: Path, count: int, *, seed: int = 7, index: bool = True, both_stores: bool = False
) -> Paths:
    """Fills an empty folder with a store of `count` reviews in `APPS` apps of three accounts; with both
    stores every fourth app is on Google Play, in an account of its own."""
    paths = Paths.under(folder)
    paths.create()
    with_index = StoreThread.open(paths, SystemClock())
    try:
        with_index.call(_accounts, both_stores)
        invented = Invention(count, seed).reviews()
        while batch := list(islice(invented, PAGE * 25)):
            by_app: dict[str, list[Review]] = {}
            for app, invented_review in batch:
                shown = both_stores and is_on_play(app)
                review = on_play(app, invented_review) if shown else invented_review
                by_app.setdefault(review.app_id, []).append(review)
            with_index.call(_save, by_app)
        if index:
            build_index(with_index)
        with_index.call(lambda store: store.maintain())
    finally:
        with_index.close()
    return paths


def settle(paths: Paths) -> None:
    """Does what a program that shows these reviews for the first time does behind the screen: finds the
    languages of their texts, and files in the index what that has changed."""
    workspace = Workspace.open(paths=paths, config=load_config(None, {}), offline=True)
    try:
        workspace.languages.detect()
        build_index(workspace.store)
    finally:
        workspace.close()


def _accounts(store, both_stores: bool) -> None:  # type: ignore[no-untyped-def]
    android = [n for n in range(APPS) if both_stores and is_on_play(n)]
    for number, name in enumerate(ACCOUNTS):
        apps = [
            App(app_id(n), f"App {n:02d}", package(n))
            for n in range(APPS)
            if n % 3 == number and n not in android
        ]
        credential = Credential(CredentialKind.TEAM, f"KEY{number}", "issuer", f"file:key{number}")
        store.accounts.add(Account(0, name, None, ("reviews",), (credential,)), apps)
    if android:
        packages = tuple(package(n) for n in android)
        key = Credential("service_account", "PLAYKEY", "svc@example", "file:play", apps=packages)
        account = Account(0, PLAY_ACCOUNT, None, ("reviews",), (key,), store="play")
        store.accounts.add(account, [App(package(n), f"App {n:02d}", package(n)) for n in android])


def _save(store, by_app: dict[str, list[Review]]) -> None:  # type: ignore[no-untyped-def]
    with store.database.write(bulk=True):
        for app, reviews in by_app.items():
            store.reviews.save_page(app, reviews)
    store.database.checkpoint()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--no-index", action="store_true")
    parser.add_argument("--stores", choices=("apple", "both"), default="apple")
    options = parser.parse_args()
    start = time.perf_counter()
    paths = make_cache(
        options.folder,
        options.count,
        seed=options.seed,
        index=not options.no_index,
        both_stores=options.stores == "both",
    )
    size = paths.cache_db.stat().st_size / 1e6
    print(f"{options.count} reviews, {size:.0f} MB, {time.perf_counter() - start:.1f} s: {paths.data}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
