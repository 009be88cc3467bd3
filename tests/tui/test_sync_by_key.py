"""F5: reviews and replies first, reports after them, and one sync at a time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from ascinbox.workers.runtime.results import IN_NO_HURRY, AccountResult, DatasetResult, SyncResult
from ascinbox.workers.runtime.sync import Sync
from tests.tui.world import build, review, running


async def test_reviews_come_first_and_neither_is_asked_for_twice_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    reviews_may_end, reports_may_end = threading.Event(), threading.Event()

    def run(_self: Sync, *, datasets: Sequence[str], wait_s: float) -> SyncResult:
        asked.append(tuple(datasets))
        if datasets == IN_NO_HURRY:
            assert reports_may_end.wait(10)
            return SyncResult((AccountResult("A", {"sales": DatasetResult(ok=False, detail="no contract")}),))
        assert reviews_may_end.wait(10)
        return SyncResult((AccountResult("A", {"reviews": DatasetResult(ok=False, detail="key refused")}),))

    monkeypatch.setattr(Sync, "run", run)
    paths = build(tmp_path, [review(n) for n in range(5)])
    reviews = ("reviews", "replies")
    async with running(paths) as ui:
        ui.workspace.offline = False
        try:
            await ui.pilot.press("f5")
            await ui.until(lambda: asked == [reviews])
            await ui.pilot.press("f5")
            await ui.until(lambda: "already syncing" in ui.status)
            reviews_may_end.set()
            await ui.until(lambda: asked == [reviews, IN_NO_HURRY])
            assert "key refused" in ui.status
            await ui.pilot.press("f5")
            await ui.until(lambda: asked == [reviews, IN_NO_HURRY, reviews])
        finally:
            reviews_may_end.set()
            reports_may_end.set()
        await ui.rest()
        assert asked == [reviews, IN_NO_HURRY, reviews]
