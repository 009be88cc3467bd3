"""Data sets that Apple does not hand out whole, or that cannot be read here: noted by a sync, told by Health.

A note stands until a sync has read something of the data set, whatever a probe shows meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.evidence import HealthState, Unread
from ascinbox.core.health.observations import DataProblem, DataTrouble
from ascinbox.core.health.serving import Known, served
from ascinbox.core.records import Account

if TYPE_CHECKING:
    from ascinbox.core.metrics.reports import Dataset
    from ascinbox.store.store import Store

_TOLD = (DataProblem.UNREADABLE, DataProblem.REFUSED)
"""Problems that Health tells."""
_BESIDE = {DataProblem.VERSIONS_REFUSED: "versions", DataProblem.DIGESTS_REFUSED: "Apple's digests"}
"""Parts of reviews that one can do without: Health tells that they were refused, and is fine."""


def note_unreadable(
    store: Store,
    account: Account,
    capability: Capability,
    why: str,
    now: datetime,
    app_id: str = "",
    dataset: str = "",
) -> None:
    """Remembers why what came last cannot be read, or forgets it (`why` is "") once it can.

    A report file of a vendor number needs no such note where the list of files says that it is broken.
    """
    trouble = DataTrouble(DataProblem.UNREADABLE, capability, app_id, dataset, why)
    store.observations.note_trouble(account.id, trouble, now)


def note_refused(
    store: Store,
    account: Account,
    capability: Capability,
    why: str,
    now: datetime,
    app_id: str = "",
    dataset: str = "",
) -> None:
    """Remembers why Apple refused what was asked for, or forgets it (`why` is "") once it was given."""
    trouble = DataTrouble(DataProblem.REFUSED, capability, app_id, dataset, why)
    store.observations.note_trouble(account.id, trouble, now)


def forget_refusals(store: Store, account_id: int) -> None:
    """After another credential or number was given: what the one before was refused says nothing of it."""
    store.observations.forget_troubles(account_id, DataProblem.REFUSED)


def note_read(store: Store, account: Account, capability: Capability, now: datetime) -> None:
    """Remembers that something was read, where a probe could not: its verdict is over then."""
    kept = store.health.verdicts(account.id)
    if any(k.verdict.capability == capability and k.verdict.state is HealthState.STALLED for k in kept):
        store.observations.note_read(account.id, capability, now)


def noted_parts(store: Store, account_id: int, capability: Capability) -> frozenset[str]:
    """The apps and data sets of a capability that something is noted of: they are asked for again at once."""
    return frozenset(
        part
        for trouble in store.observations.troubles(account_id)
        if trouble.capability is capability and trouble.problem in _TOLD
        for part in (trouble.app_id, trouble.dataset)
        if part
    )


class Readings:
    """What a fetch could read of the data sets of a capability, and what not. Used by several threads."""

    def __init__(self, account: Account, capability: Capability) -> None:
        self._account = account
        self._capability = capability
        self._read: set[str] = set()
        self._answered: set[str] = set()
        self._unreadable: dict[str, str] = {}
        self._refused: dict[str, str] = {}

    def read(self, dataset: str) -> None:
        """A file of this data set was read, or Apple said that it is empty."""
        self._read.add(dataset)

    def has_read(self, dataset: str) -> bool:
        """Whether a file of this data set was read."""
        return dataset in self._read

    def answered(self, dataset: str) -> None:
        """Apple said that it does not have a file of it: nothing is refused."""
        self._answered.add(dataset)

    def unreadable(self, dataset: str, why: str) -> None:
        """A file of it came and could not be read, though nothing in the list of files tells it."""
        self._unreadable.setdefault(dataset, why)

    def refused(self, dataset: str, why: str) -> None:
        """Apple refused a file of it."""
        self._refused.setdefault(dataset, why)

    def save(self, store: Store, now: datetime) -> None:
        """Notes what Health has to tell, and forgets what is right again."""
        if self._read and not (self._unreadable or self._refused):
            note_read(store, self._account, self._capability, now)
        right = self._read | self._answered
        for note, found, over in (
            (note_unreadable, self._unreadable, self._read),
            (note_refused, self._refused, right),
        ):
            for dataset in over | found.keys():
                why = found.get(dataset, "")
                note(store, self._account, self._capability, why, now, dataset=dataset)


def unread_of(store: Store, account: Account, known: Mapping[str, Known]) -> Mapping[Capability, Unread]:
    """What of the account's data cannot be read, by the capability that it is fetched with.

    What was noted of an app that no credential serves any more is over: no sync asks for it. `known` is by
    key id.
    """
    found: dict[Capability, list[Unread]] = defaultdict(list)
    for trouble in _of_served_apps(store, account, known):
        if trouble.problem in _TOLD:
            found[trouble.capability].append(
                Unread(
                    trouble.why,
                    newest=True,
                    refused=trouble.problem is DataProblem.REFUSED,
                )
            )
    if account.vendor is not None:
        for dataset, capability in _by_vendor().items():
            readable, broken = store.report_files.newest_read(account.vendor, dataset)
            if broken:
                last = broken[-1]
                newest = readable is None or readable < last.day
                found[capability].append(Unread(last.detail, newest=newest, files=len(broken), day=last.day))
    return {capability: _worst(each) for capability, each in found.items()}


def note_beside(store: Store, account: Account, problem: DataProblem, app_id: str, why: str) -> None:
    """Remembers why Apple refused a part of an app's reviews that one can do without; "": it was given."""
    trouble = DataTrouble(problem, Capability.REVIEWS, app_id, why=why)
    store.observations.note_trouble(account.id, trouble, store.clock.now())


def beside_of(store: Store, account: Account, known: Mapping[str, Known]) -> str:
    """What Apple refused of reviews that one can do without: sentences, "" for nothing."""
    apps = {app.id: app.name for app in store.accounts.apps(account.id, hidden=False)}
    refused: dict[tuple[str, str], list[str]] = defaultdict(list)
    for trouble in _of_served_apps(store, account, known):
        if trouble.problem in _BESIDE and trouble.app_id in apps:
            refused[_BESIDE[trouble.problem], trouble.why.rstrip(".")].append(apps[trouble.app_id])
    return " ".join(
        f"Without {what} of {named_apps(names)}: {why}." for (what, why), names in sorted(refused.items())
    )


def _of_served_apps(store: Store, account: Account, known: Mapping[str, Known]) -> Iterator[DataTrouble]:
    """The account's troubles but those of apps that are hidden or that no credential is asked for."""
    troubles = store.observations.troubles(account.id)
    if not troubles:
        return
    apps = store.accounts.apps(account.id, hidden=False)
    asked: dict[Capability, frozenset[str]] = {}
    for trouble in troubles:
        if trouble.app_id and trouble.capability not in asked:
            shares = served(account.credentials, trouble.capability, known, apps).by
            asked[trouble.capability] = frozenset(app.id for _, share in shares for app in share)
        if not trouble.app_id or trouble.app_id in asked[trouble.capability]:
            yield trouble


def named_apps(names: Sequence[str]) -> str:
    """The first three, and how many more."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")


def _by_vendor() -> dict[Dataset, Capability]:
    """The data sets whose files belong to a vendor number, and what they are fetched with."""
    from ascinbox.core.metrics.reports import Dataset

    return {
        Dataset.SALES: Capability.SALES,
        Dataset.SUBSCRIPTIONS: Capability.SALES,
        Dataset.SUBSCRIPTION_EVENTS: Capability.SALES,
        Dataset.FINANCE: Capability.FINANCE,
    }


def _worst(each: Iterable[Unread]) -> Unread:
    return max(each, key=lambda unread: (unread.newest, unread.files))
