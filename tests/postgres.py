"""A PostgreSQL server of the tests' own: in a folder of its own, on a socket, gone afterwards."""

from __future__ import annotations

import fcntl
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

SHARED = "ASC_TESTS_SHARED"
"""The variable that names a folder for what all processes of a run share; `tests/check.py` sets it."""
_UNPRIVILEGED = ("postgres", "nobody")
"""initdb and postgres refuse to run as root: whose rights they get then."""


def binaries() -> Path | None:
    """The folder of initdb and postgres: from PATH, else the newest of Debian's."""
    found = [Path(path) for name in ("initdb",) if (path := shutil.which(name))]
    folders = [path.resolve().parent for path in found]
    folders += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: float(path.parent.name) if path.parent.name.replace(".", "").isdigit() else 0,
        reverse=True,
    )
    return next((f for f in folders if (f / "postgres").exists() and (f / "initdb").exists()), None)


@dataclass
class PostgresServer:
    """A running server. Everybody may log in through the socket without a password."""

    folder: Path
    bin: Path
    superuser: str = "asc_super"
    port: int = 5432

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str, user: str | None = None) -> str:
        """The address of a database through the socket."""
        return f"postgresql://{quote(user or self.superuser)}@/{database}?host={self.folder}&port={self.port}"

    def run(self, command: Sequence[str], **kwargs: object) -> subprocess.CompletedProcess[str]:
        """Runs a program of PostgreSQL's, as somebody who is not root."""
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [*_as_somebody(), str(self.bin / command[0]), *command[1:]],
            check=True,
            capture_output=True,
            text=True,
            cwd="/",
            **kwargs,  # type: ignore[call-overload]
        )
        return done

    def start(self, settings: Mapping[str, str] | None = None) -> None:
        """Starts it; returns when it takes connections."""
        given = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "port": str(self.port),
            "fsync": "off",
            "full_page_writes": "off",
            # It visits each database once a minute, and the tests make hundreds.
            "autovacuum": "off",
            "max_connections": "200",
            "shared_buffers": "64MB",
            "log_min_messages": "fatal",
            **(settings or {}),
        }
        options = " ".join(f"-c {name}='{value}'" for name, value in given.items())
        log = self.folder / "log"
        self.run(["pg_ctl", "-D", str(self.data), "-w", "-t", "60", "-l", str(log), "-o", options, "start"])

    def stop(self, mode: str = "immediate") -> None:
        """Ends it: `immediate` as a power cut does, `fast` as an administrator does."""
        self.run(["pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop"])

    def database(self) -> str:
        """A new, empty database; its name."""
        import psycopg
        from psycopg import sql

        name = f"db{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name

    def team(self) -> str:
        """A new database with the team North, whose admin is the superuser; its name."""
        import psycopg

        from ascinbox.store.queue.team import install

        name = self.database()
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            install.init(connection, "North")
        return name


def _as_somebody() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={_account().pw_uid}", f"--regid={_account().pw_gid}", "--clear-groups"]


def _account() -> pwd.struct_passwd:
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("there is no account without rights to run PostgreSQL as")


def _fill(made: PostgresServer) -> None:
    """A new cluster: made, or copied from the one that another process of this run has made."""
    shared = os.environ.get(SHARED)
    if shared is None:
        _initdb(made, made.data)
        return
    with Path(shared, "postgres.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        template = Path(shared, "postgres")
        if not (template / "data").exists():
            template.mkdir(exist_ok=True)
            if os.geteuid() == 0:
                os.chown(template, _account().pw_uid, _account().pw_gid)
            _initdb(made, template / "data")
    subprocess.run(
        [*_as_somebody(), "cp", "-R", "-p", str(template / "data"), str(made.data)], check=True, cwd="/"
    )


def _initdb(made: PostgresServer, data: Path) -> None:
    options = ["-U", made.superuser, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    made.run(["initdb", "-D", str(data), *options])


@contextmanager
def server(settings: Mapping[str, str] | None = None) -> Iterator[PostgresServer]:
    """A new server. Call it only where `binaries` found some."""
    found = binaries()
    assert found is not None
    # A socket's path has at most 107 bytes, which pytest's own folders use up. A new database takes a seventh
    # of the time in memory.
    folder = Path(tempfile.mkdtemp(prefix="asc-pg-", dir=os.environ.get(SHARED) or "/tmp"))
    if os.geteuid() == 0:
        os.chown(folder, _account().pw_uid, _account().pw_gid)
    made = PostgresServer(folder, found)
    try:
        _fill(made)
        made.start(settings)
        try:
            yield made
        finally:
            # A test may have stopped it already.
            with suppress(subprocess.CalledProcessError):
                made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
