"""Apps of one name in two stores are told apart, and no other name changes."""

from __future__ import annotations

import pytest

from ascinbox.core.app_names import names_apart
from ascinbox.core.stores import APP_STORE, PLAY_STORE, STORES, StoreInfo, store_of_app

TIDE, PLAY_TIDE = "1476097583", "com.northwind.tideclock"


def test_only_names_of_two_stores_are_told_apart() -> None:
    names = {
        TIDE: "Tide Clock",
        PLAY_TIDE: "tide clock",
        "2": "Moon Diary",
        "3": "Moon Diary",
        "": "unassigned",
    }
    assert names_apart(names) == {
        **names,
        TIDE: "Tide Clock · AS",
        PLAY_TIDE: "tide clock · GP",
    }


@pytest.mark.parametrize(
    ("app_id", "store"),
    [(TIDE, APP_STORE), (PLAY_TIDE, PLAY_STORE), ("a.b", PLAY_STORE), ("", APP_STORE), ("odd", APP_STORE)],
)
def test_the_id_tells_the_store(app_id: str, store: StoreInfo) -> None:
    assert store_of_app(app_id) is store


def test_every_store_says_how_its_ids_are_written() -> None:
    assert all(row.app_ids for row in STORES)
