"""The OS keyring: used only when it is the system's own, keeps its word and answers in time."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ascinbox.core.secret import Secret
from ascinbox.paths import Paths
from ascinbox.vault import Reason, Vault, VaultRefusal
from tests.python_path import python_path

KeyringVault = Callable[[str], Vault]
KEY = Secret("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n")


@pytest.mark.slow
def test_what_is_stored_is_loaded_and_deleted(keyring_vault: KeyringVault, tmp_path: Path) -> None:
    vault = keyring_vault("ok")
    ref = vault.store("keyring", "ABCD127F2K", KEY)
    assert ref.startswith("keyring:ABCD127F2K/")
    assert vault.load(ref) == KEY
    items = json.loads((tmp_path / "items.json").read_text())
    assert list(items.values()) == [KEY.reveal()], "the probe must be gone"
    assert vault.delete(ref)
    assert json.loads((tmp_path / "items.json").read_text()) == {}
    with pytest.raises(VaultRefusal) as caught:
        vault.load(ref)
    assert caught.value.reason is Reason.MISSING


@pytest.mark.slow
def test_two_accounts_with_one_key_do_not_share_an_item(keyring_vault: KeyringVault) -> None:
    vault = keyring_vault("ok")
    first, second = (vault.store("keyring", "ABCD127F2K", KEY) for _ in range(2))
    vault.delete(first)
    assert vault.load(second) == KEY


@pytest.mark.slow
def test_many_are_fetched_in_one_visit(keyring_vault: KeyringVault, monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess

    vault = keyring_vault("ok")
    refs = [vault.store("keyring", f"KEY{n}", Secret(f"value {n}")) for n in range(3)]
    vault.fetch([*refs, "keyring:lost/00000000", "file:/nowhere/AuthKey_X.p8"])
    monkeypatch.setattr(subprocess, "Popen", None)
    assert [vault.load(ref) for ref in refs] == [Secret(f"value {n}") for n in range(3)]
    with pytest.raises(VaultRefusal) as caught:
        vault.load("keyring:lost/00000000")
    assert caught.value.reason is Reason.MISSING


def test_a_refusal_while_fetching_is_raised_when_it_is_loaded(keyring_vault: KeyringVault) -> None:
    vault = keyring_vault("locked")
    vault.fetch(["keyring:a/1", "keyring:b/2"])
    with pytest.raises(VaultRefusal) as caught:
        vault.load("keyring:a/1")
    assert caught.value.reason is Reason.LOCKED


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        (None, Reason.ABSENT),
        ("keyring.backends.null.Keyring", Reason.UNTRUSTED),
        ("keyring.backends.fail.Keyring", Reason.ABSENT),
        ("keyrings.alt.file.PlaintextKeyring", Reason.UNTRUSTED),
        ("foo.Bar", Reason.ABSENT),
        ("keyring.backends.SecretService.Keyring", Reason.ABSENT),
    ],
)
def test_row_53_no_other_keyring_gets_a_key(
    backend: str | None, reason: Reason, paths: Paths, clean_environ: dict[str, str], tmp_path: Path
) -> None:
    package = tmp_path / "stub" / "keyrings" / "alt"
    package.mkdir(parents=True)
    (package / "file.py").write_text(
        "from keyring.backend import KeyringBackend\n"
        "class PlaintextKeyring(KeyringBackend):\n"
        "    priority = 0.5\n"
        "    def set_password(self, service, name, value):\n"
        f"        open({str(tmp_path / 'leaked')!r}, 'w').write(value)\n"
        "    def get_password(self, service, name):\n"
        f"        return open({str(tmp_path / 'leaked')!r}).read()\n"
        "    def delete_password(self, service, name): pass\n"
    )
    environ = {**clean_environ, "PYTHONPATH": python_path(tmp_path / "stub")}
    if backend:
        environ["PYTHON_KEYRING_BACKEND"] = backend
    vault = Vault(paths, environ)
    with pytest.raises(VaultRefusal) as caught:
        vault.store("keyring", "ABCD127F2K", KEY)
    assert caught.value.reason is reason
    assert "--vault file" in caught.value.next_step
    assert not (tmp_path / "leaked").exists()
    assert not paths.keys.exists(), "a refused keyring must not turn into a file"


def test_row_54_a_keyring_that_hangs_is_left_after_three_seconds(keyring_vault: KeyringVault) -> None:
    vault = keyring_vault("hangs")
    gaps: list[float] = []
    done = threading.Event()

    def tick() -> None:
        last = time.monotonic()
        while not done.wait(0.01):
            now = time.monotonic()
            gaps.append(now - last)
            last = now

    ticker = threading.Thread(target=tick)
    ticker.start()
    started = time.monotonic()
    with pytest.raises(VaultRefusal) as caught:
        vault.load("keyring:ABCD127F2K/00000000")
    elapsed = time.monotonic() - started
    done.set()
    ticker.join()
    assert caught.value.reason is Reason.TIMED_OUT
    assert 3.0 <= elapsed <= 4.5
    assert max(gaps) < 1.5, "waiting for the keyring must not hold other threads"


def test_row_55_a_keyring_that_is_locked_says_so(keyring_vault: KeyringVault) -> None:
    ref = keyring_vault("ok").store("keyring", "ABCD127F2K", KEY)
    with pytest.raises(VaultRefusal) as caught:
        keyring_vault("locked").load(ref)
    assert caught.value.reason is Reason.LOCKED
    assert keyring_vault("ok").load(ref) == KEY


def test_row_53_a_keyring_that_forgets_is_found_out_in_time(keyring_vault: KeyringVault) -> None:
    with pytest.raises(VaultRefusal) as caught:
        keyring_vault("forgets").store("keyring", "ABCD127F2K", KEY)
    assert caught.value.reason is Reason.LYING


def test_the_key_is_not_in_the_helpers_arguments_or_environment(
    keyring_vault: KeyringVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    import subprocess

    started: list[tuple[object, dict[str, str]]] = []
    real = subprocess.Popen

    def spy(arguments: object, **options: object) -> object:
        environ = options["env"]
        assert isinstance(environ, dict)
        started.append((arguments, environ))
        return real(arguments, **options)  # type: ignore[call-overload]

    vault = keyring_vault("ok")
    monkeypatch.setattr(subprocess, "Popen", spy)
    vault.store("keyring", "ABCD127F2K", KEY)
    assert started
    assert all("PRIVATE KEY" not in repr(entry) for entry in started)


def test_helpers_do_not_outlive_the_call(keyring_vault: KeyringVault) -> None:
    vault = keyring_vault("hangs")
    with pytest.raises(VaultRefusal):
        vault.load("keyring:ABCD127F2K/00000000")
    running = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes()
            owner = process.stat().st_uid
        except OSError:
            continue
        if b"keyring_helper" in command and owner == os.geteuid():
            children = Path(f"/proc/{process.parent.name}/stat").read_text().rsplit(")", 1)[1].split()
            running += [process.parent.name] if int(children[1]) == os.getpid() else []
    assert running == []
