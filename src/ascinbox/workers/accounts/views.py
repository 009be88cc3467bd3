"""Everything that the Accounts screen shows, read in one go. Asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ascinbox.core.health.people import Person
from ascinbox.core.records import App, Budget, Credential
from ascinbox.core.stores import StoreInfo, store_info
from ascinbox.vault import SecretPlace
from ascinbox.workers.workspace import takes_long

if TYPE_CHECKING:
    from ascinbox.workers.health.report import AccountReport
    from ascinbox.workers.workspace import Workspace


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account with everything that is known about it here."""

    report: AccountReport
    apps: tuple[App, ...]
    people: tuple[Person, ...]
    places: Mapping[str, SecretPlace]
    """Where each credential's secret lies, by key id."""
    retired: tuple[str, ...] = ()
    """Replaced keys that Apple still accepts."""
    may_invite: bool = False
    rotate_days: int = 180
    elsewhere: bool = False
    """The team's workers hold the keys, and nothing of them is on this machine."""

    @property
    def name(self) -> str:
        """What the person calls the account."""
        return self.report.account.name

    @property
    def store(self) -> StoreInfo:
        """The account's store."""
        return store_info(self.report.account.store)

    @property
    def primary(self) -> Credential:
        """The credential that is named first."""
        return self.report.account.primary

    @property
    def shown_apps(self) -> tuple[App, ...]:
        """The apps that are not hidden."""
        return tuple(app for app in self.apps if app.id not in self.report.account.hidden_apps)

    @property
    def synced_at(self) -> datetime | None:
        """When reviews were last fetched."""
        times = [
            run.succeeded_at for run in self.report.runs if run.dataset == "reviews" and run.succeeded_at
        ]
        return max(times, default=None)

    def budget(self) -> Budget | None:
        """What is left of the first key's hour."""
        return self.report.budgets.get(self.primary.key_id)


def read_views(space: Workspace) -> tuple[AccountView, ...]:
    """Every account, the first linked first."""
    rotate_days = int(space.config.get("health", "rotate_days"))
    return tuple(_read(space, report, rotate_days) for report in space.health.matrix().accounts)


@takes_long
def count_reviews(space: Workspace) -> dict[int, int]:
    """How many reviews are cached, by account id. Reads every row: not for the store's first thread."""
    counts: dict[int, int] = space.store.call(lambda store: store.facets.by_account(), slow=True)
    return counts


def _read(space: Workspace, report: AccountReport, rotate_days: int) -> AccountView:
    account = report.account
    apps: tuple[App, ...] = space.store.call(lambda store: store.accounts.apps(account.id))
    retired = space.store.call(lambda store: store.observations.retired(account.id))
    return AccountView(
        report,
        apps,
        space.people.known(account),
        {c.key_id: space.vault.describe(c.secret_ref) for c in account.credentials},
        tuple(entry.credential.key_id for entry in retired),
        space.people.may_ask(account),
        rotate_days,
        space.asks_no_store,
    )
