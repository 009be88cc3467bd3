"""Verdicts name keys of the full-screen app; on a command line the same is said by commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ascinbox.core.health.evidence import Verdict

Say = str | Callable[[re.Match[str]], str]

_WORDS: tuple[tuple[str, Say], ...] = (
    (r"w here with the new (key|token) \(ascinbox rotate\)", r"ascinbox rotate with the new \1"),
    (r"Hide it here \(5 Accounts, enter, show or hide apps\)", "Hide it (ascinbox, 5 Accounts)"),
    (r"enter on the cell switches it on", "ascinbox rotate with --features switches it on"),
    (r"w takes a new one \(5 Accounts\)", "ascinbox rotate takes a new one"),
    (r"press w to replace", "ascinbox rotate to replace"),
    (r"F5 checks it now", "ascinbox health checks it now"),
    (r"(^|[.:;] )F5 here", r"\1Run ascinbox health again"),
    (r"(^|[.] )F5 ", r"\1Run ascinbox health again "),
    (r"\bthen F5\b", "then run ascinbox health again"),
    (r"\bThen F5\b", "Then run ascinbox health again"),
    (r"\bF5\b", "ascinbox health"),
)
"""Expressions and what a shell is told instead, the longer ones first."""


def in_shell(text: str) -> str:
    """The sentence without keys of the app."""
    for pattern, words in _WORDS:
        text = re.sub(pattern, words, text)
    return text


def for_shell(verdict: Verdict) -> Verdict:
    """The verdict as a command says it."""
    return replace(
        verdict,
        detail=in_shell(verdict.detail),
        fix=in_shell(verdict.fix),
        then=in_shell(verdict.then),
        instead=in_shell(verdict.instead),
    )
