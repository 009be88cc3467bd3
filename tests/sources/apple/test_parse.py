"""Apple's documents as records: what is kept, what is unknown, what is dropped and counted."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.core.health.people import PersonState
from ascinbox.core.records import App, Response, Review
from ascinbox.sources.apple import parse
from tests.hostile.fuzzing import SEEDS, fuzz
from tests.sources.apple.scripted_server import review_item, reviews_document

LATEST = datetime(2026, 11, 22, tzinfo=UTC)


def one(**attributes: Any) -> Review:
    document = {"data": [review_item(1, **attributes)], "links": {"self": "x"}}
    (review,) = parse.reviews_page(document, "77", LATEST).items
    return review


def answered(item: dict[str, Any], linkage: Any) -> dict[str, Any]:
    return {**item, "relationships": {"response": {"data": linkage}}}


RESPONSE = {
    "type": "customerReviewResponses",
    "id": "resp1",
    "attributes": {
        "responseBody": "Thank you!\nThe team",
        "lastModifiedDate": "2026-11-21T10:00:00Z",
        "state": "PUBLISHED",
    },
}
LINKAGE = {"type": "customerReviewResponses", "id": "resp1"}


def test_a_review_field_for_field() -> None:
    document = {
        "data": [answered(review_item(3), LINKAGE)],
        "included": [{"type": "territories", "id": "DEU"}, RESPONSE],
        "links": {"self": "x", "next": "https://api.appstoreconnect.apple.com/v1/x?cursor=b"},
        "meta": {"paging": {"total": 2500, "limit": 200}},
    }
    page = parse.reviews_page(document, "77", LATEST)
    assert page.items == (
        Review(
            id="r3",
            app_id="77",
            rating=4,
            title="Title 3",
            body="Body of review 3.\nSecond line.",
            nickname="nick3",
            created_at=datetime(2026, 11, 20, 17, tzinfo=UTC),
            territory="DEU",
            response=Response(
                "resp1", "Thank you!\nThe team", "PUBLISHED", datetime(2026, 11, 21, 10, tzinfo=UTC)
            ),
        ),
    )
    assert (page.next_query, page.total, len(page.left_out)) == ("cursor=b", 2500, 0)


@pytest.mark.parametrize("rating", [None, 0, 6, -1, 3.0, 4.5, "6", "four", "", True, [], {}, 10**30])
def test_an_odd_rating_is_unknown(rating: Any) -> None:
    assert one(rating=rating).rating is None


def test_a_rating_that_is_written_as_a_string_is_read() -> None:
    assert one(rating="5").rating == 5


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2021-01-01T10:10:10-07:00", datetime(2021, 1, 1, 17, 10, 10, tzinfo=UTC)),
        ("2021-01-01T10:10:10.123Z", datetime(2021, 1, 1, 10, 10, 10, 123000, tzinfo=UTC)),
        ("2021-01-01T10:10:10Z", datetime(2021, 1, 1, 10, 10, 10, tzinfo=UTC)),
        ("2026-11-23T00:00:00Z", None),
        ("2999-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1700000000, None),
    ],
)
def test_dates_are_utc_or_unknown(written: Any, meant: datetime | None) -> None:
    assert one(createdDate=written).created_at == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("DEU", "DEU"), ("deu", "DEU"), ("DE", "DEU"), ("us", "USA"), ("XKS", "XKS"), ("XK", "XKS"),
        ("ZZZ", "ZZZ"), ("ZZ", None), ("", None), ("D", None), ("D\x1bU", None), ("DEUT", None),
        (None, None), (276, None),
    ],
)  # fmt: skip
def test_territories_are_alpha_3(written: Any, meant: str | None) -> None:
    assert one(territory=written).territory == meant


def test_the_territory_may_be_a_relationship_only() -> None:
    item = review_item(1)
    del item["attributes"]["territory"]
    item["relationships"]["reviewTerritory"] = {"data": {"type": "territories", "id": "JPN"}}
    (review,) = parse.reviews_page({"data": [item]}, "77", LATEST).items
    assert review.territory == "JPN"


def test_foreign_text_is_harmless() -> None:
    review = one(
        title="a\x1b[31mred\nline", body="x\x9b2J\u202e\ud800" + "\n" * 1000, reviewerNickname=["no", "text"]
    )
    assert review.title == "a\ufffd[31mred line"
    assert review.body.startswith("x\ufffd2J\ufffd")
    assert review.body.count("\n") < 400
    assert review.nickname == ""


def test_without_attributes_a_review_is_still_one() -> None:
    for item in ({"type": "customerReviews", "id": "r1"}, {**review_item(1), "attributes": None}):
        (review,) = parse.reviews_page({"data": [item]}, "77").items
        assert review == Review("r1", "77", None, "", "", "", None, None, review.response)


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ({**review_item(1), "attributes": "none"}, ("r1", "its attributes are no object")),
        ({**review_item(1), "attributes": []}, ("r1", "its attributes are no object")),
        ({**review_item(1), "type": "apps"}, ("r1", "it is not one of customerReviews")),
        ({**review_item(1), "id": 7}, ("", "it has no usable id")),
        ({**review_item(1), "id": "\x1b[2J"}, ("", "it has no usable id")),
        ({}, ("", "it is not one of customerReviews")),
        (None, ("", "it is no object")),
    ],
)
def test_what_cannot_be_read_is_left_out_with_the_reason(item: Any, told: tuple[str, str]) -> None:
    page = parse.reviews_page({"data": [item, review_item(2)]}, "77")
    assert page.left_out == (told,)
    assert [review.id for review in page.items] == ["r2"]


LINKS = {"links": {"self": "x", "related": "y"}}
NAMING = {**RESPONSE, "relationships": {"review": {"data": {"type": "customerReviews", "id": "r2"}}}}


def test_a_response_that_names_its_review_is_found_although_the_review_names_none() -> None:
    items = [{**review_item(n), "relationships": {"response": LINKS}} for n in (1, 2, 3)]
    document = {"data": items, "included": [NAMING], "links": {"self": "x"}}
    answers = {review.id: review.response for review in parse.reviews_page(document, "77").items}
    assert {review_id for review_id, response in answers.items() if response} == {"r2"}
    assert answers["r2"] is not None
    assert answers["r2"].id == "resp1"
    single = {"data": items[1], "included": [{**NAMING, "id": "other"}, NAMING], "links": {"self": "x"}}
    assert parse.single_review(single, "77").response == answers["r2"]


def test_where_both_sides_name_each_other_differently_the_text_is_kept() -> None:
    item = answered(review_item(2), {**LINKAGE, "id": "resp9"})
    document = {"data": [item], "included": [NAMING], "links": {"self": "x"}}
    (review,) = parse.reviews_page(document, "77").items
    assert review.response is not None
    assert review.response.text == "Thank you!\nThe team"


def test_a_response_that_is_named_but_not_included_is_not_forgotten() -> None:
    document = {"data": [answered(review_item(1), LINKAGE)]}
    (review,) = parse.reviews_page(document, "77").items
    assert review.response == Response("resp1", "", "")


@pytest.mark.parametrize(
    "linkage", [None, {}, [], {"type": "apps", "id": "resp1"}, {"type": "customerReviewResponses"}, "resp1"]
)
def test_no_linkage_is_no_response(linkage: Any) -> None:
    document = {"data": [answered(review_item(1), linkage)], "included": [RESPONSE]}
    (review,) = parse.reviews_page(document, "77").items
    assert review.response is None


def test_an_unknown_state_stays_as_apple_wrote_it() -> None:
    odd = {**RESPONSE, "attributes": {"state": "REJECTED_BY_MODERATION", "lastModifiedDate": 5}}
    document = {"data": [answered(review_item(1), LINKAGE)], "included": [None, 3, {"type": "x"}, odd]}
    (review,) = parse.reviews_page(document, "77").items
    assert review.response == Response("resp1", "", "REJECTED_BY_MODERATION", None)


def test_single_things() -> None:
    review = {"data": answered(review_item(2), LINKAGE), "included": [RESPONSE], "links": {"self": "x"}}
    assert parse.single_review(review, "77", LATEST).response == parse.single_response({"data": RESPONSE})
    unnamed = {"data": review_item(2), "included": [RESPONSE]}
    assert parse.single_review(unnamed, "77", LATEST).response == parse.single_response({"data": RESPONSE})
    wrongs: tuple[dict[str, Any], ...] = ({"data": None}, {"data": []}, {"data": RESPONSE}, {})
    for wrong in wrongs:
        with pytest.raises(UnexpectedAnswer):
            parse.single_review(wrong, "77")


def test_apps() -> None:
    document = {
        "data": [
            {
                "type": "apps",
                "id": "1234567890",
                "attributes": {
                    "name": "Tide\x1bClock",
                    "bundleId": "org.tide",
                    "sku": "T",
                    "primaryLocale": "de-DE",
                },
            },
            {"type": "apps", "id": "2"},
            {"type": "builds", "id": "3"},
        ],
        "links": {"self": "x"},
    }
    page = parse.apps_page(document)
    assert page.items == (App("1234567890", "Tide\ufffdClock", "org.tide", "T", "de-DE"), App("2", "", ""))
    assert len(page.left_out) == 1


def test_people() -> None:
    user = {
        "type": "users",
        "id": "u1",
        "attributes": {
            "username": "a@b.example",
            "firstName": "A",
            "lastName": "B",
            "roles": ["CUSTOMER_SUPPORT", "NEW_ROLE", 7],
            "allAppsVisible": False,
        },
        "relationships": {
            "visibleApps": {"data": [{"type": "apps", "id": "1"}, {"type": "x", "id": "2"}, None]}
        },
    }
    (person,) = parse.users_page({"data": [user]}).items
    assert (person.email, person.apple_id, person.standing) == ("a@b.example", "u1", PersonState.ACTIVE)
    assert (person.roles, person.all_apps, person.apps) == (("CUSTOMER_SUPPORT", "NEW_ROLE"), False, ("1",))
    invited = {
        "type": "userInvitations",
        "id": "i1",
        "attributes": {
            "email": "c@d.example",
            "expirationDate": "2026-11-24T12:00:00Z",
            "allAppsVisible": True,
        },
    }
    (guest,) = parse.invitations_page({"data": [invited]}).items
    assert (guest.email, guest.standing, guest.all_apps) == ("c@d.example", PersonState.PENDING, True)
    assert guest.expires_at == datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_summaries() -> None:
    item = {
        "type": "customerReviewSummarizations",
        "id": "s1",
        "attributes": {"text": "People like it.", "locale": "en-US", "platform": "IOS", "createdDate": "x"},
        "relationships": {"territory": {"data": {"type": "territories", "id": "USA"}}},
    }
    (summary,) = parse.summaries_page({"data": [item]}).items
    assert (summary.text, summary.territory, summary.created_at) == ("People like it.", "USA", None)


WORDS = (
    "data", "included", "links", "next", "meta", "paging", "total", "type", "id", "attributes", "rating",
    "title", "body", "createdDate", "territory", "relationships", "response", "customerReviews", "state",
    "customerReviewResponses", "responseBody", "reviewerNickname", "lastModifiedDate", "PUBLISHED", "DEU",
)  # fmt: skip


ODD: tuple[Any, ...] = (
    None, True, 0, -1, 6, 10**400, 1.5, float("inf"), "", " ", "x", "\x1b[2J", "\ud800", "DEU", "PUBLISHED",
    "r0", "customerReviews", "customerReviewResponses", "2026-11-20T10:00:00Z", "9" * 5000, [], {}, [[]],
    [None], {"data": None}, {"id": "r0"}, {"type": "customerReviews"},
    {"type": "customerReviews", "id": "r9"},
)  # fmt: skip


def mutate(value: Any, chance: random.Random) -> Any:
    """`value` with one of its nodes, at any depth, replaced, lost or doubled."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.1:
        return chance.choice(ODD)
    changed = dict(enumerate(value)) if isinstance(value, list) else dict(value)
    place = chance.choice(list(changed))
    match chance.randrange(8):
        case 0:
            del changed[place]
        case 1 if isinstance(value, list):
            changed[len(value)] = value[place]
        case _:
            changed[place] = mutate(changed[place], chance)
    return list(changed.values()) if isinstance(value, list) else changed


READERS: tuple[Callable[[dict[str, Any]], object], ...] = (
    lambda document: parse.single_review(document, "77"),
    parse.single_response,
    parse.apps_page,
    parse.users_page,
    parse.invitations_page,
    parse.summaries_page,
)


def check_page(document: dict[str, Any]) -> None:
    try:
        page = parse.reviews_page(document, "77", LATEST)
    except UnexpectedAnswer:
        return
    data = document["data"]
    assert len(page.items) + len(page.left_out) == len(data)
    for review in page.items:
        assert review.rating in (None, 1, 2, 3, 4, 5)
        assert review.created_at is None or review.created_at.utcoffset() is not None
        text = (
            review.title + review.body + review.nickname + (review.response.text if review.response else "")
        )
        text.encode("utf-8")
        assert not any(c < " " and c != "\n" for c in text)


@fuzz("pages")
@given(SEEDS)
def test_row_45_pages_with_something_odd_in_them_are_parsed(seed: int) -> None:
    """Three pages an example, each with one to four odd places."""
    chance = random.Random(seed)
    for _ in range(3):
        document = reviews_document(range(2), "https://x.example/v1/x?cursor=1", included=[RESPONSE])
        document["data"][0] = answered(document["data"][0], LINKAGE)
        document["meta"] = {"paging": {"total": 2, "limit": 200}}
        for _ in range(chance.randint(1, 4)):
            document = mutate(document, chance)
        if isinstance(document, dict):
            check_page(document)


def near_miss(chance: random.Random, depth: int = 0) -> Any:
    """Something like a document of Apple's, made of its words in places of their own."""
    kind = chance.randrange(6) if depth < 4 else chance.randrange(4)
    match kind:
        case 0:
            return chance.choice(ODD)
        case 1 | 2:
            return chance.choice(WORDS)
        case 3:
            return chance.randint(-1, 7)
        case 4:
            return [near_miss(chance, depth + 1) for _ in range(chance.randint(0, 3))]
        case _:
            return {chance.choice(WORDS): near_miss(chance, depth + 1) for _ in range(chance.randint(0, 4))}


@fuzz("pages")
@given(SEEDS)
def test_row_45_anything_like_a_page_is_parsed_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    document = {chance.choice(WORDS): near_miss(chance) for _ in range(chance.randint(0, 5))}
    if chance.random() < 0.7:
        kind = chance.choice(("customerReviews", "apps", "users", "userInvitations"))
        items = [{"type": kind, "id": "r1", **near_dict(chance)} for _ in range(2)]
        document["data"] = chance.choice((items, items[0], [near_miss(chance), *items]))
    check_page(document)
    for read in READERS:
        try:
            read(document)
        except UnexpectedAnswer as error:
            assert error.title


def near_dict(chance: random.Random) -> dict[str, Any]:
    """Attributes, relationships and others, each with anything in it."""
    names = ("attributes", "relationships", "id", "type", "links")
    return {name: near_miss(chance, 1) for name in names if chance.random() < 0.5}


def test_one_bad_item_costs_only_itself() -> None:
    document = reviews_document(range(200))
    document["data"][17] = {"type": "customerReviews", "attributes": {}}
    document["data"][42]["attributes"] = {"rating": "five", "title": None, "createdDate": [], "territory": 4}
    page = parse.reviews_page(document, "77")
    assert (len(page.items), len(page.left_out)) == (199, 1)
    assert page.left_out == (("", "it has no usable id"),)


def test_a_full_page_is_parsed_in_a_few_times_its_decoding() -> None:
    """The work per page must stay small beside fetching it (measured: 2.3 times the decoding)."""
    body = "The app crashes since the update, please fix it soon. " * 3
    items = [review_item(number, body=body) for number in range(200)]
    text = json.dumps({"data": [answered(item, None) for item in items], "links": {"self": "x"}}, indent=2)
    document = json.loads(text)
    decoding, parsing = [], []
    for _ in range(30):
        started = time.perf_counter()
        json.loads(text)
        decoded = time.perf_counter()
        parse.reviews_page(document, "77", LATEST)
        decoding.append(decoded - started)
        parsing.append(time.perf_counter() - decoded)
    assert min(parsing) < 10 * min(decoding)
