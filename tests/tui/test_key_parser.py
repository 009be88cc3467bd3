"""What one read of the terminal brought came at once, and the first screen's tasks begin in their turn."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key

from ascinbox.paths import Paths
from ascinbox.tui.paste_guard import Press, is_burst
from ascinbox.tui.runtime.key_parser import TOGETHER, WholeReads, tell_what_came_together
from tests.tui.world import running


def keys_of(data: str) -> list[Key]:
    return [message for message in WholeReads().feed(data) if isinstance(message, Key)]


@pytest.mark.parametrize(
    ("data", "together"),
    [
        ("P", 1),
        ("jjjjjjjj", 1),
        ("t1P", 3),
        ("Dear", 4),
        ("Dear reviewer, yes P D", 12),
        ("\x1b[B\x1b[Bx", 1),
    ],
)
def test_keys_know_what_they_came_with(data: str, together: int) -> None:
    keys = keys_of(data)
    assert keys
    assert {getattr(key, TOGETHER) for key in keys} == {together}
    assert len({key.time for key in keys}) == 1


def test_a_paste_is_one_however_slowly_it_is_handed_on() -> None:
    slow = [Press(letter, second, True, 5) for second, letter in enumerate("Dear!")]
    assert is_burst(slow[:1])
    assert is_burst(slow)
    assert not is_burst([Press("D", 0.0, True), Press("e", 1.0, True)])
    assert not is_burst([Press("t", 0.0, True, 3)])


def test_the_driver_of_terminals_parses_by_whole_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linux_driver, "XTermParser", XTermParser)
    tell_what_came_together(LinuxDriver)
    assert vars(linux_driver)["XTermParser"] is WholeReads


async def test_tasks_of_the_first_screen_begin_in_their_turn(paths: Paths) -> None:
    """As from Python 3.12 on, where Textual sets a factory that begins tasks at once."""
    loop = asyncio.get_running_loop()

    def factory(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
        return asyncio.Task(coro, loop=loop, **options)

    loop.set_task_factory(factory)
    try:
        async with running(paths) as ui:
            await ui.until(lambda: ui.inbox.listing.data.rows)
            assert loop.get_task_factory() is None
    finally:
        loop.set_task_factory(None)
