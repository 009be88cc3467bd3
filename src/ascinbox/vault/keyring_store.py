"""The OS keyring, asked through a helper process that is killed after three seconds."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from ascinbox.core.secret import Secret
from ascinbox.vault.refusal import Reason, VaultRefusal

LIMIT_S = 3.0
_OTHERS = "Use a key file of your own (--vault file) or a file sealed by a passphrase (--vault encrypted)."

_TITLES: dict[Reason, str] = {
    Reason.LOCKED: "The keyring is locked.",
    Reason.ABSENT: "There is no keyring in this session.",
    Reason.TIMED_OUT: f"The keyring did not answer within {LIMIT_S:.0f} s (it timed out).",
    Reason.UNTRUSTED: "The keyring that is set up here is not one of the operating system's own.",
    Reason.LYING: "The keyring said yes and then did not have the secret.",
    Reason.MISSING: "The keyring no longer has this account's secret.",
}

_STEPS: dict[Reason, str] = {
    Reason.LOCKED: "Unlock it in your desktop session, then F5. Or: " + _OTHERS,
    Reason.TIMED_OUT: "It may be asking for its password on another screen; unlock it there. Or: " + _OTHERS,
    Reason.MISSING: "Give the account its key again with: ascinbox rotate (nothing cached is lost).",
}


class KeyringStore:
    """Stores, reads and deletes items of service `ascinbox`. Every call may raise VaultRefusal."""

    def __init__(self, environ: Mapping[str, str], limit_s: float = LIMIT_S) -> None:
        self._environ = environ
        self._limit_s = limit_s

    def prove(self) -> str:
        """Writes, reads and deletes a random probe; the backend's name when it kept its word."""
        name, value = f"probe-{secrets.token_hex(8)}", secrets.token_hex(16)
        backend, answers = self._ask(
            [
                {"do": "set", "name": name, "value": value},
                {"do": "get", "name": name},
                {"do": "delete", "name": name},
            ]
        )
        self._raise_first(answers[:2])
        if answers[1].get("value") != value:
            raise _refusal(Reason.LYING, backend)
        self._raise_first(answers)
        return backend

    def set(self, name: str, secret: Secret) -> None:
        """Proves the keyring, writes the secret and reads it back."""
        self.prove()
        backend, answers = self._ask(
            [{"do": "set", "name": name, "value": secret.reveal()}, {"do": "get", "name": name}]
        )
        self._raise_first(answers)
        if answers[1].get("value") != secret.reveal():
            with suppress(VaultRefusal):
                self.delete(name)
            raise _refusal(Reason.LYING, backend)

    def get_many(self, names: Sequence[str]) -> dict[str, Secret | VaultRefusal]:
        """All of `names` in one visit: each its secret, or why not."""
        _, answers = self._ask([{"do": "get", "name": name} for name in names])
        return {name: _secret_of(answer) for name, answer in zip(names, answers, strict=True)}

    def delete(self, name: str) -> None:
        """Removes the item; one that is gone already is fine."""
        _, answers = self._ask([{"do": "delete", "name": name}, {"do": "get", "name": name}])
        if answers[0].get("error") not in {None, Reason.MISSING.value}:
            self._raise_first(answers)
        if answers[1].get("value") is not None:
            raise VaultRefusal(
                Reason.LYING,
                "The keyring did not delete the secret.",
                f"Item {name} of service ascinbox is still there.",
                "Delete it in your keyring's own window.",
            )

    @staticmethod
    def _raise_first(answers: Sequence[Mapping[str, Any]]) -> None:
        for answer in answers:
            if "error" in answer:
                raise _refusal(Reason(answer["error"]), answer.get("words", ""))

    def _ask(self, operations: list[dict[str, str]]) -> tuple[str, list[dict[str, Any]]]:
        answer = self._run(json.dumps({"operations": operations}))
        if "error" in answer:
            raise _refusal(Reason(answer["error"]), str(answer.get("words", "")))
        return answer["backend"], answer["answers"]

    def _run(self, request: str) -> dict[str, Any]:
        helper = subprocess.Popen(
            [sys.executable, "-P", "-m", "ascinbox.vault.keyring_helper"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=dict(self._environ),
            start_new_session=True,
        )
        try:
            output, _ = helper.communicate(request, timeout=self._limit_s)
        except subprocess.TimeoutExpired:
            raise _refusal(Reason.TIMED_OUT, "") from None
        finally:
            _end(helper)
        try:
            answer = json.loads(output)
        except ValueError:
            raise _refusal(
                Reason.ABSENT, f"The keyring's helper ended with code {helper.returncode}."
            ) from None
        return dict(answer)


def _end(helper: subprocess.Popen[str]) -> None:
    if helper.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(helper.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            helper.wait(1)
    for pipe in (helper.stdin, helper.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _secret_of(answer: Mapping[str, Any]) -> Secret | VaultRefusal:
    if "error" in answer:
        return _refusal(Reason(answer["error"]), answer.get("words", ""))
    value = answer.get("value")
    return Secret(value) if value else _refusal(Reason.MISSING, "")


def _refusal(reason: Reason, words: str) -> VaultRefusal:
    return VaultRefusal(reason, _TITLES[reason], words, _STEPS.get(reason, _OTHERS))
