"""Lists: paging, order, filters, included resources, chosen fields."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ascinbox.simulator.app import APPLE
from ascinbox.simulator.params import cursor_of
from tests.simulator.sim_desk import Desk, MakeDesk


def reviews_url(desk: Desk, query: str = "") -> str:
    return f"/v1/apps/{desk.app.id}/customerReviews" + (f"?{query}" if query else "")


def test_a_walk_gives_every_review_once_newest_first(desk: Desk) -> None:
    rows = desk.walk(reviews_url(desk, "sort=-createdDate&limit=7"))
    assert [row["id"] for row in rows] == [review.id for review in desk.app.reviews]
    dates = [datetime.fromisoformat(row["attributes"]["createdDate"]) for row in rows]
    assert dates == sorted(dates, reverse=True)
    assert len({date.utcoffset() for date in dates}) > 3, "offsets vary"
    assert {"." in row["attributes"]["createdDate"] for row in rows} == {True, False}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 200), sort=st.sampled_from(["", "createdDate", "-rating", "rating,-createdDate"]))
def test_pages_of_any_size_join_to_the_whole(desk: Desk, limit: int, sort: str) -> None:
    query = f"limit={limit}" + (f"&sort={sort}" if sort else "")
    rows = desk.walk(reviews_url(desk, query))
    assert sorted(row["id"] for row in rows) == sorted(review.id for review in desk.app.reviews)


def test_links_and_meta_of_a_page(desk: Desk) -> None:
    total = len(desk.app.reviews)
    first = desk.get(reviews_url(desk, "limit=10&include=response")).json()
    assert first["meta"]["paging"]["total"] == total
    assert first["meta"]["paging"]["limit"] == 10
    assert first["links"]["self"].startswith("http://sim.example/v1/apps/")
    following = first["links"]["next"]
    assert following.startswith(APPLE), "Apple names its own host"
    assert not following.endswith("include=response"), "and has an order of its own"
    assert "include=response" in following
    assert f"cursor={first['meta']['paging']['nextCursor']}" in following
    assert "first" not in first["links"]
    second = desk.get(following.removeprefix(APPLE)).json()
    assert "cursor" not in second["links"]["first"]
    last = desk.get(reviews_url(desk, f"limit=10&cursor={cursor_of(total - 1)}")).json()
    assert len(last["data"]) == 1
    assert "next" not in last["links"]
    assert "nextCursor" not in last["meta"]["paging"]


@pytest.mark.parametrize("cursor", ["", "abc", "AAAA", "e30", cursor_of(1) + ",x", "eyJvZmZzZXQiOi0xfQ", "Ä"])
def test_a_made_up_cursor_is_refused(desk: Desk, cursor: str) -> None:
    answer = desk.get(reviews_url(desk, f"cursor={cursor}"))
    assert (answer.status, answer.code) == (400, "PARAMETER_ERROR.INVALID")


def test_rows_shift_between_pages_when_a_review_is_written(desk: Desk) -> None:
    first = desk.get(reviews_url(desk, "limit=5")).json()
    desk.simulator.happen("write", app_id=desk.app.id, rating=1, title="New", body="One more")
    second = desk.get(first["links"]["next"].removeprefix(APPLE)).json()
    assert second["data"][0]["id"] == first["data"][-1]["id"]


def test_filters(desk: Desk) -> None:
    now = desk.clock.now().timestamp()
    reviews = desk.app.reviews
    published = {r.id for r in reviews if r.reply and r.reply.state(now) == "PUBLISHED"}
    cases = {
        "filter[rating]=1": {r.id for r in reviews if r.rating == 1},
        "filter[rating]=1,5": {r.id for r in reviews if r.rating in (1, 5)},
        "filter[territory]=USA": {r.id for r in reviews if r.territory == "USA"},
        "filter[territory]=DEU,JPN&filter[rating]=5": {
            r.id for r in reviews if r.territory in ("DEU", "JPN") and r.rating == 5
        },
        "filter[reviewTerritory]=USA": {r.id for r in reviews if r.territory == "USA"},
        "exists[publishedResponse]=true": published,
        "exists[publishedResponse]=false": {r.id for r in reviews} - published,
    }
    for query, expected in cases.items():
        assert expected
        assert {row["id"] for row in desk.walk(reviews_url(desk, query))} == expected, query
        assert desk.get(reviews_url(desk, f"{query}&limit=1")).json()["meta"]["paging"]["total"] == len(
            expected
        )


def test_linkage_comes_only_with_the_included_resource(desk: Desk) -> None:
    plain = desk.walk(reviews_url(desk))
    assert all("data" not in row["relationships"]["response"] for row in plain)
    document = desk.get(reviews_url(desk, "include=response,reviewTerritory&limit=50")).json()
    linked = {
        row["relationships"]["response"]["data"]["id"]
        for row in document["data"]
        if "data" in row["relationships"]["response"]
    }
    included = {(entry["type"], entry["id"]) for entry in document["included"]}
    assert linked == {entry_id for kind, entry_id in included if kind == "customerReviewResponses"}
    assert {row["attributes"]["territory"] for row in document["data"]} == {
        entry_id for kind, entry_id in included if kind == "territories"
    }


def test_chosen_fields_trim_attributes_and_relationships(desk: Desk) -> None:
    query = (
        "fields[customerReviews]=rating,title&fields[customerReviewResponses]=state&include=response&limit=50"
    )
    document = desk.get(reviews_url(desk, query)).json()
    assert {tuple(row["attributes"]) for row in document["data"]} == {("rating", "title")}
    assert not any("relationships" in row for row in document["data"])
    assert {tuple(entry["attributes"]) for entry in document["included"]} == {("state",)}
    whole = desk.get(reviews_url(desk, "limit=1")).json()["data"][0]
    assert set(whole["attributes"]) > {"body", "reviewerNickname"}, (
        "an earlier choice of fields does not stick"
    )


def test_parameters_that_apple_refuses(desk: Desk) -> None:
    refused = {
        "limit=0": "limit",
        "limit=201": "limit",
        "limit=ten": "limit",
        "limit=1&limit=1": "limit",
        "limit=%D9%A3": "limit",
        "sort=territory": "sort",
        "sort=": "sort",
        "filter[rating]=6": "filter[rating]",
        "filter[rating]=1,,2": "filter[rating]",
        "filter[territory]=DE": "filter[territory]",
        "exists[publishedResponse]=yes": "exists[publishedResponse]",
        "include=app": "include",
        "fields[customerReviews]=kidsAgeBand": "fields[customerReviews]",
        "filter[createdDate]=2026-01-01": "filter[createdDate]",
        "page=2": "page",
    }
    for query, parameter in refused.items():
        answer = desk.get(reviews_url(desk, query))
        assert (answer.status, answer.parameter) == (400, parameter), query


def test_apps_are_filtered_sorted_and_limited_to_the_visible(desk: Desk) -> None:
    names = [row["attributes"]["name"] for row in desk.walk("/v1/apps?sort=-name")]
    assert names == sorted(names, reverse=True)
    assert len(names) == 3
    (only,) = desk.walk(f"/v1/apps?filter[name]={names[0][:4].lower()}")
    assert only["attributes"]["name"] == names[0]
    assert desk.walk("/v1/apps?filter[appStoreVersions.platform]=TV_OS") == []
    support = desk.key("CUSTOMER_SUPPORT", individual=True)
    assert support.visible_apps is not None
    seen = {row["id"] for row in desk.walk("/v1/apps", key=support)}
    assert seen == support.visible_apps
    hidden = next(app_id for app_id in desk.simulator.world.apps if app_id not in seen)
    review_id = desk.simulator.world.apps[hidden].reviews[0].id
    for url in (
        f"/v1/apps/{hidden}",
        f"/v1/apps/{hidden}/customerReviews",
        f"/v1/customerReviews/{review_id}",
    ):
        answer = desk.get(url, key=support)
        assert (answer.status, answer.code) == (404, "NOT_FOUND")


def test_unknown_paths_and_verbs(desk: Desk) -> None:
    assert desk.get("/v1/nothing").status == 404
    assert desk.get("/v2/apps").status == 404
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = desk.ask(method, "/v1/apps")
        assert answer.status == 405
        assert answer.headers["allow"] == "GET"


def test_an_edited_review_keeps_id_and_date(desk: Desk) -> None:
    review = desk.review(answered=True)
    before = desk.get(f"/v1/customerReviews/{review.id}").json()["data"]
    desk.walk(reviews_url(desk))
    desk.simulator.happen("edit", review_id=review.id, rating=1, title="Changed", body="My mind")
    after = next(row for row in desk.walk(reviews_url(desk)) if row["id"] == review.id)
    assert after["attributes"]["createdDate"] == before["attributes"]["createdDate"]
    assert (after["attributes"]["rating"], after["attributes"]["title"]) == (1, "Changed")
    desk.simulator.happen("remove", review_id=review.id)
    assert review.id not in {row["id"] for row in desk.walk(reviews_url(desk))}
    assert desk.get(f"/v1/customerReviews/{review.id}").status == 404


@pytest.mark.parametrize("nulls", [True, False])
def test_what_a_customer_left_empty_is_null_or_absent(desk: Desk, nulls: bool) -> None:
    desk.simulator.settings.nulls = nulls
    for title, body, left in (("", "Only a body", "title"), ("Only a title", "", "body")):
        desk.simulator.happen("write", app_id=desk.app.id, rating=4, title=title, body=body)
        (newest,) = desk.get(reviews_url(desk, "limit=1")).json()["data"]
        assert newest["attributes"].get(left) is None
        assert (left in newest["attributes"]) is nulls
        desk.clock.sleep(1)


def test_an_empty_app_and_no_apps_at_all(make_desk: MakeDesk) -> None:
    empty = make_desk(apps=1, reviews=0)
    document = empty.get(reviews_url(empty, "include=response")).json()
    assert (document["data"], document["included"], document["meta"]["paging"]["total"]) == ([], [], 0)
    assert make_desk(apps=0, reviews=0).get("/v1/apps").json()["data"] == []


def test_summaries(desk: Desk) -> None:
    root = f"/v1/apps/{desk.app.id}/customerReviewSummarizations"
    missing = desk.get(root)
    assert (missing.status, missing.code) == (400, "PARAMETER_ERROR.REQUIRED")
    found = desk.get(f"{root}?filter[platform]=IOS&include=territory").json()
    assert {row["attributes"]["locale"] for row in found["data"]} == {"en-US", "de-DE", "ja"}
    assert {row["id"] for row in found["included"]} == {"USA", "DEU", "JPN"}
    assert desk.get(f"{root}?filter[platform]=TV_OS").json()["data"] == []
