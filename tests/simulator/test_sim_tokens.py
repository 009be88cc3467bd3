"""Tokens are refused as Apple refuses them: one 401 for every fault, without a hint."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulator.sim_desk import Desk

MINUTE = 60


def test_a_team_key_names_its_issuer_and_an_individual_key_its_user(desk: Desk) -> None:
    for key in (desk.admin, desk.key("CUSTOMER_SUPPORT", individual=True)):
        assert desk.get("/v1/apps", key=key).status == 200
    swapped = desk.token(desk.key("ADMIN", individual=True), sub=None, iss=desk.admin.issuer_id)
    assert desk.get("/v1/apps", token=swapped).status == 401
    assert desk.get("/v1/apps", token=desk.token(desk.admin, sub="user", iss=None)).status == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "appstoreconnect-v2"},
        {"aud": None},
        {"iss": "57246542-96fe-1a63-e053-0824d011072a"},
        {"iss": None},
        {"exp": None},
        {"iat": None},
        {"iat": "yesterday"},
        {"exp": {"at": 1}},
    ],
)
def test_wrong_claims_are_401(desk: Desk, claims: dict[str, Any]) -> None:
    answer = desk.get("/v1/apps", token=_raw_token(desk, claims))
    assert (answer.status, answer.code) == (401, "NOT_AUTHORIZED")


def _raw_token(desk: Desk, claims: dict[str, Any]) -> str:
    """Signs claims that PyJWT itself would refuse to encode."""
    now = int(desk.clock.now().timestamp())
    made = {"iat": now, "exp": now + 600, "aud": "appstoreconnect-v1", "iss": desk.admin.issuer_id, **claims}
    made = {name: value for name, value in made.items() if value is not None}
    algorithm = jwt.get_algorithm_by_name("ES256")
    head = {"alg": "ES256", "kid": desk.admin.key_id, "typ": "JWT"}
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in (head, made))
    return f"{signed}.{_encoded(algorithm.sign(signed.encode(), desk.admin.private))}"


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("issued", "expires", "good"),
    [
        (0, 20 * MINUTE, True),
        (0, 20 * MINUTE + 1, False),
        (-19 * MINUTE, 30, True),
        (-21 * MINUTE, -MINUTE, False),
        (-10 * MINUTE, 0, False),
        (30, 10 * MINUTE, True),
        (5 * MINUTE, 10 * MINUTE, False),
        (0, 0, False),
    ],
)
def test_lifetime(desk: Desk, issued: int, expires: int, good: bool) -> None:
    now = int(desk.clock.now().timestamp())
    token = desk.token(desk.admin, iat=now + issued, exp=now + expires)
    assert desk.get("/v1/apps", token=token).status == (200 if good else 401)


def test_a_good_token_ends_with_its_time_and_with_its_key(desk: Desk) -> None:
    token = desk.token(desk.admin)
    assert desk.get("/v1/apps", token=token).status == 200
    desk.simulator.happen("revoke", key_id=desk.admin.key_id)
    assert desk.get("/v1/apps", token=token).status == 401
    support = desk.key("CUSTOMER_SUPPORT")
    token = desk.token(support)
    assert desk.get("/v1/apps", token=token).status == 200
    desk.clock.sleep(601)
    assert desk.get("/v1/apps", token=token).status == 401


def test_other_signatures_are_401(desk: Desk) -> None:
    token = desk.token(desk.admin)
    signed, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    stranger = ec.generate_private_key(ec.SECP256R1())
    claims = jwt.decode(token, options={"verify_signature": False})
    forged = jwt.encode(claims, stranger, algorithm="ES256", headers={"kid": desk.admin.key_id})
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": desk.admin.key_id})
    for bad in (
        f"{signed}.{_encoded(der)}",
        f"{signed}.{_encoded(bytes(64))}",
        forged,
        unsigned,
        f"{signed}.",
        jwt.encode(claims, desk.admin.private, algorithm="ES256", headers={"kid": "UNKNOWNKEY"}),
    ):
        assert desk.get("/v1/apps", token=bad).status == 401


def test_a_missing_or_other_scheme_is_401(desk: Desk) -> None:
    good = desk.token(desk.admin)
    for value in ("", "Bearer", f"Basic {good}", good):
        assert desk.get("/v1/apps", headers={"authorization": value}).status == 401
    assert desk.get("/v1/apps", headers={"authorization": f"bearer {good}"}).status == 200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(max_codepoint=0xFF, exclude_characters="\r\n")))
def test_no_token_text_breaks_the_server(desk: Desk, text: str) -> None:
    assert desk.get("/v1/apps", token=text).status == 401
