"""Which team a home has joined: one small file beside the replica, without a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from ascinbox.core.errors import ConfigError
from ascinbox.core.plainfiles import read_plain
from ascinbox.paths import Paths, write_private_file


@dataclass(frozen=True, slots=True)
class Membership:
    """What `team join` or `team init` decided."""

    address: Mapping[str, str]
    """libpq's keywords, such as host, dbname, user; or `service`. Never a password."""
    team: str
    me: str
    """The login of the database: who this person is on the team."""
    works: bool = False
    """This home holds the stores' keys, syncs and sends. False: a member, who never asks a store."""
    apps: tuple[str, ...] = ()
    """Apps whose reviews are replicated; empty: all."""
    since: datetime | None = None
    """Reviews created since then are replicated; None: all."""
    secret_ref: str = ""
    """Where the vault has the password; empty: none is needed, or .pgpass or pg_service.conf has it."""


@dataclass(frozen=True, slots=True)
class _File:
    address: dict[str, str] = field(default_factory=dict)
    team: str = ""
    me: str = ""
    works: bool = False
    apps: list[str] = field(default_factory=list)
    since: str | None = None
    secret_ref: str = ""


def read(paths: Paths) -> Membership | None:
    """The membership of these folders; None for a person alone. Raises ConfigError for a broken file."""
    path = paths.membership_file
    try:
        found: dict[str, Any] = json.loads(read_plain(path))
        kept = _File(**found)
        since = None if kept.since is None else datetime.fromisoformat(kept.since)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(
            f"{path} cannot be read", str(error), "Leave the team and join again: ascinbox team leave."
        ) from None
    return Membership(kept.address, kept.team, kept.me, kept.works, tuple(kept.apps), since, kept.secret_ref)


def write(paths: Paths, membership: Membership) -> None:
    """From now on these folders are a team's replica."""
    since = None if membership.since is None else membership.since.isoformat()
    kept = asdict(membership) | {"since": since, "apps": list(membership.apps)}
    write_private_file(paths.membership_file, json.dumps(kept, indent=1).encode())
