"""Words of Apple's reports whose lists are open: what their meaning makes of them, and how the rest is told.

Apple adds subscription events, product types and download types without notice. A word whose meaning is clear
counts as a figure; every other one is kept as it is, counts as "other" and is named in the notes of a table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

OTHER_LABEL = "other:"
"""Begins the name under which counts of an unknown label of an analytics report are kept."""
MOST_NAMED = 6
LONGEST_LABEL = 60

_EVENTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    # "Start Introductory Offer", "Promotional Offer from Win-Back Offer", "Reactivation to Promotional Offer"
    (
        "trials_started",
        re.compile(
            r"start |.*\boffers?\b(?: code)? from (?!billing|grace)|reactivat\w+ (?:to|with) .*\boffer"
        ),
    ),
    ("started", re.compile(r"subscribe|reactivat")),
    ("renewals", re.compile(r"renew")),
    # "Cancel", "Canceled from Billing Retry"
    ("cancellations", re.compile(r"cancel")),
)
EVENT_FIGURES = tuple(figure for figure, _ in _EVENTS)


def event_figure(event: str) -> str | None:
    """The figure that a subscription event counts in; None for every event that has none."""
    words = event.casefold().strip()
    return next((figure for figure, pattern in _EVENTS if pattern.match(words)), None)


def other_label(report: str, label: str) -> str:
    """The name under which an unknown label's counts are kept: `other:App Downloads Standard:Restore`."""
    return f"{OTHER_LABEL}{report}:{label[:LONGEST_LABEL] or 'no name'}"


def label_of(figure: str) -> str | None:
    """The label of an `other_label`; None for a figure."""
    return figure.removeprefix(OTHER_LABEL).partition(":")[2] if figure.startswith(OTHER_LABEL) else None


def other_note(counts: Mapping[str, int | Decimal], where: str = "") -> tuple[str, ...]:
    """`Counted as other: Refund 2, Upgrade 1.`, the most frequent first; nothing for nothing."""
    found = [(Decimal(n), word) for word, n in counts.items() if n]
    found.sort(key=lambda each: (-abs(each[0]), each[1]))
    if not found:
        return ()
    named = ", ".join(f"{word} {number:,}" for number, word in found[:MOST_NAMED])
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return (f"Counted as other{where}: {named}{more}.",)
