"""The folder of JSON files keeps the contract of a store."""

from __future__ import annotations

from pathlib import Path

import pytest

from ascinbox.core import stores
from ascinbox.core.records import Credential
from ascinbox.core.secret import Secret
from tests.sources.contract import SourceContract, StoreAtHand
from tests.sources.folder.harness import APP, KEY, make_folder
from tests.sources.folder.row import FOLDER


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StoreAtHand:
    """The row is put into the registry, and that is all."""
    monkeypatch.setattr(stores, "STORES", (*stores.STORES, FOLDER))
    folder = make_folder(tmp_path / "store")
    credential = Credential("folder key", "F1", None, "")

    def refuse() -> None:
        (folder / "key.txt").write_text("another", "utf-8")

    return StoreAtHand("folder", credential, Secret(KEY), APP, str(folder), refuse)


class TestFolder(SourceContract):
    """See `SourceContract`."""
