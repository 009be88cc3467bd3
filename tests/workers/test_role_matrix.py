"""Every certain cell of Apple's role matrix, as the probes see it against an Apple with those roles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ascinbox.config import load_config
from ascinbox.core.health.capabilities import INDIVIDUAL_ROLES, TEAM_ROLES, Capability, Grant, Role, info
from ascinbox.core.health.evidence import HealthState
from ascinbox.core.health.planner import plan
from ascinbox.core.records import CredentialKind
from ascinbox.core.secret import Secret
from ascinbox.paths import Paths
from ascinbox.simulator.app import Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.server import serve_in_thread
from ascinbox.sources.apple.source import apple_client
from ascinbox.sources.base import Found, Target
from ascinbox.workers.accounts.credentials import from_text
from ascinbox.workers.accounts.trials import Trial
from ascinbox.workers.workspace import Workspace

TEAM, OWN = CredentialKind.TEAM, CredentialKind.INDIVIDUAL
Y, N = True, False

CERTAIN: dict[tuple[CredentialKind, Capability], dict[Role, bool]] = {
    (TEAM, Capability.REVIEWS): {Role.ADMIN: Y, Role.APP_MANAGER: Y, Role.CUSTOMER_SUPPORT: Y},
    (TEAM, Capability.REPLY): {Role.ADMIN: Y, Role.DEVELOPER: N, Role.SALES: N, Role.FINANCE: N},
    (OWN, Capability.REPLY): {
        Role.ACCOUNT_HOLDER: Y,
        Role.ADMIN: Y,
        Role.CUSTOMER_SUPPORT: Y,
        Role.DEVELOPER: N,
    },
    (TEAM, Capability.SALES): {
        Role.ADMIN: Y,
        Role.APP_MANAGER: N,
        Role.CUSTOMER_SUPPORT: N,
        Role.MARKETING: N,
        Role.DEVELOPER: N,
        Role.SALES: Y,
        Role.FINANCE: Y,
    },
    (TEAM, Capability.FINANCE): {
        Role.ADMIN: Y,
        Role.APP_MANAGER: N,
        Role.CUSTOMER_SUPPORT: N,
        Role.MARKETING: N,
        Role.DEVELOPER: N,
        Role.SALES: N,
        Role.FINANCE: Y,
    },
    (TEAM, Capability.ANALYTICS): {
        Role.ADMIN: Y,
        Role.APP_MANAGER: N,
        Role.CUSTOMER_SUPPORT: N,
        Role.MARKETING: N,
        Role.DEVELOPER: N,
        Role.SALES: Y,
        Role.FINANCE: Y,
    },
    (TEAM, Capability.USERS): {
        Role.ADMIN: Y,
        Role.CUSTOMER_SUPPORT: N,
        Role.MARKETING: N,
        Role.DEVELOPER: N,
        Role.SALES: N,
        Role.FINANCE: N,
    },
    (OWN, Capability.USERS): {
        Role.ACCOUNT_HOLDER: Y,
        Role.ADMIN: Y,
        Role.CUSTOMER_SUPPORT: N,
        Role.DEVELOPER: N,
    },
}
"""Cells that Apple states or several sources agree on; `?` and single reports are left out."""

WORKS = {HealthState.OK, HealthState.LIKELY, HealthState.PENDING}


class Rig:
    """An Apple to which keys of any role can be added, and what each was found to be able to do."""

    def __init__(self, space: Workspace, simulator: Simulator) -> None:
        self.space = space
        self.simulator = simulator
        self.team = next(iter(simulator.world.teams.values()))
        self._known: dict[tuple[CredentialKind, Role], Trial] = {}

    def trial(self, kind: CredentialKind, role: Role) -> Trial:
        """The verdicts on a key of this kind with this role alone, a made-up reply included."""
        if (kind, role) not in self._known:
            key_id = f"K{len(self._known):09d}"
            key = self.simulator.world.add_key(
                ApiKey(key_id, self.team.issuer_id, (role.value,), kind is OWN)
            )
            issuer = None if kind is OWN else self.team.issuer_id
            candidate = from_text(Secret(key.pem()), key_id, issuer, source="test")
            target = Target(
                frozenset(Capability) - {Capability.LISTING}, self.team.vendor, made_up_reply=True
            )
            client = self.space.clients.trial(candidate.credential(), candidate.secret)
            try:
                found: Found = self.space.clients.prober(client, kind, target).run()
            finally:
                client.close()
            self._known[kind, role] = self.space.accounts._trials._judged(
                candidate, target, found, (Capability.REVIEWS,)
            )
        return self._known[kind, role]

    def may_create_analytics(self, role: Role) -> bool:
        """Whether a team key of this role may ask Apple to make analytics reports."""
        candidate = self.trial(TEAM, role).candidate
        client = self.space.clients.trial(candidate.credential(), candidate.secret)
        app_id = next(iter(self.simulator.world.apps))
        body = {
            "data": {
                "type": "analyticsReportRequests",
                "attributes": {"accessType": "ONGOING"},
                "relationships": {"app": {"data": {"type": "apps", "id": app_id}}},
            }
        }
        try:
            return apple_client(client).probe(
                "/v1/analyticsReportRequests", method="POST", body=body
            ).status in {201, 409}
        finally:
            client.close()


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    simulator = Simulator(make_world(7, datetime.now(UTC), apps=2, reviews=4), hour_limit=100_000)
    with serve_in_thread(simulator) as served:
        space = Workspace.open(
            paths=Paths.under(tmp_path_factory.mktemp("matrix")),
            config=load_config(None, {}),
            base_url=served.url,
            environ={},
        )
        space.wait_ready()
        yield Rig(space, simulator)
        space.close()


@pytest.mark.parametrize(
    ("kind", "capability", "role", "may"),
    [
        pytest.param(kind, capability, role, may, id=f"{kind}-{capability}-{role}")
        for (kind, capability), roles in CERTAIN.items()
        for role, may in roles.items()
    ],
)
def test_a_certain_cell(
    kind: CredentialKind, capability: Capability, role: Role, may: bool, rig: Rig
) -> None:
    verdict = rig.trial(kind, role).verdicts[capability]
    assert (verdict.state in WORKS) is may, verdict
    if not may:
        assert verdict.state is HealthState.NO_ROLE
        assert "403" in verdict.evidence
        assert verdict.fix
    assert info(capability).grant(role, kind) is (Grant.YES if may else Grant.NO)


@pytest.mark.parametrize("role", INDIVIDUAL_ROLES)
def test_individual_keys_never_reach_sales_and_finance(role: Role, rig: Rig) -> None:
    verdicts = rig.trial(OWN, role).verdicts
    assert verdicts[Capability.SALES].state is HealthState.NOT_POSSIBLE
    assert verdicts[Capability.FINANCE].state is HealthState.NOT_POSSIBLE


@pytest.mark.parametrize("role", [r for r in TEAM_ROLES if r is not Role.ADMIN])
def test_only_an_admin_creates_analytics_requests(role: Role, rig: Rig) -> None:
    assert not rig.may_create_analytics(role)


def test_an_admin_creates_analytics_requests(rig: Rig) -> None:
    assert rig.may_create_analytics(Role.ADMIN)


def test_a_customer_support_team_key_is_told_why_it_may_not_reply(rig: Rig) -> None:
    verdict = rig.trial(TEAM, Role.CUSTOMER_SUPPORT).verdicts[Capability.REPLY]
    assert verdict.state is HealthState.NO_ROLE
    assert "individual key of a Customer Support user" in verdict.detail


@pytest.mark.parametrize(
    "features",
    [("reviews",), ("sales",), ("finance",), ("analytics",), ("users",), ("sales", "finance", "analytics")],
)
def test_the_planned_role_is_enough(features: tuple[str, ...], rig: Rig) -> None:
    (role,) = plan(features, TEAM).roles
    for feature in features:
        assert rig.trial(TEAM, role).verdicts[Capability(feature)].state in WORKS
