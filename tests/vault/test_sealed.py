"""Sealed files: one refusal for a wrong passphrase and for every kind of damage."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from ascinbox.core.secret import Secret
from ascinbox.paths import Paths
from ascinbox.vault import Reason, Vault, VaultRefusal, encrypted

KEY = Secret("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n")
PASSPHRASE = "correct horse battery"
COST = encrypted.COST
"""As it is outside tests, which seal at the least cost."""


def _vault(paths: Paths, passphrase: str = PASSPHRASE, **environ: str) -> Vault:
    return Vault(paths, dict(environ), ask_passphrase=lambda _new: Secret(passphrase))


def _file(paths: Paths, name: str = "ABCD127F2K") -> Path:
    return paths.keys / f"{name}.sealed"


def test_what_is_sealed_opens_with_the_same_passphrase_only(paths: Paths) -> None:
    ref = _vault(paths).store("encrypted", "ABCD127F2K", KEY)
    assert ref == "enc:ABCD127F2K"
    assert _vault(paths).load(ref) == KEY
    with pytest.raises(VaultRefusal) as caught:
        _vault(paths, "correct horse buttery").load(ref)
    assert caught.value.reason is Reason.SEALED


def test_the_file_is_closed_to_others_and_shows_nothing(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encrypted, "COST", COST)
    _vault(paths).store("encrypted", "ABCD127F2K", KEY)
    assert _file(paths).stat().st_mode & 0o777 == 0o600
    assert paths.keys.stat().st_mode & 0o777 == 0o700
    assert b"PRIVATE" not in _file(paths).read_bytes()
    header = json.loads(_file(paths).read_bytes().split(b"\n")[0])
    assert (header["n"], header["r"], header["p"]) == (2**17, 8, 1)


def test_row_60_every_flipped_byte_is_one_and_the_same_refusal(paths: Paths) -> None:
    vault = _vault(paths)
    ref = vault.store("encrypted", "ABCD127F2K", KEY)
    path = _file(paths)
    good = path.read_bytes()
    header_end = good.index(b"\n")
    words = set()
    slowest = 0.0
    for place in range(len(good)):
        # Costs of the derivation are not spent on flips of the salt: one of them stands for all.
        if good.index(b'"salt"') + 9 < place < header_end - 3:
            continue
        path.write_bytes(good[:place] + bytes((good[place] ^ 1,)) + good[place + 1 :])
        started = time.monotonic()
        with pytest.raises(VaultRefusal) as caught:
            vault.load(ref)
        slowest = max(slowest, time.monotonic() - started)
        words.add((caught.value.reason, caught.value.title, caught.value.next_step))
    assert len(words) == 1
    assert slowest < 2


@pytest.mark.parametrize("length", [0, 1, 50, -30, -1])
def test_row_60_a_cut_file_is_the_same_refusal(length: int, paths: Paths) -> None:
    vault = _vault(paths)
    ref = vault.store("encrypted", "ABCD127F2K", KEY)
    _file(paths).write_bytes(_file(paths).read_bytes()[:length])
    with pytest.raises(VaultRefusal) as caught:
        vault.load(ref)
    assert caught.value.reason is Reason.SEALED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", 2**30),
        ("n", -1),
        ("n", 131072.0),
        ("n", 10**400),
        ("r", 1024),
        ("p", 10_000),
        ("salt", "AA=="),
        ("name", "OTHER"),
    ],
)
def test_row_60_giant_parameters_are_never_tried(field: str, value: object, paths: Paths) -> None:
    vault = _vault(paths)
    ref = vault.store("encrypted", "ABCD127F2K", KEY)
    header, rest = _file(paths).read_bytes().split(b"\n", 1)
    forged = json.dumps({**json.loads(header), field: value}, sort_keys=True).encode()
    _file(paths).write_bytes(forged + b"\n" + rest)
    started = time.monotonic()
    with pytest.raises(VaultRefusal) as caught:
        vault.load(ref)
    assert time.monotonic() - started < 2
    assert caught.value.reason is Reason.SEALED


def test_a_sealed_file_under_another_name_does_not_open(paths: Paths) -> None:
    vault = _vault(paths)
    vault.store("encrypted", "ABCD127F2K", KEY)
    _file(paths).rename(_file(paths, "OTHER"))
    with pytest.raises(VaultRefusal):
        vault.load("enc:OTHER")


def test_a_second_key_costs_no_second_derivation(paths: Paths) -> None:
    vault = _vault(paths)
    vault.store("encrypted", "ONE", KEY)
    vault.store("encrypted", "TWO", Secret("two"))
    assert vault.load("enc:TWO") == Secret("two")
    assert len(vault._sealed._derived) == 1


def test_a_different_passphrase_for_a_second_key_is_refused(paths: Paths) -> None:
    _vault(paths).store("encrypted", "ONE", KEY)
    with pytest.raises(VaultRefusal) as caught:
        _vault(paths, "something else").store("encrypted", "TWO", KEY)
    assert caught.value.reason is Reason.SEALED
    assert not _file(paths, "TWO").exists()


def test_the_passphrase_comes_from_a_private_file(paths: Paths, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    file = tmp_path / "passphrase"
    file.touch(mode=0o600)
    file.write_text(PASSPHRASE + "\n")
    ref = _vault(paths).store("encrypted", "ABCD127F2K", KEY)
    environ = {"ASCINBOX_PASSPHRASE_FILE": str(file)}
    vault = Vault(paths, environ)
    assert not vault.needs_passphrase([ref])
    assert vault.load(ref) == KEY
    file.chmod(0o644)
    with pytest.raises(VaultRefusal) as caught:
        Vault(paths, environ).load(ref)
    assert caught.value.reason is Reason.TOO_OPEN


def test_a_service_credential_gives_the_passphrase(paths: Paths, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "ascinbox-passphrase").touch(mode=0o400)
    (tmp_path / "ascinbox-passphrase").write_text(PASSPHRASE)
    ref = _vault(paths).store("encrypted", "ABCD127F2K", KEY)
    assert Vault(paths, {"CREDENTIALS_DIRECTORY": str(tmp_path)}).load(ref) == KEY


def test_nobody_to_ask_is_its_own_refusal(paths: Paths) -> None:
    ref = _vault(paths).store("encrypted", "ABCD127F2K", KEY)
    vault = Vault(paths, {})
    assert vault.needs_passphrase([ref])
    with pytest.raises(VaultRefusal) as caught:
        vault.load(ref)
    assert caught.value.reason is Reason.NO_PASSPHRASE
    assert "ASCINBOX_PASSPHRASE_FILE" in caught.value.next_step


def test_a_short_passphrase_is_refused_and_asked_again(paths: Paths) -> None:
    answers = iter(("short", PASSPHRASE))
    vault = Vault(paths, {}, ask_passphrase=lambda _new: Secret(next(answers)))
    with pytest.raises(VaultRefusal):
        vault.store("encrypted", "ABCD127F2K", KEY)
    assert not paths.keys.exists()
    assert vault.load(vault.store("encrypted", "ABCD127F2K", KEY)) == KEY
