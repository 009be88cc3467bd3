"""Reads pages of reviews in a second process, for a first sync of many.

JSON, parsing, cleaning and folding take longer than storing, and all of it holds the interpreter's lock; a
helper does that beside this process. It gets page texts and gives plain values back over a pipe; it knows
no key, no file and no address. Where it cannot be had, or does not understand a page, the page is read here.
"""

from __future__ import annotations

import gc
import logging
import select
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from ascinbox.core.clock import from_epoch
from ascinbox.core.records import Page
from ascinbox.store.cache.prepared_review import PreparedReview, prepared, prepared_of
from ascinbox.store.pipes import receive, receive_frame, send, start_helper, value_of

if TYPE_CHECKING:
    from ascinbox.sources.base import RawReviews

READY = "ready"

log = logging.getLogger("ascinbox.reading")


class Reader:
    """Reads answers; with a helper once `start` was called and it is up. Thread-safe."""

    def __init__(self) -> None:
        self._helper: subprocess.Popen[bytes] | None = None
        self._is_up = False
        self._given_up = False
        self._lock = threading.Lock()
        self._last = threading.Event()
        """Set once the answer to the last question has come."""
        self._last.set()

    def start(self) -> None:
        """Starts the helper, without waiting for it. Idempotent."""
        with self._lock:
            if self._helper is not None or self._given_up:
                return
            try:
                self._helper = start_helper("ascinbox.workers.reviews.page_reader")
            except OSError as error:
                log.info("no helper: %s", error)
                self._given_up = True

    def read(self, raw: RawReviews, app_id: str, *, texts: bool) -> Page[PreparedReview]:
        """The page that came. Raises as `RawReviews.parse`."""
        page = None
        if self._can_help():
            page = self._by_helper((raw.store, app_id, raw.latest.timestamp(), texts, raw.packed()))
        return page or read_here(raw, texts=texts)

    def close(self) -> None:
        """Ends the helper."""
        with self._lock:
            helper, self._helper, self._given_up = self._helper, None, True
            last = self._last
        if helper is None:
            return
        if not last.wait(1):
            helper.kill()
        for pipe in (helper.stdin, helper.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            helper.wait(1)
        except subprocess.TimeoutExpired:
            helper.kill()
            helper.wait()

    def _can_help(self) -> bool:
        helper = self._helper
        if helper is None or self._is_up:
            return helper is not None
        with self._lock:
            if not self._is_up and helper.stdout is not None and select.select([helper.stdout], [], [], 0)[0]:
                with suppress(OSError, EOFError, ValueError):
                    self._is_up = receive(helper.stdout) == READY
        return self._is_up

    def _by_helper(self, asked: tuple[str, str, float, bool, bytes]) -> Page[PreparedReview] | None:
        """The page by the helper, which gets the next one while this one's answer is still on its way."""
        with self._lock:
            helper = self._helper
            if helper is None or helper.stdin is None or helper.stdout is None:
                return None
            try:
                send(helper.stdin, asked)
            except (OSError, ValueError) as error:
                self._do_without(helper, error)
                return None
            before, self._last = self._last, threading.Event()
            answered = self._last
        try:
            # Answers come in the order of the questions.
            before.wait()
            frame = receive_frame(helper.stdout)
        except (OSError, EOFError, ValueError) as error:
            with self._lock:
                self._do_without(helper, error)
            return None
        finally:
            answered.set()
        try:
            found = value_of(frame)
        except (EOFError, ValueError, TypeError) as error:
            with self._lock:
                self._do_without(helper, error)
            return None
        if found is None:
            return None
        items, next_query, total, left_out = found
        return Page(tuple(map(prepared_of, items)), next_query, total, left_out)

    def _do_without(self, helper: subprocess.Popen[bytes], error: Exception) -> None:
        """Under the lock: the helper has ended, or says nothing that can be understood."""
        if self._helper is helper:
            log.info("the helper has ended: %s", error)
            self._helper, self._given_up = None, True
            helper.kill()
            helper.wait()


def read_here(raw: RawReviews, *, texts: bool) -> Page[PreparedReview]:
    """The same in this process."""
    page = raw.parse()
    items = tuple(prepared(review, texts=texts) for review in page.items)
    return Page(items, page.next_query, page.total, page.left_out)


def main() -> None:
    """The helper: answers each page until its stdin ends."""
    from ascinbox.sources.registry import source_of

    # Pages are trees of plain values: nothing here is ever cyclic garbage, but looking for it costs a tenth.
    gc.disable()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    send(sink, READY)
    while True:
        try:
            store, app_id, latest, texts, packed = receive(source)
        except EOFError:
            return
        try:
            page = source_of(store).parse_reviews(packed, app_id, from_epoch(latest))
            items = [tuple(prepared(review, texts=texts)) for review in page.items]
            found = (items, page.next_query, page.total, page.left_out)
        except Exception:
            # The other side reads such a page itself and says what is wrong with it.
            found = None
        send(sink, found)


if __name__ == "__main__":
    main()
