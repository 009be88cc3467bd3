"""Vaults over folders of their own, and keyrings that behave as told."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from ascinbox.core.secret import Secret
from ascinbox.paths import Paths
from ascinbox.vault import Vault

STUB = """
    import json, os, time
    import keyring.backend, keyring.backends.SecretService as module
    from keyring.errors import KeyringLocked, PasswordDeleteError

    class Keyring(keyring.backend.KeyringBackend):
        priority = 5
        @property
        def _file(self):
            return os.environ["STUB_FILE"]
        def _items(self):
            try:
                with open(self._file) as file:
                    return json.load(file)
            except FileNotFoundError:
                return {}
        def _save(self, items):
            with open(self._file, "w") as file:
                json.dump(items, file)
        def _mood(self):
            mood = os.environ["STUB_MOOD"]
            if mood == "hangs":
                time.sleep(60)
            if mood == "locked":
                raise KeyringLocked("Failed to unlock the collection!")
            return mood
        def set_password(self, service, name, value):
            if self._mood() == "forgets":
                return
            self._save({**self._items(), f"{service}:{name}": value})
        def get_password(self, service, name):
            self._mood()
            return self._items().get(f"{service}:{name}")
        def delete_password(self, service, name):
            self._mood()
            items = self._items()
            if items.pop(f"{service}:{name}", None) is None:
                raise PasswordDeleteError("not found")
            self._save(items)

    Keyring.__module__, Keyring.__qualname__ = module.__name__, "Keyring"
    module.Keyring = Keyring
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Folders of this test alone."""
    return Paths.under(tmp_path / "home")


@pytest.fixture
def clean_environ() -> dict[str, str]:
    """An environment without a desktop session, a keyring choice or a key."""
    kept = ("PATH", "HOME", "LANG", "VIRTUAL_ENV", "PYTHONPATH")
    return {name: os.environ[name] for name in kept if name in os.environ}


@pytest.fixture
def vault(paths: Paths, clean_environ: dict[str, str]) -> Vault:
    """A vault whose passphrase is asked for and known."""
    return Vault(paths, clean_environ, ask_passphrase=lambda _new: Secret("correct horse battery"))


KeyringVault = Callable[[str], Vault]


@pytest.fixture
def keyring_vault(tmp_path: Path, paths: Paths, clean_environ: dict[str, str]) -> KeyringVault:
    """Makes a vault over a keyring that passes for the Secret Service and is in the given mood."""
    folder = tmp_path / "stub"
    folder.mkdir(mode=0o700)
    (folder / "sitecustomize.py").write_text(textwrap.dedent(STUB))

    def make(mood: str) -> Vault:
        environ = {
            **clean_environ,
            "PYTHONPATH": os.pathsep.join(
                part for part in (str(folder), clean_environ.get("PYTHONPATH")) if part
            ),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
            "STUB_MOOD": mood,
            "STUB_FILE": str(tmp_path / "items.json"),
        }
        return Vault(paths, environ)

    return make
