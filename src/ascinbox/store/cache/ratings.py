"""Writes ratings without text, each once."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import select

from ascinbox.core.clock import to_epoch
from ascinbox.core.records import Rating
from ascinbox.store.database import Database
from ascinbox.store.models.reviews import RatingTable
from ascinbox.store.statements import Statement, among, table_of, upsert

_t = table_of(RatingTable).c
_PUT = Statement(upsert(RatingTable))
_KNOWN = Statement(select(_t.id, _t.at, _t.stars).where(among(_t.id, "ids")))


def save(database: Database, ratings: Sequence[Rating]) -> int:
    """Saves what is new or newer than what is known; how many that were."""
    with database.write():
        rows = _KNOWN.run(database, ids=json.dumps([each.id for each in ratings]))
        known = {row[0]: (row[1], row[2]) for row in rows}
        news = []
        for each in ratings:
            at = to_epoch(each.updated_at or each.submitted_at)
            if each.id not in known or (known[each.id][0] < at and known[each.id] != (at, each.stars)):
                news.append((each, at))
        _PUT.run_many(
            database,
            (
                {
                    "id": each.id,
                    "app_id": each.app_id,
                    "at": at,
                    "stars": each.stars,
                    "app_version": each.told.app_version,
                    "device": each.told.device,
                    "lang": each.told.language or "",
                }
                for each, at in news
            ),
        )
    return len(news)
