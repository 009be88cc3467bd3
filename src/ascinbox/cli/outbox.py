"""`ascinbox outbox`: replies on their way."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from ascinbox.cli.context import Context
from ascinbox.core.clock import iso
from ascinbox.core.outbox.sentences import OutboxItem
from ascinbox.core.outbox.states import Phase
from ascinbox.core.stores import store_of_review
from ascinbox.workers.replies.outbox_list import OutboxList

HELD, FAILED = 1, 2


def run(context: Context, options: argparse.Namespace) -> int:
    """Prints the outbox. Exit 1 when one is held, 2 when one has failed."""
    with context.workspace(reads=True) as workspace:
        items = [item for item in OutboxList(workspace).open() if _is_chosen(context, item)]
        if options.json:
            context.output.json(
                "ascinbox.outbox/1",
                {"items": [record(item) for item in items]},
                generated_at=context.now(),
                cache_age_s=context.cache_age_s(workspace),
            )
        elif items:
            _print(context, items, several_stores=workspace.inbox.several_stores())
        else:
            context.output.words("Nothing is on its way.")
    phases = {item.row.phase for item in items}
    if Phase.FAILED in phases:
        return FAILED
    return HELD if Phase.HELD in phases else 0


def record(item: OutboxItem) -> dict[str, Any]:
    """One reply as `ascinbox.outbox/1` has it."""
    row = item.row
    return {
        "review": row.review_id,
        "store": store_of_review(row.review_id).id,
        "state": row.phase.value,
        "since": iso(row.changed_at),
        "send_after": iso(row.send_after),
        "attempts": row.attempts,
        "text": row.text,
        "detail": item.sentence,
    }


def _is_chosen(context: Context, item: OutboxItem) -> bool:
    wanted = context.options.account
    return wanted is None or item.account.casefold() == wanted.casefold()


def _print(context: Context, items: Iterable[OutboxItem], *, several_stores: bool) -> None:
    rows = [
        (
            item.row.review_id,
            item.row.phase.value,
            iso(item.row.changed_at) or "",
            *((store_of_review(item.row.review_id).id,) if several_stores else ()),
            f"{item.rating or '?'}*",
            item.app_name,
            item.sentence,
            " ".join(item.row.text.split()),
        )
        for item in items
    ]
    title = ("STORE",) if several_stores else ()
    context.output.table(("REVIEW", "STATE", "SINCE", *title, "STARS", "APP", "SAYS", "REPLY"), rows)
