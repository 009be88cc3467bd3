"""Which languages reviews are written in, how often, and from which storefronts."""

from __future__ import annotations

LANGUAGES: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("en", 38, ("USA", "USA", "USA", "USA", "GBR", "GBR", "CAN", "AUS", "IRL", "NZL", "IND", "ZAF", "SGP")),
    ("de", 13, ("DEU", "DEU", "DEU", "AUT", "CHE")),
    ("fr", 8, ("FRA", "FRA", "CAN", "BEL", "CHE", "MAR")),
    ("ja", 9, ("JPN",)),
    ("zh", 7, ("CHN", "CHN", "TWN", "HKG")),
    ("ko", 4, ("KOR",)),
    ("es", 6, ("ESP", "MEX", "ARG", "COL", "CHL", "USA")),
    ("pt", 5, ("BRA", "BRA", "PRT")),
    ("it", 4, ("ITA", "ITA", "CHE")),
    ("nl", 3, ("NLD", "BEL")),
    ("ru", 4, ("RUS", "KAZ", "UKR")),
    ("ar", 3, ("SAU", "ARE", "EGY")),
    ("tr", 2, ("TUR",)),
    ("pl", 2, ("POL",)),
    ("sv", 2, ("SWE", "FIN")),
)
"""Language, weight, storefronts (a storefront named twice is twice as likely)."""

INDIC: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("hi", ("IND",)),
    ("bn", ("IND",)),
    ("ta", ("IND", "LKA", "SGP")),
    ("th", ("THA",)),
    ("my", ("MMR",)),
)
"""Languages in scripts whose vowel signs stand beside their letters, or above them, and their storefronts."""
INDIC_ONE_IN = 40
"""One of so many reviews is in one of these, in place of the language that was drawn."""

WEIGHTED: tuple[tuple[str, tuple[str, ...]], ...] = tuple(
    (language, territories) for language, weight, territories in LANGUAGES for _ in range(weight)
)
