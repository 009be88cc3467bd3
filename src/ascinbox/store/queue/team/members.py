"""Who is on the team: logins as SQL that a database's administrator can read, levels, the audit."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ascinbox.core.clock import from_epoch
from ascinbox.core.errors import UsageError
from ascinbox.core.secret import Secret
from ascinbox.core.team import (
    Level,
    Member,
    QueueLengths,
    TeamStatus,
    WorkerSeen,
    check_login,
    distinct_workers,
)
from ascinbox.core.text import clean_line
from ascinbox.store.queue.team import errors
from ascinbox.store.queue.team.address import TeamAddress, stays_here
from ascinbox.store.queue.team.connection import TeamSession
from ascinbox.store.queue.team.driver import sound_text
from ascinbox.store.queue.team.install import members_of

ITERATIONS = 4096
"""PostgreSQL's own number for SCRAM-SHA-256."""
IDLE_IN_TRANSACTION = "10s"
"""So long may a member's session idle in a transaction, and hold the others up, before it is ended."""
LOG_S = 120.0
"""How long the server may take for a part of the log."""
LOGGED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Addition:
    """Somebody new, or with another level."""

    name: str
    level: Level
    statements: tuple[str, ...]
    before: Login
    """The login as it was found. One that is there keeps its password unless one is given."""
    gives_password: bool
    service: str
    """The block for the person's ~/.pg_service.conf. Holds no password."""
    address: TeamAddress
    """The same as an address, for `team join` and the first screen."""
    admin: str
    """Whose act it is."""

    @property
    def is_new(self) -> bool:
        """Whether there was no login of this name."""
        return not self.before.is_there

    @property
    def changes_password(self) -> bool:
        """Whether a login that was there gets another password."""
        return self.gives_password and not self.is_new

    @property
    def sql(self) -> str:
        """For psql. Holds the SCRAM verifier, from which nobody can compute the password.

        The last statement is an act of the admin's: a superuser who runs it need not be on the team.
        """
        told = (
            f"-- {self.name} is there already: this changes the password.\n" if self.changes_password else ""
        )
        *login, put = (f"{statement};\n" for statement in self.statements)
        acting = f"SET SESSION AUTHORIZATION {_name(self.admin)};\n"
        return told + "".join(login) + acting + put + "RESET SESSION AUTHORIZATION;\n"


@dataclass(frozen=True, slots=True)
class Login:
    """What the server and the team know of a login."""

    name: str
    is_there: bool
    is_on: bool
    """Whether it may log in."""
    is_superuser: bool
    level: Level | None
    """On the team, now or before; None: never."""
    removed_at: datetime | None


def login(session: TeamSession, name: str) -> Login:
    """Looks one up. Raises TeamError, and UsageError for what nobody can be called and nobody is called."""
    if sound_text(name) != name:
        # What cannot be sent is left out on the way, and the rest may be somebody else's name.
        check_login(name)
    role = session.rows("SELECT rolcanlogin, rolsuper FROM pg_catalog.pg_roles WHERE rolname = %s", name)
    docs = session.rows(
        "SELECT doc FROM ascinbox.changes(0, 1000000) WHERE kind = 'member' AND doc ->> 'name' = %s", name
    )
    if not docs:
        check_login(name)
    is_on, is_superuser = role[0] if role else (False, False)
    member = _member(docs[0][0]) if docs else None
    level, removed_at = (member.level, member.removed_at) if member else (None, None)
    return Login(name, bool(role), bool(is_on), bool(is_superuser), level, removed_at)


def scram_verifier(password: Secret, salt: bytes | None = None) -> str:
    """What PostgreSQL keeps of a password, made here: the password itself would land in its log.

    Source: RFC 5803 and src/common/scram-common.c of PostgreSQL. SASLprep is NFKC for what can be typed.
    """
    salt = salt or os.urandom(16)
    prepared = unicodedata.normalize("NFKC", password.reveal()).encode()
    salted = hashlib.pbkdf2_hmac("sha256", prepared, salt, ITERATIONS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    parts = (b64encode(part).decode() for part in (salt, stored, server))
    first, second, third = parts
    return f"SCRAM-SHA-256${ITERATIONS}:{first}${second}:{third}"


def addition(session: TeamSession, name: str, level: Level, password: Secret | None) -> Addition:
    """What has to be run to let somebody in, or to change a level. Runs nothing.

    Without `password` the login has none, or keeps its own: for client certificates, peer and the like.
    Raises UsageError for a name that nobody can have, NotAllowed and TeamError for what would be refused.
    """
    check_login(name)
    hello = session.open()
    if hello.level is not Level.ADMIN:
        raise errors.not_at_level(hello.level)
    [[database, me, i_am_superuser]] = session.rows(
        "SELECT current_database()::text, session_user::text,"
        " (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user)"
    )
    if _OF_A_TEAM.fullmatch(name):
        raise UsageError(f"A login cannot be called {name!r}.", "It is the name of a group of a team.")
    before = login(session, name)
    if before.is_superuser and not i_am_superuser:
        raise errors.superusers_login(name)
    if level is not Level.ADMIN and _is_last_admin(session, name):
        raise errors.last_admin()
    role, group = _name(name), _name(members_of(database))
    made = f"{'ALTER' if before.is_there else 'CREATE'} ROLE {role} LOGIN"
    if password:
        made += f" PASSWORD {_text(scram_verifier(password))}"
    statements = (
        made,
        f"GRANT {group} TO {role}",
        f"ALTER ROLE {role} IN DATABASE {_name(database)} SET idle_in_transaction_session_timeout = "
        f"{_text(IDLE_IN_TRANSACTION)}",
        f"SELECT ascinbox.put_member({_text(name)}, {_text(str(level))})",
    )
    parts = session.address.resolved()
    reached = {key: parts[key] for key in ("host", "hostaddr", "port") if parts.get(key)}
    address = TeamAddress({**reached, "user": name, "dbname": database})
    block = service_block(parts, database, name)
    return Addition(name, level, statements, before, bool(password), block, address, me)


_OF_A_TEAM = re.compile(r"ascinbox_.+_(owner|member)")


def _is_last_admin(session: TeamSession, name: str) -> bool:
    admins = [m.name for m in members(session) if m.level is Level.ADMIN and m.removed_at is None]
    return admins == [name]


def service_block(parts: Mapping[str, str], database: str, name: str) -> str:
    """The block for ~/.pg_service.conf: how somebody reaches the team."""
    host = parts.get("host") or parts.get("hostaddr") or ""
    lines = [f"[{database}]"]
    if host:
        lines.append(f"host={host}")
    if "port" in parts:
        lines.append(f"port={parts['port']}")
    lines += [f"dbname={database}", f"user={name}"]
    if not stays_here(parts):
        lines += ["sslmode=verify-full", "channel_binding=require"]
    return "\n".join(lines) + "\n"


def apply(session: TeamSession, added: Addition) -> None:
    """Runs it, all or nothing but the level, which is an act of its own. Raises TeamError."""
    *login, put = added.statements
    with closing(session.beside()) as own:
        own.run("BEGIN")
        try:
            for statement in login:
                own.run(statement)
        except errors.TeamError as error:
            with suppress(errors.TeamError):
                own.run("ROLLBACK")
            if isinstance(error, errors.NotAllowed) and not error.removed:
                raise errors.may_make_no_login(error) from None
            raise
        own.run("COMMIT")
        own.run(put)


def remove(session: TeamSession, name: str) -> bool:
    """Takes somebody off the team: the row, the login, open connections. False: there was no such member.

    What was replicated stays on that person's disk. Raises UsageError for what nobody can be called, and
    TeamError; NotAllowed where the admin may not change logins: then the row is gone, which keeps the person
    out all the same. A connection that may not be ended is refused with its next act.
    """
    before = login(session, name)
    gone = bool(session.call("remove_member", name)["removed"])
    if gone and before.is_there:
        database = str(session.rows("SELECT current_database()::text")[0][0])
        role = _name(name)
        try:
            session.run(f"REVOKE {_name(members_of(database))} FROM {role}")
            session.run(f"ALTER ROLE {role} NOLOGIN")
        except errors.NotAllowed as error:
            raise errors.NotAllowed(
                f"{name} is off the team, but you may not switch the login off",
                error.title,
                f"A database administrator runs: {switching_off(name)}",
            ) from None
        with suppress(errors.NotAllowed):
            session.rows(
                "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"
                " WHERE usename = %s AND datname = current_database()",
                name,
            )
    return gone


def switching_off(name: str) -> str:
    """The SQL that lets a login log in no more."""
    return f"ALTER ROLE {_name(name)} NOLOGIN"


def members(session: TeamSession) -> tuple[Member, ...]:
    """Everybody who is or was on the team, by name. Raises TeamError."""
    rows = session.rows("SELECT doc FROM ascinbox.changes(0, 1000000) WHERE kind = 'member'")
    found = (_member(doc) for (doc,) in rows)
    return tuple(sorted(found, key=lambda member: member.name))


def _member(doc: Mapping[str, Any]) -> Member:
    removed = doc["removed_at"]
    return Member(
        clean_line(doc["name"]),
        Level(doc["level"]),
        from_epoch(doc["added_at"]),
        None if removed is None else from_epoch(removed),
    )


def apply_settings(session: TeamSession, wanted: Mapping[str, bool | None]) -> tuple[str, ...]:
    """Brings the team's settings to what an admin's config.toml says (None: nothing); the changed ones.

    Without a word nothing for whoever is no admin. Raises TeamError.
    """
    hello = session.hello
    stands = {"four_eyes": hello.four_eyes, "per_person": hello.per_person}
    changed = tuple(name for name, value in wanted.items() if value is not None and value != stands[name])
    if hello.level is not Level.ADMIN:
        return ()
    for name in changed:
        set_option(session, name, "1" if wanted[name] else "0")
    return changed


def set_option(session: TeamSession, name: str, value: str) -> None:
    """`team` (its name), `four_eyes` or `per_person` (`0`, `1`). Raises TeamError."""
    session.call("put_option", name, value)
    session.greet_again()


def status(session: TeamSession, lag_s: float | None) -> TeamStatus:
    """What `ascinbox team status` tells. Raises TeamError."""
    hello = session.greet_again()
    told: dict[str, Any] = session.call("status")
    queue: Mapping[str, int] = told["queue"]
    return TeamStatus(
        team=hello.team,
        me=hello.me,
        level=hello.level,
        seq=hello.seq,
        lag_s=lag_s,
        workers=distinct_workers(each for each in _workers(told) if each.is_alive(session.now())),
        queue=QueueLengths(
            waiting=queue.get("waiting", 0),
            queued=queue.get("queued", 0),
            sending=queue.get("sending", 0) + queue.get("unknown", 0),
            held=queue.get("held", 0),
            failed=queue.get("failed", 0),
        ),
    )


def workers(session: TeamSession) -> list[WorkerSeen]:
    """All that ever worked, alive or not. Raises TeamError."""
    return _workers(session.call("status"))


def _workers(told: Mapping[str, Any]) -> list[WorkerSeen]:
    return [
        WorkerSeen(clean_line(each["name"]), from_epoch(each["seen_at"]), tuple(each["accounts"]))
        for each in told["workers"]
    ]


def log(session: TeamSession, since: datetime | None = None) -> Iterator[dict[str, Any]]:
    """Everything that was done, the oldest first, as columns of `act`; for admins. Raises TeamError."""
    after, at = 0, 0.0 if since is None else since.timestamp()
    while True:
        rows = session.rows(
            "SELECT to_jsonb(l) FROM ascinbox.log(%s, %s, %s) l", after, at, LOGGED_AT_ONCE, answers_s=LOG_S
        )
        for (doc,) in rows:
            yield {
                name: json.loads(value) if name == "reviews" else value
                for name, value in doc.items()
                if name != "seq"
            }
        if len(rows) < LOGGED_AT_ONCE:
            return
        after = int(rows[-1][0]["id"])


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    # Standard strings since 9.1; a backslash means itself.
    return "'" + text.replace("'", "''") + "'"


def known_apps(session: TeamSession) -> dict[str, str]:
    """Id -> name, as its store wrote it, of the apps that the team's workers know. Raises TeamError."""
    facts = session.rows("SELECT doc FROM ascinbox.facts(0, 1000000) WHERE kind = 'app'")
    docs = [row[0]["doc"] for row in facts if row[0]["removed_at"] is None]
    return {str(doc["id"]): str(doc["name"]) for doc in docs}
