"""The app, until a screen of it crashes with secrets in its variables: `python -m tests.hostile.crash`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

from ascinbox.cli.logs import start_logging
from ascinbox.cli.run import harden_process
from ascinbox.config import load_config
from ascinbox.core.clock import ShiftedClock
from ascinbox.core.secret import Secret
from ascinbox.paths import Paths
from tests.hostile.plant import NOW


def main(home: str, place: str) -> int:
    """Opens the screen `place` and lets it crash; the app's exit code."""
    harden_process()
    from ascinbox.tui import app as application
    from ascinbox.tui.start import run_app
    from ascinbox.workers.workspace import Workspace

    paths = Paths.under(Path(home))
    start_logging(paths.log_file, verbose=False)
    workspace = Workspace.open(
        paths=paths,
        config=load_config(None, {}),
        clock=ShiftedClock(NOW),
        environ={"USER": "mia"},
        offline=True,
    )
    remember = application.AscinboxApp.ready_for_keys

    def ready(self: application.AscinboxApp, take_place: Callable[[str, str], None]) -> None:
        remember(self, take_place)
        self.spawn(self.go(place))
        threading.Timer(1.0, lambda: self.screen_stack[-1].call_later(boom)).start()

    application.AscinboxApp.ready_for_keys = ready  # type: ignore[method-assign]
    try:
        workspace.wait_ready()
        return run_app(workspace)
    finally:
        workspace.close()


def boom() -> None:
    """Dies with everything at hand that must not be seen."""
    pem = "-----BEGIN " + "PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----"
    secret, token = Secret("CANARY"), "ey" + "JhbGciOiJFUzI1NiJ9.CANARY.CANARY"
    link = {"url": "https://files.example/?X-Amz-" + "Signature=CANARY", "headers": {"Authorization": token}}
    raise RuntimeError(f"boom {len(pem) + len(token) + len(link) + bool(secret)}")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
