"""What the tables of all sources share: whose apps they are about, and up to where a source is complete."""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.metrics.figures import By
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.report_coverage import runs
from ascinbox.core.metrics.table import AppKey, ProductKey, RowKey, Selection
from ascinbox.core.records import Account, App
from ascinbox.store.hot.figures import Product
from ascinbox.workers.metrics.rows import Seller, app_key, names_of

if TYPE_CHECKING:
    from ascinbox.store.store import Store

GROUPS: dict[By, str | None] = {By.APP: None, By.PRODUCT: None, By.COUNTRY: "territory", By.DAY: "day"}
MOST_RUNS = 3
"""So many gaps are named in a note."""


def sellers_of(store: Store, account: str | None = None, app_id: str | None = None) -> list[Seller]:
    """Every vendor number with its account and apps; of one account, or those that sell one app."""
    sellers: dict[str, Seller] = {}
    for linked in accounts_of(store, account):
        if linked.vendor is None or linked.vendor in sellers:
            continue
        seller = Seller(linked.name, linked.vendor, tuple(shown_apps(store, linked)))
        listed = app_id is None or any(app.id == app_id for app in seller.apps)
        if listed or (app_id not in linked.hidden_apps and app_id in sold_apps(store, seller)):
            sellers[linked.vendor] = seller
    return list(sellers.values())


def sold_apps(store: Store, seller: Seller) -> frozenset[str]:
    """Ids of the apps that a vendor's files are about: its account's, and those that only files name."""
    products = store.figures.products([seller.scope]).values()
    return frozenset({app.id for app in seller.apps} | {app_key(each, {}).id for each in products})


def app_names(store: Store, seller: Seller) -> dict[str, str]:
    """Names of the apps that a vendor sells, by id."""
    return names_of(store.figures.products([seller.scope]).values(), [seller])


def accounts_of(store: Store, name: str | None) -> list[Account]:
    """All accounts, or the one that is called so."""
    return [a for a in store.accounts.list() if name is None or a.name.casefold() == name.casefold()]


def apps_of(store: Store, selection: Selection) -> list[App]:
    """The apps that a table without vendors is about."""
    apps: dict[str, App] = {}
    for account in accounts_of(store, selection.account):
        for app in shown_apps(store, account):
            apps.setdefault(app.id, app)
    return [app for app in apps.values() if selection.app_id in (None, app.id)]


def shown_apps(store: Store, account: Account) -> Iterable[App]:
    """The account's apps that it does not hide."""
    return (app for app in store.accounts.apps(account.id) if app.id not in account.hidden_apps)


def hidden_apps(store: Store) -> set[str]:
    """Apps that every account which sees them hides."""
    accounts = store.accounts.list()
    shown = {app.id for account in accounts for app in shown_apps(store, account)}
    return {app_id for account in accounts for app_id in account.hidden_apps} - shown


def shows(product: Product | None, app_id: str | None, hidden: Set[str]) -> bool:
    """Whether a product belongs into the table."""
    if product is None:
        return False
    own = product.app_id or product.apple_id
    return own not in hidden if app_id is None else own == app_id


def app_row_key(by: By, app: App, group: str | date | None) -> RowKey:
    """The row that a figure of an app belongs to."""
    if group is not None:
        return group
    return ProductKey(app.sku, app.name, "app") if by is By.PRODUCT else AppKey(app.id, app.name)


def last_complete(days: Iterable[date]) -> date | None:
    """The last day before the first gap; days missing at the beginning are a gap that notes tell."""
    whole = runs(days)
    return whole[0].end if whole else None


def complete_to(known: Iterable[Set[date]]) -> date | None:
    """The day up to which everybody with figures is complete; who has none at all is told in a note."""
    return min((day for days in known if (day := last_complete(days)) is not None), default=None)


def has_gap(known: Iterable[Set[date]], period: Period, until: date) -> bool:
    """Whether a day of the period up to `until` is missing for anybody."""
    due = {day for day in period if day <= until}
    sets = list(known)
    return bool(due) and (not sets or any(due - days for days in sets))


def gaps(missing: Iterable[date]) -> str:
    """Days without figures in words."""
    found = runs(missing)
    words = [f"{run.start}" if run.days == 1 else f"{run.start} to {run.end}" for run in found[:MOST_RUNS]]
    more = sum(run.days for run in found[MOST_RUNS:])
    return ", ".join(words) + (f" and {more} more days" if more else "")


def before(day: date) -> date:
    """The day before."""
    return day - timedelta(days=1)
