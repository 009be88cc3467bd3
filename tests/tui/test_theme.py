"""Colours: enough contrast in every role, and every meaning without any colour."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import Color

from ascinbox.config import TEXTUAL_THEMES, THEMES, load_config
from ascinbox.tui.runtime.terminal import LIGHT_ENDINGS, terminal_profile
from ascinbox.tui.theme import ROLES, on, roles_of

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


COLOURED = [theme for theme in THEMES if not theme.startswith("ansi")]
LIGHTS = ("text", "dim", "strong", "faint", "accent", "good", "warn", "bad", "focus")


@pytest.mark.parametrize("theme", COLOURED)
def test_every_role_can_be_read(theme: str) -> None:
    """In every theme, also those of Textual; the roles of lit rows on their own surfaces."""
    roles = roles_of(theme)
    assert {on(surface, role) for surface in ("cursor", "resting", "picked") for role in LIGHTS} <= set(roles)
    for name, style in roles.items():
        assert style.color is not None
        assert style.bgcolor is not None
        found = contrast(style.color, style.bgcolor)
        assert found >= LEAST, f"{theme}: {name} has {found:.2f}"


@pytest.mark.parametrize("theme", COLOURED)
def test_the_row_under_the_cursor_stands_out_and_less_where_its_pane_has_no_focus(theme: str) -> None:
    roles = roles_of(theme)
    grounds = [roles[name].bgcolor for name in ("text", "resting", "cursor")]
    assert len(set(grounds)) == 3
    plain, resting, lit = (luminance(ground) for ground in grounds if ground is not None)
    assert abs(resting - plain) > 0.005
    assert abs(lit - plain) > 0.005


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_256_colours_can_be_read_too(theme: str) -> None:
    from rich.color import ColorSystem

    for name, style in roles_of(theme).items():
        assert style.color is not None
        assert style.bgcolor is not None
        found = contrast(
            style.color.downgrade(ColorSystem.EIGHT_BIT), style.bgcolor.downgrade(ColorSystem.EIGHT_BIT)
        )
        assert found >= 3.0, f"{theme}: {name} has {found:.2f} in 256 colours"


def test_the_themes_of_textual_are_all_there_and_known_as_dark_or_light() -> None:
    from textual.theme import BUILTIN_THEMES

    assert set(TEXTUAL_THEMES) == {name for name in BUILTIN_THEMES if not name.startswith("ansi")}
    assert {name for name in TEXTUAL_THEMES if name.endswith(LIGHT_ENDINGS)} == {
        name for name in TEXTUAL_THEMES if not BUILTIN_THEMES[name].dark
    }


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


def test_without_colour_focus_and_signals_are_bold_reversed_or_underlined() -> None:
    roles = roles_of("none")
    assert roles["resting"].underline
    assert not roles["resting"].reverse
    assert roles["focus"].bold
    assert roles["bad"].bold
    assert roles[on("cursor", "strong")].bold
    assert roles[on("cursor", "strong")].reverse


def test_all_themes_know_all_roles() -> None:
    known = set(roles_of("dark"))
    assert set(ROLES) <= known
    for name in (*THEMES, "none"):
        assert set(roles_of(name)) == known, name


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
