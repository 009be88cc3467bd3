"""Rows 40 to 42 of the fault study: where requests go, and what they carry there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ascinbox.core.errors import (
    NetworkError,
    UnexpectedAnswer,
)
from ascinbox.sources.apple.client import AppleClient
from ascinbox.sources.apple.errors import LinkRefused
from ascinbox.sources.http.origin import Origin
from ascinbox.sources.paging import walk
from tests.sources.apple.scripted_server import (
    GOOD,
    POST,
    REPORT,
    REVIEWS,
    TABLE,
    Reply,
    ScriptedServer,
    reply_json,
    report,
    reviews_document,
)

Connect = Callable[..., AppleClient]
Servers = Callable[[], ScriptedServer]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_row_40_a_redirect_is_never_followed(
    client: AppleClient, server: ScriptedServer, servers: Servers, status: int
) -> None:
    second = servers()
    for target in (f"{second.url}/v1/apps", "/v1/apps", "file:///etc/passwd"):
        server.on(REVIEWS, Reply(status, headers=(("Location", target),)))
        server.on(POST, Reply(status, headers=(("Location", target),)))
        server.on(REPORT, Reply(status, headers=(("Location", target),)))
        for ask in (
            lambda: client.reviews("1"),
            lambda: client.publish("r1", "x"),
            lambda: client.download(REPORT),
        ):
            with pytest.raises(UnexpectedAnswer, match="redirect"):
                ask()
    assert second.connections == 0
    assert not server.asked("/v1/apps")


def follow_hostile_next_links(client: AppleClient, server: ScriptedServer, second: ScriptedServer) -> None:
    """Walks a list whose links to the next page all lead astray, and checks who was asked."""
    links = [
        f"{second.url}{REVIEWS}?cursor=1",
        f"//127.0.0.1:{second.port}{REVIEWS}?cursor=2",
        f"http://{server.url.removeprefix('http://')}@127.0.0.1:{second.port}{REVIEWS}?cursor=3",
        f"http://user:word@127.0.0.1:{second.port}/?cursor=4",
        f"http://127.0.0.1:{second.port}\\@127.0.0.1/?cursor=5",
        f"https://127.0.0.1:{second.port}{REVIEWS}?cursor=6",
        "file:///etc/passwd?cursor=7",
        "?cursor=8",
    ]
    pages = [reply_json(reviews_document(range(3 * i, 3 * i + 3), link)) for i, link in enumerate(links)]
    server.on(REVIEWS, *pages, reply_json(reviews_document(range(90, 93))))
    second.on(REVIEWS, reply_json(reviews_document(range(200, 203))))
    read = [r for page in walk(lambda query: client.reviews("1", query=query)) for r in page.items]
    assert second.connections == 0
    assert len(read) == 27
    assert [seen.target for seen in server.seen[1:]] == [f"{REVIEWS}?cursor={i}" for i in range(1, 9)]
    assert all(seen.authorization for seen in server.seen)


def test_row_41_only_the_query_of_a_next_link_is_used(
    client: AppleClient, server: ScriptedServer, servers: Servers
) -> None:
    follow_hostile_next_links(client, server, servers())


def follow_links_verbatim(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the first net away: the whole link is handed on as the next page."""

    def whole_link(document: dict[str, Any]) -> str | None:
        link: str | None = document["links"].get("next")
        return link

    def join(self: Origin, path: str, query: str = "") -> httpx.URL:
        here = httpx.URL(f"{self}{path}")
        if "://" in query or query.startswith("//"):
            return here.join(query)
        return httpx.URL(f"{self}{path}?{query.removeprefix('?')}")

    monkeypatch.setattr("ascinbox.sources.apple.parse.next_query", whole_link)
    monkeypatch.setattr(Origin, "url", join)


def test_row_41_without_the_pin_it_would_leak(
    client: AppleClient, server: ScriptedServer, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check above is worth something: with both nets away the second server is sent the token."""
    second = servers()
    follow_links_verbatim(monkeypatch)
    monkeypatch.setattr(Origin, "owns", lambda self, url: True)
    with pytest.raises(AssertionError):
        follow_hostile_next_links(client, server, second)
    assert any(seen.authorization for seen in second.seen)


def test_row_41_the_second_net_holds_alone(
    client: AppleClient, server: ScriptedServer, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = servers()
    follow_links_verbatim(monkeypatch)
    with pytest.raises(UnexpectedAnswer, match="another host"):
        follow_hostile_next_links(client, server, second)
    assert second.connections == 0


@pytest.mark.parametrize(
    "link", ["https://api.appstoreconnect.apple.com/v1/apps", 7, " ", "http://[::1/?a=b", []]
)
def test_row_41_an_unusable_next_link_is_not_the_end_of_the_list(
    client: AppleClient, server: ScriptedServer, link: Any
) -> None:
    server.on(REVIEWS, reply_json(reviews_document(range(3), link)))
    with pytest.raises(UnexpectedAnswer, match="next page"):
        client.reviews("1")


def test_row_42_a_presigned_link_gets_nothing_of_ours(
    client: AppleClient, server: ScriptedServer, servers: Servers
) -> None:
    second, third = servers(), servers()
    cookie = ("Set-Cookie", "session=1; Path=/")
    server.on(REVIEWS, GOOD.with_headers(cookie))
    client.reviews("1")
    second.on("/seg", Reply(302, headers=(("Location", f"{third.url}/seg2?sig=b"), cookie)))
    third.on("/seg2", report().with_headers(cookie))
    for _ in range(2):
        with client.download_link(f"{second.url}/seg?X-Amz-Signature=a%2Fb%3D") as file:
            assert file.read() == TABLE
    assert [seen.target for seen in second.seen] == ["/seg?X-Amz-Signature=a%2Fb%3D"] * 2
    for seen in second.seen + third.seen:
        assert seen.headers.keys() <= {"host", "accept", "accept-encoding", "user-agent", "connection"}


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/seg?sig=SIGNATURE",
        "https://192.168.1.1/seg?sig=SIGNATURE",
        "https://169.254.169.254/latest/meta-data?sig=SIGNATURE",
        "https://[fd00::1]/seg?sig=SIGNATURE",
        "https://[::ffff:10.0.0.1]/seg?sig=SIGNATURE",
        "https://user:word@bucket.s3.amazonaws.com/seg?sig=SIGNATURE",
        "http://bucket.s3.amazonaws.com/seg?sig=SIGNATURE",
        "https://bucket.s3.amazonaws.com:8443/seg?sig=SIGNATURE",
        "https://intranet/seg?sig=SIGNATURE",
        "ftp://bucket.s3.amazonaws.com/seg?sig=SIGNATURE",
        "file:///etc/passwd?sig=SIGNATURE",
        "https:///seg?sig=SIGNATURE",
        "https://bucket.example:port/?sig=SIGNATURE",
        "//bucket.s3.amazonaws.com/seg?sig=SIGNATURE",
        "?sig=SIGNATURE",
    ],
)
def test_row_42_a_presigned_link_into_a_private_network_is_refused(
    client: AppleClient, server: ScriptedServer, servers: Servers, url: str
) -> None:
    second = servers()
    second.on("/seg", Reply(302, headers=(("Location", url),)))
    for asked in (url, f"{second.url}/seg"):
        with pytest.raises(UnexpectedAnswer) as caught:
            client.download_link(asked)
        assert "SIGNATURE" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_row_42_a_real_account_is_not_sent_to_this_machine(
    connect: Connect, server: ScriptedServer, host: str
) -> None:
    client = connect("https://api.appstoreconnect.apple.com")
    for scheme in ("http", "https"):
        with pytest.raises(UnexpectedAnswer):
            client.download_link(f"{scheme}://{host}:{server.port}/seg")
    assert server.connections == 0


def test_row_42_a_public_name_that_resolves_to_a_private_address_is_refused(
    connect: Connect, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The addresses that are judged are those that are connected to: a second answer of DNS is moot."""
    monkeypatch.setattr(
        "socket.getaddrinfo", lambda host, port, **_: [(2, 1, 6, "", ("127.0.0.1", server.port))]
    )
    client = connect("https://api.appstoreconnect.apple.com")
    with pytest.raises(NetworkError, match="another network") as caught:
        client.download_link("https://bucket.s3.amazonaws.com/seg?sig=SIGNATURE")
    assert caught.value.unsent
    assert server.connections == 0


def test_row_42_redirects_of_a_link_end(client: AppleClient, servers: Servers) -> None:
    second = servers()
    second.on("/seg", Reply(302, headers=(("Location", "/seg"),)))
    with pytest.raises(UnexpectedAnswer, match="too many redirects"):
        client.download_link(f"{second.url}/seg?sig=SIGNATURE")
    assert len(second.seen) == 4


def test_row_42_an_expired_link_is_told_apart(client: AppleClient, servers: Servers) -> None:
    second = servers()
    second.on("/seg", Reply(403, b"<Error><Code>AccessDenied</Code></Error>"))
    with pytest.raises(LinkRefused) as caught:
        client.download_link(f"{second.url}/seg?sig=SIGNATURE")
    assert caught.value.status == 403
    assert "SIGNATURE" not in str(caught.value)
    assert len(second.seen) == 1
