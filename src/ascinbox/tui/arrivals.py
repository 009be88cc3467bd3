"""Which keys came together: those that one read of the terminal brought.

Textual hands keys on one by one, each with the time at which it was handed on. On a busy machine that spreads
what was pasted in one piece over as long as a person would type it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from textual._xterm_parser import XTermParser
from textual.events import Key

if TYPE_CHECKING:
    from textual.driver import Driver

TOGETHER = "came_together"
"""Attribute of a key event: how many different printable keys its read brought."""


class WholeReads(XTermParser):
    """Textual's parser of what the terminal sends; every key knows what it came with."""

    def feed(self, data: str) -> Iterable[Any]:
        """All that `data` says, parsed before the first of it is handed on."""
        messages = list(super().feed(data))
        keys = [message for message in messages if isinstance(message, Key)]
        different = len({key.character for key in keys if key.is_printable})
        for key in keys:
            key.time = keys[0].time
            setattr(key, TOGETHER, max(1, different))
        return messages


def tell_what_came_together(driver: type[Driver]) -> None:
    """Has a driver that parses a terminal do it by whole reads. Others are left as they are."""
    module = sys.modules[driver.__module__]
    if getattr(module, "XTermParser", None) is XTermParser:
        module.XTermParser = WholeReads  # type: ignore[attr-defined]
