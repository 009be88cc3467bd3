"""Position keys of reviews, and the bits of their marks: what the whole room agrees on."""

from __future__ import annotations

from enum import IntFlag
from zlib import crc32

TIE_BITS = 20
"""Low bits of a key: they tell reviews of one second apart."""


def key_of(created: int | None, review_id: str) -> int:
    """The position key of a review: its second, then 20 bits of its id. 0 seconds: Apple gave no date."""
    return (max(created or 0, 0) << TIE_BITS) | (crc32(review_id.encode()) & (1 << TIE_BITS) - 1)


class MarkBit(IntFlag):
    """Bits of `review.marks`, derived from user.db."""

    FLAGGED = 1
    READ = 2
    NOTE = 4
    DRAFT = 8
    TAG = 16
