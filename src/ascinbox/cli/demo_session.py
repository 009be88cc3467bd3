"""One run of the demo: its folder, its clock, its stores. Nothing of it stays behind."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ascinbox.cli.demo_child import Child
from ascinbox.cli.demo_clock import DemoClock
from ascinbox.core.errors import AscinboxError
from ascinbox.core.stores import PLAY_STORE
from ascinbox.paths import Paths, write_private_file

RESUMED_WITHIN = timedelta(hours=12)
"""A demo that was killed is taken up again, drafts and all, if it is started again within this time."""
FILES = Path(__file__).with_name("demo_files")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What makes two demos the same."""

    seed: int
    reviews: int
    now: str | None
    """`--now` as given; None: the present."""


class DemoSession:
    """Made before anything heavy is imported: its App Store Connect starts beside the rest."""

    def __init__(self, wanted: Wanted, *, resumable: bool, base: Path | None = None) -> None:
        """`resumable`: take up a demo that was killed, and let this one be taken up. `base`: where its
        folder is made (default: the session's runtime folder, else the temporary one)."""
        self.home, self._lock = _take_folder(wanted if resumable else None, base or _base_folder())
        # Whoever ends the program while this is being made leaves nothing behind either.
        with ExitStack() as undo:
            undo.callback(os.close, self._lock)
            undo.callback(shutil.rmtree, self.home, ignore_errors=True)
            self.resumed = resumable and self._resumes(wanted)
            if not self.resumed:
                _empty(self.home)
            kept = self._kept()
            start = datetime.fromisoformat(wanted.now) if wanted.now else datetime.now(UTC)
            made_for = datetime.fromisoformat(kept["made_for"]) if self.resumed else start
            shift = start - datetime.now(UTC) if wanted.now else timedelta(0)
            self.clock = DemoClock(shift)
            self.paths = Paths.under(self.home)
            self._wanted, self._made_for = wanted, made_for
            self._hello: dict[str, Any] | None = None
            self._greeting = threading.Lock()
            self.keys = self.home / "keys"
            self.keys.mkdir(mode=0o700, exist_ok=True)
            self._lay_out_files()
            shift_s = str(shift.total_seconds())
            self.server = Child(
                "ascinbox.cli.demo_server",
                [str(wanted.seed), made_for.isoformat(), shift_s, str(wanted.reviews), str(self.keys)],
            )
            """The App Store Connect: can be told `meanwhile` and `begin`."""
            undo.callback(self.server.close)
            self._stage = (
                None if self.resumed else Child("ascinbox.cli.demo_stage", [str(self.home), shift_s])
            )
            undo.pop_all()

    @property
    def hello(self) -> dict[str, Any]:
        """What the server said about itself; waits for it."""
        with self._greeting:
            if self._hello is None:
                self._hello = json.loads(self.server.read())
            return self._hello

    def set_scene(self, *, reviews: bool = True) -> None:
        """Links the accounts and, with `reviews`, plays what happened up to now."""
        if self._stage is None:
            return
        stage, self._stage = self._stage, None
        try:
            stage.say(json.dumps(self.hello))
            stage.tell("link")
            if reviews:
                stage.tell("fetch")
                self.server.tell("meanwhile")
                stage.tell("write")
        finally:
            stage.close()

    def is_set(self) -> None:
        """Remembers that the scene is set: from here on a killed demo can be taken up again."""
        self._keep(prepared=True)

    def renew_keys(self) -> None:
        """Puts this server's keys where the accounts of the killed demo look for theirs."""
        files = [account["p8"] for account in self.hello["accounts"]] + [self.hello["play"]["file"]]
        for key in map(Path, files):
            write_private_file(self.paths.keys / key.name, key.read_bytes())

    def close(self) -> None:
        """Ends what still runs and removes the folder."""
        if self._stage is not None:
            self._stage.close()
        self.server.close()
        shutil.rmtree(self.home, ignore_errors=True)
        os.close(self._lock)

    def _resumes(self, wanted: Wanted) -> bool:
        kept = self._kept()
        if not kept.get("prepared") or kept.get("wanted") != asdict(wanted):
            return False
        age = datetime.now(UTC) - datetime.fromisoformat(kept["begun"])
        return timedelta(0) <= age < RESUMED_WITHIN

    def _kept(self) -> dict[str, Any]:
        try:
            kept: dict[str, Any] = json.loads((self.home / "demo.json").read_text("utf-8"))
            return kept if isinstance(kept, dict) else {}
        except (OSError, ValueError):
            return {}

    def _keep(self, *, prepared: bool) -> None:
        begun = self._kept().get("begun") or datetime.now(UTC).isoformat()
        content = {
            "wanted": asdict(self._wanted),
            "made_for": self._made_for.isoformat(),
            "begun": begun,
            "prepared": prepared,
        }
        write_private_file(self.home / "demo.json", json.dumps(content).encode())

    def _lay_out_files(self) -> None:
        self.paths.config.mkdir(mode=0o700, exist_ok=True)
        for source in FILES.iterdir():
            folder = self.paths.config if source.suffix == ".toml" else self.paths.templates
            if not (folder / source.name).exists():
                write_private_file(folder / source.name, source.read_bytes())


def play_addresses(hello: Mapping[str, Any]) -> dict[str, str]:
    """The variables that put the demo's Google Play in Google's place."""
    return {PLAY_STORE.url_variable: hello["play"]["url"], PLAY_STORE.files_variable: hello["play"]["url"]}


def _base_folder() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return Path(runtime) if runtime and os.access(runtime, os.W_OK) else Path(tempfile.gettempdir())


def _take_folder(wanted: Wanted | None, base: Path) -> tuple[Path, int]:
    """A folder of ours alone that no other demo uses, and the lock on it.

    With `wanted` its name says the seed, so that a demo that was killed is found again by the next one.
    """
    if wanted is None:
        folder = Path(tempfile.mkdtemp(prefix="ascinbox-demo-", dir=base))
        return folder, os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    for number in range(20):
        suffix = f"-{number}" if number else ""
        folder = base / f"ascinbox-demo-{os.getuid()}-{wanted.seed}{suffix}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        status = folder.lstat()
        if folder.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o077:
            continue
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            continue
        return folder, lock
    raise AscinboxError(
        "There is no folder for the demo.", str(base), "Remove old ascinbox-demo folders there."
    )


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        elif entry.name != "lock":
            entry.unlink(missing_ok=True)
