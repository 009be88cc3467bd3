"""Rows 3 and 4: from every named moment and every commit, going on ends as if nothing had happened (O14)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from ascinbox.core.outbox.states import Kind, OutboxRow
from ascinbox.workers.replies.sender import Sender
from ascinbox.workers.workspace import Workspace
from tests.faults.children import Where, flush_to_rest, to_rest
from tests.faults.rig import POST, Rig, all_rows

MakeRig = Callable[..., Rig]
KILLED = -9


@dataclass(frozen=True)
class Scenario:
    """What is asked for and what goes wrong; `then` is the state that it ends in."""

    name: str
    then: str
    before: str = ""
    """The reply that stands there when ours is confirmed."""
    kind: Kind = Kind.PUBLISH
    event: str = ""
    """What happens at Apple after ours was confirmed."""
    fault: dict[str, object] = field(default_factory=dict)
    """A rule for POST (or DELETE)."""
    for_ever: bool = False
    """The rule stays; otherwise it hits the first request of each reply alone."""

    @property
    def text(self) -> str:
        return "Thank you" if self.kind is Kind.PUBLISH else ""


ACCEPTED = ("pending_publish", "published")
SCENARIOS = (
    Scenario("a first reply", "accepted"),
    Scenario("an edited reply", "accepted", before="Our earlier words"),
    Scenario("a withdrawal", "withdrawn", before="Our earlier words", kind=Kind.WITHDRAW),
    Scenario("the answer is lost", "accepted", fault={"kind": "drop", "after": True}),
    Scenario("the request is lost", "accepted", fault={"kind": "drop"}),
    Scenario("503 after the effect", "accepted", fault={"kind": "status", "status": 503, "after": True}),
    Scenario("503 before the effect", "accepted", fault={"kind": "status", "status": 503}),
    Scenario("401 after the effect", "accepted", fault={"kind": "status", "status": 401, "after": True}),
    Scenario("401 before the effect", "accepted", fault={"kind": "status", "status": 401}),
    Scenario("the text is refused", "failed", fault={"kind": "status", "status": 422}, for_ever=True),
    Scenario("a conflict at Apple", "failed", fault={"kind": "status", "status": 409}, for_ever=True),
    Scenario("a rival answer", "held", event="answer"),
    Scenario("an edited review", "held", event="edit"),
    Scenario("a removed review", "held", event="remove"),
)


def prepare(rig: Rig, scenario: Scenario, reviews: Iterable[str]) -> list[OutboxRow]:
    """Confirms the reply of the scenario for each of these reviews, and lets happen what happens."""
    wanted = list(reviews)
    if scenario.before:
        for review_id in wanted:
            rig.simulator.happen("answer", review_id=review_id, text=scenario.before)
        rig.space.sync.run(full=True, datasets=("reviews",))
    rows = rig.queue([(review_id, scenario.text) for review_id in wanted], scenario.kind)
    for review_id in wanted:
        match scenario.event:
            case "answer":
                rig.simulator.happen("answer", review_id=review_id, text="Theirs")
            case "edit":
                rig.simulator.happen("edit", review_id=review_id, body="Changed")
            case "remove":
                rig.simulator.happen("remove", review_id=review_id)
    return rows


def outcome(rig: Rig, row: OutboxRow) -> tuple[object, ...]:
    """What can be seen of a reply in the end, at Apple and here."""
    state = "accepted" if row.phase in ACCEPTED else str(row.phase)
    landed = sum(effect.target == row.review_id for effect in rig.simulator.ledger.effects)
    return state, row.why, row.text, rig.standing(row.review_id), landed


def set_fault(rig: Rig, scenario: Scenario, times: int | None) -> None:
    rig.simulator.faults.clear()
    if scenario.fault:
        options = dict(scenario.fault)
        rig.simulator.faults.add(str(options.pop("kind")), "POST", POST, times=times, **options)


@pytest.mark.slow
def test_row_03_a_crash_at_every_named_moment_changes_nothing(make_rig: MakeRig) -> None:
    """Mostly waiting for settle windows, so three rigs wait side by side."""
    rigs = [make_rig(reviews=350) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        hits = list(pool.map(crash_everywhere, rigs, [SCENARIOS[number::3] for number in range(3)]))
    assert sum(hits) >= 60
    print(
        f"{sum(hits)} moments of {len(SCENARIOS)} scenarios hit by a kill: all end as if there had been none"
    )


def crash_everywhere(rig: Rig, scenarios: Sequence[Scenario]) -> int:
    """Kills a child at each moment of each scenario and goes on; returns how many moments were hit."""
    free = iter(rig.reviews)
    hit = 0
    for scenario in scenarios:
        moments, expected = uninterrupted(rig, scenario, next(free))
        reviews = [next(free) for _ in moments]
        rows = prepare(rig, scenario, reviews)
        for review_id, moment in zip(reviews, moments, strict=True):
            set_fault(rig, scenario, None if scenario.for_ever else 1)
            environ = {"ASCINBOX_TEST": "1", "ASCINBOX_CRASH_AT": moment}
            child = rig.spawn(flush_to_rest, review_id, where=replace(rig.where, environ=environ))
            assert child.join() == KILLED, f"{scenario.name}: {moment} was not passed"
            hit += 1
        set_fault(rig, scenario, None) if scenario.for_ever else rig.simulator.faults.clear()
        to_rest(rig.space.sender, rig.space)
        after = {row.id: row for row in rig.rows()}
        for row, moment in zip(rows, moments, strict=True):
            assert outcome(rig, after[row.id]) == expected, f"{scenario.name}, crash at {moment}"
    return hit


def uninterrupted(rig: Rig, scenario: Scenario, review_id: str) -> tuple[list[str], tuple[object, ...]]:
    """The moments that one run passes, each as `name:n`, and what it ends in."""
    [row] = prepare(rig, scenario, [review_id])
    set_fault(rig, scenario, None if scenario.for_ever else 1)
    names: list[str] = []
    to_rest(Sender(rig.space, point=names.append), rig.space, review_id=review_id)
    [after] = [found for found in rig.rows() if found.id == row.id]
    result = outcome(rig, after)
    assert result[0] == scenario.then, scenario.name
    return [f"{name}:{names[: n + 1].count(name)}" for n, name in enumerate(names)], result


@pytest.mark.slow
def test_row_04_a_copy_of_every_commit_ends_the_same(make_rig: MakeRig, quick_folder: Path) -> None:
    rig = make_rig(reviews=200)
    copies: list[Where] = []

    def snapshot(name: str) -> None:
        if not name.startswith(("before", "after")):
            home = quick_folder / "copies" / str(len(copies))
            shutil.copytree(rig.where.home, home, ignore=shutil.ignore_patterns("*.lock", "reserve"))
            copies.append(replace(rig.where, home=home))

    sender = Sender(rig.space, point=snapshot)
    for scenario, review_id in zip(SCENARIOS, rig.reviews, strict=False):
        prepare(rig, scenario, [review_id])
        set_fault(rig, scenario, 1)
        to_rest(sender, rig.space)
    rig.simulator.faults.clear()
    expected = endings(rig.space)
    landed = len(rig.simulator.ledger.effects)
    assert len(copies) >= 40
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(resume, copies))
    for result in results:
        assert result
        # A refusal that had not been written down is not known to the copy, which then sends once more.
        assert {
            op: end for op, end in result.items() if expected[op][0] != "failed"
        }.items() <= expected.items()
    print(f"{len(copies)} commits copied: every copy ends the same")
    refused = sum(scenario.then == "failed" for scenario in SCENARIOS)
    assert len(rig.simulator.ledger.effects) <= landed + refused, "going on from a copy posts nothing twice"


def resume(where: Where) -> dict[str, tuple[object, ...]]:
    """Goes on from a copy of the home until everything rests."""
    space = where.open()
    try:
        to_rest(space.sender, space)
        return endings(space)
    finally:
        space.close()


def endings(space: Workspace) -> dict[str, tuple[object, ...]]:
    """What became of each reply."""
    return {
        row.op_id: ("accepted" if row.phase in ACCEPTED else str(row.phase), row.why, row.text)
        for row in all_rows(space)
    }
