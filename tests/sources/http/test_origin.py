"""The pinned origin, and what may be fetched without a token."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.errors import UsageError
from ascinbox.core.stores import APP_STORE
from ascinbox.sources.http.origin import Origin, check_download, is_public, segment
from tests.hostile.fuzzing import fuzz


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (APP_STORE.api, APP_STORE.api),
        (APP_STORE.api + "/", APP_STORE.api),
        ("https://API.AppStoreConnect.apple.com:443", APP_STORE.api),
        ("https://gateway.example:8443", "https://gateway.example:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:1/", "http://localhost:1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_base_urls_that_are_taken(text: str, shown: str) -> None:
    origin = Origin.parse(text)
    assert str(origin) == shown
    assert origin.owns(origin.url("/v1/apps", "limit=1"))
    assert origin.loopback == ("127." in text or "localhost" in text or "::1" in text)


@pytest.mark.parametrize(
    "text",
    [
        "http://api.appstoreconnect.apple.com",
        "http://192.168.0.1:8080",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "https://user:SECRETWORD@api.appstoreconnect.apple.com",
        "https://api.appstoreconnect.apple.com/v1",
        "https://api.appstoreconnect.apple.com?x=1",
        "https://api.appstoreconnect.apple.com#x",
        "api.appstoreconnect.apple.com",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "https://",
        "https://host:port",
        "https://[::1",
        "",
    ],
)
def test_base_urls_that_are_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Origin.parse(text)
    assert "SECRETWORD" not in str(caught.value)
    assert "ASCINBOX_API_URL" in caught.value.next_step


@fuzz("links")
@given(st.text(max_size=60))
def test_no_path_leaves_the_origin(path: str) -> None:
    origin = Origin.parse(APP_STORE.api)
    for candidate in (path, "/" + path, f"/v1/{path}"):
        try:
            url = origin.url(candidate)
        except UsageError:
            continue
        assert origin.owns(url)
        assert url.path.startswith("/")


@given(st.text(min_size=1, max_size=60).filter(lambda s: s not in (".", "..") and s.isprintable()))
def test_any_id_is_one_segment(identifier: str) -> None:
    url = Origin.parse(APP_STORE.api).url(f"/v1/customerReviews/{segment(identifier)}/response")
    assert url.raw_path.count(b"/") == 4
    assert url.raw_path.startswith(b"/v1/customerReviews/")
    assert not url.query


@pytest.mark.parametrize("identifier", ["", ".", ".."])
def test_what_is_no_id(identifier: str) -> None:
    with pytest.raises(UsageError):
        segment(identifier)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.appstoreconnect.apple.com/v1/apps",
        "https://api.appstoreconnect.apple.com:8443/v1/apps",
        "https://api.appstoreconnect.apple.com.evil.example/v1/apps",
        "https://evil.example/v1/apps",
        "https://user@api.appstoreconnect.apple.com/v1/apps",
    ],
)
def test_what_the_origin_does_not_own(url: str) -> None:
    assert not Origin.parse(APP_STORE.api).owns(httpx.URL(url))


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("17.253.144.10", True), ("2620:149:af0::10", True), ("10.0.0.1", False), ("172.16.0.1", False),
        ("192.168.1.1", False), ("127.0.0.1", False), ("169.254.169.254", False), ("100.64.0.1", False),
        ("0.0.0.0", False), ("224.0.0.1", False), ("255.255.255.255", False), ("::1", False), ("::", False),
        ("fe80::1%eth0", False), ("fd00::1", False), ("::ffff:10.0.0.1", False), ("::ffff:17.1.1.1", True),
        ("ff02::1", False), ("host.example", False), ("", False),
    ],
)  # fmt: skip
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_presigned_links_that_are_followed() -> None:
    signed = "https://bucket.s3.us-west-2.amazonaws.com/a/b.csv.gz?X-Amz-Signature=ab%2Fc"
    assert check_download(signed, allow_loopback=False).query == "X-Amz-Signature=ab%2Fc"
    assert check_download("https://17.253.144.10:443/x", allow_loopback=False)
    assert check_download("http://127.0.0.1:8080/x", allow_loopback=True)


@fuzz("links")
@given(st.text(max_size=60), st.booleans())
def test_any_link_is_judged(url: str, allow_loopback: bool) -> None:
    try:
        parts = check_download(url, allow_loopback=allow_loopback)
    except ValueError:
        return
    assert parts.hostname
