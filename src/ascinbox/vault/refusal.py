"""Why a secret could not be stored or read, as a reason that programs can tell apart."""

from __future__ import annotations

from enum import StrEnum

from ascinbox.core.errors import VaultError


class Reason(StrEnum):
    """What is wrong with the place that holds a secret."""

    LOCKED = "locked"
    ABSENT = "absent"
    TIMED_OUT = "timed out"
    UNTRUSTED = "untrusted"
    """The keyring that answered is not one of the operating system's own."""
    LYING = "lying"
    """It said yes and then did not have the secret."""
    MISSING = "missing"
    """The place works, the secret is not in it."""
    TOO_OPEN = "too open"
    UNREADABLE = "unreadable"
    NO_PASSPHRASE = "no passphrase"  # noqa: S105
    SEALED = "sealed"
    """Wrong passphrase or damaged file; which of the two is not told."""


class VaultRefusal(VaultError):
    """A VaultError that carries its `reason`."""

    def __init__(self, reason: Reason, title: str, detail: str = "", next_step: str = "") -> None:
        super().__init__(title, detail, next_step)
        self.reason = reason
