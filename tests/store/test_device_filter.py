"""`device:`: the same rows read through, from the index, and from both mixed; older indexes are made anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ascinbox.core.records import Told
from ascinbox.store.cache.index import build
from ascinbox.store.migrations.cache import SCHEMA
from tests.store.test_filters import filled, understood, write

DEVICES_FILED = 10
"""The step from which on the index knows devices."""


def test_devices_are_found_in_every_way(tmp_path: Path) -> None:
    case = filled(tmp_path, seed=5, count=120)
    store = case.store
    names = ("oriole", "Oriole Pro", "kona", "", "x" * 40)
    reviews = [k.review for k in case.world.known if k.review.app_id == "1"]
    told = {r.id: names[n % len(names)] for n, r in enumerate(reviews)}
    store.reviews.save_page("1", [replace(r, told=Told("1.0", told[r.id], "33", "en")) for r in reviews])
    for value in ("oriole", "pro,kona", "nothing", "x"):
        wanted = {i for i, name in told.items() if any(part in name.casefold() for part in value.split(","))}
        wanted -= {k.review.id for k in case.world.known if k.removed}
        query, rest = understood(f"device:{value}"), understood(f"-device:{value}")
        all_of_them = set(case.ids(understood("")))
        for _ in ("read through", "indexed"):
            assert set(case.ids(query)) == wanted & all_of_them
            assert set(case.ids(rest)) == all_of_them - wanted
            assert store.reviews.count(query) == len(wanted & all_of_them)
            draft = build.draft_block(store.database, size=90)
            if draft is not None:
                write(store, draft)
    store.close()


def test_an_index_that_was_made_without_devices_is_made_anew(tmp_path: Path) -> None:
    case = filled(tmp_path, seed=5, count=120)
    store = case.store
    review = case.world.known[0].review
    store.reviews.save_page(review.app_id, [replace(review, told=Told("1.0", "oriole", "33", "en"))])
    draft = build.draft_block(store.database, size=500)
    assert draft is not None
    write(store, draft)
    database = store.database
    with database.write() as connection:
        connection.execute("DELETE FROM cache.term WHERE term LIKE char(1) || 'd%'")
    assert case.ids(understood("device:oriole")) == []
    connection = database.connection
    for statement in SCHEMA.steps[DEVICES_FILED]:
        connection.execute(str(statement).format(s="cache"))
    while build.sweep(database):
        pass
    assert case.ids(understood("device:oriole")) == [review.id]
    draft = build.draft_block(database, size=500)
    assert draft is not None
    write(store, draft)
    assert case.ids(understood("device:oriole")) == [review.id]
    store.close()
