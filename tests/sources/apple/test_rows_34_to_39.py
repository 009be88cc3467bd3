"""Rows 34 to 39 of the fault study: answers that drip, are cut, explode or are something else."""

from __future__ import annotations

import gzip
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ascinbox.core.clock import SystemClock
from ascinbox.core.errors import (
    AscinboxError,
    NetworkError,
    UnexpectedAnswer,
)
from ascinbox.sources.apple.client import AppleClient
from ascinbox.sources.http.errors import DamagedAnswer
from tests.sources.apple.scripted_server import (
    GOOD,
    GZ,
    JSON_TYPE,
    POST,
    REPORT,
    REVIEWS,
    TABLE,
    Reply,
    ScriptedServer,
    StepClock,
    bomb,
    packed,
    reply_json,
    report,
    response_document,
    reviews_document,
)

Connect = Callable[..., AppleClient]


DRIPS: dict[str, dict[str, Any]] = {
    "body": {"drip_s": 0.1},
    "head": {"drip_s": 0.1, "drip_head": True},
    "silence": {"silent": True},
    "chunked": {"drip_s": 0.1, "chunked": True},
}


@pytest.mark.parametrize("drip", DRIPS)
@pytest.mark.parametrize("what", ["list", "report", "post"])
def test_row_34_slow_drip(connect: Connect, server: ScriptedServer, drip: str, what: str) -> None:
    deadline = 0.6
    client = connect(server, clock=SystemClock(), deadline_s=deadline)
    server.on(REVIEWS, Reply(200, GOOD.body, GOOD.headers, **DRIPS[drip]))
    server.on(POST, Reply(201, GOOD.body, GOOD.headers, **DRIPS[drip]))
    server.on(REPORT, report(**DRIPS[drip]))
    asks: dict[str, Callable[[], object]] = {
        "list": lambda: client.reviews("1"),
        "report": lambda: client.download(REPORT, deadline_s=deadline),
        "post": lambda: client.publish("r1", "x"),
    }
    started = time.monotonic()
    with pytest.raises(NetworkError) as caught:
        asks[what]()
    assert time.monotonic() - started <= deadline + 1
    assert "in time" in caught.value.title
    assert not caught.value.unsent


def test_row_34_a_steady_trickle_is_given_up_before_the_deadline(
    connect: Connect, server: ScriptedServer, clock: StepClock
) -> None:
    """A report may take 300 s, but not by one byte a second."""

    def answer(request: httpx.Request) -> httpx.Response:
        class Trickle(httpx.SyncByteStream):
            def __iter__(self) -> Any:
                for byte in GZ:
                    clock.advance(1)
                    yield bytes([byte])

        return httpx.Response(200, headers={"content-type": "application/a-gzip"}, stream=Trickle())

    began = clock.monotonic()
    with pytest.raises(NetworkError, match="in time"):
        connect(server, transport=httpx.MockTransport(answer)).download(REPORT)
    assert clock.monotonic() - began < 4 * 20 + 5


LONG = reply_json(reviews_document(range(200)))
CUTS = [
    pytest.param(
        Reply(200, LONG.body, LONG.headers, length=len(LONG.body) + 100, end="fin"), id="length too long"
    ),
    pytest.param(
        Reply(200, LONG.body, LONG.headers, length=len(LONG.body) // 2, end="fin"), id="length too short"
    ),
    pytest.param(Reply(200, LONG.body, LONG.headers, length=None, cut=9000, end="fin"), id="FIN"),
    pytest.param(Reply(200, LONG.body, LONG.headers, cut=9000, end="rst"), id="RST"),
    pytest.param(Reply(200, LONG.body, LONG.headers, chunked=True, cut=9000, end="fin"), id="chunked"),
    pytest.param(packed(LONG, gzip.compress(LONG.body)[:2000]), id="gzip"),
]


@pytest.mark.parametrize("cut", CUTS)
def test_row_35_nothing_of_a_cut_body_is_used(
    client: AppleClient, server: ScriptedServer, cut: Reply
) -> None:
    server.on(REVIEWS, cut)
    with pytest.raises(NetworkError) as caught:
        client.reviews("1")
    assert not caught.value.unsent
    assert 2 <= len(server.seen) <= 4


@pytest.mark.parametrize("cut", CUTS)
def test_row_35_the_second_try_brings_it_whole(
    client: AppleClient, server: ScriptedServer, cut: Reply
) -> None:
    server.on(REVIEWS, cut, LONG)
    assert len(client.reviews("1").items) == 200
    server.on(POST, reply_json(response_document("Hi"), 201))
    assert client.publish("r1", "Hi").state == "PENDING_PUBLISH"


@pytest.mark.parametrize("cut", CUTS)
def test_row_35_a_cut_answer_to_a_post_leaves_it_open(
    client: AppleClient, server: ScriptedServer, cut: Reply
) -> None:
    server.on(POST, cut)
    with pytest.raises(NetworkError) as caught:
        client.publish("r1", "x")
    assert not caught.value.unsent
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(GZ[:-8], id="no trailer"),
        pytest.param(GZ[:-1], id="trailer cut"),
        pytest.param(GZ[:-8] + b"\0\0\0\0" + GZ[-4:], id="bad CRC"),
        pytest.param(GZ[:-4] + b"\1\0\0\0", id="bad length"),
        pytest.param(GZ[: len(GZ) // 2], id="half"),
        pytest.param(GZ[:12] + b"\xff\xff" + GZ[14:], id="damaged inside"),
        pytest.param(GZ + b"rest", id="leftovers"),
        pytest.param(b"\x1f\x8b", id="magic only"),
    ],
)
@pytest.mark.parametrize("how", ["report", "json"])
def test_row_36_gzip_without_a_proper_end_is_refused(
    client: AppleClient, server: ScriptedServer, body: bytes, how: str
) -> None:
    if how == "report":
        server.on(REPORT, report(body))
        with pytest.raises(DamagedAnswer):
            client.download(REPORT)
    else:
        server.on(REVIEWS, packed(GOOD, body))
        with pytest.raises(DamagedAnswer):
            client.reviews("1")
    assert len(server.seen) == 2


def test_row_36_whole_reports_come_through(client: AppleClient, server: ScriptedServer) -> None:
    for reply in (
        report(),
        report(chunked=True),
        report(length=None, end="fin"),
        packed(report(), gzip.compress(GZ)),
        report(gzip.compress(TABLE[:100]) + gzip.compress(TABLE[100:])),
        report(GZ + b"\0" * 512),
        report(TABLE),
    ):
        server.on(REPORT, reply)
        with client.download(REPORT, {"filter[frequency]": "DAILY"}) as file:
            assert file.read() == TABLE
    assert server.seen[-1].headers["accept"] == "application/a-gzip"
    server.on(REPORT, report(TABLE, length=None, end="fin"))
    with pytest.raises(DamagedAnswer, match="marks its end"):
        client.download(REPORT)


BOMB = """
import resource, sys
from cryptography.hazmat.primitives.asymmetric import ec
from ascinbox.sources.apple.client import AppleClient
from ascinbox.sources.apple.tokens import TokenSource
from ascinbox.core.clock import SystemClock
from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.core.records import CredentialKind
clock, key = SystemClock(), ec.generate_private_key(ec.SECP256R1())
tokens = TokenSource(CredentialKind.INDIVIDUAL, "2X9R4HXF34", None, key, clock)
client = AppleClient(tokens=tokens, clock=clock, base_url=sys.argv[1])
client.reviews("1")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
refused = 0
for ask, what in ((client.reviews, "2"), (client.download, "/v1/salesReports"), (client.reviews, "3")):
    try:
        ask(what)
    except UnexpectedAnswer as error:
        refused += "more than" in str(error) or "larger than" in str(error)
print(refused, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_row_37_a_bomb_does_not_go_off(server: ScriptedServer) -> None:
    much = bomb(b"\0", 300)
    assert len(much) < 306_000
    server.on(REVIEWS, GOOD)
    server.on("/v1/apps/2/customerReviews", packed(GOOD, much))
    server.on("/v1/apps/3/customerReviews", Reply(200, b"[" + b"1," * 15_000_000, (JSON_TYPE,)))
    server.on(REPORT, report(much))
    done = subprocess.run(
        [sys.executable, "-c", BOMB, server.url], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    refused, grown_kib = map(int, done.stdout.split())
    assert refused == 3
    assert grown_kib < 64 * 1024


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(200, b"<html>Sign in</html>", (("Content-Type", "text/html"),)), id="HTML"),
        pytest.param(Reply(200, b"", (JSON_TYPE,)), id="empty"),
        pytest.param(Reply(200, b""), id="empty, no type"),
        pytest.param(Reply(200, GOOD.body, (("Content-Type", "text/plain"),)), id="wrong type"),
        pytest.param(reply_json([1, 2]), id="a list"),
        pytest.param(reply_json({"data": {"id": "1"}, "links": {}}), id="data of another form"),
        pytest.param(reply_json({"hello": 1}), id="no data"),
        pytest.param(Reply(200, zlib.compress(GOOD.body * 9), (JSON_TYPE,)), id="another packing"),
        pytest.param(Reply(404, b"<html>Not here</html>", (("Content-Type", "text/html"),)), id="HTML 404"),
        pytest.param(Reply(204), id="nothing"),
    ],
)
def test_row_38_what_is_not_apples_answer_is_refused(
    client: AppleClient, server: ScriptedServer, reply: Reply
) -> None:
    server.on(REVIEWS, reply)
    with pytest.raises(UnexpectedAnswer) as caught:
        client.reviews("1")
    assert caught.value.title.startswith("Unexpected answer")
    assert len(server.seen) == 1
    if b'"id"' not in reply.body:
        with pytest.raises(UnexpectedAnswer):
            client.probe(REVIEWS)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="deep"),
        pytest.param(b'{"data":' + b'{"a":' * 100_000, id="deep and cut"),
        pytest.param(b'{"data":[],"meta":{"paging":{"total":' + b"9" * 5000 + b"}}}", id="5,000 digits"),
        pytest.param(b'{"data":[],"meta":NaN}', id="NaN"),
        pytest.param(b'{"data":[],"meta":-Infinity}', id="Infinity"),
        pytest.param(b'{"data":[]} trailing', id="trailing"),
        pytest.param(b"\xff\xfe\x00", id="not UTF-8"),
        pytest.param(b'{"data":"\xff"}', id="bad UTF-8 inside"),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_row_39_odd_json_is_a_handled_error(
    client: AppleClient, server: ScriptedServer, body: bytes, status: int
) -> None:
    server.on(REVIEWS, Reply(status, body, (JSON_TYPE,)))
    with pytest.raises(AscinboxError):
        client.reviews("1")
