"""Counts, pages and positions within the blocks of the index."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from ascinbox.store.cache.index.bits import highest, lowest, members, to_int
from ascinbox.store.cache.index.blocks import Block, Blocks
from ascinbox.store.cache.index.clauses import Clause
from ascinbox.store.cache.index.evaluate import Evaluator, Matches

FIRST_LOOK = 4
"""Blocks that a page looks at first; then twice as many, and so on."""
FEW = 2_000
"""Below this many reviews of a block it is quicker to pick them out one by one."""
Fitting = Callable[[Iterable[int]], Iterator[int]]
"""Tells which of these keys really fit, in the order given."""


class IndexedQuery(NamedTuple):
    """The answer to a query at one moment, block by block as far as it is asked for."""

    ready: tuple[Block, ...]
    clauses: tuple[Clause, ...]
    group: Clause | None = None
    """One more clause, for a part of the answer."""


class IndexedReviews:
    """Reviews in the blocks. Fresh ones are somebody else's business."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks
        self._evaluator = Evaluator(blocks)

    def answer(self, found: IndexedQuery, blocks: Iterable[Block]) -> Matches:
        """What fits in these blocks; cheap when it was answered lately."""
        answer = self._evaluator.answer(found.clauses, found.ready, [block.position for block in blocks])
        if found.group is None:
            return answer
        return self._evaluator.narrowed(answer, found.group, found.ready)

    def settle(self, found: IndexedQuery, fitting: Fitting) -> Matches:
        """What fits, every "may" looked at; remembered for the query as a whole."""
        answer = self.answer(found, found.ready)
        sure = dict(answer.sure)
        for n, possible in answer.possible.items():
            unsure = possible & ~sure.get(n, 0)
            if unsure:
                keys = self.blocks.keys(found.ready[n])
                ordinals = members(unsure)
                fit = set(fitting(keys[ordinal] for ordinal in ordinals))
                sure[n] = sure.get(n, 0) | to_int(o for o in ordinals if keys[o] in fit)
        if found.group is None:
            self._evaluator.settle(found.clauses, sure)
        return Matches(sure, sure)

    def page(
        self, found: IndexedQuery, low: int, high: int, limit: int, fitting: Fitting, *, newest_first: bool
    ) -> list[int]:
        """At most `limit` keys with `low <= key < high`, the newest (or oldest) ones, in that order."""
        page: list[int] = []
        inside = [block for block in found.ready if block.high >= low and block.low < high]
        inside.sort(key=lambda b: b.high if newest_first else b.low, reverse=newest_first)
        size = FIRST_LOOK
        while inside:
            part, inside = inside[:size], inside[size:]
            # Most pages are full after the first few blocks; the others are then not even looked up.
            answer = self.answer(found, part)
            for block in part:
                if len(page) == limit and _is_beyond(block, page[-1], newest_first=newest_first):
                    return page
                more = self._part(answer, block, low, high, limit, fitting, newest_first=newest_first)
                page = list(heapq.merge(page, more, reverse=newest_first))[:limit]
            size *= 2
        return page

    def _part(
        self,
        answer: Matches,
        block: Block,
        low: int,
        high: int,
        limit: int,
        fitting: Fitting,
        *,
        newest_first: bool,
    ) -> list[int]:
        between = block.alive & self._evaluator.below(block, high) & ~self._evaluator.below(block, low)
        sure = answer.sure.get(block.position, 0) & between
        possible = answer.possible.get(block.position, 0) & between
        if not possible:
            return []
        keys = self.blocks.keys(block)
        ordinals = highest(possible) if newest_first else lowest(possible)
        taken: list[int] = []
        while len(taken) < limit and (batch := list(islice(ordinals, limit))):
            taken += self._look(batch, keys, sure, fitting)
        return taken[:limit]

    def _look(self, ordinals: Sequence[int], keys: Sequence[int], sure: int, fitting: Fitting) -> list[int]:
        unsure = [keys[n] for n in ordinals if not sure >> n & 1]
        fit = set(fitting(unsure)) if unsure else set()
        return [keys[n] for n in ordinals if sure >> n & 1 or keys[n] in fit]

    def certain(self, found: IndexedQuery) -> int:
        """How many reviews fit for certain; more may."""
        answer = self.answer(found, found.ready)
        return sum((answer.sure.get(b.position, 0) & b.alive).bit_count() for b in found.ready)

    def count(
        self, found: IndexedQuery, fitting: Fitting, *, low: int | None = None, high: int | None = None
    ) -> int:
        """How many reviews fit, with keys in `low <= key < high`."""
        answer = self.settle(found, fitting)
        total = 0
        for n, bits in answer.sure.items():
            block = found.ready[n]
            bits &= block.alive
            if high is not None:
                bits &= self._evaluator.below(block, high)
            if low is not None:
                bits &= ~self._evaluator.below(block, low)
            total += bits.bit_count()
        return total

    def with_lengths(self, found: IndexedQuery) -> Iterator[tuple[int, int, bool]]:
        """(length, key, certain) of every review that fits or may fit."""
        answer = self.answer(found, found.ready)
        for n, possible in answer.possible.items():
            block = found.ready[n]
            possible &= block.alive
            if not possible:
                continue
            sure = answer.sure.get(n, 0)
            every = not possible & ~sure
            keys, lengths = self.blocks.keys(block), self.blocks.lengths(block)
            for ordinal in _picked(possible):
                yield lengths[ordinal], keys[ordinal], every or bool(sure >> ordinal & 1)

    def keys_of(self, found: IndexedQuery) -> tuple[list[int], list[int]]:
        """The keys of the reviews that fit, and of those that only may."""
        answer = self.answer(found, found.ready)
        certain: list[int] = []
        unsure: list[int] = []
        for n, possible in answer.possible.items():
            possible &= found.ready[n].alive
            if possible:
                keys = self.blocks.keys(found.ready[n])
                sure = answer.sure.get(n, 0)
                certain += (keys[ordinal] for ordinal in _picked(possible & sure))
                unsure += (keys[ordinal] for ordinal in _picked(possible & ~sure))
        return certain, unsure

    def tally(self, found: IndexedQuery, fitting: Fitting, prefix: str) -> dict[str, int]:
        """How many of the reviews that fit are filed under each facet with this prefix."""
        sure = self.settle(found, fitting).sure
        living = {n: bits & found.ready[n].alive for n, bits in sure.items()}
        counts: dict[str, int] = {}
        for n, facet, filed in self.blocks.facets(prefix):
            number = (living.get(n, 0) & filed).bit_count()
            if number:
                counts[facet] = counts.get(facet, 0) + number
        return counts


def _picked(bits: int) -> Iterable[int]:
    return lowest(bits) if bits.bit_count() < FEW else members(bits)


def _is_beyond(block: Block, last: int, *, newest_first: bool) -> bool:
    return block.high < last if newest_first else block.low > last
