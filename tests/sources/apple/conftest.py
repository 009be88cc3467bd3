"""Servers that misbehave to order, a key made for this run, and clients that talk to the servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ascinbox.core.clock import Clock
from ascinbox.core.records import CredentialKind
from ascinbox.sources.apple.client import AppleClient
from ascinbox.sources.apple.tokens import TokenSource
from tests.sources.apple.scripted_server import ScriptedServer, StepClock

ISSUER = "57246542-96fe-1a63-e053-0824d011072a"

Connect = Callable[..., AppleClient]


@pytest.fixture(scope="session")
def api_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def clock() -> StepClock:
    return StepClock()


@pytest.fixture
def servers() -> Iterator[Callable[[], ScriptedServer]]:
    opened: list[ScriptedServer] = []

    def start() -> ScriptedServer:
        opened.append(ScriptedServer())
        return opened[-1]

    yield start
    for server in opened:
        server.close()


@pytest.fixture
def server(servers: Callable[[], ScriptedServer]) -> ScriptedServer:
    return servers()


@pytest.fixture
def connect(api_key: ec.EllipticCurvePrivateKey, clock: StepClock) -> Iterator[Connect]:
    """`connect(server, **options)`: a client of a scripted server (or of a base URL)."""
    opened: list[AppleClient] = []

    def make(server: ScriptedServer | str, *, clock: Clock = clock, **options: Any) -> AppleClient:
        tokens = TokenSource(CredentialKind.TEAM, "2X9R4HXF34", ISSUER, api_key, clock)
        base_url = server if isinstance(server, str) else server.url
        options.setdefault("jitter", lambda: 1.0)
        client = AppleClient(tokens=tokens, clock=clock, base_url=base_url, **options)
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def client(connect: Connect, server: ScriptedServer) -> AppleClient:
    return connect(server)
