"""Customer reviews and Apple's summaries of them."""

from __future__ import annotations

from collections.abc import Sequence

from ascinbox.simulator import problems
from ascinbox.simulator.calls import Call, Endpoint, PageSlice, SimulatedAnswer, dump
from ascinbox.simulator.params import FLAG, TEXT, RequestQuery, fields, one_of, paged, sort_by
from ascinbox.simulator.resources import (
    reply_resource,
    review_resource,
    summary_resource,
    territory_resource,
)
from ascinbox.simulator.roles import Task
from ascinbox.simulator.vocabulary import PLATFORMS, TERRITORIES
from ascinbox.simulator.world import Reply, SimulatedReview

_RESOURCE_FIELDS = fields("customerReviews", "customerReviewResponses", "territories")
_SINGLE = {**_RESOURCE_FIELDS, "include": one_of("response", "reviewTerritory")}
_LIST = paged(
    {
        **_SINGLE,
        "filter[rating]": one_of("1", "2", "3", "4", "5"),
        "filter[territory]": one_of(*TERRITORIES),
        "filter[reviewTerritory]": TEXT,
        "exists[publishedResponse]": FLAG,
        "sort": sort_by("createdDate", "rating"),
    }
)
_RESPONSE = {
    **fields("customerReviewResponses", "customerReviews"),
    "include": one_of("review"),
}
_SUMMARIES = paged(
    {
        "filter[platform]": one_of(*PLATFORMS, required=True),
        "filter[territory]": TEXT,
        **fields("customerReviewSummarizations", "territories"),
        "include": one_of("territory"),
    }
)


def list_reviews(call: Call) -> SimulatedAnswer:
    """GET /v1/apps/{id}/customerReviews. Every review's JSON is kept, so that a page is a join of bytes."""
    app = call.app(call.ids["id"])
    with call.world.lock:
        return _page_of(call, app.reviews)


def list_reviews_of_version(call: Call) -> SimulatedAnswer:
    """GET /v1/appStoreVersions/{id}/customerReviews."""
    version_id = call.ids["id"]
    app = call.world.versions.get(version_id)
    if app is None or not call.world.sees(call.key, app.id):
        raise problems.not_found("appStoreVersions", version_id)
    with call.world.lock:
        return _page_of(call, app.reviews_of(version_id))


def _page_of(call: Call, listed: Sequence[SimulatedReview]) -> SimulatedAnswer:
    found = _selected(listed, call)
    page = call.page(len(found))
    return SimulatedAnswer(200, _listing(call, found[page.start : page.end], page))


def _selected(found: Sequence[SimulatedReview], call: Call) -> Sequence[SimulatedReview]:
    query = call.query
    if ratings := {int(word) for word in query.words("filter[rating]")}:
        found = [review for review in found if review.rating in ratings]
    for name in ("filter[territory]", "filter[reviewTerritory]"):
        if codes := set(query.words(name)):
            found = [review for review in found if review.territory in codes]
    published = query.flag("exists[publishedResponse]")
    if published is not None:
        found = [review for review in found if _has_published(review, call.now) is published]
    return _sorted(found, query)


def _has_published(review: SimulatedReview, now: float) -> bool:
    reply = review.shown_reply(now)
    return reply is not None and reply.state(now) == "PUBLISHED"


def _sorted(found: Sequence[SimulatedReview], query: RequestQuery) -> Sequence[SimulatedReview]:
    words = query.words("sort")
    if not words or words == ("-createdDate",):
        return found
    if words == ("createdDate",):
        return found[::-1]
    rows = list(found)
    for word in reversed(words):
        down = word.startswith("-")
        if word.removeprefix("-") == "rating":
            rows.sort(key=lambda review: review.rating, reverse=down)
        else:
            rows.sort(key=lambda review: review.created, reverse=down)
    return rows


def _listing(call: Call, rows: Sequence[SimulatedReview], page: PageSlice) -> bytes:
    include = call.query.words("include")
    with_reply, with_territory = "response" in include, "reviewTerritory" in include
    chosen = call.query.chosen("customerReviews")
    reply_fields = call.query.chosen("customerReviewResponses")
    pieces: list[bytes] = []
    replies: list[bytes] = []
    key = (call.base, with_reply, with_territory, chosen, call.simulator.settings.nulls)
    for review in rows:
        reply = review.shown_reply(call.now)
        if call.now < review.stale_until:
            pieces.append(_review_piece(call, review, reply))
        else:
            kept = review.cached
            if kept is None or kept[0] != key:
                kept = review.cached = (key, _review_piece(call, review, reply))
            pieces.append(kept[1])
        if with_reply and reply is not None:
            replies.append(_reply_piece(call, reply, reply_fields))
    parts = [b'{"data":[', b",".join(pieces), b"]"]
    if include:
        parts += [b',"included":[', b",".join(replies + _territory_pieces(call, rows, with_territory)), b"]"]
    parts += [b',"links":', dump(page.links), b',"meta":', dump(page.meta), b"}"]
    return b"".join(parts)


def _review_piece(call: Call, review: SimulatedReview, reply: Reply | None) -> bytes:
    include = call.query.words("include")
    return dump(
        review_resource(
            review,
            call.base,
            call.query.chosen("customerReviews"),
            reply=reply,
            with_reply="response" in include,
            with_territory="reviewTerritory" in include,
            nulls=call.simulator.settings.nulls,
        )
    )


def _reply_piece(call: Call, reply: Reply, chosen: tuple[str, ...] | None) -> bytes:
    key = (call.base, reply.state(call.now), chosen)
    kept = reply.cached
    if kept is None or kept[0] != key:
        kept = reply.cached = (key, dump(reply_resource(reply, call.base, call.now, chosen)))
    return kept[1]


def _territory_pieces(call: Call, rows: Sequence[SimulatedReview], wanted: bool) -> list[bytes]:
    if not wanted:
        return []
    chosen = call.query.chosen("territories")
    codes = dict.fromkeys(review.territory for review in rows)
    return [dump(territory_resource(code, call.base, chosen)) for code in codes]


def list_review_ids(call: Call) -> SimulatedAnswer:
    """GET /v1/apps/{id}/relationships/customerReviews."""
    app = call.app(call.ids["id"])
    page = call.page(len(app.reviews))
    rows = app.reviews[page.start : page.end]
    return call.listing([{"type": "customerReviews", "id": review.id} for review in rows], page)


def visible_review(call: Call, review_id: str) -> SimulatedReview:
    """A review of an app that this key sees. Raises `Problem` 404."""
    review = call.world.reviews.get(review_id)
    if review is None or not call.world.sees(call.key, review.app_id):
        raise problems.not_found("customerReviews", review_id)
    return review


def one_review(call: Call) -> SimulatedAnswer:
    """GET /v1/customerReviews/{id}."""
    review = visible_review(call, call.ids["id"])
    reply = review.shown_reply(call.now)
    include = call.query.words("include")
    included = []
    if "response" in include and reply is not None:
        chosen = call.query.chosen("customerReviewResponses")
        included.append(reply_resource(reply, call.base, call.now, chosen))
    if "reviewTerritory" in include:
        included.append(territory_resource(review.territory, call.base, call.query.chosen("territories")))
    resource = review_resource(
        review,
        call.base,
        call.query.chosen("customerReviews"),
        reply=reply,
        with_reply="response" in include,
        with_territory="reviewTerritory" in include,
        nulls=call.simulator.settings.nulls,
    )
    return call.single(resource, included if include else None)


def _reply_of(call: Call) -> tuple[SimulatedReview, Reply]:
    review = visible_review(call, call.ids["id"])
    reply = review.shown_reply(call.now)
    if reply is None:
        raise problems.not_found("customerReviewResponses", review.id)
    return review, reply


def reply_of_review(call: Call) -> SimulatedAnswer:
    """GET /v1/customerReviews/{id}/response; 404 when there is none."""
    review, reply = _reply_of(call)
    return reply_document(call, review, reply)


def reply_document(call: Call, review: SimulatedReview, reply: Reply, status: int = 200) -> SimulatedAnswer:
    """The document of one reply, with its review when asked for."""
    with_review = "review" in call.query.words("include")
    chosen = call.query.chosen("customerReviewResponses")
    resource = reply_resource(reply, call.base, call.now, chosen, with_review=with_review)
    included = None
    if with_review:
        included = [review_resource(review, call.base, call.query.chosen("customerReviews"))]
    return call.single(resource, included, status)


def reply_linkage(call: Call) -> SimulatedAnswer:
    """GET /v1/customerReviews/{id}/relationships/response."""
    _, reply = _reply_of(call)
    linkage = {"type": "customerReviewResponses", "id": reply.id}
    return call.single(linkage)


def list_summaries(call: Call) -> SimulatedAnswer:
    """GET /v1/apps/{id}/customerReviewSummarizations."""
    app = call.app(call.ids["id"])
    platforms, codes = call.query.words("filter[platform]"), call.query.words("filter[territory]")
    found = [
        summary
        for summary in app.summaries
        if summary.platform in platforms and (not codes or summary.territory in codes)
    ]
    page = call.page(len(found))
    rows = found[page.start : page.end]
    with_territory = "territory" in call.query.words("include")
    chosen = call.query.chosen("customerReviewSummarizations")
    resources = [
        summary_resource(summary, call.base, chosen, with_territory=with_territory) for summary in rows
    ]
    included = None
    if with_territory:
        wanted = call.query.chosen("territories")
        codes = tuple(dict.fromkeys(summary.territory for summary in rows))
        included = [territory_resource(code, call.base, wanted) for code in codes]
    return call.listing(resources, page, included)


ENDPOINTS = (
    Endpoint("GET", "/v1/apps/{id}/customerReviews", Task.REVIEWS, list_reviews, _LIST),
    Endpoint(
        "GET", "/v1/appStoreVersions/{id}/customerReviews", Task.REVIEWS, list_reviews_of_version, _LIST
    ),
    Endpoint("GET", "/v1/apps/{id}/relationships/customerReviews", Task.REVIEWS, list_review_ids, paged({})),
    Endpoint("GET", "/v1/customerReviews/{id}", Task.REVIEWS, one_review, _SINGLE),
    Endpoint("GET", "/v1/customerReviews/{id}/response", Task.REVIEWS, reply_of_review, _RESPONSE),
    Endpoint("GET", "/v1/customerReviews/{id}/relationships/response", Task.REVIEWS, reply_linkage),
    Endpoint("GET", "/v1/apps/{id}/customerReviewSummarizations", Task.REVIEWS, list_summaries, _SUMMARIES),
)
