"""A program on this machine: the text on its standard input, the answer on its standard output.

It gets `{from}` and `{to}` of its arguments filled in, and ASCINBOX_TASK (translate or draft), ASCINBOX_FROM
and ASCINBOX_TO in its environment. No shell stands between. argos-translate, a company's script, anything.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from typing import IO

from ascinbox.core.assist.answers import (
    MOST_BYTES,
    MOST_CHARACTERS,
    EngineTrouble,
    translation_of,
    unreadable,
)
from ascinbox.core.assist.choice import HOW, EngineChoice
from ascinbox.core.assist.outgoing import DraftRequest, TitledText, as_one_text, draft_chat
from ascinbox.core.text import clean_line
from ascinbox.workers.languages.engines.base import LOOK_EVERY_S, TimeLimit

UNKNOWN_LANGUAGE = "auto"
_SAID_BYTES = 2_000


class CommandEngine:
    """See `Engine`."""

    def __init__(self, choice: EngineChoice, environ: Mapping[str, str]) -> None:
        self._choice = choice
        self._environ = environ
        """Without the secrets that other programs left in it."""

    def translate(self, piece: TitledText, source: str | None, to: str, patience: TimeLimit) -> TitledText:
        """See `Engine`. Title and body are a run each, an empty one is none."""

        def one(text: str) -> str:
            return self._run("translate", text, source, to, patience) if text.strip() else ""

        title = clean_line(translation_of(one(piece.title)).body)
        answer = translation_of(one(piece.body))
        return TitledText(answer.title or title, answer.body)

    def draft(self, request: DraftRequest, patience: TimeLimit, heard: Callable[[str], None]) -> str:
        """See `Engine`. The program reads instructions and review as one text."""
        language = request.language
        text = self._run("draft", as_one_text(draft_chat(request)), language, language or "", patience)
        if not text.strip():
            raise unreadable()
        heard(text[:MOST_CHARACTERS])
        return text[:MOST_CHARACTERS]

    def _run(self, task: str, text: str, source: str | None, to: str, patience: TimeLimit) -> str:
        origin = source or UNKNOWN_LANGUAGE
        words = [word.replace("{from}", origin).replace("{to}", to) for word in self._choice.command]
        what = f"The command {self._choice.name}"
        environ = {**self._environ, "ASCINBOX_TASK": task, "ASCINBOX_FROM": origin, "ASCINBOX_TO": to}
        try:
            process = subprocess.Popen(  # noqa: S603  (the person's own command, without a shell)
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environ,
                start_new_session=True,
            )
        except OSError as error:
            raise EngineTrouble(f"{what} cannot be run.", error.strerror or str(error), HOW) from None
        pipes = _Pipes(process, text)
        try:
            while not pipes.done.wait(LOOK_EVERY_S):
                patience.check(what)
            if len(pipes.out) > MOST_BYTES:
                raise EngineTrouble(f"{what} printed more than {MOST_BYTES >> 20} MB.", "", HOW)
            while process.poll() is None:
                patience.check(what)
                pipes.done.wait(0.01)
        finally:
            pipes.end()
        if process.returncode != 0:
            said = clean_line(pipes.err.decode("utf-8", "replace"))[:200]
            raise EngineTrouble(f"{what} ended with {process.returncode}.", said, HOW)
        return bytes(pipes.out).decode("utf-8", "replace")


class _Pipes:
    """Feeds a program and reads what it prints, each in a thread, so that no side can block the other."""

    def __init__(self, process: subprocess.Popen[bytes], text: str) -> None:
        self._process = process
        self.out = bytearray()
        self.err = b""
        self.done = threading.Event()
        """It has closed its output, or printed too much."""
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        for work in (
            lambda: self._feed(process.stdin, text.encode("utf-8", "replace")),
            lambda: self._read(process.stdout),
            lambda: self._read_errors(process.stderr),
        ):
            threading.Thread(target=work, name="ascinbox-engine", daemon=True).start()

    def end(self) -> None:
        """Ends the program and all that it started, if it still runs."""
        if self._process.poll() is None:
            try:
                os.killpg(self._process.pid, 9)
            except (OSError, AttributeError):
                self._process.kill()
            self._process.wait(2)

    def _feed(self, pipe: IO[bytes] | None, text: bytes) -> None:
        assert pipe is not None
        try:
            pipe.write(text)
            pipe.close()
        except OSError:
            # It did not want to read all of it.
            pass

    def _read(self, pipe: IO[bytes] | None) -> None:
        assert pipe is not None
        while len(self.out) <= MOST_BYTES and (chunk := os.read(pipe.fileno(), 1 << 16)):
            self.out += chunk
        self.done.set()

    def _read_errors(self, pipe: IO[bytes] | None) -> None:
        assert pipe is not None
        while chunk := os.read(pipe.fileno(), 1 << 12):
            self.err = (self.err + chunk)[:_SAID_BYTES]
