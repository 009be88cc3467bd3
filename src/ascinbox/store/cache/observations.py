"""What was learned of keys and analytics requests, as rows. `store.hot.observations` hands them on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, select, update

from ascinbox.store.database import Database
from ascinbox.store.models.observations import (
    AnalyticsCreationTable,
    AnalyticsRequestTable,
    DataReadTable,
    KeyListingTable,
    RetiredKeyTable,
    TokenReminderTable,
    UnreadableDataTable,
)
from ascinbox.store.statements import Statement, insert, table_of, tables_of, upsert

_k, _a = table_of(RetiredKeyTable).c, table_of(AnalyticsRequestTable).c
_c, _u = table_of(AnalyticsCreationTable).c, table_of(UnreadableDataTable).c
_REQUEST = (_a.account_id == bindparam("account"), _a.id == bindparam("request"))

_PUT_LISTING = Statement(upsert(KeyListingTable))
_PUT_RETIRED = Statement(upsert(RetiredKeyTable, keep=[_k.since]))
_DROP_RETIRED = Statement(
    delete(table_of(RetiredKeyTable)).where(
        _k.account_id == bindparam("account"), _k.credential == bindparam("key")
    )
)
_PUT_REMINDER = Statement(upsert(TokenReminderTable))
_SAW_REQUEST = Statement(
    insert(AnalyticsRequestTable).on_conflict_do_nothing(index_elements=[_a.account_id, _a.id])
)
_FIRST_SEEN = Statement(select(_a.seen_at).where(*_REQUEST))
_DELIVERED = Statement(
    update(table_of(AnalyticsRequestTable))
    .where(*_REQUEST, _a.delivered_at.is_(None))
    .values(delivered_at=bindparam("now"))
)
_PUT_CREATION = Statement(upsert(AnalyticsCreationTable, differs=[_c.credential]))
_PUT_TROUBLE = Statement(upsert(UnreadableDataTable, differs=[_u.why]))
_DROP_TROUBLE = Statement(
    delete(table_of(UnreadableDataTable)).where(
        _u.account_id == bindparam("account"),
        _u.problem == bindparam("of_problem"),
        _u.capability == bindparam("of_capability"),
        _u.app_id == bindparam("of_app"),
        _u.dataset == bindparam("of_dataset"),
    )
)
_DROP_PROBLEM = Statement(
    delete(table_of(UnreadableDataTable)).where(
        _u.account_id == bindparam("account"), _u.problem == bindparam("of_problem")
    )
)
_PUT_READ = Statement(upsert(DataReadTable))
_FORGET = [
    Statement(delete(table).where(table.c.account_id == bindparam("account")))
    for table in tables_of(
        KeyListingTable,
        RetiredKeyTable,
        TokenReminderTable,
        AnalyticsRequestTable,
        AnalyticsCreationTable,
        UnreadableDataTable,
        DataReadTable,
    )
]


class ObservationRows:
    """Writes rows, each in the transaction that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_listing(self, **values: Any) -> None:
        """Replaces what Apple listed for a credential."""
        _PUT_LISTING.run(self._database, **values)

    def put_retired(self, **values: Any) -> None:
        """Adds a replaced key; one that is there keeps its `since`."""
        _PUT_RETIRED.run(self._database, **values)

    def drop_retired(self, account_id: int, key_id: str) -> None:
        """Drops a replaced key."""
        _DROP_RETIRED.run(self._database, account=account_id, key=key_id)

    def put_reminder(self, **values: Any) -> None:
        """Replaces the last reminder about a token."""
        _PUT_REMINDER.run(self._database, **values)

    def saw_request(self, account_id: int, request_id: str, now: int) -> int:
        """Adds an analytics request unless it is there; when it was first seen."""
        _SAW_REQUEST.run(self._database, account_id=account_id, id=request_id, seen_at=now, delivered_at=None)
        return int(_FIRST_SEEN.value(self._database, account=account_id, request=request_id))

    def note_delivery(self, account_id: int, request_id: str, now: int) -> None:
        """Notes the first delivery."""
        _DELIVERED.run(self._database, account=account_id, request=request_id, now=now)

    def put_creation(self, **values: Any) -> None:
        """Replaces the key that met a problem; the same key keeps its date."""
        _PUT_CREATION.run(self._database, **values)

    def put_trouble(self, **values: Any) -> None:
        """Adds a problem with data; for the same reason it keeps its date."""
        _PUT_TROUBLE.run(self._database, **values)

    def drop_trouble(self, account_id: int, problem: str, capability: str, app_id: str, dataset: str) -> None:
        """Drops a problem with data."""
        _DROP_TROUBLE.run(
            self._database,
            account=account_id,
            of_problem=problem,
            of_capability=capability,
            of_app=app_id,
            of_dataset=dataset,
        )

    def drop_problem(self, account_id: int, problem: str) -> None:
        """Drops every problem of a kind."""
        _DROP_PROBLEM.run(self._database, account=account_id, of_problem=problem)

    def put_read(self, **values: Any) -> None:
        """Replaces when something was read."""
        _PUT_READ.run(self._database, **values)

    def forget_account(self, account_id: int) -> None:
        """Drops everything about an account."""
        for statement in _FORGET:
            statement.run(self._database, account=account_id)
