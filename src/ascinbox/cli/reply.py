"""`ascinbox reply ID`: answers one review, with the same checks as the app. Without --yes nothing is sent."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ascinbox.cli.batch import run_batch
from ascinbox.cli.context import Context
from ascinbox.cli.publishing import Consent, Outcome, Publishing
from ascinbox.cli.reviewids import resolve
from ascinbox.core.errors import UsageError
from ascinbox.core.outbox.states import freeze
from ascinbox.core.replies.findings import FindingKind
from ascinbox.core.replies.reply_key import reply_key
from ascinbox.core.text import list_cell

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace


def run(context: Context, options: argparse.Namespace) -> int:
    """Checks, and with `--yes` sends; `--wait` stays until Apple has published it."""
    consent = Consent(options.yes and not options.dry_run, options.strict, options.anyway)
    with context.workspace(fresh=True) as workspace:
        if options.batch is not None:
            if options.id is not None:
                raise UsageError("A batch names its reviews itself.", "", "Leave the id out.")
            return run_batch(context, workspace, consent)
        if options.id is None:
            raise UsageError("Which review?", "", "See: ascinbox reply --help")
        review_id = resolve(workspace, options.id)
        detail = workspace.inbox.detail(review_id)
        assert detail is not None
        text, template = _text(context, workspace, review_id)
        stands = detail.review.response
        if stands is not None and reply_key(stands.text) != reply_key(text):
            context.output.words(f"replaces the reply that stands there: {list_cell(stands.text)}")
        publishing = Publishing(context, workspace, wait=options.wait_for if options.wait else None)
        outcome = publishing.reply(review_id, text, template, consent)
        age = context.cache_age_s(workspace)
    show(context, outcome, age)
    return outcome.exit_code


def _text(context: Context, workspace: Workspace, review_id: str) -> tuple[str, str]:
    """The reply as it would be posted, and the template that it was made from."""
    options = context.options
    template = ""
    if options.template is not None:
        rendered = workspace.composing.render(review_id, options.template)
        text, template = rendered.text, options.template
    elif options.text == "-" or (options.file is not None and str(options.file) == "-"):
        text = context.read_stdin()
    elif options.file is not None:
        try:
            text = options.file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{options.file} cannot be read.", str(error)) from None
    else:
        text = options.text
    return freeze(text), template


def show(context: Context, outcome: Outcome, cache_age_s: int | None) -> None:
    """Prints one outcome, as JSON or in words."""
    output = context.output
    for finding in outcome.findings:
        if finding.kind is not FindingKind.NUDGE or context.options.verbose:
            output.words(f"{finding.kind.value}: {finding.sentence}")
    if context.wants_json:
        output.json("ascinbox.reply/1", outcome.fields, generated_at=context.now(), cache_age_s=cache_age_s)
        return
    output.text(outcome.text)
    output.words(f"{outcome.state}: {outcome.detail}" if outcome.detail else outcome.state)
