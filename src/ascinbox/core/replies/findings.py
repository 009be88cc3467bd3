"""What a check of a reply is told, and what it can find."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ascinbox.core.stores import APP_STORE, StoreInfo
from ascinbox.core.text import shortened


class FindingKind(StrEnum):
    """How a finding weighs, the heaviest first."""

    BLOCK = "block"
    """The reply cannot be published so."""
    WARN = "warn"
    """A person has to accept it first."""
    NUDGE = "nudge"
    """Worth knowing; stops nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a reply, in one sentence that names it."""

    kind: FindingKind
    rule: str
    """Stable id of the rule: `contact`, `too-long` …"""
    sentence: str
    start: int | None = None
    """Where in the text; None when it concerns the whole."""
    end: int | None = None
    found: str = ""
    """The words in question."""

    @property
    def key(self) -> str:
        """What an acceptance is remembered by: the same words found again are the same finding."""
        return f"{self.rule}:{self.found}"


@dataclass(frozen=True, slots=True)
class ReplyContext:
    """Everything that the rules look at beside the text. All of it may be left out."""

    title: str = ""
    body: str = ""
    """The review."""
    language: str | None = None
    """Its language (ISO 639-1), where it is known."""
    nickname: str = ""
    app: str = ""
    other_apps: tuple[str, ...] = ()
    """Names of other apps that one could mention by mistake."""
    note: str = ""
    """The internal note."""
    allow: tuple[str, ...] = ()
    """`[reply] allow`: addresses, hosts, links and numbers that may stand in public."""
    support: str = ""
    """`[reply] support`; what is in it is allowed as well."""
    signature: str = ""
    sent_lately: tuple[str, ...] = ()
    """Final texts of the other replies of the last 7 days."""
    cannot_reply: str = ""
    """Why this account cannot reply (its verdict, in a sentence); empty when it can or might."""
    read_only: bool = False
    store: StoreInfo = APP_STORE
    """The store that the reply is for."""
    also: tuple[Finding, ...] = ()
    """Findings that are not about the text: the review changed, somebody else answered."""


def warn(rule: str, sentence: str, start: int, end: int, found: str) -> Finding:
    """A warning about `found`; `{}` in the sentence is where it is named."""
    found = shortened(found)
    return Finding(FindingKind.WARN, rule, sentence.format(found), start, end, found)
