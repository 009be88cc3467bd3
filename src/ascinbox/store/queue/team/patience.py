"""An end to waiting: psycopg waits for the answer to a statement for as long as the connection stands."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

R = TypeVar("R")


class Unanswered(Exception):
    """The server did not answer in time. The connection is in the middle of something: close it."""


class Patience:
    """How long psycopg may wait for the answer of one statement."""

    def __init__(self) -> None:
        self._until: float | None = None

    @contextmanager
    def of(self, seconds: float) -> Iterator[None]:
        """What is asked in the block has to be answered within so many seconds."""
        self._until = time.monotonic() + seconds
        try:
            yield
        finally:
            self._until = None

    def wait(self, wait: Callable[..., R], asking: Generator[Any, Any, R], *args: Any, **named: Any) -> R:
        """psycopg's `Connection.wait`, which asks again several times a second."""
        return wait(asking if self._until is None else self._limited(asking, self._until), *args, **named)

    def _limited(self, asking: Generator[Any, Any, R], until: float) -> Generator[Any, Any, R]:
        try:
            wanted = next(asking)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > until:
                    raise Unanswered("It did not answer in time")
                wanted = asking.send(ready)
        except StopIteration as ended:
            result: R = ended.value
            return result
