"""Public ratings by app, storefront and day, and where an app is worth looking up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from ascinbox.core.clock import from_epoch
from ascinbox.core.metrics.public_ratings import PublicRating
from ascinbox.store.amounts import MILLION
from ascinbox.store.database import Database


class PublicRatings:
    """The public ratings in cache.db."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def save(self, seen: Iterable[PublicRating]) -> None:
        """Saves what was seen; a later look of the same day replaces the earlier."""
        from ascinbox.store.cache.public_ratings import save

        save(self._db, seen)

    def looks(
        self, app_ids: Sequence[str], days: tuple[date, date]
    ) -> dict[str, dict[date, dict[str, PublicRating]]]:
        """What was seen from the first to the last day: by app, day and territory."""
        found: defaultdict[str, dict[date, dict[str, PublicRating]]] = defaultdict(dict)
        rows = self._db.execute(
            f"""SELECT app_id, day, territory, count, average, seen_at FROM cache.public_rating
                WHERE app_id IN ({_marks(app_ids)}) AND day BETWEEN ? AND ? ORDER BY app_id, day""",
            (*app_ids, days[0].toordinal(), days[1].toordinal()),
        )
        for app_id, ordinal, territory, count, average, seen_at in rows:
            day = date.fromordinal(ordinal)
            mean = None if average is None else Decimal(average) / MILLION
            found[app_id].setdefault(day, {})[territory] = PublicRating(
                app_id, territory, day, count, mean, from_epoch(seen_at)
            )
        return dict(found)

    def seen_on(self, app_ids: Sequence[str], day: date) -> set[tuple[str, str]]:
        """The (app, territory) pairs that were looked up on a day."""
        return set(
            self._db.execute(
                f"""SELECT app_id, territory FROM cache.public_rating
                    WHERE app_id IN ({_marks(app_ids)}) AND day = ?""",
                (*app_ids, day.toordinal()),
            )
        )

    def storefronts(self, app_ids: Sequence[str], since: date) -> set[tuple[str, str]]:
        """(app, territory): storefronts with reviews of the app, with sales since a day, or looked up since.

        Reads every review: not for somebody who waits.
        """
        marks = _marks(app_ids)
        reviewed = self._db.execute(
            f"""SELECT DISTINCT a.id, r.territory FROM cache.review r JOIN cache.app a ON a.number = r.app
                WHERE r.territory IS NOT NULL AND r.removed_at IS NULL AND a.id IN ({marks})""",
            tuple(app_ids),
        ).fetchall()
        sold = self._db.execute(
            f"""SELECT DISTINCT p.apple_id, f.territory FROM cache.sales_fact f
                JOIN cache.product p ON p.number = f.product
                WHERE p.apple_id IN ({marks}) AND f.day >= ? AND f.units > 0""",
            (*app_ids, since.toordinal()),
        ).fetchall()
        looked_up = self._db.execute(
            f"""SELECT DISTINCT app_id, territory FROM cache.public_rating
                WHERE app_id IN ({marks}) AND day >= ?""",
            (*app_ids, since.toordinal()),
        ).fetchall()
        return {(app, place) for app, place in (*reviewed, *sold, *looked_up) if place}


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values)) or "NULL"
