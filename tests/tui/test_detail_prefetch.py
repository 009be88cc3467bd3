"""Reviews read ahead: asked for once, kept for a while, renewed by whoever reads one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from textual.screen import Screen
from textual.timer import Timer

from ascinbox.core.records import ReviewDetail
from ascinbox.paths import Paths
from ascinbox.tui.inbox.detail_prefetch import KEPT, DetailPrefetch
from ascinbox.tui.inbox.reading import NOT_READ_WITHIN_S, READ_AFTER_S
from tests.tui.world import running


async def test_what_is_known_is_not_asked_for_again_and_the_oldest_goes(paths: Paths) -> None:
    asked: list[Sequence[str]] = []
    async with running(paths) as ui:

        async def fetch(ids: Sequence[str]) -> Sequence[ReviewDetail]:
            asked.append(ids)
            return ui.workspace.inbox.details(ids)

        near = DetailPrefetch(fetch)
        ids = list(ui.inbox.listing.data.ids())
        await near.look(ids[:3])
        await near.look(ids[:3])
        await near.look(ids[1:5])
        assert asked == [ids[:3], ids[3:5]]
        known = near.get(ids[0])
        assert known is not None
        assert known == ui.workspace.inbox.detail(ids[0])
        await near.look(ids[5 : 5 + KEPT])
        assert near.get(ids[0]) is None
        assert near.get(ids[4 + KEPT]) is not None


async def test_a_newer_reading_takes_the_place_of_an_older(paths: Paths) -> None:
    async with running(paths) as ui:
        detail = ui.workspace.inbox.detail(ui.current)
        assert detail is not None

        async def fetch(_ids: Sequence[str]) -> Sequence[ReviewDetail]:
            return ()

        near = DetailPrefetch(fetch)
        near.learn(detail)
        assert near.get(ui.current) == detail
        newer = replace(detail, done=not detail.done)
        near.learn(newer)
        known = near.get(ui.current)
        assert known is not None
        assert known == newer


async def test_a_step_shows_row_and_text_in_one_stroke(paths: Paths) -> None:
    async with running(paths, size=(120, 36)) as ui:
        await ui.press("j")
        listing = ui.inbox.listing
        # A second step that came sooner would be that of a held key.
        await asyncio.sleep(NOT_READ_WITHIN_S)
        # Without waiting for anything: the pane is already the next review's.
        await listing.move(1)
        reading = ui.inbox.reader.reading
        assert listing.current is not None
        assert reading is not None
        assert reading.detail.review.id == listing.current.id


async def test_a_held_key_has_one_timer_also_when_the_step_before_is_still_to_be_read(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(paths, size=(120, 36)) as ui:
        made: list[Timer] = []

        def set_timer(delay: float, callback: Callable[[], None]) -> Timer:
            timer = Screen.set_timer(ui.inbox, delay, callback)
            if delay == READ_AFTER_S:
                made.append(timer)
            return timer

        monkeypatch.setattr(ui.inbox, "set_timer", set_timer)
        # The first is read after the next picture; the second, as of a held key, when the cursor rests.
        await ui.inbox.listing.move(1)
        await ui.inbox.listing.move(1)
        await ui.app.settled()
        await ui.inbox.listing.move(1)
        assert len(made) <= 1


async def test_a_neighbour_that_changed_meanwhile_is_shown_as_it_is_now(paths: Paths) -> None:
    async with running(paths, size=(120, 36)) as ui:
        await ui.press("j")
        following = ui.inbox.listing.data.rows[ui.inbox.listing.data.cursor + 1].id
        await ui.app.ask(ui.workspace.triage.tag, [following], ("changed",), ())
        await ui.press("j")
        reading = ui.inbox.reader.reading
        assert reading is not None
        assert "changed" in reading.detail.tags
