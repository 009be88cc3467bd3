"""Row 57: crashes on every road that a key travels: sync, sender, prober, reports, vault, screens."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from benchmarks.terminal import Terminal
from tests.hostile.canaries import PASSPHRASE, Apple, files_with, found_in, needles
from tests.python_path import python_path
from tests.tui.world import build, review

SCREENS = ("inbox", "outbox", "metrics", "health", "accounts")
ROADS: dict[str, tuple[str, ...]] = {
    "sync --only reviews": (
        "ascinbox.sources.apple.tokens.TokenSource._make",
        "ascinbox.sources.http.exchange.Exchange._request",
        "ascinbox.sources.http.exchange.Exchange._noted",
        "ascinbox.sources.apple.parse.reviews_page",
        "ascinbox.store.hot.reviews.Reviews.save_pages",
        "ascinbox.vault.vault.Vault.load",
        "ascinbox.vault.encrypted.EncryptedFiles._key",
    ),
    "reply REVIEW --text Thanks --yes": (
        "ascinbox.workers.replies.sending.OutboxProcessor._look",
        "ascinbox.workers.replies.sending.OutboxProcessor._deliver",
        "ascinbox.workers.replies.sending._carry_out",
        "ascinbox.sources.apple.client.AppleClient.publish",
        "ascinbox.sources.apple.parse.single_response",
        "ascinbox.workers.replies.sending.OutboxProcessor._finish",
    ),
    "health --max-age 0s --probe-reply --yes": (
        "ascinbox.sources.apple.client.AppleClient.probe",
        "ascinbox.sources.apple.client.probed",
        "ascinbox.sources.apple.probing.AppleProber._ask",
        "ascinbox.sources.apple.probing.AppleProber._ask_reply",
    ),
    "sync --only sales": (
        "ascinbox.sources.apple.client.AppleClient.download",
        "ascinbox.sources.apple.client.spool",
        "ascinbox.sources.apple.reports.parse_sales",
        "ascinbox.store.cache.reports.reports.Reports.save_sales",
    ),
}
POINTS = [(road, point) for road, points in ROADS.items() for point in points]


def boom(monkeypatch: pytest.MonkeyPatch, point: str, secret: str) -> list[int]:
    """Lets `point` die with secrets at hand and in what it says; counts how often it was reached."""
    hits: list[int] = []

    def broken(*rest: object, **named: object) -> None:
        hits.append(1)
        header = {"Authorization": f"Bearer {secret}", "passphrase": PASSPHRASE}
        raise RuntimeError(f"boom {len(header)} {secret} https://files.example/?X-Amz-Signature=c0ffee1234")

    monkeypatch.setattr(point, broken)
    return hits


@pytest.mark.parametrize(("road", "point"), POINTS, ids=[f"{r.split(' --y')[0]}: {p[9:]}" for r, p in POINTS])
def test_row_57_a_crash_of_a_worker_with_the_key_at_hand_shows_nothing(
    road: str,
    point: str,
    apple: Apple,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Above each point, frames hold the key object, the token, the header or a presigned link."""
    key = apple.key("ADMIN")
    features = "reviews,reply,sales,analytics" if "sync --only" in road else "reviews,reply"
    stored = "encrypted" if "EncryptedFiles" in point else "file"
    more = ("--vendor", apple.vendor) if "sync" in road else ()
    assert apple.link(key, stored, *more, features=features) in {0, 1}
    text = next(iter(apple.simulator.world.apps.values())).reviews[0].id
    if "reply" in road.split()[0]:
        assert apple.run("sync", "--only", "reviews") == 0
    hits = boom(monkeypatch, point, key.pem())
    apple.run(*road.replace("REVIEW", text).split())
    assert hits, "the point was never reached"
    said = "".join(capsys.readouterr())
    secret = [*needles(key), "c0ffee1234"]
    assert found_in(said, secret) == []
    assert files_with(home.parent, secret, lambda p: p.suffix == ".p8" and p.parent.name == "keys") == []


@pytest.mark.slow
@pytest.mark.parametrize("place", SCREENS)
def test_rows_57_and_59_a_crash_of_a_screen_shows_nothing_on_the_terminal(place: str, tmp_path: Path) -> None:
    """Each screen dies with a key, a token, a passphrase and a presigned link in the variables at hand."""
    build(tmp_path, [review(number) for number in range(4)])
    raw = bytearray()
    environment = {"PYTHONPATH": python_path(), "TEXTUAL_LOG": str(tmp_path / "textual.log")}
    terminal = Terminal(
        (sys.executable, "-m", "tests.hostile.crash", str(tmp_path), place), environment=environment
    )
    feed = terminal._stream.feed
    terminal._stream.feed = lambda data: (raw.extend(data), feed(data))  # type: ignore[assignment, func-returns-value]
    status = None
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        terminal._read(0.1)
        done, status = os.waitpid(terminal.pid, os.WNOHANG)
        if done:
            while terminal._read(0.1):
                pass
            break
    else:
        terminal.close()
        pytest.fail("it did not end")
    assert status is not None
    assert os.waitstatus_to_exitcode(status) == 1
    assert b"an error of its own (RuntimeError)" in raw.replace(b"\r\n", b"")
    log = (tmp_path / "state" / "ascinbox.log").read_text()
    assert "RuntimeError: boom" in log
    everything = raw.decode("utf-8", "replace") + log
    for canary in ("CANARY", "BEGIN PRIVATE", "eyJ", "X-Amz-Signature"):
        assert canary not in everything
    assert not (tmp_path / "textual.log").exists()
