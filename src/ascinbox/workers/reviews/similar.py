"""Finds the reviews of an app that say what one review says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ascinbox.core.filters import quoted
from ascinbox.core.reviews.similar import groups, telling_words
from ascinbox.workers.workspace import reads_only

if TYPE_CHECKING:
    from ascinbox.core.records import ReviewDetail
    from ascinbox.workers.reviews.inbox import Inbox

ENOUGH = 3
"""So many reviews that need a person, this one among them, are worth a list; fewer only when wider words find
no more."""


@dataclass(frozen=True, slots=True)
class Similar:
    """Reviews of the same app with the same words."""

    words: tuple[str, ...]
    needing: int
    """How many need a person, the one that they are like among them if it does."""
    count: int
    query: str
    """The filter of those that need a person."""
    whole_query: str
    """The filter of all of them."""


@reads_only
def similar_reviews(inbox: Inbox, review_id: str) -> Similar | None:
    """The reviews like this one; None when no other has its words, or the review is not cached.

    Words together come before single ones: the first that enough reviews have which need a person. The text
    is asked only where no other review has a word of the title: a single word of it tells little.
    """
    detail = inbox.detail(review_id)
    if detail is None:
        return None
    for text in (detail.review.title, detail.review.body):
        best: Similar | None = None
        for words in _tried(inbox, detail, text):
            found = _found(inbox, detail, words)
            if found.needing >= ENOUGH:
                return found
            if found.count > 1 and (best is None or found.needing > best.needing):
                best = found
        if best is not None:
            return best
    return None


def _tried(inbox: Inbox, detail: ReviewDetail, text: str) -> Iterator[tuple[str, ...]]:
    words = telling_words(text)
    app = _app_term(detail)
    counts = {word: inbox.count(inbox.query(f"{quoted(word)} {app}")) for word in words}
    return groups(words, counts)


def _found(inbox: Inbox, detail: ReviewDetail, words: Sequence[str]) -> Similar:
    text = " ".join([*map(quoted, words), _app_term(detail)])
    every, needing = inbox.query(text), inbox.query(f"is:needs-reply {text}")
    return Similar(
        tuple(words),
        inbox.count(inbox.needing(every)),
        inbox.count(every),
        f"{needing} sort:oldest",
        str(every),
    )


def _app_term(detail: ReviewDetail) -> str:
    return f"app:{quoted(detail.app_name)}"
