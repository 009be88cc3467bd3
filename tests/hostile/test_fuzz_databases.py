"""Data files with random bytes and flipped pages: opened, mended, rebuilt or refused, and read after that."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.errors import StoreError
from ascinbox.core.filters import parse
from ascinbox.core.outbox.states import Base, Draft
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from tests.hostile.fuzzing import EXAMPLES, SEEDS, fuzz
from tests.hostile.plant import NOW
from tests.tui.world import APPS, build, review

MEMORY = Path("/dev/shm")
PAGE = 4096
REVIEWS = 12
DRAFT = "A draft that must not be lost."


@pytest.fixture(scope="module")
def sound() -> Iterator[Path]:
    """A home with reviews and a draft, cleanly closed."""
    folder = Path(tempfile.mkdtemp(dir=MEMORY if os.access(MEMORY, os.W_OK) else None))
    paths = build(folder / "sound", [review(number, answered=number % 3 == 0) for number in range(REVIEWS)])
    store = StoreThread.open(paths, ShiftedClock(NOW))
    for number in range(3):
        subject = review(number)
        store.call(_save_draft, Draft(subject.id, DRAFT, NOW, Base.of(subject), "mia"))
    store.call(lambda s: s.queue.note(review(1).id, "a note"))
    store.call(Store.maintain)
    store.close()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _save_draft(store: Store, draft: Draft) -> None:
    store.queue.save_draft(draft, APPS[0].id)


def damaged(data: bytes, chance: random.Random) -> bytes:
    """A data file after what disks, copies and other programs do to one."""
    changed = bytearray(data)
    pages = len(data) // PAGE
    match chance.randrange(9):
        case 0:
            return chance.randbytes(chance.choice((0, 1, 100, PAGE, 3 * PAGE)))
        case 1:
            return data[: chance.randrange(len(data))]
        case 2:
            return data + chance.randbytes(chance.choice((1, PAGE)))
        case 3:
            first, second = chance.randrange(pages), chance.randrange(pages)
            changed[first * PAGE : (first + 1) * PAGE] = data[second * PAGE : (second + 1) * PAGE]
        case 4:
            at = chance.randrange(pages) * PAGE
            changed[at : at + PAGE] = chance.randbytes(PAGE)
        case 5:
            at = chance.randrange(pages) * PAGE
            changed[at : at + PAGE] = bytes(PAGE)
        case 6:
            at = chance.randrange(100)
            changed[at : at + 1] = chance.randbytes(1)
        case _:
            for _ in range(chance.randint(1, 12)):
                at = chance.randrange(len(changed))
                changed[at] ^= 1 << chance.randrange(8)
    return bytes(changed)


def read_all(store: Store) -> tuple[list[str], list[str]]:
    """Everything a screen reads at its start, and a write."""
    query = parse("", now=NOW)
    rows = [row.id for row in store.reviews.window(query, limit=100).rows]
    store.reviews.count(query)
    store.facets.of(query)
    for identifier in rows[:2]:
        store.reviews.get(identifier)
    store.accounts.list()
    store.accounts.apps()
    store.outbox.open_rows()
    drafts = [draft.text for draft in map(store.drafts.get, [review(n).id for n in range(3)]) if draft]
    store.queue.flag([review(0).id])
    store.queue.flag([review(0).id], False)
    store.sync.runs()
    store.take_notices()
    return rows, drafts


@pytest.mark.slow
@pytest.mark.xdist_group("databases")
@fuzz("databases", quick=EXAMPLES)
@given(SEEDS)
def test_a_damaged_file_is_mended_or_refused_in_a_sentence(sound: Path, seed: int) -> None:
    """Only StoreErrors, the other file untouched, and after that a store that works."""
    chance = random.Random(seed)
    home = sound / "case"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(sound / "sound", home, ignore=shutil.ignore_patterns("reserve"))
    paths = Paths.under(home)
    target = chance.choice((paths.user_db, paths.cache_db))
    target.write_bytes(damaged(target.read_bytes(), chance))
    try:
        store = StoreThread.open(paths, ShiftedClock(NOW))
    except StoreError as error:
        assert "newer ascinbox" in error.title, "a flipped bit of the version, which nobody can tell from one"
        return
    try:
        rows, drafts = read_in_the_end(store)
        if target == paths.cache_db:
            assert drafts == [DRAFT] * 3, "user.db was whole"
        SEEN[target.name, len(rows), len(drafts)] += 1
        if seed % 4 == 0:
            # A deeper look may find what reading did not: it is mended then.
            with suppress(StoreError):
                store.call(Store.maintain)
            read_in_the_end(store)
    finally:
        store.close()


def read_in_the_end(store: StoreThread) -> tuple[list[str], list[str]]:
    """Reads; each damage that is met costs one refusal, and no other kind of error comes."""
    for _ in range(4):
        with suppress(StoreError):
            return store.call(read_all)
    raise AssertionError("it does not become readable")


SEEN: Counter[tuple[str, int, int]] = Counter()
"""By file that was damaged: how many reviews and drafts were there in the end, how often."""


@pytest.mark.slow
@pytest.mark.xdist_group("databases")
def test_the_damage_was_worth_the_name() -> None:
    """Some damage went to what is read, some to what is not, and some copy was brought back."""
    if not SEEN:
        pytest.skip("nothing was damaged in this process")
    assert {("cache.db", REVIEWS), ("cache.db", 0), ("user.db", REVIEWS)} <= {key[:2] for key in SEEN}
