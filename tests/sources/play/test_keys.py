"""Service accounts: what is none has a sentence of its own, and no message holds any of the key."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ascinbox.core.errors import CredentialError
from ascinbox.core.secret import Secret
from ascinbox.simulator.play.world import make_account
from ascinbox.sources.play.keys import fingerprint, load_rsa_key, normalised, read_account

ADDRESS = "https://oauth2.googleapis.com/token"


@pytest.fixture(scope="module")
def document() -> dict[str, str]:
    return make_account("a@b.iam.gserviceaccount.com", set()).document(ADDRESS)


def read(document: dict[str, Any]) -> Any:
    return read_account(Secret(json.dumps(document)))


def test_the_kept_form_reads_the_same_and_holds_nothing_beside(document: dict[str, str]) -> None:
    pasted = read(document | {"private_key": document["private_key"].replace("\n", "\\n")})
    kept = json.loads(normalised(pasted).reveal())
    assert kept["private_key"] == document["private_key"]
    assert "client_id" not in kept
    assert fingerprint(read(kept)) == fingerprint(read(document))
    assert "BEGIN" not in repr(pasted)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"type": "authorized_user"}, "no service account"),
        ({"private_key": ""}, "no private_key"),
        ({"client_email": "nobody"}, "client_email"),
        ({"token_uri": "https://evil.example/token"}, "not Google's"),
        ({"token_uri": "http://oauth2.googleapis.com/token"}, "not Google's"),
        ({"token_uri": "https://oauth2.googleapis.com:8443/token"}, "not Google's"),
        ({"token_uri": "https://x@oauth2.googleapis.com/token"}, "not Google's"),
        ({"token_uri": "http://127.0.0.1.evil.example/token"}, "not Google's"),
    ],
)
def test_what_cannot_be_used_is_said(document: dict[str, str], change: dict[str, str], says: str) -> None:
    with pytest.raises(CredentialError, match=says):
        read(document | change)


def test_loopback_is_a_token_address_for_the_simulator(document: dict[str, str]) -> None:
    assert read(document | {"token_uri": "http://127.0.0.1:81/token"}).token_uri.endswith(":81/token")


@pytest.mark.parametrize("text", ["", "{", "[1]", "hello", "-----BEGIN PRIVATE KEY-----\nAA==\n"])
def test_what_is_no_such_file_is_refused(text: str) -> None:
    with pytest.raises(CredentialError):
        read_account(Secret(text))


def test_a_key_that_is_cut_is_refused_without_its_text(document: dict[str, str]) -> None:
    account = read(document | {"private_key": document["private_key"][:300]})
    with pytest.raises(CredentialError) as caught:
        load_rsa_key(account)
    assert document["private_key"][100:130] not in str(caught.value)
