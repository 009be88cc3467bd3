"""Rows 12 and 14, and the soak: several programs on one home, none the wiser of the others."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ascinbox.core.outbox.states import MOVING, Phase
from tests.faults.children import Work, contend, flush_for_ever, full_screen, sync_once, to_rest, watch
from tests.faults.rig import FAST, ChanceFaults, Rig

MakeRig = Callable[..., Rig]
SECONDS = 60
SOAK = {
    **FAST,
    ("outbox", "undo_seconds"): 1,
    ("outbox", "settle_seconds"): 2.0,
    ("outbox", "lease_seconds"): 7.0,
    ("network", "deadline_seconds"): 5.0,
}


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize(
    ("begin", "harm"),
    [("BEGIN IMMEDIATE", False), ("BEGIN", True)],
    ids=["row 12: no program is locked out", "without the immediate transaction they are"],
)
def test_row_12_programs_that_write_at_once(
    make_rig: MakeRig, tmp_path: Path, begin: str, harm: bool
) -> None:
    rig = make_rig(reviews=30)
    complaints = tmp_path / "complaints"
    children = [rig.spawn(contend, begin, 150, complaints) for _ in range(4)]
    assert [child.join(60) for child in children] == [0] * 4
    assert bool(lines(complaints)) is harm
    if not harm:
        waits = sorted(map(float, lines(complaints.with_suffix(".waits"))))
        assert waits[int(len(waits) * 0.99)] < 0.25
    kept = rig.space.store.call(lambda store: len(store.drafts.discarded()))
    assert kept == 600 - len(lines(complaints))


@pytest.mark.slow
def test_row_14_two_refreshers_started_together_share_the_work(make_rig: MakeRig) -> None:
    rig = make_rig(reviews=450)
    rig.simulator.settings.latency_s = 0.05
    alone = 3
    for _ in range(20):
        rig.simulator.ledger.reset()
        start = time.monotonic() + 0.15
        children = [rig.spawn(sync_once, True, start) for _ in range(2)]
        for child in children:
            child.join(30)
        pages = sum("customerReviews" in seen.path for seen in rig.simulator.ledger.requests)
        assert alone <= pages <= alone + 1


@pytest.mark.slow
def test_soak_screens_a_watcher_and_a_flusher_with_a_kill_each_second(
    make_rig: MakeRig, tmp_path: Path
) -> None:
    faults = ChanceFaults(seed=12, share=0.2)
    rig = make_rig(reviews=900, faults=faults, settings=SOAK)
    complaints, told = tmp_path / "complaints", tmp_path / "told"
    chance = random.Random(12)
    work: list[tuple[Work, tuple[Any, ...]]] = [
        (full_screen, (1, complaints, told)),
        (full_screen, (2, complaints, told)),
        (watch, (complaints,)),
        (flush_for_ever, ()),
    ]
    children = [rig.spawn(what, *args) for what, args in work]
    until = time.monotonic() + SECONDS
    kills = 0
    while time.monotonic() < until:
        time.sleep(1.0)
        kills += 1
        number = chance.randrange(len(work))
        rig.end(children[number])
        what, args = work[number]
        children[number] = rig.spawn(what, *args)
    for child in children:
        rig.end(child)
    faults.share = 0.0
    to_rest(rig.space.sender, rig.space, limit_s=60)

    waits = sorted(float(line) for line in lines(complaints.with_suffix(".waits")))
    assert len(waits) > 200
    assert not [line for line in lines(complaints) if "locked" in line or "holds the data" in line]
    assert waits[int(len(waits) * 0.99)] < 1.0
    landed = rig.landed()
    assert max(landed.values()) == 1, "O4"
    rows = {row.id: row for row in rig.rows()}
    for line in lines(told):
        row_id, review_id, text = line.split("\t")
        assert (rows[int(row_id)].review_id, rows[int(row_id)].text) == (review_id, text), "O1"
    assert not [row for row in rows.values() if row.phase in MOVING]
    for row in rows.values():
        if row.phase is Phase.PENDING or row.phase is Phase.PUBLISHED:
            assert (row.review_id, row.text) in landed, "O5"
    ours = {row.review_id: row.text for row in rows.values() if (row.review_id, row.text) in landed}
    assert ours
    for review_id, text in landed:
        assert any(row.review_id == review_id and row.text == text for row in rows.values()), "O2"
    for review_id in ours:
        latest = [
            row for row in rows.values() if row.review_id == review_id and (review_id, row.text) in landed
        ]
        assert rig.standing(review_id) == latest[-1].text, "the ledger equals the store"
    checks = rig.space.store.call(lambda store: [store.database.check(name) for name in ("user", "cache")])
    assert checks == ["", ""]
    wal = (rig.where.home / "data" / "cache.db-wal").stat().st_size
    assert wal < 64 << 20
    print(
        f"{SECONDS} s, {kills} kills, {len(rows)} replies confirmed, {faults.struck} requests gone wrong:"
        f" {len(landed)} landed once, ledger and store agree;"
        f" a write waits {waits[int(len(waits) * 0.99)] * 1000:.0f} ms at most in 99 of 100 cases"
    )
