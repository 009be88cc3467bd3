"""Linking, rotating and unlinking accounts. Nothing is saved before a live read has proved the credential."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ascinbox.core.errors import (
    AscinboxError,
    CredentialError,
    NoKeysHere,
    StoreError,
    UsageError,
)
from ascinbox.core.events import AccountsChanged, HealthChanged
from ascinbox.core.health.capabilities import Capability, info, parse_features
from ascinbox.core.health.credential_shapes import look_at_name
from ascinbox.core.health.evidence import Circumstances, HealthState, Verdict
from ascinbox.core.health.planner import Plan, plan
from ascinbox.core.health.status import AccountHealth
from ascinbox.core.records import Account, App, Credential, CredentialKind
from ascinbox.core.stores import kind_info, store_info, store_of_kind
from ascinbox.sources.base import Target
from ascinbox.sources.registry import source_of_kind
from ascinbox.vault import VaultKind
from ascinbox.workers.accounts.assigning import assign
from ascinbox.workers.accounts.credentials import for_account, reporter_token, with_reach
from ascinbox.workers.accounts.retired_keys import reinstate, retire
from ascinbox.workers.accounts.rotating import Comparison, compare, replaced_by, reread, swap, widened
from ascinbox.workers.accounts.secret_places import place_of, store_secret
from ascinbox.workers.accounts.trials import (
    WORKING,
    Trial,
    Trials,
    UnsureTeam,
    checked_vendor,
    other_team,
    trial_features,
)
from ascinbox.workers.accounts.unlinking import forget_account
from ascinbox.workers.accounts.visible_apps import note_apps
from ascinbox.workers.health.unreadable import forget_refusals

if TYPE_CHECKING:
    from ascinbox.store.hot.accounts import Holdings
    from ascinbox.store.store import Store
    from ascinbox.workers.accounts.credentials import Candidate
    from ascinbox.workers.workspace import Workspace


log = logging.getLogger("ascinbox.accounts")


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """What is to be linked."""

    name: str
    trial: Trial
    features: tuple[Capability, ...] | None = None
    """None: what the credential can do, users aside."""
    apps: tuple[str, ...] | None = None
    """Apple IDs of the apps to show; None shows all."""
    vault: VaultKind | str | None = None
    """`keyring`, `file` or `encrypted`; None: the OS keyring, or a key file on a machine that has none. A
    keyring that is there and cannot be used is never passed over: then the person has to choose."""
    same_team: bool = False
    """The person says that the credential is of the account's team, for where Apple does not tell."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What was saved."""

    account: Account
    apps: tuple[App, ...]
    health: AccountHealth
    """The matrix of the credential that was added."""
    notes: tuple[str, ...] = ()
    """Sentences for the person: where the key is now, what to do next."""

    @property
    def gaps(self) -> tuple[Verdict, ...]:
        """Chosen capabilities that do not work."""
        return tuple(v for v in self.health.verdicts.values() if v.severity not in {0, None})


class Accounts:
    """`workspace.accounts`."""

    def __init__(self, workspace: Workspace) -> None:
        self._space = workspace
        self._trials = Trials(workspace)
        self.unfinished: dict[str, str] = {}
        """What was typed in the wizard and not saved; holds no secret, and ends with the program."""

    # --- reading ---

    def list(self) -> tuple[Account, ...]:
        """Every linked account, the first linked first."""
        return self._space.store.call(lambda store: store.accounts.list())

    def find(self, name: str) -> Account:
        """The account of that name; UsageError when there is none."""
        found: Account | None = self._space.store.call(lambda store: store.accounts.named(name))
        if found is None:
            known = ", ".join(account.name for account in self.list()) or "none"
            raise UsageError(f"No account is called {name}.", f"Linked: {known}.", "See: ascinbox accounts")
        return found

    def plan(self, features: Iterable[str], kind: str) -> Plan:
        """The least access for these features."""
        return plan(features, kind)

    def holdings(self, name: str) -> Holdings:
        """What unlinking would take away. Raises where nothing may be unlinked."""
        self._writable()
        account = self.find(name)
        held: Holdings = self._space.store.call(lambda store: store.accounts.holdings(account.id), slow=True)
        return held

    def try_credential(
        self,
        candidate: Candidate,
        *,
        vendor: str | None = None,
        features: Iterable[Capability] | None = None,
        account: Account | None = None,
    ) -> Trial:
        """Live checks of a credential (see `Trials.run`)."""
        return self._trials.run(candidate, vendor=vendor, features=features, account=account)

    def is_same_team(self, trial: Trial, account: Account) -> bool:
        """Whether Apple shows that a credential is of the account's team (see `Trials.same_team`)."""
        return self._trials.same_team(trial, account)

    # --- linking ---

    def link(self, request: LinkRequest) -> Linked:
        """Saves an account, or adds the credential to the account of that name when it is the same team.

        Raises UsageError for a bad name or an app that the credential does not see, CredentialError for a
        credential that is linked already or belongs to another team, VaultError when the chosen place
        cannot keep the secret. Nothing is half-saved.
        """
        self._writable()
        trial = request.trial
        looks = look_at_name(request.name)
        if not looks.ok:
            raise UsageError(f"The name is not usable: {looks.words}.")
        existing = self._space.store.call(lambda store: store.accounts.named(request.name))
        self._not_linked_yet(trial.candidate)
        if existing is not None:
            if not self._trials.same_team(trial, existing) and not request.same_team:
                raise UnsureTeam(existing)
            _same_vendor(existing, trial.vendor)
        if trial.vendors and trial.vendor is None:
            raise UsageError(
                f"The token reaches several vendor numbers: {', '.join(trial.vendors)}.",
                "",
                "Choose one with --vendor; link the others under names of their own.",
            )
        hidden = hidden_apps(trial.apps, request.apps)
        features = trial_features(trial) if request.features is None else request.features
        if not features:
            raise CredentialError(
                "This credential can do none of the features.", "", "Link one with another role."
            )
        ref, note = store_secret(self._space.vault, trial.candidate, request.vault)
        try:
            account = self._space.store.call(self._save, request, existing, features, hidden, ref)
        except BaseException:
            with suppress(AscinboxError):
                self._space.vault.delete(ref)
            raise
        self._changed(account, "link", f"{_named(trial.candidate.kind)} {trial.candidate.key_id}")
        reinstate(self._space, account, trial.candidate.credential(ref))
        return Linked(account, trial.apps, trial.health(account.name, features), (note,) if note else ())

    def _save(
        self,
        store: Store,
        request: LinkRequest,
        existing: Account | None,
        features: tuple[Capability, ...],
        hidden: tuple[str, ...],
        ref: str,
    ) -> Account:
        trial = request.trial
        now = self._space.clock.now()
        credential = replace(trial.candidate.credential(ref, now), last_ok_at=now)
        with store.database.write():
            if existing is None:
                account = store.accounts.add(
                    Account(
                        0,
                        request.name.strip(),
                        trial.vendor,
                        features,
                        (credential,),
                        now,
                        hidden,
                        store_of_kind(credential.kind).id,
                    ),
                    trial.apps,
                )
            else:
                store.accounts.add_credential(existing.id, credential)
                forget_refusals(store, existing.id)
                merged = parse_features((*existing.features, *features))
                store.accounts.update(
                    replace(existing, vendor=existing.vendor or trial.vendor, features=merged)
                )
                seen = {app.id: app for app in (*store.accounts.apps(existing.id), *trial.apps)}
                store.accounts.save_apps(existing.id, tuple(seen.values()))
                account = reread(store, existing.id)
            # Also what others of the account's keys are used for: which apps it is not for shows at once.
            used = parse_features((*(existing.features if existing is not None else ()), *features))
            kept = [v for c, v in trial.verdicts.items() if c in used and v.state is not HealthState.NEVER]
            store.health.save(account.id, kept, now)
            note_apps(store, account.id, credential.key_id, [app.id for app in trial.apps], now)
            assign(store, account)
        return reread(store, account.id)

    def _not_linked_yet(self, candidate: Candidate) -> None:
        for account in self.list():
            if any(c.key_id == candidate.key_id and c.kind == candidate.kind for c in account.credentials):
                raise CredentialError(
                    f"Key {candidate.key_id} is already linked as {account.name}.",
                    "",
                    "Nothing to do. To replace its key: ascinbox rotate",
                )

    # --- rotating ---

    def with_all_it_can(self, account: Account, trial: Trial) -> Account:
        """The account as a rotation to the tried credential leaves it when nobody chose features."""
        return widened(account, trial)

    def compare(self, account: Account, trial: Trial, old: Credential | None = None) -> Comparison:
        """The account's matrix now, and with the tried credential in place of `old` (see `rotate`)."""
        report = self._space.health.matrix(account.name).accounts[0]
        return compare(report, account, trial, old or replaced_by(account, trial))

    def rotate(
        self,
        account: Account,
        trial: Trial,
        *,
        vault: VaultKind | str | None = None,
        accept_loss: bool = False,
        old: Credential | None = None,
        same_team: bool = False,
    ) -> Linked:
        """Puts a new credential in place of `old`: by default the account's of the same kind, or its first.

        The old one is replaced only now that the new one has passed; cache, drafts and views stay, because
        they belong to the account. `account` may carry other features than are saved. What would no longer
        work is refused unless `accept_loss`, a credential of which Apple does not show whose team it is of
        unless `same_team`. Without `vault` the new one is kept where the old one was.
        """
        self._writable()
        if not self._trials.same_team(trial, account) and not same_team:
            raise UnsureTeam(account)
        if any(c.key_id == trial.candidate.key_id for c in account.credentials):
            raise CredentialError(
                f"Key {trial.candidate.key_id} is the one in use.",
                "",
                f"Make a new key at {store_info(account.store).company} and give that one.",
            )
        old = old or replaced_by(account, trial)
        comparison = self.compare(account, trial, old)
        lost = comparison.lost
        if lost and not accept_loss:
            raise CredentialError(
                f"With the new key, {', '.join(lost)} would stop working.",
                "The old key stays in use.",
                "Make a key with more access, or switch all the same (the word switch; --yes in scripts).",
            )
        kind = vault or (place_of(old) if trial.candidate.keep_ref is None else None)
        ref, note = store_secret(self._space.vault, trial.candidate, kind)
        try:
            renewed = self._space.store.call(swap, account, old, trial, ref, self._space.clock.now())
        except BaseException:
            with suppress(AscinboxError):
                self._space.vault.delete(ref)
            raise
        self._changed(renewed, "rotate", f"{_named(old.kind)} {old.key_id} -> {trial.candidate.key_id}")
        self._space.clients.forget(old)
        reinstate(self._space, renewed, trial.candidate.credential(ref))
        advice = retire(self._space, renewed, old)
        more = ", ".join(comparison.switched_on)
        switched_on = f"Switched on, because the new key can do it: {more}." if more else ""
        health = AccountHealth(account.name, trial.candidate.kind, comparison.after)
        return Linked(renewed, trial.apps, health, tuple(filter(None, (note, switched_on, advice))))

    def change_vendor(self, account: Account, vendor: str) -> Verdict:
        """Tests a vendor number with a read of sales, saves it, and switches on the figures that it opens.

        Raises CredentialError when Apple refuses the number.
        """
        self._writable()
        number = checked_vendor(vendor)
        credential = next((c for c in account.credentials if c.kind == CredentialKind.TEAM), None)
        if number is None or credential is None:
            raise CredentialError(
                "A vendor number is of use with a team key only.", "", "Add a team key to this account first."
            )
        figures = (Capability.SALES, Capability.FINANCE)
        target = Target(frozenset(figures), number, deadline_s=15.0)
        client = self._space.client_of(credential)
        found = self._space.clients.prober(client, credential.kind, target).run()
        facts = Circumstances(
            account.name, credential.kind, credential.key_id, self._space.clock.now(), vendor=number
        )
        source = source_of_kind(credential.kind)
        verdicts = {c: source.judge(c, found.evidence.get(c), facts) for c in figures}
        verdict = verdicts[Capability.SALES]
        if verdict.severity == 2:
            raise CredentialError(verdict.detail, verdict.evidence, verdict.fix)
        working = [c for c in figures if verdicts[c].state in WORKING]
        features = tuple(c.value for c in parse_features((*account.features, *working)))
        changed = replace(account, vendor=number, features=features)
        self._space.store.call(self._save_features, changed)
        self._space.store.call(forget_refusals, account.id)
        self._changed(account, "vendor", number)
        return verdict

    def change_reporter_account(self, account: Account, number: str) -> Account:
        """Uses the account's Reporter token for this account number at Apple from now on, once it has worked.

        Raises CredentialError when there is no token or it does not work so, UsageError for no such number.
        """
        self._writable()
        old = next((c for c in account.credentials if c.kind == CredentialKind.REPORTER), None)
        if old is None:
            raise CredentialError(
                f"{account.name} has no Reporter token.", "", "Link one: --reporter-token FILE"
            )
        token = reporter_token(self._space.vault.load(old.secret_ref), self._space.clock.now(), "the vault")
        trial = self._trials.run(for_account(token, number), vendor=account.vendor, account=account)
        self._space.store.call(
            lambda store: store.accounts.set_issuer(old.id, trial.candidate.issuer_id, trial.vendor)
        )
        self._space.store.call(forget_refusals, account.id)
        self._changed(account, "reporter account", number)
        return self.find(account.name)

    def change_reach(self, account: Account, apps: tuple[str, ...], bucket: str) -> Linked:
        """Uses the account's credential for these apps and this bucket from now on, once that has worked.

        For stores that do not tell which apps a credential sees; empty leaves as it is. CredentialError
        when there is no such credential, or when it does not work so; nothing is changed then.
        """
        self._writable()
        old = next((c for c in account.credentials if not kind_info(c.kind).tells_apps), None)
        if old is None:
            raise CredentialError(
                f"{store_info(account.store).company} tells the apps of {account.name} by itself."
            )
        candidate = with_reach(self._space.vault, old, apps or old.apps, bucket or old.bucket)
        more = (Capability.BULK_REPORTS,) if bucket else ()
        chosen = replace(account, features=parse_features((*account.features, *more)))
        trial = self._trials.run(candidate, account=chosen)
        self._space.store.call(self._save_reach, chosen, old, trial)
        self._space.clients.forget(old)
        self._changed(account, "apps", ", ".join(candidate.apps))
        renewed = self.find(account.name)
        return Linked(renewed, trial.apps, trial.health(account.name, parse_features(renewed.features)))

    def _save_reach(self, store: Store, account: Account, old: Credential, trial: Trial) -> None:
        now = self._space.clock.now()
        with store.database.write():
            store.accounts.set_reach(old.id, trial.candidate.apps, trial.candidate.bucket)
            store.accounts.update(account)
            store.accounts.save_apps(account.id, trial.apps)
            chosen = parse_features(account.features)
            store.health.save(account.id, [v for c, v in trial.verdicts.items() if c in chosen], now)
            note_apps(store, account.id, old.key_id, [app.id for app in trial.apps], now)

    # --- unlinking ---

    def unlink(self, name: str) -> tuple[str, ...]:
        """Forgets an account: its secrets first, then everything that only it could see. Says what was kept.

        Raises VaultError, with nothing forgotten, when a secret cannot be removed from its place.
        """
        self._writable()
        account = self.find(name)
        kept = forget_account(self._space, account)
        self._changed(account, "unlink")
        return kept

    # --- changing ---

    def set_features(self, account: Account, features: Iterable[str]) -> Account:
        """Switches capabilities on and off. UsageError for none at all."""
        self._writable()
        chosen = parse_features(features)
        if not chosen:
            raise UsageError("An account needs at least one feature.")
        if any(info(c).public for c in chosen) and not store_info(account.store).lookup:
            raise UsageError(
                f"{store_info(account.store).label} has no public ratings that could be looked up.",
                "They are there for apps of the App Store.",
            )
        changed = replace(account, features=tuple(c.value for c in chosen))
        changed = self._space.store.call(self._save_features, changed)
        self._changed(changed, "features", ", ".join(changed.features))
        return changed

    def _save_features(self, store: Store, account: Account) -> Account:
        with store.database.write():
            store.accounts.update(account)
            assign(store, reread(store, account.id))
        return reread(store, account.id)

    def set_hidden(self, account: Account, hidden: Iterable[str]) -> Account:
        """Hides apps of an account; team keys always see all of them."""
        changed = replace(account, hidden_apps=tuple(sorted(set(hidden))))
        self._space.store.call(lambda store: store.accounts.update(changed))
        self._changed(changed, "apps", f"hidden: {', '.join(changed.hidden_apps) or 'none'}")
        return changed

    def _changed(self, account: Account, verb: str, detail: str = "") -> None:
        """How every change of an account ends: noted for Activity, copied, and told to screens."""
        self._space.record(verb, account.name, detail)
        try:
            self._space.store.call(lambda store: store.keep_copy(anew=True))
        except StoreError as error:
            log.warning("no copy of user.db: %s", error)
        self._space.publish(AccountsChanged())
        self._space.publish(HealthChanged(account.name))

    def _writable(self) -> None:
        if self._space.asks_no_store:
            raise NoKeysHere
        if self._space.read_only:
            raise AscinboxError(
                "Read-only: no key is changed.", "", "Leave out --read-only, or set [ui] read_only = false."
            )


def hidden_apps(apps: tuple[App, ...], shown: tuple[str, ...] | None) -> tuple[str, ...]:
    """The ids of those that are not `shown` (None shows all). UsageError for an app that is not there."""
    if shown is None:
        return ()
    known = {app.id for app in apps}
    unknown = [app_id for app_id in shown if app_id not in known]
    if unknown:
        raise UsageError(
            f"This key does not see app {', '.join(unknown)}.",
            f"It sees {', '.join(f'{app.id} {app.name}' for app in apps) or 'none'}.",
            "Give ids of these, or all.",
        )
    if not shown:
        raise UsageError("No app was chosen.", "", "Give at least one, or all.")
    return tuple(sorted(known - set(shown)))


def _same_vendor(account: Account, vendor: str | None) -> None:
    if vendor and account.vendor and vendor != account.vendor:
        raise other_team(account, f"Its vendor number is {account.vendor}, not {vendor}.")


def _named(kind: str) -> str:
    """`team key`, `service account`: what Activity calls a credential."""
    return kind_info(kind).title
