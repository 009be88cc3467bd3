"""The client's verbs: what they ask for and what they make of the answers."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from ascinbox.apple.client import AppStoreConnect
from tests.apple.scripted_server import (
    GZ,
    REPORT,
    TABLE,
    reviews_document,
)

Connect = Callable[..., AppStoreConnect]


def test_a_mock_transport_works_like_the_wire(connect: Connect) -> None:
    """What other rooms' tests use: httpx's own mock in place of the network."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == REPORT:
            return httpx.Response(200, content=GZ, headers={"content-type": "application/a-gzip"})
        return httpx.Response(200, json=reviews_document(range(2)))

    client = connect("http://127.0.0.1:1", transport=httpx.MockTransport(answer))
    assert len(client.reviews("1").items) == 2
    with client.download(REPORT) as file:
        assert file.read() == TABLE
