"""`ascinbox reply --batch FILE`: many replies from JSON lines, each checked and sent like a single one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ascinbox.cli.context import Context
from ascinbox.cli.publishing import Consent, Publishing
from ascinbox.cli.reviewids import resolve
from ascinbox.core.clock import iso
from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.outbox.states import freeze

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace

REFUSED = 2


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """One line of the file."""

    review_id: str
    text: str
    template: str


def run_batch(context: Context, workspace: Workspace, consent: Consent) -> int:
    """Prints one JSON object a line; the exit code is the highest. Raises UsageError for a bad line."""
    entries = _entries(context, workspace)
    wait = context.options.wait_for if context.options.wait else None
    publishing = Publishing(context, workspace, wait=wait)
    worst = 0
    for entry in entries:
        try:
            outcome = publishing.reply(entry.review_id, entry.text, entry.template, consent)
        except AscinboxError as error:
            fields: dict[str, Any] = {
                "review": entry.review_id,
                "state": "failed",
                "text": entry.text,
                "other_text": None,
                "detail": " ".join(part for part in (error.title, error.detail) if part),
                "findings": [],
            }
            worst = max(worst, REFUSED)
        else:
            fields, worst = outcome.fields, max(worst, outcome.exit_code)
        head = {"schema": "ascinbox.reply/1", "generated_at": iso(context.now())}
        head["cache_age_s"] = context.cache_age_s(workspace)  # type: ignore[assignment]
        context.output.stdout.write(json.dumps({**head, **fields}, allow_nan=False) + "\n")
        context.output.stdout.flush()
    return worst


def _entries(context: Context, workspace: Workspace) -> list[BatchEntry]:
    entries: dict[str, BatchEntry] = {}
    for number, line in enumerate(_text(context).splitlines(), 1):
        if not line.strip():
            continue
        entry = _entry(workspace, line, f"{context.options.batch}:{number}")
        if entry.review_id in entries:
            raise UsageError(f"{context.options.batch}:{number}: a second reply to {entry.review_id}.")
        entries[entry.review_id] = entry
    return list(entries.values())


def _entry(workspace: Workspace, line: str, where: str) -> BatchEntry:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: not JSON.", str(error)) from None
    if not isinstance(content, dict) or set(content) not in ({"id", "text"}, {"id", "template"}):
        raise UsageError(f'{where}: a line is {{"id", "text"}} or {{"id", "template"}}.')
    if not all(isinstance(value, str) for value in content.values()):
        raise UsageError(f"{where}: all values are texts.")
    try:
        review_id = resolve(workspace, content["id"])
        template = content.get("template", "")
        text = workspace.composing.render(review_id, template).text if template else content.get("text", "")
    except UsageError as error:
        raise UsageError(f"{where}: {error.title}", error.detail, error.next_step) from None
    return BatchEntry(review_id, freeze(text), template)


def _text(context: Context) -> str:
    path = context.options.batch
    if str(path) == "-":
        return context.read_stdin()
    try:
        text: str = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read.", str(error)) from None
    return text
