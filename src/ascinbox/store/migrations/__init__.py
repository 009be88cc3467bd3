"""Schemas as numbered steps forward. Step n of a file takes it from version n-1 to n and never changes again.

`user_version` holds the version. All missing steps run in one immediate transaction, so a kill leaves the old
schema or the new one. New tables are a new step at the end of `user.STEPS` or `cache.STEPS`; the test that
compares the result with the SQLModel metadata then wants the same table in `store/tables/`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ascinbox.core.errors import NewerData

Step = Sequence[str | Callable[[sqlite3.Connection, str], None]]
"""Statements with `{s}` where the schema's name goes, or functions of (connection, schema)."""


@dataclass(frozen=True, slots=True)
class Schema:
    """What a data file is: its name, the mark in its header and how it came to be."""

    name: str
    """The schema name under which it is attached: `user` or `cache`."""
    application_id: int
    steps: tuple[Step, ...]

    @property
    def version(self) -> int:
        """The version that this program writes."""
        return len(self.steps)

    @property
    def tables(self) -> frozenset[str]:
        """The tables that the newest version has."""
        names: set[str] = set()
        for step in self.steps:
            for statement in step:
                if isinstance(statement, str):
                    names.update(re.findall(r"CREATE TABLE \{s\}\.(\w+)", statement))
                    names.difference_update(re.findall(r"DROP TABLE \{s\}\.(\w+)", statement))
        return frozenset(names)


def version_of(connection: sqlite3.Connection, attached_as: str) -> int:
    """The schema version written in the file; 0 for an empty one."""
    return int(connection.execute(f"PRAGMA {attached_as}.user_version").fetchone()[0])


def migrate(
    connection: sqlite3.Connection,
    schema: Schema,
    attached_as: str,
    before: Callable[[int], None] | None = None,
) -> int:
    """Brings the attached file to this program's schema; returns the version it had.

    `before` is called with the old version (never for an empty file) outside of the transaction.
    Raises NewerData for a schema newer than this program, and then touches nothing.
    """
    found = version_of(connection, attached_as)
    refuse_newer(schema, found)
    if found == schema.version:
        return found
    if found and before is not None:
        before(found)
    connection.execute("BEGIN IMMEDIATE")
    try:
        now_at = version_of(connection, attached_as)
        refuse_newer(schema, now_at)
        for step in schema.steps[now_at:]:
            for statement in step:
                if isinstance(statement, str):
                    connection.execute(statement.replace("{s}", attached_as))
                else:
                    statement(connection, attached_as)
        connection.execute(f"PRAGMA {attached_as}.application_id = {schema.application_id}")
        connection.execute(f"PRAGMA {attached_as}.user_version = {schema.version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return found


def refuse_newer(schema: Schema, found: int) -> None:
    """Raises NewerData when a newer ascinbox has written the file."""
    if found > schema.version:
        raise NewerData(
            f"{schema.name}.db was written by a newer ascinbox",
            f"Its schema is {found}, this program knows {schema.version}.",
            "Install the newer ascinbox again; nothing was changed.",
        )
