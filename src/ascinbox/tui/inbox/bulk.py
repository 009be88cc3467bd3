"""Several replies from one template, laid out in pages: each text has to be seen before any may go. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ascinbox.core.dates import age
from ascinbox.core.replies.checks import check, publishable
from ascinbox.core.replies.findings import Finding, FindingKind
from ascinbox.core.reviews.territories import alpha2
from ascinbox.core.text import list_cell
from ascinbox.tui.inbox.replytext import ReplyJob
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, wrap
from ascinbox.tui.signs import stars

MOST_AT_ONCE = 25
"""More replies than this are not published together."""


@dataclass(frozen=True, slots=True)
class BatchPage:
    """What is on the screen at once, and which replies end on it."""

    lines: tuple[Line, ...]
    ends: tuple[int, ...]


@dataclass(slots=True)
class Batch:
    """The replies of one confirmation."""

    template: str
    jobs: list[ReplyJob]
    pages: Sequence[BatchPage] = ()
    at: int = 0
    seen: set[int] = field(default_factory=set)
    """Numbers of the replies whose whole text was on the screen."""
    _size: tuple[int, int] = (0, 0)

    @classmethod
    def of(cls, template: str, jobs: Sequence[ReplyJob]) -> Batch:
        """The batch with every text checked."""
        return cls(template, [replace(job, findings=check(job.text, job.context)) for job in jobs])

    @property
    def all_seen(self) -> bool:
        """Whether every text was on the screen."""
        return len(self.seen) == len(self.jobs)

    @property
    def alike(self) -> bool:
        """Whether all texts are the same: then nothing in them speaks to the customer."""
        return len({job.text for job in self.jobs}) == 1

    @property
    def warnings(self) -> list[tuple[int, Finding]]:
        """What has to be accepted still, with the reply's number from 0."""
        return [(number, finding) for number, job in enumerate(self.jobs) for finding in job.open_warnings]

    @property
    def blocks(self) -> list[tuple[int, Finding]]:
        """What forbids publishing."""
        return [(number, finding) for number, job in enumerate(self.jobs) for finding in job.blocks]

    @property
    def refusal(self) -> tuple[int, Finding] | None:
        """The first reply that may not go out as it stands, and why."""
        for number, job in enumerate(self.jobs):
            if not publishable(job.findings, job.accepted):
                return number, (job.blocks or job.open_warnings)[0]
        return None

    def accept(self) -> int:
        """Accepts the warnings of the replies seen so far; how many there were."""
        count = 0
        for number in sorted(self.seen):
            warnings = self.jobs[number].open_warnings
            self.jobs[number] = self.jobs[number].accepting({finding.key for finding in warnings})
            count += len(warnings)
        return count

    def lay_out(self, width: int, height: int, now: datetime) -> None:
        """Breaks all texts into pages of this size. In another size, nothing counts as seen."""
        if (width, height) != self._size:
            self._size = (width, height)
            self.seen.clear()
        count = len(self.jobs)
        entries = [_entry(number, job, count, width, now) for number, job in enumerate(self.jobs)]
        self.pages = _pages(entries, height)
        self.at = min(self.at, len(self.pages) - 1)
        self.look()

    def look(self) -> Sequence[Line]:
        """The page that is shown; its replies count as seen."""
        page = self.pages[self.at]
        self.seen.update(page.ends)
        return page.lines

    def turn(self, step: int) -> bool:
        """To the next or previous page; False at either end."""
        at = self.at + step
        if not 0 <= at < len(self.pages):
            return False
        self.at = at
        self.look()
        return True


def _entry(number: int, job: ReplyJob, count: int, width: int, now: datetime) -> list[Line]:
    """One reply: to whom, and the whole text."""
    review = job.detail.review
    who = [
        stars(review.rating),
        alpha2(review.territory) if review.territory else "?",
        list_cell(job.detail.app_name),
        age(review.created_at, now),
        list_cell(review.nickname),
        f'"{list_cell(review.title)}"',
    ]
    head = clip(f" {number + 1}/{count}  {' '.join(who)}", width)
    lines: list[Line] = [(PaintSpan(head, "strong"),)]
    lines += [(PaintSpan(f" {part}"),) if part else BLANK for part in wrap(job.text, width - 2)]
    for finding in job.findings:
        if finding.kind is FindingKind.NUDGE:
            continue
        mark, role = ("x", "bad") if finding.kind is FindingKind.BLOCK else ("!", "warn")
        if finding.key in job.accepted:
            # The line stays, or the pages would shift under the reader.
            mark, role = "ok", "dim"
        lines += [(PaintSpan(f"   {mark} {part}", role),) for part in wrap(finding.sentence, width - 8, 3)]
    return lines


def _pages(entries: Sequence[list[Line]], height: int) -> list[BatchPage]:
    """As many whole replies on a page as fit; one that is longer than a page goes on over several."""
    height = max(1, height)
    pages: list[BatchPage] = []
    lines: list[Line] = []
    ends: list[int] = []
    for number, entry in enumerate(entries):
        if lines and len(lines) + len(entry) > height:
            pages.append(BatchPage(tuple(lines), tuple(ends)))
            lines, ends = [], []
        rest = entry
        while len(rest) > height:
            pages.append(BatchPage(tuple(rest[:height]), ()))
            rest = rest[height:]
        lines += rest
        ends.append(number)
    pages.append(BatchPage(tuple(lines), tuple(ends)))
    return pages
