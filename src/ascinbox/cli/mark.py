"""`ascinbox mark`: done, tags, assignment, snooze, flag, language, note; one review, a filter or a list."""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from ascinbox.cli import values
from ascinbox.cli.context import Context
from ascinbox.cli.reviewids import find, resolve
from ascinbox.cli.rights import must_write
from ascinbox.core.errors import AscinboxError, StoreError, UsageError
from ascinbox.core.reviews.acts import MarkChange
from ascinbox.core.reviews.states import State

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace

_LIKE_AN_ID = re.compile(r"(?=[^:]*\d)[A-Za-z0-9-]{8,}")


def run(context: Context, options: argparse.Namespace) -> int:
    """Marks the reviews. Exit 2 where it is not allowed, 3 for an unknown id; then nothing is changed.

    Several reviews are asked about at a terminal. Without one a filter that fits several needs --yes, as a
    mistyped word looks for reviews too; a list of ids says itself which are meant.
    """
    change = _change(context, options)
    with context.workspace(fresh=True) as workspace:
        must_be_allowed(context, workspace)
        if replace(change, read=None, language=None) != MarkChange():
            # Read and language are each person's own.
            must_write(workspace, worker_too=not change.note)
        ids = _chosen(context, workspace, options)
        if len(ids) > 1 and not options.yes:
            if not context.interactive and options.ids is None:
                raise UsageError(
                    f"The filter fits {len(ids):,} reviews, and nobody is here to be asked.",
                    "Nothing was marked.",
                    "Add --yes.",
                )
            if context.interactive and not context.confirm(f"Mark {len(ids):,} reviews?"):
                raise AscinboxError("Nothing was marked.")
        changes = dict.fromkeys(ids, change)
        if change.done:
            # Done once more would only move the time at which it was done.
            details = workspace.inbox.details(ids)
            changes |= {d.review.id: replace(change, done=None) for d in details if d.state == State.DONE}
        changed = set(workspace.triage.mark(changes))
        age = context.cache_age_s(workspace)
        cached = 0 if ids else workspace.inbox.count(workspace.inbox.query(""))
    payload = {
        "changed": [review_id for review_id in ids if review_id in changed],
        "unchanged": [review_id for review_id in ids if review_id not in changed],
    }
    if context.wants_json:
        context.output.json("ascinbox.mark/1", payload, generated_at=context.now(), cache_age_s=age)
    else:
        for review_id in payload["changed"]:
            context.output.line(review_id)
    if not ids:
        context.output.words(f"No review matches ({cached:,} cached), so none was marked.")
    elif not context.wants_json:
        context.output.words(f"{len(payload['changed'])} changed, {len(payload['unchanged'])} as they were")
    return 0


def must_be_allowed(context: Context, workspace: Workspace) -> None:
    """Raises AscinboxError (exit 2) when nothing may or can be marked here."""
    if context.read_only:
        raise AscinboxError("Read-only: nothing is marked.", "", "Leave out --read-only.")
    banner: str = workspace.store.call(
        lambda store: store.database.banner if store.database.volatile or store.database.read_only else ""
    )
    if banner:
        raise StoreError("Nothing can be saved here, so nothing is marked.", banner)


def _change(context: Context, options: argparse.Namespace) -> MarkChange:
    """What is to be done with each review. UsageError when it is nothing."""
    from ascinbox.workers.reviews.triage import chosen_language

    until = None if options.snooze is None else _moment(options.snooze, context.now())
    change = MarkChange(
        done=_switch(options.done, options.not_done),
        snooze=until,
        wake=options.snooze is not None and until is None,
        assign=options.assign,
        tag=values.names(options.tag) if options.tag else (),
        untag=values.names(options.untag) if options.untag else (),
        flag=_switch(options.flag, options.unflag),
        read=_switch(options.read, options.unread),
        language=None if options.lang is None else chosen_language(options.lang),
        note=options.note,
    )
    if change == MarkChange():
        raise UsageError("Nothing to mark was named.", "", "See: ascinbox mark --help")
    return change


def _switch(on: bool, off: bool) -> bool | None:
    return on if on or off else None


def _moment(text: str, now: datetime) -> datetime | None:
    """`3d`, `2w`, a day or ISO 8601; `off` wakes."""
    if text.strip().casefold() == "off":
        return None
    for read in (values.duration, values.moment):
        try:
            value = read(text)
        except argparse.ArgumentTypeError:
            continue
        until = value if isinstance(value, datetime) else now + value
        if until > now:
            return until
        raise UsageError(f"{text[:40]!r} is not in the future.")
    raise UsageError(f"{text[:40]!r} is not a time.", "", "Such as 3d, 2026-12-01T09:00, or off.")


def _chosen(context: Context, workspace: Workspace, options: argparse.Namespace) -> tuple[str, ...]:
    from ascinbox.cli.reviews import chosen_query

    if (options.query is None) == (options.ids is None):
        raise UsageError("Name a review, a filter, or --ids.", "", "See: ascinbox mark --help")
    if options.ids is not None:
        words = _listed(context, options).split()
        return tuple(dict.fromkeys(resolve(workspace, word) for word in words))
    found = find(workspace, options.query)
    if found is not None:
        return (found,)
    ids = tuple(
        detail.review.id for detail in workspace.inbox.export(chosen_query(context, workspace, options.query))
    )
    if not ids and _LIKE_AN_ID.fullmatch(options.query):
        resolve(workspace, options.query)
    return ids


def _listed(context: Context, options: argparse.Namespace) -> str:
    if str(options.ids) == "-":
        return context.read_stdin()
    try:
        text: str = options.ids.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{options.ids} cannot be read.", str(error)) from None
    return text
