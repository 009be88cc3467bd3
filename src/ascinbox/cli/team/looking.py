"""`ascinbox team status` and `log`: how all stands, and what was done."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ascinbox.cli.context import Context
from ascinbox.cli.team.asking import moment, session_of, team_of
from ascinbox.cli.team_words import differences_words, unsent_words
from ascinbox.core.clock import from_epoch, iso
from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.team import TeamStatus
from ascinbox.workers.team.differences import Kept, kept_here


def status(context: Context, options: argparse.Namespace) -> int:
    """How all stands."""
    with context.workspace() as workspace:
        team = team_of(workspace)
        kept = kept_here(workspace)
        try:
            status = team.status()
        except AscinboxError:
            # What waits here is known without the database.
            for line in kept_lines(context, kept):
                context.output.words(line)
            raise
        words, now = team.clock_words(), team.clock.now()
        shows_people = workspace.store.call(lambda store: store.team.standing(store.me).per_person)
    if options.json:
        context.output.json(
            "ascinbox.team/1",
            {**status_fields(status), "yours": kept._asdict()},
            generated_at=context.now(),
            cache_age_s=None,
        )
    else:
        for line in (*status_lines(status, now), *kept_lines(context, kept)):
            context.output.line(line)
        if shows_people:
            context.output.line("figures per person are on: everybody on this team can see them")
    if words:
        context.output.words(words)
    return 0


def kept_lines(context: Context, kept: Kept) -> list[str]:
    """What waits on this machine, and for what."""
    unsent = unsent_words(kept.unsent)
    lines = (unsent and f"{unsent}: ascinbox sync", differences_words(context, kept.differences))
    return [line for line in lines if line]


def status_fields(status: TeamStatus) -> dict[str, Any]:
    """The fields of `ascinbox.team/1`."""
    return {
        "team": status.team,
        "me": status.me,
        "level": str(status.level),
        "feed": {
            "seq": status.seq,
            "lag_s": None if status.lag_s is None else round(status.lag_s, 1),
        },
        "workers": [
            {"name": each.name, "seen_at": iso(each.seen_at), "accounts": list(each.accounts)}
            for each in status.workers
        ],
        "queue": {
            name: getattr(status.queue, name) for name in ("waiting", "queued", "sending", "held", "failed")
        },
    }


def status_lines(status: TeamStatus, now: datetime) -> list[str]:
    """The same for a person; `now` by the server's clock."""
    lag = status.lag_s
    if lag == 0:
        behind = "up to date"
    else:
        behind = "never complete so far" if lag is None else f"complete {lag:,.0f} s ago"
    lines = [f"{status.team}: you are {status.me} ({status.level})", f"replica: {behind} (at {status.seq:,})"]
    for each in status.workers:
        ago = max(0.0, (now - each.seen_at).total_seconds())
        lines.append(f"worker {each.name}: {', '.join(each.accounts) or 'no account'}, seen {ago:,.0f} s ago")
    if not status.workers:
        lines.append("no worker was seen lately: nothing is synced and nothing is sent")
    queue = status_fields(status)["queue"]
    return [*lines, "replies: " + ", ".join(f"{count} {name}" for name, count in queue.items())]


def log(context: Context, options: argparse.Namespace) -> int:
    """What was done, printed or written into a file."""
    from ascinbox.store.queue.team import members

    if options.export is not None and options.json:
        raise UsageError("--export writes JSON lines by itself.", "", "Leave out --json, or --export.")
    since = None if options.since is None else moment(options.since, context.now())
    with context.workspace() as workspace:
        found = members.log(session_of(workspace), since)
        if options.export is not None:
            _export(context, options.export, found)
        elif options.json:
            _print_json(context, found)
        else:
            _print(context, found)
    return 0


def _print(context: Context, found: Iterable[dict[str, Any]]) -> None:
    for each in found:
        parts = [
            iso(from_epoch(each["at"])) or "",
            each["who"],
            each["verb"],
            each["subject"],
            each["detail"],
            _reviews(each["reviews"]),
        ]
        context.output.line("  ".join(part for part in parts if part))


def _reviews(ids: Sequence[str]) -> str:
    return f"review {ids[0]}" if len(ids) == 1 else f"{len(ids):,} reviews" if ids else ""


def _print_json(context: Context, found: Iterable[dict[str, Any]]) -> None:
    from ascinbox.workers.reviews.export import write_json

    acts = ({**each, "at": iso(from_epoch(each["at"]))} for each in found)
    write_json(
        context.output.stdout,
        "ascinbox.team-log/1",
        "acts",
        acts,
        generated_at=context.now(),
        cache_age_s=None,
    )


def _export(context: Context, path: Path, found: Iterable[dict[str, Any]]) -> None:
    from ascinbox.workers.reviews.export import Sink, export_to

    count = 0

    def write(sink: Sink) -> None:
        nonlocal count
        for each in found:
            sink.write(json.dumps(each, ensure_ascii=False, sort_keys=True) + "\n")
            count += 1

    if str(path) == "-":
        write(context.output.stdout)
        return
    export_to(path, write)
    context.output.words(f"{count:,} acts in {path}")
