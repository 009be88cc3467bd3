"""Accounts, credentials and apps: what is kept, what goes on unlinking, who sees what."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ascinbox.core.errors import StoreError
from ascinbox.core.filters import Query, parse
from ascinbox.core.metrics.facts import SalesFact
from ascinbox.core.metrics.report_files import FileStatus, ReportFile, ReportSpan
from ascinbox.core.metrics.reports import Dataset
from ascinbox.core.outbox.states import Draft
from ascinbox.core.records import Account, App, Credential, CredentialKind
from ascinbox.paths import Paths
from ascinbox.store.cache.reports import forgetting
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from tests.store.conftest import NOW, Written
from tests.workers.clocks import StepClock

TIDE, HABIT, MOON = (App(str(n), name, f"com.{name}") for n, name in ((1, "Tide"), (2, "Habit"), (3, "Moon")))


def credential(key_id: str, **changes: object) -> Credential:
    return Credential(CredentialKind.TEAM, key_id, "issuer", f"file:{key_id}", **changes)  # type: ignore[arg-type]


def linked(store: Store, name: str, *apps: App, key_id: str = "KEY") -> Account:
    return store.accounts.add(Account(0, name, "8501", ("reviews", "reply"), (credential(key_id),)), apps)


def test_an_account_comes_back_as_it_was_saved(paths: Paths, clock: StepClock) -> None:
    store = Store.open(paths, clock)
    reporter = Credential(
        CredentialKind.REPORTER,
        "",
        None,
        "keyring:r",
        "ab12",
        0,
        NOW,
        NOW,
        NOW + timedelta(days=180),
        ("sales",),
    )
    saved = store.accounts.add(
        Account(0, "North", "8501", ("reviews", "sales"), (credential("A"), reporter), hidden_apps=("2",)),
        [TIDE, HABIT],
    )
    store.close()
    again = Store.open(paths, clock)
    assert again.accounts.list() == (saved,)
    assert again.accounts.named("NORTH") == saved == again.accounts.get(saved.id)
    assert saved.linked_at == NOW
    assert saved.primary.key_id == "A"
    assert saved.credentials[1].expires_at == NOW + timedelta(days=180)
    assert saved.credentials[1].capabilities == ("sales",)
    assert [app.name for app in again.accounts.apps()] == ["Habit", "Tide"]
    assert [app.name for app in again.accounts.apps(hidden=False)] == ["Tide"]
    assert again.accounts.named("South") is None
    again.close()


def test_a_name_is_taken_once_whatever_its_case(paths: Paths, clock: StepClock) -> None:
    thread = StoreThread.open(paths, clock)
    thread.call(lambda s: linked(s, "North"))
    with pytest.raises(StoreError):
        thread.call(lambda s: linked(s, "north", TIDE))
    assert thread.call(lambda s: len(s.accounts.list())) == 1
    assert thread.call(lambda s: s.accounts.apps()) == ()
    thread.close()


def test_rotation_puts_the_new_key_first_and_keeps_the_rest(store: Store) -> None:
    account = linked(store, "North", TIDE, key_id="OLD")
    new = store.accounts.add_credential(account.id, credential("NEW"), first=True)
    extra = store.accounts.add_credential(account.id, credential("EXTRA"))
    found = store.accounts.get(account.id)
    assert found is not None
    assert [c.key_id for c in found.credentials] == ["NEW", "OLD", "EXTRA"]
    assert found.primary == new
    store.accounts.remove_credential(account.primary.id)
    store.accounts.credential_worked(extra.id)
    found = store.accounts.get(account.id)
    assert found is not None
    assert [(c.key_id, c.last_ok_at) for c in found.credentials] == [("NEW", None), ("EXTRA", NOW)]


def test_a_new_list_of_apps_says_what_came_and_went(store: Store, written: Written) -> None:
    account = linked(store, "North", TIDE, HABIT)
    store.reviews.save_page("2", [written(1, app_id="2")])
    changes = store.accounts.save_apps(account.id, [App("1", "Tide 2", "com.tide"), MOON])
    assert (changes.added, changes.gone) == (("3",), ("2",))
    assert [app.name for app in store.accounts.apps(account.id)] == ["Moon", "Tide 2"]
    assert store.reviews.get("id1") is not None
    assert store.accounts.save_apps(account.id, [App("1", "Tide 2", "com.tide"), MOON]).added == ()


def test_a_review_of_a_shared_app_is_there_once_and_named_after_the_first_account(
    store: Store, clock: StepClock, written: Written
) -> None:
    linked(store, "Second", TIDE, key_id="B")
    clock.advance(10)
    linked(store, "Third", TIDE, HABIT, key_id="C")
    store.reviews.save_page("1", [written(1)])
    found = store.reviews.get("id1")
    assert found is not None
    assert (found.account, found.app_name) == ("Second", "Tide")
    assert store.accounts.accounts_of("1") == (1, 2)
    for name in ("second", "third"):
        assert store.reviews.count(parse(f"acct:{name}", now=NOW)) == 1
    assert store.reviews.count(Query()) == 1


def test_unlinking_takes_what_only_this_account_saw(store: Store, written: Written) -> None:
    north, south = linked(store, "North", TIDE, HABIT), linked(store, "South", HABIT, key_id="S")
    store.reviews.save_page("1", [written(n) for n in range(1500)])
    store.reviews.save_page("2", [written(n, app_id="2") for n in range(2000, 2010)])
    store.queue.note("id1", "mine")
    store.queue.tag(["id2000"], add=["kept"])
    for review_id, app_id in (("id1", "1"), ("id2000", "2")):
        store.queue.save_draft(Draft(review_id, "text", NOW), app_id)
    store.sync.open_walk("1", full=True)
    holdings = store.accounts.holdings(north.id)
    assert (holdings.apps, holdings.reviews, holdings.drafts, holdings.outbox) == (1, 1500, 1, 0)
    store.accounts.remove(north.id)
    assert [account.name for account in store.accounts.list()] == ["South"]
    assert store.reviews.count(Query()) == 10
    assert [draft.review_id for draft in store.drafts.all()] == ["id2000"]
    for table in ("review", "review_text", "fresh"):
        assert store.database.one(f"SELECT count(*) FROM cache.{table}") == 10
    left = "SELECT count(*) FROM user.triage WHERE review_id = 'id1'"
    assert store.database.one(left) == 0
    assert store.database.one("SELECT count(*) FROM cache.walk") == 0
    assert store.triage.tags() == {"kept": 1}
    store.accounts.remove(south.id)
    for table in ("review", "app", "account_app"):
        assert store.database.one(f"SELECT count(*) FROM cache.{table}") == 0


def sold(store: Store, vendor: str, day: date) -> None:
    """A stored file with one sale."""
    one = Decimal(1)
    fact = SalesFact(day, day, "1", "", "tide", "Tide", "1F", "USA", "USD", one, Decimal(0), one)
    file = ReportFile(vendor, Dataset.SALES, ReportSpan.DAY, day, FileStatus.STORED, NOW)
    store.reports.save_sales(file, [fact])


def figures(store: Store, vendor: str) -> int:
    tables = ("sales_fact", "sales_total", "sales_rollup", "sales_place", "product", "report_file")
    return sum(
        store.database.one(f"SELECT count(*) FROM cache.{table} WHERE scope = ?", vendor) for table in tables
    )


def test_figures_of_a_vendor_number_go_with_the_last_account_that_has_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = linked(store, "North", TIDE), linked(store, "South", HABIT, key_id="S")
    for days in range(40):
        sold(store, "8501", date(2026, 9, 1) + timedelta(days=days))
    sold(store, "9999", date(2026, 9, 1))
    all_of_it = figures(store, "8501")
    assert store.accounts.holdings(north.id).reports == 0
    store.accounts.remove(north.id)
    assert figures(store, "8501") == all_of_it
    assert store.accounts.holdings(south.id).reports == 40
    with monkeypatch.context() as patch:
        patch.setattr(forgetting, "forget_vendor", _killed)
        with pytest.raises(KeyboardInterrupt):
            store.accounts.remove(south.id)
    assert figures(store, "8501") == all_of_it
    store.accounts.forget_orphans()
    assert figures(store, "8501") == 0
    assert figures(store, "9999") > 0, "nobody unlinked that one"


def test_figures_of_a_vendor_number_that_was_linked_again_stay(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    north = linked(store, "North", TIDE)
    sold(store, "8501", date(2026, 9, 1))
    with monkeypatch.context() as patch:
        patch.setattr(forgetting, "forget_vendor", _killed)
        with pytest.raises(KeyboardInterrupt):
            store.accounts.remove(north.id)
    linked(store, "Again", TIDE)
    store.accounts.forget_orphans()
    assert figures(store, "8501") > 0


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_no_secret_has_a_column(store: Store) -> None:
    columns = {row[1] for row in store.database.execute("PRAGMA user.table_info(credential)")}
    assert columns == {
        "id", "account_id", "position", "kind", "key_id", "issuer_id", "secret_ref", "fingerprint",
        "added_at", "last_ok_at", "expires_at", "capabilities", "apps", "bucket",
    }  # fmt: skip


def test_an_account_that_could_not_be_saved_whole_is_not_saved(store: Store) -> None:
    broken = Account(0, "North", None, (), (credential("A", fingerprint=None),))
    with pytest.raises((StoreError, sqlite3.Error)):
        store.accounts.add(broken, [TIDE])
    assert store.accounts.list() == ()
    assert store.accounts.apps() == ()
