"""Canaries: keys, passphrases, tokens and signatures that must be found nowhere but where they were put."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ascinbox.cli import main
from ascinbox.simulator.app import Settings, Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.server import serve_in_thread
from ascinbox.tui.external import edit
from benchmarks.terminal import Terminal
from tests.hostile.plant import plant
from tests.tui.world import build, review, running

PASSPHRASE = "canary battery staple 7331"
SCREENS = ("inbox", "outbox", "metrics", "health", "accounts")


class Apple:
    """A simulator, its keys as files, and what of a key must never be seen."""

    def __init__(self, simulator: Simulator, url: str, folder: Path) -> None:
        self.simulator, self.url, self.folder = simulator, url, folder
        folder.mkdir(mode=0o700)

    def key(self, role: str) -> ApiKey:
        return next(
            key
            for key in self.simulator.world.keys.values()
            if key.roles == (role,) and not key.individual and not key.revoked
        )

    def file(self, key: ApiKey) -> str:
        return str(key.write(self.folder))


def needles(*keys: ApiKey) -> list[str]:
    """Lines of the keys, the passphrase, the beginning of every token, what signatures are called."""
    lines = [line for key in keys for line in key.pem().splitlines()[1:-1]]
    return [*lines, PASSPHRASE, "eyJ", "BEGIN PRIVATE"]


@pytest.fixture
def apple(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Apple]:
    world = make_world(7, datetime.now(UTC), apps=3, reviews=30)
    simulator = Simulator(world, settings=Settings(publish_after_s=0.1), hour_limit=100_000)
    with serve_in_thread(simulator) as served:
        monkeypatch.setenv("ASCINBOX_API_URL", served.url)
        passphrase = tmp_path / "passphrase"
        tmp_path.chmod(0o700)
        passphrase.touch(0o600)
        passphrase.write_text(PASSPHRASE)
        monkeypatch.setenv("ASCINBOX_PASSPHRASE_FILE", str(passphrase))
        yield Apple(simulator, served.url, tmp_path / "keys")


def link(apple: Apple, key: ApiKey, vault: str) -> int:
    return main(
        ["link", "--name", "North", "--p8", apple.file(key), "--issuer-id", key.issuer_id,
         "--features", "reviews,reply", "--vault", vault, "--yes", "-v"]
    )  # fmt: skip


def files_with(
    folder: Path, found: list[str], allowed: Callable[[Path], bool] = lambda _: False
) -> list[str]:
    """Files under `folder` in which a needle stands."""
    return [
        f"{needle[:8]}… in {path}"
        for path in folder.rglob("*")
        if path.is_file() and not allowed(path)
        for needle in found
        if needle.encode() in path.read_bytes()
    ]


@pytest.mark.parametrize("vault", ["file", "encrypted"])
def test_row_58_a_whole_story_leaves_the_key_in_its_place_only(
    vault: str, apple: Apple, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Link, sync, reply, rotate, unlink; then every file, every argument of a child and every output."""
    first, second = apple.key("ADMIN"), apple.key("APP_MANAGER")
    arguments: list[str] = []
    real = subprocess.Popen.__init__

    def spy(self: Any, args: Any, *rest: Any, **named: Any) -> None:
        arguments.append(f"{args} {named.get('env')}")
        real(self, args, *rest, **named)

    monkeypatch.setattr(subprocess.Popen, "__init__", spy)
    assert link(apple, first, vault) == 0
    assert main(["sync", "--only", "reviews,replies", "-v"]) == 0
    app = next(iter(apple.simulator.world.apps.values()))
    assert main(["reply", app.reviews[0].id, "--text", "Thank you.", "--yes", "-v"]) in {0, 4, 5}
    assert main(["health", "--json", "-v"]) in {0, 1, 2}
    rotate = ["rotate", "North", "--p8", apple.file(second), "--issuer-id", second.issuer_id]
    assert main([*rotate, "--vault", vault, "--yes", "-v"]) == 0
    bundle = home.parent / "bundle.txt"
    assert main(["doctor", "--bundle", str(bundle)]) in {0, 1}
    said = "".join(capsys.readouterr())
    secret = needles(first, second)

    def in_its_place(path: Path) -> bool:
        return vault == "file" and path.suffix == ".p8" and path.parent.name == "keys"

    assert [needle[:8] for needle in secret if needle in said] == []
    assert [needle[:8] for needle in secret if needle in " ".join(arguments)] == []
    assert files_with(home.parent, secret, in_its_place) == []
    assert first.key_id not in bundle.read_text()
    assert first.issuer_id not in bundle.read_text()
    assert main(["unlink", "North", "--yes"]) == 0
    assert files_with(home.parent, secret) == []
    assert [path for path in home.rglob("*") if path.suffix in {".p8", ".sealed"}] == []


POINTS = (
    "ascinbox.apple.tokens.TokenSource._make",
    "ascinbox.apple.exchange.Exchange._request",
    "ascinbox.apple.exchange.Exchange._noted",
    "ascinbox.apple.parse.reviews_page",
    "ascinbox.store.reviews.Reviews.save_pages",
    "ascinbox.vault.vault.Vault.load",
)


@pytest.mark.parametrize("point", POINTS)
def test_row_57_a_crash_of_a_worker_with_the_key_at_hand_shows_nothing(
    point: str,
    apple: Apple,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each point is on the road of a sync; above it, frames hold the key object, the token and the header."""
    key = apple.key("ADMIN")
    assert link(apple, key, "encrypted") == 0
    hits: list[int] = []

    def broken(*rest: object, **named: object) -> None:
        hits.append(1)
        pem, header = key.pem(), f"Authorization: Bearer {PASSPHRASE}"
        raise RuntimeError(f"boom {len(pem) + len(header)}")

    monkeypatch.setattr(point, broken)
    main(["sync", "--only", "reviews", "-v"])
    assert hits, "the point was never reached"
    said = "".join(capsys.readouterr())
    secret = needles(key)
    assert [needle[:8] for needle in secret if needle in said] == []
    assert files_with(home.parent, secret) == []


@pytest.mark.slow
@pytest.mark.parametrize("place", SCREENS)
def test_row_57_a_crash_of_a_screen_shows_nothing_on_the_terminal(place: str, tmp_path: Path) -> None:
    """Each screen dies with a key, a token, a passphrase and a presigned link in the variables at hand."""
    build(tmp_path, [review(number) for number in range(4)])
    raw = bytearray()
    environment = {"PYTHONPATH": str(Path.cwd()), "TEXTUAL_LOG": str(tmp_path / "textual.log")}
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


async def test_row_58_a_picture_of_the_screen_holds_no_passphrase(tmp_path: Path) -> None:
    from textual.widgets import Input

    from ascinbox.tui.widgets.form import Field

    paths = build(tmp_path, [review(1)])
    async with running(paths) as ui:
        field = Field("first", "Passphrase", password=True)
        await ui.app.screen.mount(field)
        field.query_one(Input).value = PASSPHRASE
        await ui.rest()
        assert "•" in ui.text()
        assert PASSPHRASE not in ui.text()
        assert PASSPHRASE not in ui.app.export_screenshot().replace("&#160;", " ")


def test_row_58_the_editor_inherits_no_secret(tmp_path: Path) -> None:
    seen = tmp_path / "environ"
    editor = tmp_path / "editor"
    editor.write_text(
        f'#!/bin/sh\nenv > {seen}\ntr "\\0" " " < /proc/self/cmdline >> {seen}\necho hi > "$1"\n'
    )
    editor.chmod(0o700)
    names = (
        "ASC_PRIVATE_KEY", "ASC_ISSUER_ID", "ASCINBOX_PASSPHRASE_FILE", "APP_STORE_CONNECT_API_KEY_KEY",
        "FASTLANE_SESSION", "MY_TOKEN", "CREDENTIALS_DIRECTORY",
    )  # fmt: skip
    canaries = {**dict.fromkeys(names, "CANARY"), "HARMLESS": "-----BEGIN PRIVATE KEY-----CANARY"}
    done = edit("text", tmp_path / "drafts", "review1", {**os.environ, **canaries, "VISUAL": str(editor)})
    assert done.text == "hi"
    assert "CANARY" not in seen.read_text()


@pytest.mark.parametrize("umask", ["000", "022"])
def test_row_61_whatever_the_umask_all_is_private(umask: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    commands = "reviews; outbox; doctor; accounts; export reviews -o $ASCINBOX_HOME/state/out.csv"
    lines = [f"{sys.executable} -m ascinbox --offline {one.strip()}" for one in commands.split(";")]
    plant(home)
    for path in [home, *home.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    subprocess.run(
        ["sh", "-c", f"umask {umask}; " + "; ".join(lines)],
        env={**os.environ, "ASCINBOX_HOME": str(home)},
        capture_output=True,
        check=False,
        timeout=120,
    )
    open_to_others = {
        str(path.relative_to(home)): oct(path.stat().st_mode)
        for path in home.rglob("*")
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    }
    assert (home / "state" / "out.csv").exists()
    assert open_to_others == {}
