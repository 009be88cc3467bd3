"""What the terminal sends, without its answers: only keys, mouse, focus and pasted text go on. Pure.

Programs ask the terminal what it is (`CSI c`, `CSI > q`, OSC 11, `CSI ? u`) and may be gone when the answer
comes. Textual hands on as typed characters whatever sequence it does not know, so that such an answer would
be text in a reply, or keys in the list. A sequence is therefore either known as a key or dropped whole,
wherever it comes; pasted text loses its sequences and control characters. Sequences are those of ECMA-48.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

ESC: Final = "\x1b"
ALONE_S = 0.1
"""So long the beginning of a sequence that may be a key of its own (esc, alt+[) waits for the rest."""
REST_S = 1.0
"""So long the beginning that can only be a sequence waits, then it is dropped."""
PASTE_S = 3.0
"""So long a paste waits for its next piece, then it ends there."""
LONGEST = 8_192
"""Characters of one answer; what is longer is none."""

PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"

_CONTROL_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_STRING = re.compile(r"\x1b[\]P_^X].*?(?:\x07|\x1b\\)", re.DOTALL)
_SHIFTED = re.compile(r"\x1b[ -/]*[0-~]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_PARTIAL = re.compile(r"\x1b(?:\[(?:[0-?]*[ -/]*)?)?\Z")
_STRING_BEGINS = re.compile(r"\x1b(?:\]\d|P[\d>!|+$]|_[A-Za-z])")
_STRING_ENDS = re.compile("\x07|\x1b\\\\")
_STRING_MAYBE = re.compile(r"\x1b[\]P_]\Z")
_DEVICE_ANSWER = re.compile(r"\x1b\[\?[\d;]*c")
_EIGHT_BIT = {0x9B: "\x1b[", 0x9D: "\x1b]", 0x90: "\x1bP", 0x9F: "\x1b_", 0x9C: "\x1b\\"}
_OLD_MOUSE, _OLD_MOUSE_CHARACTERS = "\x1b[M", 6
_CONSOLE_KEY = "\x1b[["
_THREE = "\x1bO"
"""Begins the keys of three characters that older terminals send (SS3)."""


def pasted(text: str) -> str:
    """Text from a paste without control sequences and without control characters but TAB, LF and CR."""
    if not _CONTROLS.search(text):
        return text
    text = text.translate(_EIGHT_BIT)
    for pattern in (_STRING, _CONTROL_SEQUENCE, _SHIFTED, _CONTROLS):
        text = pattern.sub("", text)
    return text


class InputFilter:
    """Takes what single reads brought and hands on what is a key; keeps the beginning of a sequence."""

    def __init__(self, is_key: Callable[[str], bool]) -> None:
        """`is_key`: whether a whole control sequence (`ESC [ … final`) is understood further on."""
        self._is_key = is_key
        self._held = ""
        self._in_paste = False
        self._since = 0.0
        self.devices_answered = 0
        """How many answers to `CSI c` (primary device attributes) were dropped."""

    def feed(self, data: str, now: float) -> list[str]:
        """What of `data`, and of what was held, goes on: plain text and whole sequences, piece by piece.

        `now`: monotonic seconds.
        """
        if not self._held and not self._in_paste and not _CONTROLS.search(data):
            return [data]
        before = self._held
        self._held += data.translate(_EIGHT_BIT)
        out: list[str] = []
        while self._held and (piece := self._next()) is not None:
            if piece:
                out.append(piece)
        if self._in_paste or not before or not self._held.startswith(before):
            self._since = now
        return out

    def expire(self, now: float) -> str:
        """What of the held beginning goes on after all, because nothing followed; most often nothing."""
        waited = now - self._since
        if self._in_paste:
            if waited < PASTE_S:
                return ""
            self._in_paste = False
            text, self._held = pasted(self._held), ""
            return f"{PASTE_BEGINS}{text}{PASTE_ENDS}"
        if not self._held:
            return ""
        may_be_a_key = len(self._held) <= 2 or self._held == _CONSOLE_KEY
        if waited < (ALONE_S if may_be_a_key else REST_S):
            return ""
        held, self._held = self._held, ""
        return held if may_be_a_key else ""

    def _next(self) -> str | None:
        """Takes the first piece off what is held; None while it is not whole."""
        if self._in_paste:
            return self._paste()
        if not self._held.startswith(ESC):
            text, escape, rest = self._held.partition(ESC)
            self._held = escape + rest
            return text
        if self._held.startswith(PASTE_BEGINS):
            self._held = self._held[len(PASTE_BEGINS) :]
            self._in_paste = True
            return ""
        return self._sequence()

    def _paste(self) -> str | None:
        text, end, rest = self._held.partition(PASTE_ENDS)
        if not end:
            return None
        self._held, self._in_paste = rest, False
        return f"{PASTE_BEGINS}{pasted(text)}{PASTE_ENDS}"

    def _sequence(self) -> str | None:
        held = self._held
        if _STRING_BEGINS.match(held):
            end = _STRING_ENDS.search(held, 2)
            if end is None and len(held) < LONGEST:
                return None
            self._held = held[end.end() :] if end is not None else ""
            return ""
        if _PARTIAL.match(held) or _STRING_MAYBE.match(held):
            return self._known_beginning(held)
        whole = _CONTROL_SEQUENCE.match(held)
        if whole is None:
            return self._short(held)
        sequence = whole[0]
        if sequence == _CONSOLE_KEY:
            return self._take(len(_CONSOLE_KEY) + 1) if len(held) > len(_CONSOLE_KEY) else None
        if sequence == _OLD_MOUSE:
            return self._take(_OLD_MOUSE_CHARACTERS) if len(held) >= _OLD_MOUSE_CHARACTERS else None
        self._take(len(sequence))
        if _DEVICE_ANSWER.fullmatch(sequence):
            self.devices_answered += 1
        return sequence if self._is_key(sequence) else ""

    def _short(self, held: str) -> str | None:
        """`esc x`, `ESC O P`, or esc alone before a further sequence: no answer has such a form."""
        if held.startswith(_THREE):
            return self._take(3) if len(held) > 2 else None
        return self._take(1 if held[1] == ESC else 2)

    def _known_beginning(self, held: str) -> str | None:
        """Some keys of rxvt end as other sequences go on: `ESC [ 3 $`."""
        return self._take(len(held)) if held.endswith("$") and self._is_key(held) else None

    def _take(self, count: int) -> str:
        taken, self._held = self._held[:count], self._held[count:]
        return taken
