"""The lowest floor: connections that keep one deadline for a whole request, guard where they lead to,
and take proxy and CA bundle from the environment. TLS is never relaxed, redirects are never followed.

httpx counts its timeouts per read, so a server that sends a byte a second would hold a thread for ever.
Here every connect, write and read gets what is left of the request's own deadline.
"""

from __future__ import annotations

import os
import queue
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import httpcore
import httpx

from ascinbox.core.clock import Clock
from ascinbox.core.errors import ConfigError
from ascinbox.sources.http.origin import is_loopback, is_public

CONNECT_S = 10.0
"""Longest time for one connection to come about."""
ADDRESS_S = 4.0
"""Longest time for one of several addresses of a host."""
CONNECTIONS = 40
"""Of one pool, which several accounts may share; how many requests run is the callers' business."""

Reach = Literal["anywhere", "public", "loopback", "public or loopback"]
"""Which addresses a connection may lead to."""
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class RefusedAddress(httpcore.ConnectError):
    """The name leads to an address that this connection must not reach."""


class Deadline(float):
    """When a request has to be over. As a float it is the seconds it began with, so that it can stand
    wherever httpx wants a timeout; connections of this module ask `remaining()` before each step."""

    _clock: Clock
    _ends: float
    _stall: float

    @classmethod
    def after(cls, clock: Clock, seconds: float, stall: float | None = None) -> Deadline:
        """Ends in `seconds`; no single wait lasts longer than `stall`."""
        deadline = cls(seconds)
        deadline._clock = clock
        deadline._ends = clock.monotonic() + seconds
        deadline._stall = seconds if stall is None else stall
        return deadline

    def remaining(self) -> float:
        """Seconds left, not below 0."""
        return max(0.0, self._ends - self._clock.monotonic())

    def put_off(self, seconds: float) -> None:
        """Ends so much later: nothing is asked of anybody meanwhile."""
        self._ends += seconds

    def wait(self) -> float:
        """Longest time for the next single wait."""
        return min(self.remaining(), self._stall)

    def as_extension(self) -> dict[str, float]:
        """The `timeout` extension of a request."""
        return {"connect": self, "read": self, "write": self, "pool": self.remaining()}


def _seconds(timeout: float | None) -> float | None:
    return timeout.wait() if isinstance(timeout, Deadline) else timeout


class _Stream(httpcore.NetworkStream):
    """A connection whose every read and write gets what is left of the deadline."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        seconds = _seconds(timeout)
        if seconds == 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return self._inner.read(max_bytes, seconds)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        seconds = _seconds(timeout)
        if seconds == 0:
            raise httpcore.WriteTimeout("the deadline has passed")
        self._inner.write(buffer, seconds)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = _seconds(timeout)
        if seconds is not None:
            if seconds == 0:
                self.close()
                raise httpcore.ConnectTimeout("the deadline has passed")
            seconds = min(seconds, CONNECT_S)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Resolves, judges the addresses, and connects to one that was judged (never resolving twice)."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        seconds = _seconds(timeout)
        ends = time.monotonic() + min(CONNECT_S if seconds is None else seconds, CONNECT_S)
        addresses = _resolve(host, port, ends - time.monotonic())
        for address in addresses:
            if not _allowed(address, self._reach):
                raise RefusedAddress(f"{host} leads where it must not")
        failure: Exception = httpcore.ConnectTimeout("no address answered")
        for index, address in enumerate(addresses, start=1):
            left = ends - time.monotonic()
            if left <= 0:
                break
            share = left if index == len(addresses) else min(left, ADDRESS_S)
            try:
                return _Stream(self._inner.connect_tcp(address, port, share, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


def _allowed(address: str, reach: Reach) -> bool:
    match reach:
        case "anywhere":
            return True
        case "public":
            return is_public(address)
        case "loopback":
            return is_loopback(address)
        case "public or loopback":
            return is_public(address) or is_loopback(address)


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """The host's addresses. The system's resolver knows no timeout: it runs in a thread that may be left."""
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else socket.gaierror(str(error)))

    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    try:
        answer = answers.get(timeout=max(seconds, 0.001))
    except queue.Empty:
        raise httpcore.ConnectTimeout("the name was not resolved in time") from None
    if isinstance(answer, OSError):
        # Raised here and now, since httpcore drops a cause but keeps the context.
        try:
            raise answer
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
    return answer


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise _as_httpx(error) from error

    def close(self) -> None:
        close = getattr(self._stream, "close", None)
        if close is not None:
            close()


class Wire(httpx.BaseTransport):
    """A connection pool behind httpx's transport interface. Thread-safe; keeps no cookie, adds no header."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends `request` and returns once the answer's headers are there. Raises httpx's TransportErrors."""
        url = request.url
        try:
            answer = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except ImportError:
            raise ConfigError(
                "A SOCKS proxy is set, but this installation cannot use one.",
                "",
                "Set HTTPS_PROXY to an http:// proxy, or install the package socksio.",
            ) from None
        except _HTTPCORE as error:
            raise _as_httpx(error) from error
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions
        )

    def close(self) -> None:
        self._pool.close()


_HTTPCORE = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


def _as_httpx(error: Exception) -> httpx.TransportError:
    for kind in type(error).__mro__:
        twin = getattr(httpx, kind.__name__, None)
        if isinstance(twin, type) and issubclass(twin, httpx.TransportError):
            return twin(str(error))
    return httpx.TransportError(str(error))


def open_wire(
    scheme: str, host: str, *, reach: Reach = "anywhere", tls: ssl.SSLContext | None = None
) -> Wire:
    """Connections to `host`, through the environment's proxy if it names one for it (never to loopback).

    Behind a proxy the name is resolved over there, so `reach` can only judge addresses on direct connections.
    Raises ConfigError when the environment's proxy or CA bundle cannot be used.
    """
    if tls is None and scheme == "https":
        tls = tls_context()
    proxy = proxy_for(scheme, host)
    return Wire(
        httpcore.ConnectionPool(
            ssl_context=tls,
            proxy=proxy,
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS,
            keepalive_expiry=15.0,
            network_backend=_Backend("anywhere" if proxy else reach),
        )
    )


def tls_context() -> ssl.SSLContext:
    """Full verification against certifi's authorities, or those of SSL_CERT_FILE / SSL_CERT_DIR."""
    try:
        return httpx.create_ssl_context(trust_env=True)
    except (OSError, ValueError) as error:
        keylog = os.environ.get("SSLKEYLOGFILE")
        if keylog and not _can_log_keys(keylog):
            raise ConfigError(
                "The file named in SSLKEYLOGFILE cannot be written.",
                f"{keylog}: {error.strerror or error}" if isinstance(error, OSError) else keylog,
                "Name another file, or unset SSLKEYLOGFILE: it is for debugging TLS only.",
            ) from None
        named = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or ""
        raise ConfigError(
            "The CA bundle in SSL_CERT_FILE or SSL_CERT_DIR cannot be used.",
            f"{named}: {error.strerror or error}" if isinstance(error, OSError) else named,
            "Point it at a PEM file of certificate authorities, or unset it.",
        ) from None


def _can_log_keys(path: str) -> bool:
    """Whether TLS secrets can be written there: ssl tries it before it looks at any authority."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = path
    except (OSError, ValueError):
        return False
    return True


def proxy_for(scheme: str, host: str) -> httpcore.Proxy | None:
    """The proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY ask for; none for loopback."""
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    proxies = urllib.request.getproxies()
    named = proxies.get(scheme) or proxies.get("all")
    if not named:
        return None
    try:
        proxy = httpx.Proxy(named if "://" in named else f"http://{named}")
    except (httpx.InvalidURL, ValueError):
        raise ConfigError(
            f"The proxy for {scheme} in the environment is not an address.",
            "",
            "It looks like http://host:port; see HTTPS_PROXY, HTTP_PROXY and ALL_PROXY.",
        ) from None
    url = proxy.url
    return httpcore.Proxy(
        url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        auth=proxy.raw_auth,
        headers=proxy.headers.raw,
    )
