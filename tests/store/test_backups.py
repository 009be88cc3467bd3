"""A copy of user.db is on the disk before its name says that it is there."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ascinbox.store.backups import take


def test_a_copy_is_synchronised_before_it_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("ATTACH ? AS user", (str(tmp_path / "user.db"),))
    connection.execute("CREATE TABLE user.note (text TEXT)")
    connection.execute("INSERT INTO user.note VALUES ('kept')")
    synchronised: list[int] = []
    renamed: list[tuple[int, bool]] = []
    replace = Path.replace

    def fsync(descriptor: int) -> None:
        synchronised.append(os.fstat(descriptor).st_ino)

    def watched(path: Path, target: Path) -> Path:
        inode = path.stat().st_ino
        renamed.append((inode, inode in synchronised))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", watched)
    copy = take(connection, tmp_path / "backups", datetime(2026, 11, 21, 12, 0, tzinfo=UTC))
    assert (copy.stat().st_ino, True) in renamed
    with sqlite3.connect(copy) as opened:
        assert opened.execute("SELECT text FROM note").fetchall() == [("kept",)]
