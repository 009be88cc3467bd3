"""Keys one at a time, and pasted text told from typing."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from ascinbox.paths import Paths
from ascinbox.tui.key_queue import KeyQueue, KeyTarget
from ascinbox.tui.paste_guard import DIFFERENT, WINDOW_S, Press, burst_length, is_burst, wait_for_more
from tests.tui.world import running


def presses(keys: str, gap: float = 0.001) -> list[Press]:
    return [Press(key, number * gap, True) for number, key in enumerate(keys)]


def test_five_different_keys_at_once_are_a_paste() -> None:
    assert is_burst(presses("Dear "))
    assert not is_burst(presses("Dea"))
    assert not is_burst(presses("jjjjjjjjjjjj"))
    assert not is_burst(presses("abcde", gap=0.01))


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20))
def test_only_different_keys_count(text: str) -> None:
    assert is_burst(presses(text)) == (len(set(text)) >= DIFFERENT)


def test_a_burst_ends_at_a_pause() -> None:
    late = [Press("z", 0.2, True)]
    assert burst_length([*presses("abcdef"), *late]) == 6


def test_moving_waits_for_nothing_and_acting_a_little() -> None:
    assert wait_for_more(presses("j"), safe=True) == 0
    assert 0 < wait_for_more(presses("e"), safe=False) < WINDOW_S
    assert wait_for_more(presses("ab"), safe=False) == WINDOW_S
    assert wait_for_more([Press("f5", 0, False)], safe=False) == 0


class Recorder:
    def __init__(self, *, typing: bool = False, delay: float = 0.0) -> None:
        self.handled: list[str] = []
        self.dropped = 0
        self.busy = 0
        self._delay = delay
        self.pump = KeyQueue(KeyTarget(lambda: typing, lambda key: key in "jk", self._handle, self._pasted))

    async def _handle(self, event: events.Key) -> None:
        assert self.busy == 0
        self.busy += 1
        await asyncio.sleep(self._delay)
        self.busy -= 1
        self.handled.append(event.key)

    def _pasted(self, count: int) -> None:
        self.dropped += count

    async def run(self, *bursts: str) -> None:
        self.pump.start()
        for burst in bursts:
            for character in burst:
                self.pump.put(events.Key("enter" if character == "\n" else character, character))
            await self.pump.idle()
            await asyncio.sleep(0.04)
        await self.pump.stop()


async def test_a_paste_runs_nothing_and_is_told() -> None:
    recorder = Recorder()
    await recorder.run("Dear reviewer, yes P D\n")
    assert recorder.handled == []
    assert recorder.dropped == 23


async def test_after_a_paste_keys_work_again() -> None:
    recorder = Recorder()
    await recorder.run("Dear reviewer", "e")
    assert recorder.handled == ["e"]


async def test_held_keys_pass() -> None:
    recorder = Recorder()
    await recorder.run("j" * 40)
    assert recorder.handled == ["j"] * 40


async def test_a_text_field_gets_everything() -> None:
    recorder = Recorder(typing=True)
    await recorder.run("Dear reviewer")
    assert "".join(recorder.handled) == "Dear reviewer"


async def test_each_key_waits_for_the_one_before() -> None:
    recorder = Recorder(delay=0.01)
    await recorder.run("t1P")
    assert recorder.handled == ["t", "1", "P"]


async def test_keys_before_the_start_are_kept() -> None:
    recorder = Recorder()
    recorder.pump.put(events.Key("j", "j"))
    await asyncio.sleep(0.02)
    assert recorder.handled == []
    await recorder.run("k")
    assert recorder.handled == ["j", "k"]


@pytest.mark.parametrize("text", ["Dear reviewer, yes P D", "delete it now"])
async def test_on_the_list_an_unmarked_paste_does_nothing(paths: Paths, text: str) -> None:
    async with running(paths) as ui:
        before = ui.current
        moment = monotonic()
        for character in text:
            event = events.Key(character, character)
            event.time = moment
            ui.app.keyboard.queue.put(event)
        await ui.rest()
        assert ui.current == before
        assert "came at once, as if pasted: ignored" in ui.status
        assert len(ui.app.screen_stack) == 1


async def test_a_marked_paste_outside_a_field_is_dropped_and_inside_it_lands(paths: Paths) -> None:
    async with running(paths) as ui:
        ui.app.post_message(events.Paste("Dear reviewer"))
        await ui.rest()
        assert "pasted text is ignored" in ui.status
        await ui.press("r")
        ui.app.post_message(events.Paste("Dear reviewer"))
        await ui.until(lambda: ui.inbox.panel.area.text == "Dear reviewer")


async def test_keys_typed_ahead_land_where_they_were_meant(paths: Paths) -> None:
    async with running(paths) as ui:
        for key in ("v", "2"):
            ui.app.keyboard.queue.put(events.Key(key, key))
        await ui.rest()
        assert ui.inbox.view_name == "Low stars"
        assert ui.app.current_mode == "inbox"
