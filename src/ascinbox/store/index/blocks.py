"""The ready blocks of the index as they lie in cache.db."""

from __future__ import annotations

import json
from array import array
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Sequence
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
    """Reads blocks and terms. Sets come as one integer a block, in the order of the ready blocks.

    `wanted` are the positions of the blocks that are asked about; the others get an empty set.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: OrderedDict[int, array[int]] = OrderedDict()
        self._ready: tuple[Block, ...] = ()
        self._stamp: tuple[int, int] | None = None
        self.ids: tuple[int, ...] = ()
        """Ids of the blocks that `ready` gave last."""

    def ready(self) -> tuple[Block, ...]:
        """The blocks that count now."""
        stamp = (
            self._database.connection.total_changes,
            self._database.one("PRAGMA cache.data_version"),
        )
        if stamp != self._stamp:
            rows = self._database.execute(
                "SELECT id, size, low, high, alive FROM cache.block WHERE ready = 1 ORDER BY id"
            )
            self._ready = tuple(
                Block(position, row[0], row[1], row[2], row[3], int.from_bytes(row[4], "little"))
                for position, row in enumerate(rows)
            )
            ids = tuple(block.id for block in self._ready)
            if ids != self.ids:
                self.ids = ids
                self._keys.clear()
            self._stamp = stamp
        return self._ready

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

    def term(self, term: str, wanted: Sequence[int]) -> list[int]:
        """The reviews filed under a term."""
        sets = [0] * len(self.ids)
        for position, _, blob in self._rows("t.term = ?", (term,), wanted):
            sets[position] = decode(blob)
        return sets

    def any_term(self, terms: Sequence[str], wanted: Sequence[int]) -> list[int]:
        """The reviews filed under one of these terms."""
        sets = [0] * len(self.ids)
        sparse: defaultdict[int, list[bytes]] = defaultdict(list)
        for term in terms:
            for position, _, blob in self._rows("t.term = ?", (term,), wanted):
                sparse[position].append(blob)
        for position, blobs in sparse.items():
            sets[position] = decode_all(blobs) if len(blobs) > 1 else decode(blobs[0])
        return sets

    def starting(self, start: str, wanted: Sequence[int]) -> list[int]:
        """The reviews with a word that begins so."""
        sets = self.term(START + start, wanted)
        rest = [position for position in wanted if not sets[position]]
        return _or(sets, self.range(start, start + LAST, rest))

    def words_starting(self, start: str, wanted: Sequence[int]) -> list[list[tuple[str, int]] | None]:
        """By block, the words that begin so with their reviews; None where they are too many to list."""
        shared = self.term(START + start, wanted)
        lists: list[list[tuple[str, int]] | None] = [None if bits else [] for bits in shared]
        rest = [position for position in wanted if not shared[position]]
        for position, word, blob in self._rows("t.term >= ? AND t.term < ?", (start, start + LAST), rest):
            words = lists[position]
            if words is not None:
                words.append((word, decode(blob)))
        return lists

    def range(self, low: str, high: str, wanted: Sequence[int]) -> list[int]:
        """The reviews filed under any term from `low` to before `high`."""
        sets = [0] * len(self.ids)
        rows = self._rows("t.term >= ? AND t.term < ?", (low, high), wanted)
        for position, group in groupby(rows, key=itemgetter(0)):
            sets[position] = decode_all(blob for _, _, blob in group)
        return sets

    def facets(self, prefix: str) -> list[list[tuple[str, int]]]:
        """By block, every term with this prefix and its reviews."""
        lists: list[list[tuple[str, int]]] = [[] for _ in self.ids]
        limits = (prefix, prefix + LAST)
        for position, term, blob in self._rows("t.term >= ? AND t.term < ?", limits, range(len(self.ids))):
            lists[position].append((term, decode(blob)))
        return lists

    def placed(self, sql: str, values: str) -> list[int]:
        """The reviews whose ids a statement selects. It gets one value, JSON."""
        ordinals: defaultdict[int, list[int]] = defaultdict(list)
        for (place,) in self._database.execute(
            f"SELECT s.place FROM ({sql}) i JOIN cache.review r ON r.id = i.review_id "
            "JOIN cache.spot s ON s.key = r.key",
            (values,),
        ):
            ordinals[place >> ORDINAL_BITS].append(place & (1 << ORDINAL_BITS) - 1)
        return [to_int(ordinals[block_id]) if block_id in ordinals else 0 for block_id in self.ids]

    def _rows(
        self, condition: str, values: Sequence[str], wanted: Sequence[int]
    ) -> Iterator[tuple[int, str, bytes]]:
        """(position of the block, term, set), block by block."""
        if not wanted:
            return iter(())
        listed = json.dumps([[position, self.ids[position]] for position in wanted])
        return self._database.execute(
            "SELECT b.value ->> 0, t.term, t.hits FROM json_each(?) b "
            f"CROSS JOIN cache.term t ON t.block = b.value ->> 1 AND {condition}",
            (listed, *values),
        )


def _or(left: list[int], right: list[int]) -> list[int]:
    return [a | b for a, b in zip(left, right, strict=True)]
