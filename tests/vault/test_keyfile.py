"""Key files: every way in which one can be unsafe is refused with the command that mends it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ascinbox.vault import Reason, VaultRefusal, read_private_file

TEXT = "-----BEGIN PRIVATE KEY-----\n"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    path = tmp_path / "AuthKey_ABCD127F2K.p8"
    path.touch(mode=0o600)
    path.write_text(TEXT)
    return path


def _open_to_others(key: Path) -> Path:
    key.chmod(0o644)
    return key


def _link_to_open_file(key: Path) -> Path:
    key.chmod(0o644)
    link = key.with_name("link.p8")
    link.symlink_to(key)
    return link


def _fifo(key: Path) -> Path:
    pipe = key.with_name("AuthKey_PIPE.p8")
    os.mkfifo(pipe, 0o600)
    return pipe


def _folder(key: Path) -> Path:
    return key.parent


def _huge(key: Path) -> Path:
    with key.open("wb") as file:
        file.truncate(1 << 30)
    return key


def _binary(key: Path) -> Path:
    key.write_bytes(b"\x30\x81\x87\xff\xfe")
    return key


def _missing(key: Path) -> Path:
    return key.with_name("AuthKey_OTHER.p8")


@pytest.mark.parametrize(
    "spoil", [_open_to_others, _link_to_open_file, _fifo, _folder, _huge, _binary, _missing]
)
def test_row_56_unsafe_files_are_refused_with_the_command_that_mends_them(
    spoil: Callable[[Path], Path], key: Path
) -> None:
    with pytest.raises(VaultRefusal) as caught:
        read_private_file(spoil(key))
    assert "chmod 600" in caught.value.next_step
    assert TEXT.strip() not in str(caught.value)


def test_the_command_names_the_file_that_is_open(key: Path) -> None:
    with pytest.raises(VaultRefusal) as caught:
        read_private_file(_link_to_open_file(key))
    assert caught.value.next_step == f"Run: chmod 600 {key}"
    assert caught.value.reason is Reason.TOO_OPEN


def test_a_name_with_blanks_is_quoted(key: Path) -> None:
    odd = key.rename(key.with_name("my key.p8"))
    odd.chmod(0o640)
    with pytest.raises(VaultRefusal) as caught:
        read_private_file(odd)
    assert caught.value.next_step == f"Run: chmod 600 '{odd}'"


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o770, 0o702])
def test_a_folder_that_others_can_change_is_refused(mode: int, key: Path) -> None:
    key.parent.chmod(mode)
    with pytest.raises(VaultRefusal) as caught:
        read_private_file(key)
    assert "chmod go-w" in caught.value.next_step


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_refused(key: Path) -> None:
    os.chown(key, 12345, -1)
    with pytest.raises(VaultRefusal) as caught:
        read_private_file(key)
    assert "another user" in caught.value.title


def test_a_link_to_a_safe_file_is_followed(key: Path) -> None:
    link = key.with_name("link.p8")
    link.symlink_to(key)
    assert read_private_file(link) == TEXT


def test_a_loop_of_links_is_refused(key: Path) -> None:
    loop = key.with_name("loop.p8")
    loop.symlink_to(loop)
    with pytest.raises(VaultRefusal):
        read_private_file(loop)


def test_a_byte_order_mark_is_dropped(key: Path) -> None:
    key.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    assert read_private_file(key) == TEXT
