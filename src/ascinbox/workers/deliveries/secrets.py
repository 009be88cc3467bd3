"""Secrets of destinations: what notify.toml calls `vault:NAME` and `env:NAME`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ascinbox.core.errors import UsageError
from ascinbox.core.secret import Secret
from ascinbox.vault import Reason, VaultKind, VaultRefusal
from ascinbox.workers.accounts.secret_places import chosen_place

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,79}")
LARGEST = 8_000


def load_secret(space: Workspace, reference: str) -> str:
    """The text behind a reference. Raises VaultRefusal, whose words say what to do."""
    kind, _, name = reference.partition(":")
    if kind == "env":
        if space.vault.environment.get(name) is None:
            raise VaultRefusal(Reason.MISSING, f"The environment variable {name} is not set.")
        return space.vault.environment.load(name).reveal().strip()
    stored = space.store.call(lambda s: s.deliveries.secrets()).get(name)
    if stored is None:
        raise VaultRefusal(
            Reason.MISSING, f"No secret is stored as {name}.", "", f"Store it: ascinbox notify secret {name}"
        )
    return space.vault.load(stored).reveal().strip()


def keep_secret(space: Workspace, name: str, secret: Secret, kind: str | None) -> str:
    """Stores a secret in the vault, in the place of a former one; a sentence about where it is."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name[:60]!r} is not a name for a secret.", "", "Letters, digits, dots and dashes."
        )
    text = secret.reveal().strip()
    if not text or len(text) > LARGEST or "\x00" in text:
        raise UsageError("There was no secret on standard input, or it is too long.")
    place, note = chosen_place(space.vault, kind)
    reference = space.vault.store(place, f"notify-{name}", Secret(text))
    now = space.clock.now()
    former = space.store.call(lambda s: s.deliveries.keep_secret(name, reference, now))
    if former and former != reference:
        space.vault.delete(former)
    where = space.vault.describe(reference)
    shown = (
        f"{where.where} ({where.detail})"
        if VaultKind(place) is not VaultKind.KEYRING
        else f"the {where.kind}"
    )
    return f"{note}The secret {name} is in {shown}."
