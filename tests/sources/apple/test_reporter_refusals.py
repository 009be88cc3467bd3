"""What Reporter's refusals mean, each its own sentence; answers as clients of the service recorded them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import httpx
import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.errors import RateLimited, Rejected, SourceError, Unauthorized, Unavailable
from ascinbox.core.secret import Secret
from ascinbox.sources.apple.reporter import Reporter, ReporterAccount, SeveralAccounts

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
MORE_THAN_ONE = "You have access to more than one account. Please specify an account number"


class Quick(ShiftedClock):
    def sleep(self, seconds: float) -> None:
        del seconds


def xml(code: int, message: str) -> str:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"


def reporter(
    status: int, body: str, account: str | None = None, headers: dict[str, str] | None = None
) -> tuple[Reporter, list[dict[str, str]]]:
    asked: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(parse_qs(request.content.decode())["jsonRequest"][0]))
        return httpx.Response(status, text=body, headers=headers)

    service = Reporter(
        Secret("a-token"), clock=Quick(NOW), account=account, transport=httpx.MockTransport(answer)
    )
    return service, asked


@pytest.mark.parametrize(
    ("status", "body", "kind", "title"),
    [
        (400, xml(214, MORE_THAN_ONE), SeveralAccounts, "several accounts"),
        (401, xml(214, "Your access token is for several accounts."), SeveralAccounts, "several accounts"),
        (400, xml(999, "Please enter your account number."), SeveralAccounts, "several accounts"),
        (401, xml(123, "The access token has expired."), Unauthorized, "has expired"),
        (400, xml(212, "An unexpected error occurred. Try again later."), Unavailable, "does not work"),
        (404, "", Rejected, "answered 404 and gave no reason"),
        (400, xml(101, "Invalid command."), Rejected, "refuses this request"),
    ],
)
def test_each_refusal_has_its_own_sentence(
    status: int, body: str, kind: type[SourceError], title: str
) -> None:
    service, _ = reporter(status, body)
    with pytest.raises(kind, match=title) as refused:
        service.vendors()
    assert type(refused.value) is kind


@pytest.mark.parametrize(("headers", "seconds"), [({}, 60), ({"retry-after": "120"}, 120)])
def test_a_limit_says_until_when(headers: dict[str, str], seconds: int) -> None:
    service, _ = reporter(429, "", headers=headers)
    with pytest.raises(RateLimited) as refused:
        service.vendors()
    assert abs(refused.value.retry_at - NOW - timedelta(seconds=seconds)) < timedelta(seconds=5)


def test_an_account_that_reporter_does_not_know_is_named() -> None:
    service, asked = reporter(404, "", account="1234567")
    with pytest.raises(Rejected, match="does not know account 1234567"):
        service.vendors()
    assert asked[0]["account"] == "1234567"


def test_without_an_account_none_is_sent() -> None:
    service, asked = reporter(200, "<Vendors><Vendor>85000001</Vendor></Vendors>")
    assert service.vendors() == ("85000001",)
    assert "account" not in asked[0]


def test_the_accounts_are_read() -> None:
    text = (
        "<Accounts><Account><Name>North 24 &amp; Co</Name><Number>1234567</Number></Account>"
        "<Account><Name>South</Name><Number>7654321</Number></Account></Accounts>"
    )
    service, _ = reporter(200, text)
    assert [account.number for account in service.accounts()] == ["1234567", "7654321"]
    assert service.accounts()[1] == ReporterAccount("7654321", "South")
