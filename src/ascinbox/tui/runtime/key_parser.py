"""Textual's parser of what the terminal sends, without the terminal's answers; keys know what they came with.

Textual hands keys on one by one, each with the time at which it was handed on. On a busy machine that spreads
what was pasted in one piece over as long as a person would type it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual import _xterm_parser as xterm
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.events import Key
from textual.message import Message

from ascinbox.tui.runtime.input_filter import InputFilter

if TYPE_CHECKING:
    from textual.driver import Driver

TOGETHER = "came_together"
"""Attribute of a key event: how many different printable keys its read brought."""
_KNOWN = (
    xterm._re_extended_key,
    xterm._re_mouse_event,
    xterm._re_cursor_position,
    xterm._re_terminal_mode_response,
    xterm._re_in_band_window_resize,
)


class DeviceAnswered(Message):
    """The terminal answered `CSI c`: what it was asked before that has been answered too."""


def is_understood(sequence: str) -> bool:
    """Whether Textual makes something else of a whole control sequence than the characters it consists of."""
    return (
        sequence in ANSI_SEQUENCES_KEYS
        or sequence in xterm.SPECIAL_SEQUENCES
        or any(pattern.fullmatch(sequence) for pattern in _KNOWN)
    )


class WholeReads(xterm.XTermParser):
    """Textual's parser, given only keys, mouse, focus and pastes; every key knows what it came with."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._filter = InputFilter(is_understood)

    def feed(self, data: str) -> Iterable[Any]:
        """All that `data` says, parsed before the first of it is handed on."""
        if not data:
            return list(super().feed(data))
        answered = self._filter.devices_answered
        messages = [
            message for piece in self._filter.feed(data, monotonic()) for message in self._whole(piece)
        ]
        keys = [message for message in messages if isinstance(message, Key)]
        different = len({key.character for key in keys if key.is_printable})
        for key in keys:
            key.time = keys[0].time
            setattr(key, TOGETHER, max(1, different))
        if self._filter.devices_answered > answered:
            messages.append(DeviceAnswered())
        return messages

    def tick(self) -> Iterable[Any]:
        """What is a key because nothing followed it."""
        late = self._filter.expire(monotonic())
        return self._whole(late) if late else []

    def end(self) -> list[Any]:
        """What is a key because nothing will follow it."""
        late = self._filter.expire(inf)
        return self._whole(late) if late else []

    def _whole(self, piece: str) -> list[Any]:
        """The messages of a piece that nothing is to be added to: no timeout is waited for."""
        messages = list(super().feed(piece))
        if self._timeout_time is not None:
            self._timeout_time = 0.0
            messages += super().tick()
        return messages


def parsed(data: str) -> list[Any]:
    """The messages of what somebody else has read, as one read that nothing is to be added to."""
    if not data:
        return []
    parser = WholeReads()
    return [*parser.feed(data), *parser.end()]


def tell_what_came_together(driver: type[Driver]) -> None:
    """Has a driver that parses a terminal do it by whole reads. Others are left as they are."""
    module = sys.modules[driver.__module__]
    if getattr(module, "XTermParser", None) is xterm.XTermParser:
        module.XTermParser = WholeReads  # type: ignore[attr-defined]
