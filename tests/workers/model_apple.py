"""Apple's side of the outbox in memory: reviews, responses, a ledger of what landed, and faults to order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ascinbox.core.clock import Clock
from ascinbox.core.errors import (
    AscinboxError,
    Forbidden,
    NetworkError,
    NotFound,
    RateLimited,
    Rejected,
    SourceProblem,
    Unauthorized,
    Unavailable,
)
from ascinbox.core.records import Response, Review


@dataclass(frozen=True, slots=True)
class Landed:
    """One change that really happened."""

    review_id: str
    text: str | None
    """None: the response was deleted."""
    at: datetime
    over: str | None
    """The text that stood there before."""
    by: str


class ModelApple:
    """`faults` are taken one a request: what happens to a POST or DELETE, or (`get:` before it) to a GET."""

    def __init__(self, clock: Clock, *, publish_after_s: float = 20.0) -> None:
        self._clock = clock
        self._publish_after_s = publish_after_s
        self.reviews: dict[str, Review] = {}
        self.ledger: list[Landed] = []
        self.gets = 0
        self.posts = 0
        self.faults: deque[str] = deque()
        self.get_faults: deque[str] = deque()
        self.stale_s = 0.0
        """For so long a read shows what stood there before a change of ours."""
        self.echo: Callable[[str], str] = lambda text: text
        self.on_post: Callable[[str, str | None], None] = lambda _review_id, _text: None
        # Apple's clock is the steady one: ours may jump, Apple's does not.
        self._before: dict[str, tuple[float, Response | None]] = {}
        self._put_at: dict[str, float] = {}
        self._responses = 0

    # --- what customers and colleagues do ---

    def write(self, review_id: str, body: str = "It crashes") -> Review:
        review = Review(review_id, "app", 1, "Crash", body, "sam", self._clock.now(), "USA")
        self.reviews[review_id] = review
        return review

    def edit(self, review_id: str, body: str) -> None:
        self.reviews[review_id] = replace(self.reviews[review_id], body=body)

    def answer(self, review_id: str, text: str) -> None:
        self._put(review_id, text, "rival")

    def remove_answer(self, review_id: str) -> None:
        self._put(review_id, None, "rival")

    def remove(self, review_id: str) -> None:
        self.reviews.pop(review_id, None)

    def posted(self, review_id: str | None = None) -> list[str]:
        """Texts of ours that landed, in order."""
        return [
            landed.text
            for landed in self.ledger
            if landed.by == "us" and landed.text is not None and review_id in (None, landed.review_id)
        ]

    def standing(self, review_id: str) -> str | None:
        """The text of the response that really stands there."""
        response = self.reviews[review_id].response
        return None if response is None else response.text

    # --- what the outbox asks ---

    def review(self, review_id: str, app_id: str = "", *, urgent: bool = True) -> Review:
        self.gets += 1
        if self.get_faults:
            _fail(self.get_faults.popleft(), self._clock.now())
        if review_id not in self.reviews:
            raise NotFound("Apple does not have this.", status=404)
        review = self._published(self.reviews[review_id])
        changed, before = self._before.get(review_id, (None, None))
        if changed is not None and self._clock.monotonic() - changed < self.stale_s:
            review = replace(review, response=before)
        return replace(review, app_id=app_id or review.app_id)

    def publish(self, review_id: str, text: str) -> Response:
        self._request(review_id, text)
        fault = self.faults.popleft() if self.faults else ""
        if fault and not fault.endswith("after"):
            _fail(fault, self._clock.now())
        if review_id not in self.reviews:
            raise Rejected("Apple does not accept this as it stands.", status=409)
        self._put(review_id, self.echo(text), "us")
        if fault:
            _fail(fault, self._clock.now())
        response = self.reviews[review_id].response
        assert response is not None
        return response

    def withdraw(self, response_id: str) -> None:
        review_id = next(
            (i for i, r in self.reviews.items() if r.response and r.response.id == response_id), ""
        )
        self._request(review_id, None)
        fault = self.faults.popleft() if self.faults else ""
        if fault and not fault.endswith("after"):
            _fail(fault, self._clock.now())
        if not review_id:
            problem = SourceProblem(
                404, "NOT_FOUND", "The specified resource does not exist", "No such response"
            )
            raise NotFound("Apple does not have this.", status=404, problems=(problem,))
        self._put(review_id, None, "us")
        if fault:
            _fail(fault, self._clock.now())

    # --- inside ---

    def _request(self, review_id: str, text: str | None) -> None:
        self.posts += 1
        self.on_post(review_id, text)

    def _put(self, review_id: str, text: str | None, by: str) -> None:
        review = self._published(self.reviews[review_id])
        now, before = self._clock.now(), review.response
        response = None
        if text is not None:
            self._responses += 1
            response = Response(
                before.id if before else f"r{self._responses}",
                text,
                "PUBLISHED" if by == "rival" else "PENDING_PUBLISH",
                now,
            )
        self.reviews[review_id] = replace(review, response=response)
        self._put_at[review_id] = self._clock.monotonic()
        if by == "us":
            self._before[review_id] = (self._clock.monotonic(), before)
        else:
            self._before.pop(review_id, None)
        self.ledger.append(Landed(review_id, text, now, before.text if before else None, by))

    def _published(self, review: Review) -> Review:
        response = review.response
        if response is None or response.state == "PUBLISHED":
            return review
        if self._clock.monotonic() - self._put_at[review.id] < self._publish_after_s:
            return review
        review = replace(review, response=replace(response, state="PUBLISHED"))
        self.reviews[review.id] = review
        return review


def _fail(fault: str, now: datetime) -> None:
    problem = SourceProblem(0, "CODE", "No", "Apple's own words.")
    errors: dict[str, AscinboxError] = {
        "unsent": NetworkError("Apple cannot be reached.", unsent=True),
        "lost": NetworkError("The connection broke off."),
        "503": Unavailable("Apple has trouble.", status=503),
        "401": Unauthorized("Apple refuses this key.", status=401, problems=(problem,)),
        "403": Forbidden("This key may not do that.", "Apple's own words.", status=403, problems=(problem,)),
        "422": Rejected("Apple refuses this.", "Apple's own words.", status=422, problems=(problem,)),
        "429": RateLimited("Too many requests.", retry_at=now + timedelta(seconds=30)),
    }
    raise errors[fault.removesuffix(" after")]
