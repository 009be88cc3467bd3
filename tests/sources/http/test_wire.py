"""The lowest floor: TLS that is never relaxed, proxies of the environment, resolving, waiting, stopping."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ascinbox.core.clock import SystemClock
from ascinbox.core.errors import ConfigError, NetworkError, Unavailable
from ascinbox.sources.apple.client import AppleClient, open_wire_to
from ascinbox.sources.http.errors import Stopped
from ascinbox.sources.http.origin import Origin
from ascinbox.sources.http.wire import Deadline, proxy_for
from tests.sources.apple.conftest import Connect
from tests.sources.apple.scripted_server import (
    GOOD,
    POST,
    REVIEWS,
    Reply,
    ScriptedServer,
    StepClock,
    reply_problem,
)


def authority(folder: Path, *, days: int = 1, hosts: tuple[str, ...] = ("127.0.0.1",)) -> tuple[Path, Path]:
    """A certificate that signs itself for `hosts`, and the file with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    start, end = sorted((now - timedelta(hours=1), now + timedelta(days=days)))
    names = [x509.IPAddress(ipaddress.ip_address(host)) for host in hosts]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, start, end)
        .add_extension(x509.SubjectAlternativeName(names), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "ca.pem", folder / "server.pem"
    public.write_bytes(certificate.public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    private.write_bytes(secret + public.read_bytes())
    return public, private


@pytest.fixture
def tls_front(server: ScriptedServer, tmp_path: Path) -> Iterator[TlsFront]:
    front = TlsFront(server.port, tmp_path)
    yield front
    front.close()


class TlsFront:
    """Takes TLS off in front of a scripted server."""

    def __init__(self, port: int, folder: Path) -> None:
        self.folder = folder
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self.ca, private = authority(folder)
        self.use(private)
        threading.Thread(target=self._accept, daemon=True).start()

    def use(self, private: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(private)

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(raw,), daemon=True).start()

    def _join(self, raw: socket.socket) -> None:
        try:
            outer = self._context.wrap_socket(raw, server_side=True)
        except OSError:
            return
        inner = socket.create_connection(("127.0.0.1", self._port))
        threading.Thread(target=pump, args=(outer, inner), daemon=True).start()
        pump(inner, outer)


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.close()
    except OSError:
        sink.close()


def test_tls_with_the_bundle_of_the_environment(
    tls_front: TlsFront, server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tls_front.ca))
    server.on(REVIEWS, GOOD)
    client = connect(tls_front.url)
    assert len(client.reviews("1").items) == 3
    assert len(client.reviews("1").items) == 3
    assert server.connections == 1


def test_tls_of_an_unknown_authority_is_refused(
    tls_front: TlsFront, server: ScriptedServer, connect: Connect
) -> None:
    with pytest.raises(NetworkError) as caught:
        connect(tls_front.url).publish("r1", "x")
    assert "not trusted" in caught.value.title
    assert "SSL_CERT_FILE" in caught.value.next_step
    assert caught.value.unsent
    assert server.connections == 0


@pytest.mark.parametrize(
    ("days", "host", "words"), [(-1, "127.0.0.1", "expired"), (1, "127.0.0.9", "mismatch")]
)
def test_tls_with_a_wrong_certificate_is_refused(
    tls_front: TlsFront, connect: Connect, monkeypatch: pytest.MonkeyPatch, days: int, host: str, words: str
) -> None:
    public, private = authority(tls_front.folder, days=days, hosts=(host,))
    tls_front.use(private)
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    with pytest.raises(NetworkError) as caught:
        connect(tls_front.url).reviews("1")
    assert words in caught.value.detail
    assert ("clock" in caught.value.next_step) == (words == "expired")


def test_a_bundle_that_is_not_there_is_a_clear_error(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    with pytest.raises(ConfigError, match=r"missing\.pem"):
        connect("https://api.appstoreconnect.apple.com")
    (tmp_path / "missing.pem").write_text("nothing")
    with pytest.raises(ConfigError):
        connect("https://api.appstoreconnect.apple.com")


def test_a_key_log_that_cannot_be_written_is_not_blamed_on_the_bundle(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "missing" / "keys.log"))
    with pytest.raises(ConfigError, match="SSLKEYLOGFILE") as caught:
        connect("https://api.appstoreconnect.apple.com")
    assert "SSL_CERT_FILE" not in str(caught.value)


def test_tls_that_drips_in_the_handshake_ends(connect: Connect, server: ScriptedServer) -> None:
    """A server that accepts and then says nothing of the handshake."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        client = connect(f"https://127.0.0.1:{mute.getsockname()[1]}", clock=SystemClock(), deadline_s=0.5)
        started = time.monotonic()
        with pytest.raises(NetworkError) as caught:
            client.publish("r1", "x")
    assert time.monotonic() - started < 1.5
    assert caught.value.unsent


# --- proxies ---


def test_the_proxy_of_the_environment_is_used(
    connect: Connect, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://name:word@127.0.0.1:{server.port}")
    server.on("api.appstoreconnect.apple.com:443", Reply(407))
    with pytest.raises(NetworkError) as caught:
        connect("https://api.appstoreconnect.apple.com").publish("r1", "x")
    assert "proxy" in caught.value.title
    assert caught.value.unsent
    assert "word" not in str(caught.value).replace("password", "")
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("CONNECT", "api.appstoreconnect.apple.com:443")
    assert seen.headers["proxy-authorization"].startswith("Basic ")
    assert "authorization" not in seen.headers


def test_loopback_needs_no_proxy(
    connect: Connect, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.on(REVIEWS, GOOD)
    assert connect(server).reviews("1").items


def test_which_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    assert proxy_for("https", "api.appstoreconnect.apple.com") is None
    monkeypatch.setenv("ALL_PROXY", "proxy.example:3128")
    proxy = proxy_for("https", "api.appstoreconnect.apple.com")
    assert proxy is not None
    assert (proxy.url.scheme, proxy.url.host, proxy.url.port) == (b"http", b"proxy.example", 3128)
    monkeypatch.setenv("NO_PROXY", ".apple.com,other.example")
    assert proxy_for("https", "api.appstoreconnect.apple.com") is None
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:port")
    with pytest.raises(ConfigError):
        proxy_for("https", "api.appstoreconnect.apple.com")


def test_a_socks_proxy_that_cannot_be_used_is_said(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises((ConfigError, NetworkError), match=r"SOCKS|reached"):
        connect("https://api.appstoreconnect.apple.com").reviews("1")


# --- time ---


def test_a_resolver_that_hangs_does_not_hold_a_request(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        release.wait(20)
        return []

    monkeypatch.setattr("socket.getaddrinfo", hang)
    client = connect("https://api.appstoreconnect.apple.com", clock=SystemClock(), deadline_s=0.4)
    started = time.monotonic()
    with pytest.raises(NetworkError) as caught:
        client.publish("r1", "x")
    release.set()
    assert time.monotonic() - started < 1.4
    assert caught.value.unsent


def test_a_deadline_is_a_timeout_that_shrinks(clock: StepClock) -> None:
    deadline = Deadline.after(clock, 30, stall=15)
    assert deadline == 30.0
    assert (deadline.remaining(), deadline.wait()) == (30, 15)
    clock.advance(20)
    assert (deadline.remaining(), deadline.wait()) == (10, 10)
    clock.advance(20)
    assert (deadline.remaining(), deadline.wait()) == (0, 0)


def test_retries_stay_inside_the_deadline(connect: Connect, clock: StepClock) -> None:
    asked: list[float] = []

    def slow_failure(request: httpx.Request) -> httpx.Response:
        asked.append(clock.monotonic())
        clock.advance(12)
        return httpx.Response(503)

    client = connect("http://127.0.0.1:1", deadline_s=30, transport=httpx.MockTransport(slow_failure))
    with pytest.raises(Unavailable):
        client.reviews("1")
    assert len(asked) == 3
    assert asked[-1] - asked[0] < 30


def test_stop_ends_a_wait(connect: Connect, server: ScriptedServer, clock: StepClock) -> None:
    stop = threading.Event()
    client = connect(server, stop=stop)
    server.on(REVIEWS, Reply(503))

    def sleep(seconds: float) -> None:
        clock.advance(seconds)
        stop.set()

    clock.sleep = sleep  # type: ignore[method-assign]
    with pytest.raises(Stopped) as caught:
        client.reviews("1")
    assert caught.value.unsent
    assert len(server.seen) == 1


# --- several threads ---


def test_four_threads_share_one_client(connect: Connect, server: ScriptedServer) -> None:
    client = connect(server, clock=SystemClock())
    server.on(REVIEWS, GOOD)
    server.on("/v1/apps/2/customerReviews", reply_problem(404, "NOT_FOUND"))
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(25):
                assert len(client.reviews("1").items) == 3
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(server.seen) == 100
    assert server.connections <= 4
    assert len({seen.authorization for seen in server.seen}) == 1


def test_a_connection_that_the_server_closed_meanwhile_costs_nothing(
    client: AppleClient, server: ScriptedServer
) -> None:
    """A kept connection that is known to be closed is replaced before a POST is risked on it."""
    server.on(REVIEWS, Reply(200, GOOD.body, GOOD.headers, end="fin"))
    client.reviews("1")
    time.sleep(0.05)
    server.on(POST, reply_problem(409))
    with pytest.raises(Exception, match="409"):
        client.publish("r1", "x")
    assert server.connections == 2


def test_clients_of_several_keys_share_a_wire(connect: Connect, server: ScriptedServer) -> None:
    server.on(REVIEWS, GOOD)
    shared = open_wire_to(Origin.parse(server.url))
    first, second = connect(server, transport=shared), connect(server, transport=shared)
    first.reviews("1")
    first.close()
    second.reviews("1")
    assert server.connections == 1
    shared.close()


def test_a_name_of_this_machine_that_leads_elsewhere_is_refused(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain http is for loopback only, whatever the resolver makes of the name."""
    elsewhere = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: elsewhere)
    with pytest.raises(NetworkError, match="another network") as caught:
        connect("http://localhost:80").reviews("1")
    assert caught.value.unsent
