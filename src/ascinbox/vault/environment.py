"""Secrets that a CI system hands over in environment variables: read once, then gone from the environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping

from ascinbox.core.secret import Secret
from ascinbox.vault.refusal import Reason, VaultRefusal

SECRET_VARIABLES: tuple[str, ...] = (
    "ASCINBOX_PRIVATE_KEY",
    "ASCINBOX_PRIVATE_KEY_B64",
    "ASCINBOX_REPORTER_TOKEN",
    "ASCINBOX_ASSIST_KEY",
    "ASC_PRIVATE_KEY",
    "ASC_PRIVATE_KEY_B64",
    "APP_STORE_CONNECT_API_KEY_KEY",
    "APP_STORE_CONNECT_PRIVATE_KEY",
    "SPACESHIP_CONNECT_API_KEY",
    "SPACESHIP_CONNECT_API_KEY_KEY",
)
"""Variables that are known to hold a private key or token, ours and those of other tools."""


class EnvironmentSecrets:
    """Takes secrets out of an environment so that `$EDITOR`, a pager or a browser does not inherit them."""

    def __init__(self, environ: MutableMapping[str, str]) -> None:
        self._environ = environ
        self._taken: dict[str, Secret] = {}
        self.take(SECRET_VARIABLES)

    def take(self, names: Iterable[str]) -> None:
        """Moves the named variables from the environment into memory."""
        for name in names:
            value = self._environ.pop(name, None)
            if value:
                self._taken[name] = Secret(value)

    def get(self, name: str) -> Secret | None:
        """The secret of variable `name`, or None."""
        self.take((name,))
        return self._taken.get(name)

    def load(self, name: str) -> Secret:
        """The secret of variable `name`; VaultRefusal when it is not set."""
        secret = self.get(name)
        if secret is None:
            raise VaultRefusal(
                Reason.MISSING,
                f"The environment variable {name} is not set.",
                "This account's key is handed over by the environment.",
                f"Set {name}, or give the account a stored key with: ascinbox rotate",
            )
        return secret

    @property
    def plain(self) -> Mapping[str, str]:
        """The variables that are left: no secret is among them."""
        return self._environ
