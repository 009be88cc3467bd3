"""How parsers of others' bytes are fuzzed: one decorator, so that a test can see that no target is missing.

The quick checks try the first 200 examples, the long ones 2,000; `FUZZ_EXAMPLES=50000 pytest -m hypothesis`
goes deeper, and elsewhere each time. What once failed stays with its test as an `@example`.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.examples import QUICK, examples
from tests.hostile.payloads import ATTACKS

TARGETS = {
    "clean": "text: core.text.clean",
    "strip": "a text on its way through a painted line",
    "pages": "JSON:API pages",
    "errors": "error bodies of Apple's",
    "sales": "sales, subscription and finance files",
    "analytics": "analytics segments",
    "gzip": "packed bodies, cut and spoiled",
    "links": "links.next, origins and presigned links",
    "headers": "Retry-After, Date, X-Rate-Limit",
    "filters": "the filter language, to SQL on a real database",
    "templates": "reply templates",
    "config": "settings and views",
    "keys": "key files",
    "sealed": "headers of sealed files",
    "csv": "CSV export",
    "databases": "data files with random bytes and flipped pages",
    "logs": "log lines and redaction",
}
"""Each has at least one test with `@fuzz("name")`."""
EXAMPLES = 2000
DEEPER = os.environ.get("FUZZ_EXAMPLES")
SAME = DEEPER is None
"""The checks try the same examples each time, so that a change is judged by what it changed."""

F = TypeVar("F", bound=Callable[..., Any])

SEEDS = st.integers(0, 2**64)
"""For what is made faster by a generator of random numbers than by a strategy; a failure names its seed."""


def fuzz(target: str, quick: int = QUICK) -> Callable[[F], F]:
    """Runs the test with `EXAMPLES` examples, `quick` in the quick checks; `target` is one of `TARGETS`."""
    assert target in TARGETS, target
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]

    def wrap(test: F) -> F:
        chosen = settings(
            max_examples=int(DEEPER) if DEEPER else examples(EXAMPLES, quick),
            deadline=None,
            suppress_health_check=checks,
            derandomize=SAME,
        )
        made: F = chosen(test)
        return made

    return wrap


def spoiled(data: bytes, chance: random.Random, most: int = 4) -> bytes:
    """`data` with some bytes changed, lost, doubled, cut off or put in."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, most)):
        place = chance.randrange(len(changed) + 1)
        span = min(chance.choice((1, 1, 2, 8, 64)), max(1, len(changed) - place))
        match chance.randrange(6):
            case 0:
                del changed[place : place + span]
            case 1:
                changed[place:place] = chance.randbytes(span)
            case 2:
                changed[place:place] = changed[place : place + span]
            case 3:
                del changed[place:]
            case 4:
                changed[place:place] = chance.choice(TOKENS)
            case _:
                changed[place : place + span] = chance.randbytes(span)
    return bytes(changed)


def hostile_text(chance: random.Random, most: int = 5) -> str:
    """Attacks, markup and characters from everywhere in Unicode, lone surrogates among them."""
    return "".join(_piece(chance) for _ in range(chance.randint(0, most)))


def _piece(chance: random.Random) -> str:
    match chance.randrange(4):
        case 0:
            return chance.choice(PIECES)
        case 1:
            return "".join(chr(chance.randrange(0x110000)) for _ in range(chance.randint(1, 6)))
        case 2:
            return "".join(chr(chance.randrange(0x300)) for _ in range(chance.randint(1, 12)))
        case _:
            return chr(chance.choice(CORNERS)) * chance.randint(1, 9)


PIECES = (
    *ATTACKS.values(), "[", "[/", "[/]", "[@click=app.quit]", "\\[", "]", "$x", ":smile:", "=1+1", "\t=1",
    "@x", "-1", "%s", "{0}", '"', "''", "\\", "\x00", " ", "crash", "落ちます",
)  # fmt: skip
CORNERS = (
    0, 9, 10, 13, 27, 0x7F, 0x80, 0x85, 0x9B, 0x9D, 0xAD, 0x301, 0x61C, 0x200B, 0x200D, 0x200F, 0x2028,
    0x202E, 0x2066, 0x20E3, 0x3164, 0xD800, 0xDFFF, 0xFE0F, 0xFEFF, 0xFFF9, 0xFFFF, 0x1F1E6, 0x1F468, 0x1F3FD,
    0xE0041, 0x10FFFF,
)  # fmt: skip

TOKENS = (
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\x1b]52;c;eA==\x07", b"\xc2\x9b2J", b"\xe2\x80\xae", b"\t\t",
    b"\n", b"\r\n\r\n", b'"', b"'", b"\\", b"=1+1", b"NaN", b"-inf", b"1e999999", b"9" * 40, b"1_0", b"-",
    b"\xd9\xa3", b"{", b"}}", b"[", b"<html>", b"\x1f\x8b\x08", b"2026-13-45", b"0/0/0000", b"Total_Rows\t-1",
)  # fmt: skip
"""What trips parsers over."""
