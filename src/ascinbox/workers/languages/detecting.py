"""Finds the languages of stored reviews, in the background: after a page is stored, never while it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ascinbox.core.errors import StoreError
from ascinbox.core.events import ReviewsChanged
from ascinbox.core.reviews.language_decision import FoundLanguage, decide, text_of
from ascinbox.store.database import maintenance_lock
from ascinbox.workers.languages.detector import LanguageDetector

if TYPE_CHECKING:
    from ascinbox.store.cache.languages import Undetected
    from ascinbox.workers.workspace import Workspace

AT_MOST = 5_000
"""Texts that a command looks at after a sync; the rest is left to later runs."""
AT_ONCE = 200
"""Texts between two short transactions: some 10 ms of work."""


class LanguageDetection:
    """`workspace.languages`: the newest texts first, in steps, so that whoever is at the keys goes before."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._detector = LanguageDetector()

    def detect(self, limit: int | None = None, stop: Callable[[], bool] = lambda: False) -> int:
        """Looks at texts that nobody looked at, at most `limit`; returns how many. For a background thread.

        Does nothing while another program is at it, or where nothing can be saved.
        """
        from ascinbox.store.cache.languages import is_any_undetected

        store = self._workspace.store
        if not store.can_share() or not store.call(lambda s: is_any_undetected(s.database)):
            return 0
        locks = store.call(lambda s: s.database.files.locks)
        with maintenance_lock(locks, "languages") as mine:
            return self._detect(limit, stop) if mine else 0

    def _detect(self, limit: int | None, stop: Callable[[], bool]) -> int:
        from ascinbox.store.cache.languages import undetected, write_detected

        store = self._workspace.store
        done = moved = 0
        try:
            while not stop() and (limit is None or done < limit):
                most = AT_ONCE if limit is None else min(AT_ONCE, limit - done)
                waiting = store.call(lambda s, most: undetected(s.database, most), most, slow=True)
                if not waiting:
                    break
                found = self._found(waiting)
                moved += store.call(lambda s, found: write_detected(s.database, found), found)
                done += len(waiting)
                self._workspace.throttle.give_way(self._workspace.stop)
        except StoreError:
            # A full disk, a cache that is being rebuilt: the texts still wait, and the next round comes.
            pass
        if moved:
            self._workspace.publish(ReviewsChanged(None))
        return done

    def _found(self, waiting: Sequence[Undetected]) -> list[tuple[Undetected, FoundLanguage]]:
        found = []
        for number, each in enumerate(waiting):
            if not number % 16:
                # Gives the interpreter away now and then: a screen's thread would wait 5 ms for it otherwise.
                time.sleep(0)
            found.append((each, decide(text_of(each.title, each.body), each.territory, self._detector)))
        return found
