"""What every test stands on: a home of its own and none of the person's settings, keys or proxies."""

from __future__ import annotations

import gc
import json
import logging
import os
import shutil
import signal
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from ascinbox.sources.play import keys as play_keys
from ascinbox.vault import encrypted
from ascinbox.vault.keyring_store import KeyringStore
from tests.examples import set_profile
from tests.order import longest_first
from tests.postgres import PostgresServer
from tests.postgres import binaries as postgres_binaries
from tests.postgres import server as postgres_server
from tests.rsa_keys import RsaKeys

set_profile()

NO_KEYRING = "keyring.backends.fail.Keyring"
FOREIGN = (
    "ASCINBOX_", "APP_STORE_CONNECT_", "ASC_KEY", "ASC_ISSUER", "FASTLANE_", "XDG_", "TEXTUAL",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_", "SSH_", "NO_COLOR", "COLORTERM",
    "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "PGHOST", "PGUSER", "PGPASS", "PGSERVICE", "PGDATABASE",
    "PGSSL", "PGPORT", "PGOPTIONS",
)  # fmt: skip
"""Beginnings of the variables that would change what a test sees."""


SELDOM = (50_000, 20, 50)
"""When garbage is looked for: tests make and drop whole worlds, and this took a tenth of their time."""

HOMES = count()


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Lets programs that tests start be interrupted, and a question of the plugin that tries tests again go
    out at once.

    What a shell starts in the background ignores interrupts, and so does all that it starts.

    The plugin tells and asks the main process something before each test, and the system holds a question
    back for up to 40 ms while what was told before is on its way: longer than most tests take.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    connection = getattr(getattr(config, "failures_db", None), "sock", None)
    if hasattr(config, "workerinput") and connection is not None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Modules and tests are there for good: no collection of garbage looks through them, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*SELDOM)
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Hands the files that take longest to the processes first, so that none is left over at the end."""
    if hasattr(config, "workerinput"):
        longest_first(items)


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure() -> None:
    """Looks for what is left once; pytest would five times, through all that tests keep for each other."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty `ASCINBOX_HOME` and HOME for this test, and no keyring that could be a person's."""
    for name in list(os.environ):
        if name.upper().startswith(FOREIGN):
            monkeypatch.delenv(name)
    # Not by `mktemp`, which looks through all that is there and keeps a link to the newest.
    folder = tmp_path_factory.getbasetemp() / f"home-{next(HOMES)}"
    folder.mkdir(0o700)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("ASCINBOX_HOME", str(folder / "ascinbox"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", NO_KEYRING)
    yield folder / "ascinbox"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True, scope="session")
def least_cost_of_sealing() -> Iterator[None]:
    """Sealed keys are written with the least cost that is read: a quarter of the time for each passphrase."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encrypted, "COST", min(encrypted.COSTS_READ))
        yield


@pytest.fixture(autouse=True, scope="session")
def rsa_keys() -> Iterator[RsaKeys]:
    """Google's keys are RSA: making one takes a tenth of a second, proving its numbers another."""
    keys = RsaKeys()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rsa, "generate_private_key", keys.generate)
        patch.setattr(play_keys, "load_rsa_key", keys.load)
        yield keys


@pytest.fixture(autouse=True)
def first_keys_again(rsa_keys: RsaKeys) -> None:
    """The first key that this test makes is the first of all tests."""
    rsa_keys.made = 0


@pytest.fixture(autouse=True, scope="session")
def no_keyring() -> Iterator[None]:
    """The keyring that always fails is asked once for each kind of question: each time costs a program."""
    ask = KeyringStore._run
    answers: dict[tuple[str, ...], dict[str, Any]] = {}

    def run(self: KeyringStore, request: str) -> dict[str, Any]:
        if self._environ.get("PYTHON_KEYRING_BACKEND") != NO_KEYRING:
            return ask(self, request)
        kind = tuple(operation["do"] for operation in json.loads(request)["operations"])
        if kind not in answers:
            answers[kind] = ask(self, request)
        return deepcopy(answers[kind])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KeyringStore, "_run", run)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this run's own; a test that wants one is skipped where there is none."""
    with _postgres() as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server of one test's own, which it may stop, change and fill; skipped as `postgres` is."""
    with _postgres() as server:
        yield server


@contextmanager
def _postgres() -> Iterator[PostgresServer]:
    if postgres_binaries() is None:
        pytest.skip("no PostgreSQL here: initdb and postgres are neither in PATH nor in /usr/lib/postgresql")
    with postgres_server() as server:
        yield server


@pytest.fixture(autouse=True)
def quiet_logs() -> Iterator[None]:
    """A log that a test has begun ends with it."""
    logger = logging.getLogger("ascinbox")
    before = (logger.level, logger.propagate, list(logger.handlers))
    yield
    logger.setLevel(before[0])
    logger.propagate = before[1]
    logger.handlers[:] = before[2]
