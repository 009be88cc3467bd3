"""Schemathesis, from Apple's description over the served routes: no 5xx, no answer outside the schema."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ascinbox.simulator.routes import ENDPOINTS
from tests.simulator.apple_description import description
from tests.simulator.sim_desk import Desk, MakeDesk

pytestmark = pytest.mark.slow

MODES = ("positive", "negative")
"""Of Schemathesis, which is imported where it is used: each process of the quick checks reads this file."""
UNDECLARED = {
    ("GET", "/v1/salesReports"): {404, 410},
    ("GET", "/v1/financeReports"): {404},
    ("GET", "/v1/userInvitations/{id}"): {410},
    ("DELETE", "/v1/userInvitations/{id}"): {410},
    ("POST", "/v1/customerReviewResponses"): {415},
    ("POST", "/v1/userInvitations"): {415},
    ("POST", "/v1/analyticsReportRequests"): {415},
}
"""Statuses that Apple is known to send without declaring them for the operation."""
NAMES = [f"{endpoint.method} {endpoint.path}" for endpoint in ENDPOINTS]


@pytest.fixture(scope="module")
def served() -> Any:
    """Apple's description, cut to what is served."""
    import schemathesis

    assert [mode.value for mode in schemathesis.GenerationMode] == list(MODES)
    raw = description().raw
    verbs: dict[str, set[str]] = {}
    for endpoint in ENDPOINTS:
        verbs.setdefault(endpoint.path, {"parameters"}).add(endpoint.method.lower())
    raw["paths"] = {
        path: {verb: entry for verb, entry in raw["paths"][path].items() if verb in kept}
        for path, kept in verbs.items()
    }
    return schemathesis.openapi.from_dict(raw)


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    """A small world with room for many requests, and something behind every kind of id."""
    return make_desk(apps=1, reviews=20, hour_limit=1_000_000)


def known_ids(desk: Desk) -> list[str]:
    """Ids of everything there is."""
    world = desk.simulator.world
    team = next(iter(world.teams.values()))
    return [
        *world.apps,
        *list(world.reviews)[:5],
        *list(world.replies)[:3],
        *team.users,
        *team.invitations,
    ]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", NAMES)
def test_no_server_error_and_nothing_outside_the_schema(
    served: Any, desk: Desk, name: str, mode: str
) -> None:
    from schemathesis import GenerationMode, checks
    from schemathesis.specs.openapi import checks as of_schemas

    every = [
        checks.not_a_server_error,
        of_schemas.content_type_conformance,
        of_schemas.response_schema_conformance,
        of_schemas.status_code_conformance,
    ]
    method, path = name.split(" ")
    served.app = desk.simulator
    operation = served[path][method]
    headers = {"Authorization": f"Bearer {desk.token(desk.admin)}"}
    ids = st.none() | st.sampled_from(known_ids(desk))

    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=GenerationMode(mode)), known=ids)
    def run(case: Any, known: str | None) -> None:
        if known is not None and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = known
        answer = case.call(headers=headers)
        if answer.status_code not in UNDECLARED.get((method, path), ()):
            case.validate_response(answer, checks=every)

    run()
