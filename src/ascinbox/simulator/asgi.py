"""The ASGI types, and where a request finds its connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CONNECTION = "ascinbox.connection"
"""Key in `scope["extensions"]` under which the server puts the transport, so that a fault can drop it."""


class ConnectionDropped(ConnectionError):
    """Raised where there is no socket to close: in-process clients see it instead of an answer."""
