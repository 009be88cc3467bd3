"""`ascinbox metrics`: figures from the cache as a table, JSON or CSV."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ascinbox.cli.context import Context
from ascinbox.core.clock import iso
from ascinbox.core.errors import UsageError
from ascinbox.core.metrics.figures import By, Figure, Source, figures_of
from ascinbox.core.metrics.output import KEY_COLUMNS, SCHEMA, as_csv, as_json, decimal_text
from ascinbox.core.metrics.periods import parse_period
from ascinbox.core.metrics.table import AppKey, MetricsTable, Selection, Value

if TYPE_CHECKING:
    from ascinbox.core.metrics.comparison import Sides
    from ascinbox.workers.workspace import Workspace

UNKNOWN = "?"
"""Shown for a figure that Apple has not published: never 0."""


def run(context: Context, _options: argparse.Namespace) -> int:
    """Prints the table that the options ask for."""
    with context.workspace(reads=True) as workspace:
        selection = chosen(context, workspace)
        if context.wants_json:
            sides = workspace.metrics.compared(selection)
            table = sides.now
            context.output.json(
                SCHEMA,
                payload(workspace, sides),
                generated_at=context.now(),
                cache_age_s=workspace.metrics.cache_age_s(table.source),
            )
        else:
            table = workspace.metrics.table(selection)
            show = write_csv if context.options.csv else _print
            show(context, table)
        for note in table.notes:
            context.output.words(note)
    return 0


def payload(workspace: Workspace, sides: Sides) -> dict[str, Any]:
    """The table as JSON, beside the span before; reviews come with Apple's own digests of them."""
    table = sides.now
    shape = as_json(table, sides)
    if table.source is Source.REVIEWS:
        apps = [row.key.id for row in table.rows if isinstance(row.key, AppKey)]
        shape["summaries"] = [
            {
                "app_id": app_id,
                "platform": digest.platform,
                "territory": digest.territory,
                "locale": digest.locale,
                "created_at": iso(digest.created_at) if digest.created_at else None,
                "text": digest.text,
            }
            for app_id in apps
            for digest in workspace.metrics.summaries(app_id)
        ]
    return shape


def chosen(context: Context, workspace: Workspace) -> Selection:
    """What `--period`, `--by`, `--app`, `--source` ask for; UsageError for an unknown period or app."""
    options = context.options
    context.chosen_accounts(workspace)
    if options.app is not None:
        _check_app(workspace, options.app)
    period = parse_period(options.period, workspace.metrics.today())
    source, by = Source(options.source), By(options.by)
    if by is By.PERSON and source is not Source.REPLIES:
        raise UsageError("Only replies are counted by person.", "", "Add --source replies.")
    return Selection(source, by, period, options.app, options.account)


def write_csv(context: Context, table: MetricsTable) -> None:
    """The table as CSV on stdout."""
    headers, rows, text_columns = as_csv(table)
    context.output.csv(headers, rows, text_columns=text_columns, raw=context.options.raw_csv)


def _check_app(workspace: Workspace, app_id: str) -> None:
    apps = workspace.metrics.app_names()
    if app_id not in apps:
        known = ", ".join(f"{known_id} ({name})" for known_id, name in list(apps.items())[:12]) or "none"
        raise UsageError(f"No app has the id {app_id[:40]!r}.", "", f"Known: {known}.")


def _print(context: Context, table: MetricsTable) -> None:
    figures = figures_of(table.source)
    keys = KEY_COLUMNS[table.by]
    _, csv_rows, _ = as_csv(table)
    headers = [*keys, *(figure.name for figure in figures)]
    rows = [
        [*(str(cell) for cell in csv_row[: len(keys)]), *(_cell(f, row.figures[f.name]) for f in figures)]
        for row, csv_row in zip(table.rows, csv_rows, strict=True)
    ]
    if table.home:
        headers.append(f"~{table.home}")
        for shown, row in zip(rows, table.rows, strict=True):
            shown.append(UNKNOWN if row.converted is None else f"~{row.converted:.2f}")
    context.output.table(headers, rows, right=range(len(keys), len(headers) - 1))
    if table.home and any(row.converted is not None for row in table.rows):
        context.output.words(f"~ converted to {table.home} at the ECB rates of {table.rates_of}.")
    ends = f"complete to {table.complete_to}" if table.complete_to else "nothing published"
    context.output.words(f"{table.source}, {table.period.start} to {table.period.end}, {ends}.")


def _cell(figure: Figure, value: Value) -> str:
    if figure.share and isinstance(value, Decimal):
        return f"{value * 100:.2f}%"
    match value:
        case None:
            # A mean of nothing is no gap in what Apple has published.
            return "-" if figure.source in (Source.REVIEWS, Source.REPLIES) else UNKNOWN
        case Mapping():
            amounts = {c: amount for c, amount in value.items() if isinstance(amount, Decimal)}
            if len(amounts) < len(value):
                return "/".join(str(value[star]) for star in sorted(value))
            return ", ".join(f"{decimal_text(a)} {c}" for c, a in sorted(amounts.items())) or "0"
        case _:
            return str(value)
