"""Lines that are painted directly are the lines that Textual would compose."""

from __future__ import annotations

import random
from typing import Any, ClassVar

import pyte
import pytest
from rich.console import Console
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.content import Content
from textual.strip import Strip
from textual.widgets import Static

from ascinbox.paths import Paths
from ascinbox.tui.runtime.compositor import LineCompositor, LinePiece, LinesUpdate, parts_of
from ascinbox.tui.runtime.terminal import TerminalProfile
from ascinbox.tui.theme import roles_of
from ascinbox.tui.widgets.lines import Lines
from tests.tui.world import Ui, running

Cells = list[tuple[str, object]]

KEYS = ("j", "k", "J", "K", "pagedown", "ctrl+u", "G", "g", "x", "tab", "n", "p", "z", "f", "m", "space",
        "1", "2", "3", "4", "5", "v", "escape", "e", "u", "?", "right_square_bracket")  # fmt: skip


MANNERS = (
    TerminalProfile(),
    TerminalProfile(ascii=True),
    TerminalProfile(colour=False),
    TerminalProfile(theme="ansi-dark"),
)


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each update whether it was painted directly; each that was is compared with Textual's own."""
    monkeypatch.setenv("TERM", "xterm-256color")
    direct: list[bool] = []
    ours = LineCompositor.render_partial_update

    def compared(self: LineCompositor) -> Any:
        spans = list(self._regions_to_spans(self._dirty_regions))
        update = ours(self)
        if spans:
            direct.append(isinstance(update, LinesUpdate))
        if isinstance(update, LinesUpdate):
            whole = self.render_strips()
            for x, y, strip, blank_behind in update.pieces:
                assert cells(strip) == cells(whole[y].crop(x, x + strip.cell_length)), (x, y)
                if blank_behind:
                    behind = cells(whole[y].crop(x + strip.cell_length - 1, self.size.width))
                    assert set(behind) == {(" ", behind[0][1])}, (x, y)
            covered = {(y, x + n) for x, y, strip, _ in update.pieces for n in range(strip.cell_length)}
            wanted = {(y, x) for y, start, end in spans for x in range(start, min(end, self.size.width))}
            assert covered == {place for place in wanted if place[0] < self.size.height}
        return update

    monkeypatch.setattr(LineCompositor, "render_partial_update", compared)
    return direct


def cells(strip: Strip) -> Cells:
    """Character by character, with the style as a terminal would take it."""
    return [
        (character, segment.style.render("x") if segment.style else None)
        for segment in strip
        for character in segment.text
    ]


async def walk(ui: Ui, *keys: str) -> None:
    for key in keys:
        await ui.press(key)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50), (60, 20)])
async def test_steps_and_pages_are_painted_directly(
    paths: Paths, painted: list[bool], size: tuple[int, int]
) -> None:
    async with running(paths, size=size) as ui:
        await ui.press("j")
        painted.clear()
        await walk(ui, *(["j"] * 20), "pagedown", "pageup", "G", "k", "x")
        assert len(painted) >= 20
        assert all(painted)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_the_picture_is_the_one_textual_composes(
    paths: Paths, painted: list[bool], seed: int
) -> None:
    dice = random.Random(seed)
    size = dice.choice([(80, 24), (120, 36), (100, 30), (60, 20)])
    async with running(paths, size=size, profile=MANNERS[seed % len(MANNERS)]) as ui:
        await walk(ui, *(dice.choice(KEYS) for _ in range(60)))
    assert any(painted)


@pytest.mark.parametrize("blanks", [0, 2, 3, 4, 17])
def test_what_is_erased_looks_as_if_blanks_were_written(blanks: int) -> None:
    """On a terminal that erases in the colour in force; what stood there before is gone."""
    roles = roles_of("dark")
    text = "a".ljust(20 - blanks, "b")
    strip = Strip([Segment(text, roles["bad"]), Segment(" " * blanks, roles["bad on cursor"])])
    pictures, lengths = [], []
    for blank_behind in (False, True):
        screen = pyte.Screen(20, 2)
        data = LinesUpdate([LinePiece(0, 0, strip, blank_behind)]).render_segments(
            Console(force_terminal=True, color_system="truecolor")
        )
        pyte.Stream(screen).feed(f"{'x' * 20}\r\n{'y' * 20}{data}")
        pictures.append([[screen.buffer[y][x] for x in range(20)] for y in range(2)])
        lengths.append(len(data))
    assert pictures[0] == pictures[1]
    assert lengths[1] <= lengths[0]


class Covered(App[None]):
    """Two lines; something that is no line lies over a part of the first."""

    CSS = "Screen { layers: base over; } #over { layer: over; width: 5; height: 1; }"

    roles: ClassVar = roles_of("dark")

    def compose(self) -> ComposeResult:
        yield Lines(id="first")
        yield Lines(id="second")
        yield Static(Content("over"), id="over")


async def test_what_lies_in_front_is_left_to_textual() -> None:
    async with Covered().run_test(size=(20, 4)) as pilot:
        layers = pilot.app.screen._compositor.layers_visible
        assert parts_of(layers[0], 20) is None
        second = parts_of(layers[1], 20)
        assert second is not None
        assert [(part.start, part.end, part.top) for part in second] == [(0, 20, 1)]
        assert parts_of(layers[2], 20) is None
