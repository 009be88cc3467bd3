"""Which apps an account has now: asked with every key of it, kept by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, UnexpectedAnswer
from ascinbox.core.events import AccountsChanged
from ascinbox.core.health.serving import Known, gone_apps, served, serving
from ascinbox.core.records import Account, App, LeftOut
from ascinbox.core.stores import kind_info
from ascinbox.workers.accounts.visible_apps import known_of, note_apps
from ascinbox.workers.reviews.sync_run import AccountProgress, Interrupted, SyncRun, Way, some
from ascinbox.workers.runtime.results import REVIEWS

if TYPE_CHECKING:
    from ascinbox.store.store import Store


@dataclass(frozen=True, slots=True)
class AppListing:
    """The apps that one credential was shown."""

    key_id: str
    apps: tuple[App, ...]
    unread: tuple[LeftOut, ...] = ()
    early: UnexpectedAnswer | None = None
    """The list ended before as many came as the store counts."""

    @property
    def is_whole(self) -> bool:
        """Whether what is not in it is not there."""
        return self.early is None and not self.unread


class AppLists:
    """Reads the lists of apps of one run."""

    def __init__(self, run: SyncRun) -> None:
        self._run = run

    def read(self, state: AccountProgress) -> None:
        """Asks for the apps with every key of the account: its apps are those that any of them sees."""
        listings: list[AppListing] = []
        failed: list[tuple[Way, AscinboxError]] = []
        try:
            self._run.workspace.client_for(state.account, REVIEWS)
            for credential in state.keys:
                way = Way(state, credential)
                try:
                    listings.append(self._listing(way))
                except AscinboxError as error:
                    failed.append((way, error))
            apps = self._run.workspace.store.call(_save_apps, state.account, listings)
        except (AscinboxError, Interrupted) as error:
            self._run.note(state, None, error)
            return
        for listing in listings:
            if listing.early is not None:
                self._run.note(state, None, listing.early)
        came = {app.id for listing in listings for app in listing.apps}
        for way, trouble in failed:
            # A key that fails takes nothing away where the others see all that it saw.
            seen = apps.known[way.credential.key_id].sees
            if not seen or not seen <= came:
                self._run.note(way, None, trouble)
            else:
                self._run.give_up(way, trouble)
        state.apps = tuple(app for app in apps.listed if app.id not in state.account.hidden_apps)
        state.ways = {
            app.id: tuple(
                Way(state, credential)
                for credential in serving(state.account.credentials, REVIEWS, apps.known, app.id)
            )
            for app in state.apps
        }
        self._tell_gaps(state, apps.known)
        if apps.changed:
            self._run.workspace.publish(AccountsChanged())

    def _listing(self, way: Way) -> AppListing:
        apps: list[App] = []
        unread: list[LeftOut] = []
        early: UnexpectedAnswer | None = None
        try:
            for page in self._run.client(way).apps():
                self._run.check(way)
                self._run.add(way.state, requests=int(kind_info(way.credential.kind).tells_apps))
                apps.extend(page.items)
                unread.extend(page.left_out)
        except UnexpectedAnswer as error:
            if not apps:
                raise
            early = error
        self._run.workspace.saw_apple(True)
        return AppListing(way.credential.key_id, tuple(apps), tuple(unread), early)

    def _tell_gaps(self, state: AccountProgress, known: Mapping[str, Known]) -> None:
        shares = served(state.account.credentials, REVIEWS, known, state.apps)
        if shares.by_none:
            names = some([app.name for app in shares.by_none])
            state.notes.append(f"{names}: no key here may read the reviews.")
        gone = gone_apps(state.account.credentials, known, state.apps)
        if gone:
            state.notes.append(f"{some([app.name for app in gone])}: no longer visible to any key.")


@dataclass(frozen=True, slots=True)
class _Apps:
    """What the listings of an account's keys make of its apps."""

    listed: tuple[App, ...]
    known: Mapping[str, Known]
    changed: bool


def _save_apps(store: Store, account: Account, listings: Sequence[AppListing]) -> _Apps:
    """Saves which key sees which app now. An app stays the account's, also when no key sees it any more:
    Health names it then, and its reviews stay where they are."""
    began = store.clock.now()
    scope = str(account.id)
    before = known_of(store, account)
    was_gone = gone_apps(account.credentials, before, store.accounts.apps(account.id))
    for listing in listings:
        store.quarantine.put("apps", scope, listing.unread)
        seen = before[listing.key_id].sees or frozenset()
        kept = frozenset() if listing.is_whole else seen
        ids = {app.id for app in listing.apps} | kept
        note_apps(store, account.id, listing.key_id, ids, began)
    if listings and all(listing.early is None for listing in listings):
        store.quarantine.forget("apps", scope, began)
    listed = {app.id: app for listing in listings for app in listing.apps}
    rest = [app for app in store.accounts.apps(account.id) if app.id not in listed]
    apps = (*listed.values(), *rest)
    added = store.accounts.save_apps(account.id, apps).added
    known = known_of(store, account)
    gone = gone_apps(account.credentials, known, apps)
    return _Apps(apps, known, bool(added) or gone != was_gone)
