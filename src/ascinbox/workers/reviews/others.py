"""What else the customer of a review wrote, and what others write of the same app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ascinbox.core.filters import quoted
from ascinbox.core.reviews.nickname import names_one_person
from ascinbox.core.stores import store_of_review

if TYPE_CHECKING:
    from ascinbox.core.records import ReviewRow
    from ascinbox.workers.reviews.inbox import Inbox

LOW, HIGH = "1..3", "4..5"
"""Who answers a complaint wants to see other complaints: whether they are the same, and what was answered."""
NAMESAKES = 200
"""Reviews that are looked at for the exact name: the filter also finds names that begin so."""


@dataclass(frozen=True, slots=True)
class OtherReviews:
    """Reviews beside one review, the newest first; it is not among them."""

    review_id: str
    customer: str
    """The nickname; empty where it does not tell who somebody is."""
    by_customer: tuple[ReviewRow, ...]
    """In the same store, of whatever app."""
    customer_query: str
    """The filter that lists them."""
    app_name: str
    stars: str
    """The ratings of `of_app`, as `1..3`: those on the same side as the review's; empty for any."""
    of_app: tuple[ReviewRow, ...]
    app_query: str
    """The filter that lists them."""


def other_reviews(inbox: Inbox, review_id: str, most: int) -> OtherReviews | None:
    """At most `most` reviews of either kind; None when the review is not cached. May take long."""
    detail = inbox.detail(review_id)
    if detail is None:
        return None
    review = detail.review
    stars = "" if review.rating is None else LOW if review.rating <= 3 else HIGH
    app_query = f"app:{quoted(detail.app_name)} {f'rating:{stars} ' if stars else ''}sort:newest"
    customer_query = ""
    by_customer: tuple[ReviewRow, ...] = ()
    if names_one_person(review.nickname):
        customer_query = f"store:{store_of_review(review_id).id} by:{quoted(review.nickname)} sort:newest"
        found = inbox.head(inbox.query(customer_query), NAMESAKES)
        by_customer = tuple(row for row in found if row.nickname == review.nickname and row.id != review_id)
    theirs = {row.id for row in by_customer}
    of_app = inbox.head(inbox.query(app_query), most + 1 + len(theirs))
    return OtherReviews(
        review_id,
        review.nickname if customer_query else "",
        by_customer[:most],
        customer_query,
        detail.app_name,
        stars,
        tuple(row for row in of_app if row.id != review_id and row.id not in theirs)[:most],
        app_query,
    )
