"""What breaks when somebody of the team is given other roles or is removed, told before it is done. Pure.

Sources: Apple's help on API keys (an individual key has its user's roles and apps and ends with the user; a
team key belongs to nobody) and on Reporter (a token is its user's). Apple's API does not tell whose an
individual key or a token is, so of a linked one it is said what holds if it is theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ascinbox.core.health.capabilities import (
    CAPABILITIES,
    INDIVIDUAL_ROLES,
    Capability,
    CapabilityInfo,
    Grant,
    Role,
)
from ascinbox.core.health.credential_shapes import shorten_key_id
from ascinbox.core.health.people import Person, roles_in_words, sees_all_apps
from ascinbox.core.records import Account, Credential, CredentialKind

SLOW = "Apple may need hours until changed roles take effect."


def what_removal_breaks(account: Account, person: Person) -> tuple[str, ...]:
    """What ends when this person is removed from the team, one sentence each."""
    told = [
        f"{person.email} ({person.roles_words}; {person.apps_words}) loses all access to this team at Apple. "
        "To come back they need a new invitation."
    ]
    theirs = [c for c in account.credentials if _may_be_theirs(c, person)]
    told += [
        f"{_name(credential)} dies with them if it is theirs; Apple does not tell whose it is, and nobody "
        f"can bring it back.{_without(account, credential, _used_for(account, credential))}"
        for credential in theirs
    ]
    return (*told, *_what_stays(account, theirs))


def what_new_roles_break(account: Account, person: Person, roles: Sequence[str]) -> tuple[str, ...]:
    """What changes when this person is given `roles` instead of their own, one sentence each."""
    lost = [role for role in person.roles if role not in roles]
    new = [role for role in roles if role not in person.roles]
    told = [
        f"{person.email} loses: {roles_in_words(lost) or 'no role'}. Gains: {roles_in_words(new) or 'none'}."
    ]
    if sees_all_apps(roles) and not person.all_apps:
        told.append(f"{person.email} then sees all apps, not only some: Apple does not limit these roles.")
    theirs = [c for c in account.credentials if _may_be_theirs(c, person)]
    touched = []
    for credential in theirs:
        ends = [row for row in _used_for(account, credential) if _granted(row, credential, person.roles)]
        ends = [row for row in ends if not _granted(row, credential, roles)]
        if not ends:
            continue
        touched.append(credential)
        titles = ", ".join(row.title for row in ends)
        told.append(
            f"{_name(credential)}, if it is theirs, can then no longer be used for {titles}; Apple does not "
            f"tell whose it is.{_without(account, credential, ends)}"
        )
    return (*told, *_what_stays(account, touched), SLOW)


def _may_be_theirs(credential: Credential, person: Person) -> bool:
    match credential.kind:
        case CredentialKind.INDIVIDUAL:
            return not {role.value for role in INDIVIDUAL_ROLES}.isdisjoint(person.roles)
        case CredentialKind.REPORTER:
            return any(
                _granted(row, credential, person.roles)
                for row in CAPABILITIES
                if credential.kind in row.kinds
            )
        case _:
            return False


def _granted(row: CapabilityInfo, credential: Credential, roles: Iterable[str]) -> bool:
    """Whether one of the roles gives it; a role that Apple added since is not taken for giving anything."""
    if "ACCOUNT_HOLDER" in roles and credential.kind == CredentialKind.REPORTER:
        return credential.kind in row.kinds
    known = {role.value for role in Role}
    return any(row.grant(Role(role), credential.kind) is not Grant.NO for role in roles if role in known)


def _used_for(account: Account, credential: Credential) -> list[CapabilityInfo]:
    return [row for row in CAPABILITIES if _serves(account, credential, row.capability)]


def _serves(account: Account, credential: Credential, capability: Capability) -> bool:
    row = next(row for row in CAPABILITIES if row.capability is capability)
    chosen = not credential.capabilities or capability in credential.capabilities
    return capability in account.features and credential.kind in row.kinds and chosen


def _without(account: Account, credential: Credential, rows: Iterable[CapabilityInfo]) -> str:
    """` Without it nothing does Reviews, Reply for North.`"""
    others = [other for other in account.credentials if other.key_id != credential.key_id]
    alone = [row.title for row in rows if not any(_serves(account, o, row.capability) for o in others)]
    return f" {account.name} has no other key for {', '.join(alone)}." if alone else ""


def _what_stays(account: Account, touched: Sequence[Credential]) -> tuple[str, ...]:
    teams = [c for c in account.credentials if c.kind == CredentialKind.TEAM]
    stays = [f"{_name(c)} stays as it is: a team key belongs to nobody." for c in teams]
    return (*stays, *(() if touched or teams else ("No key that is linked here can be theirs.",)))


def _name(credential: Credential) -> str:
    match credential.kind:
        case CredentialKind.TEAM:
            return f"Team key {shorten_key_id(credential.key_id)}"
        case CredentialKind.INDIVIDUAL:
            return f"Individual key {shorten_key_id(credential.key_id)}"
        case _:
            return f"Reporter token {shorten_key_id(credential.key_id)}"
