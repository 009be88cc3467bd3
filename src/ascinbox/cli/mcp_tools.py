"""The tools of `ascinbox mcp`. Their names, parameters and first words are what an agent is told of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ascinbox.cli.reviewids import resolve
from ascinbox.cli.rights import must_write
from ascinbox.core.errors import UsageError

if TYPE_CHECKING:
    from ascinbox.core.records import ReviewDetail
    from ascinbox.workers.workspace import Workspace

MOST = 100
"""Reviews of one search."""
BODY_SHOWN = 500
AGENT = "an agent"
"""What a draft is marked by."""
NEVER_AGAIN = timedelta(days=36_500)
"""Age up to which a verdict is taken as it is: all of them."""


class AgentTools:
    """Each method is one tool; the workspace is offline."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def reading(self) -> Sequence[Callable[..., dict[str, Any]]]:
        """The tools that change nothing."""
        return (self.search_reviews, self.read_review, self.health, self.metrics)

    def search_reviews(self, query: str = "", limit: int = 20) -> dict[str, Any]:
        """Find customer reviews, newest first. `query` is ascinbox's filter language, such as
        `rating:<=2 is:unanswered lang:ja since:7d crash`; empty lists all. At most 100."""
        parsed = self._workspace.inbox.query(query)
        most = max(1, min(MOST, limit))
        details = self._workspace.inbox.export(parsed, most)
        return {
            "total": self._workspace.inbox.count(parsed),
            "reviews": [_record(detail, short=True) for detail in details],
        }

    def read_review(self, review_id: str) -> dict[str, Any]:
        """Read one review whole: its text, the text before its last change, the reply that stands, and a
        draft that is begun. `review_id` may be shortened to its first 8 characters."""
        detail = self._detail(review_id)
        earlier = detail.earlier
        return {
            **_record(detail, short=False),
            "earlier": None
            if earlier is None
            else {"rating": earlier.rating, "title": earlier.title, "body": earlier.body},
            "draft": detail.draft,
        }

    def health(self) -> dict[str, Any]:
        """Tell whether the store connections work, as last checked, and what to do where they do not."""
        from ascinbox.core.health.status import payload

        self._workspace.look_at_team(NEVER_AGAIN)
        report = self._workspace.health.check(max_age=NEVER_AGAIN)
        return payload(report.healths, report.destinations, report.team)

    def metrics(self, period: str = "28d", by: str = "app", source: str = "reviews") -> dict[str, Any]:
        """Show figures. `period` is such as `28d` or `2026-10`, `by` is app, country, product or day,
        `source` is sales, analytics, finance or reviews. A figure that is not published yet is null."""
        from ascinbox.cli.metrics import payload
        from ascinbox.core.metrics.figures import By, Source
        from ascinbox.core.metrics.periods import parse_period
        from ascinbox.core.metrics.table import Selection

        try:
            chosen, broken_down = Source(source), By(by)
        except ValueError as error:
            raise UsageError(f"No such figures: {error}.") from None
        span = parse_period(period, self._workspace.metrics.today())
        selection = Selection(chosen, broken_down, span, None, None)
        return payload(self._workspace, self._workspace.metrics.compared(selection))

    def save_draft(self, review_id: str, text: str) -> dict[str, Any]:
        """Save a draft of a reply for the person to read, edit and publish or drop. It is refused where a
        draft is begun. Answers with the text as it was kept and what the checks say about it."""
        must_write(self._workspace)
        detail = self._detail(review_id)
        kept = self._workspace.assist.save_draft(detail.review.id, text, AGENT)
        findings = self._workspace.composing.check(detail.review.id, kept)
        return {
            "review": detail.review.id,
            "text": kept,
            "warnings": [finding.sentence for finding in findings],
        }

    def _detail(self, review_id: str) -> ReviewDetail:
        detail = self._workspace.inbox.detail(resolve(self._workspace, review_id))
        assert detail is not None
        return detail


def _record(detail: ReviewDetail, *, short: bool) -> dict[str, Any]:
    """A review as agents get it: without notes, tags and assignments, which are the person's own."""
    from ascinbox.workers.reviews.export import review_record

    record = review_record(detail)
    for own in ("note", "tags", "assignee", "snoozed_until"):
        del record[own]
    if short and len(record["body"]) > BODY_SHOWN:
        record["body"] = record["body"][:BODY_SHOWN] + "…"
    return record
