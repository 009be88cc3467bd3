"""Addresses of Apple's web pages that the screen offers and messages name. Nothing but https and one host."""

from __future__ import annotations

from urllib.parse import quote

HOST = "https://appstoreconnect.apple.com"


def review_address(app_id: str) -> str:
    """The page with an app's ratings and reviews; Apple has no address for a single review."""
    return f"{HOST}/apps/{quote(app_id, safe='')}/distribution/activity/ios/ratingsResponses"
