"""TLS to a team's database: the right name, another name, no trust, none at all."""

from __future__ import annotations

import datetime
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ascinbox.core.secret import Secret
from ascinbox.store.queue.team import errors, install
from ascinbox.store.queue.team.address import TeamAddress
from ascinbox.store.queue.team.connection import TeamSession
from tests.postgres import PostgresServer, binaries, server


def certificate(folder: Path, name: str) -> None:
    """A certificate of this name that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.key").write_bytes(private)
    (folder / "server.key").chmod(0o600)


@pytest.fixture(scope="module")
def secured() -> Iterator[tuple[PostgresServer, str]]:
    """A server on loopback that shows a certificate for db.example, and a team in it."""
    if binaries() is None:
        pytest.skip("no PostgreSQL here")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with server() as own:
        database = own.team()
        with psycopg.connect(own.url(database), autocommit=True) as root:
            root.execute("CREATE ROLE rita LOGIN PASSWORD 'right'")
            root.execute(f'GRANT "{install.members_of(database)}" TO rita')
            root.execute("SELECT ascinbox.put_member('rita', 'replier')")
        own.stop("fast")
        certificate(own.data, "db.example")
        if os.geteuid() == 0:
            owner = own.data.stat()
            for name in ("server.crt", "server.key"):
                os.chown(own.data / name, owner.st_uid, owner.st_gid)
        (own.data / "pg_hba.conf").write_text(
            "local all asc_super trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
        own.port = port
        own.start({"listen_addresses": "127.0.0.1", "ssl": "on"})
        yield own, database


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def session(own: PostgresServer, database: str, host: str, more: str, home: Path) -> TeamSession:
    # hostaddr says where it is, host which name its certificate has to have.
    url = f"postgresql://rita@{host}:{own.port}/{database}?hostaddr=127.0.0.1{more}"
    return TeamSession(TeamAddress.parse(url), password=lambda: Secret("right"), home=home)


def test_the_right_name_and_authority_are_enough(secured: tuple[PostgresServer, str], home: Path) -> None:
    own, database = secured
    root = home / "root.crt"
    shutil.copy(own.data / "server.crt", root)
    opened = session(own, database, "db.example", f"&sslrootcert={root}", home)
    assert opened.open().me == "rita"
    opened.close()


def test_a_certificate_for_another_name_is_said(secured: tuple[PostgresServer, str], home: Path) -> None:
    own, database = secured
    root = home / "root.crt"
    shutil.copy(own.data / "server.crt", root)
    with pytest.raises(errors.TeamError, match="certificate for another name"):
        session(own, database, "other.example", f"&sslrootcert={root}", home).open()


def test_a_certificate_that_nobody_vouches_for_is_said(
    secured: tuple[PostgresServer, str], home: Path
) -> None:
    own, database = secured
    with pytest.raises(errors.TeamError, match="not one that this machine trusts"):
        session(own, database, "db.example", "", home).open()


def test_a_server_without_tls_is_said_and_gets_no_password(
    secured: tuple[PostgresServer, str], home: Path
) -> None:
    own, database = secured
    own.stop("fast")
    own.start({"listen_addresses": "127.0.0.1", "ssl": "off"})
    try:
        with pytest.raises(errors.TeamError, match="offers no TLS"):
            session(own, database, "db.example", "", home).open()
        local = TeamAddress.parse(f"postgresql://rita@127.0.0.1:{own.port}/{database}")
        opened = TeamSession(local, password=lambda: Secret("right"), home=home)
        assert opened.open().me == "rita", "on this machine it is not needed"
        opened.close()
    finally:
        own.stop("fast")
        own.start({"listen_addresses": "127.0.0.1", "ssl": "on"})
