"""Where the files are. `ASCINBOX_HOME` puts all of them under one folder."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ascinbox.core.plainfiles import odd_kind

APP = "ascinbox"


@dataclass(frozen=True, slots=True)
class Paths:
    """The three folders and the files in them. Nothing is created by naming it."""

    config: Path
    data: Path
    state: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Paths:
        """The folders for this person: `ASCINBOX_HOME`, else the platform's own (XDG on Linux)."""
        home = environ.get("ASCINBOX_HOME")
        if home:
            return cls.under(Path(home).expanduser())
        import platformdirs

        return cls(
            config=Path(platformdirs.user_config_dir(APP, appauthor=False)),
            data=Path(platformdirs.user_data_dir(APP, appauthor=False)),
            state=Path(platformdirs.user_state_dir(APP, appauthor=False)),
        )

    @classmethod
    def under(cls, folder: Path) -> Paths:
        """All three folders inside one."""
        return cls(config=folder / "config", data=folder / "data", state=folder / "state")

    @property
    def membership_file(self) -> Path:
        """Which team this is the replica of; there in the folders of a team only."""
        return self.data / "joined.json"

    def of_team(self) -> Paths:
        """The folders of a home that has joined a team: nothing of the person's own is touched."""
        return replace(self, data=self.data / "team", state=self.state / "team")

    @property
    def in_force(self) -> Paths:
        """Those of the team while the home has joined one, else these."""
        team = self.of_team()
        return team if team.membership_file.exists() else self

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def views_file(self) -> Path:
        return self.config / "views.toml"

    @property
    def notify_file(self) -> Path:
        """Who is told of what, where."""
        return self.config / "notify.toml"

    @property
    def templates(self) -> Path:
        return self.config / "templates"

    @property
    def guidance(self) -> Path:
        return self.config / "guidance.md"

    @property
    def keys(self) -> Path:
        return self.config / "keys"

    @property
    def user_db(self) -> Path:
        return self.data / "user.db"

    @property
    def cache_db(self) -> Path:
        return self.data / "cache.db"

    @property
    def backups(self) -> Path:
        return self.data / "backups"

    @property
    def locks(self) -> Path:
        return self.state / "locks"

    @property
    def editing(self) -> Path:
        """Texts that are in the person's own editor."""
        return self.state / "editing"

    @property
    def log_file(self) -> Path:
        return self.state / "ascinbox.log"

    def create(self) -> None:
        """Makes the folders, 0700 from the first moment."""
        for folder in (self.config, self.data, self.state, self.locks):
            make_private_folder(folder)


def make_private_folder(folder: Path) -> None:
    """Creates `folder` and its missing parents with mode 0700."""
    for missing in reversed([p for p in (folder, *folder.parents) if not p.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)


def keep_mode(descriptor: int, path: Path) -> None:
    """Gives an open file the permissions of the file that it is to replace, where that is there and ours."""
    try:
        replaced = path.stat()
    except OSError:
        return
    if replaced.st_uid == os.geteuid():
        os.fchmod(descriptor, stat.S_IMODE(replaced.st_mode) & 0o777)


def write_private_file(path: Path, content: bytes, *, keeps_mode: bool = False) -> None:
    """Replaces `path` atomically by a 0600 file: temporary file, fsync, rename, fsync of the folder.

    `keeps_mode`: a file of ours that is replaced keeps its permissions; never for secrets.
    A link stays, the file that it leads to is replaced. Raises OSError for what is no plain file.
    """
    path = path.resolve()
    if (kind := odd_kind(path)) != "":
        raise OSError(errno.EINVAL, f"it is {kind}, not a file")
    make_private_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if keeps_mode:
                keep_mode(file.fileno(), path)
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
