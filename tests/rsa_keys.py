"""RSA keys that a process of the tests makes and proves once."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from ascinbox.sources.play.keys import ServiceAccount, load_rsa_key

_generate = rsa.generate_private_key
SIMULATED = (65537, 2048)


class RsaKeys:
    """The keys of one test are all different; the next test gets the same ones again."""

    def __init__(self) -> None:
        self.made = 0
        """So many this test has made."""
        self._kept: list[RSAPrivateKey] = []
        self._proved: set[str] = set()

    def generate(self, public_exponent: int, key_size: int, backend: object = None) -> RSAPrivateKey:
        """`rsa.generate_private_key`."""
        if (public_exponent, key_size) != SIMULATED:
            return _generate(public_exponent, key_size)
        if self.made == len(self._kept):
            self._kept.append(_generate(public_exponent, key_size))
        self.made += 1
        return self._kept[self.made - 1]

    def load(self, account: ServiceAccount, *, checked: bool = False) -> Any:
        """`load_rsa_key`; a key whose numbers were proved to belong together is taken at its word."""
        text = account.private_key.reveal()
        key = load_rsa_key(account, checked=checked or text in self._proved)
        self._proved.add(text)
        return key
