"""Sets the demo's scene, in a process of its own, so that the screen comes up meanwhile.

Accounts by the ordinary linking, reviews by the ordinary client, then what its people did in the past days,
by the ordinary services and at the times at which they did it.

`python -m ascinbox.cli.demo_stage HOME SHIFT_S`: reads the server's greeting from stdin, then obeys `link`,
`fetch` and `write`.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ascinbox.cli.demo_child import obey
from ascinbox.cli.demo_clock import DemoClock
from ascinbox.cli.demo_session import play_addresses
from ascinbox.config import load_config
from ascinbox.core.errors import Rejected, SourceProblem
from ascinbox.core.health.people import Person, PersonState
from ascinbox.core.listing.changes import HELD, ChangeState
from ascinbox.core.listing.records import Listing, ListingEdit
from ascinbox.core.outbox import delivery
from ascinbox.core.outbox.states import Base, Kind, OutboxRow, Phase, Reading, body_hash
from ascinbox.core.records import Account, App, Response, ResponseState, Review
from ascinbox.core.stores import APPLE
from ascinbox.paths import Paths
from ascinbox.simulator import demo_listing
from ascinbox.sources.apple.source import apple_client
from ascinbox.workers.runtime.daemon_pool import DaemonPool
from ascinbox.workers.workspace import Workspace

if TYPE_CHECKING:
    from ascinbox.simulator.demo_script import DemoScript, Failure, Outgoing
    from ascinbox.store.store import Store
    from ascinbox.workers.accounts.linking import LinkRequest

DAY_S = 86_400.0
FIRST_ROWS = 80
"""So many of each app hold all that the script is about."""


class Stage:
    """Prepares one workspace for the demo."""

    def __init__(self, hello: Mapping[str, Any], clock: DemoClock, workspace: Workspace) -> None:
        """`hello` is what the server said about itself."""
        self._hello = hello
        self._clock = clock
        self._workspace = workspace
        self._pages: dict[str, tuple[Review, ...]] = {}
        self._listing: Listing | None = None

    # --- accounts ---

    def link(self) -> None:
        """Links the accounts, each as long ago as its key is old."""
        from ascinbox.core.health.capabilities import parse_features
        from ascinbox.vault import VaultKind
        from ascinbox.workers.accounts.credentials import from_file, service_account
        from ascinbox.workers.accounts.linking import LinkRequest

        space = self._workspace
        for about in self._hello["accounts"]:
            candidate = from_file(space.vault, Path(about["p8"]), about["key_id"], about["issuer_id"])
            features = parse_features(about["features"])
            trial = space.accounts.try_credential(candidate, vendor=about["vendor"], features=features)
            shown = tuple(app.id for app in trial.apps if app.id not in about["hidden_apps"])
            request = LinkRequest(about["name"], trial, features, shown, VaultKind.FILE)
            space.store.call(self._link_long_ago, request, about["key_age_days"] * DAY_S)
        play = self._hello["play"]
        candidate = service_account(space.vault, Path(play["file"]), tuple(play["packages"]), "")
        request = LinkRequest(play["name"], space.accounts.try_credential(candidate), vault=VaultKind.FILE)
        space.store.call(self._link_long_ago, request, play["key_age_days"] * DAY_S)

    def _link_long_ago(self, _store: Store, request: LinkRequest, ago_s: float) -> None:
        with self._clock.ago(ago_s):
            self._workspace.accounts.link(request)

    # --- what people did ---

    def fetch(self) -> None:
        """The newest reviews of every app, among them all that need a reply, as they were first written."""
        space = self._workspace

        def page(account: Account, app: App) -> tuple[str, tuple[Review, ...]]:
            client = space.client_for(account, "reviews")
            if account.store != APPLE:
                return app.id, client.reviews_read(app.id, lambda raw: raw.parse()).items
            return app.id, apple_client(client).reviews(app.id, limit=FIRST_ROWS).items

        jobs = [
            partial(page, account, app)
            for account in space.accounts.list()
            for app in space.store.call(_shown_apps, account.id)
        ]
        listed = next((one for one in space.listings.apps() if one.app.name == demo_listing.APP), None)
        with DaemonPool(4, "demo") as pool:
            self._pages = dict(pool.run_all(jobs))
        if listed is not None:
            self._listing = space.listings.refresh(listed)

    def write(self) -> None:
        """What happened since, in one go: a screen shows nothing of it or all of it."""
        script, pages = script_of(self._hello), self._pages
        apps = {review.id: app_id for app_id, page in pages.items() for review in page}
        edited = {change.review_id: self._read(change.review_id, apps) for change in script.changes}

        def write(store: Store) -> None:
            with store.database.write():
                self._mark(store, script)
                for app_id, page in pages.items():
                    store.reviews.save_page(app_id, page)
                self._replied(store, script)
                for change in script.changes:
                    with self._clock.ago(change.age_s):
                        store.reviews.save_page(apps[change.review_id], [edited[change.review_id]])
                self._people(store, script)
                self._texts(store)
                store.queue.forget_acts()

        self._workspace.store.call(write)

    def _read(self, review_id: str, apps: Mapping[str, str]) -> Review:
        app_id = apps[review_id]
        account = self._workspace.store.call(_account_of, app_id)
        return self._workspace.client_for(account, "reviews").review(review_id, app_id)

    def _mark(self, store: Store, script: DemoScript) -> None:
        """Triage knows reviews by id, so it can be there before them."""
        now = self._clock.now()
        with self._clock.ago(2 * DAY_S):
            store.queue.done(script.done)
            store.queue.flag(script.flagged)
            store.queue.opened(script.opened)
            for review_id, name in script.assigned:
                store.queue.assign([review_id], name)
            for review_id, tag in script.tags:
                store.queue.tag([review_id], add=[tag])
            for review_id, in_s in script.snoozed:
                store.queue.snooze([review_id], now + timedelta(seconds=in_s))
            for review_id, author, text, _age in script.notes:
                store.queue.note(review_id, f"{author}: {text}")

    def _replied(self, store: Store, script: DemoScript) -> None:
        for item in (*script.pending, *script.published):
            self._outbox(store, item, partial(self._accept, store))
        self._outbox(store, script.failed.item, lambda row, at: self._fail(row, at, script.failed))
        self._outbox(store, script.held, lambda row, at: self._hold(store, row, at, script.rival))
        for review_id, text in script.drafts:
            self._workspace.composing.save_draft(review_id, text)

    def _texts(self, store: Store) -> None:
        """Texts of a listing that were written and not sent; Apple has changed one of them since."""
        listing = self._listing
        draft = listing.editable_version() if listing is not None else None
        if listing is None or draft is None:
            return

        def edit(locale: str, name: str, base: str, text: str) -> ListingEdit:
            at = self._clock.now()
            return ListingEdit(listing.app_id, draft.scope, draft.id, locale, name, base, text, "mia", at)

        held = edit(*demo_listing.HELD)
        with self._clock.ago(3600):
            store.listing_edits.write([*(edit(*one) for one in demo_listing.WRITTEN), held])
        store.listing_edits.tell(held, ChangeState.HELD, HELD)

    def _people(self, store: Store, script: DemoScript) -> None:
        now = self._clock.now()
        theirs = self._hello["accounts"][0]["name"]
        account = next(account for account in store.accounts.list() if account.name == theirs)
        people = [
            Person(
                email=mate.email,
                first_name=mate.first_name,
                last_name=mate.last_name,
                roles=(mate.role,),
                standing=PersonState(mate.state),
                changed_at=now - timedelta(seconds=mate.age_s),
                expires_at=now - timedelta(seconds=mate.age_s) + timedelta(days=3)
                if mate.state in ("pending", "expired")
                else None,
            )
            for mate in script.teammates
        ]
        store.health.save_people(account.id, people, now)

    # --- the outbox's past, by the same steps as its present ---

    def _outbox(self, store: Store, item: Outgoing, end: Callable[[OutboxRow, datetime], OutboxRow]) -> None:
        at = self._clock.now() - timedelta(seconds=item.age_s)
        with self._clock.ago(item.age_s):
            row = self._confirmed(store, item, at)
            claimed = delivery.claimed(row, "the demo", at, self._workspace.sender.rules)
            store.queue.move(row, claimed)
            store.queue.move(claimed, end(claimed, at))

    def _confirmed(self, store: Store, item: Outgoing, at: datetime) -> OutboxRow:
        from ascinbox.workers.replies.composing import account_for
        from ascinbox.workers.replies.sender import identity_of

        detail = store.reviews.get(item.review_id)
        assert detail is not None
        review = detail.review
        account = account_for(self._workspace, store, review.app_id)
        assert account is not None
        return store.queue.queue(
            OutboxRow(
                op_id=uuid.uuid4().hex,
                kind=Kind.PUBLISH,
                review_id=review.id,
                app_id=review.app_id,
                account_id=account.id,
                credential=identity_of(store, account, review.app_id) or "",
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

    def _accept(self, store: Store, row: OutboxRow, at: datetime) -> OutboxRow:
        detail = store.reviews.get(row.review_id)
        assert detail is not None
        return delivery.accepted(row, detail.review.response, at)

    def _fail(self, row: OutboxRow, at: datetime, failure: Failure) -> OutboxRow:
        problem = SourceProblem(failure.status, failure.code, failure.title, failure.detail)
        refusal = Rejected(failure.title, failure.detail, status=failure.status, problems=(problem,))
        rules = self._workspace.sender.rules
        return delivery.failed_post(delivery.posting(row, at, rules), refusal, at, rules)

    def _hold(self, store: Store, row: OutboxRow, at: datetime, rival: Outgoing) -> OutboxRow:
        detail = store.reviews.get(row.review_id)
        assert detail is not None
        answered_at = self._clock.now() - timedelta(seconds=rival.age_s)
        theirs = Response("rival", rival.text, ResponseState.PUBLISHED, answered_at)
        reading = Reading(at, replace(detail.review, response=theirs))
        held = delivery.reread(row, reading, None, self._workspace.sender.rules)
        assert held is not None
        return held


def script_of(hello: Mapping[str, Any]) -> DemoScript:
    """The demo's script, for the reviews that its server has."""
    from ascinbox.simulator.demo_script import make_script

    return make_script(hello["ids"], hello["done"], hello["accounts"][1]["key_id"])


def queue_the_queued(hello: Mapping[str, Any], workspace: Workspace) -> None:
    """The reply that is on its way when the demo begins; its undo window begins with it.

    None where nothing may be published.
    """
    if workspace.read_only:
        return
    queued = script_of(hello).queued
    findings = workspace.composing.check(queued.review_id, queued.text)
    workspace.replies.queue(queued.review_id, queued.text, [finding.key for finding in findings])


def _shown_apps(store: Store, account_id: int) -> tuple[App, ...]:
    return store.accounts.apps(account_id, hidden=False)


def _account_of(store: Store, app_id: str) -> Account:
    account = store.accounts.get(store.accounts.accounts_of(app_id)[0])
    assert account is not None
    return account


def main(arguments: list[str]) -> int:
    """Obeys until stdin ends."""
    home, shift_s = arguments
    os.umask(0o077)
    clock = DemoClock(timedelta(seconds=float(shift_s)))
    paths = Paths.under(Path(home))
    _load()
    greeting = sys.stdin.readline()
    if not greeting:
        return 0
    hello = json.loads(greeting)
    workspace = Workspace.open(
        paths=paths,
        config=load_config(paths.config_file),
        clock=clock,
        base_url=hello["url"],
        environ={**os.environ, **play_addresses(hello)},
    )
    stage = Stage(hello, clock, workspace)
    obey({"link": stage.link, "fetch": stage.fetch, "write": stage.write})
    workspace.close()
    return 0


WANTED_SOON = (
    "ascinbox.sources.apple.client",
    "ascinbox.sources.apple.tokens",
    "ascinbox.workers.accounts.linking",
    "ascinbox.workers.replies.replies",
)


def _load() -> None:
    """Imports what linking and fetching need while the server is still on its way."""
    for module in WANTED_SOON:
        import_module(module)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
