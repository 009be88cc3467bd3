"""Makes a block of the index out of fresh reviews.

`draft_block` reads and computes on a reading connection, in a thread of its own. `Writing` stores the draft
in transactions of a few milliseconds: first its terms, then it moves the reviews from fresh to the block,
leaving out those that changed meanwhile. A block counts from its first moved review on; until then it is
invisible, and when its builder was killed `sweep` takes it away.
"""

from __future__ import annotations

import json
import random
import time
from array import array
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, repeat
from operator import add
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ascinbox.store.cache.index.bits import (
    BITMAP_BYTES,
    BLOCK_SIZE,
    FACET_SPARSE,
    SPARSE,
    encode,
    encode_union,
    little,
    members,
    to_int,
)
from ascinbox.store.cache.index.invalidate import ORDINAL_BITS
from ascinbox.store.cache.index.terms import (
    ANSWERED,
    CHANGED,
    FACET,
    FREQUENT,
    REMOVED,
    START,
    app_facet,
    device_facet,
    language_facet,
    length_facet,
    mark_facet,
    nickname_term,
    pair_term,
    rating_facet,
    shared_starts,
    state_facet,
    territory_facet,
    version_facet,
)
from ascinbox.store.database import Database
from ascinbox.store.hot.languages import LANGUAGE
from ascinbox.store.keys import MarkBit

if TYPE_CHECKING:
    import sqlite3

FIRST_BLOCK = 4 * BLOCK_SIZE
"""A cache of fewer reviews is searched by reading through it; that is exact, and quick enough."""
TERMS_AT_ONCE = 1_000
BLOCK_ID_BITS = 40
REVIEWS_AT_ONCE = 1_000

_ROWS = (
    "SELECT f.key, f.serial, r.app, r.rating, r.territory, r.state, r.marks, r.changed_at IS NOT NULL, "
    "r.removed_at IS NOT NULL, r.response_id IS NOT NULL, r.length, "
    f"{LANGUAGE}, t.folded, t.nickname, r.app_version, d.device "
    "FROM (SELECT key, serial FROM cache.fresh WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT ?) f "
    "JOIN cache.review r ON r.key = f.key JOIN cache.review_text t ON t.key = f.key "
    "LEFT JOIN cache.review_device d ON d.key = f.key ORDER BY f.key"
)

_NTH_BELOW = "SELECT key FROM cache.fresh WHERE key <= ? ORDER BY key DESC LIMIT 1 OFFSET ?"
_LOWEST, _HIGHEST = -(1 << 63), (1 << 63) - 1

Filed = defaultdict[str, list[int]]
"""Ordinals by term."""
T = TypeVar("T")
_PAIRED = 1 << 20
"""More than there are frequent words in a block."""
_RARE = float("-inf")
"""In the place of the number of a word that is not frequent: with any other it gives itself."""


@dataclass(frozen=True, slots=True)
class BlockDraft:
    """A block that is not stored yet: reviews by ascending key, and the terms that they are filed under."""

    keys: array[int]
    serials: list[int]
    lengths: array[int]
    terms: list[tuple[str, bytes]]


class DueSpan(NamedTuple):
    """Fresh reviews that are to be a block: those with keys from `low` to `high`, at most `size`."""

    low: int
    high: int
    size: int


def due_spans(database: Database) -> list[DueSpan]:
    """The blocks for which there are enough fresh reviews, the newest first."""
    have_blocks = database.one("SELECT 1 FROM cache.block WHERE ready = 1 LIMIT 1") is not None
    wanted = BLOCK_SIZE if have_blocks else FIRST_BLOCK
    spans: list[DueSpan] = []
    high = _HIGHEST
    if database.one("SELECT 1 FROM cache.fresh LIMIT 1 OFFSET ?", wanted - 1) is None:
        return spans
    while (low := database.one(_NTH_BELOW, high, BLOCK_SIZE - 1)) is not None:
        spans.append(DueSpan(low, high, BLOCK_SIZE))
        high = low - 1
    return spans


def draft_block(database: Database, size: int = BLOCK_SIZE) -> BlockDraft | None:
    """Reads the newest fresh reviews and files them; None when there are none."""
    return draft_span(database.connection, DueSpan(_LOWEST, _HIGHEST, size))


def draft_span(connection: sqlite3.Connection, span: DueSpan) -> BlockDraft | None:
    """Reads the newest fresh reviews of a span and files them; None when there are none."""
    keys = array("q")
    lengths = array("H")
    serials: list[int] = []
    texts: list[str] = []
    filed: Filed = defaultdict(list)
    for ordinal, row in enumerate(connection.execute(_ROWS, span)):
        _let_others(ordinal)
        keys.append(row[0])
        serials.append(row[1])
        lengths.append(min(row[10], 0xFFFF))
        texts.append(row[12])
        _file(ordinal, _facets(row), filed)
        _file(ordinal, {nickname_term(word) for word in row[13].split()}, filed)
    if not keys:
        return None
    encoded = _file_words(texts, filed)
    for term, hits in filed.items():
        encoded[term] = encode(hits, FACET_SPARSE if term.startswith(FACET) else SPARSE)
    return BlockDraft(keys, serials, lengths, sorted(encoded.items()))


def _facets(row: tuple[Any, ...]) -> list[str]:
    facets = [
        app_facet(row[2]),
        rating_facet(row[3]),
        territory_facet(row[4]),
        state_facet(row[5]),
        length_facet(row[10]),
        language_facet(row[11]),
    ]
    if row[14]:
        facets.append(version_facet(row[14]))
    if row[15]:
        facets.append(device_facet(row[15]))
    if row[6]:
        # Most reviews have no mark, and going through an enumeration takes longer than all other facets.
        facets += [mark_facet(bit) for bit in MarkBit if row[6] & bit]
    facets += [facet for facet, holds in ((CHANGED, row[7]), (REMOVED, row[8]), (ANSWERED, row[9])) if holds]
    return facets


def _file_words(texts: list[str], filed: Filed) -> dict[str, bytes]:
    """Files pairs of frequent words; returns the words and their starts, encoded."""
    words: Filed = defaultdict(list)
    for ordinal, folded in enumerate(texts):
        _let_others(ordinal)
        _file(ordinal, set(folded.split()), words)
    _file_pairs(texts, [word for word, hits in words.items() if len(hits) >= FREQUENT], filed)
    encoded = {word: encode(hits) for word, hits in words.items()}
    for start, sharing in shared_starts(words).items():
        encoded[START + start] = encode_union(words[word] for word in sharing)
    return encoded


def _file_pairs(texts: list[str], frequent: list[str], filed: Filed) -> None:
    """Files each review under the pairs of frequent words that stand in it one after the other.

    A pair is a number while it is counted: a loop in Python over every two words would take most of the time.
    """
    first = {word: number * _PAIRED for number, word in enumerate(frequent)}.get
    second = {word: number for number, word in enumerate(frequent)}.get
    pairs: defaultdict[float, list[int]] = defaultdict(list)
    for ordinal, folded in enumerate(texts):
        _let_others(ordinal)
        # Between title and body there are two spaces, so an empty word, which is not a frequent one.
        words = folded.split(" ")
        found: set[float] = set(
            map(add, map(first, words, repeat(_RARE)), map(second, islice(words, 1, None), repeat(_RARE)))
        )
        found.discard(_RARE)
        _file(ordinal, found, pairs)
    for number, hits in pairs.items():
        one, other = divmod(int(number), _PAIRED)
        filed[pair_term(frequent[one], frequent[other])] = hits


def _file(ordinal: int, terms: Iterable[T], filed: defaultdict[T, list[int]]) -> None:
    """Files a review under terms; without a loop in Python, which is what building waits for most."""
    deque(map(list.append, map(filed.__getitem__, terms), repeat(ordinal)), maxlen=0)


def _let_others(ordinal: int) -> None:
    # Gives the interpreter away now and then: a screen's thread would wait 5 ms for it otherwise.
    if not ordinal % 64:
        time.sleep(0)


class Writing:
    """Stores a draft, some terms at a time; `step` until it says False. On the store thread."""

    def __init__(self, database: Database, draft: BlockDraft) -> None:
        self._database = database
        self._draft = draft
        self._block = 0
        self._filed = 0
        self._moved = 0

    def step(self) -> bool:
        """One short transaction; False when the block is complete."""
        if not self._block:
            self._begin()
        elif self._filed < len(self._draft.terms):
            self._file()
        elif self._moved < len(self._draft.keys):
            self._move()
        else:
            return False
        return True

    def _begin(self) -> None:
        draft = self._draft
        with self._database.write(bulk=True) as connection:
            cursor = connection.execute(
                "INSERT INTO cache.block (id, ready, size, low, high, alive, lengths, keys) "
                "VALUES (?, 0, ?, ?, ?, ?, ?, ?)",
                (
                    # Who reads remembers sets by this number, so no later block may have it again.
                    random.getrandbits(BLOCK_ID_BITS),
                    len(draft.keys),
                    draft.keys[0],
                    draft.keys[-1],
                    bytes(BITMAP_BYTES),
                    little(draft.lengths).tobytes(),
                    little(draft.keys).tobytes(),
                ),
            )
            self._block = int(cursor.lastrowid or 0)

    def _file(self) -> None:
        terms = self._draft.terms[self._filed : self._filed + TERMS_AT_ONCE]
        with self._database.write(bulk=True) as connection:
            connection.executemany(
                "INSERT INTO cache.term (block, term, hits) VALUES (?, ?, ?)",
                [(self._block, term, hits) for term, hits in terms],
            )
        self._filed += len(terms)

    def _move(self) -> None:
        draft, block = self._draft, self._block
        end = min(self._moved + REVIEWS_AT_ONCE, len(draft.keys))
        part = range(self._moved, end)
        listed = json.dumps(draft.keys[self._moved : end].tolist())
        with self._database.write(bulk=True) as connection:
            now = dict(
                connection.execute(
                    "SELECT key, serial FROM cache.fresh WHERE key IN (SELECT value FROM json_each(?))",
                    (listed,),
                )
            )
            unchanged = [n for n in part if now.get(draft.keys[n]) == draft.serials[n]]
            connection.executemany(
                "INSERT OR REPLACE INTO cache.spot (key, place) VALUES (?, ?)",
                [(draft.keys[n], block << ORDINAL_BITS | n) for n in unchanged],
            )
            connection.executemany(
                "DELETE FROM cache.fresh WHERE key = ?", [(draft.keys[n],) for n in unchanged]
            )
            alive = self._database.one("SELECT alive FROM cache.block WHERE id = ?", block)
            bits = int.from_bytes(alive, "little") | to_int(unchanged)
            connection.execute(
                "UPDATE cache.block SET ready = 1, alive = ? WHERE id = ?",
                (bits.to_bytes(BITMAP_BYTES, "little"), block),
            )
        self._moved = end


def sweep(database: Database) -> bool:
    """Deletes some terms of an abandoned or hollow block; False when nothing is left to delete.

    A block is hollow when fewer than half of its reviews are as they were indexed: the others become fresh.
    """
    row = database.execute("SELECT id FROM cache.block WHERE ready = 0 ORDER BY id LIMIT 1").fetchone()
    if row is None:
        return _dissolve(database)
    with database.write(bulk=True) as connection:
        deleted = connection.execute(
            "DELETE FROM cache.term WHERE block = ?1 AND term IN "
            "(SELECT term FROM cache.term WHERE block = ?1 LIMIT ?2)",
            (row[0], TERMS_AT_ONCE),
        ).rowcount
        if not deleted:
            connection.execute("DELETE FROM cache.block WHERE id = ?", row)
    return True


def _dissolve(database: Database) -> bool:
    for block, size, alive in database.execute(
        "SELECT id, size, alive FROM cache.block WHERE ready = 1"
    ).fetchall():
        left = int.from_bytes(alive, "little")
        if left.bit_count() * 2 >= size:
            continue
        keys = little(array("q", database.one("SELECT keys FROM cache.block WHERE id = ?", block)))
        with database.write(bulk=True) as connection:
            freed = [(keys[ordinal],) for ordinal in members(left)]
            connection.executemany(
                "INSERT OR IGNORE INTO cache.fresh (key, serial) VALUES (?, abs(random()))", freed
            )
            connection.executemany("DELETE FROM cache.spot WHERE key = ?", freed)
            connection.execute("UPDATE cache.block SET ready = 0 WHERE id = ?", (block,))
        return True
    return False
