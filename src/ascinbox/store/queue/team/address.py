"""Where a team's database is, and how the way to it is secured."""

from __future__ import annotations

import configparser
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from ascinbox.core.errors import UsageError
from ascinbox.core.team import check_login
from ascinbox.core.text import clean_line
from ascinbox.store.queue.team import errors, parameters
from ascinbox.store.queue.team.driver import driver

_SERVICE = re.compile(r"service=([A-Za-z0-9_.-]+)")
_WEAK = frozenset({"disable", "allow", "prefer", "require", "verify-ca"})


USUAL_PORT = "5432"
"""PostgreSQL's."""


@dataclass(frozen=True, slots=True)
class TeamAddress:
    """Where a team's database is. Holds no password."""

    parts: Mapping[str, str]
    """libpq's keywords: host, port, user, dbname, service, sslmode …"""

    @classmethod
    def parse(cls, text: str) -> TeamAddress:
        """`postgresql://user@host:port/db` or `service=NAME`. Raises UsageError, without a password in it."""
        text = text.strip()
        if (service := _SERVICE.fullmatch(text)) is not None:
            return cls({"service": service.group(1)})
        if not text.startswith(("postgresql://", "postgres://")):
            raise UsageError(
                "A team's address is postgresql://user@host:port/db or service=NAME", clean_line(text)[:80]
            )
        try:
            query = dict(parse_qsl(urlsplit(text).query))
            has_secret = urlsplit(text).password is not None or bool(parameters.SECRETS & set(query))
        except ValueError:
            has_secret = False
        if has_secret:
            raise UsageError(
                "A password does not belong into the address",
                "Everybody on this machine can read what a command was given.",
                "Leave it out: it is asked for, or taken from ~/.pgpass.",
            )
        psycopg = driver()
        try:
            found = psycopg.conninfo.conninfo_to_dict(text)
        except psycopg.Error as error:
            raise UsageError("This address is not understood", clean_line(str(error))[:200]) from None
        parts = {name: str(value) for name, value in found.items() if value is not None}
        parameters.check(parts, "This address")
        if "user" in parts:
            check_login(parts["user"])
        if not parts.get("dbname"):
            raise UsageError("The address names no database", "", "Write postgresql://user@host/database")
        return cls(parts)

    @property
    def text(self) -> str:
        """The address as `parse` takes it, for config.toml."""
        if "service" in self.parts:
            return f"service={self.parts['service']}"
        known = dict(self.parts)
        host, port = known.pop("host", ""), known.pop("port", "")
        user, name = known.pop("user", ""), known.pop("dbname", "")
        if host.startswith("/"):
            known["host"], host = host, ""
        place = (quote(user, safe="") + "@" if user else "") + (f"[{host}]" if ":" in host else host)
        return f"postgresql://{place}{':' + port if port else ''}/{quote(name, safe='')}" + (
            f"?{urlencode(known)}" if known else ""
        )

    @property
    def shown(self) -> str:
        """For a person: user, host, port unless it is the usual one, database; or the service's name."""
        parts = self.parts
        if "service" in parts:
            return parts["service"]
        user = f"{parts['user']}@" if "user" in parts else ""
        port = "" if parts.get("port", USUAL_PORT) == USUAL_PORT else f":{parts['port']}"
        return clean_line(f"{user}{parts.get('host') or 'this machine'}{port}/{parts.get('dbname', '')}")

    def resolved(self, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The keywords, with those of pg_service.conf in place of a service's name.

        Raises TeamError for a service that no file has, and UsageError for one that is not understood.
        """
        name = self.parts.get("service")
        if name is None:
            return dict(self.parts)
        for path in _service_files(environ):
            found = configparser.RawConfigParser(interpolation=None, strict=False, delimiters=("=",))
            try:
                found.read_string(path.read_text("utf-8"))
            except (OSError, UnicodeDecodeError, configparser.Error):
                continue
            if found.has_section(name):
                parts = dict(found.items(name))
                parameters.check(parts, f"The service {name} in {path}")
                return parts
        raise errors.TeamError(
            f"The service {name} is not in pg_service.conf",
            "",
            "Put the block that `ascinbox team add` printed into ~/.pg_service.conf.",
        )


def _service_files(environ: Mapping[str, str]) -> list[Path]:
    """Where libpq looks, in its order."""
    named = environ.get("PGSERVICEFILE")
    own = Path(named) if named else Path(environ.get("HOME", "~")).expanduser() / ".pg_service.conf"
    shared = environ.get("PGSYSCONFDIR", "/etc/postgresql-common")
    return [own, Path(shared) / "pg_service.conf"]


def is_local(host: str) -> bool:
    """A socket, or this machine by a name or number that cannot be another's."""
    hosts = [part for part in host.split(",") if part]
    return all(
        part.startswith(("/", "@"))
        or part in ("localhost", "::1")
        or re.fullmatch(r"127(\.\d{1,3}){3}", part)
        for part in hosts
    )


def stays_here(parts: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a connection with these keywords leaves this machine under no circumstances.

    libpq connects to the number where there is one, whatever the host is called, and takes both from the
    environment where the address has neither.
    """
    return all(
        is_local(parts.get(name) or environ.get(variable, ""))
        for name, variable in (("host", "PGHOST"), ("hostaddr", "PGHOSTADDR"))
    )


def security(parts: Mapping[str, str], home: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What is added so that nobody can listen or stand in between.

    A socket and loopback may do without TLS. Elsewhere TLS with a checked name, and channel binding where a
    password proves who one is (a client certificate proves it itself). Raises UsageError for less.
    """
    if stays_here(parts, environ):
        return {}
    mode = parts.get("sslmode", "verify-full")
    if mode in _WEAK:
        raise UsageError(
            f"sslmode={mode} does not check who answers",
            f"Host {clean_line(parts.get('host') or parts.get('hostaddr') or environ.get('PGHOST', ''))}.",
            "Leave sslmode out: verify-full is used. Less is accepted on this machine only.",
        )
    added = {"sslmode": "verify-full"}
    if "sslcert" not in parts and not (home / ".postgresql" / "postgresql.crt").exists():
        if parts.get("channel_binding", "require") != "require":
            raise UsageError(
                "channel_binding has to be require", "", "Leave it out, or use a client certificate."
            )
        added["channel_binding"] = "require"
    if "sslrootcert" not in parts and not (home / ".postgresql" / "root.crt").exists():
        added["sslrootcert"] = "system"
    return added


def refuse_open_password_file(environ: Mapping[str, str]) -> None:
    """libpq ignores a password file that others can read, and says so on the screen only."""
    path = Path(environ.get("PGPASSFILE") or Path(environ.get("HOME", "~")).expanduser() / ".pgpass")
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if stat.S_ISREG(mode) and mode & 0o077:
        raise errors.TeamError(
            "Others can read your file of passwords, so it is not used", str(path), f"chmod 600 {path}"
        )
