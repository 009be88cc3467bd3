"""Replies: customerReviewResponses."""

from __future__ import annotations

from ascinbox.simulator import problems
from ascinbox.simulator.bodies import Attribute, Relation, Shape, invalid, read_entity
from ascinbox.simulator.calls import Call, Endpoint, SimulatedAnswer
from ascinbox.simulator.ledger import Effect
from ascinbox.simulator.params import fields, one_of
from ascinbox.simulator.roles import Task
from ascinbox.simulator.routes.reviews import reply_document
from ascinbox.simulator.world import REPLY_LIMIT, Reply, SimulatedReview

_NEW = Shape(
    "customerReviewResponses",
    {"responseBody": Attribute(str, required=True)},
    {"review": Relation("customerReviews", required=True)},
)
_SINGLE = {**fields("customerReviewResponses", "customerReviews"), "include": one_of("review")}


def create(call: Call) -> SimulatedAnswer:
    """POST /v1/customerReviewResponses: creates the review's one reply, or overwrites it."""
    wanted = read_entity(call.body, _NEW)
    text = wanted.attributes["responseBody"]
    _check_text(text)
    review = _target(call, wanted.related["review"][0])
    simulator = call.simulator
    replaced = review.reply is not None
    reply = call.world.answer(
        review.id,
        text,
        at=call.now,
        public_at=call.now + simulator.settings.publish_after_s,
        stale_until=call.now + simulator.settings.stale_s if simulator.settings.stale_s else 0.0,
    )
    simulator.ledger.effect(Effect(call.now, "reply", call.key.key_id, review.id, text, replaced))
    return reply_document(call, review, reply, 201)


def _check_text(text: str) -> None:
    pointer = "/data/attributes/responseBody"
    if not text.strip():
        raise invalid("responseBody", pointer, "The attribute 'responseBody' must not be empty")
    if len(text.encode("utf-16-le", "surrogatepass")) // 2 > REPLY_LIMIT:
        raise problems.entity(
            ".ATTRIBUTE.INVALID.TOO_LONG",
            "The provided entity includes an attribute with an invalid value",
            f"The attribute 'responseBody' is longer than {REPLY_LIMIT} characters",
            pointer,
        )


def _target(call: Call, review_id: str) -> SimulatedReview:
    review = call.world.reviews.get(review_id)
    if review is None or not call.world.sees(call.key, review.app_id):
        # Apple declares no 404 for this POST, so a review that is gone is a conflict of the body.
        raise problems.entity(
            ".RELATIONSHIP.INVALID",
            "The provided entity includes a relationship with an invalid value",
            f"There is no resource of type 'customerReviews' with id '{review_id}'",
            "/data/relationships/review",
        )
    return review


def _visible_reply(call: Call) -> tuple[SimulatedReview, Reply]:
    reply = call.world.replies.get(call.ids["id"])
    review = call.world.reviews.get(reply.review_id) if reply else None
    if reply is None or review is None or not call.world.sees(call.key, review.app_id):
        raise problems.not_found("customerReviewResponses", call.ids["id"])
    return review, reply


def read(call: Call) -> SimulatedAnswer:
    """GET /v1/customerReviewResponses/{id}."""
    review, reply = _visible_reply(call)
    return reply_document(call, review, reply)


def delete(call: Call) -> SimulatedAnswer:
    """DELETE /v1/customerReviewResponses/{id}."""
    review, reply = _visible_reply(call)
    call.world.withdraw(reply.id)
    call.simulator.ledger.effect(Effect(call.now, "reply_deleted", call.key.key_id, review.id))
    return SimulatedAnswer(204)


ENDPOINTS = (
    Endpoint("POST", "/v1/customerReviewResponses", Task.REPLY, create, has_body=True),
    Endpoint("GET", "/v1/customerReviewResponses/{id}", Task.REVIEWS, read, _SINGLE),
    Endpoint("DELETE", "/v1/customerReviewResponses/{id}", Task.REPLY, delete),
)
