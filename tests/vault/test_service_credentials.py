"""Secrets that the service manager lays out: root's files, opened to us by an access control list."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from ascinbox.core.secret import Secret
from ascinbox.paths import Paths
from ascinbox.vault import Reason, Vault, VaultRefusal
from ascinbox.vault.acl import names_only

PASSPHRASE = "a long enough passphrase"
TEXT = "-----BEGIN PRIVATE KEY-----\n"
KEY = Secret(TEXT)
ME = os.geteuid()
STRANGER = 54_321
OWNER, USER, GROUP_OBJ, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
NONE, READ, ENTER = 0, 4, 5


def acl(*entries: tuple[int, int] | tuple[int, int, int]) -> bytes:
    filled = [(*entry, 0xFFFFFFFF)[:3] for entry in entries]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in filled)


def laid_out(rights: int, *users: int, group: int = NONE) -> bytes:
    """The list that systemd writes: its owner, the service's user, nobody else."""
    named = [(USER, rights, user) for user in users]
    return acl((OWNER, rights), *named, (GROUP_OBJ, group), (MASK, rights), (OTHER, NONE))


def give(path: Path, mode: int, listed: bytes = b"") -> None:
    path.chmod(mode)
    if listed:
        try:
            os.setxattr(path, "system.posix_acl_access", listed)
        except (AttributeError, OSError) as error:
            pytest.skip(f"no access control lists here: {error}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Open to everybody, so that the files alone decide."""
    made = tmp_path / "credentials"
    made.mkdir(mode=0o755)
    made.chmod(0o755)
    return made


def put(folder: Path, name: str, text: str = TEXT) -> Path:
    path = folder / name
    path.touch(mode=0o600)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("listed", "closed"),
    [
        (laid_out(READ, 0), True),
        (laid_out(READ, 0, 1000), True),
        (laid_out(READ, 1000, STRANGER), False),
        (laid_out(READ, 1000, group=READ), False),
        (acl((OWNER, READ), (USER, READ, 1000), (GROUP, READ, 7), (MASK, READ), (OTHER, NONE)), False),
        (acl((OWNER, READ), (USER, READ, 1000), (GROUP, READ, 7), (MASK, NONE), (OTHER, NONE)), True),
        (acl((OWNER, READ), (USER, READ, 1000), (GROUP_OBJ, NONE), (MASK, READ), (OTHER, READ)), False),
        (acl((OWNER, READ), (GROUP_OBJ, READ), (OTHER, NONE)), False),
        (b"", False),
        (b"\x02\x00\x00\x00\x01", False),
        (b"\x63" + laid_out(READ, 1000)[1:], False),
    ],
)
def test_a_list_is_closed_when_it_names_only_these_users(listed: bytes, closed: bool) -> None:
    assert names_only(listed, {0, 1000}) is closed


def test_the_passphrase_is_read_as_systemd_lays_it_out(paths: Paths, folder: Path) -> None:
    ref = Vault(paths, {}, ask_passphrase=lambda _new: Secret(PASSPHRASE)).store("encrypted", "K", KEY)
    give(put(folder, "ascinbox-passphrase", PASSPHRASE), 0o400, laid_out(READ, ME))
    assert (folder / "ascinbox-passphrase").stat().st_mode & 0o777 == 0o440
    assert Vault(paths, {"CREDENTIALS_DIRECTORY": str(folder)}).load(ref) == KEY
    named = {
        "CREDENTIALS_DIRECTORY": str(folder),
        "ASCINBOX_PASSPHRASE_FILE": f"{folder}/ascinbox-passphrase",
    }
    assert Vault(paths, named).load(ref) == KEY


def test_a_key_of_the_service_manager_is_read_and_called_safe(paths: Paths, folder: Path) -> None:
    key = put(folder, "key.p8")
    give(key, 0o400, laid_out(READ, ME))
    environ = {"CREDENTIALS_DIRECTORY": str(folder), "ASCINBOX_PRIVATE_KEY_PATH": str(key)}
    vault = Vault(paths, {**environ, "ASCINBOX_KEY_ID": "ABCD127F2K"})
    ref = vault.override("ABCD127F2K")
    assert ref == f"file:{key}"
    assert vault.load(ref) == KEY
    assert vault.describe(ref).ok


def test_a_closed_folder_is_as_good(paths: Paths, folder: Path) -> None:
    key = put(folder, "key.p8")
    vault = Vault(paths, {"CREDENTIALS_DIRECTORY": str(folder)})
    give(key, 0o440)
    with pytest.raises(VaultRefusal, match="mode 0440"):
        vault.load(f"file:{key}")
    folder.chmod(0o700)
    assert vault.load(f"file:{key}") == KEY
    give(folder, 0o500, laid_out(ENTER, ME))
    assert vault.load(f"file:{key}") == KEY
    give(folder, 0o500, laid_out(ENTER, ME, STRANGER))
    with pytest.raises(VaultRefusal, match="mode 0440"):
        vault.load(f"file:{key}")


@pytest.mark.parametrize("mode", [0o440, 0o644, 0o604])
def test_a_plain_open_file_is_refused_there_and_elsewhere(paths: Paths, folder: Path, mode: int) -> None:
    key = put(folder, "key.p8")
    give(key, mode)
    for environ in ({"CREDENTIALS_DIRECTORY": str(folder)}, {}):
        with pytest.raises(VaultRefusal) as caught:
            Vault(paths, dict(environ)).load(f"file:{key}")
        assert caught.value.reason is Reason.TOO_OPEN


def test_a_list_that_lets_in_somebody_else_is_refused(paths: Paths, folder: Path) -> None:
    key = put(folder, "key.p8")
    give(key, 0o400, laid_out(READ, ME, STRANGER))
    with pytest.raises(VaultRefusal, match="can be read by others"):
        Vault(paths, {"CREDENTIALS_DIRECTORY": str(folder)}).load(f"file:{key}")


def test_outside_of_the_folder_no_list_counts(paths: Paths, folder: Path, tmp_path: Path) -> None:
    key = put(folder, "key.p8")
    give(key, 0o400, laid_out(READ, ME))
    with pytest.raises(VaultRefusal, match="mode 0440"):
        Vault(paths, {}).load(f"file:{key}")
    other = tmp_path / "other"
    other.mkdir(mode=0o755)
    path = other / ".." / folder.name / "key.p8"
    with pytest.raises(VaultRefusal, match="mode 0440"):
        Vault(paths, {"CREDENTIALS_DIRECTORY": str(other)}).load(f"file:{path}")
