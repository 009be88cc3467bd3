"""Speaks with the OS keyring in a process of its own: a call into it may hang and cannot be cancelled.

Run as `python -m ascinbox.vault.keyring_helper`. One JSON object on stdin
(`{"operations": [{"do": "set"|"get"|"delete", "name", "value"?}]}`), one on stdout
(`{"backend", "answers": [{"value"?} | {"error", "words"}]}` or `{"error", "words"}`).
Secrets pass through the pipes only, never through arguments or the environment.
"""

from __future__ import annotations

import json
import sys
from typing import Any

SERVICE = "ascinbox"

TRUSTED = frozenset(
    {
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.kwallet.DBusKeyringKWallet4",
    }
)
ABSENT = "keyring.backends.fail.Keyring"
CHAINER = "keyring.backends.chainer.ChainerBackend"


def main() -> None:
    """Answers one request."""
    request = json.load(sys.stdin)
    try:
        answer = _answer(request["operations"])
    except Exception as error:
        # Backends raise RuntimeError, ModuleNotFoundError and D-Bus errors besides KeyringError.
        answer = {"error": _reason(error), "words": _words(error)}
    json.dump(answer, sys.stdout)


def _answer(operations: list[dict[str, str]]) -> dict[str, Any]:
    import keyring

    backend = keyring.get_keyring()
    name = _name(backend)
    untrusted = _untrusted(backend)
    if name == ABSENT:
        return {"error": "absent", "words": "No keyring service answers in this session.", "backend": name}
    if untrusted:
        return {"error": "untrusted", "words": untrusted, "backend": name}
    if name.endswith("WinVaultKeyring"):
        backend.persist = "local machine"  # type: ignore[attr-defined]  # the default roams to other machines
    return {"backend": name, "answers": [_perform(backend, operation) for operation in operations]}


def _perform(backend: Any, operation: dict[str, str]) -> dict[str, Any]:
    try:
        match operation["do"]:
            case "set":
                backend.set_password(SERVICE, operation["name"], operation["value"])
                return {}
            case "get":
                return {"value": backend.get_password(SERVICE, operation["name"])}
            case _:
                backend.delete_password(SERVICE, operation["name"])
                return {}
    except Exception as error:
        return {"error": _reason(error), "words": _words(error)}


def _name(backend: object) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _untrusted(backend: Any) -> str:
    """The name of the first part of the backend that is not the operating system's own."""
    name = _name(backend)
    if name == CHAINER:
        parts = [_name(part) for part in backend.backends]
        return next((part for part in parts if part not in TRUSTED), "" if parts else name)
    return "" if name in TRUSTED else name


def _reason(error: Exception) -> str:
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & {"KeyringLocked", "InitError"}:
        return "locked"
    if "PasswordDeleteError" in kinds:
        return "missing"
    return "absent"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:300]}"


if __name__ == "__main__":
    main()
