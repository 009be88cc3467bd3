"""Addresses of the stores' web pages that the screen offers and messages name: https, their own hosts."""

from __future__ import annotations

from urllib.parse import quote

from ascinbox.core.stores import store_of_review


def review_address(app_id: str, review_id: str) -> str:
    """The page with an app's ratings and reviews at the review's store; Apple has none for a single review.

    Empty for a store that has no such page.
    """
    store = store_of_review(review_id)
    return store.web + store.reviews_page.format(app=quote(app_id, safe=""))
