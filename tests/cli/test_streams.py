"""Standard streams that are closed, and an output that takes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import run_here

CLOSED = {"stdin": "<&-", "stdout": ">&-", "stderr": "2>&-"}


def variables_of(home: Path) -> dict[str, str]:
    return {**os.environ, "ASCINBOX_HOME": str(home), "ASCINBOX_API_URL": "http://127.0.0.1:9"}


def run(home: Path, words: str, redirection: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """One command on an empty home, started by a shell."""
    environ = {**variables_of(home), **variables}
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "{sys.executable}" -m ascinbox {words} {redirection}'],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize("stream", sorted(CLOSED))
@pytest.mark.parametrize("words", ["--version", "health", "sync", "mark --ids - --done"])
def test_a_closed_stream_is_as_dev_null(tmp_path: Path, words: str, stream: str) -> None:
    expected = run_here(words.split(), variables_of(tmp_path), "")
    told = {"stdout": expected.stdout, "stderr": expected.stderr}
    if stream in told:
        told[stream] = ""
    got = run(tmp_path, words, CLOSED[stream])
    assert (got.returncode, got.stdout, got.stderr) == (expected.returncode, told["stdout"], told["stderr"])
    assert got.returncode != 70


def test_with_every_stream_closed_no_file_takes_the_number_of_one(tmp_path: Path) -> None:
    assert run(tmp_path, "outbox", "<&- >&- 2>&-").returncode == 0
    assert (tmp_path / "data" / "user.db").read_bytes().startswith(b"SQLite format 3")
    assert run(tmp_path, "outbox", "").returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", ["--version", "--help", "reviews --json", "export reviews -o -"])
def test_a_full_disk_is_an_error_of_its_own(tmp_path: Path, words: str, unbuffered: str) -> None:
    done = run(tmp_path, words, ">/dev/full", PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 74
    assert done.stderr == (
        "ascinbox: Standard output cannot be written.\n"
        "  No space left on device. What was printed is not complete.\n"
    )


def test_words_that_nobody_can_read_change_no_exit_code(tmp_path: Path) -> None:
    assert run(tmp_path, "no-such-command", "2>/dev/full").returncode == 3
