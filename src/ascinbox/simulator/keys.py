"""API keys of the simulated teams: made when the simulator starts, never stored in the project."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ascinbox.simulator.roles import Task, allowed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey


@dataclass(slots=True)
class ApiKey:
    """One key. `refusals` names the kind of 403 of tasks that it is refused although its role allows them."""

    key_id: str
    issuer_id: str
    """The team's issuer; an individual key belongs to the team too, its tokens only do not name it."""
    roles: tuple[str, ...]
    individual: bool = False
    visible_apps: frozenset[str] | None = None
    """App ids that an individual key sees; None means all of the team."""
    revoked: bool = False
    refusals: dict[Task, str] = field(default_factory=dict)
    """`agreement`, `role` or `membership` by task."""
    grants: frozenset[Task] = frozenset()
    """Tasks that this key may do although the table says no."""
    owner: str = ""
    """Id of the user whose individual key it is: it has their roles and ends with them."""
    _private: EllipticCurvePrivateKey | None = None

    @property
    def kind(self) -> str:
        """`team` or `individual`."""
        return "individual" if self.individual else "team"

    @property
    def private(self) -> EllipticCurvePrivateKey:
        """The P-256 key, made when it is first needed."""
        if self._private is None:
            from cryptography.hazmat.primitives.asymmetric import ec

            self._private = ec.generate_private_key(ec.SECP256R1())
        return self._private

    def pem(self) -> str:
        """The `.p8` text: PKCS#8 PEM."""
        from cryptography.hazmat.primitives import serialization

        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode("ascii")

    def refusal(self, task: Task) -> str | None:
        """The kind of 403 that this task gets, None when it may be done."""
        if task in self.refusals:
            return self.refusals[task]
        if task in self.grants or allowed(task, self.roles, individual=self.individual):
            return None
        return "role"

    def write(self, folder: Path) -> Path:
        """Writes `AuthKey_<id>.p8` readable by its owner only and returns its path."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"AuthKey_{self.key_id}.p8"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            os.fchmod(descriptor, 0o600)
            file.write(self.pem())
        return path
