"""What is written with fewer bytes paints the same picture."""

from __future__ import annotations

import os
import pty
from unittest.mock import patch

import pyte
from hypothesis import given
from hypothesis import strategies as st
from textual.drivers.headless_driver import HeadlessDriver

from ascinbox.tui.runtime.driver import (
    UPDATE_BEGINS,
    UPDATE_ENDS,
    Forgiving,
    terminal_driver,
    without_repeated_styles,
)
from ascinbox.tui.runtime.style_changes import RESET, style_change

STYLES = (
    "\x1b[38;2;1;2;3;48;2;4;5;6m",
    "\x1b[1;38;2;9;9;9;48;2;4;5;6m",
    "\x1b[1;38;2;9;9;9;48;2;7;7;7m",
    "\x1b[1;2;4m",
    "\x1b[7m",
    "\x1b[31m",
    "\x1b[1;91;48;5;17m",
    "\x1b[22m",
)

pieces = st.lists(
    st.one_of(
        st.builds(
            lambda style, text: f"{style}{text}{RESET}", st.sampled_from(STYLES), st.text("ab ", max_size=6)
        ),
        st.builds(lambda row, column: f"\x1b[{row};{column}H", st.integers(1, 5), st.integers(1, 12)),
        st.sampled_from(["\r\n", "plain", "\x1b[?2026h", "\x1b[?25l", RESET, "\x1b]52;c;QQ==\x07"]),
    ),
    max_size=14,
).map("".join)


def picture(data: str) -> list[tuple[object, ...]]:
    screen = pyte.Screen(20, 6)
    pyte.Stream(screen).feed(data + "z")
    return [
        (screen.buffer[y][x].data, screen.buffer[y][x].fg, screen.buffer[y][x].bg, screen.buffer[y][x].bold,
         screen.buffer[y][x].reverse, screen.buffer[y][x].underscore)
        for y in range(6) for x in range(20)
    ]  # fmt: skip


@given(pieces)
def test_the_picture_is_the_same_and_never_longer(data: str) -> None:
    short = without_repeated_styles(data)
    assert picture(short) == picture(data)
    assert len(short) <= len(data)


def test_a_style_that_goes_on_is_said_once() -> None:
    style = STYLES[0]
    data = f"{style}one{RESET}\r\n\x1b[3;1H{style}two{RESET}\x1b[1;2H"
    assert without_repeated_styles(data) == f"{style}one\r\n\x1b[3;1Htwo\x1b[1;2H{RESET}"


def test_only_what_differs_is_said() -> None:
    data = f"{STYLES[0]}one{RESET}{STYLES[1]}two{RESET}{STYLES[2]}three{RESET}"
    changes = f"one\x1b[1;38;2;9;9;9mtwo\x1b[48;2;7;7;7mthree{RESET}"
    assert without_repeated_styles(data) == STYLES[0] + changes


@given(st.sampled_from(STYLES), st.sampled_from(STYLES))
def test_a_change_of_style_is_never_longer_than_saying_it_anew(before: str, after: str) -> None:
    assert len(style_change(before, after)) <= len(RESET + after)


def test_row_09_what_is_written_to_a_dead_terminal_is_swallowed() -> None:
    """An error there would end Textual's writing thread, and the screen would wait for it for ever."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as plain:
        file = Forgiving(plain)
        assert file.write("seen") == 4
        file.flush()
        assert os.read(ours, 4) == b"seen"
        os.close(ours)
        for _ in range(3):
            assert file.write("unseen" * 4000) == 24_000
            file.flush()
        assert file.fileno() == theirs
        # What is still in the buffer can go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), theirs)


def test_an_update_is_written_in_one_piece() -> None:
    written: list[str] = []

    class Plain(HeadlessDriver):
        def write(self, data: str) -> None:
            written.append(data)

    with patch.object(Plain, "__init__", lambda _self: None):
        driver = terminal_driver(Plain)()  # type: ignore[call-arg]
    for data in ("before", UPDATE_BEGINS, "one", "two", UPDATE_ENDS, "after"):
        driver.write(data)
    assert written == ["before", f"{UPDATE_BEGINS}onetwo{UPDATE_ENDS}", "after"]
