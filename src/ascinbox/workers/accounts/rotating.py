"""A new credential in place of an old one: what would change, and the change itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ascinbox.core.health.capabilities import info, parse_features
from ascinbox.core.health.evidence import HealthState, Verdict
from ascinbox.core.health.verdicts import best
from ascinbox.core.records import Account, Credential
from ascinbox.workers.accounts.assigning import assign
from ascinbox.workers.accounts.trials import WORKING, trial_features
from ascinbox.workers.accounts.visible_apps import note_apps
from ascinbox.workers.health.unreadable import forget_refusals

if TYPE_CHECKING:
    from ascinbox.store.store import Store
    from ascinbox.workers.accounts.trials import Trial
    from ascinbox.workers.health.report import AccountReport


@dataclass(frozen=True, slots=True)
class Comparison:
    """The matrix before and after a rotation, side by side."""

    before: Mapping[str, Verdict]
    after: Mapping[str, Verdict]

    @property
    def lost(self) -> tuple[str, ...]:
        """Titles of what worked and would no longer."""
        return tuple(
            info(name).title
            for name, verdict in self.before.items()
            if verdict.state in WORKING and name in self.after and self.after[name].state not in WORKING
        )

    @property
    def switched_on(self) -> tuple[str, ...]:
        """Titles of what was off and is used from now on."""
        return tuple(
            info(name).title
            for name, verdict in self.before.items()
            if verdict.state is HealthState.OFF
            and name in self.after
            and self.after[name].state not in {HealthState.OFF, HealthState.NOT_POSSIBLE}
        )


def replaced_by(account: Account, trial: Trial) -> Credential:
    """The credential whose place a new one takes when nobody names it."""
    return next((c for c in account.credentials if c.kind == trial.candidate.kind), account.primary)


def widened(account: Account, trial: Trial) -> Account:
    """The account with what the tried credential does beyond it switched on; nobody chose, so all that works.

    Users stays as it is: that is switched on by choice only, as when linking.
    """
    more = [c for c in trial_features(trial) if trial.verdicts[c].state in WORKING]
    features = parse_features((*account.features, *more))
    return replace(account, features=tuple(capability.value for capability in features))


def compare(report: AccountReport, account: Account, trial: Trial, old: Credential) -> Comparison:
    """The account's matrix now, and with the tried credential in place of `old`.

    What another credential of the account can do is not lost.
    """
    staying = {c.key_id for c in account.credentials if c.id != old.id}
    tried = trial.health(account.name, parse_features(account.features)).verdicts
    after = {}
    for name, verdict in tried.items():
        cell = report.cells.get(name)
        chosen = verdict.state is not HealthState.OFF
        kept = (cell.verdict, *cell.others) if cell is not None and chosen else ()
        after[name] = best([verdict, *(v for v in kept if v.credential in staying)])
    return Comparison({n: cell.verdict for n, cell in report.cells.items()}, after)


def swap(store: Store, account: Account, old: Credential, trial: Trial, ref: str, now: datetime) -> Account:
    """Puts the tried credential in place of `old`, in one transaction. On the store thread."""
    credential = replace(trial.candidate.credential(ref, now), last_ok_at=now)
    with store.database.write():
        store.accounts.add_credential(account.id, credential, first=old.id == account.primary.id)
        store.accounts.remove_credential(old.id)
        store.health.forget_credential(account.id, old.key_id)
        forget_refusals(store, account.id)
        store.accounts.update(replace(account, vendor=trial.vendor or account.vendor))
        if trial.apps:
            # What the new one does not see stays: Health names what no credential sees any more.
            known = {app.id: app for app in (*store.accounts.apps(account.id), *trial.apps)}
            store.accounts.save_apps(account.id, tuple(known.values()))
        chosen = parse_features(account.features)
        kept = [v for c, v in trial.verdicts.items() if c in chosen and v.state is not HealthState.NEVER]
        store.health.save(account.id, kept, now)
        note_apps(store, account.id, credential.key_id, [app.id for app in trial.apps], now)
        assign(store, reread(store, account.id))
    return reread(store, account.id)


def reread(store: Store, account_id: int) -> Account:
    """An account that is there, as it stands now."""
    account = store.accounts.get(account_id)
    assert account is not None
    return account
