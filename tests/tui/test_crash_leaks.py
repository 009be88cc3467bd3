"""A crash with a key in memory shows and writes nothing of the key, whichever screen it happens in."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ascinbox.simulator.app import Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.server import serve_in_thread
from tests.tui.linked import Team

CRASHING = """
    import sys
    from pathlib import Path
    from ascinbox.cli.logs import start_logging
    from ascinbox.config import load_config
    from ascinbox.core.secret import Secret
    from ascinbox.paths import Paths
    from ascinbox.tui.start import run_app
    from ascinbox.tui.accounts.screen import AccountsScreen
    from ascinbox.tui.health.screen import HealthScreen
    from ascinbox.core.stores import APP_STORE
    from ascinbox.tui.wizard import choosing
    from ascinbox.tui.wizard.screen import WizardScreen
    from ascinbox.workers.accounts.credentials import from_file
    from ascinbox.workers.workspace import Workspace

    home, url, p8, issuer, where = sys.argv[1:]
    paths = Paths.under(Path(home))
    start_logging(paths.log_file, verbose=True, stderr=sys.stderr)
    space = Workspace.open(paths=paths, config=load_config(None, {}), base_url=url, environ={"USER": "mia"})
    space.wait_ready()
    candidate = from_file(space.vault, Path(p8), None, issuer)
    client = space.client_of(space.accounts.list()[0].primary)
    client.probe("/v1/apps", {"limit": 1})

    def crash(self, *_):
        held, key, way = candidate, candidate.secret, client
        passphrase = Secret("correct horse battery")
        raise RuntimeError("injected")

    owner, name = {
        "health": (HealthScreen, "_paint"),
        "accounts": (AccountsScreen, "_paint"),
        "wizard": (WizardScreen, "paint"),
    }[where]
    setattr(owner, name, crash)

    async def at_once(below):
        await below.app.push_screen(choosing.wizard_for(below, APP_STORE))

    # The question for the store is no part of the wizard.
    choosing.choose_store = at_once
    code = run_app(space, begin={"health": "go_health", "accounts": "go_accounts", "wizard": "add"}[where])
    space.close()
    sys.exit(code)
"""


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    simulator = Simulator(make_world(7, datetime.now(UTC), apps=1, reviews=3), hour_limit=100_000)
    tmp_path.chmod(0o700)
    with serve_in_thread(simulator) as served:
        yield Team(simulator, served.url, tmp_path)


def run_on_a_terminal(command: list[str], seconds: float) -> tuple[int, bytes]:
    """The exit code and everything that the program wrote to its terminal."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"},
        start_new_session=True,
    )
    os.close(theirs)
    said = b""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ready, _, _ = select.select([ours], [], [], 0.2)
        if ready:
            try:
                part = os.read(ours, 65_536)
            except OSError:
                break
            if not part:
                break
            said += part
        elif child.poll() is not None:
            break
    if child.poll() is None:
        child.kill()
    os.close(ours)
    return child.wait(), said


@pytest.mark.slow
@pytest.mark.parametrize("where", ["health", "accounts", "wizard"])
def test_a_crash_shows_nothing_of_the_key(where: str, team: Team) -> None:
    key = team.key("ADMIN")
    team.link("Northwind", key)
    script = team.folder / "crash.py"
    script.write_text(textwrap.dedent(CRASHING))
    p8 = team.file(key)
    home = str(team.folder / "home")
    code, said = run_on_a_terminal(
        [sys.executable, str(script), home, team.url, str(p8), key.issuer_id, where], 30
    )
    log = team.paths.log_file.read_text() if team.paths.log_file.exists() else ""
    assert b"injected" in said or "injected" in log or code, "the crash has to have happened"
    assert "injected" in log
    kept = {Path(p8), team.paths.keys / Path(p8).name, script}
    written = {
        path: path.read_bytes() for path in team.folder.rglob("*") if path.is_file() and path not in kept
    }
    for needle in (*key.pem().splitlines()[1:-1], "correct horse battery", "eyJ"):
        assert needle.encode() not in said
        assert [path for path, content in written.items() if needle.encode() in content] == []
