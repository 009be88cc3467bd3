"""`ascinbox undo`: takes back what was done last, as `u` in the app, and says what it was."""

from __future__ import annotations

import argparse

from ascinbox.cli.context import Context
from ascinbox.cli.mark import must_be_allowed
from ascinbox.core.outbox.sentences import as_sentence

NOTHING = 1


def run(context: Context, _options: argparse.Namespace) -> int:
    """Takes one act back: a mark on reviews, or replies that still wait. Exit 1 when there is none."""
    from ascinbox.workers.reviews.undo import undo_last

    with context.workspace(fresh=True) as workspace:
        must_be_allowed(context, workspace)
        taken = undo_last(workspace)
        age = context.cache_age_s(workspace)
    ids = taken.review_ids if taken is not None else ()
    if context.wants_json:
        payload = {"verb": taken.verb if taken is not None else None, "reviews": list(ids)}
        context.output.json("ascinbox.undo/1", payload, generated_at=context.now(), cache_age_s=age)
    for review_id in () if context.wants_json else ids:
        context.output.line(review_id)
    words = taken.words if taken is not None else "there is nothing to take back"
    context.output.words(as_sentence(words))
    return 0 if taken is not None else NOTHING
