"""The process that has read a secret cannot be looked into."""

from __future__ import annotations

import subprocess
import sys

import pytest

PR_GET_DUMPABLE = 3


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is Linux's")
def test_memory_is_closed_once_a_secret_was_asked_for() -> None:
    script = f"""
import contextlib, ctypes, pathlib
from ascinbox.paths import Paths
from ascinbox.vault import Vault
state = lambda: ctypes.CDLL(None).prctl({PR_GET_DUMPABLE}, 0, 0, 0, 0)
vault = Vault(Paths.under(pathlib.Path("/nonexistent")), {{}})
before = state()
with contextlib.suppress(Exception):
    vault.load("env:NO_SUCH")
print(before, state())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "0"]
