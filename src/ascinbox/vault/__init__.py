"""Where secrets are: the OS keyring, a strictly checked key file, an encrypted file, or the environment.

The database holds a reference only (`keyring:…`, `file:…`, `enc:…`, `env:…`). Nothing here ever falls back to
a weaker place than the one that was chosen.
"""

from ascinbox.vault.discovery import FoundKey, JsonKey, find_keys, key_in_json
from ascinbox.vault.environment import SECRET_VARIABLES, EnvironmentSecrets
from ascinbox.vault.keyfile import read_private_file
from ascinbox.vault.refusal import Reason, VaultRefusal
from ascinbox.vault.vault import SecretPlace, Vault, VaultKind

__all__ = [
    "SECRET_VARIABLES",
    "EnvironmentSecrets",
    "FoundKey",
    "JsonKey",
    "Reason",
    "SecretPlace",
    "Vault",
    "VaultKind",
    "VaultRefusal",
    "find_keys",
    "key_in_json",
    "read_private_file",
]
