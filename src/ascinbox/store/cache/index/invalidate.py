"""What happens to the index when a review changes: its bit goes out, and it counts as fresh."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ascinbox.store.database import Database

ORDINAL_BITS = 16


def invalidate(database: Database, keys: Sequence[int], *, gone: bool = False) -> None:
    """Takes the reviews out of their blocks and marks them fresh, or forgets them (`gone`).

    Call it in the transaction that changed, added or deleted them.
    """
    if not keys:
        return
    connection = database.connection
    listed = json.dumps(keys)
    spots = connection.execute(
        "SELECT place FROM cache.spot WHERE key IN (SELECT value FROM json_each(?))", (listed,)
    ).fetchall()
    if spots:
        _put_out(database, [row[0] for row in spots])
        connection.execute("DELETE FROM cache.spot WHERE key IN (SELECT value FROM json_each(?))", (listed,))
    if gone:
        connection.execute("DELETE FROM cache.fresh WHERE key IN (SELECT value FROM json_each(?))", (listed,))
    else:
        make_fresh(database, keys)


def make_fresh(database: Database, keys: Sequence[int]) -> None:
    """Marks reviews that are in no block as fresh, under a new serial."""
    import random

    if not keys:
        return
    database.execute(
        "INSERT INTO cache.fresh (key, serial) SELECT value, ? FROM json_each(?) WHERE true "
        "ON CONFLICT (key) DO UPDATE SET serial = excluded.serial",
        (random.getrandbits(62), json.dumps(keys)),
    )


def _put_out(database: Database, places: Sequence[int]) -> None:
    by_block: dict[int, int] = defaultdict(int)
    mask = (1 << ORDINAL_BITS) - 1
    for place in places:
        by_block[place >> ORDINAL_BITS] |= 1 << (place & mask)
    for block, bits in by_block.items():
        alive = database.one("SELECT alive FROM cache.block WHERE id = ?", block)
        if alive is None:
            continue
        left = int.from_bytes(alive, "little") & ~bits
        database.execute(
            "UPDATE cache.block SET alive = ? WHERE id = ?", (left.to_bytes(len(alive), "little"), block)
        )
