"""The ready blocks of the index as they lie in cache.db."""

from __future__ import annotations

import json
from array import array
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from ascinbox.store.cache.index.bits import decode, decode_all, little, to_int
from ascinbox.store.cache.index.invalidate import ORDINAL_BITS
from ascinbox.store.cache.index.terms import LAST, START
from ascinbox.store.database import Database

Sets = dict[int, int]
"""Reviews by position of their block; a block that is not there has none."""
KEPT_ARRAYS = 8
"""Blocks whose keys stay in memory: a megabyte."""


class Block(NamedTuple):
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
    """Reads blocks and terms. `wanted` are the positions of the blocks that are asked about."""

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

    def term(self, term: str, wanted: Sequence[int]) -> Sets:
        """The reviews filed under a term."""
        return {n: decode(blob) for n, _, blob in self._rows("t.term = ?", (term,), wanted)}

    def any_term(self, terms: Sequence[str], wanted: Sequence[int]) -> Sets:
        """The reviews filed under one of these terms."""
        if len(terms) == 1:
            return self.term(terms[0], wanted)
        filed: defaultdict[int, list[bytes]] = defaultdict(list)
        for term in terms:
            for n, _, blob in self._rows("t.term = ?", (term,), wanted):
                filed[n].append(blob)
        return {n: decode_all(blobs) for n, blobs in filed.items()}

    def starting(self, start: str, wanted: Sequence[int]) -> Sets:
        """The reviews with a word that begins so."""
        sets = self.term(START + start, wanted)
        return sets | self.range(start, start + LAST, [n for n in wanted if n not in sets])

    def words_starting(self, start: str, wanted: Sequence[int]) -> dict[int, list[int] | None]:
        """The reviews of each word that begins so; None where these are too many to list."""
        shared = self.term(START + start, wanted)
        lists: dict[int, list[int] | None] = {n: None if n in shared else [] for n in wanted}
        rest = [n for n in wanted if n not in shared]
        for n, _, blob in self._rows("t.term >= ? AND t.term < ?", (start, start + LAST), rest):
            words = lists[n]
            assert words is not None
            words.append(decode(blob))
        return lists

    def range(self, low: str, high: str, wanted: Sequence[int]) -> Sets:
        """The reviews filed under any term from `low` to before `high`."""
        rows = self._rows("t.term >= ? AND t.term < ?", (low, high), wanted)
        return {n: decode_all(blob for _, _, blob in group) for n, group in groupby(rows, key=itemgetter(0))}

    def facets(self, prefix: str) -> Iterator[tuple[int, str, int]]:
        """(position of the block, term, reviews) of every term with this prefix."""
        limits = (prefix, prefix + LAST)
        for n, term, blob in self._rows("t.term >= ? AND t.term < ?", limits, range(len(self.ids))):
            yield n, term, decode(blob)

    def placed(self, sql: str, values: str) -> Sets:
        """The reviews whose ids a statement selects. It gets one value, JSON."""
        ordinals: defaultdict[int, list[int]] = defaultdict(list)
        for (place,) in self._database.execute(
            f"SELECT s.place FROM ({sql}) i JOIN cache.review r ON r.id = i.review_id "
            "JOIN cache.spot s ON s.key = r.key",
            (values,),
        ):
            ordinals[place >> ORDINAL_BITS].append(place & (1 << ORDINAL_BITS) - 1)
        return {n: to_int(ordinals[block]) for n, block in enumerate(self.ids) if block in ordinals}

    def _rows(
        self, condition: str, values: Sequence[str], wanted: Sequence[int]
    ) -> Iterator[tuple[int, str, bytes]]:
        """(position of the block, term, set), block by block."""
        if not wanted:
            return
        listed = json.dumps([self.ids[n] for n in wanted])
        for index, term, blob in self._database.execute(
            "SELECT b.key, t.term, t.hits FROM json_each(?) b "
            f"CROSS JOIN cache.term t ON t.block = b.value AND {condition}",
            (listed, *values),
        ):
            yield wanted[index], term, blob
