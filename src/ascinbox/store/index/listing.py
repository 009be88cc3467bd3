"""Counts, pages and positions within the blocks of the index."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ascinbox.store.index.bits import highest, lowest, members
from ascinbox.store.index.blocks import Block, Blocks
from ascinbox.store.index.clauses import Clause
from ascinbox.store.index.evaluate import Answer, Evaluator

Fitting = Callable[[Iterable[int]], Iterator[int]]
"""Tells which of these keys really fit, in the order given."""


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a query at one moment: by block, what fits and what may, among the living reviews."""

    ready: tuple[Block, ...]
    clauses: tuple[Clause, ...] | None
    """None for a part of another answer."""
    answer: Answer

    def sure(self, block: Block) -> int:
        """Reviews of the block that fit."""
        return self.answer.sure[block.position] & block.alive

    def unsure(self, block: Block) -> int:
        """Reviews of the block that may fit, and would have to be looked at."""
        n = block.position
        return self.answer.possible[n] & ~self.answer.sure[n] & block.alive


class Listing:
    """Reviews in the blocks. Fresh ones are somebody else's business."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks
        self._evaluator = Evaluator(blocks)

    def find(self, ready: tuple[Block, ...], clauses: tuple[Clause, ...]) -> Found:
        """Answers the clauses; cheap when they were answered lately."""
        return Found(ready, clauses, self._evaluator.answer(clauses, ready))

    def narrowed(self, found: Found, clause: Clause | None) -> Found:
        """The same with one more clause."""
        if clause is None:
            return found
        return Found(found.ready, None, self._evaluator.narrowed(found.answer, clause, found.ready))

    def settled(self, found: Found, fitting: Fitting) -> Found:
        """The same with every "may" looked at."""
        sure = list(found.answer.sure)
        for block in found.ready:
            n = block.position
            unsure = found.answer.possible[n] & ~sure[n]
            if unsure:
                keys = self.blocks.keys(block)
                ordinals = members(unsure)
                fit = set(fitting(keys[ordinal] for ordinal in ordinals))
                for ordinal in ordinals:
                    if keys[ordinal] in fit:
                        sure[n] |= 1 << ordinal
        return Found(found.ready, found.clauses, self._evaluator.settle(found.clauses, sure))

    def page(
        self,
        found: Found,
        low: int,
        high: int,
        limit: int,
        fitting: Fitting,
        *,
        newest_first: bool,
    ) -> list[int]:
        """At most `limit` keys with `low <= key < high`, the newest (or oldest) ones, in that order."""
        page: list[int] = []
        blocks = sorted(found.ready, key=lambda b: b.high if newest_first else b.low, reverse=newest_first)
        for block in blocks:
            if block.high < low or block.low >= high:
                continue
            full = len(page) == limit
            if full and (block.high < page[-1] if newest_first else block.low > page[-1]):
                break
            part = self._part(found, block, low, high, limit, fitting, newest_first=newest_first)
            page = list(heapq.merge(page, part, reverse=newest_first))[:limit]
        return page

    def _part(
        self,
        found: Found,
        block: Block,
        low: int,
        high: int,
        limit: int,
        fitting: Fitting,
        *,
        newest_first: bool,
    ) -> list[int]:
        inside = self._evaluator.below(block, high) & ~self._evaluator.below(block, low)
        sure = found.sure(block) & inside
        unsure = found.unsure(block) & inside
        if not sure | unsure:
            return []
        keys = self.blocks.keys(block)
        ordinals = highest(sure | unsure) if newest_first else lowest(sure | unsure)
        if not unsure:
            return [keys[ordinal] for ordinal, _ in zip(ordinals, range(limit), strict=False)]
        taken: list[int] = []
        batch: list[int] = []
        for ordinal in ordinals:
            batch.append(ordinal)
            if len(batch) == limit:
                taken += self._look(batch, keys, sure, fitting)
                batch = []
                if len(taken) >= limit:
                    return taken[:limit]
        return (taken + self._look(batch, keys, sure, fitting))[:limit]

    def _look(self, ordinals: Sequence[int], keys: Sequence[int], sure: int, fitting: Fitting) -> list[int]:
        fit = set(fitting(keys[n] for n in ordinals if not sure >> n & 1))
        return [keys[n] for n in ordinals if sure >> n & 1 or keys[n] in fit]

    def count(self, found: Found, low: int | None = None, high: int | None = None) -> int:
        """How many reviews fit, with keys in `low <= key < high`. The answer has to be settled."""
        total = 0
        for block in found.ready:
            bits = found.sure(block)
            if high is not None:
                bits &= self._evaluator.below(block, high)
            if low is not None:
                bits &= ~self._evaluator.below(block, low)
            total += bits.bit_count()
        return total

    def with_lengths(self, found: Found) -> Iterator[tuple[int, int]]:
        """(length, key) of every review that fits. The answer has to be settled."""
        for block in found.ready:
            bits = found.sure(block)
            if bits:
                keys, lengths = self.blocks.keys(block), self.blocks.lengths(block)
                ordinals = lowest(bits) if bits.bit_count() < 2_000 else members(bits)
                for ordinal in ordinals:
                    yield lengths[ordinal], keys[ordinal]

    def tally(self, found: Found, prefix: str) -> dict[str, int]:
        """How many of the reviews that fit are filed under each facet with this prefix."""
        counts: dict[str, int] = {}
        for block, facets in zip(found.ready, self.blocks.facets(prefix), strict=True):
            bits = found.sure(block)
            for facet, filed in facets:
                number = (bits & filed).bit_count()
                if number:
                    counts[facet] = counts.get(facet, 0) + number
        return counts
