"""A simulated Apple for the tests of secrets, and a keyring that passes for the system's."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ascinbox.simulator.app import Settings, Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.server import serve_in_thread
from tests.hostile.canaries import PASSPHRASE, Apple
from tests.vault.conftest import STUB


@pytest.fixture
def apple(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Apple]:
    """A simulator that this process's commands talk to, with the passphrase in a private file."""
    now = datetime.now(UTC)
    # Ten years of sales would take seconds, and a key is found in none of them.
    world = make_world(7, now, apps=3, reviews=30, sells_since=date(now.year - 1, 1, 1))
    simulator = Simulator(world, settings=Settings(publish_after_s=0.1), hour_limit=100_000)
    with serve_in_thread(simulator) as served:
        monkeypatch.setenv("ASCINBOX_API_URL", served.url)
        passphrase = tmp_path / "passphrase"
        tmp_path.chmod(0o700)
        passphrase.touch(0o600)
        passphrase.write_text(PASSPHRASE)
        monkeypatch.setenv("ASCINBOX_PASSPHRASE_FILE", str(passphrase))
        monkeypatch.setenv("ASCINBOX_SYNC_REPORT_DAYS", "2")
        folder = tmp_path / "keys"
        folder.mkdir(mode=0o700)
        before = dict(os.environ)
        yield Apple(simulator, served.url, folder)
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A keyring that passes for the Secret Service; the file of its items."""
    folder = tmp_path / "stub"
    folder.mkdir(mode=0o700)
    (folder / "sitecustomize.py").write_text(textwrap.dedent(STUB))
    parts = [str(folder), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, parts)))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.SecretService.Keyring")
    monkeypatch.setenv("STUB_MOOD", "ok")
    items = tmp_path / "items.json"
    monkeypatch.setenv("STUB_FILE", str(items))
    return items
