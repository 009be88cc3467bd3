"""Refreshing one at a time, after the keys rest; collecting garbage when nobody types."""

from __future__ import annotations

import asyncio
import gc

import pytest

from ascinbox.tui import coalescer
from ascinbox.tui.coalescer import Coalescer
from ascinbox.tui.runtime import gc_policy


async def test_many_reasons_lead_to_one_more_refresh() -> None:
    runs = 0
    together = 0

    async def refresh() -> None:
        nonlocal runs, together
        runs += 1
        together += 1
        assert together == 1
        await asyncio.sleep(0.01)
        together -= 1

    keeper = Coalescer(refresh, lambda: False)
    keeper.ask(asyncio.ensure_future)
    await asyncio.sleep(0.001)
    for _ in range(20):
        keeper.ask(asyncio.ensure_future)
    await asyncio.sleep(0.3)
    assert runs == 2
    keeper.ask(asyncio.ensure_future)
    await asyncio.sleep(0.05)
    assert runs == 3


async def test_a_refresh_waits_for_the_keys_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescer, "PATIENCE_S", 0.2)
    done = asyncio.Event()
    typing = True

    async def refresh() -> None:
        done.set()

    keeper = Coalescer(refresh, lambda: typing)
    keeper.ask(asyncio.ensure_future)
    await asyncio.sleep(0.1)
    assert not done.is_set()
    await asyncio.wait_for(done.wait(), 1.0)
    done.clear()
    keeper.ask(asyncio.ensure_future)
    typing = False
    await asyncio.wait_for(done.wait(), 0.15)


async def test_a_refresh_that_fails_does_not_end_refreshing() -> None:
    runs = 0

    async def refresh() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise ValueError

    keeper = Coalescer(refresh, lambda: False)
    tasks: list[asyncio.Task[None]] = []
    for _ in range(2):
        keeper.ask(lambda work: tasks.append(asyncio.ensure_future(work)))
        await asyncio.gather(*tasks, return_exceptions=True)
    assert runs == 2


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The generations that were collected; what happens by itself is off."""
    made: list[int] = []
    monkeypatch.setattr(gc, "collect", lambda generation=2: made.append(generation))
    return made


@pytest.mark.parametrize(
    ("counts", "in_use", "expected"),
    [
        ((100, 0, 0), False, []),
        ((gc_policy.ENOUGH + 1, 0, 0), False, [1]),
        ((gc_policy.ENOUGH + 1, 0, 0), True, []),
        ((gc_policy.TOO_MANY + 1, 0, 0), True, [0]),
        ((0, 0, gc_policy.SELDOM + 1), False, [2]),
        ((0, 0, gc_policy.SELDOM + 1), True, []),
    ],
)
def test_garbage_is_collected_when_it_is_bearable(
    monkeypatch: pytest.MonkeyPatch,
    collected: list[int],
    counts: tuple[int, int, int],
    in_use: bool,
    expected: list[int],
) -> None:
    monkeypatch.setattr(gc, "get_count", lambda: counts)
    gc_policy.collect_if_due(in_use)
    assert collected == expected
