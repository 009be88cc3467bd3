"""How fast a first sync fills the cache, beside fetching and json-decoding the same pages alone.

    python benchmarks/sync.py                      50,000 reviews, without latency and with 50 ms
    python benchmarks/sync.py --reviews 10000 --rounds 1

Both sides run in a fresh process on this machine's loopback, in turns; every figure is a median.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
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

HERE = Path(__file__).parent
IN_FLIGHT = 4
PAGE = 200


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


def bare(url: str) -> float:
    """Seconds to fetch and decode every page: a thread an app, four requests at a time, nothing kept."""
    from concurrent.futures import ThreadPoolExecutor

    import httpx

    with httpx.Client(base_url=url, limits=httpx.Limits(max_connections=IN_FLIGHT)) as client:
        began = time.perf_counter()
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
        return time.perf_counter() - began


def synced(url: str, reviews: int) -> dict[str, float]:
    """Seconds of a first and of a second sync into a new cache; checks that nothing is missing."""
    from ascinbox.config import load_config
    from ascinbox.paths import Paths
    from ascinbox.workers.workspace import Workspace

    with tempfile.TemporaryDirectory() as folder:
        account = account_with_key(Path(folder))
        paths = Paths.under(Path(folder) / "home")
        config = load_config(None, {"ASCINBOX_NETWORK_KEEP_BACK_PERCENT": "0"})
        workspace = Workspace.open(paths=paths, config=config, base_url=url, environ=dict(os.environ))
        workspace.store.call(lambda store: store.accounts.add(account))
        began = time.perf_counter()
        first = workspace.sync.run(datasets=["reviews"], in_bulk=True)
        between = time.perf_counter()
        second = workspace.sync.run(datasets=["reviews"])
        ended = time.perf_counter()
        workspace.close()
        if first.total("new") != reviews or not second.ok or second.total("new"):
            raise SystemExit(f"not all of it arrived: {first} {second}")
        return {
            "first": between - began,
            "second": ended - between,
            "requests": first.total("requests"),
            "again": second.total("requests"),
        }


def measured(what: str, url: str, reviews: int) -> dict[str, float]:
    """One side in a process of its own."""
    command = [sys.executable, __file__, "--one", what, "--url", url, "--reviews", str(reviews)]
    answer: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return answer


def scenario(reviews: int, apps: int, latency_ms: float, rounds: int) -> dict[str, Any]:
    """Both sides in turns over the same server."""
    alone: list[float] = []
    whole: list[dict[str, float]] = []
    with page_server(reviews, apps, latency_ms) as url:
        for _ in range(rounds):
            alone.append(measured("bare", url, reviews)["first"])
            whole.append(measured("sync", url, reviews))
    first = statistics.median(run["first"] for run in whole)
    pages = whole[0]["requests"]
    return {
        "apps": apps,
        "latency_ms": latency_ms,
        "bare_s": statistics.median(alone),
        "first_s": first,
        "ratio": first / statistics.median(alone),
        "reviews_s": reviews / first,
        "allowed_s": pages * latency_ms / 1000 / IN_FLIGHT,
        "requests": pages,
        "second_s": statistics.median(run["second"] for run in whole),
        "again": whole[0]["again"],
    }


def main() -> None:
    """Prints one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviews", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", choices=("bare", "sync"), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one == "bare":
        print(json.dumps({"first": bare(options.url)}))
        return
    if options.one == "sync":
        print(json.dumps(synced(options.url, options.reviews)))
        return
    print(f"{platform.platform()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, ", end="")
    print(f"{options.reviews:,} reviews, median of {options.rounds}")
    columns = ("apps", "latency", "bare s", "sync s", "ratio", "reviews/s", "floor s", "requests", "again")
    print("  ".join(f"{name:>9}" for name in columns))
    for apps, latency_ms in ((3, 0.0), (10, 0.0), (10, 50.0)):
        row = scenario(options.reviews, apps, latency_ms, options.rounds)
        cells = (
            f"{row['apps']}",
            f"{row['latency_ms']:.0f} ms",
            f"{row['bare_s']:.2f}",
            f"{row['first_s']:.2f}",
            f"{row['ratio']:.2f}",
            f"{row['reviews_s']:,.0f}",
            f"{row['allowed_s']:.2f}",
            f"{row['requests']:.0f}",
            f"{row['again']:.0f}",
        )
        print("  ".join(f"{cell:>9}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
