"""Sets of reviews within a block: as Python integers to compute with, as blobs to store.

A blob is the bit map itself, or, for sets that leave most of it empty, the positions of its bytes that are
not zero (16 bits each) and then those bytes. The two are told apart by their length: a list's is a multiple
of three, the bit map's is not.
"""

from __future__ import annotations

import sys
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat

BLOCK_SIZE = 16_384
"""Reviews a block at most."""
BITMAP_BYTES = BLOCK_SIZE // 8
SPARSE = 256
"""Up to so many bytes that are not zero are listed."""
FACET_SPARSE = 64
"""The same for facets, of which a query may put many together."""
MANY = 1_024
"""More reviews than this are hardly ever in so few bytes."""


def encode(ordinals: Sequence[int], sparse: int = SPARSE) -> bytes:
    """A set, given as ascending ordinals, as a blob."""
    if len(ordinals) > MANY:
        return _encode_many(ordinals)
    positions = array("H")
    values = bytearray()
    last = -1
    for ordinal in ordinals:
        position = ordinal >> 3
        if position == last:
            values[-1] |= 1 << (ordinal & 7)
        else:
            positions.append(position)
            values.append(1 << (ordinal & 7))
            last = position
    if len(positions) > sparse:
        return _encode_many(ordinals)
    return little(positions).tobytes() + values


def _encode_many(ordinals: Iterable[int]) -> bytes:
    digits = bytearray(b"0" * BLOCK_SIZE)
    deque(map(digits.__setitem__, ordinals, repeat(ord("1"))), maxlen=0)
    digits.reverse()
    return int(digits, 2).to_bytes(BITMAP_BYTES, "little")


def encode_union(sets: Iterable[Iterable[int]]) -> bytes:
    """The union of sets of ordinals as a blob, for unions that are hardly ever small."""
    return _encode_many(chain.from_iterable(sets))


def decode(blob: bytes) -> int:
    """The set in a blob, bit n for ordinal n."""
    if len(blob) == BITMAP_BYTES:
        return int.from_bytes(blob, "little")
    bitmap = bytearray(BITMAP_BYTES)
    positions, values = _listed(blob)
    # The quickest loop there is in Python: a list can have hundreds of entries.
    deque(map(bitmap.__setitem__, positions, values), maxlen=0)
    return int.from_bytes(bitmap, "little")


def decode_all(blobs: Iterable[bytes]) -> int:
    """The union of the sets in these blobs."""
    union = 0
    bitmap = bytearray(BITMAP_BYTES)
    for blob in blobs:
        if len(blob) == BITMAP_BYTES:
            union |= int.from_bytes(blob, "little")
        else:
            for position, value in zip(*_listed(blob), strict=True):
                bitmap[position] |= value
    return union | int.from_bytes(bitmap, "little")


def _listed(blob: bytes) -> tuple[array[int], bytes]:
    count = len(blob) // 3
    return little(array("H", blob[: 2 * count])), blob[2 * count :]


def to_int(ordinals: Iterable[int]) -> int:
    """The set of these ordinals."""
    bitmap = bytearray(BITMAP_BYTES)
    for ordinal in ordinals:
        bitmap[ordinal >> 3] |= 1 << (ordinal & 7)
    return int.from_bytes(bitmap, "little")


def highest(bits: int) -> Iterator[int]:
    """The ordinals of a set from the highest down."""
    while bits:
        ordinal = bits.bit_length() - 1
        yield ordinal
        bits ^= 1 << ordinal


def lowest(bits: int) -> Iterator[int]:
    """The ordinals of a set from the lowest up."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def members(bits: int) -> list[int]:
    """All ordinals of a set, ascending; quick for large sets."""
    return [ordinal for ordinal, flag in enumerate(reversed(f"{bits:b}")) if flag == "1"]


def little(values: array[int]) -> array[int]:
    """The array in the byte order of the files (its own on nearly every machine)."""
    if sys.byteorder == "big":
        values = array(values.typecode, values)
        values.byteswap()
    return values
