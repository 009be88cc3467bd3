"""The table of capabilities, and the planner over it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.health.capabilities import (
    CAPABILITIES,
    DEFAULT_FEATURES,
    INDIVIDUAL_ROLES,
    LISTED,
    OFFERED,
    TEAM_ROLES,
    Capability,
    Grant,
    Role,
    info,
    offered_features,
    parse_features,
    possible,
)
from ascinbox.core.health.people import roles_of
from ascinbox.core.health.planner import covers, least_roles, message_for_admin, narrow_plans, plan, steps
from ascinbox.core.records import CredentialKind
from ascinbox.core.stores import APPLE, PLAY

TEAM, OWN, REPORTER = CredentialKind.TEAM, CredentialKind.INDIVIDUAL, CredentialKind.REPORTER


def test_every_capability_has_one_row() -> None:
    assert [row.capability for row in CAPABILITIES] == list(Capability)
    unlisted = {Capability.LISTING, Capability.BULK_REPORTS, Capability.RATINGS}
    assert list(LISTED) == [c for c in Capability if c not in unlisted]


def test_what_a_kind_of_credential_can_never_do() -> None:
    assert possible([OWN]).isdisjoint({Capability.SALES, Capability.FINANCE})
    assert possible([REPORTER]) == {Capability.SALES, Capability.FINANCE}
    assert possible([OWN, REPORTER]) >= set(LISTED)
    assert all(info("sales").grant(role, OWN) is Grant.NO for role in Role)


def test_features_come_in_the_tables_order_and_unknown_ones_are_named() -> None:
    assert parse_features(["sales", " Reviews "]) == (Capability.REVIEWS, Capability.SALES)
    with pytest.raises(ValueError, match="no such feature: reivews"):
        parse_features(["reivews"])


def test_the_listing_is_offered_and_has_a_column_only_where_it_is_used() -> None:
    assert Capability.LISTING in OFFERED
    assert Capability.LISTING in offered_features(APPLE)
    assert Capability.LISTING not in offered_features(PLAY)
    assert Capability.LISTING not in (*LISTED, *DEFAULT_FEATURES)
    assert possible([REPORTER]).isdisjoint({Capability.LISTING})


@pytest.mark.parametrize("kind", [TEAM, OWN])
def test_the_planner_tells_reading_and_changing_the_listing_apart(kind: CredentialKind) -> None:
    planned = plan(["reviews", "listing"], kind)
    assert planned.access == "App Manager"
    assert any(note.startswith("Listing: Reading needs any role") for note in planned.notes)
    assert "Listing" in message_for_admin(planned)
    assert roles_of(["listing"]) == ("APP_MANAGER",)


@pytest.mark.parametrize(
    ("features", "kind", "roles"),
    [
        (("reviews", "reply"), TEAM, ("CUSTOMER_SUPPORT",)),
        (("reviews", "reply", "finance"), TEAM, ("CUSTOMER_SUPPORT", "FINANCE")),
        (("sales", "finance", "analytics"), TEAM, ("FINANCE",)),
        (("sales",), TEAM, ("SALES",)),
        (("reviews", "users"), TEAM, ("ADMIN",)),
        (("reviews", "listing"), TEAM, ("APP_MANAGER",)),
        (("reviews", "reply", "sales"), OWN, ("CUSTOMER_SUPPORT",)),
        (("sales", "finance"), REPORTER, ("FINANCE",)),
    ],
)
def test_the_least_access(features: tuple[str, ...], kind: CredentialKind, roles: tuple[str, ...]) -> None:
    assert least_roles(features, kind) == roles


@given(st.sets(st.sampled_from(list(Capability)), min_size=1), st.sampled_from(list(CredentialKind)))
def test_the_least_access_covers_what_can_be_covered_and_no_role_is_idle(
    features: set[Capability], kind: CredentialKind
) -> None:
    wanted = plan(features, kind)
    granted = covers(wanted.roles, kind)
    for feature in wanted.features:
        assert granted[feature] is not Grant.NO
        assert (granted[feature] is Grant.DISPUTED) == (feature in wanted.disputed)
    for idle in wanted.roles:
        rest = covers([r for r in wanted.roles if r is not idle], kind)
        documented = any(info(f).least(kind) is idle for f in wanted.disputed)
        assert documented or any(rest[f] is not granted[f] for f in wanted.features), f"{idle} is idle"
    assert set(wanted.features) | set(wanted.missing) == features


def test_the_summary_says_when_no_admin_is_needed() -> None:
    assert (
        plan(["reviews", "reply", "finance"], TEAM).summary == "Customer Support + Finance; Admin not needed"
    )
    assert plan(["users"], TEAM).summary == "Admin"


def test_what_is_disputed_is_said_before_the_key_is_made() -> None:
    notes = " ".join(plan(["reviews", "reply", "analytics"], TEAM).notes)
    assert "some Customer Support team keys are refused" in notes
    assert "needs an Admin key, once" in notes
    assert "Sales, Finance: never with an individual key" in " ".join(plan(["sales", "finance"], OWN).notes)


def test_two_narrow_credentials_stand_in_for_one_admin() -> None:
    own, team = narrow_plans(["reviews", "reply", "sales", "finance"])
    assert (own.kind, own.roles) == (OWN, (Role.CUSTOMER_SUPPORT,))
    assert (team.kind, team.roles) == (TEAM, (Role.FINANCE,))
    assert not own.missing
    assert not team.missing


@pytest.mark.parametrize("kind", list(CredentialKind))
def test_the_steps_name_the_access_and_warn_that_the_key_comes_once(kind: CredentialKind) -> None:
    wanted = plan(["reviews", "finance"] if kind is not REPORTER else ["finance"], kind)
    text = "\n".join(steps(wanted))
    assert wanted.access in text
    assert "once" in text or "180 days" in text


def test_the_message_for_an_admin_stands_alone() -> None:
    text = message_for_admin(plan(["reviews", "reply"], TEAM))
    for words in (
        "Team Keys",
        "Access: Customer Support",
        "Generate",
        "Download",
        "Request Access",
        "not by mail",
    ):
        assert words in text


def test_roles_that_a_kind_cannot_have_are_not_planned() -> None:
    for features in (["reviews"], ["users"], ["analytics"], list(Capability)):
        assert set(least_roles(features, TEAM)) <= set(TEAM_ROLES)
        assert set(least_roles(features, OWN)) <= set(INDIVIDUAL_ROLES)
