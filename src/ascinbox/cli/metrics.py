"""`ascinbox metrics`: figures from the cache as a table, JSON or CSV."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from ascinbox.cli.context import Context
from ascinbox.core.errors import UsageError
from ascinbox.core.figures import By, Source, figures_of
from ascinbox.core.metrics import MetricsTable, Selection, Value
from ascinbox.core.metricshape import KEY_COLUMNS, SCHEMA, as_csv, as_json, decimal_text
from ascinbox.core.periods import parse_period

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace

UNKNOWN = "?"
"""Shown for a figure that Apple has not published: never 0."""


def run(context: Context, _options: argparse.Namespace) -> int:
    """Prints the table that the options ask for."""
    with context.workspace() as workspace:
        table = chosen_table(context, workspace)
        if context.wants_json:
            context.output.json(
                SCHEMA,
                as_json(table),
                generated_at=context.now(),
                cache_age_s=workspace.sync.cache_age_s(table.source.value),
            )
        elif context.options.csv:
            write_csv(context, table)
        else:
            _print(context, table)
        for note in table.notes:
            context.output.words(note)
    return 0


def chosen_table(context: Context, workspace: Workspace) -> MetricsTable:
    """The table of `--period`, `--by`, `--app`, `--source`. UsageError for a period or app that is none."""
    options = context.options
    context.chosen_accounts(workspace)
    if options.app is not None:
        _check_app(workspace, options.app)
    period = parse_period(options.period, workspace.metrics.today())
    source, by = Source(options.source), By(options.by)
    return workspace.metrics.table(Selection(source, by, period, options.app, options.account))


def write_csv(context: Context, table: MetricsTable) -> None:
    """The table as CSV on stdout."""
    headers, rows, text_columns = as_csv(table)
    context.output.csv(headers, rows, text_columns=text_columns, raw=context.options.raw_csv)


def _check_app(workspace: Workspace, app_id: str) -> None:
    apps = workspace.store.call(lambda store: store.accounts.apps())
    if all(app.id != app_id for app in apps):
        known = ", ".join(f"{app.id} ({app.name})" for app in apps[:12]) or "none"
        raise UsageError(f"No app has the Apple ID {app_id[:40]!r}.", "", f"Known: {known}.")


def _print(context: Context, table: MetricsTable) -> None:
    figures = figures_of(table.source)
    keys = KEY_COLUMNS[table.by]
    _, csv_rows, _ = as_csv(table)
    headers = [*keys, *(figure.name for figure in figures)]
    rows = [
        [*(str(cell) for cell in csv_row[: len(keys)]), *(_cell(row.figures[f.name]) for f in figures)]
        for row, csv_row in zip(table.rows, csv_rows, strict=True)
    ]
    context.output.table(headers, rows, right=range(len(keys), len(headers) - 1))
    ends = f"complete to {table.complete_to}" if table.complete_to else "nothing published"
    context.output.words(f"{table.source}, {table.period.start} to {table.period.end}, {ends}.")


def _cell(value: Value) -> str:
    match value:
        case None:
            return UNKNOWN
        case Mapping():
            amounts = {c: amount for c, amount in value.items() if isinstance(amount, Decimal)}
            if len(amounts) < len(value):
                return "/".join(str(value[star]) for star in sorted(value))
            return ", ".join(f"{decimal_text(a)} {c}" for c, a in sorted(amounts.items())) or "0"
        case _:
            return str(value)
