"""Rows 28 to 32 of the fault study: who we are, what Apple refuses, when it wants to be left alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from ascinbox.core.errors import (
    AscinboxError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from ascinbox.sources.apple.client import AppleClient
from tests.sources.apple.scripted_server import (
    GOOD,
    POST,
    REVIEWS,
    Reply,
    ScriptedServer,
    Seen,
    StepClock,
    reply_json,
    reply_problem,
    response_document,
)

Connect = Callable[..., AppleClient]


def test_row_28_401_once_makes_one_new_token(
    client: AppleClient, server: ScriptedServer, clock: StepClock
) -> None:
    def first(seen: Seen) -> Reply:
        clock.advance(1)
        return reply_problem(401, "NOT_AUTHORIZED")

    server.on(REVIEWS, first, GOOD)
    assert len(client.reviews("1").items) == 3
    assert len({seen.authorization for seen in server.seen}) == 2


def test_row_28_401_for_ever_is_asked_twice_at_most(client: AppleClient, server: ScriptedServer) -> None:
    server.on(REVIEWS, reply_problem(401, "NOT_AUTHORIZED", "Provide a properly configured token."))
    with pytest.raises(Unauthorized) as caught:
        client.reviews("1")
    assert len(server.seen) == 2
    assert caught.value.code == "NOT_AUTHORIZED"
    assert "properly configured" in caught.value.detail


WRITES: dict[str, Callable[[AppleClient], object]] = {
    "publish": lambda client: client.publish("r1", "Hi"),
    "withdraw": lambda client: client.withdraw("x1"),
    "invite": lambda client: client.invite("a@example.com", "A", "B", ["CUSTOMER_SUPPORT"]),
    "cancel an invitation": lambda client: client.cancel_invitation("i1"),
    "post": lambda client: client.post("/v1/analyticsReportRequests", {"data": {}}),
    "delete": lambda client: client.delete("/v1/analyticsReportRequests/a1"),
    "probe": lambda client: client.probe("/v1/customerReviewResponses", method="POST", body={"data": {}}),
}
WRITTEN_TO = (
    POST,
    f"{POST}/x1",
    "/v1/userInvitations",
    "/v1/userInvitations/i1",
    "/v1/analyticsReportRequests",
    "/v1/analyticsReportRequests/a1",
)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply_problem(401, "NOT_AUTHORIZED"), id="401"),
        pytest.param(Reply(307, b"", (("Location", "/v1/elsewhere"),)), id="307"),
        pytest.param(Reply(308, b"", (("Location", POST),)), id="308"),
        pytest.param(reply_problem(500), id="500"),
        pytest.param(reply_problem(429, "RATE_LIMIT_EXCEEDED", "", ("Retry-After", "1")), id="429"),
        pytest.param(Reply(raw=b""), id="a kept connection that is closed"),
        pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), id="half an answer"),
    ],
)
@pytest.mark.parametrize("write", list(WRITES))
def test_row_28_no_write_is_ever_repeated(
    client: AppleClient, server: ScriptedServer, write: str, answer: Reply
) -> None:
    server.on(REVIEWS, GOOD)
    client.reviews("1")
    for path in WRITTEN_TO:
        server.on(path, answer)
    server.seen.clear()
    with suppress(AscinboxError):
        WRITES[write](client)
    assert [seen.method for seen in server.seen] in (["POST"], ["DELETE"])


def test_row_28_after_a_refused_write_the_next_request_has_a_new_token(
    client: AppleClient, server: ScriptedServer, clock: StepClock
) -> None:
    server.on(POST, reply_problem(401, "NOT_AUTHORIZED"), reply_json(response_document("Hi"), 201))
    with pytest.raises(Unauthorized):
        client.publish("r1", "Hi")
    clock.advance(1)
    assert client.publish("r1", "Hi").text == "Hi"
    assert len({seen.authorization for seen in server.seen}) == 2


def apple_time(clock: StepClock, offset_s: float) -> tuple[str, str]:
    """The `Date` of a server whose clock is `offset_s` from ours."""
    return "Date", format_datetime(clock.now() + timedelta(seconds=offset_s), usegmt=True)


def strict_about_time(clock: StepClock, offset_s: float) -> Callable[[Seen], Reply]:
    """An Apple that refuses a token issued in its future or expired in its present."""
    import jwt

    def answer(seen: Seen) -> Reply:
        token = (seen.authorization or "").removeprefix("Bearer ")
        said = jwt.decode(token, options={"verify_signature": False})
        now = clock.now().timestamp() + offset_s
        fits = said["iat"] <= now < said["exp"] and said["exp"] - said["iat"] <= 1200
        reply = GOOD if fits else reply_problem(401, "NOT_AUTHORIZED")
        return reply.with_headers(apple_time(clock, offset_s))

    return answer


@pytest.mark.parametrize("offset_s", [300, -300])
def test_row_29_a_skew_of_five_minutes_is_corrected(
    client: AppleClient, server: ScriptedServer, clock: StepClock, offset_s: int
) -> None:
    server.on(REVIEWS, strict_about_time(clock, offset_s))
    assert len(client.reviews("1").items) == 3
    assert len(server.seen) <= 2
    assert client.clock_skew_s == -offset_s
    client.reviews("1")
    assert len(server.seen) <= 3


@pytest.mark.parametrize(
    ("offset_s", "words"), [(-1800, "30 minutes ahead of"), (86_400 * 3, "3 days behind")]
)
def test_row_29_a_larger_skew_is_named(
    client: AppleClient, server: ScriptedServer, clock: StepClock, offset_s: int, words: str
) -> None:
    server.on(REVIEWS, strict_about_time(clock, offset_s))
    with pytest.raises(Unauthorized) as caught:
        client.reviews("1")
    assert words in caught.value.title
    assert caught.value.clock_skew_s == -offset_s
    assert len(server.seen) == 2


@pytest.mark.parametrize("status", [400, 409, 422])
def test_row_31_a_refusal_is_not_repeated_and_its_words_are_clean(
    client: AppleClient, server: ScriptedServer, status: int
) -> None:
    errors = [
        {"status": str(status), "code": "ENTITY_ERROR", "title": "Broken", "detail": "General words."},
        {
            "status": "409",
            "code": "ENTITY_ERROR.ATTRIBUTE.INVALID",
            "title": "Invalid",
            "detail": "Too \x1b]0;evil\x07long.\u202e",
            "source": {"pointer": "/data/attributes/responseBody"},
        },
    ]
    server.on(POST, reply_json({"errors": errors}, status))
    with pytest.raises(Rejected) as caught:
        client.publish("r1", "x")
    assert len(server.seen) == 1
    assert caught.value.code == "ENTITY_ERROR.ATTRIBUTE.INVALID"
    assert [p.status for p in caught.value.problems] == [status, 409]
    assert caught.value.problems[1].pointer == "/data/attributes/responseBody"
    assert caught.value.detail.index("long.") < caught.value.detail.index("General words.")
    assert not set(str(caught.value)) & {"\x1b", "\x07", "\u202e"}


@pytest.mark.parametrize(
    ("retry_after", "low", "high"),
    [
        ("2", 2, 2),
        (None, 30, 60),
        ("1e9", 30, 60),
        ("1000000000", 900, 900),
        ("99999999999999999999", 900, 900),
        ("date", 90, 90),
        ("past", 1, 1),
        ("epoch ms", 120, 120),
        ("soon, please", 30, 60),
        ("-5", 30, 60),
        ("", 30, 60),
    ],
)
def test_row_32_429_waits_within_limits(
    client: AppleClient,
    server: ScriptedServer,
    clock: StepClock,
    retry_after: str | None,
    low: float,
    high: float,
) -> None:
    match retry_after:
        case "date":
            retry_after = format_datetime(clock.now() + timedelta(seconds=90), usegmt=True)
        case "past":
            retry_after = format_datetime(clock.now() - timedelta(days=90), usegmt=True)
        case "epoch ms":
            retry_after = str(int((clock.now().timestamp() + 120) * 1000))
        case _:
            pass
    headers = () if retry_after is None else (("Retry-After", retry_after),)
    called: list[datetime] = []

    def limited(seen: Seen) -> Reply:
        called.append(clock.now())
        return reply_problem(429, "RATE_LIMIT_EXCEEDED", "", *headers) if len(called) == 1 else GOOD

    server.on(REVIEWS, limited)
    with pytest.raises(RateLimited) as caught:
        client.reviews("1")
    assert caught.value.code == "RATE_LIMIT_EXCEEDED"
    retry_at = caught.value.retry_at
    assert low <= (retry_at - clock.now()).total_seconds() <= high
    with pytest.raises(RateLimited) as reply:
        client.publish("r1", "not even a reply goes before that")
    assert reply.value.retry_at == retry_at
    while len(called) == 1:
        try:
            client.reviews("1")
        except RateLimited as again:
            assert again.retry_at == retry_at
            clock.advance(0.7)
    assert retry_at <= called[1] <= retry_at + timedelta(seconds=1)


def test_row_32_waits_double_while_no_time_is_named(
    client: AppleClient, server: ScriptedServer, clock: StepClock
) -> None:
    server.on(REVIEWS, reply_problem(429))
    waits = []
    for _ in range(7):
        with pytest.raises(RateLimited) as caught:
            client.reviews("1")
        waits.append((caught.value.retry_at - clock.now()).total_seconds())
        clock.advance(waits[-1])
    assert waits == [60, 120, 240, 480, 900, 900, 900]
    assert len(server.seen) == 7


def test_5xx_is_tried_four_times_and_a_post_once(
    client: AppleClient, server: ScriptedServer, clock: StepClock
) -> None:
    html = Reply(502, b"<html>Bad Gateway</html>", (("Content-Type", "text/html"),))
    server.on(REVIEWS, Reply(503), html, reply_problem(500, "UNEXPECTED_ERROR"), GOOD)
    assert len(client.reviews("1").items) == 3
    assert clock.slept == [0.5, 1.0, 2.0]
    server.seen.clear()
    server.on(REVIEWS, html)
    with pytest.raises(Unavailable):
        client.reviews("1")
    assert len(server.seen) == 4
    server.seen.clear()
    server.on(POST, reply_problem(500, "UNEXPECTED_ERROR"))
    with pytest.raises(Unavailable):
        client.publish("r1", "x")
    assert len(server.seen) == 1
