"""Writes what a store tells of reviews beside their texts: version, device, thumbs, and the language."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import bindparam, delete, update

from ascinbox.core.reviews.language_decision import LanguageSource
from ascinbox.store.cache import languages
from ascinbox.store.database import Database
from ascinbox.store.models.reviews import ReviewDeviceTable, ReviewTable
from ascinbox.store.statements import Statement, among, table_of, upsert

Told = tuple[str, str, str, str | None, int, int]
"""As in `PreparedReview.told`."""

_d, _r = table_of(ReviewDeviceTable).c, table_of(ReviewTable).c
_PUT = Statement(upsert(ReviewDeviceTable))
_FORGET = Statement(delete(table_of(ReviewDeviceTable)).where(among(_d.key, "keys")))
_SET_VERSION = Statement(
    update(table_of(ReviewTable)).where(_r.key == bindparam("at")).values(app_version=bindparam("version"))
)


def write(database: Database, reviews: Sequence[tuple[int, Told | None]]) -> None:
    """What is told of the reviews with these keys, which were just written. In the same transaction."""
    known = [(key, said) for key, said in reviews if said is not None]
    if not known:
        return
    _PUT.run_many(
        database,
        (
            {"key": key, "device": device, "os_version": system, "thumbs_up": up, "thumbs_down": down}
            for key, (_, device, system, _, up, down) in known
        ),
    )
    _SET_VERSION.run_many(database, ({"at": key, "version": said[0]} for key, said in known))
    languages.tell(database, [(key, said[3]) for key, said in known if said[3]], LanguageSource.STORE)


def forget(database: Database, keys: Sequence[int]) -> None:
    """Reviews that are gone, or have other keys now."""
    _FORGET.run(database, keys=json.dumps(list(keys)))
