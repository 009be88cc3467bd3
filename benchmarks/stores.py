"""Whether a second store slows the queue: `python -m benchmarks.stores [N] [--apple DIR --both DIR]`.

The same N reviews twice: all on the App Store, and with every fourth app on Google Play. Each query is asked
of both caches in turn, so that whatever else the machine does meets both alike; CPU time, medians. What only
two stores have (`store:`, `device:`) is asked of the second cache.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ascinbox.core.clock import SystemClock
from ascinbox.core.filters import parse
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from benchmarks.make_cache import make_cache
from benchmarks.queries import NOW, PAGE, Families

LIMIT_MS = 50.0
OWN = ("store:play", "store:apple", "store:play rating:1", "device:oriole", "store:play crash", "version:5.2")


def cpu_ms(work: Callable[[], object]) -> float:
    """CPU milliseconds of this thread."""
    start = time.thread_time()
    work()
    return (time.thread_time() - start) * 1000


def measure(apple: Store, both: Store, rounds: int) -> bool:
    """Prints a line a family; True when no median is beyond the limit, nor half again as long with both."""
    good = True
    print(f"{'family':16} {'apple':>8} {'both':>8} {'count':>8} {'both':>8}   CPU ms, medians")
    for name, make in Families(1):
        asked = sorted({make() for _ in range(rounds)})
        pages: tuple[list[float], list[float]] = ([], [])
        counts: tuple[list[float], list[float]] = ([], [])
        for text in asked:
            query = parse(text, now=NOW)
            for number, store in enumerate((apple, both)):
                pages[number].append(cpu_ms(partial(store.reviews.window, query, limit=PAGE)))
                counts[number].append(cpu_ms(partial(store.reviews.count, query, 2001)))
        medians = [statistics.median(times) for times in (*pages, *counts)]
        good &= medians[1] <= LIMIT_MS and medians[1] <= max(1.0, medians[0]) * 1.5
        print(f"{name:16} " + " ".join(f"{value:8.2f}" for value in medians))
    for text in OWN:
        query = parse(text, now=NOW)
        page = statistics.median(cpu_ms(partial(both.reviews.window, query, limit=PAGE)) for _ in range(5))
        count = statistics.median(cpu_ms(partial(both.reviews.count, query, 2001)) for _ in range(5))
        good &= page <= LIMIT_MS
        print(f"{text:16} {'':8} {page:8.2f} {'':8} {count:8.2f}")
    return good


def main() -> int:
    """Measures, prints, and exits 1 when a page was too slow."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--apple", type=Path)
    parser.add_argument("--both", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        stores = []
        for name, folder in (("apple", options.apple), ("both", options.both)):
            made = folder or Path(scratch) / name
            paths = (
                Paths.under(made) if folder else make_cache(made, options.count, both_stores=name == "both")
            )
            stores.append(Store.open(paths, SystemClock()))
        try:
            rows = [store.database.one("SELECT count(*) FROM cache.review") for store in stores]
            print(f"{rows[0]} and {rows[1]} reviews")
            good = measure(stores[0], stores[1], options.rounds)
        finally:
            for store in stores:
                store.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
