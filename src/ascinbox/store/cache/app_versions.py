"""Which version of its app a review is about, and how far the lists of each version were read.

Apple tells the version only by the list of a version's reviews, so a review lacks it until such a list shows
it. Every list is read from the newest review down to the oldest that lacks a version, and no further.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, null, or_, select, update

from ascinbox.core.clock import Clock, from_epoch, to_epoch
from ascinbox.store.cache.index.invalidate import invalidate
from ascinbox.store.database import Database
from ascinbox.store.mirror import Mirror
from ascinbox.store.models.accounts import AppTable
from ascinbox.store.models.reviews import ReviewTable
from ascinbox.store.models.sync import AppVersionTable
from ascinbox.store.statements import Statement, among, table_of, upsert

THE_LIST = ""
"""Where an id of a version stands otherwise: the list of the app's versions itself."""

_r, _a, _v = table_of(ReviewTable).c, table_of(AppTable).c, table_of(AppVersionTable).c
_OF_APP = _r.app == select(_a.number).where(_a.id == bindparam("app")).scalar_subquery()
_LACKING = (_OF_APP, _r.app_version.is_(None), _r.removed_at.is_(None))
_OF_VERSION = (_v.app_id == bindparam("app"), _v.version_id == bindparam("version"))

_LACKS = Statement(select(_r.key).where(*_LACKING).limit(1))
_OLDEST = Statement(
    select(func.min(func.coalesce(_r.created, 0)).label("oldest")).where(
        *_LACKING, _r.seen_at >= bindparam("since")
    )
)
_PROGRESS = Statement(select(_v.read_at, _v.began_at, _v.next_query).where(*_OF_VERSION))
_PUT = Statement(upsert(AppVersionTable))
_FORGET = Statement(delete(table_of(AppVersionTable)).where(_v.app_id == bindparam("app")))
_MET = Statement(
    select(_r.key, _r.id).where(among(_r.id, "ids"), or_(_r.app_version.is_(None), _r.app_version == ""))
)
_NAME = Statement(
    update(table_of(ReviewTable)).where(among(_r.key, "keys")).values(app_version=bindparam("name"))
)
_GIVE_UP = Statement(
    update(table_of(ReviewTable)).where(*_LACKING, _r.seen_at < bindparam("before")).values(app_version="")
)
_LOOK_AGAIN = Statement(
    update(table_of(ReviewTable)).where(_OF_APP, _r.app_version == "").values(app_version=null())
)


@dataclass(frozen=True, slots=True)
class VersionReading:
    """A reading of the list of one version's reviews, newest first."""

    app_id: str
    version_id: str
    began: datetime
    oldest: datetime | None
    """The oldest review that may be in the list and lacks a version; None where its date is not known."""
    next_query: str | None = None
    """Where an interrupted reading goes on; None at the top."""


class AppVersions:
    """`store.app_versions`."""

    def __init__(self, database: Database, clock: Clock, mirror: Mirror | None = None) -> None:
        self._database = database
        self._clock = clock
        self._mirror = mirror

    def lacks(self, app_id: str) -> bool:
        """Whether some review of the app, not gone at Apple, lacks a version that was not looked for yet."""
        return _LACKS.first(self._database, app=app_id) is not None

    def reading(self, app_id: str, version_id: str) -> VersionReading | None:
        """What of a version's list is to be read; None when no such review came since it was read."""
        known = _PROGRESS.first(self._database, app=app_id, version=version_id)
        since = 0 if known is None or known.read_at is None else known.read_at
        oldest = _OLDEST.value(self._database, app=app_id, since=since)
        if oldest is None:
            return None
        until = from_epoch(oldest) if oldest else None
        if known is not None and known.began_at is not None:
            return VersionReading(app_id, version_id, from_epoch(known.began_at), until, known.next_query)
        return VersionReading(app_id, version_id, self._clock.now(), until)

    def save_page(
        self, reading: VersionReading, name: str, ids: Sequence[str], next_query: str | None
    ) -> tuple[str, ...]:
        """Gives these reviews the version where they have none, and notes where the reading goes on; the ids
        that have it now and had none. The first version that names a review counts."""
        listed = json.dumps(list(ids))
        if self._mirror is not None and (met := _MET.rows(self._database, ids=listed)):
            # First and outside the transaction: its answer may be long in coming.
            self._mirror.name_versions([row.id for row in met], name)
        with self._database.write():
            told = None if self._mirror is None else {row.id for row in met}
            # What came in since the mirror was told is met when the list is read the next time.
            met = [row for row in _MET.rows(self._database, ids=listed) if told is None or row.id in told]
            if met:
                keys = [row.key for row in met]
                _NAME.run(self._database, keys=json.dumps(keys), name=name)
                invalidate(self._database, keys)
            self._put(reading, began_at=to_epoch(reading.began), next_query=next_query)
        return tuple(row.id for row in met)

    def restart(self, reading: VersionReading) -> None:
        """Forgets where the reading was to go on."""
        with self._database.write():
            self._put(reading)

    def finish(self, reading: VersionReading) -> None:
        """The list was read as far as it is needed."""
        with self._database.write():
            self._put(reading, read_at=to_epoch(reading.began))

    def give_up(self, app_id: str, before: datetime) -> None:
        """All versions were read: reviews cached before that moment which still lack one are listed under
        none, and are not looked for again."""
        with self._database.write():
            _GIVE_UP.run(self._database, app=app_id, before=to_epoch(before))

    def forget(self, app_id: str) -> None:
        """Everything about the app is looked for again, but for versions that are known."""
        with self._database.write():
            _FORGET.run(self._database, app=app_id)
            _LOOK_AGAIN.run(self._database, app=app_id)

    def refuse(self, app_id: str) -> None:
        """Apple refused the app's versions now."""
        self.finish(VersionReading(app_id, THE_LIST, self._clock.now(), None))

    def refused_at(self, app_id: str) -> datetime | None:
        """When Apple refused the app's versions last; None when it never did."""
        known = _PROGRESS.first(self._database, app=app_id, version=THE_LIST)
        return None if known is None or known.read_at is None else from_epoch(known.read_at)

    def _put(
        self,
        reading: VersionReading,
        *,
        read_at: int | None = None,
        began_at: int | None = None,
        next_query: str | None = None,
    ) -> None:
        if read_at is None:
            known = _PROGRESS.first(self._database, app=reading.app_id, version=reading.version_id)
            read_at = None if known is None else known.read_at
        _PUT.run(
            self._database,
            app_id=reading.app_id,
            version_id=reading.version_id,
            read_at=read_at,
            began_at=began_at,
            next_query=next_query,
        )
