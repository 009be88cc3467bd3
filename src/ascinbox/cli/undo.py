"""`ascinbox undo`: takes back what was done last, as `u` in the app, and says what it was."""

from __future__ import annotations

import argparse

from ascinbox.cli.context import Context
from ascinbox.cli.mark import must_be_allowed
from ascinbox.core.outbox import Phase

NOTHING = 1


def run(context: Context, _options: argparse.Namespace) -> int:
    """Takes one act back: a mark on reviews, or replies that still wait. Exit 1 when there is none."""
    with context.workspace() as workspace:
        must_be_allowed(context, workspace)
        act = workspace.triage.last_act()
        waiting = [row.queued_at for row in workspace.replies.open_rows() if row.phase is Phase.QUEUED]
        verb = ""
        ids: tuple[str, ...] = ()
        if waiting and (act is None or max(waiting) >= act.at):
            taken = workspace.replies.undo()
            verb, ids = ("reply" if taken else ""), tuple(row.review_id for row in taken)
        if not verb and (undone := workspace.triage.undo()) is not None:
            verb, ids = undone.verb, undone.review_ids
        age = context.cache_age_s(workspace)
    if context.wants_json:
        payload = {"verb": verb or None, "reviews": list(ids)}
        context.output.json("ascinbox.undo/1", payload, generated_at=context.now(), cache_age_s=age)
    for review_id in () if context.wants_json else ids:
        context.output.line(review_id)
    count = "1 review" if len(ids) == 1 else f"{len(ids)} reviews"
    context.output.words(f"Taken back: {verb}, {count}." if verb else "There is nothing to take back.")
    return 0 if verb else NOTHING
