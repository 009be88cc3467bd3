"""No control byte reaches the terminal, no crash tells a secret, no picture waits for a library."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from textual.app import App
from textual.color import Color

from ascinbox.paths import Paths
from ascinbox.tui.runtime.output_filter import AsciiFilter, ControlFilter
from ascinbox.tui.runtime.output_text import to_ascii
from tests.tui.world import running

BLACK = Color(0, 0, 0)


@given(st.text())
def test_no_control_character_passes_the_last_net(text: str) -> None:
    (shown,) = ControlFilter().apply([Segment(text)], BLACK)
    assert not any(
        c < " " or "\x7f" <= c <= "\x9f" or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2069"
        for c in shown.text
    )
    assert len(shown.text) == len(text)


@given(st.text(st.characters(min_codepoint=32, blacklist_categories=("Cs", "Cc"))))
def test_ascii_keeps_every_cell(text: str) -> None:
    shown = to_ascii(text)
    assert shown.isascii()
    assert cell_len(shown) == len(shown)


def test_box_lines_have_an_ascii_shape() -> None:
    (segment,) = AsciiFilter().apply([Segment("─┬│…·→ ★ Stürzt")], BLACK)
    assert segment.text == "-+|~-> * Sturzt"


async def test_the_whole_screen_is_ascii_when_asked(paths: Paths) -> None:
    from ascinbox.tui.runtime.terminal import TerminalProfile

    async with running(paths, size=(120, 36), profile=TerminalProfile(ascii=True)) as ui:
        painted = []
        for y in range(36):
            strip = ui.app.screen._compositor.render_strips()[y]
            painted.append(strip.text)
        assert all(line.isascii() for line in painted)


async def test_an_error_of_our_own_ends_calmly_and_shows_no_locals(
    paths: Paths, caplog: pytest.LogCaptureFixture
) -> None:
    assert hasattr(App, "_fatal_error"), "Textual no longer has what we override"
    with caplog.at_level(logging.ERROR, "ascinbox.tui"):
        async with running(paths) as ui:
            secret = "-----BEGIN PRIVATE KEY-----"
            try:
                raise RuntimeError("boom")
            except RuntimeError as error:
                ui.app._exception = error
                ui.app._fatal_error()
                ui.app._exception = None
            words = "".join(str(one) for one in ui.app._exit_renderables)
            ui.app._exit_renderables.clear()
            assert "error of its own (RuntimeError)" in words
            assert secret not in words
            assert "Traceback" not in words
    assert "boom" in caplog.text
    assert secret not in caplog.text


FIRST_PAINT = """
import asyncio, sys
from pathlib import Path
from ascinbox.config import load_config
from ascinbox.paths import Paths
from ascinbox.workers.workspace import Workspace
from ascinbox.tui.runtime.terminal import TerminalProfile
paths = Paths.under(Path(sys.argv[1]))
space = Workspace.open(paths=paths, config=load_config(paths.config_file), offline=True)
from ascinbox.tui.app import AscinboxApp
from ascinbox.tui.inbox.review_list import ReviewList
app = AscinboxApp(space, TerminalProfile())
seen = []
painted = ReviewList.render_line
def render_line(self, y):
    if self.data.rows and not seen:
        seen.append([m for m in sys.argv[2].split() if m in sys.modules])
    return painted(self, y)
ReviewList.render_line = render_line
async def main():
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(500):
            await pilot.pause(0.01)
            if seen:
                break
asyncio.run(main())
space.close()
print(seen)
"""


def test_first_rows_need_none_of_the_heavy_libraries(paths: Paths) -> None:
    heavy = "sqlmodel sqlalchemy pydantic httpx jwt cryptography keyring polars pyarrow"
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT, str(paths.data.parent), heavy],
        capture_output=True, text=True, check=False, env=dict(os.environ),
    )  # fmt: skip
    assert done.stdout.strip() == "[[]]", done.stdout + done.stderr
