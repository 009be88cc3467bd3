"""`ascinbox team status` and `log`: how all stands, and what was done."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ascinbox.cli.context import Context
from ascinbox.cli.team.asking import moment, team_of
from ascinbox.core.clock import from_epoch, iso
from ascinbox.core.errors import AscinboxError
from ascinbox.core.team import TeamStatus
from ascinbox.paths import write_private_file


def status(context: Context, options: argparse.Namespace) -> int:
    """How all stands."""
    with context.workspace() as workspace:
        team = team_of(workspace)
        status = team.status()
        words, now = team.clock_words(), team.clock.now()
        shows_people = workspace.store.call(lambda store: store.team.standing(store.me).per_person)
    if options.json:
        context.output.json(
            "ascinbox.team/1", status_fields(status), generated_at=context.now(), cache_age_s=None
        )
    else:
        for line in status_lines(status, now):
            context.output.line(line)
        if shows_people:
            context.output.line("figures per person are on: everybody on this team can see them")
    if words:
        context.output.words(words)
    return 0


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

    since = None if options.since is None else moment(options.since, context.now())
    with context.workspace() as workspace:
        found = members.log(team_of(workspace).session, since)
        if options.export is not None:
            text = "".join(json.dumps(each, ensure_ascii=False, sort_keys=True) + "\n" for each in found)
            _write(context, options, text)
            return 0
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
    return 0


def _reviews(ids: Sequence[str]) -> str:
    return f"review {ids[0]}" if len(ids) == 1 else f"{len(ids):,} reviews" if ids else ""


def _write(context: Context, options: argparse.Namespace, text: str) -> None:
    if str(options.export) == "-":
        context.output.stdout.write(text)
        return
    try:
        write_private_file(options.export, text.encode())
    except OSError as error:
        raise AscinboxError(f"{options.export} cannot be written.", error.strerror or str(error)) from None
    context.output.words(f"{text.count(chr(10)):,} acts in {options.export}")
