"""The vault as a whole: references, the environment, deleting, and that nothing leaks."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.secret import Secret
from ascinbox.paths import Paths
from ascinbox.vault import Reason, Vault, VaultKind, VaultRefusal
from ascinbox.vault.environment import SECRET_VARIABLES

PEM = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n"


def test_a_key_file_is_private_from_the_first_moment(vault: Vault, paths: Paths) -> None:
    old = os.umask(0)
    try:
        ref = vault.store("file", "AuthKey_ABCD127F2K.p8", Secret(PEM))
    finally:
        os.umask(old)
    path = paths.keys / "AuthKey_ABCD127F2K.p8"
    assert ref == f"file:{path}"
    assert path.stat().st_mode & 0o777 == 0o600
    assert paths.keys.stat().st_mode & 0o777 == 0o700
    assert vault.load(ref).reveal() == PEM
    place = vault.describe(ref)
    assert (place.kind, place.ok, place.detail) == ("key file", True, "0600")


def test_permissions_are_checked_on_every_load(vault: Vault, paths: Paths) -> None:
    ref = vault.store("file", "AuthKey_ABCD127F2K.p8", Secret(PEM))
    (paths.keys / "AuthKey_ABCD127F2K.p8").chmod(0o640)
    with pytest.raises(VaultRefusal) as caught:
        vault.load(ref)
    assert caught.value.reason is Reason.TOO_OPEN
    assert not vault.describe(ref).ok


def test_a_key_file_that_is_gone_is_not_asked_for_by_a_path(vault: Vault, paths: Paths) -> None:
    ref = vault.store(VaultKind.FILE, "AuthKey_ABCD127F2K.p8", Secret("key"))
    (paths.keys / "AuthKey_ABCD127F2K.p8").unlink()
    with pytest.raises(VaultRefusal, match="no longer there") as caught:
        vault.load(ref)
    assert "ascinbox rotate" in caught.value.next_step


def test_the_callers_check_runs_on_every_load(vault: Vault) -> None:
    ref = vault.store("file", "AuthKey_ABCD127F2K.p8", Secret("not a key"))

    def check(secret: Secret) -> None:
        raise ValueError("not P-256")

    with pytest.raises(ValueError, match="not P-256"):
        vault.load(ref, check)


def test_only_our_own_copy_is_deleted(vault: Vault, tmp_path: Path) -> None:
    theirs = tmp_path / "AuthKey_THEIRS0000.p8"
    theirs.touch(mode=0o600)
    ref = vault.store("file", "AuthKey_ABCD127F2K.p8", Secret(PEM))
    assert not vault.delete(f"file:{theirs}")
    assert theirs.exists()
    assert vault.delete(ref)
    assert vault.describe(ref).detail == "No such file or directory"
    assert not vault.delete("env:ASC_PRIVATE_KEY")


@pytest.mark.parametrize("name", ["../escape", "/etc/passwd", "", ".hidden", "a b", "a\n", "x" * 200])
def test_names_cannot_leave_the_folder(name: str, vault: Vault) -> None:
    with pytest.raises(ValueError, match="not a name"):
        vault.store("file", name, Secret(PEM))


def test_known_variables_leave_the_environment_at_once(paths: Paths) -> None:
    environ = {name: f"secret of {name}" for name in SECRET_VARIABLES} | {"PATH": "/bin"}
    vault = Vault(paths, environ)
    assert environ == {"PATH": "/bin"}
    assert vault.load("env:ASC_PRIVATE_KEY").reveal() == "secret of ASC_PRIVATE_KEY"
    assert vault.load("env:ASC_PRIVATE_KEY").reveal() == "secret of ASC_PRIVATE_KEY"


def test_a_variable_may_hold_pem_base64_or_a_path(paths: Paths, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    file = tmp_path / "AuthKey_ABCD127F2K.p8"
    file.touch(mode=0o600)
    file.write_text(PEM)
    environ = {"A": PEM, "B": base64.b64encode(PEM.encode()).decode(), "C": str(file)}
    vault = Vault(paths, environ)
    assert [vault.load(f"env:{name}").reveal() for name in "ABC"] == [PEM] * 3
    assert environ == {}
    file.chmod(0o666)
    with pytest.raises(VaultRefusal):
        Vault(paths, {"C": str(file)}).load("env:C")


def test_a_missing_variable_is_named(vault: Vault) -> None:
    with pytest.raises(VaultRefusal, match="ASC_OTHER is not set"):
        vault.load("env:ASC_OTHER")


def test_our_variables_win_for_their_key_id_only(paths: Paths) -> None:
    vault = Vault(paths, {"ASCINBOX_KEY_ID": "ABCD127F2K", "ASCINBOX_PRIVATE_KEY": PEM})
    assert vault.override("ABCD127F2K") == "env:ASCINBOX_PRIVATE_KEY"
    assert vault.override("OTHER") is None


@given(st.text(max_size=60))
def test_an_unknown_reference_is_a_refusal_and_nothing_else(ref: str) -> None:
    vault = Vault(Paths.under(Path("/nonexistent")), {})
    if ref.partition(":")[0] in {"keyring", "file", "enc", "env"}:
        return
    with pytest.raises(VaultRefusal):
        vault.load(ref)
    vault.describe(ref)


def test_no_refusal_or_repr_shows_the_secret(vault: Vault, paths: Paths) -> None:
    canary = "canary-5f2b"
    ref = vault.store("file", "AuthKey_ABCD127F2K.p8", Secret(canary))
    (paths.keys / "AuthKey_ABCD127F2K.p8").chmod(0o644)
    with pytest.raises(VaultRefusal) as caught:
        vault.load(ref)
    texts = [str(caught.value), repr(caught.value), repr(vault.describe(ref)), repr(vault.environment)]
    texts += [repr(Secret(canary)), str(Secret(canary)), f"{Secret(canary):>40}"]
    assert all(canary not in text for text in texts)
