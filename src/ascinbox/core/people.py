"""People of a team at Apple: users, invitations with their three days, and who is gone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ascinbox.core.capabilities import Role

INVITATION_LIVES = timedelta(days=3)
"""Apple deletes an invitation this long after it was sent; its own `expirationDate` wins."""
LATE = timedelta(hours=24)
"""Less than this left: time to remind the person."""

_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


class Standing(StrEnum):
    """Where a person stands."""

    ACTIVE = "active"
    PENDING = "pending"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Person:
    """A user, an invited person, or one who was there before. All strings cleaned."""

    email: str
    first_name: str
    last_name: str
    roles: tuple[str, ...]
    standing: Standing
    apple_id: str = ""
    """Id of the user or of the invitation."""
    all_apps: bool = True
    apps: tuple[str, ...] = ()
    """Visible apps by Apple ID, when not all."""
    expires_at: datetime | None = None
    changed_at: datetime | None = None
    """When we first saw this standing."""

    @property
    def roles_words(self) -> str:
        """`Customer Support, Finance`, roles that Apple added since as Apple writes them."""
        known = {role.value for role in Role}
        return ", ".join(Role(r).words if r in known else r.replace("_", " ").title() for r in self.roles)


@dataclass(frozen=True, slots=True)
class Preset:
    """What somebody is to do, and the smallest roles for it."""

    name: str
    title: str
    roles: tuple[Role, ...]
    may: str
    all_apps: bool = False
    """Apple cannot limit this role to some apps."""


PRESETS: tuple[Preset, ...] = (
    Preset("replies", "Replies only", (Role.CUSTOMER_SUPPORT,), "read reviews and answer them"),
    Preset("numbers", "Numbers", (Role.SALES,), "see sales, downloads and analytics"),
    Preset("money", "Money", (Role.FINANCE,), "see payments, sales and analytics", all_apps=True),
)


def preset(name: str) -> Preset:
    """The preset of that name; ValueError for another word."""
    for entry in PRESETS:
        if entry.name == name:
            return entry
    raise ValueError(f"no such preset: {name} (there are {', '.join(p.name for p in PRESETS)})")


def is_email(text: str) -> bool:
    """Whether it can be an e-mail address: something, one @, a host with a dot."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def invitation_refused(email: str, words: str) -> str:
    """The title for a 409 to an invitation, by Apple's words: it answers so for different things."""
    said = words.casefold()
    if any(word in said for word in ("already", "in use", "duplicate", "exists")):
        return f"Apple refuses to invite {email}: the address is in use already."
    if any(word in said for word in ("maximum", "limit", "too many")):
        return f"Apple refuses to invite {email}: the team is full."
    return f"Apple does not accept the invitation of {email} as it stands."


def compare(known: Iterable[Person], seen: Iterable[Person], now: datetime) -> tuple[Person, ...]:
    """What is true now: `seen` are Apple's users and invitations, `known` what we knew before.

    Who was active and is not listed any more was removed; who was invited and is neither listed nor a user
    let the invitation run out, or it was withdrawn before its end. E-mail addresses compare without case.
    """
    listed = {person.email.lower(): _lapsed(person, now) for person in seen}
    result: dict[str, Person] = {}
    for person in known:
        key = person.email.lower()
        if key not in listed:
            result[key] = _gone(person, now)
    for key, person in listed.items():
        before = next((p for p in known if p.email.lower() == key), None)
        same = before is not None and before.standing is person.standing
        result[key] = replace(person, changed_at=before.changed_at if same and before else now)
    return in_order(result.values())


def in_order(people: Iterable[Person]) -> tuple[Person, ...]:
    """Who is there first, who is gone last, then by address."""
    return tuple(sorted(people, key=lambda p: (_ORDER[p.standing], p.email.lower())))


_ORDER = {standing: place for place, standing in enumerate(Standing)}


def _lapsed(person: Person, now: datetime) -> Person:
    over = person.expires_at is not None and person.expires_at <= now
    return (
        replace(person, standing=Standing.EXPIRED) if person.standing is Standing.PENDING and over else person
    )


def _gone(person: Person, now: datetime) -> Person:
    match person.standing:
        case Standing.ACTIVE:
            return replace(person, standing=Standing.REMOVED, changed_at=now)
        case Standing.PENDING:
            ends = person.expires_at
            if ends is not None and ends <= now:
                return replace(person, standing=Standing.EXPIRED, changed_at=ends)
            return replace(person, standing=Standing.WITHDRAWN, changed_at=now)
        case _:
            return person
