"""What Health says of the feature `listing`, against a simulated Apple."""

from __future__ import annotations

import pytest

from ascinbox.core.errors import Forbidden
from ascinbox.core.health.evidence import Verdict
from ascinbox.core.listing.changes import ListingChange
from ascinbox.core.listing.fields import TABLE, Scope
from ascinbox.simulator.roles import Task
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


def send_one(space: Workspace, text: str) -> list[str]:
    """Sends the promotional text of one language of the first app; the states of what was sent."""
    listed = space.listings.apps()[0]
    listing = space.listings.refresh(listed)
    part = listing.editable_version()
    assert part is not None
    row = TABLE[Scope.VERSION, "promotionalText"]
    theirs = part.value(row, part.locales[0])
    one = ListingChange(Scope.VERSION, part.locales[0], row.name, theirs, theirs, text)
    return [str(change.state) for change in space.listings.send(listed, listing, part, [one])]


def with_apps(space: Workspace) -> Workspace:
    (account,) = space.accounts.list()
    apps = [app for page in space.client_for(account, "reviews").apps() for app in page.items]
    space.store.call(lambda store: store.accounts.save_apps(account.id, apps))
    return space


def shown(space: Workspace) -> Verdict:
    """What Health shows without asking Apple."""
    (entry,) = space.health.matrix().accounts
    return entry.cells["listing"].verdict


@pytest.mark.parametrize("individual", [False, True])
def test_a_refused_change_is_told_who_clicks_what_until_one_is_taken(
    desk: Desk, apple: Apple, individual: bool
) -> None:
    role = "CUSTOMER_SUPPORT"
    space = with_apps(linked(desk, apple, role, individual=individual))
    assert verdict(space).state == "ok", "reading is open to that role"
    with pytest.raises(Forbidden):
        send_one(space, "Tides for every harbour.")
    for found in (shown(space), verdict(space), shown(space)):
        assert (found.state, found.severity) == ("no_role", 2), "a check that reads does not hide it"
        assert "App Manager or Admin" in found.detail
        assert "can be read" in found.detail
        assert "App Manager" in found.fix
        assert ("Team Keys" in found.fix) is not individual
        assert found.who == "an Admin"
        assert "403" in found.evidence
        assert "PATCH" in found.evidence
    key = apple.key(role, individual=individual)
    key.grants = frozenset({Task.LISTING})
    assert send_one(space, "Tides for every harbour.") == ["changed"]
    assert shown(space).state == "ok"
    assert verdict(space).state == "ok"


def test_a_refused_change_does_not_stand_in_for_a_key_that_may_not_even_read(
    desk: Desk, apple: Apple
) -> None:
    space = with_apps(linked(desk, apple, "CUSTOMER_SUPPORT"))
    assert verdict(space).state == "ok"
    with pytest.raises(Forbidden):
        space.listings.add_version(space.listings.apps()[0], "IOS", "9.0")
    assert "POST" in shown(space).evidence
    apple.simulator.faults.add("status", method="GET", path="/v1/apps/*/appStoreVersions", status=403)
    assert "GET" in verdict(space).evidence
