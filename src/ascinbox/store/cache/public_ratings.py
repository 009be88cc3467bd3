"""What storefronts showed of apps, a row an app, storefront and day. `store.hot.public_ratings` reads it."""

from __future__ import annotations

from collections.abc import Iterable

from ascinbox.core.clock import to_epoch
from ascinbox.core.metrics.public_ratings import PublicRating
from ascinbox.store.amounts import MILLION
from ascinbox.store.database import Database
from ascinbox.store.models.reports import PublicRatingTable
from ascinbox.store.statements import Statement, upsert

_PUT = Statement(upsert(PublicRatingTable))


def save(database: Database, seen: Iterable[PublicRating]) -> None:
    """Saves them in one transaction; a later look of the same day replaces the earlier."""
    with database.write():
        _PUT.run_many(
            database,
            (
                {
                    "app_id": each.app_id,
                    "day": each.day.toordinal(),
                    "territory": each.territory,
                    "count": each.count,
                    "average": None if each.average is None else int(each.average * MILLION),
                    "seen_at": to_epoch(each.seen_at),
                }
                for each in seen
            ),
        )
