"""Answers clauses with bit sets: for each block, the reviews that certainly fit and those that may.

Only words in a row, and nicknames, leave a "may": two frequent neighbours are filed as a pair, and for all
else the few reviews that have every word are looked at one by one, by whoever needs to know.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import pairwise
from typing import Generic, TypeVar

from ascinbox.store.cache.index.blocks import Block, Blocks, Sets
from ascinbox.store.cache.index.clauses import (
    Clause,
    DueWithin,
    Exact,
    Ids,
    KeySpan,
    Lookup,
    Nickname,
    Not,
    Phrase,
)
from ascinbox.store.cache.index.terms import (
    FREQUENT,
    LAST,
    NICKNAME,
    NICKNAME_LETTERS,
    nickname_term,
    pair_term,
)

KEPT_ANSWERS = 8
"""Queries that are remembered: 125 to 250 kB each for a million reviews."""
KEPT_CLAUSES = 16
"""Clauses that are remembered while one types the rest of a query: as large."""

K = TypeVar("K")
Wanted = Sequence[int]
"""Positions of the blocks that are asked about."""


class Matches:
    """By position of the block: reviews that fit, and reviews that may (the former among them)."""

    __slots__ = ("possible", "sure")

    def __init__(self, sure: Sets | None = None, possible: Sets | None = None) -> None:
        self.sure = {} if sure is None else sure
        self.possible = {} if possible is None else possible

    def add(self, other: Matches) -> None:
        """Takes over what is known of other blocks."""
        self.sure |= other.sure
        self.possible |= other.possible


class Evaluator:
    """Answers clauses over the ready blocks, without regard to which reviews are still alive."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._answers: _Memory[tuple[Clause, ...]] = _Memory(KEPT_ANSWERS)
        self._clauses: _Memory[Clause] = _Memory(KEPT_CLAUSES)
        self._of: tuple[int, ...] = ()

    def answer(self, clauses: tuple[Clause, ...], ready: Sequence[Block], wanted: Wanted) -> Matches:
        """The reviews that fit all clauses. `ready` is what `Blocks.ready` has just given."""
        if self._blocks.ids != self._of:
            self._answers.clear()
            self._clauses.clear()
            self._of = self._blocks.ids

        def work_out(missing: Wanted) -> Matches:
            every = {n: ready[n].every for n in missing}
            found = Matches(every, every)
            return self._narrowed_by(found, clauses, ready)

        if any(_is_fleeting(clause) for clause in clauses):
            return work_out(wanted)
        return self._answers.get(clauses, wanted, work_out)

    def narrowed(self, answer: Matches, clause: Clause, ready: Sequence[Block]) -> Matches:
        """The answer with one more clause."""

        def work_out(missing: Wanted) -> Matches:
            return self._clause(clause, ready, missing)

        wanted = [n for n, bits in answer.possible.items() if bits]
        once = _is_fleeting(clause) or _is_span(clause)
        part = work_out(wanted) if once else self._clauses.get(clause, wanted, work_out)
        return Matches(_and(answer.sure, part.sure), _and(answer.possible, part.possible))

    def settle(self, clauses: tuple[Clause, ...] | None, sure: Sets) -> None:
        """Remembers that every "may" has been looked at: `sure` is all that fits."""
        if clauses is not None:
            self._answers.replace(clauses, Matches(sure, sure))

    def below(self, block: Block, key: int) -> int:
        """The reviews of a block whose key is smaller than `key`."""
        if key <= block.low:
            return 0
        if key > block.high:
            return block.every
        return (1 << bisect_left(self._blocks.keys(block), key)) - 1

    # --- clauses ---

    def _clause(self, clause: Clause, ready: Sequence[Block], wanted: Wanted) -> Matches:
        filed = [lookup.term for lookup in clause.lookups if isinstance(lookup, Exact)]
        found = _certain(self._blocks.any_term(filed, wanted))
        for lookup in clause.lookups:
            if not isinstance(lookup, Exact):
                part = self._lookup(lookup, ready, wanted)
                found = Matches(_or(found.sure, part.sure), _or(found.possible, part.possible))
        if clause.negated:
            return Matches(_rest(ready, wanted, found.possible), _rest(ready, wanted, found.sure))
        return found

    def _lookup(self, lookup: Lookup, ready: Sequence[Block], wanted: Wanted) -> Matches:
        match lookup:
            case Exact():
                return _certain(self._blocks.term(lookup.term, wanted))
            case Not():
                return _certain(_rest(ready, wanted, self._blocks.term(lookup.term, wanted)))
            case KeySpan():
                return _certain({n: self._span(ready[n], lookup) for n in wanted})
            case Ids():
                found = self._blocks.placed(lookup.sql, lookup.values)
                return _certain(_rest(ready, wanted, found) if lookup.negated else found)
            case DueWithin():
                return self._due(lookup, ready, wanted)
            case Nickname():
                return self._nickname(lookup, wanted)
            case Phrase():
                return self._phrase(lookup, wanted)

    def _due(self, lookup: DueWithin, ready: Sequence[Block], wanted: Wanted) -> Matches:
        every = {n: ready[n].every for n in wanted}
        begun = [self._any_way(every, ways, ready) for _, ways in lookup.rules]
        # An order asks for one stretch of time after the other, which few blocks have a part in.
        touched = {n: every[n] for part in begun for n in part.possible}
        left = self._narrowed_by(Matches(touched, touched), lookup.running, ready)
        found = Matches()
        for (rule, _), part in zip(lookup.rules, begun, strict=True):
            fitting = self._narrowed_by(left, rule, ready)
            # The first rule that a review fits is the one that counts.
            left = Matches(_without(left.sure, fitting.possible), _without(left.possible, fitting.sure))
            in_time = Matches(_and(fitting.sure, part.sure), _and(fitting.possible, part.possible))
            found = Matches(_or(found.sure, in_time.sure), _or(found.possible, in_time.possible))
        return found

    def _any_way(self, every: Sets, ways: Iterable[tuple[Clause, ...]], ready: Sequence[Block]) -> Matches:
        found = Matches()
        for clauses in ways:
            part = self._narrowed_by(Matches(every, every), clauses, ready)
            found = Matches(_or(found.sure, part.sure), _or(found.possible, part.possible))
        return found

    def _narrowed_by(self, answer: Matches, clauses: Iterable[Clause], ready: Sequence[Block]) -> Matches:
        for clause in clauses:
            answer = self.narrowed(answer, clause, ready)
        return answer

    def _span(self, block: Block, span: KeySpan) -> int:
        return self.below(block, span.high) & ~self.below(block, span.low)

    def _nickname(self, lookup: Nickname, wanted: Wanted) -> Matches:
        *whole, last = lookup.words
        sets = [self._blocks.term(nickname_term(word), wanted) for word in whole]
        if len(last) < NICKNAME_LETTERS:
            sets.append(self._blocks.range(NICKNAME + last, NICKNAME + last + LAST, wanted))
        else:
            sets.append(self._blocks.term(nickname_term(last), wanted))
        possible = reduce(_and, sets)
        exact = not whole and len(last) <= NICKNAME_LETTERS
        return Matches(possible if exact else {}, possible)

    def _phrase(self, phrase: Phrase, wanted: Wanted) -> Matches:
        *before, last = phrase.words
        if not before:
            one = self._blocks.term if phrase.whole else self._blocks.starting
            return _certain(one(last, wanted))
        if phrase.whole:
            return self._in_a_row(phrase.words, self._words(phrase.words, wanted))
        return self._open_phrase(before, last, wanted)

    def _words(self, words: Iterable[str], wanted: Wanted) -> list[Sets]:
        """The sets of words, each looked up only where the ones before it left something."""
        sets: list[Sets] = []
        for word in words:
            found = self._blocks.term(word, wanted)
            sets.append(found)
            wanted = list(found)
        return sets

    def _in_a_row(self, words: Sequence[str], sets: Sequence[Sets]) -> Matches:
        """Where two neighbours are frequent in a block, the pair is filed: not there is nowhere."""
        possible = reduce(_and, sets)
        sure = dict(possible) if len(words) == 2 else {}
        for (first, second), (left, right) in zip(pairwise(words), pairwise(sets), strict=True):
            both = [n for n in possible if _is_frequent(left[n]) and _is_frequent(right[n])]
            pairs = self._blocks.term(pair_term(first, second), both)
            for n in both:
                possible[n] &= pairs.get(n, 0)
            paired = frozenset(both)
            sure = {n: possible[n] for n in sure if n in paired}
        return Matches(sure, possible)

    def _open_phrase(self, before: Sequence[str], last: str, wanted: Wanted) -> Matches:
        """Words in a row of which the last is only begun."""
        sets = self._words(before, wanted)
        head = sets[0] if len(before) == 1 else self._in_a_row(before, sets).possible
        wanted = [n for n in head if head[n]]
        lists = self._blocks.words_starting(last, wanted)
        crowded = self._blocks.starting(last, [n for n in wanted if lists[n] is None])
        first = pair_term(before[-1], last)
        pairs = self._blocks.range(first, first + LAST, wanted)
        found = Matches()
        for n in wanted:
            frequent = _is_frequent(sets[-1][n])
            paired = head[n] & pairs.get(n, 0)
            # A frequent word after a frequent one is filed as a pair; only the others have to be looked at.
            ends = (bits for bits in lists[n] or () if not (frequent and _is_frequent(bits)))
            found.possible[n] = paired | head[n] & reduce(int.__or__, ends, crowded.get(n, 0))
            if len(before) == 1:
                found.sure[n] = paired
        return found


class _Memory(Generic[K]):
    """The last answers, each as far as it was needed."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._answers: OrderedDict[K, tuple[Matches, set[int]]] = OrderedDict()

    def get(self, key: K, wanted: Wanted, work_out: Callable[[Wanted], Matches]) -> Matches:
        """The answer, worked out for the blocks that are wanted and were not before."""
        answer, known = self._answers.setdefault(key, (Matches(), set()))
        self._answers.move_to_end(key)
        if len(self._answers) > self._kept:
            self._answers.popitem(last=False)
        missing = [n for n in wanted if n not in known]
        if missing:
            answer.add(work_out(missing))
            known.update(missing)
        return answer

    def replace(self, key: K, answer: Matches) -> None:
        """Puts a better answer in the place of a remembered one."""
        if key in self._answers:
            self._answers[key] = (answer, self._answers[key][1])

    def clear(self) -> None:
        self._answers.clear()


def _is_fleeting(clause: Clause) -> bool:
    """What user.db says, and what time it is, changes without the blocks changing."""
    return any(isinstance(lookup, Ids | DueWithin) for lookup in clause.lookups)


def _is_span(clause: Clause) -> bool:
    """Worked out as quickly as it is remembered, and other ones are asked for each minute."""
    return len(clause.lookups) == 1 and isinstance(clause.lookups[0], KeySpan)


def _is_frequent(bits: int) -> bool:
    return bits.bit_count() >= FREQUENT


def _certain(sets: Sets) -> Matches:
    return Matches(sets, sets)


def _and(left: Sets, right: Sets) -> Sets:
    return {n: both for n, bits in left.items() if (both := bits & right.get(n, 0))}


def _or(left: Sets, right: Sets) -> Sets:
    return {n: left.get(n, 0) | right.get(n, 0) for n in {*left, *right}}


def _without(left: Sets, right: Sets) -> Sets:
    return {n: rest for n, bits in left.items() if (rest := bits & ~right.get(n, 0))}


def _rest(ready: Sequence[Block], wanted: Wanted, sets: Sets) -> Sets:
    return {n: ready[n].every & ~sets.get(n, 0) for n in wanted}
