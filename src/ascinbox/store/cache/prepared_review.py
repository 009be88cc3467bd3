"""A review as Apple shows it, prepared as far as it goes without asking the cache.

Pure: made on any thread, or in another process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple

from ascinbox.core.clock import to_epoch
from ascinbox.core.records import Review
from ascinbox.core.text import content_digest, fold
from ascinbox.store.hot.sync import Walk

_SIGNED = 1 << 63
Answer = tuple[str | None, str | None, int | None, str | None]
"""A response: id, state, second of its last change, text."""
_NO_ANSWER: Answer = (None, None, None, None)
_UNFOLDED = (None, None)


class PreparedReview(NamedTuple):
    """Plain values in the order of the columns, cheap to hand on."""

    id: str
    rating: int | None
    territory: str | None
    letter: str
    """What its state would be if user.db said nothing about it."""
    created: int | None
    content: int
    """64 bits over what the customer can change."""
    rest: int
    """64 bits over everything else that Apple gives."""
    length: int
    nickname: str
    title: str
    body: str
    response_id: str | None
    response_state: str | None
    response_at: int | None
    response_text: str | None
    folded: str | None
    """Title and body as they are searched; None: to be made when the review is written."""
    folded_nickname: str | None
    told: tuple[str, str, str, str | None, int, int] | None = None
    """Where the store tells: version of the app, device, version of its system, language, thumbs up, down."""


prepared_of: Callable[[tuple[Any, ...]], PreparedReview] = partial(tuple.__new__, PreparedReview)
"""Of the values in their order: three times as fast as `PreparedReview`, and as `_make`."""


def prepared(review: Review, *, texts: bool = False) -> PreparedReview:
    """What storing a review needs of it. `texts`: fold its texts as well, because it is probably new."""
    created, response = _epoch(review.created_at), review.response
    app_id, rating, territory = review.app_id, review.rating, review.territory
    title, body, nickname = review.title, review.body, review.nickname
    answer = _NO_ANSWER
    if response is not None:
        answer = (response.id, response.state, _epoch(response.modified_at), response.text)
    told = None
    if review.told is not None:
        said = review.told
        told = (
            said.app_version,
            said.device,
            said.os_version,
            said.language,
            said.thumbs_up,
            said.thumbs_down,
        )
    content = content_digest(rating, title, body)
    return prepared_of(
        (
            review.id,
            rating,
            territory,
            _letter(answer),
            created,
            int.from_bytes(content[:8], "big") - _SIGNED,
            _rest(app_id, territory, created, nickname, answer, told),
            len(body),
            nickname,
            title,
            body,
            *answer,
            *(folded(title, body, nickname) if texts else _UNFOLDED),
            told,
        )
    )


def with_answer(each: PreparedReview, app_id: str, answer: Answer) -> PreparedReview:
    """The same review with this response."""
    return each._replace(
        letter=_letter(answer),
        rest=_rest(app_id, each.territory, each.created, each.nickname, answer, each.told),
        response_id=answer[0],
        response_state=answer[1],
        response_at=answer[2],
        response_text=answer[3],
    )


def _letter(answer: Answer) -> str:
    if answer[0] is None:
        return "N"
    return "A" if answer[1] == "PUBLISHED" else "P"


def _rest(
    app_id: str,
    territory: str | None,
    created: int | None,
    nickname: str,
    answer: Answer,
    told: tuple[object, ...] | None,
) -> int:
    rest = f"{app_id}\x00{territory}\x00{created}\x00{nickname}\x00"
    if answer[0] is not None:
        rest += f"{answer[0]}\x00{answer[1]}\x00{answer[2]}\x00{answer[3]}"
    if told is not None:
        rest += "\x00" + "\x00".join(map(str, told))
    digest = blake2b(rest.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def folded(title: str, body: str, nickname: str) -> tuple[str, str]:
    """The forms that are searched."""
    # Two spaces stand between title and body, so no phrase runs from one into the other.
    return fold(title) + fold(body), fold(nickname)


@dataclass(frozen=True, slots=True)
class PreparedPage:
    """A page of reviews and the walk's position after it."""

    app_id: str
    prepared: dict[str, PreparedReview]
    walk: Walk | None = None
    past: bool = False
    """Read from a file of past reviews: nobody is told of them as of news."""

    @property
    def is_probably_new(self) -> bool:
        """A page of a walk whose reviews were read as new ones, with their texts folded."""
        first = next(iter(self.prepared.values()), None)
        return self.walk is not None and (first is None or first.folded is not None)

    @classmethod
    def of(cls, app_id: str, reviews: Iterable[Review], walk: Walk | None = None) -> PreparedPage:
        """From reviews of which most may be in the cache already."""
        return cls(app_id, {review.id: prepared(review) for review in reviews}, walk)


def _epoch(moment: datetime | None) -> int | None:
    return None if moment is None else to_epoch(moment)
