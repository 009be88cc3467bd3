"""What is checked of a reply before it can be published. Pure: the same text gives the same findings.

How long a reply may be is a store's own (core/stores.py). A refusal by the store is shown in
its own words, and the text is kept.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from enum import StrEnum
from functools import cache

from ascinbox.core.replies.findings import Finding, FindingKind, ReplyContext
from ascinbox.core.replies.invisible import unseen
from ascinbox.core.stores import APP_STORE, StoreInfo
from ascinbox.core.text import REPLACEMENT

__all__ = [
    "AMBER",
    "LIMIT",
    "NUDGE",
    "Finding",
    "FindingKind",
    "LengthLevel",
    "ReplyContext",
    "check",
    "level",
    "measure",
    "publishable",
]

LIMIT = APP_STORE.reply_limit
"""Characters that Apple takes; each store has its own (see core/stores.py)."""
AMBER = APP_STORE.reply_amber
"""From here on the count is shown in amber."""
NUDGE = 700
"""Above this a shorter reply is suggested: Apple asks for concise ones."""


class LengthLevel(StrEnum):
    """How near a text is to the limit."""

    FINE = "fine"
    AMBER = "amber"
    OVER = "over"


def measure(text: str) -> int:
    """The length that counts against `LIMIT`: the larger of code points and UTF-16 units (never fewer)."""
    return len(text) + sum(character > "\uffff" for character in text)


def level(count: int, store: StoreInfo = APP_STORE) -> LengthLevel:
    """How to show a `measure` of a reply for this store."""
    if count > store.reply_limit:
        return LengthLevel.OVER
    return LengthLevel.AMBER if count >= store.reply_amber else LengthLevel.FINE


def check(text: str, context: ReplyContext) -> tuple[Finding, ...]:
    """Everything to say about `text`: blocks first, then warnings, then nudges, each in order of place."""
    # The rules' patterns take longer to compile than the first screen may take to appear.
    from ascinbox.core.replies import rules

    findings = (
        *_blocks(text, context),
        *context.also,
        *rules.warnings(text, context),
        *_nudges(text, context.store),
    )
    unique = {finding.key: finding for finding in reversed(findings)}
    weights = list(FindingKind)
    return tuple(
        sorted(unique.values(), key=lambda f: (weights.index(f.kind), -1 if f.start is None else f.start))
    )


def publishable(findings: Iterable[Finding], accepted: Collection[str] = ()) -> bool:
    """True when nothing blocks and the `key` of every warning is among the accepted ones."""
    return all(
        finding.kind is FindingKind.NUDGE or (finding.kind is FindingKind.WARN and finding.key in accepted)
        for finding in findings
    )


def _blocks(text: str, context: ReplyContext) -> Iterable[Finding]:
    if context.read_only:
        yield Finding(FindingKind.BLOCK, "read-only", "read-only mode publishes nothing")
    if context.cannot_reply:
        yield Finding(FindingKind.BLOCK, "capability", context.cannot_reply)
    if not text.strip():
        yield Finding(FindingKind.BLOCK, "empty", "the reply is empty")
    count, limit = measure(text), context.store.reply_limit
    if count > limit:
        excess = f"{count:,} of {limit:,} characters: {count - limit:,} too many"
        yield Finding(FindingKind.BLOCK, "too-long", excess)
    for place, name in unseen(text):
        sentence = f"{name} cannot be seen: write it without"
        yield Finding(FindingKind.BLOCK, "invisible", sentence, place, place + 1, name)
    place = text.find(REPLACEMENT)
    if place >= 0:
        words = "U+FFFD stands where a control character was taken out: look at the text there"
        yield Finding(FindingKind.BLOCK, "control", words, place, place + 1, "U+FFFD")
    for match in _unfilled().finditer(text):
        yield Finding(
            FindingKind.BLOCK,
            "unfilled",
            f"{match[0]} is not filled in",
            match.start(),
            match.end(),
            match[0],
        )


def _nudges(text: str, store: StoreInfo) -> Iterable[Finding]:
    count = measure(text)
    if store is APP_STORE and NUDGE < count <= LIMIT:
        yield Finding(FindingKind.NUDGE, "long", f"{count:,} characters: Apple asks for concise replies")


@cache
def _unfilled() -> re.Pattern[str]:
    """A variable in braces, or the beginning of a known one that is never closed."""
    from ascinbox.core.replies.templates import VARIABLES

    known = "|".join(VARIABLES)
    return re.compile(rf"\{{\s*([A-Za-z_][A-Za-z_0-9 ]{{0,29}}?)\s*(?:\|[^{{}}\n]*)?\}}|\{{(?:{known})\b")
