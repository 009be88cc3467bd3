"""What `reply` and `withdraw` share: a confirmed change goes out, its row is followed, its end is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from ascinbox.cli import rights
from ascinbox.cli.context import Context
from ascinbox.cli.output import ProgressLine
from ascinbox.cli.team_words import shown_key
from ascinbox.core.errors import AscinboxError
from ascinbox.core.outbox.sentences import RowChoice, as_sentence, taken_back_words, why_not
from ascinbox.core.outbox.states import BEFORE_STORE, MOVING, Kind, OutboxRow, Phase, body_hash
from ascinbox.core.replies.findings import Finding, FindingKind
from ascinbox.core.stores import store_of_review

if TYPE_CHECKING:
    from ascinbox.core.outbox.sentences import OutboxItem
    from ascinbox.workers.replies.replies import Queued
    from ascinbox.workers.workspace import Workspace

DRY_RUN, QUEUED, BLOCKED = "dry_run", "queued", "blocked"
EXITS = {
    DRY_RUN: 0,
    Phase.PENDING.value: 0,
    Phase.PUBLISHED.value: 0,
    Phase.WITHDRAWN.value: 0,
    Phase.UNDONE.value: 0,
    QUEUED: 1,
    Phase.WAITING.value: 1,
    Phase.HELD.value: 1,
    Phase.SUPERSEDED.value: 1,
    Phase.FAILED.value: 2,
    BLOCKED: 2,
}
LOOK_EVERY_S = 0.25
UNSEEN = frozenset({"rival", "review-changed"})
"""Rules about what happened at Apple since the reply was begun: `--yes` alone is no consent to that."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one reply or withdrawal."""

    review_id: str
    state: str
    text: str
    detail: str
    findings: tuple[Finding, ...] = ()
    other_text: str | None = None
    """The text that stands, or goes out, in the place of ours."""

    @property
    def exit_code(self) -> int:
        """0 accepted or dry run, 1 queued, held or superseded, 2 refused or blocked."""
        return EXITS.get(self.state, 1)

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of `ascinbox.reply/1`."""
        return {
            "review": self.review_id,
            "state": self.state,
            "text": self.text,
            "other_text": self.other_text,
            "detail": self.detail,
            "findings": [
                {"kind": finding.kind.value, "rule": finding.rule, "sentence": finding.sentence}
                for finding in self.findings
            ],
        }


@dataclass(frozen=True, slots=True)
class Consent:
    """What the person who wrote the command agreed to."""

    yes: bool = False
    strict: bool = False
    """A warning blocks."""
    anyway: bool = False
    """Also to what happened at Apple meanwhile."""


class Publishing:
    """Replies and withdrawals of one run of a command."""

    def __init__(self, context: Context, workspace: Workspace, *, wait: timedelta | None = None) -> None:
        """`wait`: stay so long until Apple has published it."""
        self._context = context
        self._workspace = workspace
        self._wait = wait

    def reply(self, review_id: str, text: str, template: str, consent: Consent) -> Outcome:
        """Checks a reply and, with consent, sends it. Raises what `Replies.queue` raises, but `Blocked`;
        without consent too what the team's database would refuse."""
        from ascinbox.workers.replies.replies import Blocked

        rights.must_write(self._workspace)
        replies, composing = self._workspace.replies, self._workspace.composing
        composing.saw(review_id, self._context.began)
        for last in (False, True):
            findings = (*self._replaced(review_id), *composing.check(review_id, text))
            stopped = self._stopped(review_id, text, findings, consent)
            if stopped is not None:
                return stopped
            # No undo window: whoever wrote --yes into a command cannot press u.
            accepted = [finding.key for finding in findings if finding.kind is FindingKind.WARN]
            try:
                queue = partial(replies.queue, review_id, text, accepted, template, undo_s=0)
                row_id = self._same_under_way(review_id, text) or self._queued(queue)
            except Blocked:
                # Something happened between the check and the queue: the next check finds it.
                if last:
                    raise
                continue
            return self._followed(row_id, findings)
        raise AssertionError("the second round returns or raises")

    def approve(self, review_id: str, consent: Consent) -> Outcome:
        """Publishes the reply that waits, as it is shown. Raises what `Replies.approve` raises."""
        replies = self._workspace.replies
        row = replies.waiting_for_publisher(review_id)
        if not consent.yes:
            detail = f"By {row.by}. Nothing was sent. {rights.approving(self._workspace, row)}."
            return Outcome(review_id, DRY_RUN, row.text, detail)
        return self._followed(replies.approve(row, body_hash(row.text), undo_s=0).id, ())

    def withdraw(self, review_id: str, consent: Consent) -> Outcome:
        """Deletes the reply that stands at Apple; where there is none to delete, takes back the one that is
        not sent. Raises what `Replies.withdraw` raises, and AscinboxError for somebody else's."""
        replies = self._workspace.replies
        standing = replies.standing(review_id)
        item = replies.item(review_id)
        unsent = item is not None and item.row.kind is Kind.PUBLISH and item.row.phase in BEFORE_STORE
        if item is not None and unsent and not (standing and store_of_review(review_id).withdraws):
            return self._taken_back(item, consent)
        findings: tuple[Finding, ...] = ()
        if item is not None and unsent:
            whose = "your text" if item.standing.is_mine(item.row.by) else f"the text by {item.row.by}"
            findings = (Finding(FindingKind.WARN, "replaces", f"{whose} that is not sent gives way"),)
        if not consent.yes and standing:
            detail = f"Nothing was deleted. {rights.publishing(self._workspace, review_id, 'deletes it')}."
            return Outcome(review_id, DRY_RUN, standing, detail, findings)
        row_id = self._queued(lambda: replies.withdraw(review_id, undo_s=0))
        outcome = self._followed(row_id, findings)
        return replace(outcome, review_id=review_id, text=standing)

    def _taken_back(self, item: OutboxItem, consent: Consent) -> Outcome:
        """A reply that is not sent, as a draft again: what `u` does on the screen."""
        from ascinbox.workers.replies.replies import UnderWay

        row, replies = item.row, self._workspace.replies
        if row.phase in (Phase.SENDING, Phase.UNKNOWN):
            raise UnderWay(row, self._workspace.clock.now())
        mine = item.standing.is_mine(row.by)
        if why := why_not(RowChoice.UNDO, row, item.standing):
            raise AscinboxError(why, "", "Nothing was changed.")
        if row.phase is Phase.WAITING and not mine:
            raise AscinboxError(
                f"The reply is {row.by}'s and waits for a publisher.",
                "Sending it back takes a note on what to change.",
                f"{shown_key(self._context, 'send_back')} on the screen does that.",
            )
        approvers = {item.approver} - {"", self._workspace.me}
        if not consent.yes:
            whose = "a draft again" if mine else f"a draft of {row.by}'s again"
            does = rights.taking_back(self._workspace, whose)
            detail = f"{as_sentence(item.sentence)} Nothing was taken back. {does}."
            return Outcome(row.review_id, DRY_RUN, row.text, detail)
        taken = replies.undo(row.review_id) if mine else (replies.resolve(row.id, RowChoice.UNDO),)
        if not taken:
            raise AscinboxError("This reply has moved on.", "", "See: ascinbox outbox.")
        words = as_sentence(taken_back_words([row], item.standing, approvers))
        return Outcome(row.review_id, Phase.UNDONE.value, row.text, words)

    # --- before it goes out ---

    def _replaced(self, review_id: str) -> tuple[Finding, ...]:
        """A warning where the reply takes back what somebody else on the team wrote or approved."""
        from ascinbox.workers.replies.approvals import replaced_words

        words = replaced_words(self._workspace, review_id)
        return (Finding(FindingKind.WARN, "replaces", words),) if words else ()

    def _stopped(
        self, review_id: str, text: str, findings: tuple[Finding, ...], consent: Consent
    ) -> Outcome | None:
        """The outcome when nothing is sent."""
        warnings = [finding for finding in findings if finding.kind is FindingKind.WARN]
        blocks = [finding for finding in findings if finding.kind is FindingKind.BLOCK]
        if consent.strict:
            blocks += warnings
        if blocks:
            detail = "; ".join(finding.sentence for finding in blocks)
            return Outcome(review_id, BLOCKED, text, detail, findings)
        if not consent.yes:
            said = "".join(f"{finding.sentence}; " for finding in warnings)
            detail = (
                f"{said or 'Nothing was sent. '}{rights.publishing(self._workspace, review_id, 'sends it')}"
            )
            return Outcome(review_id, DRY_RUN, text, detail if said else f"{detail}.", findings)
        unseen = [finding.sentence for finding in warnings if finding.rule in UNSEEN]
        if not unseen or consent.anyway:
            return None
        detail = f"{'; '.join(unseen)}. Nothing was sent; --anyway sends it all the same"
        rival = any(finding.rule == "rival" for finding in warnings)
        other = self._workspace.replies.standing(review_id) if rival else ""
        return Outcome(review_id, Phase.HELD.value, text, detail, findings, other or None)

    def _same_under_way(self, review_id: str, text: str) -> int:
        """The row of the same reply of a run that was cut short, which is not sent once more; else 0."""
        item = self._workspace.replies.item(review_id)
        if item is None or item.row.phase not in (Phase.SENDING, Phase.UNKNOWN):
            return 0
        self._workspace.sender.flush_once(review_id)
        row = self._row(item.row.id)
        same = row.kind is Kind.PUBLISH and row.text == text
        return row.id if same and row.phase in MOVING | {Phase.PENDING, Phase.PUBLISHED} else 0

    def _queued(self, queue: Callable[[], Queued]) -> int:
        """The id of the queued row. Another program that is sending just now is waited for."""
        from ascinbox.workers.replies.replies import UnderWay

        limit = self._limit()
        while True:
            try:
                return queue().row.id
            except UnderWay as busy:
                if busy.row.phase is not Phase.SENDING or self._context.clock.monotonic() >= limit:
                    raise
                review_id = busy.row.review_id
            self._context.clock.sleep(LOOK_EVERY_S)
            self._look(review_id)

    # --- after that ---

    def _followed(self, row_id: int, findings: tuple[Finding, ...]) -> Outcome:
        text = self._row(row_id).text
        item = self._sent(row_id)
        if self._wait is not None:
            item = self._published(item)
        state = QUEUED if item.row.phase in MOVING else item.row.phase.value
        other = self._workspace.replies.other_text(item.row)
        return Outcome(item.row.review_id, state, text, item.sentence, findings, other)

    def _sent(self, row_id: int) -> OutboxItem:
        """Sends what was just queued. Another program may be quicker: then it is waited for."""
        clock, limit = self._context.clock, self._limit()
        self._workspace.sender.flush_once(self._row(row_id).review_id)
        while (item := self._item(row_id)).row.phase is Phase.SENDING and clock.monotonic() < limit:
            clock.sleep(LOOK_EVERY_S)
        return item

    def _published(self, item: OutboxItem) -> OutboxItem:
        """Settles and polls until the reply is public, needs a person, or the longest wait is over."""
        assert self._wait is not None
        clock, progress = self._context.clock, ProgressLine(self._context.output)
        limit = clock.monotonic() + self._wait.total_seconds()
        review_id = item.row.review_id
        while item.row.phase in MOVING | {Phase.PENDING} and clock.monotonic() < limit:
            if self._workspace.offline:
                break
            progress.show(item.sentence)
            clock.sleep(LOOK_EVERY_S)
            try:
                self._look(review_id)
                self._workspace.sender.poll_pending(review_id)
            except AscinboxError as error:
                self._context.output.words(str(error))
            item = self._item(item.row.id)
        progress.clear()
        return item

    def _look(self, review_id: str) -> None:
        """Sends what is due; on a team sees what a worker did first."""
        if self._workspace.asks_no_store:
            self._workspace.catch_up()
        self._workspace.sender.flush_once(review_id)

    def _item(self, row_id: int) -> OutboxItem:
        """Where the reply stands: the row, or a later one with the same text that took its place."""
        item = self._workspace.replies.followed(row_id)
        assert item is not None
        return item

    def _row(self, row_id: int) -> OutboxRow:
        return self._item(row_id).row

    def _limit(self) -> float:
        return self._context.clock.monotonic() + self._workspace.sender.rules.deadline_s + 5
