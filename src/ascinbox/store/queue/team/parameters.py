"""The parameters of a connection whose values are fixed: what each may be. libpq tells some of them only when
it connects, in the words of a server that cannot be reached, and others never."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

from ascinbox.core.errors import UsageError
from ascinbox.core.text import clean_line

_TLS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_SWITCH = ("0", "1")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "channel_binding": ("disable", "prefer", "require"),
    "gssdelegation": _SWITCH,
    "gssencmode": ("disable", "prefer", "require"),
    "gsslib": ("gssapi", "sspi"),
    "keepalives": _SWITCH,
    "load_balance_hosts": ("disable", "random"),
    "max_protocol_version": ("3.0", "3.2", "latest"),
    "min_protocol_version": ("3.0", "3.2", "latest"),
    "ssl_max_protocol_version": _TLS,
    "ssl_min_protocol_version": _TLS,
    "sslcertmode": ("disable", "allow", "require"),
    "sslcompression": _SWITCH,
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslnegotiation": ("postgres", "direct"),
    "sslsni": _SWITCH,
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
}
"""Source: section 34.1.2 of PostgreSQL's manual, "Parameter Key Words"."""
NUMBERS = frozenset(
    {"connect_timeout", "keepalives_count", "keepalives_idle", "keepalives_interval", "tcp_user_timeout"}
)
"""Whole numbers, of seconds but for the last, which has milliseconds; libpq takes -1 for its own default."""
FILES = frozenset({"passfile", "sslcert", "sslcrl", "sslcrldir", "sslkey", "sslrootcert"})
NOT_OURS: Mapping[str, str] = {
    "replication": "It makes a connection that runs no functions.",
    "service": "A service stands alone: service=NAME.",
}
"""What cannot be used, and why."""
SECRETS = frozenset(
    {"oauth_client_secret", "password", "scram_client_key", "scram_server_key", "sslpassword"}
)
"""What has no place in an address, which a command is given and config files hold."""
_ENGINE = re.compile(r"[\w-]+:.+")
"""`engine:key`, for an `sslkey` that is in hardware."""


def check(parts: Mapping[str, str], where: str) -> None:
    """Raises UsageError for a value that is none; `where`: "This address", a service."""
    title = f"{where} is not understood"
    for name, value in parts.items():
        shown = f"{name}={clean_line(value)[:80]}"
        if name in CHOICES and value not in CHOICES[name]:
            raise UsageError(title, f"{shown} is none of {', '.join(CHOICES[name])}.")
        if name in NUMBERS and not re.fullmatch(r"-1|\d{1,9}", value, re.ASCII):
            raise UsageError(title, f"{shown} is no whole number.")
        if name in NOT_OURS:
            raise UsageError(title, NOT_OURS[name], f"Leave out {name}.")
        if name in FILES and not _is_there(name, value):
            raise UsageError(f"{where} names a file that is not there", f"{shown}.")
    for port in filter(None, parts.get("port", "").split(",")):
        if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
            raise UsageError(title, f"{clean_line(port)[:20]} is no port.")
    for number in filter(None, parts.get("hostaddr", "").split(",")):
        if not _is_number(number):
            raise UsageError(
                title,
                f"hostaddr={clean_line(number)[:80]} is no address of numbers.",
                "A name goes into host.",
            )
    names = (parts.get("host") or parts.get("hostaddr") or "").count(",")
    ports = parts.get("port", "").count(",")
    if ports and ports != names:
        raise UsageError(title, f"{names + 1} hosts and {ports + 1} ports do not fit together.")
    if parts.get("sslrootcert") == "system" and parts.get("sslmode", "verify-full") != "verify-full":
        raise UsageError(title, "sslrootcert=system goes with sslmode=verify-full only.")


def _is_there(name: str, value: str) -> bool:
    if not value or (name, value) == ("sslrootcert", "system"):
        return True
    if name == "sslkey" and _ENGINE.fullmatch(value):
        return True
    try:
        return Path(value).exists()
    except (OSError, ValueError):
        return False


def _is_number(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
