"""`ascinbox reply ID`: answers one review, with the same checks as the app. Without --yes nothing is sent."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ascinbox.cli.context import Context
from ascinbox.cli.output import Progress
from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.findings import Finding, FindingKind
from ascinbox.core.outbox import MOVING, Phase, freeze, reply_key
from ascinbox.core.outboxwords import OutboxItem
from ascinbox.core.text import list_cell

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace

DRY_RUN, QUEUED, BLOCKED = "dry_run", "queued", "blocked"
EXITS = {
    DRY_RUN: 0,
    Phase.PENDING.value: 0,
    Phase.PUBLISHED.value: 0,
    QUEUED: 1,
    Phase.HELD.value: 1,
    Phase.FAILED.value: 2,
    BLOCKED: 2,
}
LOOK_EVERY_S = 0.25
UNSEEN = frozenset({"rival", "review-changed"})
"""Rules about what happened at Apple since the reply was begun: `--yes` alone is no consent to that."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the reply."""

    state: str
    text: str
    detail: str
    findings: tuple[Finding, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 accepted or dry run, 1 queued or held, 2 refused or blocked."""
        return EXITS.get(self.state, 1)


def run(context: Context, options: argparse.Namespace) -> int:
    """Checks, and with `--yes` sends; `--wait` stays until Apple has published it."""
    with context.workspace() as workspace:
        detail = workspace.inbox.detail(options.id)
        if detail is None:
            raise UsageError(
                f"There is no review {options.id[:80]!r} in the cache.",
                "",
                "`ascinbox reviews` lists them; `ascinbox sync` fetches what is new.",
            )
        text, template = _text(context, workspace)
        stands = detail.review.response
        if stands is not None and reply_key(stands.text) != reply_key(text):
            context.output.words(f"replaces the reply that stands there: {list_cell(stands.text)}")
        outcome = _decide(context, workspace, text, template)
        age = context.cache_age_s(workspace)
    _print(context, outcome, age)
    return outcome.exit_code


def _text(context: Context, workspace: Workspace) -> tuple[str, str]:
    """The reply as it would be posted, and the template that it was made from."""
    options = context.options
    template = ""
    if options.template is not None:
        rendered = workspace.replies.render(options.id, options.template)
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


def _decide(context: Context, workspace: Workspace, text: str, template: str) -> Outcome:
    options = context.options
    findings = workspace.replies.check(options.id, text)
    warnings = [finding for finding in findings if finding.kind is FindingKind.WARN]
    blocks = [finding for finding in findings if finding.kind is FindingKind.BLOCK]
    if options.strict:
        blocks += warnings
    if blocks:
        return Outcome(BLOCKED, text, "; ".join(finding.sentence for finding in blocks), findings)
    if not options.yes or options.dry_run:
        detail = "; ".join(finding.sentence for finding in warnings)
        return Outcome(DRY_RUN, text, detail or "Nothing was sent. --yes sends it.", findings)
    unseen = [finding.sentence for finding in warnings if finding.rule in UNSEEN]
    if unseen and not options.anyway:
        detail = f"{'; '.join(unseen)}. Nothing was sent; --anyway sends it all the same"
        return Outcome(Phase.HELD.value, text, detail, findings)
    if not _is_under_way(workspace, options.id, text):
        # No undo window: whoever wrote --yes into a command cannot press u.
        accepted = [finding.key for finding in warnings]
        workspace.replies.queue(options.id, text, accepted, template, undo_s=0)
    item = _sent(context, workspace, options.id)
    if options.wait:
        item = _published(context, workspace, item)
    state = QUEUED if item.row.phase in MOVING else item.row.phase.value
    return Outcome(state, item.row.text, item.sentence, findings)


def _is_under_way(workspace: Workspace, review_id: str, text: str) -> bool:
    """Whether the same reply of a run that was cut short is looked after, instead of being sent once more."""
    item = workspace.replies.item(review_id)
    if item is None or item.row.phase not in (Phase.SENDING, Phase.UNKNOWN):
        return False
    workspace.sender.flush_once(review_id)
    row = _item(workspace, review_id).row
    return row.text == text and row.phase in MOVING | {Phase.PENDING, Phase.PUBLISHED}


def _sent(context: Context, workspace: Workspace, review_id: str) -> OutboxItem:
    """Sends what was just queued. Another program may be quicker: then it is waited for."""
    clock = context.clock
    limit = clock.monotonic() + workspace.sender.rules.deadline_s + 5
    workspace.sender.flush_once(review_id)
    while (item := _item(workspace, review_id)).row.phase is Phase.SENDING and clock.monotonic() < limit:
        clock.sleep(LOOK_EVERY_S)
    return item


def _published(context: Context, workspace: Workspace, item: OutboxItem) -> OutboxItem:
    """Settles and polls until the reply is public, needs a person, or `--wait-for` is over."""
    clock, progress = context.clock, Progress(context.output)
    limit = clock.monotonic() + context.options.wait_for.total_seconds()
    review_id = item.row.review_id
    while item.row.phase in MOVING | {Phase.PENDING} and clock.monotonic() < limit:
        if workspace.offline:
            break
        progress.show(item.sentence)
        clock.sleep(LOOK_EVERY_S)
        try:
            workspace.sender.flush_once(review_id)
            workspace.sender.poll_pending(review_id)
        except AscinboxError as error:
            context.output.words(str(error))
        item = _item(workspace, review_id)
    progress.clear()
    return item


def _item(workspace: Workspace, review_id: str) -> OutboxItem:
    item = workspace.replies.item(review_id)
    assert item is not None
    return item


def _print(context: Context, outcome: Outcome, cache_age_s: int | None) -> None:
    output = context.output
    for finding in outcome.findings:
        if finding.kind is not FindingKind.NUDGE or context.options.verbose:
            output.words(f"{finding.kind.value}: {finding.sentence}")
    if context.wants_json:
        output.json(
            "ascinbox.reply/1",
            {
                "review": context.options.id,
                "state": outcome.state,
                "text": outcome.text,
                "detail": outcome.detail,
                "findings": [
                    {"kind": finding.kind.value, "rule": finding.rule, "sentence": finding.sentence}
                    for finding in outcome.findings
                ],
            },
            generated_at=context.now(),
            cache_age_s=cache_age_s,
        )
        return
    output.text(outcome.text)
    output.words(f"{outcome.state}: {outcome.detail}" if outcome.detail else outcome.state)
