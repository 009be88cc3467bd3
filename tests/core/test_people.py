"""Where people stand, from two looks at Apple's lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.people import PRESETS, Person, Standing, compare, invitation_refused, is_email, preset

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)


def person(mail: str, standing: Standing = Standing.ACTIVE, **changes: object) -> Person:
    return Person(mail, "A", "B", ("CUSTOMER_SUPPORT",), standing, **changes)  # type: ignore[arg-type]


def invited(mail: str, hours: float) -> Person:
    return person(mail, Standing.PENDING, expires_at=NOW + timedelta(hours=hours))


def standing_of(known: list[Person], seen: list[Person], now: datetime = NOW) -> dict[str, Standing]:
    return {p.email: p.standing for p in compare(known, seen, now)}


def test_who_was_there_and_is_gone_was_removed() -> None:
    known = compare([], [person("a@x.example")], NOW - timedelta(days=3))
    (gone,) = compare(known, [], NOW)
    assert (gone.standing, gone.changed_at) == (Standing.REMOVED, NOW)
    (still,) = compare([gone], [], NOW + timedelta(days=1))
    assert still.changed_at == NOW


def test_an_invitation_becomes_a_user_runs_out_or_is_withdrawn() -> None:
    known = [invited("a@x.example", 28), invited("b@x.example", -1), invited("c@x.example", 28)]
    assert standing_of(known, [person("A@x.example")]) == {
        "A@x.example": Standing.ACTIVE,
        "b@x.example": Standing.EXPIRED,
        "c@x.example": Standing.WITHDRAWN,
    }


def test_a_listed_invitation_past_its_day_is_expired() -> None:
    assert standing_of([], [invited("a@x.example", -0.1)]) == {"a@x.example": Standing.EXPIRED}


def test_a_fresh_invitation_replaces_an_expired_one() -> None:
    known = compare([], [invited("a@x.example", -1)], NOW)
    assert standing_of(list(known), [invited("a@x.example", 72)]) == {"a@x.example": Standing.PENDING}


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(list(Standing))), max_size=6),
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from([Standing.ACTIVE, Standing.PENDING])), max_size=6
    ),
)
def test_everybody_appears_once_and_a_second_look_changes_nothing(
    known: list[tuple[str, Standing]], seen: list[tuple[str, Standing]]
) -> None:
    def people(entries: list[tuple[str, Standing]]) -> list[Person]:
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
    }
    with pytest.raises(ValueError, match="no such preset"):
        preset("everything")


def test_an_apostrophe_is_part_of_an_address() -> None:
    assert is_email("una.o'byrne@north.example")
    assert not is_email("una@north@example.com")


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("409 ENTITY_ERROR: The email is already in use", "the address is in use already"),
        ("409 STATE_ERROR: You have reached the maximum number of users", "the team is full"),
        ("409 ENTITY_ERROR.ATTRIBUTE.INVALID: firstName is not valid", "as it stands"),
        ("409 ENTITY_ERROR.RELATIONSHIP.INVALID: visibleApps", "as it stands"),
    ],
)
def test_a_409_to_an_invitation_is_not_always_the_address(words: str, title: str) -> None:
    assert title in invitation_refused("a@north.example", words)
