"""Unpacking in pieces: the same bytes come out however they arrive, and nothing partial passes for whole."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.sources.http.bodies import BodyProblem, gunzip, read_json, unpack, unpack_file
from tests.hostile.fuzzing import fuzz

CAP = 10_000_000


def sliced(data: bytes, places: list[int]) -> list[bytes]:
    """`data` in chunks that end at `places`, empty ones included."""
    ends = sorted(place % (len(data) + 1) for place in places)
    return [data[start:end] for start, end in pairwise([0, *ends, len(data)])]


PLACES = st.lists(st.integers(0, 10_000), max_size=6)
MEMBERS = st.lists(st.binary(max_size=100) | st.integers(0, 200_000), min_size=1, max_size=3)
"""The members of a file; a number stands for so many zeros, which unpack over several slices."""


@fuzz("gzip")
@given(MEMBERS, PLACES, st.integers(0, 20))
def test_whole_gzip_comes_out_whole(members: list[bytes | int], places: list[int], padding: int) -> None:
    plain = [bytes(member) for member in members]
    packed = b"".join(gzip.compress(member, 1, mtime=0) for member in plain) + bytes(padding)
    for unpacked in (
        gunzip(sliced(packed, places), CAP),
        unpack_file(sliced(packed, places), CAP, framed=False),
    ):
        assert hashlib.md5(b"".join(unpacked)).digest() == hashlib.md5(b"".join(plain)).digest()


@fuzz("gzip")
@given(st.binary(min_size=1, max_size=400), st.integers(0, 10_000), PLACES)
def test_cut_gzip_is_never_whole(content: bytes, cut: int, places: list[int]) -> None:
    packed = gzip.compress(content, mtime=0)
    with pytest.raises(BodyProblem):
        list(gunzip(sliced(packed[: cut % len(packed)], places), CAP))


@fuzz("gzip")
@given(st.binary(min_size=1, max_size=200), st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_noticed_or_harmless(content: bytes, place: int, change: int) -> None:
    packed = bytearray(gzip.compress(content, mtime=0))
    place %= len(packed)
    packed[place] ^= change
    with suppress(BodyProblem):
        assert b"".join(gunzip([bytes(packed)], CAP)) == content


@fuzz("gzip")
@given(st.lists(st.binary(max_size=60), max_size=4))
def test_any_body_unpacks_or_is_refused(chunks: list[bytes]) -> None:
    try:
        list(unpack(chunks, CAP))
        read_json(unpack(chunks, CAP))
    except BodyProblem as problem:
        assert problem.what


def test_the_caps() -> None:
    fair = gzip.compress(bytes(range(256)) * 8000, 1)
    assert len(list(gunzip([fair], CAP))) > 10
    with pytest.raises(BodyProblem, match="far more"):
        list(gunzip([gzip.compress(bytes(5_000_000))], CAP))
    with pytest.raises(BodyProblem, match="far more"):
        list(gunzip([fair], 100_000))
    with pytest.raises(BodyProblem, match="larger"):
        list(unpack([b"x" * 60, b"x" * 60], 100))
    empty_members = gzip.compress(b"", mtime=0) * 10_000
    with pytest.raises(BodyProblem, match="larger"):
        list(gunzip([empty_members], 100_000))


def test_a_bomb_is_given_up_before_it_unfolds() -> None:
    made = 0
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(50)) + packer.flush()
    pieces = gunzip([bomb], 10**9)
    while made < 2 * 2**20 + 200 * len(bomb):
        try:
            piece = next(pieces)
        except BodyProblem:
            break
        made += len(piece)
        assert len(piece) <= 64 * 1024
    assert made <= 2**20 + 200 * len(bomb)


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_json_comes_through(value: object) -> None:
    assert read_json([json.dumps(value).encode()]) == value
