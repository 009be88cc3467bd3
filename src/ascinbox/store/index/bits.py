"""Sets of reviews within a block: as Python integers to reckon with, as blobs to store."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence

BLOCK_SIZE = 16_384
"""Reviews a block at most."""
BITMAP_BYTES = BLOCK_SIZE // 8
SPARSE = 512
"""Up to so many members a set is stored as a list of 16-bit ordinals, above as a bit map."""


def encode(ordinals: Sequence[int]) -> bytes:
    """A set, given as ascending ordinals, as a blob."""
    if len(ordinals) > SPARSE:
        return to_int(ordinals).to_bytes(BITMAP_BYTES, "little")
    return little(array("H", ordinals)).tobytes()


def decode(blob: bytes) -> int:
    """The set in a blob, bit n for ordinal n."""
    if len(blob) == BITMAP_BYTES:
        return int.from_bytes(blob, "little")
    return to_int(little(array("H", blob)))


def decode_all(blobs: Iterable[bytes]) -> int:
    """The union of the sets in these blobs."""
    union = 0
    ordinals = array("H")
    for blob in blobs:
        if len(blob) == BITMAP_BYTES:
            union |= int.from_bytes(blob, "little")
        else:
            ordinals.frombytes(blob)
    return union | to_int(little(ordinals)) if ordinals else union


def to_int(ordinals: Iterable[int]) -> int:
    """The set of these ordinals."""
    flags = bytearray(BITMAP_BYTES)
    for ordinal in ordinals:
        flags[ordinal >> 3] |= 1 << (ordinal & 7)
    return int.from_bytes(flags, "little")


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
