"""`ascinbox import`: past reviews from files that a store gives out, or from the bucket with them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ascinbox.cli.health import cache_age
from ascinbox.core.errors import NetworkError

if TYPE_CHECKING:
    from ascinbox.cli.context import Context
    from ascinbox.workers.reviews.history import Imported
    from ascinbox.workers.workspace import Workspace


def run(context: Context, options: argparse.Namespace) -> int:
    """Reads files in, or, without any, those of the linked buckets. Nothing is half-saved."""
    if not options.files and options.offline:
        raise NetworkError("Offline was asked for; the bucket needs the network.", unsent=True)
    with context.workspace() as workspace:
        if options.files:
            done = workspace.history.files(options.files, options.account)
        else:
            done = workspace.history.buckets(options.account)
        for note in done.notes:
            context.output.words(note)
        if options.json:
            _print_json(context, workspace, done)
        else:
            context.output.line(_sentence(done))
        return 0


def _sentence(done: Imported) -> str:
    parts = [f"{done.new:,} new", f"{done.changed:,} changed", f"{done.unchanged:,} known"]
    if done.ratings:
        parts.append(f"{done.ratings:,} rating{'' if done.ratings == 1 else 's'} without text")
    if done.left_out:
        parts.append(f"{done.left_out:,} row{'' if done.left_out == 1 else 's'} that could not be read")
    of = f"{done.files:,} file{'' if done.files == 1 else 's'}"
    return f"{of}: {', '.join(parts)}."


def _print_json(context: Context, workspace: Workspace, done: Imported) -> None:
    context.output.json(
        "ascinbox.import/1",
        {
            "files": done.files,
            "apps": sorted(done.apps),
            "new": done.new,
            "changed": done.changed,
            "unchanged": done.unchanged,
            "ratings": done.ratings,
            "left_out": done.left_out,
            "notes": done.notes,
        },
        generated_at=context.now(),
        cache_age_s=cache_age(context, workspace),
    )
