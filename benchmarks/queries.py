"""How long a page of results takes: `python -m benchmarks.queries [N] [--folder DIR] [--rounds R]`.

Makes a cache of N reviews (or uses the one in DIR), asks for the first page, the next page and the count of
many queries of each family, and prints medians and worst cases in milliseconds. Each query is asked once, so
nothing is remembered from a former one; the page is what a list gets: 64 rows with all that a line shows.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from ascinbox.core.clock import SystemClock
from ascinbox.core.filters import parse
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from benchmarks.make_cache import COMMON, TERRITORIES, make_cache

R = TypeVar("R")

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PAGE = 64
LIMIT_MS = {"rating": 300, "changed": 300, "longest": 300}
STATES = "new answered unanswered pending needs-reply unread read done removed flagged".split()
RARE = "katers sanvor zanlo mirvem quigulix doesnotexist".split()
CJK = "更新 闪退 打开 退款 かな アプ 落ち てく 업데 광고 换了 的は".split()


class Families:
    """Random queries of each kind."""

    def __init__(self, seed: int) -> None:
        self._pick = random.Random(seed)

    def __iter__(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield from {
            "all": lambda: "",
            "one facet": lambda: self._facets(1),
            "two facets": lambda: self._facets(2),
            "four facets": lambda: self._facets(4),
            "six facets": lambda: self._facets(6),
            "negated facets": lambda: " ".join("-" + part for part in self._facets(3).split(" ")),
            "common word": lambda: self._pick.choice(COMMON),
            "rare word": lambda: self._pick.choice(RARE),
            "begun word": lambda: self._pick.choice("a b c s t th cr ka san con u".split()),
            "CJK": lambda: self._pick.choice(CJK),
            "phrase": lambda: f'"{self._pick.choice(COMMON)} {self._pick.choice(COMMON)}"',
            "long phrase": lambda: f'"{" ".join(self._pick.choices(COMMON[:12], k=3))}"',
            "open phrase": lambda: f"{self._pick.choice(COMMON)}-{self._pick.choice('abcst')}",
            "negated words": lambda: " ".join(
                "-" + word for word in (*self._pick.choices(COMMON, k=2), self._pick.choice(CJK))
            ),
            "word + facets": lambda: f"{self._pick.choice(COMMON)} {self._facets(3)}",
            "CJK + facets": lambda: f"{self._pick.choice(CJK)} {self._facets(2)}",
            "three words": lambda: " ".join(self._pick.choices(COMMON, k=3)),
            "words, facets": lambda: (
                f"{self._pick.choice(COMMON)} -{self._pick.choice(COMMON)} "
                f'"{self._pick.choice(COMMON)} {self._pick.choice(COMMON)}" {self._facets(4)}'
            ),
            "no hit": lambda: f"the 更新 {self._facets(2)} is:pending",
            "nickname": lambda: f"by:{self._pick.choice('max ma leo_12 zoe_9 x'.split())}",
        }.items()

    def _facets(self, count: int) -> str:
        pick = self._pick
        spans = ("since:30d", "since:2024-05-01", "until:2023-01-01", "since:2022-01-01..2022-02-01")

        def app() -> str:
            return f'"App\u00a0{pick.randrange(40):02d}"'

        kinds: list[Callable[[], str]] = [
            lambda: "app:" + ",".join(app() for _ in range(pick.choice((1, 1, 3)))),
            lambda: "acct:" + pick.choice(("north", "pixel", "indie")),
            lambda: "rating:" + pick.choice(("<=2", "5", "3..4", "1,5", "1")),
            lambda: "territory:" + ",".join(pick.sample(TERRITORIES, pick.choice((1, 1, 2, 5)))),
            lambda: "is:" + pick.choice(STATES),
            lambda: pick.choice(spans),
        ]
        return " ".join(kind() for kind in pick.sample(kinds, count))


def measure(store: Store, rounds: int, seed: int) -> bool:
    """Prints the table; True when every page came within its limit."""
    good = True
    heads = ("page", "worst", "next", "worst", "count", "worst")
    print(f"{'family':16} {'order':10} " + " ".join(f"{head:>7}" for head in heads) + "  slowest")
    for order in ("newest", "oldest", "rating", "changed", "longest"):
        for name, make in Families(seed):
            asked = {make() for _ in range(rounds)}
            pages: list[float] = []
            nexts: list[float] = []
            counts: list[float] = []
            slowest = (0.0, "")
            for text in sorted(asked):
                query = parse(f"{text} sort:{order}".strip(), now=NOW)
                took, window = timed(partial(store.reviews.window, query, limit=PAGE))
                pages.append(took)
                slowest = max(slowest, (took, text))
                if window.rows and window.has_after:
                    anchor = window.rows[-1].key
                    took, _ = timed(partial(store.reviews.window, query, anchor=anchor, limit=PAGE))
                    nexts.append(took)
                if order == "newest":
                    counts.append(timed(partial(store.reviews.count, query, 2001))[0])
            limit = LIMIT_MS.get(order, 50)
            good &= max(pages + nexts) <= limit
            print(
                f"{name:16} {order:10} {both(pages)} {both(nexts)} {both(counts)}"
                f"  {slowest[1] if slowest[0] > limit / 2 else ''}"
            )
    return good


def timed(work: Callable[[], R]) -> tuple[float, R]:
    """Milliseconds and the result."""
    start = time.perf_counter()
    result = work()
    return (time.perf_counter() - start) * 1000, result


def both(times: list[float]) -> str:
    """Median and worst."""
    return f"{statistics.median(times):7.1f} {max(times):7.1f}" if times else f"{'':7} {'':7}"


def main() -> int:
    """Measures, prints, and exits 1 when a page was too slow."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("count", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        paths = Paths.under(folder) if options.folder else make_cache(folder, options.count)
        store = Store.open(paths, SystemClock())
        try:
            rows = store.database.one("SELECT count(*) FROM cache.review")
            fresh = store.database.one("SELECT count(*) FROM cache.fresh")
            print(f"SQLite {sqlite3.sqlite_version}, Python {sys.version.split()[0]}")
            print(f"{rows} reviews, {fresh} fresh; milliseconds")
            good = measure(store, options.rounds, options.seed)
        finally:
            store.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
