"""How fast a first sync fills cache and search index, beside fetching and json-decoding the same pages.

Reviews can be searched once they are stored: the search reads through them until they are in the index, which
is built after the sync. `search ms` is the slowest of some searches as soon as the sync has ended.

    python -m benchmarks.sync                      50,000 and 100,000 reviews, without latency and with 50 ms
    python -m benchmarks.sync 10000 --rounds 1

Both sides run in a fresh process on this machine's loopback, in turns; every figure is a median. A ratio is
taken twice: of the time on the clock, and of processor time, which another program beside changes less. The
processor time of a sync is that of its own process and, in brackets, with the helper that reads pages.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ascinbox.core.records import Account
    from ascinbox.workers.workspace import Workspace

HERE = Path(__file__).parent
IN_FLIGHT = 4
PAGE = 200
SEARCH_PAGE = 64
SEARCHES = (
    "crashes",
    "doesnotexist",
    '"never works again"',
    "iPad photo -slow",
    "起動しない",
    "cr",
    "by:user_12",
)
"""What is searched for right after the sync: common and rare words, a phrase, several, a script without
spaces, a begun word, who wrote."""


@contextmanager
def page_server(reviews: int, apps: int, latency_ms: float) -> Iterator[str]:
    """The URL of a server of ready-made pages, in a process of its own."""
    command = [sys.executable, str(HERE / "page_server.py"), "--reviews", str(reviews), "--apps", str(apps)]
    server = subprocess.Popen(
        [*command, "--latency-ms", str(latency_ms)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.stdin.close()
        server.wait(10)


def account_with_key(folder: Path) -> Account:
    """An account to be linked, with a key of its own in `folder`."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    from ascinbox.core.records import Account, Credential, CredentialKind
    from ascinbox.paths import write_private_file

    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key = folder / "AuthKey_BENCH12345.p8"
    write_private_file(key, pem)
    issuer = "69a6de7f-03d1-47e3-e053-5b8c7c11a4d1"
    credential = Credential(CredentialKind.TEAM, "BENCH12345", issuer, f"file:{key}")
    return Account(0, "Bench", None, ("reviews",), (credential,))


class Stopwatch:
    """Seconds on the clock and of the processor since it was made."""

    def __init__(self) -> None:
        self._began = time.perf_counter(), time.process_time(), _of_children()

    def read(self) -> dict[str, float]:
        """`wall`, `cpu` of this process, and `all`: with the processes that it has started and ended."""
        wall, cpu, children = self._began
        mine = time.process_time() - cpu
        return {
            "wall": time.perf_counter() - wall,
            "cpu": mine,
            "all": mine + _of_children() - children,
        }


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bare(url: str) -> dict[str, float]:
    """Fetching and decoding every page: a thread an app, four requests at a time, nothing kept."""
    from concurrent.futures import ThreadPoolExecutor

    import httpx

    with httpx.Client(base_url=url, limits=httpx.Limits(max_connections=IN_FLIGHT)) as client:
        watch = Stopwatch()
        apps = [app["id"] for app in json.loads(client.get("/v1/apps").content)["data"]]

        def walk(app: str) -> int:
            query, pages = "limit=200", 0
            while query:
                document = json.loads(client.get(f"/v1/apps/{app}/customerReviews?{query}").content)
                query = urlsplit(document["links"].get("next", "")).query
                pages += 1
            return pages

        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            list(pool.map(walk, apps))
        return watch.read()


def synced(url: str, reviews: int) -> dict[str, Any]:
    """What a first sync into a new cache takes, index included, and a second one; nothing may be missing."""
    from ascinbox.__main__ import COLLECT_AFTER
    from ascinbox.config import load_config
    from ascinbox.paths import Paths
    from ascinbox.store.cache.index.indexer import build_index
    from ascinbox.workers.workspace import Workspace

    gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])  # as the command does
    with tempfile.TemporaryDirectory() as folder:
        account = account_with_key(Path(folder))
        paths = Paths.under(Path(folder) / "home")
        config = load_config(None, {"ASCINBOX_NETWORK_KEEP_BACK_PERCENT": "0"})
        workspace = Workspace.open(paths=paths, config=config, base_url=url, environ=dict(os.environ))
        workspace.store.call(lambda store: store.accounts.add(account))
        watch = Stopwatch()
        first = workspace.sync.run(datasets=["reviews"], in_bulk=True)
        stored = watch.read()
        searches = [searched(workspace, text) for text in SEARCHES]
        watch = Stopwatch()
        blocks = build_index(workspace.store)
        whole = {name: seconds + stored[name] for name, seconds in watch.read().items()}
        watch = Stopwatch()
        second = workspace.sync.run(datasets=["reviews"])
        again = watch.read()
        workspace.close()
        if first.total("new") != reviews or not second.ok or second.total("new"):
            raise SystemExit(f"not all of it arrived: {first} {second}")
        return {
            "stored": stored,
            "whole": whole,
            "blocks": blocks,
            "search_ms": max(searches),
            "second": again,
            "requests": first.total("requests"),
            "again": second.total("requests"),
        }


def searched(workspace: Workspace, text: str) -> float:
    """Milliseconds until the first page of a search is there, newest first."""
    began = time.perf_counter()
    workspace.inbox.window(workspace.inbox.query(text), None, SEARCH_PAGE)
    return (time.perf_counter() - began) * 1000


def measured(what: str, url: str, reviews: int) -> dict[str, Any]:
    """One side in a process of its own."""
    command = [sys.executable, __file__, "--one", what, "--url", url, str(reviews)]
    answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return answer


def scenario(reviews: int, apps: int, latency_ms: float, rounds: int) -> dict[str, str]:
    """Both sides in turns over the same server; the cells of a line."""
    alone: list[dict[str, float]] = []
    runs: list[dict[str, Any]] = []
    with page_server(reviews, apps, latency_ms) as url:
        for _ in range(rounds):
            alone.append(measured("bare", url, reviews))
            runs.append(measured("sync", url, reviews))

    def bare_s(kind: str) -> float:
        return statistics.median(one[kind] for one in alone)

    def sync_s(part: str, kind: str) -> float:
        return float(statistics.median(run[part][kind] for run in runs))

    def both(part: str, kind: str) -> str:
        return f"{sync_s(part, kind):.2f} {sync_s(part, kind) / bare_s(kind):.2f}x"

    with_helper = sync_s("whole", "all") / bare_s("cpu")
    return {
        "reviews": f"{reviews:,}",
        "apps": f"{apps}",
        "latency": f"{latency_ms:.0f} ms",
        "alone s": f"{bare_s('wall'):.2f}",
        "alone CPU s": f"{bare_s('cpu'):.2f}",
        "stored s": both("stored", "wall"),
        "stored CPU s": both("stored", "cpu"),
        "search ms": f"{statistics.median(run['search_ms'] for run in runs):.0f}",
        "and indexed s": both("whole", "wall"),
        "and indexed CPU s": f"{both('whole', 'cpu')} ({with_helper:.2f}x)",
        "blocks": f"{runs[0]['blocks']}",
        "reviews/s": f"{reviews / sync_s('whole', 'wall'):,.0f}",
        "floor s": f"{runs[0]['requests'] * latency_ms / 1000 / IN_FLIGHT:.2f}",
        "requests": f"{runs[0]['requests']}",
        "again": f"{runs[0]['again']}",
    }


def main() -> None:
    """Prints one table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", type=int, nargs="*", default=[50_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="3 apps without latency only")
    parser.add_argument("--one", choices=("bare", "sync"), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one == "bare":
        print(json.dumps(bare(options.url)))
        return
    if options.one == "sync":
        print(json.dumps(synced(options.url, options.sizes[0])))
        return
    print(f"{platform.platform()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, ", end="")
    print(f"median of {options.rounds}")
    ways = ((3, 0.0),) if options.quick else ((3, 0.0), (10, 0.0), (10, 50.0))
    widths: dict[str, int] = {}
    for size in options.sizes:
        for apps, latency_ms in ways:
            row = scenario(size, apps, latency_ms, options.rounds)
            if not widths:
                widths = {name: max(len(name), len(cell)) + 1 for name, cell in row.items()}
                print(" ".join(f"{name:>{width}}" for name, width in widths.items()))
            print(" ".join(f"{row[name]:>{width}}" for name, width in widths.items()), flush=True)


if __name__ == "__main__":
    main()
