"""Terminals as they are: few colours, none, no Unicode, SSH, tmux."""

from __future__ import annotations

import re

import pytest

from tests.acceptance.conftest import Opened

pytestmark = pytest.mark.slow


def colour_codes(raw: bytes) -> set[str]:
    """The kinds of colour asked for: `16`, `256`, `true`."""
    kinds = set()
    for sequence in re.findall(rb"\x1b\[([0-9;]+)m", raw):
        numbers = sequence.split(b";")
        if b"38" in numbers or b"48" in numbers:
            kinds.add("true" if b"2" in numbers else "256")
        elif any(30 <= int(n or 0) <= 49 or 90 <= int(n or 0) <= 107 for n in numbers):
            kinds.add("16")
    return kinds


def test_256_colours_over_ssh_without_motion_and_copying_by_osc_52(opened: Opened) -> None:
    desk = opened(COLORTERM="", SSH_CONNECTION="192.0.2.1 50000 192.0.2.2 22", TERM="xterm-256color")
    desk.ready()
    assert "true" not in colour_codes(bytes(desk.raw))
    desk.keys("4")
    desk.until("Apple said")
    desk.raw.clear()
    desk.keys("y")
    desk.until("copied")
    assert b"\x1b]52;c;" in desk.raw
    desk.keys("1")
    desk.until(lambda: desk.rows)
    desk.keys("o")
    desk.until(r"https://appstoreconnect\.apple\.com")


def test_sixteen_colours_in_tmux_wrap_what_is_copied(opened: Opened) -> None:
    desk = opened(COLORTERM="", TERM="xterm", TMUX="/tmp/tmux-0/default,1,0")
    desk.ready()
    assert colour_codes(bytes(desk.raw)) <= {"16"}
    desk.raw.clear()
    desk.keys("y")
    desk.until("copied")
    assert b"\x1bPtmux;\x1b\x1b]52;c;" in desk.raw


PLAIN = {
    "linux console": {"TERM": "linux"},
    "no UTF-8": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii:replace"},
    "--ascii": {},
}


@pytest.mark.parametrize("how", PLAIN)
def test_plain_terminals_get_plain_characters(opened: Opened, how: str) -> None:
    environment = PLAIN[how]
    desk = opened(*(["--ascii"] if how == "--ascii" else []), **environment)
    desk.ready()
    for key in "12345":
        desk.keys(key)
        desk.rested()
        frame = "".join(desk.lines[0:4]) + "".join(desk.lines[-2:])
        assert not re.search(r"[─│┌┐└┘├┤┬┴┼╭╮╰╯★…·]", desk.text()), desk.text()
        assert frame.isascii() or how != "no UTF-8"
