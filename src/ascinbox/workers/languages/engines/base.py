"""What every engine does, and the stop and the time that a call is given."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ascinbox.core.assist.answers import EngineTrouble
from ascinbox.core.assist.outgoing import DraftRequest, TitledText

LOOK_EVERY_S = 0.1
"""How soon a call notices that it was stopped."""


class EngineStopped(EngineTrouble):
    """The person stopped it."""


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """How long a call may take in all, and whether somebody stopped it."""

    seconds: float
    stop: threading.Event = field(default_factory=threading.Event)
    began: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds until it is over."""
        return self.began + self.seconds - time.monotonic()

    def check(self, what: str) -> None:
        """Raises EngineStopped when it was stopped, EngineTrouble when its time is over."""
        if self.stop.is_set():
            raise EngineStopped("Stopped.", "", "What had come is kept where a person can see it.")
        if self.left <= 0:
            raise EngineTrouble(
                f"{what} did not finish within {self.seconds:g} s.",
                "",
                "Try again, or raise [assist] deadline_seconds.",
            )


class Engine(Protocol):
    """Translates; some also draft."""

    def translate(self, piece: TitledText, source: str | None, to: str, patience: TimeLimit) -> TitledText:
        """A text in another language (ISO 639-1). `source` is its own, where it is known.

        Raises EngineTrouble. What comes back is cleaned and capped.
        """

    def draft(self, request: DraftRequest, patience: TimeLimit, heard: Callable[[str], None]) -> str:
        """The draft of a reply as the engine wrote it, neither cleaned nor cut.

        `heard` is told the whole text so far whenever more has come, on the caller's thread. What came
        before an engine broke off, or was stopped, is returned. Raises EngineTrouble when nothing came.
        """
