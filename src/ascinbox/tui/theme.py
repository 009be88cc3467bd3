"""Colours: two themes of our own, those of Textual, two that use the terminal's own palette, and none at all.

A `Palette` has one accent, three signals, two greys and two surfaces; nothing else is painted. Own widgets
paint with *roles* (`dim`, `cursor`, `bad` ...), each of which is one of those colours. On a lit row a role is
called `bad on cursor`: the same colour, made readable on that surface. Glyphs, letters and words carry every
meaning, colour only repeats it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING

from rich.style import Style

from ascinbox.tui.xterm_colours import NUMBERS, Colour, nearest

if TYPE_CHECKING:
    from textual.theme import Theme

LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3: contrast of ordinary text on its ground."""
FURTHER = 8
"""So many steps of a hundredth further a numbered colour is looked for."""
NEAR = 20
"""So much of 255 a numbered colour may differ in each part from what is wanted."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a theme, as `#rrggbb`.

    Those of our own themes but for the grounds have a number (`xterm_colours`), as each of them is said many
    times in a step of the cursor.
    """

    ground: str
    text: str
    strong: str
    """Headings and titles, also bold."""
    quiet: str
    """Less important than text."""
    faint: str
    """Least important: lines between panes, empty stars, what is done."""
    accent: str
    """The focus, keys, the chosen tab, what is new."""
    red: str
    """Needs somebody, or is broken."""
    amber: str
    """Changed, waiting, nearly due."""
    green: str
    """Done, public."""
    selected: str
    """The surface of the row under the cursor."""
    resting: str
    """The dimmer surface: the same row while its pane has no focus, and rows that are selected."""
    dark: bool = True


DARK = Palette(
    ground="#101418",
    text="#dadada",
    strong="#ffffff",
    quiet="#a8a8a8",
    faint="#8a8a8a",
    accent="#87afff",
    red="#ff8787",
    amber="#ffd75f",
    green="#87d787",
    selected="#1b2f5b",
    resting="#262e37",
)
LIGHT = Palette(
    ground="#fbfbf8",
    text="#1c1c1c",
    strong="#000000",
    quiet="#4e4e4e",
    faint="#6c6c6c",
    accent="#005faf",
    red="#af0000",
    amber="#875f00",
    green="#005f00",
    selected="#c4ddf6",
    resting="#e4e9ee",
    dark=False,
)
OWN: Mapping[str, Palette] = {"dark": DARK, "light": LIGHT}

_COLOUR_OF = {
    "text": "text",
    "dim": "quiet",
    "strong": "strong",
    "faint": "faint",
    "rule": "faint",
    "accent": "accent",
    "focus": "accent",
    "good": "green",
    "warn": "amber",
    "bad": "red",
}
_SURFACE_OF = {"cursor": "selected", "resting": "resting", "picked": "resting"}
ROLES = (*_COLOUR_OF, *_SURFACE_OF, "tab", "demo", "chip")
"""text: plain; dim: less important; strong: headings; faint: least important; rule: lines between panes;
accent: keys; focus: heading and lines of the pane that has the keys; good/warn/bad: verdicts; cursor: the
row under the cursor; resting: the same where its pane has no focus; picked: a selected row; tab: the chosen
tab or view; demo: the mark of invented data; chip: a tag."""
_BOLD = frozenset({"strong", "tab", "demo", "focus"})

_NATIVE = {
    "text": "",
    "dim": "dim",
    "strong": "bold",
    "faint": "dim",
    "rule": "dim",
    "accent": "blue",
    "focus": "bold blue",
    "good": "green",
    "warn": "yellow",
    "bad": "bold red",
    "cursor": "reverse",
    "resting": "underline",
    "picked": "underline",
    "demo": "reverse",
    "tab": "bold reverse",
    "chip": "reverse",
}
_PLAIN = {
    "text": "",
    "dim": "",
    "strong": "bold",
    "faint": "",
    "rule": "",
    "accent": "",
    "focus": "bold",
    "good": "",
    "warn": "bold",
    "bad": "bold",
    "cursor": "reverse",
    "resting": "underline",
    "picked": "underline",
    "demo": "reverse",
    "tab": "bold reverse",
    "chip": "reverse",
}
WITHOUT_COLOURS: Mapping[str, Mapping[str, str]] = {
    "ansi-dark": _NATIVE,
    "ansi-light": {**_NATIVE, "warn": "magenta"},
    "none": _PLAIN,
}
"""Themes that leave the colours to the terminal, and `none` for NO_COLOR: style by role."""


def on(surface: str, role: str) -> str:
    """The role `role` on a lit row; `surface` is empty for a row that is not."""
    return f"{role} on {surface}" if surface else role


def roles_of(name: str) -> dict[str, Style]:
    """The style of every role in a theme."""
    if name in WITHOUT_COLOURS:
        return dict(_styled(WITHOUT_COLOURS[name]))
    return dict(_coloured(OWN[name] if name in OWN else _textual_palette(name)))


def _styled(styles: Mapping[str, str]) -> Iterator[tuple[str, Style]]:
    for role in ROLES:
        yield role, Style.parse(styles[role])
    for surface in _SURFACE_OF:
        lit = Style.parse(styles[surface])
        for role in _COLOUR_OF:
            own = Style.parse(styles[role])
            # Colours and dimness are lost where back- and foreground change places.
            yield on(surface, role), lit + (Style(bold=own.bold) if lit.reverse else own)
        # A chip is a gap in a row that is lit by changing back- and foreground.
        yield on(surface, "chip"), Style.parse("bold" if lit.reverse else styles["chip"])


def _coloured(palette: Palette) -> Iterator[tuple[str, Style]]:
    colours = {one.name: getattr(palette, one.name) for one in fields(palette)}

    def style(colour: str, ground: str, *, bold: bool) -> Style:
        return Style(color=readable(colour, ground), bgcolor=ground, bold=bold or None)

    for role, variable in _COLOUR_OF.items():
        yield role, style(colours[variable], palette.ground, bold=role in _BOLD)
    for surface, ground in _SURFACE_OF.items():
        yield (
            surface,
            style(palette.strong if surface == "cursor" else palette.text, colours[ground], bold=False),
        )
        for role, variable in _COLOUR_OF.items():
            yield on(surface, role), style(colours[variable], colours[ground], bold=role in _BOLD)
        yield on(surface, "chip"), style(palette.accent, palette.ground, bold=False)
    yield "chip", style(palette.accent, palette.resting, bold=False)
    yield "tab", style(palette.strong, palette.selected, bold=True)
    yield "demo", style(palette.ground, palette.amber, bold=True)


@cache
def readable(colour: str, ground: str) -> str:
    """`colour`, made lighter or darker until it can be read on `ground`; as it is where it can.

    A numbered colour stays one where another one is near enough.
    """
    own, below = _channels(colour), _channels(ground)
    end = 255 if _luminance(below) < 0.18 else 0
    first = next((share for share in range(101) if _reads(_mixed(own, end, share), below)), 100)
    chosen = _mixed(own, end, first)
    if first and own in NUMBERS:
        further = (nearest(_mixed(own, end, min(100, first + more))) for more in range(FURTHER))
        near = next((one for one in further if _reads(one, below)), chosen)
        chosen = near if _distance(near, chosen) <= NEAR else chosen
    return "#{:02x}{:02x}{:02x}".format(*chosen)


def _reads(colour: Colour, ground: Colour) -> bool:
    return contrast(colour, ground) >= LEAST_CONTRAST


def _mixed(colour: Colour, end: int, share: int) -> Colour:
    red, green, blue = (round(c + (end - c) * share / 100) for c in colour)
    return red, green, blue


def _distance(one: Colour, other: Colour) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """The contrast of two colours, from 1 to 21, as WCAG defines it."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _channels(colour: str) -> Colour:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@cache
def _luminance(channels: tuple[int, ...]) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in channels)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# --- Textual's themes ---


def _textual_palette(name: str) -> Palette:
    from textual.color import Color
    from textual.theme import BUILTIN_THEMES

    theme = BUILTIN_THEMES[name]
    made = theme.to_color_system().generate()
    ground, text = Color.parse(made["background"]), Color.parse(made["foreground"])

    def mixed(name: str, share: float, base: Color = ground) -> str:
        return base.blend(Color.parse(made[name]), share, alpha=1).hex6

    return Palette(
        ground=ground.hex6,
        text=text.hex6,
        strong=text.hex6,
        quiet=mixed("foreground", 0.75),
        faint=mixed("foreground", 0.55),
        accent=mixed("primary", 1),
        red=mixed("error", 1),
        amber=mixed("warning", 1),
        green=mixed("success", 1),
        selected=mixed("primary", 0.3),
        resting=mixed("foreground", 0.12),
        dark=theme.dark,
    )


def is_native(name: str) -> bool:
    """Whether a theme leaves its colours to the terminal."""
    return name in WITHOUT_COLOURS


def textual_name(name: str) -> str:
    """The name under which Textual knows a theme."""
    return {"none": "ansi-dark"}.get(name, f"ascinbox-{name}" if name in OWN else name)


def textual_themes() -> tuple[Theme, ...]:
    """Our own themes for the widgets that Textual draws itself (text fields)."""
    from textual.theme import Theme

    return tuple(
        Theme(
            name=textual_name(name),
            primary=palette.accent,
            secondary=palette.accent,
            accent=palette.accent,
            warning=palette.amber,
            error=palette.red,
            success=palette.green,
            foreground=palette.text,
            background=palette.ground,
            surface=palette.ground,
            panel=palette.ground,
            dark=palette.dark,
        )
        for name, palette in OWN.items()
    )
