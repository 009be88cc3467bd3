"""Detection in the background: after pages are stored, so many texts a run, and with no socket."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ascinbox.core.records import Review
from ascinbox.core.reviews.language_decision import LanguageSource
from ascinbox.store.database import maintenance_lock
from ascinbox.workers.languages.detecting import AT_ONCE
from ascinbox.workers.languages.detector import MODEL, LanguageDetector
from ascinbox.workers.workspace import Workspace
from tests.workers.simulated_apple import Apple, Desk

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
TEXTS = ("Te veel reclame", "Muito bom, recomendo", "起動しない", "5.2.1")


@pytest.fixture
def workspace(desk: Desk, apple: Apple) -> Workspace:
    return desk.open(apple.account())


def put(workspace: Workspace, count: int) -> None:
    reviews = [
        Review(f"id{n}", "1", 1, "", TEXTS[n % len(TEXTS)], "nick", NOW, ("NLD", "BRA", "JPN", "USA")[n % 4])
        for n in range(count)
    ]
    workspace.store.call(lambda s: s.reviews.save_page("1", reviews))


def languages(workspace: Workspace, count: int) -> list[str | None]:
    details = workspace.inbox.details([f"id{n}" for n in range(count)])
    return [detail.language.code for detail in details]


def test_texts_are_looked_at_once_and_their_language_is_kept_with_its_source(workspace: Workspace) -> None:
    put(workspace, 4)
    assert languages(workspace, 4) == [None, "pt", "ja", None]
    assert workspace.languages.detect() == 4
    assert workspace.languages.detect() == 0
    assert languages(workspace, 4) == ["nl", "pt", "ja", None]
    (dutch,) = workspace.inbox.details(["id0"])
    assert dutch.language.source is LanguageSource.DETECTOR
    assert dutch.language.score is not None
    assert 0.5 <= dutch.language.score <= 1


def test_a_run_takes_as_many_texts_as_it_may_and_the_next_one_goes_on(workspace: Workspace) -> None:
    count = AT_ONCE + 150
    put(workspace, count)
    assert workspace.languages.detect(AT_ONCE + 50) == AT_ONCE + 50
    assert workspace.languages.detect(AT_ONCE + 50) == 100
    assert languages(workspace, count).count("nl") == sum(n % 4 == 0 for n in range(count))


def test_it_stops_when_told_and_when_another_program_is_at_it(workspace: Workspace) -> None:
    put(workspace, 4)
    assert workspace.languages.detect(stop=lambda: True) == 0
    with maintenance_lock(workspace.paths.locks, "languages"):
        assert workspace.languages.detect() == 0
    assert workspace.languages.detect() == 4


def test_a_sync_stores_and_detection_comes_after(workspace: Workspace) -> None:
    workspace.sync.run()
    waiting = workspace.store.call(lambda s: s.database.one("SELECT count(*) FROM cache.undetected"))
    assert waiting > 0
    assert workspace.languages.detect() == waiting


def test_the_model_is_the_one_that_was_measured_and_its_licence_lies_beside_it() -> None:
    licence = MODEL.with_name("lid.176.LICENSE.md").read_text("utf-8")
    assert hashlib.sha256(MODEL.read_bytes()).hexdigest() in licence
    assert "Attribution-Share-Alike" in licence


def test_the_detector_opens_no_socket_and_no_file_but_its_model() -> None:
    script = (
        "import sys; opened = [];"
        "sys.addaudithook(lambda name, args: opened.append((name, str(args[0]))) "
        "if name.startswith(('socket.', 'urllib.', 'http.', 'subprocess.', 'os.system')) else None);"
        "from ascinbox.workers.languages.detector import LanguageDetector;"
        "found = LanguageDetector()('te veel reclame');"
        "print(max(found, key=found.get), opened, "
        "sorted({'numpy', 'requests', 'httpx', 'socket', 'ssl'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "nl [] []"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_the_process_has_no_socket_after_detecting() -> None:
    script = (
        "import os; from ascinbox.workers.languages.detector import LanguageDetector;"
        "LanguageDetector()('te veel reclame');"
        "links = [os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') "
        "if os.path.islink(f'/proc/self/fd/{n}')];"
        "print([link for link in links if link.startswith('socket')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_line_in_which_the_model_knows_nothing_has_no_language() -> None:
    detector = LanguageDetector()
    assert detector("") == {}
    assert detector("👍👍👍") == {}
    assert max(detector("te veel reclame").values()) <= 1
