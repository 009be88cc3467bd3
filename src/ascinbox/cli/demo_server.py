"""The demo's App Store Connect and Google Play: a program of its own, so that the screen keeps its pace.

`python -m ascinbox.cli.demo_server SEED MADE_FOR SHIFT_S REVIEWS KEYS_DIR`: prints one line of JSON, then
obeys `meanwhile` and `begin` (see `simulator.demo.Demo`), and ends when its stdin does.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ascinbox.cli.demo_child import obey
from ascinbox.cli.demo_clock import DemoClock
from ascinbox.simulator.app import Settings, Simulator
from ascinbox.simulator.demo import Demo, demo_world
from ascinbox.simulator.demo_play import ACCOUNT, KEY_AGE_DAYS
from ascinbox.simulator.play.app import PlaySimulator
from ascinbox.simulator.server import serve_in_thread

PUBLISH_AFTER_S = 12.0
"""Apple's usual hours, shortened so that a visitor sees a reply become public."""


def main(arguments: list[str]) -> int:
    """Serves until stdin ends."""
    seed, made_for, shift_s, reviews, folder = arguments
    os.umask(0o077)
    demo = demo_world(int(seed), datetime.fromisoformat(made_for), int(reviews))
    clock = DemoClock(timedelta(seconds=float(shift_s)))
    simulator = Simulator(demo.world, clock=clock, settings=Settings(publish_after_s=PUBLISH_AFTER_S))
    served = serve_in_thread(simulator)
    play = serve_in_thread(PlaySimulator(demo.play.world, clock=clock))
    print(json.dumps(hello(demo, served.url, play.url, Path(folder))), flush=True)
    obey({"meanwhile": lambda: demo.meanwhile(simulator), "begin": lambda: demo.begin(simulator)})
    # What is still being answered interests nobody any more.
    os._exit(0)


def hello(demo: Demo, url: str, play_url: str, keys: Path) -> dict[str, Any]:
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
        "play": {
            "url": play_url,
            "name": ACCOUNT,
            "file": str(demo.play.account.write(keys, f"{play_url}/token").resolve()),
            "packages": sorted(demo.play.world.packages),
            "key_age_days": KEY_AGE_DAYS,
        },
        "ids": dict(demo.ids),
        "done": list(demo.script.done),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
