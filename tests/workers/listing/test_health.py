"""What Health says of the feature `listing`, against a simulated Apple."""

from __future__ import annotations

from ascinbox.core.health.evidence import Verdict
from ascinbox.workers.workspace import Workspace
from tests.workers.simulated_apple import Apple, Desk

VERSIONS = "/v1/apps/{id}/appStoreVersions"


def linked(desk: Desk, apple: Apple, role: str, *, individual: bool = False) -> Workspace:
    key = apple.key(role, individual=individual)
    return desk.open(apple.account("North", key, features=("reviews", "listing")))


def verdict(space: Workspace) -> Verdict:
    (entry,) = space.health.check().accounts
    return entry.cells["listing"].verdict


def test_one_request_proves_reading_and_says_what_changing_needs(desk: Desk, apple: Apple) -> None:
    space = linked(desk, apple, "APP_MANAGER")
    apple.simulator.ledger.reset()
    found = verdict(space)
    assert (found.state, found.severity) == ("ok", 0)
    assert "changing it needs App Manager or Admin" in found.detail
    assert apple.simulator.ledger.counts[f"GET {VERSIONS}"] == 1


def test_an_individual_key_has_it_too(desk: Desk, apple: Apple) -> None:
    assert verdict(linked(desk, apple, "CUSTOMER_SUPPORT", individual=True)).state == "ok"


def test_a_refused_key_is_told_who_makes_another(desk: Desk, apple: Apple) -> None:
    space = linked(desk, apple, "ADMIN")
    apple.simulator.faults.add("status", method="GET", path="/v1/apps/*/appStoreVersions", status=403)
    found = verdict(space)
    assert (found.state, found.severity) == ("no_role", 2)
    assert "App Manager or Admin" in found.detail
    assert "App Manager" in found.fix
    assert found.who == "an Admin"
    assert "403" in found.evidence


def test_a_404_is_never_a_removed_app(desk: Desk, apple: Apple) -> None:
    space = linked(desk, apple, "ADMIN")
    (account,) = space.accounts.list()
    apps_there = [app for page in space.client_for(account, "reviews").apps() for app in page.items]
    space.store.call(lambda store: store.accounts.save_apps(account.id, apps_there))
    apple.simulator.faults.add("status", method="GET", path="/v1/apps/*/appStoreVersions", status=404)
    found = verdict(space)
    assert (found.state, found.severity) == ("never", 3)
    assert "the cell of Reviews tells" in found.detail
    assert "404" in found.evidence
