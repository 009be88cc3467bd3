"""What is said before somebody gets other roles or is removed: which keys and tokens end with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ascinbox.core.health.people import Person, PersonState
from ascinbox.core.health.role_change import what_new_roles_break, what_removal_breaks
from ascinbox.core.records import Account, Credential, CredentialKind

TEAM = Credential(CredentialKind.TEAM, "TEAMKEY123", "issuer", "file:a", id=1)
OWN = Credential(
    CredentialKind.INDIVIDUAL, "OWNKEY1234", None, "file:b", id=2, capabilities=("reviews", "reply")
)
TOKEN = Credential(CredentialKind.REPORTER, "TOKEN12345", None, "file:c", id=3)


def account(*credentials: Credential, **changes: Any) -> Account:
    features = ("reviews", "reply", "sales", "users")
    return Account(**{"id": 1, "name": "North", "vendor": "1", "features": features, **changes,
                      "credentials": credentials})  # fmt: skip


def person(*roles: str) -> Person:
    return Person("anna@north.example", "Anna", "Berg", roles, PersonState.ACTIVE, "7")


def test_an_individual_key_dies_with_its_user() -> None:
    told = " ".join(what_removal_breaks(account(OWN), person("CUSTOMER_SUPPORT")))
    assert "Individual key OWNK…1234 dies with them if it is theirs" in told
    assert "North has no other key for Reviews, Reply." in told
    beside = " ".join(what_removal_breaks(account(TEAM, OWN), person("CUSTOMER_SUPPORT")))
    assert "no other key" not in beside
    assert "Team key TEAM…Y123 stays as it is" in beside


@pytest.mark.parametrize(
    ("credential", "roles"),
    [(OWN, ("FINANCE",)), (TOKEN, ("CUSTOMER_SUPPORT",)), (TEAM, ("ADMIN",))],
)
def test_what_cannot_be_theirs_is_not_said_to_die(credential: Credential, roles: tuple[str, ...]) -> None:
    assert "dies" not in " ".join(what_removal_breaks(account(credential), person(*roles)))


@pytest.mark.parametrize("role", ["FINANCE", "SALES", "ADMIN", "ACCOUNT_HOLDER"])
def test_a_reporter_token_dies_with_its_user(role: str) -> None:
    told = " ".join(what_removal_breaks(account(TOKEN), person(role)))
    assert "Reporter token TOKE…2345 dies with them" in told
    assert "no other key for Sales" in told


def test_new_roles_tell_what_is_lost_and_what_a_key_can_no_longer_do() -> None:
    told = what_new_roles_break(account(OWN), person("CUSTOMER_SUPPORT"), ("DEVELOPER", "SALES"))
    assert told[0] == "anna@north.example loses: Customer Support. Gains: Developer, Sales."
    assert "Individual key OWNK…1234, if it is theirs, can then no longer be used for Reply;" in told[1]
    more = what_new_roles_break(account(OWN), person("CUSTOMER_SUPPORT"), ("CUSTOMER_SUPPORT", "SALES"))
    assert "no longer" not in " ".join(more)
    assert "loses: no role. Gains: Sales." in more[0]


def test_roles_that_open_all_apps_say_so_first() -> None:
    limited = replace(person("CUSTOMER_SUPPORT"), all_apps=False, apps=("1", "2"))
    told = " ".join(what_new_roles_break(account(TEAM), limited, ("CUSTOMER_SUPPORT", "FINANCE")))
    assert "anna@north.example then sees all apps, not only some" in told
    same = " ".join(what_new_roles_break(account(TEAM), limited, ("CUSTOMER_SUPPORT", "SALES")))
    assert "sees all apps" not in same
