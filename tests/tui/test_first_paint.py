"""What is painted before Textual is in memory is what Textual then paints."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pyte
import pytest
from rich.console import Console
from textual.screen import Screen

from ascinbox.config import load_config
from ascinbox.core.clock import ShiftedClock
from ascinbox.core.filters import parse
from ascinbox.paths import Paths
from ascinbox.tui.inbox.panes import panes_of
from ascinbox.tui.runtime.first_paint import color_system, first_paint
from ascinbox.tui.runtime.terminal import TerminalProfile
from ascinbox.workers.workspace import Workspace
from tests.tui.world import NOW, running

SIZES = [
    (80, 24),
    (120, 36),
    (110, 30),
    (109, 30),
    (79, 24),
    (60, 16),
    (59, 16),
    (40, 12),
    (159, 36),
    (160, 36),
    (173, 30),
    (200, 60),
    (288, 40),
    (291, 40),
    (400, 40),
    (30, 7),
]


def painted(paths: Paths, size: tuple[int, int], *, in_ascii: bool = False) -> list[str]:
    """The opening as a terminal shows it; empty when there is none."""
    workspace = Workspace.open(
        paths=paths,
        config=load_config(paths.config_file, {}),
        clock=ShiftedClock(NOW),
        environ={"USER": "mia"},
        offline=True,
    )
    try:
        terminal = {"COLORTERM": "truecolor"}
        paint = first_paint(workspace, TerminalProfile(ascii=in_ascii), os.terminal_size(size), terminal)
    finally:
        workspace.close()
    if paint is None:
        return []
    screen = pyte.Screen(*size)
    pyte.Stream(screen).feed(paint.picture())
    return [re.sub(r"\s+$", "", line) for line in screen.display]


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_lies_and_reads_as_the_screen_has_it(paths: Paths, size: tuple[int, int]) -> None:
    before = painted(paths, size)
    async with running(paths, size=size) as ui:
        listing = ui.inbox.listing
        panes = panes_of(*size)
        region = listing.region
        assert (region.x, region.y, region.width, region.height) == (
            panes.left, panes.top, panes.width, panes.height,
        )  # fmt: skip
        rows = [listing.render_line(y).text.rstrip() for y in range(region.height)]
        assert any(rows)
        shown = [line[region.x : region.x + region.width].rstrip() for line in before]
        assert shown[region.y : region.y + region.height] == rows


async def test_it_begins_where_one_left(paths: Paths) -> None:
    async with running(paths) as ui:
        for _ in range(25):
            await ui.press("j")
        assert ui.inbox.listing.current is not None
        left = ui.inbox.listing.current.id
        await ui.inbox.save_place()
    before = painted(paths, (80, 24))
    async with running(paths) as ui:
        listing = ui.inbox.listing
        assert listing.current is not None
        assert listing.current.id == left
        rows = [listing.render_line(y).text.rstrip() for y in range(listing.size.height)]
        top = panes_of(80, 24).top
        assert before[top : top + len(rows)] == rows
        assert any(row.startswith("▌") for row in rows)


def test_an_empty_cache_has_no_opening(tmp_path: Path) -> None:
    assert painted(Paths.under(tmp_path), (80, 24)) == []


@pytest.mark.parametrize("size", [(20, 5), (3, 2), (1, 1)])
def test_the_smallest_terminals_are_no_trouble(paths: Paths, size: tuple[int, int]) -> None:
    assert len(painted(paths, size)) == size[1]


def test_a_terminal_without_a_size_has_no_opening(paths: Paths) -> None:
    assert painted(paths, (0, 0)) == []


def test_ascii_stays_ascii(paths: Paths) -> None:
    assert all(line.isascii() for line in painted(paths, (120, 36), in_ascii=True))


@pytest.mark.parametrize(
    "environ",
    [
        {"TERM": "xterm-256color"},
        {"TERM": "xterm"},
        {"TERM": "xterm-kitty"},
        {"TERM": "screen-16color"},
        {"TERM": "linux", "COLORTERM": "24bit"},
        {"TERM": "tmux-256color", "COLORTERM": "truecolor"},
    ],
)
def test_colours_are_those_that_rich_would_use(environ: dict[str, str]) -> None:
    assert color_system(environ) is Console(force_terminal=True, _environ=environ)._detect_color_system()


def test_a_filter_knows_when_all_rows_are_of_one_app() -> None:
    assert parse("app:tide", now=NOW).one_app
    assert not parse("app:tide,habit", now=NOW).one_app
    assert not parse("-app:tide", now=NOW).one_app


def test_textual_still_composes_where_we_keep_it_from_doing_so() -> None:
    assert hasattr(Screen, "_compositor_refresh")
