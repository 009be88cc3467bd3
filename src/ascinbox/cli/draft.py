"""`ascinbox draft ID`: the draft of a reply, by the engine that is plugged in. Nothing is sent or queued."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ascinbox.cli.context import Context
from ascinbox.cli.reviewids import resolve
from ascinbox.cli.rights import must_write
from ascinbox.cli.translate import consent
from ascinbox.core.errors import UsageError

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace


def run(context: Context, options: argparse.Namespace) -> int:
    """Prints the draft and what the checks say; exit 0 whenever a text came."""
    with context.workspace() as workspace:
        review_id = resolve(workspace, options.id)
        if options.save:
            must_write(workspace)
            _must_be_free(workspace, review_id)
        agreed = consent(context, workspace)
        found = workspace.assist.draft(review_id, options.template or "", agreed=agreed)
        if options.save:
            # It may have taken a while: what somebody wrote meanwhile stays.
            _must_be_free(workspace, review_id)
            workspace.composing.save_draft(review_id, found.text, options.template or "")
        age = context.cache_age_s(workspace)
    warnings = [finding.sentence for finding in found.findings]
    if context.wants_json:
        payload = {
            "review": found.review_id,
            "text": found.text,
            "engine": found.engine,
            "warnings": warnings,
        }
        context.output.json("ascinbox.draft/1", payload, generated_at=context.now(), cache_age_s=age)
        return 0
    for finding in found.findings:
        context.output.words(f"{finding.kind.value}: {finding.sentence}")
    context.output.words(f"~ by {found.engine}" + ("; kept as draft" if options.save else ""))
    context.output.text(found.text)
    return 0


def _must_be_free(workspace: Workspace, review_id: str) -> None:
    """UsageError when a draft is begun: an engine's words never take a person's place."""
    if workspace.composing.draft(review_id) is not None:
        raise UsageError(
            "A draft is begun for this review, and stays.",
            "",
            "Finish or discard it first, or leave out --save.",
        )
