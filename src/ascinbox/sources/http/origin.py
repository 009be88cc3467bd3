"""The one place that is spoken to: a pinned scheme, host and port. Only it ever sees a token."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

import httpx

from ascinbox.core.errors import UsageError
from ascinbox.core.stores import APP_STORE

_PATH = re.compile(r"(?:/[A-Za-z0-9._~%!$&'()*+,;=:@-]+)+")
_DEFAULT_PORT = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """A pinned origin. Addresses are only ever built on it, never taken from an answer."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(
        cls, base_url: str, label: str = APP_STORE.label, variable: str = APP_STORE.url_variable
    ) -> Origin:
        """Raises UsageError unless `base_url` is https, or http on loopback, with nothing after the port.

        `label` names what is at the address, `variable` what it may have come from."""
        try:
            parts = urlsplit(base_url.strip())
            port = parts.port
        except ValueError:
            raise _refused(base_url, label, variable, "It is not a web address.") from None
        host = (parts.hostname or "").lower()
        if parts.scheme not in _DEFAULT_PORT or not host:
            raise _refused(base_url, label, variable, "It has to begin with https:// and a host.")
        if "@" in parts.netloc:
            raise _refused(base_url, label, variable, "It must not hold a name or a password.")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise _refused(base_url, label, variable, "It must end after the host and port.")
        if parts.scheme == "http" and not is_loopback(host):
            raise _refused(base_url, label, variable, "Plain http is for this machine only (127.0.0.1).")
        return cls(parts.scheme, host, port if port is not None else _DEFAULT_PORT[parts.scheme])

    @property
    def loopback(self) -> bool:
        """True when it is on this machine (the simulator, the demo)."""
        return is_loopback(self.host)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORT[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    def url(self, path: str, query: str = "") -> httpx.URL:
        """`path` (with ids quoted by `segment`) and a raw query on this origin.

        Raises UsageError for a path that could leave it: absolute addresses, `//`, `..`, `?`, `#`.
        """
        if not _PATH.fullmatch(path) or any(part in (".", "..") for part in path.split("/")):
            raise UsageError(f"{path!r} is not a path of this service.")
        return httpx.URL(f"{self}{path}" + (f"?{query}" if query else ""))

    def owns(self, url: httpx.URL) -> bool:
        """True when `url` leads to this origin and holds no user information."""
        port = url.port if url.port is not None else _DEFAULT_PORT.get(url.scheme)
        return (url.scheme, url.host.lower(), port) == (
            self.scheme,
            self.host,
            self.port,
        ) and not url.userinfo


def segment(identifier: str) -> str:
    """An id of the store's as one segment of a path."""
    quoted = quote(identifier, safe="")
    if quoted in ("", ".", ".."):
        raise UsageError(f"{identifier!r} is not an id of the store's.")
    return quoted


def is_loopback(host: str) -> bool:
    """`localhost`, 127.0.0.0/8 or ::1."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """True for an IP address that is reachable from anywhere, False for private ones and for no address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    ip = mapped or ip
    return ip.is_global and not ip.is_multicast


def check_download(url: str, *, allow_loopback: bool) -> SplitResult:
    """The parts of a presigned address that may be fetched without authorization.

    https on its own port to a public host; with `allow_loopback` also http(s) on this machine. Raises
    ValueError with the reason, which never holds the query (it is the link's signature).
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = parts.port
    if "@" in parts.netloc or not host:
        raise ValueError("it names a user or no host")
    if is_loopback(host):
        if not allow_loopback or parts.scheme not in _DEFAULT_PORT:
            raise ValueError("it leads to this machine")
        return parts
    if parts.scheme != "https" or port not in (None, 443):
        raise ValueError("it is not plain https")
    if _is_address(host) and not is_public(host):
        raise ValueError("it leads into a private network")
    if "." not in host and ":" not in host:
        raise ValueError("it names a host of the local network")
    return parts


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _refused(base_url: str, label: str, variable: str, why: str) -> UsageError:
    shown = re.sub(r"//[^/@]*@", "//***@", base_url)[:100]
    return UsageError(f"{shown!r} cannot be used as {label}'s address.", why, f"Check {variable}.")
