"""Key text as people paste it, and everything that is not a key."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.errors import CredentialError
from ascinbox.core.secret import Secret
from ascinbox.sources.apple.keys import fingerprint, key_id_from_filename, load_private_key

KEY = ec.generate_private_key(ec.SECP256R1())


def pem_of(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey = KEY,
    form: PrivateFormat = PrivateFormat.PKCS8,
    encryption: KeySerializationEncryption | None = None,
) -> str:
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


PEM = pem_of()
LINES = PEM.strip().splitlines()
BODY = "".join(LINES[1:-1])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PEM, id="as it is"),
        pytest.param(PEM.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(PEM.replace("\n", "\\n"), id="literal newline"),
        pytest.param(PEM.replace("\n", "\\r\\n"), id="literal CRLF"),
        pytest.param('"' + PEM.replace("\n", "\\n") + '"', id="out of JSON"),
        pytest.param("\n".join(f"  {line}   " for line in LINES) + "\n\n", id="blanks"),
        pytest.param(" ".join(LINES), id="one line"),
        pytest.param("\ufeff" + PEM, id="BOM"),
        pytest.param(BODY, id="no header, no footer"),
        pytest.param("\n".join(LINES[1:]), id="no header"),
        pytest.param("\n".join(LINES[:-1]), id="no footer"),
        pytest.param(BODY.rstrip("="), id="no padding"),
        pytest.param(base64.b64encode(PEM.encode()).decode(), id="base64 of PEM"),
        pytest.param(base64.urlsafe_b64encode(PEM.encode()).decode().rstrip("="), id="urlsafe base64 of PEM"),
        pytest.param(pem_of(form=PrivateFormat.TraditionalOpenSSL), id="EC PRIVATE KEY"),
    ],
)
def test_pasted_text_is_repaired(text: str) -> None:
    for given_as in (text, Secret(text)):
        assert load_private_key(given_as).private_numbers() == KEY.private_numbers()


def certificate() -> str:
    name = x509.Name([])
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, KEY.public_key(), 1, now, now + timedelta(days=1))
    return made.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def public() -> str:
    return KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def rsa_pem(form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    return pem_of(rsa.generate_private_key(65537, 2048), form)


def bare(pem: str) -> str:
    return "".join(pem.strip().splitlines()[1:-1])


DEFECTS: list[tuple[str, Callable[[], str], str]] = [
    ("RSA", rsa_pem, "an RSA key"),
    ("RSA, traditional", lambda: rsa_pem(PrivateFormat.TraditionalOpenSSL), "an RSA key"),
    ("Ed25519", lambda: pem_of(ed25519.Ed25519PrivateKey.generate()), "another kind"),
    ("P-384", lambda: pem_of(ec.generate_private_key(ec.SECP384R1())), "wrong curve"),
    ("public", public, "public key"),
    ("public without header", lambda: bare(public()), "public key"),
    ("certificate", certificate, "certificate"),
    ("certificate without header", lambda: bare(certificate()), "certificate"),
    ("encrypted", lambda: pem_of(encryption=BestAvailableEncryption(b"x")), "encrypted"),
    (
        "encrypted, traditional",
        lambda: pem_of(form=PrivateFormat.TraditionalOpenSSL, encryption=BestAvailableEncryption(b"x")),
        "encrypted",
    ),
    ("truncated", lambda: "\n".join(LINES[:-2]), "truncated"),
    ("truncated in a line", lambda: PEM[: len(PEM) // 2], "truncated"),
    ("truncated with footer", lambda: "\n".join([*LINES[:2], LINES[-1]]), "truncated"),
    ("empty", lambda: " \n", "empty"),
    ("header only", lambda: LINES[0], "does not hold"),
    ("text", lambda: "Dear reader, this is no key.", "does not hold"),
    ("HTML", lambda: "<!DOCTYPE html><html>sign in</html>", "does not hold"),
    ("garbled", lambda: PEM.replace(LINES[1][:8], "AAAAAAAA"), "does not hold"),
    ("large", lambda: PEM * 100, "too large"),
]


@pytest.mark.parametrize(("make", "words"), [pytest.param(m, w, id=name) for name, m, w in DEFECTS])
def test_each_defect_has_its_own_sentence(make: Callable[[], str], words: str) -> None:
    text = make()
    with pytest.raises(CredentialError) as caught:
        load_private_key(text)
    assert words in caught.value.title
    assert caught.value.next_step
    assert caught.value.__cause__ is None
    told = str(caught.value) + repr(caught.value.args)
    for piece in (BODY[i : i + 12] for i in range(0, len(BODY) - 12, 12)):
        assert piece not in told


def test_the_sentences_differ() -> None:
    assert len({words for _, _, words in DEFECTS}) == 10


@given(st.text(max_size=300) | st.binary(max_size=200).map(lambda b: base64.b64encode(b).decode()))
def test_any_text_is_a_key_or_a_credential_error(text: str) -> None:
    for candidate in (text, f"{LINES[0]}\n{text}\n{LINES[-1]}"):
        with pytest.raises(CredentialError):
            load_private_key(candidate)


@given(st.integers(0, len(PEM) - 1), st.characters())
def test_one_changed_character_never_escapes_as_another_error(place: int, character: str) -> None:
    try:
        load_private_key(PEM[:place] + character + PEM[place + 1 :])
    except CredentialError as error:
        assert error.next_step


def test_fingerprint_is_of_the_public_key() -> None:
    der = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert fingerprint(KEY) == hashlib.sha256(der).hexdigest()[:16]
    assert fingerprint(load_private_key(PEM)) == fingerprint(KEY)


@pytest.mark.parametrize(
    ("name", "key_id"),
    [
        ("AuthKey_2X9R4HXF34.p8", "2X9R4HXF34"),
        ("/home/x/keys/AuthKey_2X9R4HXF34.p8", "2X9R4HXF34"),
        ("ApiKey_ABCDEFGHIJ.p8", "ABCDEFGHIJ"),
        ("AuthKey_2X9R4HXF34 (1).p8", "2X9R4HXF34"),
        ("AuthKey_2X9R4HXF34 copy.p8", "2X9R4HXF34"),
        ("2X9R4HXF34.p8", "2X9R4HXF34"),
        ("AuthKey_2X9R4HXF345.p8", None),
        ("AuthKey_.p8", None),
        ("mykey.p8", None),
    ],
)
def test_key_id_from_a_file_name(name: str, key_id: str | None) -> None:
    assert key_id_from_filename(name) == key_id
