"""Which of an account's credentials serves which app and capability: the one place where that is decided.

An account may have several credentials: a team key that sees every app, an individual key whose user sees
one. The account's apps are those that any of them sees, and each is served by a credential that sees it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ascinbox.core.health.capabilities import Capability
from ascinbox.core.records import App, Credential
from ascinbox.core.stores import kind_info

ABOUT_APPS = frozenset({Capability.REVIEWS, Capability.REPLY, Capability.ANALYTICS, Capability.LISTING})
"""Capabilities that are used app by app; the others concern the whole team."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one credential."""

    sees: frozenset[str] | None = None
    """Ids of the apps that Apple listed for it last; None when it was never asked."""
    refused: frozenset[str] = frozenset()
    """Capabilities that Apple refused it last."""


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class Served:
    """Which apps are served for a capability, by which credential, and which are not."""

    by: tuple[tuple[Credential, tuple[App, ...]], ...] = ()
    """In the order of the credentials; for a capability of the whole team, all apps."""
    by_none: tuple[App, ...] = ()
    """Some credential sees them, and none may do this."""


def serving(
    credentials: Iterable[Credential],
    capability: str,
    known: Mapping[str, Known],
    app_id: str | None = None,
) -> tuple[Credential, ...]:
    """The credentials to use for a capability (of one app), the best first; `known` is by key id.

    The best is one that was chosen for the capability, then one that is used for everything; for an app, only
    those that see it, or that were never asked for their apps. One that was chosen for other things serves an
    app that no better one sees. What Apple refused last comes after what it did not. Reporter tokens are not
    among them: they are asked in another way.
    """
    ranked = []
    for credential in credentials:
        kind = kind_info(credential.kind)
        if not kind.lists_apps or capability not in kind.capabilities:
            continue
        about = known.get(credential.key_id, NOTHING_KNOWN)
        chosen = 0 if capability in credential.capabilities else 1 if not credential.capabilities else 2
        refused = capability in about.refused
        if chosen == 2 and (app_id is None or refused):
            continue
        if app_id is not None and about.sees is not None and app_id not in about.sees:
            continue
        unsure = app_id is not None and about.sees is None
        ranked.append(((refused, chosen, unsure), credential))
    return tuple(credential for _, credential in sorted(ranked, key=lambda entry: entry[0]))


def served(
    credentials: Iterable[Credential], capability: str, known: Mapping[str, Known], apps: Iterable[App]
) -> Served:
    """Who serves these apps for a capability. Apps that no credential sees any more are in neither part."""
    credentials = tuple(credentials)
    shares: dict[int, list[App]] = {}
    by_none: list[App] = []
    apps = tuple(apps)
    gone = {app.id for app in gone_apps(credentials, known, apps)}
    for app in apps:
        app_id = app.id if capability in ABOUT_APPS else None
        best = next(iter(serving(credentials, capability, known, app_id)), None)
        if best is not None:
            shares.setdefault(best.id, []).append(app)
        elif app.id not in gone:
            by_none.append(app)
    by = tuple((c, tuple(shares[c.id])) for c in credentials if c.id in shares)
    return Served(by, tuple(by_none))


def gone_apps(
    credentials: Iterable[Credential], known: Mapping[str, Known], apps: Iterable[App]
) -> tuple[App, ...]:
    """Those of the account's apps that no credential sees any more; none while one was never asked."""
    keys = [c.key_id for c in credentials if kind_info(c.kind).lists_apps]
    seen: set[str] = set()
    for key_id in keys:
        sees = known.get(key_id, NOTHING_KNOWN).sees
        if sees is None:
            return ()
        seen |= sees
    return tuple(app for app in apps if app.id not in seen) if keys else ()
