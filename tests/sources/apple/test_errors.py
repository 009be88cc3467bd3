"""Refusals and failures as sentences: the cause, Apple's own words, the next step."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given

from ascinbox.core.errors import (
    Forbidden,
    NetworkError,
    NotFound,
    RateLimited,
    Rejected,
    SourceError,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
)
from ascinbox.sources.apple.client import AppleClient
from ascinbox.sources.apple.errors import ForbiddenKind, apple_error, describe, forbidden_kind, problems_of
from tests.hostile.fuzzing import SEEDS, fuzz, spoiled
from tests.hostile.payloads import obeyed
from tests.sources.apple.conftest import Connect
from tests.sources.apple.scripted_server import (
    POST,
    REVIEWS,
    Reply,
    ScriptedServer,
    reply_json,
    reply_problem,
)


def body(*errors: Any) -> bytes:
    return json.dumps({"errors": list(errors)}).encode()


@pytest.mark.parametrize(
    ("entry", "kind", "words"),
    [
        (
            {"code": "FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED", "links": {"see": "/agreements"}},
            ForbiddenKind.AGREEMENT,
            "agreement",
        ),
        ({"code": "FORBIDDEN", "links": {"see": "/business"}}, ForbiddenKind.AGREEMENT, "agreement"),
        (
            {"code": "FORBIDDEN_ERROR", "detail": "A required agreement is missing or has expired."},
            ForbiddenKind.AGREEMENT,
            "agreement",
        ),
        (
            {"code": "FORBIDDEN_ERROR", "details": "A required agreement is missing or has expired."},
            ForbiddenKind.AGREEMENT,
            "agreement",
        ),
        (
            {"code": "FORBIDDEN_ERROR", "detail": "Team ID X is not associated with an active membership"},
            ForbiddenKind.MEMBERSHIP,
            "membership",
        ),
        ({"code": "FORBIDDEN.REQUEST_DOES_NOT_MATCH_SCOPE"}, ForbiddenKind.SCOPE, "scope"),
        (
            {"code": "FORBIDDEN_ERROR", "detail": "The API key in use does not allow this request"},
            ForbiddenKind.ROLE,
            "may not",
        ),
        ({"code": "FORBIDDEN.REQUIRED_ROLE"}, ForbiddenKind.ROLE, "may not"),
    ],
)
def test_the_kinds_of_403_stay_apart(entry: dict[str, Any], kind: ForbiddenKind, words: str) -> None:
    problems = problems_of(403, body({"status": "403", "title": "Forbidden", **entry}))
    error = apple_error(403, problems, "GET /v1/apps")
    assert isinstance(error, Forbidden)
    assert forbidden_kind(error.problems) is kind
    assert words in error.title
    assert error.code == entry["code"]
    assert error.next_step


@pytest.mark.parametrize(
    ("status", "family"),
    [
        (400, Rejected), (401, Unauthorized), (403, Forbidden), (404, NotFound), (405, Rejected),
        (406, Rejected), (409, Rejected), (410, NotFound), (415, Rejected), (422, Rejected),
        (429, RateLimited), (500, Unavailable), (502, Unavailable), (503, Unavailable),
        (504, Unavailable),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["problem", "empty", "no errors", "odd type", "text"])
def test_every_status_has_its_family(
    client: AppleClient, server: ScriptedServer, status: int, family: type[SourceError], form: str
) -> None:
    problem = reply_problem(status, "SOME.CODE", "Some words.")
    replies = {
        "problem": problem,
        "empty": Reply(status),
        "no errors": reply_json({"errors": []}, status),
        "odd type": Reply(status, problem.body, (("Content-Type", "*/*"),)),
        "text": Reply(status, b"Not acceptable", (("Content-Type", "text/plain"),)),
    }
    server.on(REVIEWS, replies[form])
    with pytest.raises(family) as caught:
        client.reviews("1")
    error = caught.value
    assert type(error) is family
    assert error.status == status
    assert error.request == f"GET {REVIEWS}"
    assert error.title
    assert error.code == ("SOME.CODE" if form in ("problem", "odd type") else "")
    if form == "problem":
        assert "Some words." in str(error)
    if form in ("empty", "no errors"):
        assert f"Apple answered {status} without a reason." in error.detail


def test_withdrawing_what_is_gone_is_not_found(client: AppleClient, server: ScriptedServer) -> None:
    server.on("/v1/customerReviewResponses/resp1", Reply(204), reply_problem(404, "NOT_FOUND"))
    client.withdraw("resp1")
    with pytest.raises(NotFound):
        client.withdraw("resp1")
    assert [seen.method for seen in server.seen] == ["DELETE", "DELETE"]


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("/v1/customerReviewResponses/x", lambda client: client.withdraw("x")),
        ("/v1/userInvitations/x", lambda client: client.cancel_invitation("x")),
        ("/v1/users/x", lambda client: client.change_user("x", ["ADMIN"])),
        ("/v1/users/x", lambda client: client.remove_user("x")),
        (
            "/v1/appStoreVersionLocalizations/x",
            lambda client: client.delete("/v1/appStoreVersionLocalizations/x"),
        ),
        ("/v1/appStoreVersions/x", lambda client: client.patch("/v1/appStoreVersions/x", {"data": {}})),
    ],
)
def test_a_page_with_200_is_not_taken_for_a_change_that_apple_made(
    client: AppleClient, server: ScriptedServer, path: str, call: Callable[[AppleClient], None]
) -> None:
    server.on(path, Reply(200, b"<html>Sign in</html>", (("content-type", "text/html"),)))
    with pytest.raises(UnexpectedAnswer) as caught:
        call(client)
    assert not caught.value.unsent, "what became of it is open"
    assert len(server.seen) == 1, "it is not sent again by itself"


def test_associated_errors_are_read_too() -> None:
    inner = {
        "code": "ENTITY_ERROR.ATTRIBUTE.REQUIRED",
        "title": "T",
        "status": "409",
        "detail": "Needs text.",
    }
    outer = {
        "code": "STATE_ERROR",
        "title": "T",
        "status": 409,
        "meta": {"associatedErrors": {"/v1/x": [inner, 7], "/v1/y": None}},
    }
    problems = problems_of(409, body(outer, None, "x"))
    assert [p.code for p in problems] == ["STATE_ERROR", "ENTITY_ERROR.ATTRIBUTE.REQUIRED"]
    assert describe(409, problems).startswith("Apple said: 409 ENTITY_ERROR.ATTRIBUTE.REQUIRED: Needs text.")


def test_a_flood_of_words_is_cut() -> None:
    problems = problems_of(409, body(*[{"code": "C" * 9000, "detail": "d " * 9000}] * 50))
    assert len(problems) == 20
    assert len(problems[0].code) <= 300
    assert len(problems[0].detail) <= 1000


KEYS = (
    "errors",
    "code",
    "detail",
    "status",
    "meta",
    "associatedErrors",
    "source",
    "links",
    "see",
    "title",
    "id",
)
ODD = (
    None,
    True,
    7,
    409,
    "409",
    "٤٠٩",
    1.5,
    "",
    "\x1b]52;c;eA==\x07",
    "\u202e",
    "\ud800",
    "d" * 5000,
    "A.B.C",
)


def near_error(chance: random.Random, depth: int = 0) -> Any:
    """Something like an error of Apple's."""
    kind = chance.randrange(6) if depth < 5 else 0
    if kind < 2:
        return chance.choice((*ODD, *KEYS))
    if kind == 2:
        return [near_error(chance, depth + 1) for _ in range(chance.randint(0, 3))]
    return {chance.choice(KEYS): near_error(chance, depth + 1) for _ in range(chance.randint(0, 4))}


@fuzz("errors")
@given(SEEDS)
def test_any_error_body_gives_an_error(seed: int) -> None:
    chance = random.Random(seed)
    status = chance.randint(400, 599)
    content = body(*[near_error(chance) for _ in range(chance.randint(0, 3))])
    match chance.randrange(4):
        case 0:
            content = spoiled(content, chance)
        case 1:
            content = json.dumps(near_error(chance)).encode()
        case _:
            pass
    error = apple_error(status, problems_of(status, content), "GET /v1/apps")
    assert error.title
    told = f"{error} {error.problems}"
    assert obeyed(told.encode()) == {}
    assert not any(c < " " for c in str(error))


# --- no answer at all ---


def test_a_refused_connection_provably_sent_nothing(connect: Connect, server: ScriptedServer) -> None:
    server.close()
    client = connect(server)
    for ask in (lambda: client.reviews("1"), lambda: client.publish("r1", "x")):
        with pytest.raises(NetworkError) as caught:
            ask()
        assert caught.value.unsent
        assert "cannot be reached" in caught.value.title


def test_a_name_that_does_not_resolve(connect: Connect) -> None:
    client = connect("https://no-such-host.invalid")
    with pytest.raises(NetworkError) as caught:
        client.publish("r1", "x")
    assert caught.value.unsent
    assert "no-such-host.invalid cannot be resolved" in caught.value.title


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(raw=b""), id="closed without a word"),
        pytest.param(Reply(raw=b"HTTP/1.1 2"), id="closed in the status line"),
        pytest.param(Reply(raw=b"\x16\x03\x01 garbage\r\n\r\n"), id="garbage"),
        pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n"), id="huge header"),
        pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\nBad Header\r\n\r\n"), id="broken header"),
        pytest.param(Reply(raw=b"HTTP/1.1 201 OK\r\nContent-Length: x\r\n\r\n"), id="broken length"),
    ],
)
def test_a_post_whose_answer_is_lost_is_open(
    client: AppleClient, server: ScriptedServer, reply: Reply
) -> None:
    server.on(POST, reply)
    with pytest.raises(NetworkError) as caught:
        client.publish("r1", "x")
    assert not caught.value.unsent
    assert len(server.seen) == 1
    server.on(REVIEWS, reply)
    with pytest.raises(NetworkError):
        client.reviews("1")
    assert len(server.asked(REVIEWS)) == 4


@pytest.mark.parametrize(
    ("raised", "unsent"),
    [
        (httpx.ConnectError("x"), True),
        (httpx.ConnectTimeout("x"), True),
        (httpx.PoolTimeout("x"), True),
        (httpx.ProxyError("407 Proxy Authentication Required"), True),
        (httpx.WriteError("x"), False),
        (httpx.WriteTimeout("x"), False),
        (httpx.ReadError("x"), False),
        (httpx.ReadTimeout("x"), False),
        (httpx.RemoteProtocolError("x"), False),
        (httpx.LocalProtocolError("x"), False),
        (httpx.TransportError("x"), False),
    ],
)
def test_unsent_is_said_only_when_it_is_certain(
    connect: Connect, raised: httpx.TransportError, unsent: bool
) -> None:
    asked = 0

    def fail(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        raise raised

    client = connect("https://api.appstoreconnect.apple.com", transport=httpx.MockTransport(fail))
    with pytest.raises(NetworkError) as caught:
        client.publish("r1", "x")
    assert caught.value.unsent is unsent
    assert asked == 1
    with pytest.raises(NetworkError):
        client.reviews("1")
    assert asked == (2 if unsent else 5)


def test_no_message_of_a_failure_holds_the_token(
    client: AppleClient, server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    for reply in (reply_problem(401), Reply(raw=b""), reply_json([]), reply_problem(500)):
        server.on(REVIEWS, reply)
        with pytest.raises((SourceError, NetworkError, UnexpectedAnswer)) as caught:
            client.reviews("1")
        token = (server.seen[-1].authorization or "").removeprefix("Bearer ")
        assert len(token) > 100
        assert token.split(".")[2] not in f"{caught.value} {caught.value!r} {caught.value.__dict__}"
    assert capsys.readouterr() == ("", "")


SPECIFIC = [
    ({"code": "ENTITY_ERROR"}, {"code": "STATE_ERROR", "detail": "Not in this state"}),
    ({"code": "ENTITY_ERROR.ATTRIBUTE"}, {"code": "ENTITY_ERROR.ATTRIBUTE.INVALID", "detail": "x"}),
    ({"code": "FORBIDDEN_ERROR"}, {"code": "REVIEW_GONE", "detail": "x"}),
    (
        {"code": "ENTITY_ERROR.A", "detail": "one"},
        {"code": "ENTITY_ERROR.B", "detail": "x", "source": {"pointer": "/data/attributes/roles"}},
    ),
    ({"detail": "something"}, {"code": "UNEXPECTED", "detail": "x"}),
]


@pytest.mark.parametrize(("general", "specific"), SPECIFIC)
@pytest.mark.parametrize("turned", [False, True])
def test_of_two_errors_the_specific_one_is_told_first_wherever_it_stands(
    general: dict[str, Any], specific: dict[str, Any], turned: bool
) -> None:
    both = (specific, general) if turned else (general, specific)
    error = apple_error(409, problems_of(409, body(*both)), "POST /v1/x")
    assert error.code == specific["code"]
    assert error.detail.startswith(f"Apple said: 409 {specific['code']}: {specific['detail']}")


@pytest.mark.parametrize("status", [200, 201])
def test_an_answer_without_a_body_is_said_to_be_empty_and_the_write_is_not_repeated(
    client: AppleClient, server: ScriptedServer, status: int
) -> None:
    server.on(POST, Reply(status))
    with pytest.raises(UnexpectedAnswer) as caught:
        client.publish("1", "Thanks")
    assert "it is empty" in caught.value.title
    assert "captive" not in str(caught.value)
    assert not caught.value.unsent
    assert len(server.seen) == 1
