"""The public look-up: what is read of an answer, what is refused, how often it is asked."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal

import httpx
import pytest

from ascinbox.core.errors import AscinboxError, RateLimited, UnexpectedAnswer, UsageError
from ascinbox.sources.apple.lookup import (
    PAUSE_S,
    REFUSALS,
    RatingSeen,
    RatingsLookup,
    lookup_origin,
    parse_ratings,
)
from ascinbox.sources.http.exchange import Exchange
from ascinbox.sources.http.pace import SteadyPace
from tests.workers.clocks import StepClock

NOTHING = RatingSeen(None, None)


@pytest.mark.parametrize(
    ("entry", "seen"),
    [
        ({"userRatingCount": 12, "averageUserRating": 4.5}, RatingSeen(12, Decimal("4.5"))),
        ({"userRatingCount": 12, "averageUserRating": 4.123456789}, RatingSeen(12, Decimal("4.123457"))),
        ({"userRatingCount": 0, "averageUserRating": 0.0}, RatingSeen(0, None)),
        ({"userRatingCount": 12, "averageUserRating": 77}, RatingSeen(12, None)),
        ({"userRatingCount": 12, "averageUserRating": "4.5"}, RatingSeen(12, None)),
        ({"userRatingCount": 12, "averageUserRating": True}, RatingSeen(12, None)),
        ({"userRatingCount": -1, "averageUserRating": 4.5}, NOTHING),
        ({"userRatingCount": 1.5}, NOTHING),
        ({"userRatingCount": None}, NOTHING),
        ({}, NOTHING),
    ],
)
def test_only_what_can_be_right_is_taken(entry: dict[str, object], seen: RatingSeen) -> None:
    assert parse_ratings({"results": [{"trackId": 7, **entry}]}, ["7"], "GET /lookup") == {"7": seen}


def test_apps_that_were_not_asked_for_are_passed_over_and_missing_ones_unknown() -> None:
    document = {"results": [{"trackId": 9, "userRatingCount": 3}, None, {"trackId": "x"}, {"artistId": 7}]}
    assert parse_ratings(document, ["7", "8"], "") == {"7": NOTHING, "8": NOTHING}


@pytest.mark.parametrize("document", [None, [], {}, {"results": None}, {"results": {}}, "x"])
def test_json_of_another_form_is_no_answer(document: object) -> None:
    with pytest.raises(UnexpectedAnswer):
        parse_ratings(document, ["7"], "GET /lookup")


@pytest.mark.parametrize(
    "url",
    ["http://itunes.apple.com", "http://192.168.0.7", "https://a:b@c.example", "ftp://x", "https://x/y"],
)
def test_another_address_is_https_or_on_this_machine(url: str) -> None:
    with pytest.raises(UsageError, match="look-up's address") as refused:
        lookup_origin(url)
    assert "ASCINBOX_RATINGS_URL" in str(refused.value.next_step)
    assert str(lookup_origin(None)) == "https://itunes.apple.com"


class Answers(httpx.BaseTransport):
    """Answers each request with the next of these, and keeps the requests."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def ratings(answers: Answers, clock: StepClock, times: int = 1) -> list[object]:
    lookup = RatingsLookup(clock, SteadyPace(clock, PAUSE_S))
    with closing(lookup):
        lookup._exchange = Exchange(
            lookup_origin(None), None, clock, answers, SteadyPace(clock, PAUSE_S), REFUSALS, deadline_s=10
        )
        return [lookup.ratings(["7", "8"], "DE") for _ in range(times)]


def good() -> httpx.Response:
    body = b'\n\n\n{"resultCount":1,"results":[{"trackId":7,"userRatingCount":2,"averageUserRating":3.5}]}\n'
    return httpx.Response(200, headers={"content-type": "text/javascript; charset=utf-8"}, content=body)


def test_a_request_has_no_key_no_cookie_and_names_nobody() -> None:
    answers = Answers(good())
    assert ratings(answers, StepClock()) == [{"7": RatingSeen(2, Decimal("3.5")), "8": NOTHING}]
    (request,) = answers.requests
    assert str(request.url) == "https://itunes.apple.com/lookup?id=7,8&country=de&entity=software"
    assert set(request.headers) <= {"accept", "accept-encoding", "user-agent", "host"}


def test_requests_keep_four_seconds_between_them() -> None:
    clock = StepClock()
    began = clock.monotonic()
    ratings(Answers(good()), clock, times=6)
    assert clock.monotonic() - began == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize("status", [403, 429])
def test_too_many_requests_hold_for_as_long_as_is_said(status: int) -> None:
    clock = StepClock()
    with pytest.raises(RateLimited) as limited:
        ratings(Answers(httpx.Response(status, headers={"retry-after": "120"})), clock)
    assert (limited.value.retry_at - clock.now()).total_seconds() == pytest.approx(120, abs=1)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, headers={"content-type": "text/html"}, content=b"<html>sign in</html>"),
        httpx.Response(302, headers={"location": "https://elsewhere.example/lookup"}),
        httpx.Response(200, headers={"content-type": "text/javascript"}, content=b'{"results":['),
        httpx.Response(401),
        httpx.Response(404),
        httpx.Response(503),
    ],
)
def test_whatever_else_comes_is_an_error_of_ours(answer: httpx.Response) -> None:
    with pytest.raises(AscinboxError):
        ratings(Answers(answer), StepClock())
