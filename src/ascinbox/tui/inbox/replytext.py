"""What stands around a reply being written: review, heading, counter, checks, preview. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from rich.cells import cell_len

from ascinbox.core.dates import age
from ascinbox.core.outbox.states import OutboxRow
from ascinbox.core.records import ReviewDetail
from ascinbox.core.replies.checks import LengthLevel, level, measure
from ascinbox.core.replies.findings import Finding, FindingKind, ReplyContext
from ascinbox.core.reviews.language import guess
from ascinbox.core.reviews.territories import alpha2
from ascinbox.core.stores import store_of_review
from ascinbox.core.text import list_cell
from ascinbox.tui.actions import Keymap
from ascinbox.tui.inbox.mending import mending_words
from ascinbox.tui.inbox.readtext import (
    ReadingText,
    ShownTranslation,
    language_words,
    thread_lines,
    title_of,
)
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, line, rule, spread, text_of, width_of, wrap
from ascinbox.tui.signs import stars

PHONE = 40
"""Cells of a phone's line, for the preview."""


@dataclass(frozen=True, slots=True)
class OfferedDraft:
    """A draft by an engine, as far as it has come."""

    text: str
    by: str
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class ReplyJob:
    """One reply that is written: the review it answers, the text, and what was found in it."""

    detail: ReviewDetail
    text: str = ""
    template: str = ""
    context: ReplyContext = field(default_factory=ReplyContext)
    findings: tuple[Finding, ...] = ()
    accepted: frozenset[str] = frozenset()
    capability: str = ""
    """What is known about replying with this account's key, in a few words."""
    position: str = ""
    view: str = ""
    saved_at: datetime | None = None
    theirs: str = ""
    """What a rival answered while the text was written, in a sentence; empty for a plain reply."""
    back: ShownTranslation | None = None
    """The text in one's own language."""
    offered: OfferedDraft | None = None
    """What an engine drafted, beside the editor."""
    waits: OutboxRow | None = None
    """The reply that waits for a publisher, where one reads it rather than writes."""
    over: OutboxRow | None = None
    """The reply that waits for a publisher while one writes."""

    @property
    def review_id(self) -> str:
        return self.detail.review.id

    @property
    def blocks(self) -> list[Finding]:
        """What forbids publishing."""
        return [f for f in self.findings if f.kind is FindingKind.BLOCK]

    @property
    def open_warnings(self) -> list[Finding]:
        """What a person still has to accept."""
        return [f for f in self.findings if f.kind is FindingKind.WARN and f.key not in self.accepted]

    @property
    def replaces_theirs(self) -> bool:
        """Whether publishing overwrites an answer of somebody else that came while this one was written."""
        if self.detail.review.response is None:
            return False
        return bool(self.theirs) or any(finding.rule == "rival" for finding in self.findings)

    def accepting(self, keys: Collection[str]) -> ReplyJob:
        """The same with these warnings accepted."""
        return replace(self, accepted=self.accepted | frozenset(keys))


def crumb_line(job: ReplyJob, width: int) -> Line:
    """` Inbox > Needs reply > Tide Clock          DE · lang~de · 13d · 1/37`."""
    return (PaintSpan(spread(f" {job.view}", job.position, width - 1), "strong"),)


def facts_of(job: ReplyJob, now: datetime) -> str:
    """`DE · lang~de · 13d · 1/37`."""
    review = job.detail.review
    parts = [
        alpha2(review.territory) if review.territory else "",
        language_words(job.detail.language),
        age(review.created_at, now),
        job.position,
    ]
    return " · ".join(filter(None, parts))


def review_lines(job: ReplyJob, now: datetime, width: int, *, edged: bool, most: int) -> list[Line]:
    """The review above the editor, in at most `most` lines: its text gives way before what explains it.

    Not `edged`: the reading pane beside shows it, and only what a rival wrote is said here.
    """
    detail = job.detail
    review = detail.review
    if not edged:
        # The reading pane beside it shows the review.
        theirs = wrap(job.theirs, width - 2, 3) if job.theirs else []
        return [(PaintSpan(f" {part}", "warn"),) for part in theirs]
    changed = ""
    if detail.changed_at is not None:
        changed = f"CHANGED {age(detail.changed_at, now)} ago"
    head: list[Line] = [
        rule(" · ".join(filter(None, (title_of(ReadingText(detail)), review.nickname))), changed, width)
    ]
    tail: list[Line] = []
    if detail.earlier is not None:
        before = f' before: {stars(detail.earlier.rating)} "{list_cell(detail.earlier.title)}"'
        tail.append((PaintSpan(clip(before, width), "dim"),))
    if detail.note:
        tail.append(
            (PaintSpan(clip(f" note (internal, never sent): {list_cell(detail.note)}", width), "accent"),)
        )
    if detail.thread:
        tail += _last_note(detail, now, width)
    if job.theirs:
        tail += [(PaintSpan(f" {part}", "warn"),) for part in wrap(job.theirs, width - 2, 3)]
    room = max(1, most - len(head) - len(tail))
    body: list[Line] = [
        (PaintSpan(f" {part}"),) if part else BLANK for part in wrap(review.body, width - 2, room + 1)
    ]
    if len(body) > room:
        body = [*body[: room - 1], (PaintSpan(clip(f" {text_of(body[room - 1]).strip()} …", width)),)]
    return [*head, *body, *tail]


NOTE_LINES = 3


def _last_note(detail: ReviewDetail, now: datetime, width: int) -> list[Line]:
    """The youngest of the thread: the word with which a reply came back."""
    lines = [line(PaintSpan(" "), *part) for part in thread_lines(detail.thread[-1:], now, width - 2)]
    if len(lines) > NOTE_LINES:
        cut = text_of(lines[NOTE_LINES - 1])
        lines = [*lines[: NOTE_LINES - 1], line(PaintSpan(f"{clip(cut, width - 2)} …"))]
    return lines


def _inset(made: Line) -> Line:
    """A rule one cell in, as a docked panel has it."""
    return (PaintSpan(" "), *made)


def heading_line(job: ReplyJob, now: datetime, width: int, *, docked: bool, checking: str = "") -> Line:
    """`─ Your reply · replaces yours of 10d ago ───── template crash-fixed ─`."""
    left = checking or "Your reply"
    response = job.detail.review.response
    if response is not None:
        when = f" of {age(response.modified_at, now)} ago" if response.modified_at is not None else ""
        left += f" · replaces {'theirs' if job.theirs else _replaced(job.detail)}{when}"
    template = f"template {list_cell(job.template)}" if job.template else ""
    return _inset(rule(left, template, width - 2)) if docked else rule(left, template, width)


def _replaced(detail: ReviewDetail) -> str:
    """`yours`, `paul's`; `the one` where a team does not know whose it is."""
    by = detail.response_by
    return "yours" if by is None else f"{list_cell(by)}'s" if by else "the one"


CHECKED = 5
"""What is looked at when nothing is wrong: length, variables, the review, rivals, repeats."""


def summary_line(job: ReplyJob, width: int, *, live: bool) -> Line:
    """`✓ 5 checks · 212 of 5,970 · lang de · draft saved 14:02:11`, or how many things are wrong.

    `live`: it is being written; a text that is not begun is not called wrong.
    """
    count = measure(job.text)
    store = store_of_review(job.detail.review.id)
    role = {LengthLevel.OVER: "bad", LengthLevel.AMBER: "warn"}.get(level(count, store), "dim")
    more = [
        _languages(job),
        f"draft saved {job.saved_at.astimezone():%H:%M:%S}" if job.saved_at is not None else "",
    ]
    verdict = () if live and not job.text.strip() else _verdict(job)
    length = f"{' · ' if verdict else ' '}{count:,} of {store.reply_limit:,}"
    used = sum(cell_len(span.text) for span in verdict)
    rest = ""
    for part in filter(None, more):
        if used + cell_len(length + rest) + 3 + cell_len(part) < width:
            rest += f" · {part}"
    return line(*verdict, PaintSpan(clip(length, width - used), role), PaintSpan(rest, "dim"))


def _languages(job: ReplyJob) -> str:
    mine, theirs = guess(job.text), job.detail.language.code
    if not mine and not theirs:
        return ""
    if mine == theirs or not mine:
        return f"lang {mine or theirs}"
    return f"lang {mine}, review {theirs or '?'}"


def _verdict(job: ReplyJob) -> Line:
    blocks, warnings = len(job.blocks), len(job.open_warnings)
    spans = []
    if blocks:
        spans.append(PaintSpan(f" x {blocks} block{'s' if blocks > 1 else ''}", "bad"))
    if warnings:
        spans.append(PaintSpan(f" ! {warnings} to accept", "warn"))
    return tuple(spans) or (PaintSpan(f" ✓ {CHECKED} checks", "good"),)


def checking_title(job: ReplyJob) -> str:
    """What the check step shows."""
    if job.waits is None:
        instead = (
            f" instead of {list_cell(job.over.by)}'s text" if job.over is not None and job.over.by else ""
        )
        return f"What customers will see{instead}"
    return f"{list_cell(job.waits.by) or 'A'} wrote this · what customers will see"


def checks_lines(job: ReplyJob, width: int, keymap: Keymap, *, live: bool, most: int) -> list[Line]:
    """What is wrong, by number, the worst first, with the key that mends it; nothing where nothing is."""
    if live and not job.text.strip():
        return []
    lines: list[Line] = []
    for number, finding in enumerate(_weighty(job), 1):
        accepted = finding.kind is FindingKind.WARN and finding.key in job.accepted
        keys = "(accepted)" if accepted else mending_words(finding, keymap, writing=live)
        lines += _finding_lines(finding, number, keys, width, accepted=accepted)
    if len(lines) > most:
        hidden = len(lines) - most + 1
        lines = [*lines[: most - 1], (PaintSpan(clip(f" … {hidden} more lines", width), "dim"),)]
    return lines


def _weighty(job: ReplyJob) -> list[Finding]:
    return sorted(job.findings, key=lambda f: list(FindingKind).index(f.kind))


def _finding_lines(finding: Finding, number: int, keys: str, width: int, *, accepted: bool) -> list[Line]:
    mark, role = {
        FindingKind.BLOCK: ("x", "bad"),
        FindingKind.WARN: ("!", "warn"),
        FindingKind.NUDGE: ("-", "dim"),
    }[finding.kind]
    role = "dim" if accepted else role
    first, *rest = wrap(finding.sentence, width - 6, 3) or [""]
    lines: list[Line] = [(PaintSpan(f" {mark}{number}  {first}", role),)]
    lines += [(PaintSpan(f"     {part}", role),) for part in rest]
    told = PaintSpan(clip(f"   {keys}", width - 2), "dim" if accepted else "accent")
    if keys and width_of(lines[-1]) + cell_len(told.text) < width:
        lines[-1] = (*lines[-1], told)
    elif keys:
        lines.append((PaintSpan("  "), told))
    if finding.rule == "contact" and finding.found and not accepted:
        hint = f"     is it a support address? `:allow {finding.found}` never asks again"
        if width < len(hint):
            hint = f"     :allow {finding.found} never asks again"
        lines.append((PaintSpan(clip(hint, width), "dim"),))
    return lines


def back_lines(back: ShownTranslation, width: int) -> list[Line]:
    """What the reply says in one's own language, under its mark."""
    lines: list[Line] = [(PaintSpan(clip(f" {back.mark}", width), "accent"),)]
    return lines + [(PaintSpan(f" {part}", "dim"),) if part else BLANK for part in wrap(back.body, width - 2)]


def beside(left: Sequence[Line], right: Sequence[Line], width: int) -> list[Line]:
    """Two columns of half the width."""
    half = width // 2
    lines: list[Line] = []
    for number in range(max(len(left), len(right))):
        one = left[number] if number < len(left) else BLANK
        other = right[number] if number < len(right) else BLANK
        room = max(0, half - sum(cell_len(span.text) for span in one))
        lines.append((*one, PaintSpan(" " * room), PaintSpan("│", "rule"), *other))
    return lines


def offer_lines(offered: OfferedDraft, width: int, height: int) -> list[Line]:
    """A draft that stands beside the editor: its end while it is being written, its beginning then."""
    mark = f" ~ by {list_cell(offered.by)}" + ("" if offered.is_whole else ": being written …")
    lines: list[Line] = [(PaintSpan(clip(mark, width), "accent"),)]
    body: list[Line] = [(PaintSpan(f" {part}"),) if part else BLANK for part in wrap(offered.text, width - 2)]
    room = max(1, height - 1)
    return lines + (body[:room] if offered.is_whole else body[-room:])


def preview_lines(text: str, width: int, *, phone: bool) -> Sequence[Line]:
    """The exact text that customers will see, at the pane's width or a phone's."""
    shown = PHONE if phone else width - 2
    lines: list[Line] = []
    for part in wrap(text, min(shown, width - 2)):
        if phone and width > PHONE + 4:
            lines.append((PaintSpan(" │", "rule"), PaintSpan(f"{part:<{PHONE}}"), PaintSpan("│", "rule")))
        else:
            lines.append((PaintSpan(f" {part}"),) if part else BLANK)
    return lines
