"""Gives the apps of a table the names that tell them apart. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ascinbox.core.metrics.comparison import Sides
from ascinbox.core.metrics.overview import Overview, OverviewRow
from ascinbox.core.metrics.table import AppKey, MetricsTable, RowKey


def with_names(shown: Overview | Sides, names: Mapping[str, str]) -> Overview | Sides:
    """The same figures; a row of an app is called as `names` has it, by id."""
    if isinstance(shown, Overview):
        return replace(shown, rows=tuple(_renamed(row, names) for row in shown.rows))
    tables = (_table(table, names) for table in (shown.now, shown.compared, shown.before))
    now, compared, before = tables
    return replace(shown, now=now, compared=compared, before=before)


def _key(key: RowKey, names: Mapping[str, str]) -> RowKey:
    return replace(key, name=names.get(key.id, key.name)) if isinstance(key, AppKey) else key


def _renamed(row: OverviewRow, names: Mapping[str, str]) -> OverviewRow:
    key = _key(row.key, names)
    return replace(row, key=key, name=key.name) if isinstance(key, AppKey) else row


def _table(table: MetricsTable, names: Mapping[str, str]) -> MetricsTable:
    return replace(table, rows=tuple(replace(row, key=_key(row.key, names)) for row in table.rows))
