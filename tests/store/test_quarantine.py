"""What Apple sent and could not be read: counted, bounded, forgotten when it is mended."""

from __future__ import annotations

from datetime import timedelta

from ascinbox.core.records import Review
from ascinbox.store.cache.quarantine import MOST_OF_A_LIST, Quarantine
from ascinbox.store.store import Store
from tests.store.conftest import NOW
from tests.workers.clocks import StepClock


def review(number: int) -> Review:
    return Review(f"r{number}", "9", 3, f"Title {number}", "Body", "nick", NOW, "USA", None)


def test_an_item_is_counted_and_forgotten_when_it_is_not_met_again(store: Store, clock: StepClock) -> None:
    found = store.quarantine
    found.put("reviews", "9", [("r1", "odd"), ("", "no object"), ("", "no object")])
    clock.advance(60)
    found.put("reviews", "9", [("r1", "odd")])
    found.put("apps", "1", [])
    by_item = {entry.item: entry for entry in found.entries()}
    assert {item: entry.times for item, entry in by_item.items()} == {"r1": 2, "": 2}
    assert (by_item["r1"].first_at, by_item["r1"].last_at) == (NOW, NOW + timedelta(seconds=60))
    assert found.met_since("reviews", "9", NOW + timedelta(seconds=1)) == {"r1"}
    found.forget("reviews", "8", clock.now())
    assert len(found.entries()) == 2
    found.forget("reviews", "9", clock.now())
    assert [entry.item for entry in found.entries()] == ["r1"]
    clock.advance(1)
    found.forget("reviews", "9", clock.now())
    assert found.entries() == ()


def test_a_flood_keeps_the_newest(store: Store, clock: StepClock) -> None:
    for number in range(3):
        store.quarantine.put("reviews", "9", [(f"{number}-{n}", "odd") for n in range(MOST_OF_A_LIST)])
        clock.advance(1)
    entries = store.quarantine.entries()
    assert len(entries) == MOST_OF_A_LIST
    assert all(entry.item.startswith("2-") for entry in entries)


def walked(store: Store, clock: StepClock, pages: list[list[Review]], odd: list[tuple[str, str]]) -> set[str]:
    """What a full walk over these pages takes for gone."""
    walk = store.sync.open_walk("9", full=True)
    store.quarantine.put("reviews", "9", odd)
    for page in pages:
        walk = walk.after(None)
        store.reviews.save_page("9", page, walk=walk)
    clock.advance(5)
    return set(store.reviews.finish_walk(walk).removed)


def test_what_could_not_be_read_is_not_taken_for_gone(store: Store, clock: StepClock) -> None:
    assert isinstance(store.quarantine, Quarantine)
    everything = [review(n) for n in range(4)]
    assert walked(store, clock, [everything], []) == set()
    clock.advance(60)
    assert walked(store, clock, [everything[:2]], [("r2", "odd")]) == {"r3"}
    clock.advance(60)
    assert walked(store, clock, [everything[:1]], [("", "no object")]) == set(), "it may be any of them"
    clock.advance(60)
    store.quarantine.forget("reviews", "9", clock.now())
    assert walked(store, clock, [everything[:1]], []) == {"r1", "r2"}
