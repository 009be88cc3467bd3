"""Where people stand, from two looks at Apple's lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.errors import SourceProblem
from ascinbox.core.health.people import (
    PRESETS,
    Person,
    PersonState,
    compare,
    is_email,
    preset,
    refusal,
    roles_of,
    sees_all_apps,
)

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)


def person(mail: str, standing: PersonState = PersonState.ACTIVE, **changes: object) -> Person:
    return Person(mail, "A", "B", ("CUSTOMER_SUPPORT",), standing, **changes)  # type: ignore[arg-type]


def invited(mail: str, hours: float) -> Person:
    return person(mail, PersonState.PENDING, expires_at=NOW + timedelta(hours=hours))


def standing_of(known: list[Person], seen: list[Person], now: datetime = NOW) -> dict[str, PersonState]:
    return {p.email: p.standing for p in compare(known, seen, now)}


def test_who_was_there_and_is_gone_was_removed() -> None:
    known = compare([], [person("a@x.example")], NOW - timedelta(days=3))
    (gone,) = compare(known, [], NOW)
    assert (gone.standing, gone.changed_at) == (PersonState.REMOVED, NOW)
    (still,) = compare([gone], [], NOW + timedelta(days=1))
    assert still.changed_at == NOW


def test_an_invitation_becomes_a_user_runs_out_or_is_withdrawn() -> None:
    known = [invited("a@x.example", 28), invited("b@x.example", -1), invited("c@x.example", 28)]
    assert standing_of(known, [person("A@x.example")]) == {
        "A@x.example": PersonState.ACTIVE,
        "b@x.example": PersonState.EXPIRED,
        "c@x.example": PersonState.WITHDRAWN,
    }


def test_a_listed_invitation_past_its_day_is_expired() -> None:
    assert standing_of([], [invited("a@x.example", -0.1)]) == {"a@x.example": PersonState.EXPIRED}


def test_a_fresh_invitation_replaces_an_expired_one() -> None:
    known = compare([], [invited("a@x.example", -1)], NOW)
    assert standing_of(list(known), [invited("a@x.example", 72)]) == {"a@x.example": PersonState.PENDING}


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(list(PersonState))), max_size=6),
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from([PersonState.ACTIVE, PersonState.PENDING])),
        max_size=6,
    ),
)
def test_everybody_appears_once_and_a_second_look_changes_nothing(
    known: list[tuple[str, PersonState]], seen: list[tuple[str, PersonState]]
) -> None:
    def people(entries: list[tuple[str, PersonState]]) -> list[Person]:
        return [
            person(f"{k}@x.example", s, expires_at=NOW + timedelta(days=1)) for k, s in dict(entries).items()
        ]

    first = compare(people(known), people(seen), NOW)
    assert {p.email for p in first} == {f"{k}@x.example" for k, _ in (*known, *seen)}
    assert compare(first, people(seen), NOW) == first


@pytest.mark.parametrize("text", ["anna@north.example", "a.b+c@sub.host.example", "ü@host.example"])
def test_addresses(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text", ["", "anna", "a@b", "a b@c.example", "a@c.example, d@c.example", "<a@c.example>"]
)
def test_what_is_no_address(text: str) -> None:
    assert not is_email(text)


def test_presets_are_the_smallest_roles() -> None:
    assert {p.name: p.roles for p in PRESETS} == {
        "replies": ("CUSTOMER_SUPPORT",),
        "numbers": ("SALES",),
        "money": ("FINANCE",),
        "listing": ("APP_MANAGER",),
    }
    with pytest.raises(ValueError, match="no such preset"):
        preset("everything")


def test_an_apostrophe_is_part_of_an_address() -> None:
    assert is_email("una.o'byrne@north.example")
    assert not is_email("una@north@example.com")


@pytest.mark.parametrize(
    ("code", "words", "pointer", "cause"),
    [
        ("ENTITY_ERROR", "The email is already in use", "", "the address is in use already"),
        ("ENTITY_ERROR.ATTRIBUTE.INVALID.DUPLICATE", "", "/data/attributes/email", "in use already"),
        ("STATE_ERROR", "You have reached the maximum number of users", "", "the team is full"),
        ("ENTITY_ERROR.ATTRIBUTE.INVALID", "It exceeds the maximum", "/data/attributes/lastName", "the name"),
        ("ENTITY_ERROR.ATTRIBUTE.INVALID", "firstName is not valid", "", "the name"),
        ("ENTITY_ERROR.RELATIONSHIP.INVALID", "", "/data/relationships/visibleApps", "the apps do not fit"),
        ("ENTITY_ERROR.ATTRIBUTE.INVALID", "", "/data/attributes/roles", "these roles together"),
        (
            "ENTITY_ERROR.ATTRIBUTE.INVALID",
            "not valid",
            "/data/attributes/email",
            "does not take the address",
        ),
    ],
)
def test_a_409_about_a_person_is_headed_by_its_own_cause(
    code: str, words: str, pointer: str, cause: str
) -> None:
    general = SourceProblem(409, "ENTITY_ERROR", "The request cannot be fulfilled", "")
    row = refusal([general, SourceProblem(409, code, "", words, pointer)])
    assert row is not None
    assert cause in row.cause
    assert refusal([general]) is None


def test_roles_are_joined_from_presets_and_apples_names() -> None:
    assert roles_of(["replies", "money"]) == ("CUSTOMER_SUPPORT", "FINANCE")
    assert roles_of(["replies"], ["customer support", "Create-Apps"]) == ("CUSTOMER_SUPPORT", "CREATE_APPS")
    for presets, names, words in (
        ((), (), "at least one role"),
        ((), ("CREATE_APPS",), "is added to a role"),
        (("numbers",), ("KING",), "no such role: KING"),
        ((), ("ACCOUNT_HOLDER",), "handed over at Apple"),
        (("everything",), (), "no such preset"),
    ):
        with pytest.raises(ValueError, match=words):
            roles_of(presets, names)


def test_one_role_without_a_limit_lifts_it_for_all() -> None:
    assert not sees_all_apps(roles_of(["replies", "numbers"]))
    assert sees_all_apps(roles_of(["replies", "money"]))
