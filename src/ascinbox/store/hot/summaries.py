"""Apple's digests of an app's reviews, as the Metrics screen shows them."""

from __future__ import annotations

from ascinbox.core.clock import from_epoch
from ascinbox.core.records import ReviewSummary
from ascinbox.store.database import Database


class Summaries:
    """The digests in cache.db. `Reports` writes them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of_app(self, app_id: str) -> tuple[ReviewSummary, ...]:
        """Apple's digests of an app's reviews, the newest first."""
        rows = self._db.execute(
            """SELECT id, text, locale, platform, created, territory FROM cache.review_summary
               WHERE app_id = ? ORDER BY created DESC, platform, territory, id""",
            (app_id,),
        )
        return tuple(
            ReviewSummary(
                item, text, locale, platform, None if made is None else from_epoch(made), place or None
            )
            for item, text, locale, platform, made, place in rows
        )
