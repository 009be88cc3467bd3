"""Rows of analytics reports. Days overlap between instances, so each day knows which one it is from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Text, bindparam, delete, func, or_, select

from ascinbox.core.metrics.facts import AnalyticsFact
from ascinbox.core.metrics.reports import AnalyticsReport
from ascinbox.core.metrics.vocabulary import OTHER_LABEL
from ascinbox.store.database import Database
from ascinbox.store.models.reports import AnalyticsDayTable, AnalyticsFactTable
from ascinbox.store.statements import RowWriter, Statement, adding, among, table_of, upsert

_f, _d = table_of(AnalyticsFactTable).c, table_of(AnalyticsDayTable).c

_HELD = Statement(
    select(_d.processed, _d.ongoing).where(
        _d.app_id == bindparam("app_id"), _d.report == bindparam("report"), _d.day == bindparam("day")
    )
)
_PUT_DAY = Statement(upsert(AnalyticsDayTable))
_OTHERS = bindparam("others", type_=Text)
"""What the figures of the report that have no column of their own begin with."""
_ADD = RowWriter(adding(AnalyticsFactTable, ("value",)))
_DROP = Statement(
    delete(table_of(AnalyticsFactTable)).where(
        _f.app_id == bindparam("app"),
        _f.day == bindparam("of_day"),
        or_(among(_f.figure, "figures"), func.substr(_f.figure, 1, func.length(_OTHERS)) == _OTHERS),
    )
)


class AnalyticsRows:
    """Writes rows, in the transaction that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self,
        app_id: str,
        report: AnalyticsReport,
        processed: date,
        facts: Sequence[AnalyticsFact],
        *,
        ongoing: bool,
    ) -> int:
        """Stores an instance; returns how many days it won. See `Reports.save_analytics`."""
        figures = json.dumps([measure.figure for measure in report.measures])
        days: dict[int, list[AnalyticsFact]] = {}
        for fact in facts:
            if fact.app_id in ("", app_id):
                days.setdefault(fact.day.toordinal(), []).append(fact)
        told = (processed.toordinal(), int(ongoing))
        won = 0
        for day, rows in days.items():
            key = {"app_id": app_id, "report": report.name, "day": day}
            held = _HELD.first(self._database, **key)
            if held is not None and tuple(held) > told:
                continue
            won += 1
            _PUT_DAY.run(self._database, **key, processed=told[0], ongoing=told[1])
            _DROP.run(
                self._database,
                app=app_id,
                of_day=day,
                figures=figures,
                others=f"{OTHER_LABEL}{report.name}:",
            )
            _ADD.run(self._database, ((app_id, day, f.figure, f.territory, f.value) for f in rows))
        return won
