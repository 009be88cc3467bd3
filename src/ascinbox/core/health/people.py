"""People of a team at Apple: users, invitations with their three days, and who is gone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ascinbox.core.errors import SourceProblem
from ascinbox.core.health.capabilities import Role

INVITATION_LIVES = timedelta(days=3)
"""Apple deletes an invitation this long after it was sent; its own `expirationDate` wins."""
VISIBLE_APPS = 50
"""So many of the apps that a person sees are listed with them: Apple's largest `limit[visibleApps]`."""
LATE = timedelta(hours=24)
"""Less than this left: time to remind the person."""

_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


PERMISSIONS = (
    "ACCESS_TO_REPORTS",
    "CREATE_APPS",
    "CLOUD_MANAGED_DEVELOPER_ID",
    "CLOUD_MANAGED_APP_DISTRIBUTION",
    "GENERATE_INDIVIDUAL_KEYS",
)
"""What Apple's `UserRole` has besides roles: each is added to a role and is none by itself."""
ROLE_NAMES = (*(role.value for role in Role if role is not Role.ACCOUNT_HOLDER), *PERMISSIONS)
"""What a person can be given by Apple's names. The Account Holder's role is handed over on the web only."""
_WHOLE_TEAM = frozenset((Role.ACCOUNT_HOLDER, Role.ADMIN, Role.FINANCE, "ACCESS_TO_REPORTS"))
"""Apple's help: who has one of these sees every app."""


class PersonState(StrEnum):
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
    standing: PersonState
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
        return roles_in_words(self.roles)

    @property
    def apps_words(self) -> str:
        """`all apps`, `1 app`."""
        count = len(self.apps)
        return "all apps" if self.all_apps else f"{count} app{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Preset:
    """What somebody is to do, and the smallest roles for it."""

    name: str
    title: str
    roles: tuple[Role, ...]
    may: str


PRESETS: tuple[Preset, ...] = (
    Preset("replies", "Replies only", (Role.CUSTOMER_SUPPORT,), "read reviews and answer them"),
    Preset("numbers", "Numbers", (Role.SALES,), "see sales, downloads and analytics"),
    Preset("money", "Money", (Role.FINANCE,), "see payments, sales and analytics"),
    Preset("listing", "Listing", (Role.APP_MANAGER,), "change the texts of the store pages"),
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


def roles_in_words(roles: Iterable[str]) -> str:
    """`Customer Support, Finance`."""
    return ", ".join(role.replace("_", " ").title() for role in roles)


def roles_of(presets: Iterable[str] = (), names: Iterable[str] = ()) -> tuple[str, ...]:
    """Roles by the names of presets and by Apple's own (`CUSTOMER_SUPPORT`, also as `Customer Support`), each
    once, in Apple's spelling and the order of `ROLE_NAMES`. ValueError tells what will not do."""
    wanted = {role.value for name in presets for role in preset(name).roles}
    for name in names:
        role = re.sub(r"[\s_-]+", "_", name.strip()).upper()
        if role == Role.ACCOUNT_HOLDER:
            raise ValueError("the Account Holder's role is handed over at Apple, by the Account Holder")
        if role not in ROLE_NAMES:
            raise ValueError(f"no such role: {name} (there are {', '.join(ROLE_NAMES)})")
        wanted.add(role)
    if not wanted - set(PERMISSIONS):
        added = f"{roles_in_words(sorted(wanted))} is added to a role; " if wanted else ""
        raise ValueError(f"{added}name at least one role")
    return tuple(role for role in ROLE_NAMES if role in wanted)


def sees_all_apps(roles: Iterable[str]) -> bool:
    """Whether one of these roles cannot be limited to some apps."""
    return not _WHOLE_TEAM.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why Apple does not take an invitation or a change: the first row whose words or place fit. Rows with a
    place come first: a name's `maximum length` is no full team."""

    words: tuple[str, ...]
    """Of Apple's code, title and detail, without case."""
    pointers: tuple[str, ...]
    """Beginnings of the place in the request, below `/data/`."""
    cause: str
    step: str


_PEOPLE = "Users and Access > People"
REFUSALS: tuple[Refusal, ...] = (
    Refusal(
        ("first name", "last name", "firstname", "lastname"),
        ("attributes/firstName", "attributes/lastName"),
        "Apple does not take the name",
        "Write first and last name in plain letters, as the person would on a form (--first, --last).",
    ),
    Refusal(
        ("visibleapps", "allappsvisible", "visible apps"),
        ("relationships/visibleApps", "attributes/allAppsVisible"),
        "the apps do not fit",
        "Choose all apps: Apple limits Admin, Finance and Access to Reports to none. Otherwise see whether "
        "this key sees every app that was named (ascinbox accounts).",
    ),
    Refusal(
        (),
        ("attributes/roles",),
        "Apple does not take these roles together",
        "Choose fewer roles; some go with others only, and the Account Holder's with none.",
    ),
    Refusal(
        ("already", "in use", "duplicate", "exists"),
        (),
        "the address is in use already",
        f"Look under {_PEOPLE}, also for an invitation made elsewhere; another team may have the address.",
    ),
    Refusal(
        ("maximum", "limit", "too many"),
        (),
        "the team is full",
        f"An Admin removes somebody under {_PEOPLE}, or withdraws an open invitation.",
    ),
    Refusal(
        ("email", "e-mail"),
        ("attributes/email",),
        "Apple does not take the address",
        "Look at its spelling.",
    ),
)


def refusal(problems: Iterable[SourceProblem]) -> Refusal | None:
    """What a 409 about a person means: Apple answers so for different things. None for what is not known."""
    said = [(f"{p.code} {p.title} {p.detail}".casefold(), p.pointer.removeprefix("/data/")) for p in problems]
    for row in REFUSALS:
        for words, pointer in said:
            if any(word in words for word in row.words) or pointer.startswith(row.pointers or ("\0",)):
                return row
    return None


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


_ORDER = {standing: place for place, standing in enumerate(PersonState)}


def _lapsed(person: Person, now: datetime) -> Person:
    over = person.expires_at is not None and person.expires_at <= now
    return (
        replace(person, standing=PersonState.EXPIRED)
        if person.standing is PersonState.PENDING and over
        else person
    )


def _gone(person: Person, now: datetime) -> Person:
    match person.standing:
        case PersonState.ACTIVE:
            return replace(person, standing=PersonState.REMOVED, changed_at=now)
        case PersonState.PENDING:
            ends = person.expires_at
            if ends is not None and ends <= now:
                return replace(person, standing=PersonState.EXPIRED, changed_at=ends)
            return replace(person, standing=PersonState.WITHDRAWN, changed_at=now)
        case _:
            return person
