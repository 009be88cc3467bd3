"""The role planner: the least access for what a person wants, per kind of credential, and the clicks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ascinbox.core.health.capabilities import CAPABILITIES, Capability, Grant, Role, info, parse_features
from ascinbox.core.records import CredentialKind
from ascinbox.core.stores import APP_STORE, kind_info

TEAM_KEYS = APP_STORE.place("team keys")
OWN_KEY = "App Store Connect > your name > Edit Profile > Individual API Key"


@dataclass(frozen=True, slots=True)
class Plan:
    """One credential that covers some of the chosen features."""

    kind: str
    features: tuple[Capability, ...]
    roles: tuple[Role, ...]
    """The least that gives all of `features`; the roles of the key's user for an individual key."""
    missing: tuple[Capability, ...] = ()
    """Chosen features that this kind can never have."""
    disputed: tuple[Capability, ...] = ()
    """Features that these roles give according to Apple, and that some people were refused all the same."""

    @property
    def access(self) -> str:
        """`Finance + Customer Support`."""
        return " + ".join(role.words_for(self.kind) for role in self.roles)

    @property
    def summary(self) -> str:
        """One line for the wizard."""
        if not self.features:
            return "Choose at least one feature."
        admin = "" if Role.ADMIN in self.roles else "; Admin not needed"
        return f"{self.access}{admin}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know before the key is made, a sentence each."""
        notes = []
        if self.missing:
            titles = ", ".join(info(f).title for f in self.missing)
            notes.append(
                f"{titles}: never with {kind_info(self.kind).one}; add another credential for that later."
            )
        if Capability.REPLY in self.disputed:
            notes.append(
                "Reply: some Customer Support team keys are refused. Certain are an Admin key, or the "
                "individual key of a Customer Support user."
            )
        notes += [f"{info(f).title}: {info(f).reading}" for f in self.features if info(f).reading]
        if Capability.ANALYTICS in self.features and Role.ADMIN not in self.roles:
            notes.append("Analytics: the first request for reports needs an Admin key, once.")
        if self.kind == CredentialKind.TEAM and self.features:
            notes.append("A team key always sees every app; choosing apps later only hides some.")
        return tuple(notes)


def least_roles(features: Iterable[str], kind: str) -> tuple[Role, ...]:
    """The smallest set of roles that gives all of `features` to a credential of that kind.

    Features that the kind can never have are left out. One role that covers several replaces them: Finance
    gives sales too, and an Admin needs nothing besides.
    """
    rows = [info(feature) for feature in parse_features(features) if kind in info(feature).kinds]
    wanted = {role for row in rows if (role := row.least(kind)) is not None}
    if Role.ADMIN in wanted:
        return (Role.ADMIN,)
    for role in sorted(wanted):
        others = wanted - {role}
        served = [row for row in rows if row.least(kind) is role]
        if all(any(row.grant(other, kind) is Grant.YES for other in others) for row in served):
            wanted = others
    return tuple(role for role in Role if role in wanted)


def plan(features: Iterable[str], kind: str) -> Plan:
    """What one credential of that kind needs for these features, and what it cannot give."""
    chosen = parse_features(features)
    can = tuple(f for f in chosen if kind in info(f).kinds)
    roles = least_roles(can, kind)
    disputed = tuple(f for f in can if not any(info(f).grant(r, kind) is Grant.YES for r in roles))
    missing = tuple(f for f in chosen if f not in can)
    return Plan(kind, can, roles, missing, disputed)


def narrow_plans(features: Iterable[str]) -> tuple[Plan, ...]:
    """Two narrow credentials in place of one Admin key, where that covers as much.

    Reviews and replies go to the individual key of a Customer Support user, figures to a team key.
    """
    chosen = parse_features(features)
    figures = [f for f in chosen if f in {Capability.SALES, Capability.FINANCE, Capability.ANALYTICS}]
    people = [f for f in chosen if f not in figures]
    plans = [
        plan(group, kind)
        for group, kind in ((people, CredentialKind.INDIVIDUAL), (figures, CredentialKind.TEAM))
        if group
    ]
    return tuple(plans)


def steps(wanted: Plan, key_name: str = "ascinbox") -> tuple[str, ...]:
    """The clicks that make the credential, one a line."""
    match wanted.kind:
        case CredentialKind.TEAM:
            return (
                TEAM_KEYS + " > +",
                f"Name: {key_name}",
                f"Access: {wanted.access}",
                "Generate",
                "Download the .p8 file (Apple gives it once and keeps no copy)",
                "Note the Issuer ID above the list and the Key ID in the row",
            )
        case CredentialKind.INDIVIDUAL:
            return (
                f"Sign in as the user whose key it is to be; their roles must hold: {wanted.access}",
                OWN_KEY + " > Generate",
                "Download the .p8 file (Apple gives it once and keeps no copy)",
                "Note the Key ID; an individual key has no Issuer ID",
            )
        case CredentialKind.REPORTER:
            return (
                f"Sign in as a user with {wanted.access}",
                APP_STORE.place("reporter token"),
                "Copy the token into a file of your own (chmod 600); it lives 180 days",
            )
    raise ValueError(f"no clicks are known for {wanted.kind}")


def message_for_admin(wanted: Plan, key_name: str = "ascinbox") -> str:
    """A message to send to an Admin by somebody who is none."""
    titles = ", ".join(info(feature).title for feature in wanted.features)
    gives = "\n".join(f"  - {info(f).title}: {info(f).gives}" for f in wanted.features)
    clicks = "\n".join(f"  {number}. {step}" for number, step in enumerate(steps(wanted, key_name), 1))
    after = (
        "Please send me the .p8 file, the Key ID and the Issuer ID by a safe way (not by mail)."
        if wanted.kind == CredentialKind.TEAM
        else "No key has to be sent to me; I make it myself once my user has the role."
    )
    return (
        f"Hello,\n\nI would like to work with our App Store data ({titles}) in ascinbox, a program on my "
        "own machine. It needs an App Store Connect API key with as little access as possible:\n\n"
        f"{gives}\n\n"
        f"Only an Admin or the Account Holder can give that:\n\n{clicks}\n\n{after} The key can be revoked "
        "in the same place at any time.\n\nIf there is no + there, the Account Holder has to press Request "
        "Access first.\n"
    )


def covers(roles: Iterable[Role], kind: str) -> dict[Capability, Grant]:
    """What a credential with these roles may do, by the table."""
    held = tuple(roles)
    result = {}
    for row in CAPABILITIES:
        grants = {row.grant(role, kind) for role in held}
        result[row.capability] = next((g for g in (Grant.YES, Grant.DISPUTED) if g in grants), Grant.NO)
    return result
