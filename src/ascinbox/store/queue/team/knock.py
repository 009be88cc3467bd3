"""Whether a PostgreSQL answers at an address, without loading psycopg and without logging in."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from ascinbox.store.queue.team.address import USUAL_PORT

_GSS_ENCRYPTION = struct.pack("!ii", 8, 1234 << 16 | 5680)
"""GSSENCRequest: the first bytes that a server answers with one letter, whoever asks. A connection that ends
after it is not in its log, as one that ends within TLS would be.

Source: PostgreSQL's manual, "Message Formats", and ProcessStartupPacket in src/backend/postmaster."""
_SOCKET_FOLDERS = ("/var/run/postgresql", "/tmp")  # noqa: S108 (where libpq looks, by how it was built)
WAITS_S = 1.0
"""For the connection, and once more for the answer."""


def is_there(parts: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> bool | None:
    """True: a server answers. None: that cannot be told so, for several hosts or an odd answer.

    `parts`: libpq's keywords. Raises OSError, of which TimeoutError is one, where nobody answers.
    """
    place = _place(parts, environ)
    if place is None:
        return None
    with closing(_connected(*place)) as found:
        found.sendall(_GSS_ENCRYPTION)
        return found.recv(1) in (b"G", b"N") or None


def _connected(host: str, port: int) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, port), WAITS_S)
    found = socket.socket(socket.AF_UNIX)
    try:
        found.settimeout(WAITS_S)
        found.connect(f"{host}/.s.PGSQL.{port}")
    except OSError:
        found.close()
        raise
    return found


def _place(parts: Mapping[str, str], environ: Mapping[str, str]) -> tuple[str, int] | None:
    """Host or folder of the socket, and the port."""
    host = parts.get("hostaddr") or parts.get("host") or environ.get("PGHOST") or ""
    port = parts.get("port") or environ.get("PGPORT") or USUAL_PORT
    if not (port.isascii() and port.isdecimal()) or "," in host or host.startswith("@"):
        return None
    if not host:
        host = next((f for f in _SOCKET_FOLDERS if Path(f, f".s.PGSQL.{port}").exists()), "")
    return (host, int(port)) if host else None
