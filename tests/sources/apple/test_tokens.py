"""Claims, caching and re-making of tokens."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ascinbox.core.errors import CredentialError
from ascinbox.core.records import CredentialKind
from ascinbox.sources.apple.tokens import TokenSource
from tests.sources.apple.scripted_server import StepClock

ISSUER = "57246542-96fe-1a63-e053-0824d011072a"


def claims(token: str, key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(
        token,
        key.public_key(),
        ["ES256"],
        options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
    )
    return decoded


@pytest.fixture
def team(api_key: ec.EllipticCurvePrivateKey, clock: StepClock) -> TokenSource:
    return TokenSource(CredentialKind.TEAM, "2X9R4HXF34", ISSUER.upper(), api_key, clock)


def test_team_token(team: TokenSource, api_key: ec.EllipticCurvePrivateKey, clock: StepClock) -> None:
    now = int(clock.now().timestamp())
    assert jwt.get_unverified_header(team.token()) == {"alg": "ES256", "kid": "2X9R4HXF34", "typ": "JWT"}
    assert claims(team.token(), api_key) == {
        "iss": ISSUER,
        "iat": now - 60,
        "exp": now + 14 * 60,
        "aud": "appstoreconnect-v1",
    }


def test_individual_token(api_key: ec.EllipticCurvePrivateKey, clock: StepClock) -> None:
    source = TokenSource(CredentialKind.INDIVIDUAL, "2X9R4HXF34", None, api_key, clock)
    said = claims(source.token(), api_key)
    assert said["sub"] == "user"
    assert not said.keys() & {"iss", "scope"}


def test_it_is_cached_and_remade_in_time(team: TokenSource, clock: StepClock) -> None:
    first = team.token()
    clock.advance(9 * 60)
    assert team.token() == first
    clock.advance(61)
    assert team.token() != first


@pytest.mark.parametrize("jump", [3600, -3600])
def test_a_jump_of_the_wall_clock_remakes_it(team: TokenSource, clock: StepClock, jump: int) -> None:
    first = team.token()
    clock.jump(jump)
    assert team.token() != first


def test_sleep_counts_by_the_steady_clock_alone(team: TokenSource, clock: StepClock) -> None:
    first = team.token()
    clock.advance(700)
    clock.jump(-700)
    assert team.token() != first


def test_it_never_has_less_than_the_margin_left(
    team: TokenSource, api_key: ec.EllipticCurvePrivateKey, clock: StepClock
) -> None:
    for _ in range(200):
        assert claims(team.token(), api_key)["exp"] - clock.now().timestamp() >= 120
        clock.advance(17)


def test_threads_that_were_refused_together_share_one_new_token(team: TokenSource, clock: StepClock) -> None:
    refused = team.token()
    clock.advance(1)
    gate = threading.Barrier(4)

    def refresh(_: int) -> str:
        gate.wait()
        return team.refresh(refused)

    with ThreadPoolExecutor(4) as pool:
        fresh = set(pool.map(refresh, range(4)))
    assert len(fresh) == 1
    assert fresh != {refused}


def test_a_small_skew_is_corrected_and_a_large_one_is_not(
    team: TokenSource, api_key: ec.EllipticCurvePrivateKey, clock: StepClock
) -> None:
    now = int(clock.now().timestamp())
    assert claims(team.refresh(None, 300.0), api_key)["iat"] == now - 360
    assert team.skew_s == 300
    clock.advance(500)
    assert team.token() == team.token()
    assert claims(team.refresh(None, -300.0), api_key)["iat"] == now + 500 + 240
    assert claims(team.refresh(None, 3600.0), api_key)["iat"] == now + 500 + 240


def test_a_source_shows_no_key(team: TokenSource) -> None:
    assert repr(team) == "TokenSource(team, 2X9R4HXF34)"


@pytest.mark.parametrize(
    ("kind", "key_id", "issuer", "words"),
    [
        (CredentialKind.TEAM, "2X9R4HXF34", None, "issuer id"),
        (CredentialKind.TEAM, "2X9R4HXF34", "not-a-uuid", "issuer id"),
        (CredentialKind.TEAM, "", ISSUER, "key id"),
        (CredentialKind.TEAM, "AuthKey_2X9R4HXF34.p8", ISSUER, "key id"),
        (CredentialKind.INDIVIDUAL, "2X9R4HXF34", ISSUER, "individual key"),
        (CredentialKind.REPORTER, "2X9R4HXF34", None, "Reporter"),
    ],
)
def test_impossible_ids_are_refused_before_anything_is_sent(
    api_key: ec.EllipticCurvePrivateKey,
    clock: StepClock,
    kind: CredentialKind,
    key_id: str,
    issuer: str | None,
    words: str,
) -> None:
    with pytest.raises(CredentialError) as caught:
        TokenSource(kind, key_id, issuer, api_key, clock)
    assert words in caught.value.title


def test_a_year_2038_clock_makes_tokens(api_key: ec.EllipticCurvePrivateKey) -> None:
    source = TokenSource(
        CredentialKind.TEAM, "2X9R4HXF34", ISSUER, api_key, StepClock(datetime(2038, 2, 1, tzinfo=UTC))
    )
    assert claims(source.token(), api_key)["iat"] > 2**31
