"""What is known about connections, as records: the matrix with its past, and what the store knows before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ascinbox.core.health.capabilities import Capability, info
from ascinbox.core.health.evidence import Evidence, Unread, Verdict
from ascinbox.core.health.observations import CreationProblem, KeyListing, RetiredKey
from ascinbox.core.health.serving import Known
from ascinbox.core.health.status import AccountHealth, Status, Tally, nagios_line, status_of, tally
from ascinbox.core.records import Account, App, Budget
from ascinbox.core.stores import store_info
from ascinbox.workers.accounts.visible_apps import known_of
from ascinbox.workers.health.listing_changes import refused_changes
from ascinbox.workers.health.unreadable import beside_of, unread_of

if TYPE_CHECKING:
    from ascinbox.core.deliveries.states import BrokenDestination
    from ascinbox.core.health.team_reach import TeamReach
    from ascinbox.store.hot.health import KeptVerdict, VerdictChange
    from ascinbox.store.hot.sync import Run
    from ascinbox.store.store import Store


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the matrix with its past."""

    verdict: Verdict
    since: datetime | None = None
    """Since when this state has been seen without interruption."""
    proved_at: datetime | None = None
    """When it last worked."""
    others: tuple[Verdict, ...] = ()
    """What the account's other credentials showed."""


@dataclass(frozen=True, slots=True)
class AccountReport:
    """Everything known about one account's connection."""

    account: Account
    cells: Mapping[str, Cell]
    """By capability, in the table's order."""
    runs: tuple[Run, ...] = ()
    """The last sync of each data set."""
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    """What is left, by key id."""
    changes: tuple[VerdictChange, ...] = ()
    """The latest changes of verdicts, newest first."""

    @property
    def kind(self) -> str:
        """The kind of the account's first credential."""
        return self.account.primary.kind if self.account.credentials else ""

    @property
    def health(self) -> AccountHealth:
        """The verdicts alone."""
        return AccountHealth(
            self.account.name, self.kind, {name: cell.verdict for name, cell in self.cells.items()}
        )

    @property
    def working(self) -> tuple[str, ...]:
        """Titles of what works."""
        return tuple(info(n).title for n, c in self.cells.items() if c.verdict.severity == 0)


@dataclass(frozen=True, slots=True)
class HealthReport:
    """All accounts, in the order in which they were linked."""

    accounts: tuple[AccountReport, ...]
    destinations: tuple[BrokenDestination, ...] = ()
    """Receivers of notify.toml that refuse; only where all accounts were asked for."""
    team: TeamReach | None = None
    """Whether the team's database is there, as last known; None without a team."""

    @property
    def healths(self) -> tuple[AccountHealth, ...]:
        """The verdicts alone."""
        return tuple(report.health for report in self.accounts)

    @property
    def status(self) -> Status:
        """The worst that is known."""
        return status_of(self.healths, self.destinations, self.team)

    @property
    def tally(self) -> Tally:
        """How many cells are how."""
        return tally(self.healths)

    @property
    def line(self) -> str:
        """One line for a monitoring system."""
        return nagios_line(self.healths, self.destinations, self.team)

    @property
    def checked_at(self) -> datetime | None:
        """When the newest verdict was taken."""
        times = [
            cell.verdict.checked_at
            for report in self.accounts
            for cell in report.cells.values()
            if cell.verdict.checked_at is not None
        ]
        return max(times, default=None)


@dataclass(frozen=True, slots=True)
class Background:
    """What the store knows about one account before it is probed."""

    account: Account
    kept: Mapping[tuple[str, str], KeptVerdict]
    """By key id and capability."""
    apps: tuple[App, ...]
    listings: Mapping[str, KeyListing]
    """Which apps Apple listed for each credential that was asked, by key id."""
    retired: tuple[RetiredKey, ...]
    delivered: frozenset[str]
    """Ids of the analytics requests that have delivered."""
    creations: Mapping[CreationProblem, str]
    """The key that met each problem when it asked for analytics reports."""
    accepted: Mapping[str, datetime]
    """When a reply was last accepted, by key id."""
    refused: Mapping[str, Evidence]
    """A reply that was refused since, by key id."""
    known: Mapping[str, Known]
    """What each credential sees and may not, by key id."""
    unread: Mapping[Capability, Unread] = field(default_factory=dict)
    """What could not be read of what was fetched."""
    beside: str = ""
    """What Apple refused of reviews that one can do without, as sentences."""
    read_at: Mapping[Capability, datetime] = field(default_factory=dict)
    """When a sync last read what a probe could not read before."""
    changes_refused: Mapping[str, Evidence] = field(default_factory=dict)
    """A change to a listing that was refused since, by key id."""

    @property
    def shown_apps(self) -> tuple[App, ...]:
        """The account's apps without those that are hidden."""
        return tuple(app for app in self.apps if app.id not in self.account.hidden_apps)


def read_background(store: Store, account: Account) -> Background:
    """What the store knows about an account. On the store thread."""
    kept = {(k.verdict.credential, k.verdict.capability): k for k in store.health.verdicts(account.id)}
    accepted, refused = {}, {}
    for credential in account.credentials:
        at = store.outbox.accepted_at(account.id, credential.key_id)
        if at is not None:
            accepted[credential.key_id] = at
        refusal = store.outbox.refused_at(account.id, credential.key_id)
        if refusal is not None and not store_info(account.store).refuses_single_reviews:
            refused[credential.key_id] = Evidence(
                Capability.REPLY,
                refusal[0],
                status=403,
                code="FORBIDDEN_ERROR",
                detail=refusal[1],
                request="POST /v1/customerReviewResponses",
            )
    observations = store.observations
    known = known_of(store, account)
    return Background(
        account,
        kept,
        store.accounts.apps(account.id),
        observations.listings(account.id),
        observations.retired(account.id),
        observations.delivered(account.id),
        observations.creations(account.id),
        accepted,
        refused,
        known,
        unread_of(store, account, known),
        beside_of(store, account, known),
        observations.read_at(account.id),
        refused_changes(store, account.id),
    )
