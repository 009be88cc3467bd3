"""The demo's App Store Connect: a program of its own, so that the screen keeps its pace.

`python -m ascinbox.cli.demo_server SEED MADE_FOR SHIFT_S REVIEWS KEYS_DIR`: prints one line of JSON, then
obeys `meanwhile` and `begin` on stdin (see `simulator.demo.Demo`), and ends when stdin does.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ascinbox.core.clock import SystemClock
from ascinbox.simulator.app import Settings, Simulator
from ascinbox.simulator.demo import Demo, demo_world
from ascinbox.simulator.server import listen, serve, url_of

PUBLISH_AFTER_S = 12.0
"""Apple's usual hours, shortened so that a visitor sees a reply become public."""


class LaggingClock(SystemClock):
    """The machine's time, moved by a fixed span."""

    def __init__(self, shift_s: float) -> None:
        self._shift = timedelta(seconds=shift_s)

    def now(self) -> datetime:
        return super().now() + self._shift


def main(arguments: list[str]) -> int:
    """Serves until stdin ends."""
    seed, made_for, shift_s, reviews, folder = arguments
    os.umask(0o077)
    demo = demo_world(int(seed), datetime.fromisoformat(made_for), int(reviews))
    settings = Settings(publish_after_s=PUBLISH_AFTER_S)
    simulator = Simulator(demo.world, clock=LaggingClock(float(shift_s)), settings=settings)
    listening = listen()
    print(json.dumps(hello(demo, url_of(listening), Path(folder))), flush=True)
    threading.Thread(target=obey, args=(demo, simulator), daemon=True).start()
    serve(simulator, listening)
    return 0


def hello(demo: Demo, url: str, keys: Path) -> dict[str, Any]:
    """What the demo needs to link the accounts and to set its scene. Writes the keys."""
    return {
        "url": url,
        "accounts": [
            {
                "name": account.name,
                "p8": str(account.key.write(keys).resolve()),
                "key_id": account.key.key_id,
                "issuer_id": account.issuer_id,
                "vendor": account.vendor,
                "features": list(account.features),
                "hidden_apps": list(account.hidden_apps),
                "key_age_days": account.key_age_days,
            }
            for account in demo.accounts
        ],
        "ids": dict(demo.ids),
        "done": list(demo.script.done),
    }


def obey(demo: Demo, simulator: Simulator) -> None:
    """Does what each line of stdin says and answers with it; the end of stdin ends the program."""
    for line in sys.stdin:
        match line.strip():
            case "meanwhile":
                demo.meanwhile(simulator)
            case "begin":
                demo.begin(simulator)
        print(line.strip(), flush=True)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
