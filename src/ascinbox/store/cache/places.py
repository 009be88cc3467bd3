"""Where the row of a review goes: the number of its app, and a key that no other review has."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import bindparam, select

from ascinbox.store.database import Database
from ascinbox.store.keys import TIE_BITS
from ascinbox.store.models.accounts import AppTable
from ascinbox.store.models.reviews import ReviewTable
from ascinbox.store.statements import Statement, among, insert, table_of

_TIES = (1 << TIE_BITS) - 1

_r, _a = table_of(ReviewTable).c, table_of(AppTable).c
_TAKEN = Statement(select(_r.key).where(among(_r.key, "keys")))
_IS_TAKEN = Statement(select(_r.key).where(_r.key == bindparam("key")))
_APP_ID = Statement(select(_a.id).where(_a.number == bindparam("number")))
_APP_NUMBER = Statement(select(_a.number).where(_a.id == bindparam("app")))
_ADD_APP = Statement(insert(AppTable).on_conflict_do_nothing(index_elements=[_a.id]))


class Places:
    """Numbers of apps and keys of reviews in one cache. In the transaction that writes the reviews."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._apps: dict[str, int] = {}

    def app_number(self, app_id: str) -> int:
        """The number of an app, which is added when it is not there."""
        number = self._apps.get(app_id)
        if number is not None and _APP_ID.value(self._database, number=number) == app_id:
            return number
        _ADD_APP.run(self._database, id=app_id, name=app_id, bundle_id="", sku="", primary_locale="")
        number = int(_APP_NUMBER.value(self._database, app=app_id))
        self._apps[app_id] = number
        return number

    def keys(self, wanted: Mapping[str, int], taken: set[int]) -> dict[str, int]:
        """By review the key that it gets: the wanted one, or where another review has that, or it is among
        the `taken`, the next of the same second. Adds them to `taken`."""
        keys: dict[str, int] = {}
        if wanted:
            rows = _TAKEN.run(self._database, keys=json.dumps(list(wanted.values())))
            taken.update(row[0] for row in rows)
        for review_id, want in wanted.items():
            key = want
            while key in taken or (key != want and self._is_taken(key)):
                key = (key & ~_TIES) | ((key + 1) & _TIES)
            taken.add(key)
            keys[review_id] = key
        return keys

    def _is_taken(self, key: int) -> bool:
        return _IS_TAKEN.first(self._database, key=key) is not None
