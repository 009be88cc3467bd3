"""Clicks on hostile text, texts of absurd size: the screen neither acts nor waits."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import TextArea

from ascinbox.core.text import clean_body, clean_line
from tests.hostile.payloads import ATTACKS
from tests.tui.world import APPS, Ui, build, review, running

CLICKS = ("click", "link", "unbalanced", "style")
MILLION = 1_000_000
SIZES = {
    "one line of a megabyte": "A" * MILLION,
    "words of a megabyte": "tide " * (MILLION // 5),
    "200,000 line breaks": "\n" * 200_000,
    "200,000 marks": "e" + "\u0301" * 200_000,
    "30,000 tags": "[a]" * 30_000,
    "wide letters": "起" * 300_000,
}


def metas(ui: Ui) -> list[object]:
    """Every action or link that a cell of the screen carries: what a click there would run or open."""
    width, height = ui.app.size
    styles = [ui.app.screen.get_style_at(x, y) for y in range(height) for x in range(width)]
    return [style for style in styles if style.link or any(key.startswith("@") for key in style.meta)]


@pytest.mark.slow
async def test_row_48_no_click_on_any_cell_acts(tmp_path: Path) -> None:
    """The texts say `[@click=app.quit]`; every cell is looked at, and one in ten is really clicked."""
    hostile = [
        review(number, app=APPS[0], title=clean_line(ATTACKS[name]), body=clean_body(ATTACKS[name] * 20))
        for number, name in enumerate(CLICKS * 3)
    ]
    paths = build(tmp_path, hostile)
    async with running(paths, size=(60, 16), view="All") as ui:
        ran: list[str] = []
        real = ui.app.run_action

        async def spy(action: object, *rest: object, **named: object) -> bool:
            ran.append(str(action))
            return await real(action, *rest, **named)  # type: ignore[arg-type]

        ui.app.run_action = spy  # type: ignore[method-assign]
        assert "[@click=app.quit]" in ui.text()
        assert metas(ui) == []
        for y in range(1, 15):
            for x in range(y % 10, 60, 10):
                await ui.pilot.click(offset=(x, y))
        await ui.rest()
        assert ui.app.is_running
        assert metas(ui) == []
        assert [action for action in ran if "quit" in action or "bell" in action] == []


@pytest.mark.parametrize("name", SIZES)
async def test_row_49_a_text_of_any_size_opens_at_once(name: str, tmp_path: Path) -> None:
    """Processor time, so that a busy machine does not decide."""
    started = time.process_time()
    text = SIZES[name]
    huge = review(0, app=APPS[0], title=clean_line(text), body=clean_body(text), nickname=clean_line(text))
    cleaning = time.process_time() - started
    paths = build(tmp_path, [huge, replace(huge, id="rev00001")])
    async with running(paths, view="All") as ui:
        slowest = 0.0
        for key in ("j", "z", "J", "z", "r"):
            started = time.process_time()
            await ui.pilot.press(key)
            await ui.app.keyboard.queue.idle()
            await ui.pilot.pause()
            slowest = max(slowest, time.process_time() - started)
        await ui.until(lambda: list(ui.app.screen.query(TextArea)))
    assert cleaning < 0.5
    assert slowest < 0.5
