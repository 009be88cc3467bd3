"""Frames of a terminal as one animated SVG: CSS only, no script, nothing from outside.

A line that stays as it is over several frames is stored once, with the times at which it is shown. Where
nothing moves (`prefers-reduced-motion`, or a viewer without CSS animations) one chosen frame is seen.
"""

from __future__ import annotations

import html
import itertools
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from rich.cells import cell_len
from rich.color import blend_rgb
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME

CELL, LINE, FONT = 12.2, 24.4, 20
"""Width of a cell, height of a line, and size of the letters."""
EDGE, TITLE, CAPTION = 10, 40, 48
"""Around the terminal: at the sides, above it, and for the keys below it."""


@dataclass(frozen=True, slots=True)
class Run:
    """Cells of one look."""

    text: str
    colour: str
    ground: str
    bold: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What is seen for so many seconds."""

    lines: tuple[tuple[Run, ...], ...]
    keys: str
    """What was pressed to come here."""
    does: str
    """What that did, in words."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Frameless:
    """Colours of what is around the terminal."""

    ground: str
    border: str
    quiet: str
    words: str
    key: str
    key_ground: str


FRAMES = {
    "dark": Frameless("#15181e", "#3a404b", "#8b94a3", "#d5dae2", "#15181e", "#7fb4f0"),
    "light": Frameless("#f3f4f6", "#c4c8cf", "#5d6673", "#23272e", "#ffffff", "#1f5fae"),
}


def runs_of(segments: Iterable[Segment]) -> tuple[Run, ...]:
    """A line's segments as runs of one look, each on the grid of cells."""
    looks = (_run(segment) for segment in segments if segment.text and not segment.control)
    return tuple(
        replace(first, text=first.text + "".join(run.text for run in same))
        for _look, same in itertools.groupby(looks, key=lambda run: replace(run, text=""))
        for first in (next(same),)
    )


def _run(segment: Segment) -> Run:
    style = segment.style or Style()
    theme = SVG_EXPORT_THEME
    colour = theme.foreground_color
    ground = theme.background_color
    if style.color is not None and not style.color.is_default:
        colour = style.color.get_truecolor(theme)
    if style.bgcolor is not None and not style.bgcolor.is_default:
        ground = style.bgcolor.get_truecolor(theme, foreground=False)
    if style.reverse:
        colour, ground = ground, colour
    if style.dim:
        colour = blend_rgb(ColorTriplet(*colour), ColorTriplet(*ground), 0.4)
    return Run(
        segment.text,
        ColorTriplet(*colour).hex,
        ColorTriplet(*ground).hex,
        bool(style.bold),
        bool(style.italic),
        bool(style.underline),
        bool(style.strike),
    )


def animated(frames: Sequence[Frame], still: int, title: str, words: str, theme: str = "dark") -> str:
    """The SVG of the frames, round and round; `still` is the one that is seen where nothing moves.

    `words` say to a screen reader what is shown.
    """
    around, ground = FRAMES[theme], frames[0].lines[-1][0].ground
    columns = sum(cell_len(run.text) for run in frames[0].lines[0])
    rows = len(frames[0].lines)
    width, height = columns * CELL + 2 * EDGE, rows * LINE + TITLE + CAPTION
    looks = _Classes()
    shown = _Shown(frames, still)
    parts: list[str] = []
    for row in range(rows):
        variants = shown.variants([frame.lines[row] for frame in frames])
        parts += [shown.group(times, _line(runs, row, ground, looks)) for runs, times in variants]
    captions = shown.variants([(frame.keys, frame.does) for frame in frames])
    parts += [shown.group(times, _caption(*said, rows, around)) for said, times in captions]
    radius = 8
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">',
            f"<title>{html.escape(title)}</title>",
            f"<desc>{html.escape(words)}</desc>",
            "<style>",
            f"text{{font:{FONT}px 'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre}}",
            *looks.rules(),
            "@media (prefers-reduced-motion:no-preference){",
            *shown.rules(),
            "}",
            "</style>",
            f'<rect x="1" y="1" width="{width - 2:g}" height="{height - 2:g}" rx="{radius}" '
            f'fill="{around.ground}" stroke="{around.border}"/>',
            *(f'<circle cx="{22 + 22 * at}" cy="20" r="7" fill="{fill}"/>' for at, fill in enumerate(_LAMPS)),
            f'<text x="{width / 2:g}" y="27" text-anchor="middle" fill="{around.quiet}">{html.escape(title)}'
            "</text>",
            f'<rect x="{EDGE}" y="{TITLE}" width="{columns * CELL:g}" height="{rows * LINE:g}" '
            f'fill="{ground}"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


_LAMPS = ("#ff5f57", "#febc2e", "#28c840")


class _Classes:
    """The looks of letters, each as a class of its own."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def of(self, run: Run) -> str:
        """The class of that look."""
        lines = " ".join(["underline"] * run.underline + ["line-through"] * run.strike)
        rule = f"fill:{run.colour}" + ";font-weight:bold" * run.bold + ";font-style:italic" * run.italic
        rule += f";text-decoration:{lines}" if lines else ""
        return self._names.setdefault(rule, f"c{len(self._names)}")

    def rules(self) -> Iterator[str]:
        """What the classes mean."""
        return (f".{name}{{{rule}}}" for rule, name in self._names.items())


_Thing = TypeVar("_Thing", bound=Hashable)
Times = tuple[tuple[int, int], ...]
"""Spans of frames, each without its last."""


class _Shown:
    """When what is seen."""

    def __init__(self, frames: Sequence[Frame], still: int) -> None:
        self._starts = [0.0, *itertools.accumulate(frame.seconds for frame in frames)]
        self._still = still
        self._names: dict[Times, str] = {}

    def variants(self, of_frames: Sequence[_Thing]) -> Iterator[tuple[_Thing, Times]]:
        """The different things of a row of frames, each with its times."""
        spans: dict[_Thing, list[tuple[int, int]]] = {}
        at = 0
        for thing, same in itertools.groupby(of_frames):
            end = at + len(list(same))
            spans.setdefault(thing, []).append((at, end))
            at = end
        return ((thing, tuple(found)) for thing, found in spans.items())

    def group(self, times: Times, content: str) -> str:
        """What is seen at these times only."""
        if times == ((0, len(self._starts) - 1),):
            return content
        name = self._names.setdefault(times, f"t{len(self._names)}")
        hidden = not any(begin <= self._still < end for begin, end in times)
        return f'<g class="{name}"' + ' visibility="hidden"' * hidden + f">{content}</g>"

    def rules(self) -> Iterator[str]:
        """The animations."""
        whole = self._starts[-1]
        for times, name in self._names.items():
            steps = {0.0: False}
            for begin, end in times:
                steps[self._starts[begin]] = True
                steps[self._starts[end]] = False
            keyframes = "".join(
                f"{100 * at / whole:.3f}".rstrip("0").rstrip(".")
                + "%{visibility:"
                + ("visible}" if seen else "hidden}")
                for at, seen in sorted(steps.items())
                if at < whole
            )
            yield f"@keyframes {name}{{{keyframes}}}.{name}{{animation:{name} {whole:g}s step-end infinite}}"


def _line(runs: Sequence[Run], row: int, ground: str, looks: _Classes) -> str:
    top, at = TITLE + row * LINE, float(EDGE)
    back, front = [], []
    for same_ground, group in itertools.groupby(runs, key=lambda run: run.ground):
        begin = at
        for run in group:
            for piece, cells, offset in _pieces(run):
                front.append(
                    f'<text class="{looks.of(run)}" x="{at + offset * CELL:g}" y="{top + 18.5:g}" '
                    f'textLength="{cells * CELL:g}">{piece}</text>'
                )
            at += cell_len(run.text) * CELL
        if same_ground != ground:
            back.append(
                f'<rect x="{begin:g}" y="{top:g}" width="{at - begin:g}" height="{LINE + 0.4:g}" '
                f'fill="{same_ground}"/>'
            )
    return "".join(back + front)


def _pieces(run: Run) -> Iterator[tuple[str, int, int]]:
    """Text, width and offset in cells of what has to be drawn: double-width characters apart from others."""
    at = 0
    for text in _by_width(run.text):
        bare = text if run.underline or run.strike else text.strip(" ")
        if bare:
            skipped = 0 if bare == text else len(text) - len(text.lstrip(" "))
            yield html.escape(bare, quote=False).replace(" ", "\u00a0"), cell_len(bare), at + skipped
        at += cell_len(text)


def _by_width(text: str) -> Iterator[str]:
    """The text in pieces of characters of one width; what has none stays with the one before it."""
    piece, width = "", 1
    for character in text:
        cells = cell_len(character) or width
        if cells != width and piece:
            yield piece
            piece = ""
        piece, width = piece + character, cells
    if piece:
        yield piece


def _caption(keys: str, does: str, rows: int, around: Frameless) -> str:
    """The keys as keycaps below the terminal, and what they do."""
    top, at, drawn = TITLE + rows * LINE + 9, float(EDGE + 6), []
    for key in keys.split():
        cells = cell_len(key)
        drawn.append(
            f'<rect x="{at:g}" y="{top:g}" width="{cells * CELL + 16:g}" height="30" rx="6" '
            f'fill="{around.key_ground}"/>'
            f'<text x="{at + 8:g}" y="{top + 22:g}" textLength="{cells * CELL:g}" font-weight="bold" '
            f'fill="{around.key}">{html.escape(key)}</text>'
        )
        at += cells * CELL + 16 + 8
    drawn.append(f'<text x="{at + 4:g}" y="{top + 22:g}" fill="{around.words}">{html.escape(does)}</text>')
    return "".join(drawn)
