"""Makes a team in a database, brings an older one to this program's version, and tells one from the other.

Tables, functions and rights are the numbered files of `schema/`. `team init` runs them all in one
transaction, `team upgrade` makes all functions again. A later version of the tables has its steps with it.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ascinbox.core.outbox.states import WAYS
from ascinbox.core.text import clean_line
from ascinbox.store.queue.team import errors
from ascinbox.store.queue.team.refusals import calling

if TYPE_CHECKING:
    import psycopg

VERSION = 1
"""Of the tables. Functions may change without it; the hash tells."""
FOLDER = Path(__file__).with_name("schema")
_TABLES = "10-tables.sql"
_FIXED = frozenset(
    "id op_id kind review_id app_id account_id text sha256 author template batch approved_by seq".split()
)
"""Columns of a reply that no step changes."""


@functools.cache
def statements() -> dict[str, str]:
    """The numbered files in their order, with what is derived from the tables put in."""
    tables = FOLDER.joinpath(_TABLES).read_text("utf-8")
    outbox, draft = columns(tables, "outbox"), columns(tables, "draft")
    steps = [name for name in outbox if name not in _FIXED]
    put_in = {
        "%outbox.steps%": ", ".join(steps),
        "%outbox.new_steps%": ", ".join(f"new.{name}" for name in steps),
        "%draft.columns%": ", ".join(draft),
        "%draft.new%": ", ".join(f"new.{name}" for name in draft),
        "%ways%": ", ".join(f"'{a} -> {b}'" for a, ways in sorted(WAYS.items()) for b in sorted(ways)),
    }
    found = {}
    for path in sorted(FOLDER.glob("*.sql")):
        text = path.read_text("utf-8")
        for mark, value in put_in.items():
            text = text.replace(mark, value)
        found[path.name] = text
    return found


def columns(tables: str, name: str) -> list[str]:
    """The columns of a table in the text of `10-tables.sql`."""
    found = re.search(rf"CREATE TABLE ascinbox\.{name} \((.*?)\n\);", tables, re.DOTALL)
    assert found is not None, name
    names = [line.split()[0].strip('",') for line in found.group(1).strip().splitlines()]
    return [each for each in names if each != "PRIMARY"]


@functools.cache
def fingerprint() -> str:
    """SHA-256 over everything that makes the schema."""
    digest = hashlib.sha256()
    for name, text in statements().items():
        digest.update(f"{name}\0{text}\0".encode())
    return digest.hexdigest()


def check_version(options: Mapping[str, str]) -> None:
    """Raises SchemaMismatch when another version of ascinbox made the database."""
    found = int(options.get("version", "0"))
    if found > VERSION:
        raise errors.SchemaMismatch(
            "The team's database was made by a newer ascinbox",
            f"Its schema is {found}, this program knows {VERSION}.",
            "Install that one here.",
        )
    if found < VERSION or options.get("hash") != fingerprint():
        raise errors.SchemaMismatch(
            "The team's database is of another version",
            f"Its schema is {found} ({options.get('hash', '')[:12]}), this program's"
            f" {VERSION} ({fingerprint()[:12]}).",
            "An admin: ascinbox team upgrade; everybody then installs the newest version.",
        )


def owner_of(database: str) -> str:
    """The role that owns the schema of a team in this database. Nobody logs in as it."""
    return _role(database, "owner")


def members_of(database: str) -> str:
    """The role whose members may call the team's functions."""
    return _role(database, "member")


def _role(database: str, what: str) -> str:
    """At most 63 bytes, PostgreSQL's limit for a name; a long one ends in a hash that tells it apart."""
    name = f"ascinbox_{database}_{what}"
    if len(name.encode()) <= 63:
        return name
    digest = hashlib.sha256(database.encode()).hexdigest()[:12]
    return f"ascinbox_{digest}_{what}"


# By the catalogue: a schema of somebody else's need not let its relations be named.
_HAS_MEMBERS = (
    "SELECT 1 FROM pg_catalog.pg_class"
    " WHERE relname = 'member' AND relnamespace = to_regnamespace('ascinbox')"
)


def init(connection: psycopg.Connection[Any], team: str, level_of_me: str = "admin") -> None:
    """Makes roles, tables, functions and rights in the database of an open connection, and its user the first
    admin; all or nothing. Raises TeamError when there is a team already, or the right to make one is missing.
    """
    import psycopg
    from psycopg import sql

    database = connection.info.dbname
    owner, member = owner_of(database), members_of(database)
    try:
        with connection.transaction():
            if connection.execute("SELECT to_regnamespace('ascinbox')").fetchone() != (None,):
                if connection.execute(_HAS_MEMBERS).fetchone() is None:
                    raise errors.TeamError(
                        f"The database {database} has a schema ascinbox that is no team's",
                        "",
                        "Make another database for the team, or rename that schema.",
                    )
                raise errors.TeamError(
                    f"There is a team in the database {database} already",
                    "",
                    "Join it: ascinbox team join URL. For a second team make another database.",
                )
            for role in (owner, member):
                found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
                if found is None:
                    connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
            me = sql.SQL("session_user")
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(owner), me))
            connection.execute(sql.SQL("GRANT {} TO {} WITH ADMIN OPTION").format(sql.Identifier(member), me))
            connection.execute(
                sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(
                    sql.Identifier(database), sql.Identifier(owner)
                )
            )
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(owner)))
            connection.execute("CREATE SCHEMA ascinbox")
            _run(connection, member)
            connection.execute("SELECT set_config('ascinbox.entered', pg_current_xact_id()::text, true)")
            connection.execute(
                "INSERT INTO ascinbox.member (name, level, added_at)"
                " VALUES (session_user::text, %s, ascinbox.now())",
                (level_of_me,),
            )
            for name, value in (("team", team), ("four_eyes", "0"), ("per_person", "0")):
                _put_option(connection, name, value)
            _note_version(connection)
            connection.execute("RESET ROLE")
    except psycopg.Error as error:
        who = "It needs CREATEROLE and to own the database, or to be a superuser."
        raise _cannot(error, database, "make a team in", who) from error


def take_away(connection: psycopg.Connection[Any]) -> None:
    """Takes a team that was just made out of the database again, because what was to follow failed."""
    from psycopg import sql

    with connection.transaction():
        owner = sql.Identifier(owner_of(connection.info.dbname))
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(owner))
        connection.execute("DROP SCHEMA ascinbox CASCADE")


_MAY = "SELECT pg_has_role(session_user, oid, 'MEMBER') FROM pg_catalog.pg_roles WHERE rolname = %s"
_OTHERS = (
    "SELECT m.rolname FROM pg_catalog.pg_auth_members a"
    " JOIN pg_catalog.pg_roles o ON o.oid = a.roleid JOIN pg_catalog.pg_roles m ON m.oid = a.member"
    " WHERE o.rolname = %s AND m.rolcanlogin ORDER BY m.rolname"
)


def check_may_upgrade(connection: psycopg.Connection[Any]) -> None:
    """Raises TeamError, with whom to ask, where this login could not `upgrade`. Changes nothing."""
    import psycopg

    database = connection.info.dbname
    owner = owner_of(database)
    try:
        may = connection.execute(_MAY, (owner,)).fetchone() != (False,)
        others = [clean_line(name) for (name,) in connection.execute(_OTHERS, (owner,)).fetchall()]
    except psycopg.Error as error:
        raise calling(error) from error
    if not may:
        raise errors.TeamError(
            f"This login may not upgrade the team in the database {database}",
            "The login that made the team may, and a superuser of the server.",
            f"Ask {' or '.join([', '.join(others), 'a superuser'] if others else ['a superuser'])}:"
            " ascinbox team upgrade.",
        )


def upgrade(connection: psycopg.Connection[Any]) -> None:
    """Brings the team's schema to this program's version; all or nothing. Raises TeamError when the right is
    missing, and SchemaMismatch when the database is newer than the program."""
    import psycopg
    from psycopg import sql

    check_may_upgrade(connection)
    database = connection.info.dbname
    try:
        with connection.transaction():
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(owner_of(database))))
            connection.execute("LOCK TABLE ascinbox.head IN EXCLUSIVE MODE")
            rows = connection.execute("SELECT name, value FROM ascinbox.option").fetchall()
            options = {str(name): str(value) for name, value in rows}
            if int(options.get("version", "0")) > VERSION:
                check_version(options)
            functions = connection.execute(
                "SELECT p.oid::regprocedure::text FROM pg_proc p"
                " WHERE p.pronamespace = 'ascinbox'::regnamespace"
            ).fetchall()
            for (name,) in functions:
                connection.execute(f"DROP FUNCTION {name} CASCADE")
            _run(connection, members_of(database), functions_only=True)
            connection.execute("SELECT set_config('ascinbox.entered', pg_current_xact_id()::text, true)")
            _note_version(connection)
            connection.execute("RESET ROLE")
    except psycopg.Error as error:
        who = "The admin who made the team does it, or a superuser."
        raise _cannot(error, database, "upgrade the team in", who) from error


def _run(connection: psycopg.Connection[Any], member: str, *, functions_only: bool = False) -> None:
    from psycopg import sql

    for name, text in statements().items():
        if functions_only:
            if name == _TABLES:
                continue
            text = _ONCE.sub("", text)
        literal = sql.Literal(member).as_string(connection)
        connection.execute(text.replace("%member.text%", literal).encode())


_ONCE = re.compile(r"^(?:CREATE SEQUENCE|INSERT INTO ascinbox\.head|ALTER TABLE)[^;]*;", re.MULTILINE)
"""What a database has only once."""


def _put_option(connection: psycopg.Connection[Any], name: str, value: str) -> None:
    connection.execute(
        "INSERT INTO ascinbox.option (name, value) VALUES (%s, %s)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def _note_version(connection: psycopg.Connection[Any]) -> None:
    _put_option(connection, "version", str(VERSION))
    _put_option(connection, "hash", fingerprint())


def _cannot(error: Exception, database: str, does: str, who: str) -> errors.TeamError:
    """`does`: what was to be done, such as "make a team in"; `who` may do it."""
    state, words = getattr(error, "sqlstate", None), clean_line(str(error).partition("\n")[0])
    if state == "42501":
        return errors.TeamError(f"This login may not {does} the database {database}", words, who)
    if state == "22023":
        # PostgreSQL's word for SET ROLE to what is not there.
        return errors.SchemaMismatch(
            f"There is no team in the database {database}", words, "Make one: ascinbox team init URL."
        )
    return calling(error)
