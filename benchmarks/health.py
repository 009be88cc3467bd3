"""How long `ascinbox health` takes from the command line to its exit, with many accounts and a slow Apple.

    python -m benchmarks.health                    20 accounts, 200 ms before each answer, then one that hangs
    python -m benchmarks.health --accounts 5 --rounds 3

Every account is a team of its own with its own key and all six features. The program is started anew each
time, on this machine's loopback; the yardstick is the same requests one after the other.
"""

from __future__ import annotations

import argparse
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
from datetime import UTC, datetime
from pathlib import Path

from ascinbox.config import load_config
from ascinbox.core.health.capabilities import LISTED
from ascinbox.paths import Paths
from ascinbox.simulator.app import Settings, Simulator
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.server import serve_in_thread
from ascinbox.simulator.world import SimulatedApp, Team, World
from ascinbox.workers.accounts.credentials import from_file
from ascinbox.workers.accounts.linking import LinkRequest
from ascinbox.workers.workspace import Workspace

LIMIT_S = 2.5
"""For 20 accounts with 200 ms, start of the program and its end included."""


def many_teams(count: int) -> tuple[Simulator, list[ApiKey]]:
    """As many teams, each with an app and an Admin key."""
    world = World(7, datetime.now(UTC))
    keys = []
    for number in range(count):
        issuer = f"00000000-0000-4000-8000-{number:012d}"
        world.add_team(Team(f"Team {number}", issuer, f"8000{number:04d}"))
        world.add_app(
            SimulatedApp(f"15000{number:05d}", f"App {number}", f"example.a{number}", f"a{number}", issuer)
        )
        keys.append(world.add_key(ApiKey(f"TEAMKEY{number:03d}", issuer, ("ADMIN",))))
    return Simulator(world, settings=Settings(), hour_limit=1_000_000), keys


def link_all(simulator: Simulator, keys: list[ApiKey], url: str, home: Path) -> None:
    """Links every key as `ascinbox link` does."""
    paths = Paths.under(home)
    space = Workspace.open(paths=paths, config=load_config(paths.config_file, {}), base_url=url, environ={})
    space.wait_ready()
    for number, key in enumerate(keys):
        file = key.write(home.parent / "keys")
        vendor = simulator.world.teams[key.issuer_id].vendor
        trial = space.accounts.try_credential(
            from_file(space.vault, file, None, key.issuer_id), vendor=vendor
        )
        space.accounts.link(LinkRequest(f"Team {number}", trial, LISTED, None, "file"))
    space.close()


@contextmanager
def linked(count: int) -> Iterator[tuple[Simulator, list[ApiKey], dict[str, str]]]:
    """A simulated Apple, and the environment of a home that is linked to all of its teams."""
    simulator, keys = many_teams(count)
    with tempfile.TemporaryDirectory() as folder, serve_in_thread(simulator) as served:
        home = Path(folder) / "home"
        link_all(simulator, keys, served.url, home)
        environ = {"ASCINBOX_HOME": str(home), "ASCINBOX_API_URL": served.url, "HOME": folder}
        yield simulator, keys, {**os.environ, **environ}


def once(environ: dict[str, str]) -> tuple[float, float, str]:
    """Seconds from start to exit, processor seconds, and the line that was printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "ascinbox", "health"], env=environ, capture_output=True, text=True, check=False
    )
    elapsed = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return elapsed, processor, done.stdout.strip() or done.stderr.strip()


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="How long ascinbox health takes.")
    parser.add_argument("--accounts", type=int, default=20)
    parser.add_argument("--latency-ms", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
    with linked(options.accounts) as (simulator, keys, environ):
        once(environ)
        simulator.settings.latency_s = options.latency_ms / 1000
        seen = len(simulator.ledger.requests)
        runs = [once(environ) for _ in range(options.rounds)]
        asked = (len(simulator.ledger.requests) - seen) // options.rounds
        times = sorted(elapsed for elapsed, _, _ in runs)
        print(f"{options.accounts} accounts, {asked} requests of {options.latency_ms} ms: "
              f"{times[0]:.2f} s best, {statistics.median(times):.2f} s median "
              f"({statistics.median(p for _, p, _ in runs):.2f} s of processor); "
              f"one after the other: {asked * options.latency_ms / 1000:.0f} s")  # fmt: skip
        print(f"  {runs[-1][2]}")
        simulator.faults.add("slow", path="/v1/*", key_id=keys[0].key_id, seconds=120.0, times=None)
        elapsed, _, line = once(environ)
        print(f"one of them hangs: {elapsed:.2f} s (its deadline is 15 s)\n  {line}")


if __name__ == "__main__":
    main()
