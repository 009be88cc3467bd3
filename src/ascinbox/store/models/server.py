"""The tables of a team's database (PostgreSQL): those of `user` and `cache` that are shared, and some more.

A shared table is a copy of the local one: the same columns, but for what each person keeps for himself, and
with what several people need. `seq` is the position in the feed. How it is used: docs/team-internals.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Column, Index, Integer, MetaData, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

from ascinbox.store.models.acts import ActTable
from ascinbox.store.models.columns import SECONDS, WHOLE, WORDS
from ascinbox.store.models.replies import DraftTable, EditingTable, OutboxPauseTable, OutboxTable
from ascinbox.store.models.reviews import ReviewTable
from ascinbox.store.models.team import MemberTable, NoteTable
from ascinbox.store.models.triage import EarlierTextTable, TagTable, TriageTable

SCHEMA = "ascinbox"
SERVER = MetaData(schema=SCHEMA)
_NAMES = Text(collation="C")
"""Names of things are compared byte by byte, whatever the language of the database."""
_COMPARED = frozenset({"id", "review_id", "op_id", "app_id"})


def _table(
    name: str,
    model: type[SQLModel] | None,
    *more: Column[object],
    key: Iterable[str],
    without: Iterable[str] = (),
    indexed: Collection[str] = (),
    fed: bool = True,
) -> Table:
    """A table with the columns of a local one, those of `more`, and `seq` where the feed carries its rows.

    Of the local indexes it has those that are `indexed` by name: replicas do the searching.
    """
    left_out = frozenset(without)
    columns: list[Column[object]] = []
    indexes: list[Index] = []
    if model is not None:
        local: Table = model.__table__  # type: ignore[attr-defined]
        for column in local.columns:
            if column.key in left_out:
                continue
            kind = _NAMES if column.key in _COMPARED and isinstance(column.type, Text) else column.type
            grows = column is local.autoincrement_column
            copy: Column[object] = Column(
                column.key, kind, nullable=column.nullable, autoincrement=grows, primary_key=grows
            )
            columns.append(copy)
        indexes = [
            Index(
                str(index.name),
                *(column.key for column in index.columns),
                unique=index.unique,
                postgresql_where=index.dialect_options["postgresql"]["where"],
            )
            for index in local.indexes
            if str(index.name) in indexed
        ]
    columns += more
    if fed:
        columns.append(Column("seq", WHOLE, nullable=False))
        indexes.append(Index(f"{name}_seq", "seq"))
    return Table(name, SERVER, *columns, PrimaryKeyConstraint(*key), *indexes)


def _whole(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, WHOLE, nullable=nullable, autoincrement=False)


def _seconds(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, SECONDS, nullable=nullable)


def _words(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, WORDS, nullable=nullable)


REVIEW = _table(
    "review",
    ReviewTable,
    _words("app_id"),
    _words("told", nullable=True),
    key=("id",),
    without=("key", "app", "state", "marks", "changed_at", "lang", "length", "seen_at"),
)
"""A review as a worker met it. Its place in lists, its state and its marks are derived by each replica.
`told`: as in `PreparedReview.told`, a JSON array."""
TRIAGE = _table("triage", TriageTable, _words("set_by"), key=("review_id",), without=("opened_at", "read"))
"""Marks that are shared. What is read is each person's own."""
TAG = _table("tag", TagTable, _words("fold"), _seconds("removed_at"), key=("review_id", "fold"))
"""A tag; `fold` is the form in which tags are the same."""
DRAFT = _table("draft", DraftTable, _seconds("removed_at"), key=("review_id", "author"))
"""One draft a review and person."""
CLAIM = _table("claim", EditingTable, _seconds("released_at"), key=("review_id",))
"""Who has the editor of a review open; `who` is the login."""
NOTE = _table("note", NoteTable, key=("id",))
OUTBOX = _table(
    "outbox", OutboxTable, _words("approved_by"), key=("id",), indexed=("outbox_moving", "outbox_op")
)
"""One intention; `author` is the login."""
PAUSE = _table("pause", OutboxPauseTable, _seconds("ended_at"), key=("account_id",))
ACT = _table("act", ActTable, Column("shown", Integer, nullable=False), key=("id",), without=("batch",))
"""The audit: only ever added to. `who` is the login; rows with `shown` 1 are in everybody's Activity."""
UNDO = _table(
    "undo",
    None,
    Column("batch", WHOLE, primary_key=True, autoincrement=True),
    _words("login"),
    _words("verb"),
    Column("changes", JSONB, nullable=False),
    _seconds("at", nullable=False),
    _seconds("taken_back_at"),
    key=("batch",),
)
"""What an act changed: array of {id, was, is}."""
EARLIER_TEXT = _table("earlier_text", EarlierTextTable, key=("review_id", "content"), without=("id",))
MEMBER = _table("member", MemberTable, key=("name",))
OPTION = _table("option", None, _words("name"), _words("value"), key=("name",))
"""Name of the team, `four_eyes`, `per_person`, version and hash of the schema."""
SHARED = _table(
    "shared",
    None,
    _words("kind"),
    _words("key"),
    Column("doc", JSONB, nullable=False),
    _seconds("removed_at"),
    key=("kind", "key"),
)
"""What workers found and members only read: accounts without their secrets, apps, verdicts, runs."""
ACCOUNT = _table(
    "account",
    None,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    _words("name"),
    _words("worker"),
    _seconds("until"),
    key=("id",),
    fed=False,
)
"""The number by which replies name an account, and which worker works on it until when."""
Index("account_name", ACCOUNT.c.name, unique=True)
WORKER = _table(
    "worker",
    None,
    _words("name"),
    _words("login"),
    _seconds("seen_at", nullable=False),
    key=("name",),
    fed=False,
)
TOLD = _table(
    "told",
    None,
    _words("message"),
    _words("home"),
    _seconds("at", nullable=False),
    key=("message",),
    fed=False,
)
"""Messages that rules of a worker's home made: of two workers with the same rules one tells."""
HEAD = _table("head", None, _whole("one"), key=("one",), fed=False)
"""One row: whoever writes locks it, so that numbers of the feed are committed in their order."""
