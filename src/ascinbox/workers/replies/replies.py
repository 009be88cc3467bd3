"""`workspace.replies`: from a checked text to the outbox, and everything a person decides about it there."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, StoreError, UsageError
from ascinbox.core.outbox import decisions
from ascinbox.core.outbox.sentences import OutboxItem, RowChoice, as_sentence, choices, sentence, why_not
from ascinbox.core.outbox.states import Base, Kind, OutboxRow, Phase, Why, body_hash, freeze
from ascinbox.core.records import Review
from ascinbox.core.stores import store_of_review
from ascinbox.core.team import Standing, TeamNote
from ascinbox.core.text import clean_body
from ascinbox.workers.languages.assist import note_confirmed
from ascinbox.workers.replies.claims import release_claim
from ascinbox.workers.replies.composing import account_for, tell_changed, unknown_review
from ascinbox.workers.replies.outbox_list import OutboxList
from ascinbox.workers.replies.sender import identity_of, notice_of
from ascinbox.workers.replies.settling import settle_from_cache

if TYPE_CHECKING:
    from ascinbox.core.replies.findings import Finding
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

MOST_AT_ONCE = 25
"""More replies than this are not confirmed together."""
ACTIVITY = timedelta(days=30)


class Blocked(AscinboxError):
    """A reply that cannot be published as it stands; `findings` say why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        first = findings[0]
        more = f"And {len(findings) - 1} more." if len(findings) > 1 else ""
        super().__init__(f"Not published: {first.sentence.rstrip('.')}.", more, "The text is kept.")
        self.findings = tuple(findings)


class UnderWay(AscinboxError):
    """Another reply to the same review can no longer be stopped; `row` is that one."""

    def __init__(self, row: OutboxRow, now: datetime) -> None:
        super().__init__(
            "A reply to this review is on its way and cannot be stopped any more.",
            as_sentence(sentence(row, now)),
            "Try again when it has arrived.",
        )
        self.row = row


@dataclass(frozen=True, slots=True)
class Queued:
    """A confirmed reply: it survives a kill from here on."""

    op_id: str
    review_id: str
    send_after: datetime
    row: OutboxRow


class Replies:
    """`workspace.replies`. Methods may be called on any thread."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._approved: set[int] = set()
        """Replies of others that this program published: `undo` takes these back too."""

    # --- into the queue ---

    def queue(
        self,
        review_id: str,
        text: str,
        accepted: Collection[str] = (),
        template: str = "",
        *,
        undo_s: float | None = None,
    ) -> Queued:
        """Confirms a reply: from now on it goes out after the undo window (`undo_s`, or the configured one).

        `accepted` holds the keys of accepted warnings. A reply that still waited for this review gives way.
        Raises Blocked when something blocks it or a warning is not accepted, UsageError for a review that
        is not cached, UnderWay while an earlier reply is being sent, StoreError when nothing can be
        saved; in each case nothing is queued and the draft stays.
        """
        batch = uuid.uuid4().hex
        return self._workspace.store.call(self._queue, review_id, text, accepted, template, undo_s, batch)

    def queue_many(
        self, texts: Iterable[tuple[str, str]], accepted: Collection[str] = (), template: str = ""
    ) -> list[Queued]:
        """Confirms several replies (review id, text) at once; `undo` then takes all of them back.

        All are checked before any is queued. Raises UsageError for more than `MOST_AT_ONCE` and for texts
        that are all the same, and what `queue` raises.
        """
        wanted = list(texts)
        if len(wanted) > MOST_AT_ONCE:
            raise UsageError(f"{len(wanted)} replies at once are too many.", f"At most {MOST_AT_ONCE}.")
        if len(wanted) > 1 and len({freeze(text) for _, text in wanted}) == 1:
            raise UsageError("All texts are the same.", "", "Put {nickname} into the template.")
        return self._workspace.store.call(self._queue_all, wanted, accepted, template)

    def withdraw(self, review_id: str, *, undo_s: float | None = None) -> Queued:
        """Deletes the reply that stands at the store, after the undo window.

        Raises UsageError when the cache knows of none, and what `queue` raises.
        """
        about = store_of_review(review_id)
        if not about.withdraws:
            raise UsageError(f"{about.label} cannot delete a reply.", "", "Publish another one instead.")
        return self._workspace.store.call(self._withdraw, review_id, undo_s)

    # --- out of the queue ---

    def undo(self, review_id: str | None = None) -> tuple[OutboxRow, ...]:
        """Takes back what was confirmed last and still waits (or the reply to one review): drafts again.

        Replies that were confirmed together are taken back together. Empty: nothing can be taken back.
        """
        return self._workspace.store.call(self._undo, review_id)

    def send_now(self, review_id: str) -> OutboxRow | None:
        """Ends the undo window of the reply to a review; None when none waits."""
        row = self._workspace.store.call(lambda s: s.outbox.latest(review_id))
        if row is None or row.phase is not Phase.QUEUED:
            return None
        return self.resolve(row.id, RowChoice.SEND_NOW)

    def waiting_for_publisher(self, review_id: str) -> OutboxRow:
        """The reply to a review that waits for a publisher. UsageError when none does."""
        row: OutboxRow | None = self._workspace.store.call(lambda s: s.outbox.latest(review_id))
        if row is None or row.phase is not Phase.WAITING:
            raise UsageError("No reply to this review waits for a publisher.", f"Review {review_id}.")
        return row

    def approve(self, row: OutboxRow, sha256: str, *, undo_s: float | None = None) -> OutboxRow:
        """Publishes what waits, after the undo window, if its text still is the one with this hash.

        Raises AscinboxError when it has moved on or reads otherwise now, StoreError where the level does not
        allow it.
        """
        return self._workspace.store.call(self._approve, row, sha256, undo_s)

    def resolve(self, row_id: int, choice: RowChoice) -> OutboxRow:
        """Does what the person chose about one row (see `OutboxItem.choices`); returns the row after it.

        Raises AscinboxError when the row has moved on, so that this can no longer be done.
        """
        return self._workspace.store.call(self._resolve, row_id, choice)

    def send_back(self, row: OutboxRow, words: str = "") -> None:
        """Makes what waits for a publisher its author's draft again; `words` go into the thread of notes.

        Raises as `approve`.
        """
        self._workspace.store.call(self._send_back, row, words)

    def settle_from_cache(self) -> int:
        """Settles held and failed replies by what the last sync read at the store; how many it settled."""
        return self._workspace.store.call(lambda store: settle_from_cache(self._workspace, store))

    # --- looking ---

    def outbox(self) -> list[OutboxItem]:
        """What is on its way, held or failed, the last that moved first."""
        return OutboxList(self._workspace).open()

    def open_rows(self) -> list[OutboxRow]:
        """Every reply that is not at its end, without the words about it."""
        return self._workspace.store.call(lambda store: store.outbox.open_rows())

    def activity(self, within: timedelta = ACTIVITY) -> list[OutboxItem]:
        """What came to an end in that time, the last first. The same text confirmed twice is there once."""
        return OutboxList(self._workspace).ended(within)

    def item(self, review_id: str) -> OutboxItem | None:
        """The last intention for a review."""
        return OutboxList(self._workspace).latest(review_id)

    def followed(self, row_id: int) -> OutboxItem | None:
        """One intention, or the later one with the same text that took its place."""
        return OutboxList(self._workspace).followed(row_id)

    def other_text(self, row: OutboxRow) -> str | None:
        """The text that stands, or goes out, where this row's text does not; None when there is none."""
        if row.theirs is not None and row.phase in (Phase.SUPERSEDED, Phase.HELD):
            return row.theirs.text
        if row.phase is not Phase.SUPERSEDED:
            return None
        later: list[OutboxRow] = self._workspace.store.call(lambda store: store.outbox.later(row))
        return next((other.text for other in reversed(later) if other.kind is Kind.PUBLISH), None)

    def standing(self, review_id: str) -> str:
        """The text of the reply that stands at the store, as far as the cache knows; empty: there is none."""
        detail = self._workspace.store.call(lambda store: store.reviews.get(review_id))
        response = detail.review.response if detail is not None else None
        return "" if response is None else response.text

    def pending_notice(self) -> str | None:
        """What to tell the person at a start: an earlier session's replies go out in ten seconds."""
        if self._workspace.read_only:
            return None
        waiting = self._workspace.sender.adopt_earlier()
        return notice_of(waiting) if waiting else None

    def waiting(self) -> int:
        """How many replies of this session are still in their undo window: what quitting has to ask about."""
        return len(self._workspace.store.call(self._waiting))

    def undo_waiting(self) -> int:
        """Takes back every reply of this session that is in its undo window; how many there were."""
        return self._workspace.store.call(self._for_waiting, RowChoice.UNDO)

    def send_waiting(self) -> int:
        """Ends the undo window of every reply of this session; how many go out next."""
        return self._workspace.store.call(self._for_waiting, RowChoice.SEND_NOW)

    # --- on the store thread ---

    def _queue(
        self,
        store: Store,
        review_id: str,
        text: str,
        accepted: Collection[str],
        template: str,
        undo_s: float | None,
        batch: str,
    ) -> Queued:
        review = self._publishable(store, review_id, text, accepted)
        if (same := self._says_the_same(store, review_id, text)) is not None:
            after = self._approve(store, same, body_hash(same.text), undo_s)
            store.queue.discard_draft(review_id, self._workspace.clock.now())
            self._workspace.composing.forget_seen(review_id)
            release_claim(self._workspace, store, review_id)
            return Queued(after.op_id, review_id, after.send_after, after)
        return self._add(store, [self._row(store, review, Kind.PUBLISH, text, template, undo_s, batch)])[0]

    def _says_the_same(self, store: Store, review_id: str, text: str) -> OutboxRow | None:
        """Somebody else's reply that waits with this text, if this person may publish it: as theirs."""
        row, standing = store.outbox.latest(review_id), store.team.standing(self._workspace.me)
        if row is None or row.phase is not Phase.WAITING or row.text != freeze(text):
            return None
        return None if standing.is_mine(row.by) or standing.why_not_publish(row.by) else row

    def _queue_all(
        self, store: Store, texts: list[tuple[str, str]], accepted: Collection[str], template: str
    ) -> list[Queued]:
        batch = uuid.uuid4().hex
        rows: list[OutboxRow] = []
        for review_id, text in texts:
            before = tuple(row.text for row in rows if row.review_id != review_id)
            review = self._publishable(store, review_id, text, accepted, before)
            rows.append(self._row(store, review, Kind.PUBLISH, text, template, None, batch))
        return self._add(store, rows)

    def _publishable(
        self, store: Store, review_id: str, text: str, accepted: Collection[str], before: tuple[str, ...] = ()
    ) -> Review:
        """The review of a text that may go out; `before`: texts that go out with it. Raises Blocked."""
        from ascinbox.core.replies.checks import publishable

        self._must_last(store)
        findings = self._workspace.composing.findings(store, review_id, text, before)
        if not publishable(findings, accepted):
            raise Blocked([finding for finding in findings if not publishable([finding], accepted)])
        detail = store.reviews.get(review_id)
        assert detail is not None
        return detail.review

    def _withdraw(self, store: Store, review_id: str, undo_s: float | None) -> Queued:
        self._must_last(store)
        self._must_write()
        detail = store.reviews.get(review_id)
        if detail is None:
            raise unknown_review(review_id)
        if detail.review.response is None:
            company = store_of_review(review_id).company
            raise UsageError(f"There is no reply at {company} that could be deleted.", f"Review {review_id}.")
        row = self._row(store, detail.review, Kind.WITHDRAW, "", "", undo_s, uuid.uuid4().hex)
        return self._add(store, [row])[0]

    def _row(
        self,
        store: Store,
        review: Review,
        kind: Kind,
        text: str,
        template: str,
        undo_s: float | None,
        batch: str,
    ) -> OutboxRow:
        """The intention, not stored yet."""
        text = freeze(text)
        sender, now = self._workspace.sender, self._workspace.clock.now()
        account = account_for(self._workspace, store, review.app_id)
        credential = identity_of(store, account, review.app_id)
        if account is None or credential is None:
            raise AscinboxError("No linked account can answer this review.", f"App {review.app_id}.")
        window = sender.rules.undo_s if undo_s is None else undo_s
        return OutboxRow(
            op_id=uuid.uuid4().hex,
            kind=kind,
            review_id=review.id,
            app_id=review.app_id,
            account_id=account.id,
            credential=credential,
            phase=Phase.QUEUED,
            text=text,
            sha256=body_hash(text),
            base=Base.of(review),
            queued_at=now,
            send_after=now + timedelta(seconds=window),
            changed_at=now,
            by=self._workspace.me,
            template=template,
            batch=batch,
            session=sender.owner,
        )

    def _add(self, store: Store, rows: Sequence[OutboxRow]) -> list[Queued]:
        """All of them or, when it raises, none."""
        from ascinbox.store.queue.port import Busy

        try:
            stored = store.queue.queue_all(rows)
        except Busy as busy:
            raise UnderWay(busy.row, self._workspace.clock.now()) from None
        for account in dict.fromkeys(row.account_id for row in stored):
            store.queue.resume(account)
        for row in stored:
            if row.kind is Kind.PUBLISH:
                note_confirmed(store, row.review_id, row.text)
            self._workspace.composing.forget_seen(row.review_id)
            release_claim(self._workspace, store, row.review_id)
            tell_changed(self._workspace, row.review_id)
        return [Queued(row.op_id, row.review_id, row.send_after, row) for row in stored]

    def _approve(self, store: Store, row: OutboxRow, sha256: str, undo_s: float | None) -> OutboxRow:
        self._must_last(store)
        self._must_write()
        self._must_be_offered(store, row, RowChoice.APPROVE)
        rules = self._workspace.sender.rules
        rules = rules if undo_s is None else replace(rules, undo_s=undo_s)
        after = store.queue.approve(row, sha256, self._workspace.clock.now(), rules)
        if after is None:
            raise AscinboxError(
                "This reply has moved on or was changed, so nothing was published.", "", "Read it once more."
            )
        self._approved.add(after.id)
        tell_changed(self._workspace, row.review_id)
        return after

    def _undo(self, store: Store, review_id: str | None) -> tuple[OutboxRow, ...]:
        now = self._workspace.clock.now()
        queued = self._takeable(store)
        if review_id is not None:
            chosen = [row for row in queued if row.review_id == review_id]
        else:
            told = self._workspace.sender.last_told
            last = max(queued, key=lambda row: (told(row), row.queued_at, row.id), default=None)
            chosen = [row for row in queued if last is not None and row.batch == last.batch]
        standing = store.team.standing(self._workspace.me)
        taken = tuple(row for row in chosen if _take_back(store, row, standing, now))
        for row in taken:
            tell_changed(self._workspace, row.review_id)
        return taken

    def rights(self) -> Standing:
        """What the team lets this person do, as last heard; everything for a person alone."""
        return self._workspace.store.call(lambda store: store.team.standing(self._workspace.me))

    def takeable(self) -> list[OutboxRow]:
        """What `undo` can still take back: replies that this person wrote, or has just approved."""
        return self._workspace.store.call(self._takeable)

    def _takeable(self, store: Store) -> list[OutboxRow]:
        standing = store.team.standing(self._workspace.me)
        return [
            row
            for row in store.outbox.open_rows()
            if row.phase in (Phase.QUEUED, Phase.WAITING)
            and (standing.is_mine(row.by) or (row.phase is Phase.QUEUED and row.id in self._approved))
        ]

    def _waiting(self, store: Store) -> list[OutboxRow]:
        now, mine = self._workspace.clock.now(), self._workspace.sender.owner
        rows = store.outbox.open_rows()
        return [r for r in rows if r.phase is Phase.QUEUED and r.session == mine and r.send_after > now]

    def _for_waiting(self, store: Store, choice: RowChoice) -> int:
        moved = [row for row in self._waiting(store) if self._carry_out(store, row, choice)]
        for row in moved:
            tell_changed(self._workspace, row.review_id)
        return len(moved)

    def _resolve(self, store: Store, row_id: int, choice: RowChoice) -> OutboxRow:
        row = store.outbox.get(row_id)
        if row is None:
            raise AscinboxError("This reply is not there any more.", "", "Look at the Outbox again.")
        if choice is RowChoice.COPY:
            return row
        standing = store.team.standing(self._workspace.me)
        if choice not in choices(row, standing):
            now = self._workspace.clock.now()
            if choice in choices(row):
                raise AscinboxError(why_not(choice, row, standing), "", "Nothing was changed.")
            title = "This reply has moved on."
            if row.phase is Phase.QUEUED and row.why is Why.RATE_LIMITED:
                title = "This reply cannot go out yet."
            raise AscinboxError(title, as_sentence(sentence(row, now)))
        if not self._carry_out(store, row, choice):
            raise AscinboxError("Another program was quicker.", "", "Look at the Outbox again.")
        tell_changed(self._workspace, row.review_id)
        after = store.outbox.get(row_id)
        assert after is not None
        return after

    def _send_back(self, store: Store, row: OutboxRow, words: str) -> None:
        self._must_be_offered(store, row, RowChoice.SEND_BACK)
        now, me = self._workspace.clock.now(), self._workspace.me
        said = clean_body(words).strip()
        note = TeamNote.to(row.by, row.review_id, me, said, now) if said else None
        if not store.queue.send_back(row, note, now):
            raise AscinboxError("This reply has moved on.", "", "Look at the Outbox again.")
        tell_changed(self._workspace, row.review_id)

    def refusal(self, row: OutboxRow, choice: RowChoice) -> str:
        """Why the team does not let this person do that, as a sentence; empty when it does."""
        return why_not(choice, row, self.rights())

    def _must_be_offered(self, store: Store, row: OutboxRow, choice: RowChoice) -> None:
        if why := why_not(choice, row, store.team.standing(self._workspace.me)):
            raise AscinboxError(why, "", "Nothing was changed.")

    def _carry_out(self, store: Store, row: OutboxRow, choice: RowChoice) -> bool:
        now = self._workspace.clock.now()
        match choice:
            case RowChoice.UNDO:
                return _take_back(store, row, store.team.standing(self._workspace.me), now)
            case RowChoice.EDIT:
                mine = store.team.standing(self._workspace.me).is_mine(row.by)
                # What waits, or is another's, stays until another text is kept or published.
                return row.phase is Phase.WAITING or not mine or store.queue.take_back(row, now)
            case RowChoice.KEEP:
                with store.database.write():
                    done = store.queue.move(row, decisions.dropped(row, now))
                    if done:
                        store.queue.done([row.review_id])
                return done
            case RowChoice.SEND_NOW:
                self._must_write()
                if (later := decisions.sent_now(row, now)) == row:
                    return False
                store.queue.resume(row.account_id)
                return store.queue.move(row, later)
            case RowChoice.APPROVE | RowChoice.SEND_BACK | RowChoice.COPY:
                raise ValueError(f"{choice} takes more than the row")
            case RowChoice.SEND:
                self._must_write()
                credential = identity_of(store, store.accounts.get(row.account_id), row.app_id)
                if credential is None:
                    raise AscinboxError(
                        "The account of this reply is not linked any more.", "The text is kept."
                    )
                store.queue.resume(row.account_id)
                rules = self._workspace.sender.rules
                return store.queue.move(row, decisions.consented(row, credential, now, rules))

    def _must_write(self) -> None:
        if self._workspace.read_only:
            raise AscinboxError(
                "Read-only mode publishes nothing.", "", "Unset [ui] read_only, or leave out --read-only."
            )

    def _must_last(self, store: Store) -> None:
        if not store.lasting:
            raise StoreError("Nothing can be saved here, so nothing is sent.", store.database.banner)


def _take_back(store: Store, row: OutboxRow, standing: Standing, now: datetime) -> bool:
    """A draft again: of whoever wrote it, who is told."""
    if standing.is_mine(row.by):
        return store.queue.take_back(row, now)
    words = f"@{row.by} not sent after all: it is your draft again"
    return store.queue.send_back(row, TeamNote.new(row.review_id, standing.me, words, now), now)
