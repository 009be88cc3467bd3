"""Rows of subscription reports: the state of each day, and what happened on it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete

from ascinbox.core.metrics.facts import SubscriptionEventFact, SubscriptionFact
from ascinbox.core.metrics.report_files import ReportFile
from ascinbox.store.database import Database
from ascinbox.store.models.reports import SubscriptionEventTable, SubscriptionFactTable
from ascinbox.store.statements import RowWriter, Statement, adding, table_of, tables_of

_f, _e = table_of(SubscriptionFactTable).c, table_of(SubscriptionEventTable).c

_ADD = RowWriter(adding(SubscriptionFactTable, ("active", "trials", "billing_retry", "grace")))
_ADD_EVENT = RowWriter(adding(SubscriptionEventTable, ("quantity",)))
_DROP, _DROP_EVENTS = (
    Statement(delete(table).where(table.c.scope == bindparam("of_scope"), table.c.day == bindparam("of_day")))
    for table in tables_of(SubscriptionFactTable, SubscriptionEventTable)
)


class SubscriptionRows:
    """Writes rows, in the transaction that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def replace(self, file: ReportFile, facts: Sequence[SubscriptionFact]) -> None:
        """Puts the facts in the place of the day's snapshot."""
        self.clear(file)
        day = file.day.toordinal()
        _ADD.run(
            self._database,
            (
                (
                    file.scope,
                    day,
                    f.app_id,
                    f.subscription_id,
                    f.territory,
                    f.title,
                    f.active,
                    f.trials,
                    f.billing_retry,
                    f.grace,
                )
                for f in facts
            ),
        )

    def replace_events(self, file: ReportFile, facts: Sequence[SubscriptionEventFact]) -> None:
        """Puts the facts in the place of the events of the day's file."""
        self.clear_events(file)
        day = file.day.toordinal()
        _ADD_EVENT.run(
            self._database,
            (
                (
                    file.scope,
                    day,
                    f.app_id,
                    f.subscription_id,
                    f.territory,
                    f.event,
                    f.day.toordinal(),
                    f.quantity,
                )
                for f in facts
            ),
        )

    def clear(self, file: ReportFile) -> None:
        """Drops the day's snapshot."""
        _DROP.run(self._database, of_scope=file.scope, of_day=file.day.toordinal())

    def clear_events(self, file: ReportFile) -> None:
        """Drops the events of the day's file."""
        _DROP_EVENTS.run(self._database, of_scope=file.scope, of_day=file.day.toordinal())
