"""A size that the terminal gets while something else is in front: what comes back is laid out for it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ascinbox.paths import Paths
from tests.tui.world import running

WIDE, NARROW = (120, 36), (80, 24)


async def seen(
    paths: Paths, first: tuple[int, int], before: Sequence[str], then: tuple[int, int], after: Sequence[str]
) -> list[str]:
    """The screen without its last lines after some keys, another size, and more keys."""
    async with running(paths, size=first) as ui:
        await ui.press(*before)
        await ui.pilot.resize_terminal(*then)
        await ui.rest()
        await ui.press(*after)
        return ui.lines()[:-2]


@pytest.mark.parametrize("keys", ["2 1", "3 1", "6 1", "r escape"])
async def test_the_column_titles_are_those_of_the_rows(paths: Paths, keys: str) -> None:
    away, back = keys.split()
    got = await seen(paths, WIDE, [away], NARROW, [back])
    assert got == await seen(paths, NARROW, [away], NARROW, [back])


@pytest.mark.parametrize("keys", ["r", "r ctrl+g"])
@pytest.mark.parametrize(("first", "then"), [(WIDE, NARROW), (NARROW, WIDE)])
async def test_the_review_stands_once_with_the_reply(
    paths: Paths, keys: str, first: tuple[int, int], then: tuple[int, int]
) -> None:
    got = await seen(paths, first, keys.split(), then, [])
    assert got == await seen(paths, then, keys.split(), then, [])
