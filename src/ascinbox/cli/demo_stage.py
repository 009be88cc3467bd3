"""Sets the demo's scene.

Accounts by the ordinary linking, reviews by the ordinary sync, then what its people did in the past days, at
the times at which they did it.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ascinbox.cli.demo_session import DemoSession
from ascinbox.core import delivery
from ascinbox.core.errors import AppleProblem, Rejected
from ascinbox.core.outbox import Base, Kind, OutboxRow, Phase, Reading, body_hash
from ascinbox.core.people import Person, Standing
from ascinbox.core.records import Account, App, Response, ResponseState, Review
from ascinbox.workers.crew import Crew

if TYPE_CHECKING:
    from ascinbox.simulator.demo_script import DemoScript, Failure, Outgoing
    from ascinbox.store.store import Store
    from ascinbox.workers.linking import LinkRequest
    from ascinbox.workers.workspace import Workspace

R = TypeVar("R")
DAY_S = 86_400.0
FIRST_ROWS = 80
"""So many of each app hold all that the script is about."""


class Stage:
    """Prepares one workspace for the demo."""

    def __init__(self, session: DemoSession, workspace: Workspace) -> None:
        self._session = session
        self._workspace = workspace
        self._clock = session.clock
        self.set = threading.Event()
        """Set once what the first screen shows is there (or setting the scene failed)."""

    def run(self, *, reviews: bool = True, reports: bool = False) -> None:
        """Does all of it, or for commands that need less, less."""
        try:
            if self._session.resumed:
                self._take_up()
                return
            if not self._workspace.accounts.list():
                self._link()
            if reviews:
                self._mark()
                self._newest()
                self._past()
                self.set.set()
                self._workspace.sync.run(datasets=["reviews"])
            if reports:
                self._workspace.sync.run(datasets=["sales", "finance", "analytics"])
        finally:
            self.set.set()

    def finish(self) -> None:
        """From here on the demo lives by itself: the session's events, the regular threads."""
        self._session.tell("begin")
        self._session.is_set()

    def _take_up(self) -> None:
        """A killed demo: what it kept is there, its App Store Connect begins anew."""
        self._session.renew_keys()
        self.set.set()
        self._session.tell("meanwhile")
        self._workspace.sync.run(datasets=["reviews"])

    # --- accounts ---

    def _link(self) -> None:
        from ascinbox.core.capabilities import parse_features
        from ascinbox.vault import VaultKind
        from ascinbox.workers.credentials import from_file
        from ascinbox.workers.linking import LinkRequest

        space = self._workspace
        for about in self._session.hello["accounts"]:
            candidate = from_file(space.vault, Path(about["p8"]), about["key_id"], about["issuer_id"])
            features = parse_features(about["features"])
            trial = space.accounts.try_credential(candidate, vendor=about["vendor"], features=features)
            shown = tuple(app.id for app in trial.apps if app.id not in about["hidden_apps"])
            request = LinkRequest(about["name"], trial, features, shown, VaultKind.FILE)
            self._then(about["key_age_days"] * DAY_S, partial(_link_by, space, request))

    # --- what people did ---

    def _script(self) -> DemoScript:
        from ascinbox.simulator.demo_script import make_script

        hello = self._session.hello
        return make_script(hello["ids"], hello["done"], hello["accounts"][1]["key_id"])

    def _mark(self) -> None:
        """Triage knows reviews by id, so it can be there before them: no row ever shows unmarked."""
        script = self._script()
        now = self._clock.now()

        def mark(store: Store) -> None:
            with store.database.write():
                store.triage.done(script.done)
                store.triage.flag(script.flagged)
                store.triage.opened(script.opened)
                for review_id, name in script.assigned:
                    store.triage.assign([review_id], name)
                for review_id, tag in script.tags:
                    store.triage.tag([review_id], add=[tag])
                for review_id, in_s in script.snoozed:
                    store.triage.snooze([review_id], now + timedelta(seconds=in_s))
                for review_id, author, text, _age in script.notes:
                    store.triage.note(review_id, f"{author}: {text}")
                store.triage.forget_acts()

        self._then(2 * DAY_S, mark)

    def _newest(self) -> None:
        """The newest of every app: everything that needs a reply is there. The rest comes with the sync."""
        space = self._workspace
        shown = [
            (account, app)
            for account in space.accounts.list()
            for app in space.store.call(lambda s, a=account: s.accounts.apps(a.id, hidden=False))
        ]

        def fetch(account: Account, app: App) -> None:
            page = space.client_for(account, "reviews").reviews(app.id, limit=FIRST_ROWS)
            space.store.call(lambda s: s.reviews.save_page(app.id, page.items))

        with Crew(4, "demo") as crew:
            crew.run_all(partial(fetch, account, app) for account, app in shown)

    def _past(self) -> None:
        """What became of reviews, and of our replies to them."""
        script, space = self._script(), self._workspace
        for item in (*script.pending, *script.published):
            self._outbox(item, self._accept)
        self._outbox(script.failed.item, lambda row, at: self._fail(row, at, script.failed))
        self._outbox(script.held, lambda row, at: self._hold(row, at, script.rival))
        for review_id, text in script.drafts:
            space.replies.save_draft(review_id, text)
        self._session.tell("meanwhile")
        for change in script.changes:
            detail = space.inbox.detail(change.review_id)
            assert detail is not None
            account = space.accounts.find(detail.account)
            app_id = detail.review.app_id
            review = space.client_for(account, "reviews").review(change.review_id, app_id)
            self._then(change.age_s, partial(_save, app_id=app_id, review=review))
        self._people(script)
        space.replies.queue(script.queued.review_id, script.queued.text, _everything(space, script.queued))

    def _people(self, script: DemoScript) -> None:
        now = self._clock.now()
        account = self._workspace.accounts.list()[0]
        people = [
            Person(
                email=mate.email,
                first_name=mate.first_name,
                last_name=mate.last_name,
                roles=(mate.role,),
                standing=Standing(mate.state),
                changed_at=now - timedelta(seconds=mate.age_s),
                expires_at=now - timedelta(seconds=mate.age_s) + timedelta(days=3)
                if mate.state in ("pending", "expired")
                else None,
            )
            for mate in script.teammates
        ]
        self._workspace.store.call(lambda s: s.health.save_people(account.id, people, now))

    # --- the outbox's past, by the same steps as its present ---

    def _outbox(self, item: Outgoing, end: Callable[[OutboxRow, datetime], OutboxRow]) -> None:
        at = self._clock.now() - timedelta(seconds=item.age_s)
        rules = self._workspace.sender.rules

        def step(store: Store) -> None:
            row = self._confirmed(store, item, at)
            claimed = delivery.claimed(row, "the demo", at, rules)
            store.replies.write(row, claimed)
            store.replies.write(claimed, end(claimed, at))

        self._then(item.age_s, step)

    def _confirmed(self, store: Store, item: Outgoing, at: datetime) -> OutboxRow:
        from ascinbox.workers.composing import account_for
        from ascinbox.workers.outbox import identity_of

        detail = store.reviews.get(item.review_id)
        assert detail is not None
        review = detail.review
        account = account_for(self._workspace, store, review.app_id)
        assert account is not None
        return store.replies.queue(
            OutboxRow(
                op_id=uuid.uuid4().hex,
                kind=Kind.PUBLISH,
                review_id=review.id,
                app_id=review.app_id,
                account_id=account.id,
                credential=identity_of(account) or "",
                phase=Phase.QUEUED,
                text=item.text,
                sha256=body_hash(item.text),
                base=Base.of(review),
                queued_at=at,
                send_after=at,
                changed_at=at,
                by=item.by,
                session=self._workspace.sender.owner,
            )
        )

    def _accept(self, row: OutboxRow, at: datetime) -> OutboxRow:
        detail = self._workspace.inbox.detail(row.review_id)
        assert detail is not None
        return delivery.accepted(row, detail.review.response, at)

    def _fail(self, row: OutboxRow, at: datetime, failure: Failure) -> OutboxRow:
        problem = AppleProblem(failure.status, failure.code, failure.title, failure.detail)
        refusal = Rejected(failure.title, failure.detail, status=failure.status, problems=(problem,))
        rules = self._workspace.sender.rules
        return delivery.failed_post(delivery.posting(row, at, rules), refusal, at, rules)

    def _hold(self, row: OutboxRow, at: datetime, rival: Outgoing) -> OutboxRow:
        from dataclasses import replace

        detail = self._workspace.inbox.detail(row.review_id)
        assert detail is not None
        answered_at = self._clock.now() - timedelta(seconds=rival.age_s)
        theirs = Response("rival", rival.text, ResponseState.PUBLISHED, answered_at)
        reading = Reading(at, replace(detail.review, response=theirs))
        held = delivery.reread(row, reading, None, self._workspace.sender.rules)
        assert held is not None
        return held

    def _then(self, ago_s: float, fn: Callable[[Store], R]) -> R:
        """Runs on the store's thread as if it were so long ago."""

        def step(store: Store) -> R:
            with self._clock.ago(ago_s):
                return fn(store)

        return self._workspace.store.call(step)


def _link_by(space: Workspace, request: LinkRequest, _store: Store) -> object:
    return space.accounts.link(request)


def _save(store: Store, *, app_id: str, review: Review) -> object:
    return store.reviews.save_page(app_id, [review])


def _everything(space: Workspace, item: Outgoing) -> list[Any]:
    return [finding.key for finding in space.replies.check(item.review_id, item.text)]
