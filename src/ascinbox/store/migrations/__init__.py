"""How a data file comes to today's schema: a new one from the models, an older one by numbered steps.

`user_version` holds the version; 1 is the oldest that still opens. The step at index n takes a file from
version n+1 to n+2 and never changes again. All missing steps run in one immediate transaction, so a kill
leaves the old schema or the new one. To add a table or a column: write it in `store/models/`, run
`python -m ascinbox.store.models`, and add the step for older files at the end of `user.SCHEMA` or
`cache.SCHEMA`. A test compares what the steps make of each older file with the models.
"""

from __future__ import annotations

import functools
import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ascinbox.core.errors import NewerData

Step = Sequence[str | Callable[[sqlite3.Connection, str], None]]
"""Statements with `{s}` where the schema's name goes, or functions of (connection, schema)."""


@dataclass(frozen=True, slots=True)
class Schema:
    """What a data file is: its name, the mark in its header and how older files become today's."""

    name: str
    """The schema name under which it is attached: `user` or `cache`."""
    application_id: int
    steps: tuple[Step, ...]
    """From version 1 on."""

    @property
    def version(self) -> int:
        """The version that this program writes."""
        return len(self.steps) + 1

    @property
    def tables(self) -> frozenset[str]:
        """The tables that the newest version has."""
        return frozenset(re.findall(rf"CREATE TABLE {self.name}\.(\w+)", _rendered(self.name)))

    def created(self, attached_as: str) -> list[str]:
        """The statements that make a new file, as the models say."""
        lines = _rendered(self.name).splitlines(keepends=True)
        text = "".join(line for line in lines if not line.startswith("--"))
        parts = (part.strip() for part in text.split(";\n"))
        return [part.replace(f" {self.name}.", f" {attached_as}.", 1) for part in parts if part]


@functools.cache
def _rendered(name: str) -> str:
    """The tables and indexes as text: importing the models themselves takes too long before a first frame."""
    return Path(__file__).parents[1].joinpath("models", f"{name}.sql").read_text("utf-8")


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
        steps = schema.steps[now_at - 1 :] if now_at else [schema.created("{s}")]
        for step in steps:
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
