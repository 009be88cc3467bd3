"""What the frame makes of events, also of those that come while its numbers are being read."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from ascinbox.core.events import Notice, OutboxChanged, SyncProgress
from ascinbox.tui.actions import Keymap
from ascinbox.tui.chrome_text import FrameState
from ascinbox.tui.event_feed import EventFeed
from ascinbox.tui.summary import FrameSummary, with_progress
from ascinbox.workers.runtime.throttle import Throttle


def app_with(frame: FrameState) -> Any:
    said: list[tuple[str, str]] = []
    return SimpleNamespace(
        frame=frame,
        said=said,
        notices=SimpleNamespace(say_fitting=lambda text, severity: said.append((text, severity))),
        set_timer=lambda *_: None,
        tell_frame=lambda: None,
        workspace=None,
    )


def test_a_demo_that_cannot_be_set_up_is_not_waited_for() -> None:
    app = app_with(FrameState(demo=True, preparing=True))
    feed = EventFeed(cast("Any", app))
    feed.take(Notice("synced", "information"))
    assert app.frame.preparing
    feed.take(Notice("The demo could not be set up.", "error"))
    assert app.said[-1] == ("The demo could not be set up.", "error")
    assert not app.frame.preparing


def test_what_is_heard_while_the_numbers_are_read_is_kept() -> None:
    app = app_with(FrameState(demo=True, preparing=True))
    app.events = SimpleNamespace(keys_first=lambda: False)

    async def ask(_read: object, _workspace: object, before: FrameState) -> FrameState:
        app.frame = with_progress(FrameState(demo=True), SyncProgress("North", "sales", 3, 40))
        return before

    app.ask = ask

    async def read_once() -> None:
        summary = FrameSummary(cast("Any", app))
        summary.refresh()
        keeping = asyncio.ensure_future(summary.keep())
        while not summary.is_read:
            await asyncio.sleep(0)
        keeping.cancel()

    asyncio.run(read_once())
    assert not app.frame.preparing
    assert app.frame.syncing == "syncing North sales 3/40"


def test_what_a_sync_tells_waits_until_the_keys_rest() -> None:
    app, now, told, timers = app_with(FrameState()), [100.0], [], []
    throttle = Throttle(lambda: now[0])
    app.workspace = SimpleNamespace(throttle=throttle)
    app.set_timer = lambda _, deliver: timers.append(deliver)
    app.tell_frame = lambda: told.append(app.frame.syncing)
    app.summary = SimpleNamespace(refresh=lambda: None)
    app.top_screens = lambda: ()
    app.profile = SimpleNamespace(bell=False)
    app.keymap = Keymap.build()
    feed = EventFeed(cast("Any", app))
    with throttle.working():
        throttle.touched()
        feed.take(SyncProgress("North", "reviews", 200, 4000))
        timers.pop()()
        assert told == []
        now[0] += 2.0
        timers.pop()()
        assert told == ["syncing North reviews 200/4,000"]
        throttle.touched()
        feed.take(SyncProgress("North", "reviews", 400, 4000))
        feed.take(OutboxChanged("r1"))
        timers.pop()()
        assert told[1:] == ["syncing North reviews 400/4,000"]
    assert timers == []
