"""The ready blocks of the index as they lie in cache.db."""

from __future__ import annotations

import json
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from ascinbox.store.database import Database
from ascinbox.store.index.bits import decode, decode_all, little, to_int
from ascinbox.store.index.terms import LAST, START
from ascinbox.store.index.touch import ORDINAL_BITS

KEPT_ARRAYS = 8
"""Blocks whose keys stay in memory: a megabyte."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its place among the ready ones, its extent, and which of its reviews count."""

    position: int
    id: int
    size: int
    low: int
    high: int
    alive: int

    @property
    def every(self) -> int:
        """The set of all its reviews."""
        return (1 << self.size) - 1


class Blocks:
    """Reads blocks and terms. Sets come as one integer a block, in the order of the ready blocks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: OrderedDict[int, array[int]] = OrderedDict()
        self._ids: tuple[int, ...] = ()
        self._listed = "[]"

    def ready(self) -> tuple[Block, ...]:
        """The blocks that count now."""
        rows = self._database.execute(
            "SELECT id, size, low, high, alive FROM cache.block WHERE ready = 1 ORDER BY id"
        )
        blocks = tuple(
            Block(position, row[0], row[1], row[2], row[3], int.from_bytes(row[4], "little"))
            for position, row in enumerate(rows)
        )
        ids = tuple(block.id for block in blocks)
        if ids != self._ids:
            self._ids = ids
            self._listed = json.dumps(ids)
            self._keys.clear()
        return blocks

    @property
    def ids(self) -> tuple[int, ...]:
        """Ids of the blocks that `ready` gave last."""
        return self._ids

    def keys(self, block: Block) -> array[int]:
        """The sorted keys of a block's reviews."""
        found = self._keys.get(block.id)
        if found is None:
            blob = self._database.one("SELECT keys FROM cache.block WHERE id = ?", block.id)
            found = self._keys[block.id] = little(array("q", blob or b""))
            if len(self._keys) > KEPT_ARRAYS:
                self._keys.popitem(last=False)
        else:
            self._keys.move_to_end(block.id)
        return found

    def lengths(self, block: Block) -> array[int]:
        """Characters of the bodies, in the order of `keys`."""
        blob = self._database.one("SELECT lengths FROM cache.block WHERE id = ?", block.id)
        return little(array("H", blob or b""))

    # --- terms ---

    def term(self, term: str) -> list[int]:
        """The reviews filed under a term."""
        sets = [0] * len(self._ids)
        at = self._positions()
        for block, blob in self._database.execute(
            "SELECT t.block, t.hits FROM json_each(?) b CROSS JOIN cache.term t "
            "ON t.block = b.value AND t.term = ?",
            (self._listed, term),
        ):
            sets[at[block]] = decode(blob)
        return sets

    def starting(self, start: str) -> list[int]:
        """The reviews with a word that begins so."""
        sets = [0] * len(self._ids)
        found = self._shared(start)
        for block, blob in found:
            sets[block] = decode(blob)
        have = {block for block, _ in found}
        rest = [block_id for position, block_id in enumerate(self._ids) if position not in have]
        for position, blobs in self._range(start, rest):
            sets[position] = decode_all(blob for _, blob in blobs)
        return sets

    def words_starting(self, start: str) -> list[list[tuple[str, int]] | None]:
        """By block, the words that begin so with their reviews; None where they are too many to list."""
        lists: list[list[tuple[str, int]] | None] = [[] for _ in self._ids]
        found = self._shared(start)
        for block, _ in found:
            lists[block] = None
        rest = [block_id for position, block_id in enumerate(self._ids) if lists[position] is not None]
        for position, rows in self._range(start, rest):
            lists[position] = [(word, decode(blob)) for word, blob in rows]
        return lists

    def range(self, low: str, high: str) -> list[int]:
        """The reviews filed under any term from `low` to before `high`."""
        sets = [0] * len(self._ids)
        at = self._positions()
        rows = self._database.execute(
            "SELECT t.block, t.hits FROM json_each(?) b CROSS JOIN cache.term t "
            "ON t.block = b.value AND t.term >= ? AND t.term < ?",
            (self._listed, low, high),
        )
        for block, group in groupby(rows, key=itemgetter(0)):
            sets[at[block]] = decode_all(blob for _, blob in group)
        return sets

    def facets(self, prefix: str) -> list[list[tuple[str, int]]]:
        """By block, every term with this prefix and its reviews."""
        lists: list[list[tuple[str, int]]] = [[] for _ in self._ids]
        at = self._positions()
        for block, term, blob in self._database.execute(
            "SELECT t.block, t.term, t.hits FROM json_each(?) b CROSS JOIN cache.term t "
            "ON t.block = b.value AND t.term >= ? AND t.term < ?",
            (self._listed, prefix, prefix + LAST),
        ):
            lists[at[block]].append((term, decode(blob)))
        return lists

    def placed(self, sql: str, values: str) -> list[int]:
        """The reviews whose ids a statement selects. It gets one value, JSON."""
        ordinals: list[list[int]] = [[] for _ in self._ids]
        at = self._positions()
        mask = (1 << ORDINAL_BITS) - 1
        for (place,) in self._database.execute(
            f"SELECT s.place FROM ({sql}) i JOIN cache.review r ON r.id = i.review_id "
            "JOIN cache.spot s ON s.key = r.key",
            (values,),
        ):
            position = at.get(place >> ORDINAL_BITS)
            if position is not None:
                ordinals[position].append(place & mask)
        return [to_int(found) if found else 0 for found in ordinals]

    def _shared(self, start: str) -> list[tuple[int, bytes]]:
        at = self._positions()
        rows = self._database.execute(
            "SELECT t.block, t.hits FROM json_each(?) b CROSS JOIN cache.term t "
            "ON t.block = b.value AND t.term = ?",
            (self._listed, START + start),
        )
        return [(at[block], blob) for block, blob in rows]

    def _range(self, start: str, ids: Sequence[int]) -> list[tuple[int, list[tuple[str, bytes]]]]:
        if not ids:
            return []
        at = self._positions()
        rows = self._database.execute(
            "SELECT t.block, t.term, t.hits FROM json_each(?) b CROSS JOIN cache.term t "
            "ON t.block = b.value AND t.term >= ? AND t.term < ?",
            (json.dumps(ids), start, start + LAST),
        )
        return [
            (at[block], [(term, blob) for _, term, blob in group])
            for block, group in groupby(rows, key=itemgetter(0))
        ]

    def _positions(self) -> dict[int, int]:
        return {block_id: position for position, block_id in enumerate(self._ids)}
