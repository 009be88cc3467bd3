"""`ascinbox notify`: who is told of what, what became of it, and the secrets that it takes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ascinbox.cli.context import Context
from ascinbox.core.clock import iso
from ascinbox.core.deliveries.states import WAITING, Delivery, DeliveryState
from ascinbox.core.errors import AscinboxError, NetworkError, UsageError

if TYPE_CHECKING:
    from ascinbox.workers.deliveries.deliveries import RuleView
    from ascinbox.workers.workspace import Workspace

OK, NOT_YET, FAILED = 0, 1, 2
SHOWN = 50
"""Deliveries that a table shows unless asked for more."""
SCHEMA = "ascinbox.notify/1"
_SENDING = ("test", "retry", "run")
_NAMED = ("test", "retry", "pause", "resume", "secret")


def run(context: Context, options: argparse.Namespace) -> int:
    """Does one thing with deliveries; see the exits of the command."""
    action: str = options.action
    if (options.name is None) == (action in _NAMED):
        wants = "needs a name" if action in _NAMED else "takes no name"
        raise UsageError(f"notify {action} {wants}.", "", "See: ascinbox notify --help")
    if options.backfill is not None and action != "run":
        raise UsageError("--backfill belongs to: ascinbox notify run")
    if action in _SENDING and context.read_only:
        raise AscinboxError("Read-only: nothing is sent.", "", "Leave out --read-only.")
    if action in _SENDING and options.offline:
        raise NetworkError("Offline was asked for; sending needs the network.", unsent=True)
    with context.workspace() as workspace:
        if action == "secret":
            return _secret(context, workspace, options)
        if action == "complete":
            for line in workspace.deliveries.complete_file():
                context.output.words(line)
            return OK
        workspace.deliveries.begin()
        match action:
            case "list":
                return _list(context, workspace)
            case "log":
                return _log(context, workspace, options.limit)
            case "pause" | "resume":
                return _pause(context, workspace, options.name, on=action == "pause")
            case "run":
                return _run(context, workspace, options.backfill)
            case "test":
                return _sent(context, workspace, workspace.deliveries.test(options.name))
            case _:
                return _sent(context, workspace, [workspace.deliveries.retry(options.name)])


def record(row: Delivery) -> dict[str, Any]:
    """One delivery as `ascinbox.notify/1` has it."""
    return {
        "id": row.uid,
        "rule": row.rule or None,
        "destination": row.destination,
        "event": row.event.kind,
        "review": row.event.review_id or None,
        "state": row.state.value,
        "attempts": row.attempts,
        "next_at": iso(row.next_at) if row.state in WAITING else None,
        "detail": row.detail,
    }


def _secret(context: Context, workspace: Workspace, options: argparse.Namespace) -> int:
    from ascinbox.core.secret import Secret

    if context.interactive:
        from getpass import getpass

        secret = Secret(getpass(f"The secret {options.name} (an address, a token): "))
    else:
        secret = Secret(context.read_stdin())
    context.output.words(workspace.deliveries.keep_secret(options.name, secret, options.vault))
    return OK


def _list(context: Context, workspace: Workspace) -> int:
    deliveries = workspace.deliveries
    file = deliveries.rules()
    views = deliveries.views()
    if context.wants_json:
        named = {"destination": "destinations", "rule": "rules"}
        payload: dict[str, Any] = {
            plural: [_view(view) for view in views if view.what == what] for what, plural in named.items()
        }
        _json(context, workspace, {**payload, "problems": list(file.problems)})
    elif views:
        rows = [(view.what, view.name, view.state, view.detail) for view in views]
        context.output.table(("", "NAME", "STATE", "SAYS"), rows)
    elif not file.problems:
        context.output.words(
            f"There is no rule in {deliveries.files.path}. An example: ascinbox notify complete"
        )
    troubled = any(not view.state.startswith(("ok", "paused")) for view in views)
    return NOT_YET if file.problems or troubled else OK


def _view(view: RuleView) -> dict[str, str]:
    return {"name": view.name, "state": view.state, "detail": view.detail}


def _log(context: Context, workspace: Workspace, limit: int | None) -> int:
    if limit is None:
        limit = 0 if context.wants_json else SHOWN
    rows = workspace.deliveries.log(limit or None)
    if context.wants_json:
        _json(context, workspace, {"deliveries": [record(row) for row in rows]})
    elif rows:
        _table(context, rows)
    else:
        context.output.words("Nothing was to be told yet.")
    return OK


def _pause(context: Context, workspace: Workspace, name: str, *, on: bool) -> int:
    if on:
        workspace.deliveries.pause(name)
        context.output.words(f"{name}: nothing is sent until ascinbox notify resume; what comes waits.")
    else:
        ended = workspace.deliveries.resume(name)
        context.output.words(f"{name}: sent again." if ended else f"{name} was not paused.")
    return OK


def _run(context: Context, workspace: Workspace, backfill: int | None) -> int:
    deliveries = workspace.deliveries
    if backfill is not None:
        added = deliveries.backfill(backfill)
        context.output.words(f"{added} of what was there before is told, too.")
    deliveries.evaluate(all_signals=True)
    done = deliveries.flush_once()
    if context.wants_json:
        figures = {"sent": done.sent, "waiting": done.waiting, "failed": done.failed, "dropped": done.dropped}
        _json(context, workspace, figures)
    else:
        context.output.line(
            f"sent={done.sent} waiting={done.waiting} failed={done.failed} dropped={done.dropped}"
        )
    if done.failed:
        return FAILED
    return NOT_YET if done.waiting else OK


def _sent(context: Context, workspace: Workspace, rows: Sequence[Delivery]) -> int:
    if context.wants_json:
        _json(context, workspace, {"deliveries": [record(row) for row in rows]})
    else:
        for row in rows:
            context.output.line(f"{row.uid} {row.state.value} {row.destination} {row.detail}".rstrip())
    states = {row.state for row in rows}
    if DeliveryState.FAILED in states:
        return FAILED
    return OK if states == {DeliveryState.SENT} else NOT_YET


def _json(context: Context, workspace: Workspace, payload: dict[str, Any]) -> None:
    context.output.json(
        SCHEMA, payload, generated_at=context.now(), cache_age_s=context.cache_age_s(workspace)
    )


def _table(context: Context, rows: Sequence[Delivery]) -> None:
    cells = [
        (
            row.uid,
            row.state.value,
            iso(row.changed_at) or "",
            row.rule or "-",
            row.destination,
            row.event.kind,
            row.event.review_id or "-",
            row.detail,
        )
        for row in rows
    ]
    headers = ("ID", "STATE", "SINCE", "RULE", "DESTINATION", "EVENT", "REVIEW", "SAYS")
    context.output.table(headers, cells)
