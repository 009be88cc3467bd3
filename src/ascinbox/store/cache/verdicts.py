"""Verdicts, their history, and people, as rows. `store.hot.health` hands them on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, delete, select

from ascinbox.store.database import Database
from ascinbox.store.models.health import PersonTable, VerdictChangeTable, VerdictTable
from ascinbox.store.statements import Statement, insert, table_of, tables_of, upsert

_v, _change = table_of(VerdictTable).c, table_of(VerdictChangeTable).c
_ACCOUNT: Any = bindparam("account")
_OF_KEY = (_v.account_id == _ACCOUNT, _v.credential == bindparam("key"))

_BEFORE = Statement(
    select(_v.state, _v.since, _v.proved_at, _v.checked_at).where(*_OF_KEY, _v.capability == bindparam("of"))
)
_PUT = Statement(upsert(VerdictTable))
_NOTE_CHANGE = Statement(insert(VerdictChangeTable))
_FORGET_CHANGES = Statement(delete(table_of(VerdictChangeTable)).where(_change.at < bindparam("before_at")))
_FORGET_KEY = Statement(delete(table_of(VerdictTable)).where(*_OF_KEY))
_FORGET_ACCOUNT = [
    Statement(delete(table).where(table.c.account_id == _ACCOUNT))
    for table in tables_of(VerdictTable, VerdictChangeTable, PersonTable)
]
_FORGET_PEOPLE = Statement(
    delete(table_of(PersonTable)).where(table_of(PersonTable).c.account_id == _ACCOUNT)
)
_ADD_PERSON = Statement(insert(PersonTable))


class VerdictRows:
    """Writes rows, each in the transaction that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def before(self, account_id: int, credential: str, capability: str) -> Any:
        """The verdict that stands: its state, since when, when proved and checked; None without one."""
        return _BEFORE.first(self._database, account=account_id, key=credential, of=capability)

    def put(self, **values: Any) -> None:
        """Replaces the verdict on a capability of a credential."""
        _PUT.run(self._database, **values)

    def note_change(self, **values: Any) -> None:
        """Adds to the history."""
        _NOTE_CHANGE.run(self._database, **values)

    def forget_changes(self, before: int) -> None:
        """Drops what changed longer ago."""
        _FORGET_CHANGES.run(self._database, before_at=before)

    def forget_key(self, account_id: int, credential: str) -> None:
        """Drops the verdicts of a key; the history stays."""
        _FORGET_KEY.run(self._database, account=account_id, key=credential)

    def forget_account(self, account_id: int) -> None:
        """Drops everything about an account."""
        for statement in _FORGET_ACCOUNT:
            statement.run(self._database, account=account_id)

    def put_people(self, account_id: int, people: Iterable[Mapping[str, Any]]) -> None:
        """Replaces what is known about the people of a team."""
        _FORGET_PEOPLE.run(self._database, account=account_id)
        _ADD_PERSON.run_many(self._database, people)
