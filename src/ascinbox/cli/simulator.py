"""`ascinbox simulator`: an App Store Connect on 127.0.0.1 to play and test against."""

from __future__ import annotations

import json
import signal
import tempfile
from argparse import Namespace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.errors import AscinboxError

if TYPE_CHECKING:
    from ascinbox.cli.context import Context
    from ascinbox.core.clock import Clock
    from ascinbox.simulator.app import Simulator
    from ascinbox.simulator.play.app import PlaySimulator

REVIEWS = 500
_PACKAGES = ("tide", "moon", "harbour", "sail")


def run(context: Context, options: Namespace) -> int:
    """Serves until TERM (exit 0) or INT (exit 130). Prints one line of JSON first."""
    from ascinbox.simulator.app import Settings, Simulator
    from ascinbox.simulator.generate import make_world
    from ascinbox.simulator.server import listen, serve, serve_in_thread

    def ended(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, ended)
    reviews = REVIEWS if options.reviews is None else options.reviews
    clock = context.clock if options.now is None else ShiftedClock(options.now)
    world = make_world(options.seed, clock.now(), apps=options.apps, reviews=reviews)
    settings = Settings(
        latency_s=options.latency_ms / 1000,
        publish_after_s=float(options.publish_after),
        skew_s=float(options.skew),
    )
    simulator = Simulator(world, clock=clock, settings=settings)
    if options.store == "play":
        return _serve_play(context, options, clock)
    try:
        listening = listen(options.port)
    except OSError as problem:
        raise AscinboxError(
            f"Port {options.port} cannot be used.", str(problem), "Choose another, or leave --port out."
        ) from None
    with listening, tempfile.TemporaryDirectory(prefix="ascinbox-simulator-") as scratch:
        folder = Path(options.keys_dir) if options.keys_dir else Path(scratch)
        told = hello(simulator, listening.getsockname()[1], folder)
        if options.store == "both":
            play = play_simulator(options, clock)
            told["play"] = hello_play(play, serve_in_thread(play).url, folder)
        context.output.line(json.dumps(told))
        context.output.stdout.flush()
        serve(simulator, listening)
    return 0


def _serve_play(context: Context, options: Namespace, clock: Clock) -> int:
    """A Google Play alone."""
    from ascinbox.simulator.server import listen, serve, url_of

    simulator = play_simulator(options, clock)
    try:
        listening = listen(options.port)
    except OSError as problem:
        raise AscinboxError(
            f"Port {options.port} cannot be used.", str(problem), "Choose another, or leave --port out."
        ) from None
    with listening, tempfile.TemporaryDirectory(prefix="ascinbox-simulator-") as scratch:
        folder = Path(options.keys_dir) if options.keys_dir else Path(scratch)
        context.output.line(json.dumps(hello_play(simulator, url_of(listening), folder)))
        context.output.stdout.flush()
        serve(simulator, listening)
    return 0


def play_simulator(options: Namespace, clock: Clock) -> PlaySimulator:
    """A Google Play with as many packages and reviews as were asked for."""
    from ascinbox.simulator.play.app import PlaySettings, PlaySimulator
    from ascinbox.simulator.play.world import make_play_world

    reviews = REVIEWS if options.reviews is None else options.reviews
    turns = [divmod(number, len(_PACKAGES)) for number in range(options.apps)]
    packages = tuple(f"com.example.{_PACKAGES[which]}{turn or ''}" for turn, which in turns)
    each = reviews // max(1, options.apps)
    world = make_play_world(options.seed, clock.now(), packages=packages, reviews=each)
    settings = PlaySettings(latency_s=options.latency_ms / 1000, skew_s=float(options.skew))
    return PlaySimulator(world, clock=clock, settings=settings)


def hello_play(simulator: PlaySimulator, url: str, folder: Path) -> dict[str, Any]:
    """What a client needs to know. Writes the service account's file, readable by its owner only."""
    world = simulator.world
    return {
        "url": url,
        "storage_url": url,
        "bucket": world.bucket,
        "packages": list(world.packages),
        "service_accounts": [
            {"email": account.email, "file": str(account.write(folder, f"{url}/token").resolve())}
            for account in world.accounts.values()
        ],
    }


def hello(simulator: Simulator, port: int, folder: Path) -> dict[str, Any]:
    """What a client needs to know. Writes the keys into `folder`, readable by their owner only."""
    world = simulator.world
    team = next(iter(world.teams.values()))
    return {
        "url": f"http://127.0.0.1:{port}",
        "issuer_id": team.issuer_id,
        "vendor": team.vendor,
        "reporter_token": team.reporter_token,
        "control_token": simulator.control_token,
        "keys": [
            {
                "key_id": key.key_id,
                "p8": str(key.write(folder).resolve()),
                "roles": list(key.roles),
                "kind": key.kind,
                "revoked": key.revoked,
            }
            for key in world.keys.values()
        ],
    }
