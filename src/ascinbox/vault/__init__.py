"""Where secrets are: the OS keyring, a strictly checked key file, an encrypted file, or the environment.

The database holds a reference only (`keyring:…`, `file:…`, `enc:…`, `env:…`). Nothing here ever falls back to
a weaker place than the one that was chosen.
"""

from ascinbox.vault.discovery import FoundKey, find_keys
from ascinbox.vault.environment import EnvironmentSecrets
from ascinbox.vault.keyfile import read_private_file
from ascinbox.vault.refusal import Reason, VaultRefusal
from ascinbox.vault.vault import Place, Vault, VaultKind

__all__ = [
    "EnvironmentSecrets",
    "FoundKey",
    "Place",
    "Reason",
    "Vault",
    "VaultKind",
    "VaultRefusal",
    "find_keys",
    "read_private_file",
]
