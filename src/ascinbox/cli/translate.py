"""`ascinbox translate ID`: one review in another language, by the engine that is plugged in."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ascinbox.cli.context import Context
from ascinbox.cli.reviewids import resolve

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace


def run(context: Context, options: argparse.Namespace) -> int:
    """Prints the translation: kept, or asked for."""
    with context.workspace() as workspace:
        review_id = resolve(workspace, options.id)
        found = workspace.assist.known(review_id, options.to)
        if found is None:
            agreed = consent(context, workspace)
            found = workspace.assist.translate(review_id, options.to, agreed=agreed)
        age = context.cache_age_s(workspace)
    if context.wants_json:
        payload = {
            "review": found.review_id,
            "to": found.to,
            "engine": found.engine,
            "title": found.title,
            "body": found.body,
        }
        context.output.json("ascinbox.translate/1", payload, generated_at=context.now(), cache_age_s=age)
        return 0
    context.output.words(f"~ by {found.engine}")
    context.output.text("\n\n".join(part for part in (found.title, found.body) if part))
    return 0


def consent(context: Context, workspace: Workspace) -> bool:
    """Whether the host may be asked: agreed to before, by --yes for this once, or by a person now.

    A person at both ends is asked once, and the answer is kept. False leaves it to the service to refuse.
    """
    assist = workspace.assist
    if not assist.is_on or not assist.must_ask():
        return False
    if context.options.yes:
        return True
    if context.interactive:
        for line in assist.question():
            context.output.words(line)
        if context.confirm("Agree, from now on?"):
            assist.agree()
            return True
    return False
