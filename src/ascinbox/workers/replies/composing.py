"""Writing a reply: drafts, templates, and everything that a check has to know. Nothing here asks a store."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.events import OutboxChanged, ReviewsChanged
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.evidence import HealthState
from ascinbox.core.outbox.states import NEEDS_PERSON, Base, Draft, Phase, Why, freeze
from ascinbox.core.records import Account, ReviewDetail
from ascinbox.core.replies.findings import Finding, FindingKind, ReplyContext
from ascinbox.core.replies.reply_key import reply_key
from ascinbox.core.replies.templates import Rendered, context_for, fit, render
from ascinbox.core.stores import store_of_review
from ascinbox.core.text import shortened
from ascinbox.workers.replies.claims import claim_review, claim_words, holder_of, release_claim
from ascinbox.workers.replies.waiting_beside import keep_over, open_over
from ascinbox.workers.runtime.clients import credential_of_app

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ascinbox.core.health.evidence import Verdict
    from ascinbox.core.outbox.states import OutboxRow
    from ascinbox.core.replies.template_files import Library
    from ascinbox.core.replies.templates import Template
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

SAME_TEXT = timedelta(days=7)
"""How far back identical texts are counted."""
USED = timedelta(days=90)
"""How far back the use of templates counts for their order."""
_TEXT_STANDS = NEEDS_PERSON | {Phase.WAITING}
"""Phases in which a reply stays where it is while its text is in the editor."""
_CANNOT = frozenset({HealthState.OFF, HealthState.NOT_POSSIBLE})


@dataclass(frozen=True, slots=True)
class EditorStart:
    """What an editor opens with."""

    detail: ReviewDetail
    text: str
    template: str
    context: ReplyContext
    capability: str
    """What is known about replying with this account, in a few words."""
    saved_at: datetime | None = None
    """When the draft was last saved; None: there is none."""
    lock: str = ""
    """`anna writes here since 14:02`, or empty."""
    theirs: str = ""
    """What a rival answered while the text was written, that stands at the store; or empty."""
    took_back: str = ""
    """That a text was taken back which somebody had approved, as a sentence; or empty."""
    waits: OutboxRow | None = None
    """The reply that waits for a publisher, where one reads it rather than writes."""
    over: OutboxRow | None = None
    """The reply that waits for a publisher while one writes, until the written text takes its place."""


@dataclass(frozen=True, slots=True)
class DraftItem:
    """A draft, or a text that was discarded in the last thirty days, with the review it belongs to."""

    review_id: str
    app_name: str
    title: str
    text: str
    saved_at: datetime
    discarded: bool = False


class Composing:
    """`workspace.composing`. Methods may be called on any thread."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._seen: dict[str, Base] = {}
        """What the person saw when the editor of a review was opened here."""
        self._over: dict[str, OutboxRow] = {}
        """Replies that wait for a publisher, of reviews whose editor is open here."""

    # --- drafts ---

    def begin(self, review_id: str) -> EditorStart | None:
        """What the editor of a review opens with; None when the review is not cached.

        A reply in the undo window is taken back: what is being written is not sent. One that waits for a
        publisher stays until another text is kept or published. Raises AscinboxError where the team does not
        let the person write, or change that reply.
        """
        return self._workspace.store.call(self._begin, review_id)

    def to_approve(self, review_id: str) -> EditorStart | None:
        """The reply to a review that waits for a publisher, as it is read before it is published.

        None: none waits. Nothing is changed.
        """
        return self._workspace.store.call(self._waiting, review_id)

    def saw(self, review_id: str, since: datetime) -> None:
        """Notes what the writer of a command saw: what stands there now, without what was put there `since`.

        So the answer of another command that runs at the same time is found by `check`, as a rival's.
        """
        self._workspace.store.call(self._saw, review_id, since)

    def save_draft(self, review_id: str, text: str, template: str = "") -> datetime | None:
        """Writes the draft down; returns when. An empty text takes the draft away and returns None."""
        return self._workspace.store.call(self._save_draft, review_id, text, template)

    def draft(self, review_id: str) -> Draft | None:
        """The draft of a review."""
        found: Draft | None = self._workspace.store.call(lambda s: s.drafts.get(review_id))
        return found

    def discard(self, review_id: str) -> bool:
        """Discards the draft; it stays among `drafts()` for thirty days. False: there was none."""
        now = self._workspace.clock.now()
        gone: bool = self._workspace.store.call(lambda s: s.queue.discard_draft(review_id, now))
        self._seen.pop(review_id, None)
        tell_changed(self._workspace, review_id)
        return gone

    def drafts(self) -> list[DraftItem]:
        """Every draft, the last saved first, then the discarded ones."""
        return self._workspace.store.call(self._drafts)

    def end_editing(self, review_id: str) -> None:
        """The editor was left."""
        self._over.pop(review_id, None)
        self._workspace.store.call(lambda s: release_claim(self._workspace, s, review_id))

    # --- checks and templates ---

    def check(self, review_id: str, text: str) -> tuple[Finding, ...]:
        """Everything to say about publishing `text` as it stands (see `core.replies.checks.publishable`).

        Raises UsageError for a review that is not cached.
        """
        return self._workspace.store.call(self.findings, review_id, text)

    def templates(self, review_id: str) -> Library:
        """The templates, the fittest for the review first, and what is wrong with their files."""
        from ascinbox.core.replies.template_files import load_templates

        library = load_templates(self._workspace.paths.templates)
        detail, usage = self._workspace.store.call(self._fitting, review_id)
        if detail is None:
            return library
        review = detail.review
        return replace(
            library,
            templates=fit(
                library.templates,
                review,
                usage,
                app=(detail.app_name, review.app_id),
                language=detail.language.code,
            ),
        )

    def render(self, review_id: str, template: str) -> Rendered:
        """A template's text for a review. Raises UsageError for an unknown template or review."""
        from ascinbox.core.replies.template_files import load_templates

        library = load_templates(self._workspace.paths.templates)
        found = library.find(template)
        if found is None:
            there = ", ".join(t.name for t in library.templates)
            broken = f" Not usable: {'; '.join(library.problems)}." if library.problems else ""
            raise UsageError(f"There is no template {template}.", f"There are: {there or 'none'}.{broken}")
        (rendered,) = self.renderings(review_id, (found,))
        return rendered

    def renderings(self, review_id: str, templates: Sequence[Template]) -> tuple[Rendered, ...]:
        """The text of each template for a review, in their order. Raises UsageError for an unknown review."""
        detail = self._workspace.store.call(lambda s: s.reviews.get(review_id))
        if detail is None:
            raise unknown_review(review_id)
        review, config = detail.review, self._workspace.config
        context = context_for(
            review,
            app=detail.app_name,
            support=config.get("reply", "support"),
            signature=config.get("reply", "signature"),
        )
        store = store_of_review(review.id)
        return tuple(render(one, context, language=detail.language.code, store=store) for one in templates)

    # --- on the store thread ---

    def forget_seen(self, review_id: str) -> None:
        """What the person saw of a review counts no more: its reply was confirmed."""
        self._seen.pop(review_id, None)
        self._over.pop(review_id, None)

    def _begin(self, store: Store, review_id: str) -> EditorStart | None:
        detail = store.reviews.get(review_id)
        if detail is None:
            return None
        self._over.pop(review_id, None)
        opened = open_over(self._workspace, store, review_id, self._workspace.clock.now())
        if opened.over is not None:
            self._over[review_id] = opened.over
        if opened.taken is not None:
            tell_changed(self._workspace, review_id)
        draft = store.drafts.get(review_id)
        base = _written_on(store, detail)
        self._seen[review_id] = base
        account = account_for(self._workspace, store, detail.review.app_id)
        return EditorStart(
            detail=detail,
            text=self._first_text(store, detail, draft),
            template=draft.template if draft is not None else "",
            context=self._context(store, detail, base, account),
            capability=self._capability(account),
            saved_at=draft.saved_at if draft is not None else None,
            lock=claim_words(holder_of(self._workspace, store, review_id)),
            theirs=_rival_text(store, detail),
            took_back=opened.words,
            over=opened.over,
        )

    def _waiting(self, store: Store, review_id: str) -> EditorStart | None:
        detail, row = store.reviews.get(review_id), store.outbox.latest(review_id)
        if detail is None or row is None or row.phase is not Phase.WAITING:
            return None
        account = account_for(self._workspace, store, detail.review.app_id)
        return EditorStart(
            detail=detail,
            text=row.text,
            template=row.template,
            context=self._context(store, detail, row.base, account),
            capability=self._capability(account),
            waits=row,
        )

    def _saw(self, store: Store, review_id: str, since: datetime) -> None:
        detail = store.reviews.get(review_id)
        if detail is not None:
            put = store.queue.put_since(review_id, since)
            self._seen[review_id] = put.base if put is not None else _written_on(store, detail)

    def _first_text(self, store: Store, detail: ReviewDetail, draft: Draft | None) -> str:
        if draft is not None:
            return draft.text
        open_row = store.outbox.latest(detail.review.id)
        if open_row is not None and open_row.phase in _TEXT_STANDS and open_row.text:
            return open_row.text
        return detail.review.response.text if detail.review.response is not None else ""

    def _save_draft(self, store: Store, review_id: str, text: str, template: str) -> datetime | None:
        now, over = self._workspace.clock.now(), self._over.get(review_id)
        first = store.drafts.get(review_id) is None
        if first and over is not None and freeze(text) == over.text:
            # It says what the reply that waits says: there is nothing to keep.
            return None
        if not text.strip():
            if store.queue.discard_draft(review_id, now):
                tell_changed(self._workspace, review_id)
            return None
        detail = store.reviews.get(review_id)
        base = self._seen.get(review_id) or (Base.of(detail.review) if detail is not None else None)
        if over is not None:
            keep_over(self._workspace, store, over, now)
        draft = Draft(review_id, text, now, base, self._workspace.me, template)
        store.queue.save_draft(draft, detail.review.app_id if detail is not None else "")
        # Offline nobody can be told who writes, and who may not write any more claims nothing; the draft is
        # kept all the same, and the editor can be left.
        with suppress(AscinboxError):
            claim_review(self._workspace, store, review_id)
        if first:
            tell_changed(self._workspace, review_id)
        return now

    def _drafts(self, store: Store) -> list[DraftItem]:
        kept = [(d.review_id, d.text, d.saved_at, False) for d in store.drafts.all()]
        kept += [(d.review_id, d.text, d.discarded_at, True) for d in store.drafts.discarded()]
        about = {d.review.id: d for d in store.reviews.details([review_id for review_id, *_ in kept])}
        return [
            DraftItem(
                review_id,
                about[review_id].app_name if review_id in about else "",
                about[review_id].review.title if review_id in about else "",
                text,
                at,
                gone,
            )
            for review_id, text, at, gone in kept
        ]

    def findings(
        self, store: Store, review_id: str, text: str, before: tuple[str, ...] = ()
    ) -> tuple[Finding, ...]:
        """See `check`, on the store thread. `before`: texts that go to other reviews just before this one."""
        from ascinbox.core.replies.checks import check

        detail = store.reviews.get(review_id)
        if detail is None:
            raise unknown_review(review_id)
        account = account_for(self._workspace, store, detail.review.app_id)
        base = self._base(store, detail)
        context = self._context(store, detail, base, account)
        return check(freeze(text), replace(context, sent_lately=(*context.sent_lately, *before)))

    def _base(self, store: Store, detail: ReviewDetail) -> Base:
        draft = store.drafts.get(detail.review.id)
        seen = draft.base if draft is not None else None
        return seen or self._seen.get(detail.review.id) or _written_on(store, detail)

    def _fitting(self, store: Store, review_id: str) -> tuple[ReviewDetail | None, Counter[str]]:
        since = self._workspace.clock.now() - USED
        return store.reviews.get(review_id), Counter(store.queue.templates_used(since))

    def _context(
        self, store: Store, detail: ReviewDetail, base: Base, account: Account | None
    ) -> ReplyContext:
        config, review = self._workspace.config, detail.review
        since = self._workspace.clock.now() - SAME_TEXT
        sent = store.queue.recent_texts(since)
        return ReplyContext(
            title=review.title,
            body=review.body,
            language=detail.language.code,
            nickname=review.nickname,
            app=detail.app_name,
            other_apps=tuple(app.name for app in store.accounts.apps() if app.id != review.app_id),
            note=detail.note,
            allow=tuple(config.get("reply", "allow")),
            support=config.get("reply", "support"),
            signature=config.get("reply", "signature"),
            sent_lately=tuple(text for review_id, text in sent if review_id != review.id),
            cannot_reply=self._cannot_reply(store, account),
            read_only=self._workspace.read_only,
            store=store_of_review(review.id),
            also=_meanwhile(detail, base),
        )

    def _cannot_reply(self, store: Store, account: Account | None) -> str:
        if account is None:
            return "no linked account sees this app"
        verdict = _verdict(self._workspace, account)
        if not _bars(store, account, verdict) or verdict is None:
            return ""
        return verdict.detail or f"replying with {account.name}: {verdict.state.word}"

    def _capability(self, account: Account | None) -> str:
        verdict = _verdict(self._workspace, account) if account is not None else None
        if verdict is None:
            return "Reply: ? never checked"
        why = verdict.detail
        if verdict.state is HealthState.ASSUMED:
            why = "this key has not replied yet"
        return f"Reply: {verdict.cell}" + (f" ({shortened(why)})" if why else "")


def account_for(workspace: Workspace, store: Store, app_id: str) -> Account | None:
    """The account by which reviews of an app are answered: the first that has a key for it and may."""
    accounts = [store.accounts.get(number) for number in store.accounts.accounts_of(app_id)]
    able = [
        a
        for a in accounts
        if a is not None and credential_of_app(store, a, Capability.REPLY, app_id) is not None
    ]

    if len(able) > 1:
        free = (a for a in able if not _bars(store, a, _verdict(workspace, a)))
        return next(free, able[0])
    return next(iter(able or [a for a in accounts if a is not None]), None)


def _written_on(store: Store, detail: ReviewDetail) -> Base:
    """What the writer saw of a review: with the draft, else with a reply that has not reached the store.

    So a reply that was held stays a question: writing it once more is no consent to what held it.
    """
    draft = store.drafts.get(detail.review.id)
    if draft is not None and draft.base is not None:
        return draft.base
    waiting = store.outbox.latest(detail.review.id)
    if waiting is not None and waiting.phase in _TEXT_STANDS | {Phase.QUEUED}:
        return waiting.base
    return Base.of(detail.review)


def _rival_text(store: Store, detail: ReviewDetail) -> str:
    row, response = store.outbox.latest(detail.review.id), detail.review.response
    if row is None or row.theirs is None or response is None or row.why is not Why.ANSWERED_ELSEWHERE:
        return ""
    return response.text if reply_key(row.theirs.text) == reply_key(response.text) else ""


def _verdict(workspace: Workspace, account: Account) -> Verdict | None:
    report = workspace.health.matrix(account.name).accounts
    cell = report[0].cells.get(Capability.REPLY.value) if report else None
    return cell.verdict if cell is not None else None


def _bars(store: Store, account: Account, verdict: Verdict | None) -> bool:
    """Whether the verdict forbids replying. A reply that the store took since it was given says more."""
    if verdict is None or not (verdict.state.broken or verdict.state in _CANNOT):
        return False
    took = store.outbox.accepted_at(account.id, verdict.credential)
    return took is None or verdict.checked_at is None or took <= verdict.checked_at


def tell_changed(workspace: Workspace, review_id: str) -> None:
    """Tells screens that a draft or a reply of this review changed."""
    workspace.publish(OutboxChanged(review_id))
    workspace.publish(ReviewsChanged((review_id,)))


def unknown_review(review_id: str) -> UsageError:
    """The error for a review that is not in the cache (exit 3)."""
    return UsageError(
        f"There is no review {review_id} in the cache.", "", "`ascinbox sync` fetches what is new."
    )


def _meanwhile(detail: ReviewDetail, base: Base) -> tuple[Finding, ...]:
    """What happened to the review since its reply was begun."""
    now = Base.of(detail.review)
    found = []
    if now.review_hash != base.review_hash:
        words = "the customer changed the review since you began"
        found.append(Finding(FindingKind.WARN, "review-changed", words, found=now.review_hash[:12]))
    if now.response_key != base.response_key:
        response = detail.review.response
        words = (
            f"another answer stands there since you began, and would be replaced: {shortened(response.text)}"
            if response is not None
            else "the answer that stood there when you began was removed"
        )
        found.append(Finding(FindingKind.WARN, "rival", words, found=now.response_key[:12]))
    return tuple(found)
