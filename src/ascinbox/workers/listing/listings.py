"""Listings of the linked apps: read from Apple, edited here, sent when the person says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, Forbidden, NotFound, UsageError
from ascinbox.core.events import ListingsChanged
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.listing.changes import ChangeState, ListingChange, normalized, same_text
from ascinbox.core.listing.fields import LANGUAGE, ListingField, Scope, field_of
from ascinbox.core.listing.records import Listing, ListingEdit, ListingPart
from ascinbox.core.listing.states import state_of, why_not_editable
from ascinbox.core.stores import APPLE, store_info
from ascinbox.sources.apple.listing import AppleListing
from ascinbox.sources.apple.source import apple_client
from ascinbox.workers.listing.push import ListingPush
from ascinbox.workers.runtime.clients import credential_of_app

if TYPE_CHECKING:
    from ascinbox.core.records import Account, App, Credential
    from ascinbox.workers.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ListedApp:
    """An app and the account through which its listing is reached."""

    account: Account
    app: App


class Listings:
    """`workspace.listings`."""

    def __init__(self, workspace: Workspace) -> None:
        self._space = workspace

    # --- reading ---

    def apps(self, account: Account | None = None, *, hidden: bool = False) -> tuple[ListedApp, ...]:
        """The linked apps of the App Store, each once, those of accounts with the feature first.

        Apps that somebody hid are left out unless `hidden`.
        """
        found: dict[str, ListedApp] = {}
        accounts = self._space.store.call(lambda store: store.accounts.list())
        for one in sorted(accounts, key=lambda one: Capability.LISTING not in one.features):
            if one.store != APPLE or (account is not None and one.id != account.id):
                continue
            for app in self._apps_of(one.id):
                if app.id in one.hidden_apps and not hidden:
                    continue
                found.setdefault(app.id, ListedApp(one, app))
        return tuple(found.values())

    def _apps_of(self, account_id: int) -> tuple[App, ...]:
        found: tuple[App, ...] = self._space.store.call(lambda store: store.accounts.apps(account_id))
        return found

    def app(self, wanted: str, account: Account | None = None) -> ListedApp:
        """The app with this Apple ID or bundle id.

        UsageError when none is linked, or it is in another store.
        """
        apps = self.apps(account, hidden=True)
        found = next((one for one in apps if wanted in (one.app.id, one.app.bundle_id)), None)
        if found is None:
            self._refuse_other_store(wanted, apps)
            known = ", ".join(f"{one.app.id} ({one.app.name})" for one in apps[:8])
            raise UsageError(f"No linked app is {wanted[:60]!r}.", f"Linked: {known}." if known else "")
        return found

    def _refuse_other_store(self, wanted: str, apps: Sequence[ListedApp]) -> None:
        """UsageError where an app of this id is linked in a store whose listings are not handled."""
        for account in self._space.store.call(lambda store: store.accounts.list()):
            app = next((one for one in self._apps_of(account.id) if wanted in (one.id, one.bundle_id)), None)
            if account.store != APPLE and app is not None:
                sister = next((one.app.id for one in apps if one.app.name == app.name), "")
                raise other_store(
                    f"{app.id} is an app of", account.store, f"At Apple: --app {sister}" if sister else ""
                )

    def known(self) -> tuple[Listing, ...]:
        """What was last read. Asks nobody."""
        found: tuple[Listing, ...] = self._space.store.call(lambda store: store.listings.all())
        return found

    def refresh(self, listed: ListedApp) -> Listing:
        """Reads one app's listing from Apple and keeps it. Raises what the client does."""
        listing = self.gateway(listed).read(listed.app, self._space.clock.now())
        self._space.store.call(lambda store: store.listings.save(listing))
        self._space.publish(ListingsChanged((listed.app.id,)))
        return listing

    def gateway(self, listed: ListedApp) -> AppleListing:
        """The way to Apple for an app's listing. Raises as `Workspace.client_for`."""
        return AppleListing(
            apple_client(self._space.client_for(listed.account, Capability.LISTING, listed.app.id))
        )

    # --- editing: nothing leaves ---

    def edits(self) -> tuple[ListingEdit, ...]:
        """Texts that people wrote here and that have not left."""
        found: tuple[ListingEdit, ...] = self._space.store.call(lambda store: store.listing_edits.all())
        return found

    def edit(
        self,
        listing: Listing,
        part: ListingPart,
        texts: Mapping[tuple[str, ListingField], str],
        *,
        amend: bool = False,
    ) -> None:
        """Writes texts down as one act, by (locale, field). One that is Apple's again drops the edit.

        `amend`: it goes on with the act before, as saving does while one types. UsageError for a field that
        cannot be changed in this state.
        """
        now = self._space.clock.now()
        kept, dropped = [], []
        there = {edit.key: edit for edit in self.edits()}
        for (locale, field), text in texts.items():
            why = "" if field.name == LANGUAGE else why_not_editable(field, part.state)
            if why:
                raise UsageError(why)
            base = part.value(field, locale)
            made = ListingEdit(
                listing.app_id, part.scope, part.id, locale, field.name, base, text, self._space.me, now
            )
            if not same_text(text, base):
                kept.append(made)
            elif made.key in there:
                dropped.append(there[made.key])
        self._space.store.call(lambda store: store.listing_edits.write(kept, dropped, amend=amend))
        self._space.publish(ListingsChanged((listing.app_id,)))

    def drop(self, edits: Sequence[ListingEdit]) -> None:
        """Drops texts as one act."""
        self._space.store.call(lambda store: store.listing_edits.drop(edits))
        self._space.publish(ListingsChanged(tuple({edit.app_id for edit in edits})))

    def keep_mine(self, edit: ListingEdit, theirs: str) -> None:
        """The person has read Apple's text of now and means theirs all the same."""
        self._space.store.call(lambda store: store.listing_edits.rebase(edit, theirs))
        self._space.publish(ListingsChanged((edit.app_id,)))

    def undo(self) -> tuple[ListingEdit, ...]:
        """Takes back the last act on texts."""
        touched: tuple[ListingEdit, ...] = self._space.store.call(lambda store: store.listing_edits.undo())
        self._space.publish(ListingsChanged(tuple({edit.app_id for edit in touched})))
        return touched

    # --- sending ---

    def push_edits(self, listed: ListedApp, edits: Sequence[ListingEdit]) -> Iterator[ListingChange]:
        """Sends texts that were written here, part by part, and tells what became of each.

        The listing is read first. Raises what the client does; what had no result yet was not sent.
        """
        self.refuse_when_read_only()
        listing = self.refresh(listed)
        parts = {part.id: part for part in (*listing.infos, *listing.versions)}
        by_part: dict[str, list[ListingEdit]] = {}
        for edit in edits:
            by_part.setdefault(edit.part_id, []).append(edit)
        for part_id, mine in by_part.items():
            part = parts.get(part_id)
            if part is None:
                for edit in mine:
                    change = _change(edit, "").refused("Apple no longer lists the draft it was written for.")
                    self._tell(edit, change)
                    yield change
                continue
            by_key = {(edit.scope, edit.locale, edit.name): edit for edit in mine}
            changes = [
                _change(edit, part.value(field_of(edit.scope, edit.name), edit.locale)) for edit in mine
            ]
            for change in self.send(listed, listing, part, changes):
                self._tell(by_key[change.key], change)
                yield change

    def send(
        self,
        listed: ListedApp,
        listing: Listing,
        part: ListingPart,
        changes: Iterable[ListingChange],
        *,
        allow_no_base: bool = False,
    ) -> Iterator[ListingChange]:
        """Sends changes of one part; what Apple took is kept in the cache and noted for Activity."""
        self.refuse_when_read_only()
        push = ListingPush(
            self.gateway(listed),
            part,
            self._space.clock,
            first_version=part.scope is Scope.VERSION and listing.is_first_version(part.platform),
            allow_no_base=allow_no_base,
        )
        taken: list[ListingChange] = []
        with self._health_told(listed) as took:
            try:
                for change in push.run(changes):
                    if change.state is ChangeState.CHANGED:
                        taken.append(change)
                    yield change
            finally:
                if taken:
                    took()
                    self._record(listed, part, taken)
                    self._keep(listed, part, taken)

    @contextmanager
    def _health_told(self, listed: ListedApp) -> Iterator[Callable[[], None]]:
        """Notes for Health that Apple refused the key a change; what is yielded notes that it took one."""
        account, health = listed.account, self._space.health
        key: Credential | None = self._space.store.call(
            lambda store: credential_of_app(store, account, Capability.LISTING, listed.app.id)
        )

        def tell(error: Forbidden | None = None) -> None:
            if key is not None:
                health.saw_listing_change(account, key, listed.app.name, error)

        try:
            yield tell
        except Forbidden as error:
            if not error.request.startswith("GET "):
                tell(error)
            raise

    def add_version(self, listed: ListedApp, platform: str, number: str) -> Listing:
        """Makes the draft of a new version at Apple, and reads the listing again."""
        self.refuse_when_read_only()
        with self._health_told(listed) as took:
            self.gateway(listed).add_version(listed.app.id, platform, number)
            took()
        self._space.record("new version", listed.app.name, f"{number} {platform}")
        return self.refresh(listed)

    def remove_language(self, listed: ListedApp, part: ListingPart, locale: str) -> Listing:
        """Removes a language with all its texts from a draft. The caller has had a word typed for it."""
        self.refuse_when_read_only()
        language = part.localization(locale)
        if language is None:
            raise UsageError(f"{locale} is not among the languages.")
        if not state_of(part.scope, part.state).languages:
            raise UsageError("No language can be removed in this state.")
        # Where somebody else removed it, that is what was wanted.
        with suppress(NotFound), self._health_told(listed) as took:
            self.gateway(listed).remove_localization(part.scope, language.id)
            took()
        self._space.record("remove language", listed.app.name, f"{locale} {part.version}".strip())
        return self.refresh(listed)

    def refuse_when_read_only(self) -> None:
        """Raises AscinboxError when nothing may be sent from here."""
        if self._space.read_only:
            raise AscinboxError("Read-only: nothing is sent.", "", "Leave out --read-only.")

    def _tell(self, edit: ListingEdit, change: ListingChange) -> None:
        if change.state is ChangeState.CHANGED:
            self._space.store.call(lambda store: store.listing_edits.sent(edit))
        elif change.state is not ChangeState.WOULD_CHANGE:
            self._space.store.call(lambda store: store.listing_edits.tell(edit, change.state, change.detail))
        self._space.publish(ListingsChanged((edit.app_id,)))

    def _keep(self, listed: ListedApp, part: ListingPart, taken: Sequence[ListingChange]) -> None:
        """Puts what Apple took into the cache; a language that was added is read."""
        if any(change.locale and part.localization(change.locale) is None for change in taken):
            with suppress(AscinboxError):
                self.refresh(listed)
            return
        known = next((one for one in self.known() if one.app_id == listed.app.id), None)
        there = None if known is None else known.part(part.id)
        if known is None or there is None:
            return
        texts = {change.key: change.mine for change in taken}
        now = known.with_part(there.with_texts(texts))
        self._space.store.call(lambda store: store.listings.save(now))
        self._space.publish(ListingsChanged((listed.app.id,)))

    def _record(self, listed: ListedApp, part: ListingPart, taken: Sequence[ListingChange]) -> None:
        fields = ", ".join(dict.fromkeys(change.field.title for change in taken))
        locales = ", ".join(dict.fromkeys(change.locale for change in taken if change.locale))
        detail = " ".join(word for word in (part.version, fields, f"({locales})" if locales else "") if word)
        self._space.record("listing", listed.app.name, detail)


def other_store(what: str, store: str, next_step: str = "") -> UsageError:
    """The refusal of an app or an account of a store whose listings are not handled."""
    return UsageError(
        f"{what} {store_info(store).label}, whose listings are not handled.",
        "Only the texts of App Store Connect are read and sent.",
        next_step,
    )


def _change(edit: ListingEdit, theirs: str) -> ListingChange:
    return ListingChange(edit.scope, edit.locale, edit.name, edit.base, theirs, normalized(edit.text))
