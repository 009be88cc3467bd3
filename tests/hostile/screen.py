"""The app on an existing cache, without network, in a terminal of its own: `python -m tests.hostile.screen`.

Arguments: the home folder, then the nets to take away (`clean`, `filter`). On SIGUSR1 the background speaks
up with every attack.
"""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from ascinbox.config import load_config
from ascinbox.core.clock import ShiftedClock
from ascinbox.core.events import Notice, SyncProgress
from ascinbox.core.text import clean_line
from ascinbox.paths import Paths
from ascinbox.tui.runtime.output_filter import ControlFilter
from ascinbox.tui.start import run_app
from ascinbox.workers.workspace import Workspace
from tests.hostile.payloads import NAMES
from tests.hostile.plant import NOW, attack, cleaning_off


def main(home: str, *missing: str) -> int:
    """Runs until the person quits; the app's exit code."""
    paths = Paths.under(Path(home))
    with ExitStack() as stack:
        if "clean" in missing:
            stack.enter_context(cleaning_off())
        if "filter" in missing:
            ControlFilter.apply = lambda self, segments, background: segments  # type: ignore[method-assign]
        workspace = Workspace.open(
            paths=paths,
            config=load_config(paths.config_file, {}),
            clock=ShiftedClock(NOW),
            environ={"USER": "mia"},
            offline=True,
        )
        stack.callback(workspace.close)
        workspace.wait_ready()
        words = [clean_line(attack(name)) for name in NAMES]

        def speak(*_: object) -> None:
            for word in words:
                workspace.publish(SyncProgress(word, "reviews", 1, 2, detail=word))
                workspace.publish(Notice(word, "warning"))

        signal.signal(signal.SIGUSR1, speak)
        return run_app(workspace, view="All")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
