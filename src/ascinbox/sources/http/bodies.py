"""Bodies of answers: unpacked under caps, seen to their end, and parsed without surprises.

Whether a body is packed is read from its bytes, never from `Content-Encoding`: Apple sends report files as
`agzip`, `a-gzip`, `none` or `UTF-8`, and all of them are gzip or plain text. A packed body must reach its own
end mark with the right CRC; a JSON body must parse whole. What does not is refused as a whole. Memory stays
bounded whatever the body claims to be.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NoReturn

JSON_CAP = 20 * 1024 * 1024
"""Bytes of an unpacked JSON answer."""
REPORT_CAP = 200 * 1024 * 1024
"""Bytes of an unpacked report."""
RATIO_CAP = 200
"""How many times larger a body may become by unpacking."""

_RATIO_FROM = 1024 * 1024
_SLICE = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = 31
_HEAD = 64
_NO_TEXT = frozenset(range(32)) - frozenset(b"\0\t\n\r\f")
"""Bytes that no text begins with (UTF-16 has zeros); other packings have some in the first `_HEAD` bytes."""


_WHOLE = re.compile(r"[0-9]{1,16}")


def whole_number(value: object) -> int | None:
    """A number of a JSON document that is whole and not negative, also where it is sent as a string."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    return value if type(value) is int and 0 <= value < 2**53 else None


class BodyProblem(Exception):
    """What is wrong with a body, as half a sentence. `repeatable`: asking again may mend it."""

    def __init__(self, what: str, *, repeatable: bool = True) -> None:
        super().__init__(what)
        self.what = what
        self.repeatable = repeatable


def unpack(chunks: Iterable[bytes], cap: int) -> Iterator[bytes]:
    """The body, unpacked if it is gzip (in pieces of at most 64 KiB) and as it is if it is text.

    Raises BodyProblem for another packing, a cut or damaged one, and a body beyond the caps.
    """
    head, whole = headed(chunks)
    if is_gzip(head):
        yield from gunzip(whole, cap)
        return
    if not _NO_TEXT.isdisjoint(head[:_HEAD]):
        raise BodyProblem("it is packed in a way that was not asked for", repeatable=False)
    yield from capped(whole, cap)


def is_gzip(head: bytes) -> bool:
    """Whether a body that begins so is a gzip file."""
    return head[: len(_GZIP_MAGIC)] == _GZIP_MAGIC


def headed(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes of a body (`_HEAD` or more, unless it ends before), and all of it."""
    rest = iter(chunks)
    head = b""
    for chunk in rest:
        head += chunk
        if len(head) >= _HEAD:
            break
    return head, chain((head,) if head else (), rest)


def gunzip(chunks: Iterable[bytes], cap: int) -> Iterator[bytes]:
    """Unpacks gzip (several members allowed), checking end mark, CRC and length of each."""
    unpacker = zlib.decompressobj(_GZIP)
    taken = made = 0
    for chunk in chunks:
        taken += len(chunk)
        data = chunk
        while data:
            if unpacker.eof:
                data = data.lstrip(b"\0")
                if not data:
                    break
                unpacker = zlib.decompressobj(_GZIP)
            for piece in _pieces(unpacker, data):
                made += len(piece)
                if made > cap or (made > _RATIO_FROM and made > RATIO_CAP * taken):
                    raise BodyProblem("it unpacks to far more than it may", repeatable=False)
                yield piece
            data = unpacker.unused_data
        if taken > cap:
            raise BodyProblem("it is larger than it may be", repeatable=False)
    if not unpacker.eof:
        raise BodyProblem("its packing ends too early")


def unpack_file(chunks: Iterable[bytes], cap: int, *, framed: bool) -> Iterator[bytes]:
    """A report file, as `unpack`; an empty one is refused.

    `framed` tells whether the answer's end is marked otherwise; plain text without a marked end is refused.
    """
    head, whole = headed(chunks)
    if not head:
        raise BodyProblem("it is empty", repeatable=False)
    if not is_gzip(head) and not framed:
        raise BodyProblem("nothing marks its end")
    yield from unpack(whole, cap)


def read_json(chunks: Iterable[bytes]) -> Any:
    """The one JSON value that the body is. Raises BodyProblem for anything else, however it is odd."""
    body = b"".join(chunks)
    if not body.strip():
        raise BodyProblem("it is empty", repeatable=False)
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise BodyProblem("its JSON is nested too deeply", repeatable=False) from None
    except ValueError:
        raise BodyProblem("its JSON is cut or broken") from None


def _pieces(unpacker: Any, data: bytes) -> Iterator[bytes]:
    """What `data` unpacks to, never more than a slice at a time (it may fill many)."""
    try:
        piece = unpacker.decompress(data, _SLICE)
        while piece:
            yield piece
            # At the end of a member `unconsumed_tail` repeats what is in `unused_data`.
            if unpacker.eof or (len(piece) < _SLICE and not unpacker.unconsumed_tail):
                return
            piece = unpacker.decompress(unpacker.unconsumed_tail, _SLICE)
    except zlib.error:
        raise BodyProblem("its packing is damaged") from None


def capped(chunks: Iterable[bytes], cap: int) -> Iterator[bytes]:
    """The body as it is. Raises BodyProblem once it is longer than `cap` bytes."""
    taken = 0
    for chunk in chunks:
        taken += len(chunk)
        if taken > cap:
            raise BodyProblem("it is larger than it may be", repeatable=False)
        yield chunk


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
