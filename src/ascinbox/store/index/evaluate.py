"""Answers clauses with bit sets: for each block, the reviews that certainly fit and those that may.

Only words in a row, and nicknames, leave a "may": two frequent neighbours are filed as a pair, and for all
else the few reviews that have every word are looked at one by one, by whoever needs to know.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

from ascinbox.store.index.blocks import Block, Blocks
from ascinbox.store.index.clauses import Clause, Exact, Ids, Lookup, Nickname, Not, Phrase, Span
from ascinbox.store.index.terms import FREQUENT, LAST, NICKNAME, NICKNAME_LETTERS, nickname_term, pair_term

KEPT_ANSWERS = 8
"""Answers that are remembered: 250 kB each for a million reviews."""


@dataclass(frozen=True, slots=True)
class Answer:
    """By block: reviews that fit, and reviews that may (the former among them)."""

    sure: list[int]
    possible: list[int]


class Evaluator:
    """Answers clauses over the ready blocks, without regard to which reviews are still alive."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._answers: OrderedDict[tuple[Clause, ...], Answer] = OrderedDict()
        self._of: tuple[int, ...] = ()

    def answer(self, clauses: tuple[Clause, ...], ready: Sequence[Block]) -> Answer:
        """The reviews that fit all clauses. `ready` is what `Blocks.ready` has just given."""
        if self._blocks.ids != self._of:
            self._answers.clear()
            self._of = self._blocks.ids
        found = self._answers.get(clauses)
        if found is not None:
            self._answers.move_to_end(clauses)
            return found
        sure = [block.every for block in ready]
        possible = list(sure)
        for clause in clauses:
            part = self._clause(clause, ready)
            sure = _and(sure, part.sure)
            possible = _and(possible, part.possible)
        result = Answer(sure, possible)
        if not any(isinstance(lookup, Ids) for clause in clauses for lookup in clause.lookups):
            self._answers[clauses] = result
            if len(self._answers) > KEPT_ANSWERS:
                self._answers.popitem(last=False)
        return result

    def narrowed(self, answer: Answer, clause: Clause, ready: Sequence[Block]) -> Answer:
        """The answer with one more clause."""
        part = self._clause(clause, ready)
        return Answer(_and(answer.sure, part.sure), _and(answer.possible, part.possible))

    def settle(self, clauses: tuple[Clause, ...] | None, sure: list[int]) -> Answer:
        """Remembers that every "may" has been looked at: `sure` is all that fits."""
        result = Answer(sure, sure)
        if clauses is not None and clauses in self._answers:
            self._answers[clauses] = result
        return result

    def _clause(self, clause: Clause, ready: Sequence[Block]) -> Answer:
        sure = [0] * len(ready)
        possible = list(sure)
        for lookup in clause.lookups:
            part = self._lookup(lookup, ready)
            sure = _or(sure, part.sure)
            possible = _or(possible, part.possible)
        if not clause.negated:
            return Answer(sure, possible)
        every = [block.every for block in ready]
        return Answer(_without(every, possible), _without(every, sure))

    def _lookup(self, lookup: Lookup, ready: Sequence[Block]) -> Answer:
        match lookup:
            case Exact():
                return _certain(self._blocks.term(lookup.term))
            case Not():
                return _certain(_without([block.every for block in ready], self._blocks.term(lookup.term)))
            case Span():
                return _certain([self._span(block, lookup) for block in ready])
            case Ids():
                found = self._blocks.placed(lookup.sql, lookup.values)
                return _certain(
                    _without([block.every for block in ready], found) if lookup.negated else found
                )
            case Nickname():
                return self._nickname(lookup)
            case Phrase():
                return self._phrase(lookup)

    def _span(self, block: Block, span: Span) -> int:
        if span.low <= block.low and block.high < span.high:
            return block.every
        if block.high < span.low or span.high <= block.low:
            return 0
        return self.below(block, span.high) & ~self.below(block, span.low)

    def below(self, block: Block, key: int) -> int:
        """The reviews of a block whose key is smaller than `key`."""
        if key <= block.low:
            return 0
        if key > block.high:
            return block.every
        return (1 << bisect_left(self._blocks.keys(block), key)) - 1

    def _nickname(self, lookup: Nickname) -> Answer:
        *whole, last = lookup.words
        sets = [self._blocks.term(nickname_term(word)) for word in whole]
        if len(last) < NICKNAME_LETTERS:
            sets.append(self._blocks.range(NICKNAME + last, NICKNAME + last + LAST))
        else:
            sets.append(self._blocks.term(nickname_term(last)))
        possible = reduce(_and, sets)
        exact = not whole and len(last) <= NICKNAME_LETTERS
        return Answer(possible if exact else [0] * len(possible), possible)

    def _phrase(self, phrase: Phrase) -> Answer:
        *before, last = phrase.words
        if not before:
            return _certain(self._blocks.term(last) if phrase.whole else self._blocks.starting(last))
        if not phrase.whole:
            return self._open_phrase(before, last)
        sets = [self._blocks.term(word) for word in phrase.words]
        sure, possible = self._in_a_row(phrase.words, sets)
        return Answer(sure, possible)

    def _in_a_row(self, words: Sequence[str], sets: Sequence[list[int]]) -> tuple[list[int], list[int]]:
        """Blocks where a pair of words is frequent on both sides have the pair filed: absent is never."""
        possible = reduce(_and, sets)
        exact = [True] * len(possible)
        for (first, second), (left, right) in zip(pairwise(words), pairwise(sets), strict=True):
            pairs: list[int] | None = None
            for n, (a, b) in enumerate(zip(left, right, strict=True)):
                if _is_frequent(a) and _is_frequent(b):
                    if pairs is None:
                        pairs = self._blocks.term(pair_term(first, second))
                    possible[n] &= pairs[n]
                elif possible[n]:
                    exact[n] = False
        two = len(words) == 2
        sure = [bits if two and exact[n] else 0 for n, bits in enumerate(possible)]
        return sure, possible

    def _open_phrase(self, before: Sequence[str], last: str) -> Answer:
        """Words in a row of which the last is only begun."""
        sets = [self._blocks.term(word) for word in before]
        lists = self._blocks.words_starting(last)
        starting = self._blocks.starting(last) if None in lists else None
        head = sets[0] if len(before) == 1 else self._in_a_row(before, sets)[1]
        pairs = self._blocks.range(pair_term(before[-1], last), pair_term(before[-1], last) + LAST)
        sure: list[int] = []
        possible: list[int] = []
        for n, bits in enumerate(head):
            words = lists[n]
            paired = bits & pairs[n]
            if not _is_frequent(sets[-1][n]):
                ends = starting[n] if words is None and starting else _union(words)
                fits, may = 0, bits & ends
            else:
                rare = (
                    starting[n]
                    if words is None and starting
                    else _union([(word, found) for word, found in words or () if not _is_frequent(found)])
                )
                fits, may = (paired if len(before) == 1 else 0), paired | (bits & rare)
            sure.append(fits)
            possible.append(may)
        return Answer(sure, possible)


def _union(words: list[tuple[str, int]] | None) -> int:
    union = 0
    for _, bits in words or ():
        union |= bits
    return union


def _is_frequent(bits: int) -> bool:
    return bits.bit_count() >= FREQUENT


def _certain(sets: list[int]) -> Answer:
    return Answer(sets, sets)


def _and(left: list[int], right: list[int]) -> list[int]:
    return [a & b for a, b in zip(left, right, strict=True)]


def _or(left: list[int], right: list[int]) -> list[int]:
    return [a | b for a, b in zip(left, right, strict=True)]


def _without(left: list[int], right: list[int]) -> list[int]:
    return [a & ~b for a, b in zip(left, right, strict=True)]
