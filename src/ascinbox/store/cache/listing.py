"""What was last read of the apps' pages, in cache.db: each app's listing whole, or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import bindparam, delete, select

from ascinbox.core.clock import from_epoch, to_epoch
from ascinbox.core.listing.fields import Scope
from ascinbox.core.listing.records import Listing, ListingLocalization, ListingPart
from ascinbox.store.database import Database
from ascinbox.store.models.listing import ListingLanguageTable, ListingPartTable, ListingTable
from ascinbox.store.statements import Statement, insert, table_of, upsert

_l, _p, _t = table_of(ListingTable).c, table_of(ListingPartTable).c, table_of(ListingLanguageTable).c

_PUT = Statement(upsert(ListingTable))
_PUT_PART = Statement(insert(ListingPartTable))
_PUT_LANGUAGE = Statement(insert(ListingLanguageTable))
_DROP = Statement(delete(table_of(ListingTable)).where(_l.app_id == bindparam("app")))
_DROP_PARTS = Statement(delete(table_of(ListingPartTable)).where(_p.app_id == bindparam("app")))
_DROP_LANGUAGES = Statement(delete(table_of(ListingLanguageTable)).where(_t.app_id == bindparam("app")))
_ALL = Statement(select(_l.app_id, _l.name, _l.bundle_id, _l.primary_locale, _l.read_at, _l.notes))
_PARTS = Statement(
    select(
        _p.app_id, _p.scope, _p.part_id, _p.state, _p.version, _p.platform, _p.created_at, _p.texts
    ).order_by(_p.app_id, _p.scope, _p.place)
)
_LANGUAGES = Statement(
    select(_t.app_id, _t.part_id, _t.locale, _t.language_id, _t.texts).order_by(
        _t.app_id, _t.part_id, _t.place
    )
)


class ListingCache:
    """`store.listings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, listing: Listing) -> None:
        """Keeps an app's listing in the place of the one before."""
        with self._database.write(bulk=True):
            self._drop(listing.app_id)
            _PUT.run(
                self._database,
                app_id=listing.app_id,
                name=listing.name,
                bundle_id=listing.bundle_id,
                primary_locale=listing.primary_locale,
                read_at=0 if listing.read_at is None else to_epoch(listing.read_at),
                notes=json.dumps(listing.notes),
            )
            parts = [*enumerate(listing.infos), *enumerate(listing.versions)]
            _PUT_PART.run_many(
                self._database,
                (
                    {
                        "app_id": listing.app_id,
                        "scope": part.scope,
                        "part_id": part.id,
                        "place": place,
                        "state": part.state,
                        "version": part.version,
                        "platform": part.platform,
                        "created_at": None if part.created_at is None else to_epoch(part.created_at),
                        "texts": _packed(part.values),
                    }
                    for place, part in parts
                ),
            )
            _PUT_LANGUAGE.run_many(
                self._database,
                (
                    {
                        "app_id": listing.app_id,
                        "part_id": part.id,
                        "locale": one.locale,
                        "place": place,
                        "language_id": one.id,
                        "texts": _packed(one.values),
                    }
                    for _, part in parts
                    for place, one in enumerate(part.localizations)
                ),
            )

    def forget(self, app_id: str) -> None:
        """Drops an app's listing."""
        with self._database.write():
            self._drop(app_id)

    def all(self) -> tuple[Listing, ...]:
        """Every listing that was read, by the app's name."""
        languages: dict[tuple[str, str], list[ListingLocalization]] = {}
        for row in _LANGUAGES.rows(self._database):
            one = ListingLocalization(row.language_id, row.locale, json.loads(row.texts))
            languages.setdefault((row.app_id, row.part_id), []).append(one)
        parts: dict[tuple[str, str], list[ListingPart]] = {}
        for row in _PARTS.rows(self._database):
            part = ListingPart(
                scope=Scope(row.scope),
                id=row.part_id,
                state=row.state,
                localizations=tuple(languages.get((row.app_id, row.part_id), ())),
                values=json.loads(row.texts),
                version=row.version,
                platform=row.platform,
                created_at=None if row.created_at is None else from_epoch(row.created_at),
            )
            parts.setdefault((row.app_id, row.scope), []).append(part)
        found = (
            Listing(
                app_id=row.app_id,
                name=row.name,
                bundle_id=row.bundle_id,
                primary_locale=row.primary_locale,
                infos=tuple(parts.get((row.app_id, Scope.INFO), ())),
                versions=tuple(parts.get((row.app_id, Scope.VERSION), ())),
                read_at=from_epoch(row.read_at) if row.read_at else None,
                notes=tuple(json.loads(row.notes)),
            )
            for row in _ALL.rows(self._database)
        )
        return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.app_id)))

    def _drop(self, app_id: str) -> None:
        for statement in (_DROP, _DROP_PARTS, _DROP_LANGUAGES):
            statement.run(self._database, app=app_id)


def _packed(texts: Mapping[str, str]) -> str:
    return json.dumps(dict(texts), ensure_ascii=False)
