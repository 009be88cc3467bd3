"""What a Product Type Identifier of a sales or finance report counts as.

Source: the table of product type identifiers in App Store Connect Help. Apple adds codes without notice, so
an unknown one is `OTHER`: it is shown, its money counts, its units are no download.
"""

from __future__ import annotations

from enum import StrEnum


class ProductKind(StrEnum):
    """How a row's units are counted."""

    DOWNLOAD = "download"
    BUNDLE = "bundle"
    REDOWNLOAD = "redownload"
    UPDATE = "update"
    IAP = "iap"
    SUBSCRIPTION = "subscription"
    RESTORE = "restore"
    OTHER = "other"

    @property
    def is_app(self) -> bool:
        """True when the row's Apple Identifier is the app's own."""
        return self in _APP_KINDS


_APP_KINDS = frozenset({ProductKind.DOWNLOAD, ProductKind.BUNDLE, ProductKind.REDOWNLOAD, ProductKind.UPDATE})

_KINDS: dict[ProductKind, tuple[str, ...]] = {
    ProductKind.DOWNLOAD: ("1", "1F", "1T", "F1", "1E", "1EP", "1EU"),
    ProductKind.BUNDLE: ("1-B", "F1-B"),
    ProductKind.REDOWNLOAD: ("3", "3F", "3T", "F3"),
    ProductKind.UPDATE: ("7", "7F", "7T", "F7"),
    ProductKind.IAP: ("IA1", "FI1", "IA1-M"),
    ProductKind.SUBSCRIPTION: ("IA9", "IA9-M", "IAY", "IAY-M", "IAC", "IAC-M"),
    ProductKind.RESTORE: ("IA3", "IA3-M"),
}

PRODUCT_KINDS: dict[str, ProductKind] = {code: kind for kind, codes in _KINDS.items() for code in codes}


def product_kind(code: str) -> ProductKind:
    """The kind of a Product Type Identifier; `OTHER` for codes that Apple added since."""
    return PRODUCT_KINDS.get(code.strip().upper(), ProductKind.OTHER)
