"""Drafts several blocks of the index at once, in processes beside this one.

Filing the words of a block takes most of a second of processor time, all of which would hold the
interpreter's lock: keys, and the sync, would wait for it in slices. A helper opens cache.db by itself, to
read. Where none can be had, the block is drafted here.
"""

from __future__ import annotations

import gc
import logging
import os
import select
import subprocess
import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ascinbox.store.attaching import connect
from ascinbox.store.cache.index.build import BlockDraft, DueSpan, draft_span
from ascinbox.store.database import Database
from ascinbox.store.pipes import receive, send, start_helper

HELPERS = 2
WORTH_HELP = 16_384
"""Reviews to be filed below which starting a helper takes longer than it helps."""
POLITENESS = 10
"""Helpers step back by so much (nice) for the program that somebody is typing into."""
_LOOK_S = 0.1

log = logging.getLogger("ascinbox.index")


def drafts(
    database: Database, spans: Sequence[DueSpan], stop: Callable[[], bool] = lambda: False
) -> Iterator[BlockDraft]:
    """The blocks of the spans, in their order; ends early when `stop` says so. `database` only reads."""
    helped = database.shared and sum(span.size for span in spans) >= WORTH_HELP
    helpers = [_Helper(database.files.cache) for _ in spans[:HELPERS]] if helped else []
    try:
        for number, span in enumerate(spans):
            if helpers:
                helpers[number % len(helpers)].ask(span)
        for number, span in enumerate(spans):
            draft = helpers[number % len(helpers)].answer(stop) if helpers else None
            if stop():
                return
            if draft is None:
                draft = draft_span(database.connection, span)
            if draft is not None:
                yield draft
    finally:
        for helper in helpers:
            helper.end()


class _Helper:
    """One process that drafts what it is asked for, one block after the other."""

    def __init__(self, cache: Path) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = start_helper("ascinbox.store.cache.index.drafting", str(cache))
        except OSError as error:
            log.info("no helper: %s", error)

    def ask(self, span: DueSpan) -> None:
        """Hands it a span; the answers come in the order of the questions."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                send(self._process.stdin, tuple(span))

    def answer(self, stop: Callable[[], bool]) -> BlockDraft | None:
        """Its next draft; None when it has none to give, or when `stop` says so meanwhile."""
        process = self._process
        if process is None or process.stdout is None:
            return None
        while not select.select([process.stdout], [], [], _LOOK_S)[0]:
            if stop():
                return None
        try:
            return unpacked(receive(process.stdout))
        except (OSError, EOFError, ValueError, TypeError) as error:
            log.info("the helper has ended: %s", error)
            self.end()
            return None

    def end(self) -> None:
        """Ends it, whatever it is doing."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait()


def packed(draft: BlockDraft | None) -> tuple[Any, ...] | None:
    """A draft as plain values."""
    if draft is None:
        return None
    return draft.keys.tobytes(), draft.serials, draft.lengths.tobytes(), draft.terms


def unpacked(values: tuple[Any, ...] | None) -> BlockDraft | None:
    """What `packed` gave."""
    if values is None:
        return None
    keys, serials, lengths, terms = values
    return BlockDraft(array("q", keys), serials, array("H", lengths), terms)


def main() -> None:
    """The helper: drafts a block for each span that comes, until its stdin ends."""
    gc.disable()
    with suppress(OSError):
        os.nice(POLITENESS)
    connection = connect()
    connection.execute("ATTACH ? AS cache", (f"{Path(sys.argv[1]).as_uri()}?mode=ro",))
    connection.execute("PRAGMA query_only = ON")
    while True:
        try:
            span = DueSpan(*receive(sys.stdin.buffer))
        except EOFError:
            return
        send(sys.stdout.buffer, packed(draft_span(connection, span)))


if __name__ == "__main__":
    main()
