"""Keys that move the cursor act on the first paint, before there is a screen.

Importing Textual takes longer than painting the rows, and a key that moves needs nothing of it. A thread
reads the terminal meanwhile; once Textual's driver reads it, the driver asks here first. The first key that
does anything else ends this: it and all that follow wait for the screen, in the order in which they came.
"""

from __future__ import annotations

import os
import re
import select
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from ascinbox.tui.actions import LIST, Keymap

if TYPE_CHECKING:
    from ascinbox.tui.runtime.first_paint import FirstPaint

STEPS = {"next": 1, "prev": -1}
"""The actions that act early, and the rows that each moves by."""
_PLACE = "inbox"
_ARROWS = {"down": (b"\x1b[B", b"\x1bOB"), "up": (b"\x1b[A", b"\x1bOA")}
REST_S = 0.05
"""So long the rest of a sequence that one read brought half of is waited for."""
_HALF = re.compile(rb"\x1b(?:[\[O][0-?]*)?\Z")


def step_of(keymap: Keymap, key: str) -> int:
    """The rows that a key of the list moves by; 0 for every other key."""
    if keymap.is_prefix(LIST, key, _PLACE):
        return 0
    return STEPS.get(keymap.find(LIST, key, _PLACE) or "", 0)


def sequences_of(keymap: Keymap) -> dict[bytes, int]:
    """What a terminal sends for the keys that move, before it is asked to send anything else."""
    found: dict[bytes, int] = {}
    for action in STEPS:
        for key in keymap.keys[action]:
            step = step_of(keymap, key)
            sent = _ARROWS.get(key) or ((key.encode(),) if len(key) == 1 else ())
            found |= dict.fromkeys(sent, step) if step else {}
    return found


class EarlyKeys:
    """From the first paint until the screen has rows of its own."""

    def __init__(
        self,
        painted: FirstPaint,
        keymap: Keymap,
        write: Callable[[str], None],
        touched: Callable[[], None] = lambda: None,
    ) -> None:
        """`write`: shows terminal output at once. `touched`: told of each key that acts."""
        self._painted, self._keymap = painted, keymap
        self._write, self._touched = write, touched
        self._sequences = sequences_of(keymap)
        self._moves = re.compile(b"|".join(map(re.escape, self._sequences)) or b"(?!)")
        self._lock = threading.Lock()
        self._acts = True
        self._moved = False
        self._thread: threading.Thread | None = None
        self._wakes: tuple[int, int] | None = None
        self._left = b""

    # --- while nobody else reads the terminal ---

    def begin(self, descriptor: int) -> None:
        """Reads the terminal in a thread of its own."""
        self._wakes = os.pipe()
        self._thread = threading.Thread(
            target=self._read, args=(descriptor, self._wakes[0]), name="ascinbox-keys", daemon=True
        )
        self._thread.start()

    def leave_terminal(self) -> None:
        """Reads no more: from now on whoever does asks `takes`."""
        if self._thread is None or self._wakes is None:
            return
        os.write(self._wakes[1], b".")
        self._thread.join()
        for end in self._wakes:
            os.close(end)
        self._thread = self._wakes = None

    def take_left(self) -> str:
        """What was read and is for the screen."""
        left, self._left = self._left, b""
        return left.decode("utf-8", "replace")

    def _read(self, descriptor: int, wakes: int) -> None:
        # A terminal that is gone is the screen's to notice.
        with suppress(OSError):
            self._read_on(descriptor, wakes)

    def _read_on(self, descriptor: int, wakes: int) -> None:
        while self._acts:
            ready, _, _ = select.select([descriptor, wakes], [], [])
            if wakes in ready:
                return
            data = os.read(descriptor, 4_096)
            while _HALF.search(data) and select.select([descriptor], [], [], REST_S)[0]:
                data += os.read(descriptor, 4_096)
            if not data:
                return
            self._left = self._after_moves(data)
            if self._left:
                self._end_early()

    def _after_moves(self, data: bytes) -> bytes:
        """Does what a read brought, and gives back what is for the screen: all, unless all are moves.

        Text that was pasted is for the screen as a whole, which drops it.
        """
        at = 0
        ends = []
        while match := self._moves.match(data, at):
            at = match.end()
            ends.append(at)
        if at < len(data):
            return data
        at = 0
        for end in ends:
            if not self._step(self._sequences[data[at:end]]):
                return data[at:]
            at = end
        return b""

    # --- while Textual reads it ---

    def takes(self, key: str, together: int = 1) -> bool:
        """Whether a key acted early. `together`: how many different ones its read brought."""
        step = step_of(self._keymap, key) if together == 1 else 0
        if step and self._step(step):
            return True
        self._end_early()
        return False

    def over(self) -> str:
        """What shows the rows as they are now over those of the first paint; empty when nothing moved."""
        return self._painted.page() if self._moved else ""

    def end(self) -> tuple[str, str] | None:
        """No key acts early any more. Ids of the review under the cursor and of the first one on the page;
        None when nothing moved."""
        self._end_early()
        return self._painted.place if self._moved else None

    def _end_early(self) -> None:
        with self._lock:
            self._acts = False

    def _step(self, by: int) -> bool:
        with self._lock:
            written = self._painted.step(by) if self._acts else None
            if written is None:
                return False
            if written and not self._moved:
                # A kept frame may begin with another row.
                written = self._painted.page()
                self._moved = True
            if written:
                self._write(written)
        self._touched()
        return True
