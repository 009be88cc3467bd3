"""The same servers, key and clients as for the tests of App Store Connect."""

from tests.sources.apple.conftest import api_key, client, clock, connect, server, servers

__all__ = ["api_key", "client", "clock", "connect", "server", "servers"]
