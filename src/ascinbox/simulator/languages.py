"""Which languages reviews are written in, how often, and from which storefronts."""

from __future__ import annotations

LANGUAGES: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("en", 38, ("USA", "USA", "USA", "USA", "GBR", "GBR", "CAN", "AUS", "IRL", "NZL", "IND", "ZAF", "SGP")),
)
"""Language, weight, storefronts (a storefront named twice is twice as likely)."""

WEIGHTED: tuple[tuple[str, tuple[str, ...]], ...] = tuple(
    (language, territories) for language, weight, territories in LANGUAGES for _ in range(weight)
)
