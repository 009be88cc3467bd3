"""Data sets that Apple hands out and that cannot be read here: noted by a sync, told by Health."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.evidence import Unread
from ascinbox.core.metrics.reports import Dataset
from ascinbox.core.records import Account

if TYPE_CHECKING:
    from ascinbox.store.store import Store

_PREFIX = "unreadable "
_BY_VENDOR = {
    Dataset.SALES: Capability.SALES,
    Dataset.SUBSCRIPTIONS: Capability.SALES,
    Dataset.SUBSCRIPTION_EVENTS: Capability.SALES,
    Dataset.FINANCE: Capability.FINANCE,
}


def note_unreadable(
    store: Store, account: Account, capability: Capability, why: str, now: datetime, app_id: str = ""
) -> None:
    """Remembers why what came last cannot be read, or forgets it (`why` is "") once it can.

    Report files of a vendor number need no such note: the list of files tells of each what became of it.
    """
    name = f"{_PREFIX}{capability} {app_id}".rstrip()
    if why:
        store.health.observe(account.id, name, why, now)
    else:
        store.health.unobserve(account.id, name)


def unread_of(
    store: Store, account: Account, observed: Mapping[str, tuple[str, datetime]]
) -> Mapping[Capability, Unread]:
    """What of the account's data cannot be read, by the capability that it is fetched with."""
    found: dict[Capability, list[Unread]] = defaultdict(list)
    for name, (why, _) in observed.items():
        if name.startswith(_PREFIX):
            capability, _, app_id = name.removeprefix(_PREFIX).partition(" ")
            if app_id not in account.hidden_apps:
                found[Capability(capability)].append(Unread(why, newest=True))
    if account.vendor is not None:
        for dataset, capability in _BY_VENDOR.items():
            known, broken = store.report_files.newest_read(account.vendor, dataset)
            if broken:
                last = broken[-1]
                newest = known is None or known < last.day
                found[capability].append(Unread(last.detail, newest=newest, files=len(broken), day=last.day))
    return {capability: _worst(each) for capability, each in found.items()}


def _worst(each: Iterable[Unread]) -> Unread:
    return max(each, key=lambda unread: (unread.newest, unread.files))
