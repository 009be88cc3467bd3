"""A process that the demo has beside it: it is told words, a line each, and answers with a line each."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence

from ascinbox.core.errors import AscinboxError


class Child:
    """A running child. It ends when its stdin does, however this program ends."""

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        self._talk = threading.Lock()
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            # A key typed at the terminal is for the app: Ctrl-C must not end its other half.
            start_new_session=True,
        )

    def read(self) -> str:
        """The next line that it says. AscinboxError when it has ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AscinboxError("The demo's other half has ended.", "", "Start the demo again.")
        return line.strip()

    def say(self, line: str) -> None:
        """Says one line to it."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except OSError:
            raise AscinboxError("The demo's other half has ended.", "", "Start the demo again.") from None

    def tell(self, word: str) -> None:
        """Has it do what `word` means; returns when that is done, AscinboxError when it failed."""
        with self._talk:
            self.say(word)
            answer = self.read()
        if answer != word:
            raise AscinboxError("The demo could not be set up.", answer, "Start it again.")

    def close(self) -> None:
        """Ends it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(2)


def obey(verbs: Mapping[str, Callable[[], object]]) -> None:
    """The child's side: does what each line of stdin says, until it ends."""
    for line in sys.stdin:
        word = line.strip()
        try:
            verbs[word]()
        except Exception as error:
            word = f"{word} failed: {type(error).__name__}: {error}".replace("\n", " ")
        print(word, flush=True)
