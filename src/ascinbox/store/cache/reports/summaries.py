"""Apple's digests of an app's reviews, as rows. `store.hot.summaries` reads them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, delete

from ascinbox.core.clock import to_epoch
from ascinbox.core.records import ReviewSummary
from ascinbox.store.database import Database
from ascinbox.store.models.reports import ReviewSummaryTable
from ascinbox.store.statements import Statement, table_of, upsert

_DROP = Statement(
    delete(table_of(ReviewSummaryTable)).where(table_of(ReviewSummaryTable).c.app_id == bindparam("app"))
)
_PUT = Statement(upsert(ReviewSummaryTable))


class SummaryRows:
    """Writes rows, in the transaction that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def replace(self, app_id: str, summaries: Iterable[ReviewSummary]) -> None:
        """Puts these digests in the place of the app's."""
        _DROP.run(self._database, app=app_id)
        _PUT.run_many(
            self._database,
            (
                {
                    "app_id": app_id,
                    "id": summary.id,
                    "platform": summary.platform,
                    "territory": summary.territory or "",
                    "locale": summary.locale,
                    "text": summary.text,
                    "created": None if summary.created_at is None else to_epoch(summary.created_at),
                }
                for summary in summaries
            ),
        )
