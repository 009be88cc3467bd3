"""The tables and indexes of a schema as the SQL that makes them."""

from __future__ import annotations

from sqlalchemy import Dialect, Index, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from ascinbox.store.models import metadata

SCHEMAS = ("user", "cache")


def statements(schema: str, dialect: Dialect | None = None) -> list[str]:
    """What creates the tables and indexes of `schema`, for SQLite unless another dialect is given."""
    spoken = dialect or sqlite.dialect()
    found: list[str] = []
    for table in _tables(schema):
        found.append(_plain(str(CreateTable(table).compile(dialect=spoken))))
        indexes = sorted(table.indexes, key=_name)
        found += [_plain(str(CreateIndex(index).compile(dialect=spoken))) for index in indexes]
    return found


def as_text(schema: str) -> str:
    """The file from which a new database of `schema` is made."""
    head = (
        f"-- Tables and indexes of {schema}.db. Written by `python -m ascinbox.store.models`: do not edit.\n"
    )
    return head + "".join(f"\n{statement};\n" for statement in statements(schema))


def server_text() -> str:
    """The tables and indexes of a team's database."""
    from ascinbox.store.models.server import SERVER

    spoken: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    head = "-- Tables of a team's database. Written by `python -m ascinbox.store.models`: do not edit.\n"
    parts = [head]
    for table in sorted(SERVER.tables.values(), key=lambda table: table.name):
        parts.append(f"{_plain(str(CreateTable(table).compile(dialect=spoken)))};\n")
        parts += [
            f"{_plain(str(CreateIndex(index).compile(dialect=spoken)))};\n"
            for index in sorted(table.indexes, key=_name)
        ]
    return "\n".join(parts)


def _tables(schema: str) -> list[Table]:
    return sorted((t for t in metadata().tables.values() if t.schema == schema), key=lambda t: t.name)


def _name(index: Index) -> str:
    return str(index.name)


def _plain(sql: str) -> str:
    """One line a column, whatever the version of SQLAlchemy puts at their ends."""
    lines = (line.replace("\t", "    ").rstrip() for line in sql.splitlines())
    return "\n".join(line for line in lines if line).strip().replace(")\n WITHOUT", ") WITHOUT")
