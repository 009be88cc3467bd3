"""Report files under every `Content-Encoding` that Apple has been seen to send: the bytes decide."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.records import CredentialKind
from ascinbox.core.secret import Secret
from ascinbox.simulator.app import Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.market import market_of
from ascinbox.simulator.routes.analytics import analytics_of
from ascinbox.simulator.server import serve_in_thread
from ascinbox.sources.apple.client import AppleClient
from ascinbox.sources.apple.download import Download
from ascinbox.sources.apple.reporter import Reporter, SalesAsk
from ascinbox.sources.apple.reports import parse_finance, parse_sales
from ascinbox.sources.apple.tokens import TokenSource
from ascinbox.sources.http.errors import DamagedAnswer, WebPage
from tests.sources.apple.report_files import SALES_1_0, sale, table
from tests.sources.apple.scripted_server import Reply, ScriptedServer, bomb

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
DAY = date(2026, 11, 17)
PERIOD = FiscalPeriod(2027, 1)
ENCODINGS = ("agzip", "a-gzip", "application/a-gzip", "none", "UTF-8", "gzip", "identity", "")
REPORT = "/v1/salesReports"


class Desk:
    """A simulator with its key, its Reporter token and an analytics request that has delivered."""

    def __init__(self) -> None:
        clock = ShiftedClock(NOW)
        self.world = make_world(7, NOW, apps=2, reviews=4)
        self.simulator = Simulator(self.world, clock=clock)
        self.served = serve_in_thread(self.simulator)
        self.team = next(iter(self.world.teams.values()))
        self.trade = market_of(self.world).trade(self.team)
        key = next(key for key in self.world.keys.values() if "ADMIN" in key.roles and not key.individual)
        tokens = TokenSource(CredentialKind.TEAM, key.key_id, key.issuer_id, key.private, clock)
        self.client = AppleClient(tokens=tokens, clock=clock, base_url=self.served.url)
        self.reporter = Reporter(Secret(self.team.reporter_token), clock=clock, base_url=self.served.url)
        app_id = next(iter(self.world.apps))
        analytics_of(self.world).ask(app_id, "ONGOING", (NOW - timedelta(days=9)).timestamp())

    def params(self, **rest: str) -> dict[str, str]:
        return {"filter[vendorNumber]": self.team.vendor} | {f"filter[{n}]": v for n, v in rest.items()}

    def segment(self) -> Download:
        """The first segment of the first instance of the first report."""
        request = next(iter(analytics_of(self.world).requests))
        path = f"/v1/analyticsReportRequests/{request}/reports"
        for below in ("/v1/analyticsReports/{}/instances", "/v1/analyticsReportInstances/{}/segments"):
            path = below.format(self.client.get(path)["data"][0]["id"])
        return self.client.download_link(self.client.get(path)["data"][0]["attributes"]["url"])


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.client.close()
    made.reporter.close()
    made.served.stop()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_whatever_the_encoding_is_called_the_report_is_read(desk: Desk, encoding: str) -> None:
    desk.simulator.settings.file_encoding = encoding
    asked = desk.params(reportType="SALES", reportSubType="SUMMARY", frequency="DAILY", reportDate=str(DAY))
    sold = sum(sale.units for sale in desk.trade.sales(DAY))
    by_token = SalesAsk(desk.team.vendor, "SALES", "DAILY", DAY)
    for download in (desk.client.download(REPORT, asked), desk.reporter.sales_report(by_token)):
        with download as file:
            assert sum(fact.units for fact in parse_sales(file)) == sold
    asked = desk.params(reportType="FINANCIAL", regionCode="ZZ", reportDate=str(PERIOD))
    by_key = desk.client.download("/v1/financeReports", asked)
    for download in (by_key, desk.reporter.finance_report(desk.team.vendor, PERIOD)):
        with download as file:
            assert parse_finance(file, PERIOD)
    with desk.segment() as file:
        assert file.readline().startswith(b"Date\tApp Name")


PLAIN = table(SALES_1_0, [sale(), sale()])
CUT = gzip.compress(PLAIN)[:-12]


def named(body: bytes, encoding: str = "agzip", kind: str = "application/a-gzip") -> Reply:
    return Reply(200, body, (("Content-Type", kind), ("Content-Encoding", encoding)))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(PLAIN, id="plain"),
        pytest.param(gzip.compress(PLAIN), id="packed"),
        pytest.param(gzip.compress(gzip.compress(PLAIN)), id="packed twice"),
        pytest.param(gzip.compress(PLAIN[:90]) + gzip.compress(PLAIN[90:]), id="two members"),
    ],
)
def test_the_bytes_decide(client: AppleClient, server: ScriptedServer, body: bytes) -> None:
    for encoding in ("agzip", "gzip", "none"):
        server.on(REPORT, named(body, encoding))
        with client.download(REPORT) as file:
            assert file.read() == PLAIN
        assert client.probe(REPORT, accept="application/a-gzip").unreadable == ""


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        pytest.param(CUT, "application/a-gzip", DamagedAnswer, id="cut"),
        pytest.param(gzip.compress(CUT), "application/a-gzip", DamagedAnswer, id="cut inside"),
        pytest.param(bomb(b" ", 30), "application/a-gzip", UnexpectedAnswer, id="a bomb"),
        pytest.param(zlib.compress(PLAIN * 9), "application/a-gzip", UnexpectedAnswer, id="deflate"),
        pytest.param(b"<html>Sign in</html>", "application/a-gzip", WebPage, id="HTML"),
        pytest.param(gzip.compress(b"\n<html>Sign in</html>"), "text/html", WebPage, id="packed HTML"),
        pytest.param(b'{"data": []}', "application/json", WebPage, id="JSON"),
        pytest.param(b"Sign in first", "text/html", WebPage, id="text that calls itself HTML"),
    ],
)
def test_what_is_no_report_is_refused_under_every_name(
    client: AppleClient, server: ScriptedServer, body: bytes, kind: str, error: type[UnexpectedAnswer]
) -> None:
    server.on(REPORT, named(body, "agzip", kind))
    with pytest.raises(error):
        client.download(REPORT)
    read: Callable[[], object] = lambda: client.probe(REPORT, accept="application/a-gzip")  # noqa: E731
    if error is WebPage:
        with pytest.raises(WebPage):
            read()
        return
    probe = client.probe(REPORT, accept="application/a-gzip")
    assert probe.status == 200
    assert probe.unreadable, "a probe unpacks the answer that it calls fine"
