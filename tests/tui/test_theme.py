"""Colours: enough contrast in every role, and every meaning without any colour."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import Color
from rich.style import Style

from ascinbox.config import load_config
from ascinbox.tui.runtime.terminal import terminal_profile
from ascinbox.tui.theme import PALETTES, ROLES, roles_of

LEAST = 4.5
"""WCAG 2.2, 1.4.3: contrast of ordinary text."""


def luminance(colour: Color) -> float:
    """Relative luminance as WCAG defines it."""
    channels = [value / 255 for value in colour.get_truecolor()]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Color, other: Color) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_right() -> None:
    assert contrast(Color.parse("#000000"), Color.parse("#ffffff")) == pytest.approx(21)
    assert contrast(Color.parse("#777777"), Color.parse("#ffffff")) == pytest.approx(4.48, abs=0.01)


def pairs(theme: str) -> list[tuple[str, Style]]:
    """Every role, and every coloured role on the ground of the chosen and of the picked row."""
    roles = roles_of(theme)
    found = list(roles.items())
    for ground in ("cursor", "picked"):
        found += [(f"{role} on {ground}", roles[role] + roles[ground]) for role in ROLES if role != "demo"]
    return found


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_role_can_be_read(theme: str) -> None:
    for name, style in pairs(theme):
        assert style.color is not None
        assert style.bgcolor is not None
        found = contrast(style.color, style.bgcolor)
        assert found >= LEAST, f"{theme}: {name} has {found:.2f}"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_256_colours_can_be_read_too(theme: str) -> None:
    from rich.color import ColorSystem

    for name, style in pairs(theme):
        assert style.color is not None
        assert style.bgcolor is not None
        found = contrast(
            style.color.downgrade(ColorSystem.EIGHT_BIT), style.bgcolor.downgrade(ColorSystem.EIGHT_BIT)
        )
        assert found >= 3.0, f"{theme}: {name} has {found:.2f} in 256 colours"


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
def test_native_themes_name_the_terminals_own_sixteen(theme: str) -> None:
    for name, style in roles_of(theme).items():
        for colour in (style.color, style.bgcolor):
            assert colour is None or (colour.number is not None and colour.number < 16), name


def test_without_colour_there_is_none_and_the_cursor_is_reversed() -> None:
    roles = roles_of("none")
    assert all(style.color is None and style.bgcolor is None for style in roles.values())
    assert roles["cursor"].reverse
    assert roles["picked"].underline


def test_all_palettes_know_all_roles() -> None:
    for name, palette in PALETTES.items():
        assert set(ROLES) <= set(palette), name


@pytest.mark.parametrize(
    ("term", "colorterm", "theme"),
    [
        ("xterm", "", "ansi-light"),
        ("linux", "", "ansi-light"),
        ("screen", "", "ansi-light"),
        ("xterm-256color", "", "light"),
        ("tmux-256color", "", "light"),
        ("xterm-kitty", "", "light"),
        ("xterm", "truecolor", "light"),
    ],
)
def test_sixteen_colours_are_the_terminals_own(term: str, colorterm: str, theme: str, tmp_path: Path) -> None:
    config = load_config(tmp_path / "config.toml", {"ASCINBOX_UI_THEME": "light"})
    assert terminal_profile(config, {"TERM": term, "COLORTERM": colorterm}, "utf-8").theme == theme
