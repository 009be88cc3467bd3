"""What was learned of keys and requests comes back as it was kept, with the date of the first time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ascinbox.core.clock import to_epoch
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.observations import CreationProblem, DataProblem, DataTrouble, KeyListing
from ascinbox.core.records import Credential, CredentialKind
from ascinbox.store.store import Store
from tests.store.conftest import NOW

LATER = NOW + timedelta(days=3)
OLD = Credential(CredentialKind.INDIVIDUAL, "OLD", None, "file:old.p8")


def test_an_empty_list_of_apps_is_not_a_key_that_was_never_asked(store: Store) -> None:
    store.observations.save_listing(1, "K", KeyListing(), NOW)
    assert store.observations.listings(1) == {"K": KeyListing()}
    assert store.observations.listings(2) == {}
    listing = KeyListing(("1", "2"), ("2",), NOW)
    store.observations.save_listing(1, "K", listing, LATER)
    assert store.observations.listings(1) == {"K": listing}
    assert listing.seen == {"1"}


def test_a_retired_key_keeps_its_date_until_it_is_forgotten(store: Store) -> None:
    for moment in (NOW, LATER):
        store.observations.retire(1, OLD, moment)
    (kept,) = store.observations.retired(1)
    assert (kept.credential, kept.since) == (OLD, NOW)
    store.observations.forget_retired(2, "OLD")
    assert len(store.observations.retired(1)) == 1
    store.observations.forget_retired(1, "OLD")
    assert store.observations.retired(1) == ()


def test_the_last_reminder_replaces_the_one_before(store: Store) -> None:
    assert store.observations.reminded(1, "T") is None
    for days in (30, 14):
        store.observations.note_reminder(1, "T", days, NOW)
    assert (store.observations.reminded(1, "T"), store.observations.reminded(2, "T")) == (14, None)


def test_an_analytics_request_is_as_old_as_its_first_sight(store: Store) -> None:
    assert store.observations.saw_request(1, "r", NOW) == NOW
    assert store.observations.saw_request(1, "r", LATER) == NOW
    assert store.observations.delivered(1) == frozenset()
    for request in ("r", "unseen"):
        store.observations.note_delivery(1, request, LATER)
    assert store.observations.delivered(1) == {"r", "unseen"}
    assert store.observations.saw_request(1, "unseen", LATER + timedelta(days=1)) == LATER


def test_each_problem_names_the_key_that_met_it_last(store: Store) -> None:
    for key in ("A", "B"):
        store.observations.note_creation(1, CreationProblem.REFUSED, key, NOW)
    store.observations.note_creation(1, CreationProblem.CONFLICT, "A", NOW)
    assert store.observations.creations(1) == {
        CreationProblem.REFUSED: "B",
        CreationProblem.CONFLICT: "A",
    }


def test_a_problem_stands_until_there_is_none_and_for_its_part_only(store: Store) -> None:
    noted = store.observations
    whole = DataTrouble(DataProblem.UNREADABLE, Capability.SALES, why="no table")
    part = DataTrouble(DataProblem.REFUSED, Capability.ANALYTICS, "7", "crashes", "403")
    for moment in (NOW, LATER):
        noted.note_trouble(1, whole, moment)
    noted.note_trouble(1, part, NOW)
    assert set(noted.troubles(1)) == {whole, part}
    assert store.database.one("SELECT since FROM user.unreadable_data WHERE dataset = ''") == to_epoch(NOW)
    noted.note_trouble(1, replace(part, app_id="8", why=""), LATER)
    noted.forget_troubles(2, DataProblem.REFUSED)
    assert set(noted.troubles(1)) == {whole, part}
    noted.note_trouble(1, replace(whole, why=""), LATER)
    noted.forget_troubles(1, DataProblem.REFUSED)
    assert noted.troubles(1) == ()


def test_the_last_reading_counts(store: Store) -> None:
    for moment in (NOW, LATER):
        store.observations.note_read(1, Capability.SALES, moment)
    assert store.observations.read_at(1) == {Capability.SALES: LATER}
    assert store.observations.read_at(2) == {}


def test_an_account_that_is_unlinked_leaves_nothing(store: Store) -> None:
    for account in (1, 2):
        store.observations.save_listing(account, "K", KeyListing(("1",)), NOW)
        store.observations.retire(account, OLD, NOW)
        store.observations.note_reminder(account, "T", 3, NOW)
        store.observations.note_delivery(account, "r", NOW)
        store.observations.note_creation(account, CreationProblem.REFUSED, "K", NOW)
        trouble = DataTrouble(DataProblem.REFUSED, Capability.SALES, why="403")
        store.observations.note_trouble(account, trouble, NOW)
        store.observations.note_read(account, Capability.SALES, NOW)
    store.health.forget(1)

    def kept(account: int) -> list[bool]:
        noted = store.observations
        return [
            bool(noted.listings(account)),
            bool(noted.retired(account)),
            noted.reminded(account, "T") is not None,
            bool(noted.delivered(account)),
            bool(noted.creations(account)),
            bool(noted.troubles(account)),
            bool(noted.read_at(account)),
        ]

    assert (kept(1), kept(2)) == ([False] * 7, [True] * 7)
