"""`ascinbox export reviews|metrics|activity`: CSV (formula-safe) or JSON, to a file or stdout."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ascinbox.cli.context import Context
from ascinbox.core.errors import UsageError
from ascinbox.workers.reviews.export import (
    Sink,
    activity_record,
    export_to,
    review_record,
    write_activity_csv,
    write_json,
    write_reviews_csv,
)

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace

INCOMPLETE = 1


def run(context: Context, options: argparse.Namespace) -> int:
    """Writes the export. Exit 1 when days inside are incomplete (metrics)."""
    if options.query is not None and options.what == "metrics":
        raise UsageError(
            "A filter is for reviews and activity only.", "", f"See: ascinbox export {options.what} --help"
        )
    path: Path | None = None if str(options.output) == "-" else options.output
    if path is not None and path.suffix == ".json" and not options.csv:
        options.json = True
    with context.workspace(reads=True) as workspace:
        writer = {"reviews": _reviews, "metrics": _metrics, "activity": _activity}[options.what]
        if path is None:
            return writer(context, workspace, context.output.stdout)
        codes: list[int] = []
        export_to(path, lambda sink: codes.append(writer(context, workspace, sink)))
    context.output.words(f"Written to {path}")
    return codes[0]


def _reviews(context: Context, workspace: Workspace, sink: Sink) -> int:
    from ascinbox.cli.reviews import chosen_query

    query = chosen_query(context, workspace, context.options.query)
    details = workspace.inbox.export(query)
    if context.wants_json:
        write_json(
            sink,
            "ascinbox.reviews/1",
            "reviews",
            map(review_record, details),
            generated_at=context.now(),
            cache_age_s=context.cache_age_s(workspace),
            total=workspace.inbox.count(query),
        )
    else:
        due = workspace.config.answer_clock is not None
        write_reviews_csv(sink, details, raw=context.options.raw_csv, due=due)
    return 0


def _activity(context: Context, workspace: Workspace, sink: Sink) -> int:
    from ascinbox.core.reviews.activity_filter import ActivityFilter
    from ascinbox.workers.reviews.activity import activity

    wanted = ActivityFilter(context.options.query or "", workspace.me)
    items = wanted.of(activity(workspace))
    if context.wants_json:
        write_json(
            sink,
            "ascinbox.activity/1",
            "items",
            map(activity_record, items),
            generated_at=context.now(),
            cache_age_s=context.cache_age_s(workspace),
        )
    else:
        write_activity_csv(sink, items, raw=context.options.raw_csv)
    return 0


def _metrics(context: Context, workspace: Workspace, sink: Sink) -> int:
    import json

    from ascinbox.cli.metrics import chosen, payload
    from ascinbox.core.clock import iso
    from ascinbox.core.csvsafe import write_rows
    from ascinbox.core.metrics.output import SCHEMA, as_csv

    sides = workspace.metrics.compared(chosen(context, workspace))
    table = sides.now
    if context.wants_json:
        head = {
            "schema": SCHEMA,
            "generated_at": iso(context.now()),
            "cache_age_s": workspace.metrics.cache_age_s(table.source),
        }
        sink.write(json.dumps({**head, **payload(workspace, sides)}, indent=2, allow_nan=False) + "\n")
    else:
        headers, rows, texts = as_csv(table)
        write_rows(sink, headers, rows, text_columns=frozenset(texts), raw=context.options.raw_csv)
    for note in table.notes:
        context.output.words(note)
    return INCOMPLETE if table.incomplete else 0
