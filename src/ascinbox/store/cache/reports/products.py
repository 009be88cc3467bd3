"""The products that sales and finance reports name, numbered so that the rows about them stay short."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from ascinbox.core.metrics.products import product_kind
from ascinbox.store.database import Database
from ascinbox.store.models.reports import ProductTable
from ascinbox.store.statements import Statement, insert, table_of

_p = table_of(ProductTable).c
_OF_VENDOR = _p.scope == bindparam("vendor")


ProductKey = tuple[str, str, str, str]
"""What tells a vendor's products apart: Apple's id, SKU, type, and the parent's SKU ("" for an app)."""
_KEY = (_p.apple_id, _p.sku, _p.type, _p.parent_sku)
_NAMES = tuple(column.key for column in _KEY)


def _put() -> Statement:
    new = insert(ProductTable)
    return Statement(
        new.on_conflict_do_update(
            index_elements=[_p.scope, *_KEY],
            set_={"title": new.excluded.title},
            where=_p.title.is_not(new.excluded.title),
        )
    )


_PUT = _put()
_NUMBERS = Statement(select(*_KEY, _p.number).where(_OF_VENDOR))


class ProductRows:
    """Writes rows, each in the transaction that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, scope: str, titles: Iterable[tuple[ProductKey, str]]) -> dict[ProductKey, int]:
        """Adds what is new and takes over the last title; gives the number of every product of the vendor."""
        _PUT.run_many(
            self._database,
            (
                {
                    "scope": scope,
                    **dict(zip(_NAMES, key, strict=True)),
                    "title": title,
                    "kind": product_kind(key[2]),
                }
                for key, title in dict(titles).items()
            ),
        )
        rows = _NUMBERS.run(self._database, vendor=scope)
        return {(apple, sku, kind, parent): number for apple, sku, kind, parent, number in rows}
