"""Colours: two tested themes, two that use the terminal's own palette, and none at all.

Own widgets paint with *roles* (`dim`, `cursor`, `bad` ...). A role is a style, chosen here for each theme;
letters and words carry every meaning, colour only repeats it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.style import Style

if TYPE_CHECKING:
    from textual.theme import Theme

ROLES = (
    "text",
    "dim",
    "strong",
    "rule",
    "tab",
    "cursor",
    "picked",
    "good",
    "warn",
    "bad",
    "accent",
    "demo",
)
"""text: plain; dim: less important; strong: headings; rule: lines between panes; tab: the chosen tab or
view; cursor: the row under the cursor; picked: a selected row; good/warn/bad: verdicts; accent: keys."""

_DARK = {
    "background": "#101418",
    "text": "#d8dee4",
    "dim": "#93a1ae",
    "strong": "#ffffff",
    "rule": "#7f8d9a",
    "accent": "#86b9ff",
    "good": "#7bd88f",
    "warn": "#f2c14e",
    "bad": "#ff8f8f",
    "cursor": "#ffffff on #1f4a73",
    "picked": "#ffffff on #2b3540",
    "demo": "#101418 on #f2c14e",
    "tab": "#ffffff on #1f4a73",
}
_LIGHT = {
    "background": "#fbfbf8",
    "text": "#1d2329",
    "dim": "#56616b",
    "strong": "#000000",
    "rule": "#66717b",
    "accent": "#0a56a8",
    "good": "#17652c",
    "warn": "#7d4e00",
    "bad": "#a81e1e",
    "cursor": "#ffffff on #0a56a8",
    "picked": "#000000 on #dfe5ea",
    "demo": "#ffffff on #7d4e00",
    "tab": "#ffffff on #0a56a8",
}
_ANSI = {
    "text": "",
    "dim": "dim",
    "strong": "bold",
    "rule": "dim",
    "accent": "blue",
    "good": "green",
    "warn": "yellow",
    "bad": "bold red",
    "cursor": "reverse",
    "picked": "underline",
    "demo": "reverse",
    "tab": "bold reverse",
}
_PLAIN = {
    "text": "",
    "dim": "",
    "strong": "bold",
    "rule": "",
    "accent": "",
    "good": "",
    "warn": "bold",
    "bad": "bold",
    "cursor": "reverse",
    "picked": "underline",
    "demo": "reverse",
    "tab": "bold",
}
_BOLD = frozenset({"strong", "tab", "demo"})

PALETTES: Mapping[str, Mapping[str, str]] = {
    "dark": _DARK,
    "light": _LIGHT,
    "ansi-dark": _ANSI,
    "ansi-light": {**_ANSI, "warn": "magenta"},
    "none": _PLAIN,
}
"""Theme name of config.toml (and `none` for NO_COLOR) to the colours of its roles."""


def roles_of(name: str) -> dict[str, Style]:
    """The style of every role in a theme."""
    palette = PALETTES[name]
    if "background" not in palette:
        return {role: Style.parse(palette[role]) for role in ROLES}
    ground = Style(bgcolor=palette["background"])
    return {role: ground + Style.parse(palette[role]) + Style(bold=role in _BOLD or None) for role in ROLES}


def textual_name(name: str) -> str:
    """The name under which Textual knows a theme of ours."""
    return {"none": "ansi-dark"}.get(name, name if name.startswith("ansi") else f"ascinbox-{name}")


def textual_themes() -> tuple[Theme, ...]:
    """Our two themes for the widgets that Textual draws itself (text fields)."""
    from textual.theme import Theme

    def made(name: str, dark: bool) -> Theme:
        palette = PALETTES[name]
        return Theme(
            name=textual_name(name),
            primary=palette["accent"],
            secondary=palette["accent"],
            accent=palette["accent"],
            warning=palette["warn"],
            error=palette["bad"],
            success=palette["good"],
            foreground=palette["text"],
            background=palette["background"],
            surface=palette["background"],
            panel=palette["background"],
            dark=dark,
        )

    return made("dark", True), made("light", False)
