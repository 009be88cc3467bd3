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
from typing import TypeVar

from ascinbox.store.index.blocks import Block, Blocks
from ascinbox.store.index.clauses import Clause, Exact, Ids, Lookup, Nickname, Not, Phrase, Span
from ascinbox.store.index.terms import FREQUENT, LAST, NICKNAME, NICKNAME_LETTERS, nickname_term, pair_term

KEPT_ANSWERS = 8
"""Answers that are remembered: 250 kB each for a million reviews."""
KEPT_CLAUSES = 16
"""Clauses that are remembered while one types the rest of a query: 125 kB each, some 250."""

Sets = list[int]
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Answer:
    """By block: reviews that fit, and reviews that may (the former among them)."""

    sure: Sets
    possible: Sets


class Evaluator:
    """Answers clauses over the ready blocks, without regard to which reviews are still alive."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._answers: OrderedDict[tuple[Clause, ...], Answer] = OrderedDict()
        self._clauses: OrderedDict[Clause, Answer] = OrderedDict()
        self._of: tuple[int, ...] = ()

    def answer(self, clauses: tuple[Clause, ...], ready: Sequence[Block]) -> Answer:
        """The reviews that fit all clauses. `ready` is what `Blocks.ready` has just given."""
        if self._blocks.ids != self._of:
            self._answers.clear()
            self._clauses.clear()
            self._of = self._blocks.ids
        found = _recall(self._answers, clauses)
        if found is None:
            every = [block.every for block in ready]
            found = Answer(every, every)
            for clause in clauses:
                found = self.narrowed(found, clause, ready)
            if not any(_is_fleeting(clause) for clause in clauses):
                _remember(self._answers, clauses, found, KEPT_ANSWERS)
        return found

    def narrowed(self, answer: Answer, clause: Clause, ready: Sequence[Block]) -> Answer:
        """The answer with one more clause."""
        part = _recall(self._clauses, clause)
        if part is None:
            wanted = [n for n, bits in enumerate(answer.possible) if bits]
            part = self._clause(clause, ready, wanted)
            if len(wanted) == len(ready) and not _is_fleeting(clause):
                _remember(self._clauses, clause, part, KEPT_CLAUSES)
        return _and(answer, part)

    def settle(self, clauses: tuple[Clause, ...] | None, sure: Sets) -> Answer:
        """Remembers that every "may" has been looked at: `sure` is all that fits."""
        result = Answer(sure, sure)
        if clauses is not None and clauses in self._answers:
            self._answers[clauses] = result
        return result

    def below(self, block: Block, key: int) -> int:
        """The reviews of a block whose key is smaller than `key`."""
        if key <= block.low:
            return 0
        if key > block.high:
            return block.every
        return (1 << bisect_left(self._blocks.keys(block), key)) - 1

    # --- clauses ---

    def _clause(self, clause: Clause, ready: Sequence[Block], wanted: Sequence[int]) -> Answer:
        filed = [lookup.term for lookup in clause.lookups if isinstance(lookup, Exact)]
        found = _certain(self._blocks.any_term(filed, wanted) if filed else [0] * len(ready))
        for lookup in clause.lookups:
            if not isinstance(lookup, Exact):
                found = _or(found, self._lookup(lookup, ready, wanted))
        if not clause.negated:
            return found
        every = [block.every for block in ready]
        sure = _without(every, found.possible)
        return Answer(sure, sure if found.sure is found.possible else _without(every, found.sure))

    def _lookup(self, lookup: Lookup, ready: Sequence[Block], wanted: Sequence[int]) -> Answer:
        match lookup:
            case Exact():
                return _certain(self._blocks.term(lookup.term, wanted))
            case Not():
                return _certain(_rest(ready, self._blocks.term(lookup.term, wanted)))
            case Span():
                return _certain([self._span(block, lookup) for block in ready])
            case Ids():
                found = self._blocks.placed(lookup.sql, lookup.values)
                return _certain(_rest(ready, found) if lookup.negated else found)
            case Nickname():
                return self._nickname(lookup, wanted)
            case Phrase():
                return self._phrase(lookup, wanted)

    def _span(self, block: Block, span: Span) -> int:
        return self.below(block, span.high) & ~self.below(block, span.low)

    def _nickname(self, lookup: Nickname, wanted: Sequence[int]) -> Answer:
        *whole, last = lookup.words
        sets = [self._blocks.term(nickname_term(word), wanted) for word in whole]
        if len(last) < NICKNAME_LETTERS:
            sets.append(self._blocks.range(NICKNAME + last, NICKNAME + last + LAST, wanted))
        else:
            sets.append(self._blocks.term(nickname_term(last), wanted))
        possible = _common(sets)
        exact = not whole and len(last) <= NICKNAME_LETTERS
        return Answer(possible if exact else [0] * len(possible), possible)

    def _phrase(self, phrase: Phrase, wanted: Sequence[int]) -> Answer:
        *before, last = phrase.words
        if not before:
            one = self._blocks.term if phrase.whole else self._blocks.starting
            return _certain(one(last, wanted))
        if not phrase.whole:
            return self._open_phrase(before, last, wanted)
        return self._in_a_row(
            phrase.words, [self._blocks.term(word, wanted) for word in phrase.words], wanted
        )

    def _in_a_row(self, words: Sequence[str], sets: Sequence[Sets], wanted: Sequence[int]) -> Answer:
        """Where two neighbours are frequent in a block, the pair is filed: not there is nowhere."""
        possible = _common(sets)
        exact = [len(words) == 2] * len(possible)
        for (first, second), (left, right) in zip(pairwise(words), pairwise(sets), strict=True):
            both = [n for n in wanted if possible[n] and _is_frequent(left[n]) and _is_frequent(right[n])]
            pairs = self._blocks.term(pair_term(first, second), both)
            paired = frozenset(both)
            for n in wanted:
                if n in paired:
                    possible[n] &= pairs[n]
                else:
                    exact[n] = False
        return Answer([bits if exact[n] else 0 for n, bits in enumerate(possible)], possible)

    def _open_phrase(self, before: Sequence[str], last: str, wanted: Sequence[int]) -> Answer:
        """Words in a row of which the last is only begun."""
        sets = [self._blocks.term(word, wanted) for word in before]
        head = sets[0] if len(before) == 1 else self._in_a_row(before, sets, wanted).possible
        wanted = [n for n in wanted if head[n]]
        lists = self._blocks.words_starting(last, wanted)
        crowded = self._blocks.starting(last, [n for n in wanted if lists[n] is None])
        first = pair_term(before[-1], last)
        pairs = self._blocks.range(first, first + LAST, wanted)
        sure = [0] * len(head)
        possible = list(sure)
        for n in wanted:
            frequent = _is_frequent(sets[-1][n])
            paired = head[n] & pairs[n]
            # A frequent word after a frequent one is filed as a pair; only the others have to be looked at.
            ends = (bits for _, bits in lists[n] or () if not (frequent and _is_frequent(bits)))
            possible[n] = paired | head[n] & reduce(int.__or__, ends, crowded[n])
            sure[n] = paired if len(before) == 1 else 0
        return Answer(sure, possible)


def _is_fleeting(clause: Clause) -> bool:
    """What user.db says changes without the blocks changing."""
    return any(isinstance(lookup, Ids) for lookup in clause.lookups)


def _recall(memory: OrderedDict[K, Answer], key: K) -> Answer | None:
    found = memory.get(key)
    if found is not None:
        memory.move_to_end(key)
    return found


def _remember(memory: OrderedDict[K, Answer], key: K, answer: Answer, kept: int) -> None:
    memory[key] = answer
    if len(memory) > kept:
        memory.popitem(last=False)


def _is_frequent(bits: int) -> bool:
    return bits.bit_count() >= FREQUENT


def _certain(sets: Sets) -> Answer:
    return Answer(sets, sets)


def _and(left: Answer, right: Answer) -> Answer:
    sure = [a & b for a, b in zip(left.sure, right.sure, strict=True)]
    if left.sure is left.possible and right.sure is right.possible:
        return _certain(sure)
    return Answer(sure, [a & b for a, b in zip(left.possible, right.possible, strict=True)])


def _or(left: Answer, right: Answer) -> Answer:
    sure = [a | b for a, b in zip(left.sure, right.sure, strict=True)]
    if left.sure is left.possible and right.sure is right.possible:
        return _certain(sure)
    return Answer(sure, [a | b for a, b in zip(left.possible, right.possible, strict=True)])


def _common(sets: Sequence[Sets]) -> Sets:
    return [reduce(int.__and__, of_block) for of_block in zip(*sets, strict=True)]


def _rest(ready: Sequence[Block], sets: Sets) -> Sets:
    return _without([block.every for block in ready], sets)


def _without(left: Sets, right: Sets) -> Sets:
    return [a & ~b for a, b in zip(left, right, strict=True)]
