"""Report files are sent as Apple sends them: headers, chunks, members, and cells of a single space."""

from __future__ import annotations

import gzip
import zlib
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.simulator import files
from ascinbox.simulator.app import Settings, Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.market import market_of
from ascinbox.simulator.server import serve_in_thread
from tests.simulator.sim_desk import MakeDesk

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize("chunked", [True, False])
def test_a_report_has_the_headers_of_apples_downloads(make_desk: MakeDesk, chunked: bool) -> None:
    desk = make_desk(reviews=4)
    desk.simulator.settings.files_chunked = chunked
    team = next(iter(desk.simulator.world.teams.values()))
    day = (desk.clock.now() - timedelta(days=4)).date()
    asked = {
        "filter[vendorNumber]": team.vendor,
        "filter[reportType]": "SALES",
        "filter[reportSubType]": "SUMMARY",
        "filter[frequency]": "DAILY",
        "filter[reportDate]": day.isoformat(),
    }
    headers = {"Authorization": f"Bearer {desk.token(desk.admin)}"}
    with (
        serve_in_thread(desk.simulator) as served,
        httpx.Client(base_url=served.url, headers=headers) as client,
        client.stream("GET", "/v1/salesReports", params=asked) as answer,
    ):
        body = b"".join(answer.iter_raw())
    name = f"S_D_{team.vendor}_{day:%Y%m%d}.txt.gz"
    assert answer.headers["content-encoding"] == "agzip"
    assert answer.headers["content-type"] == "application/a-gzip"
    assert answer.headers["content-disposition"] == f"attachment;filename={name}"
    assert answer.headers["x-reports-filename"] == name
    assert ("content-length" in answer.headers) is not chunked
    assert ("chunked" in answer.headers.get("transfer-encoding", "")) is chunked
    lines = gzip.decompress(body).decode().splitlines()
    assert "\t \t" in lines[1], "an empty cell is a single space"


def test_a_long_file_is_several_gzip_members() -> None:
    text = "a line of a report\n" * 5000
    first = zlib.decompressobj(31)
    assert len(first.decompress(files.pack(text))) == files.MEMBER
    assert first.unused_data
    assert gzip.decompress(files.pack(text)).decode() == text


def test_a_file_of_events_holds_two_days() -> None:
    world = make_world(7, NOW, apps=2, reviews=4)
    trade = market_of(world).trade(next(iter(world.teams.values())))
    rows = files.subscription_event_file(trade, date(2026, 11, 17)).splitlines()[1:]
    assert {row.partition("\t")[0] for row in rows} == {"2026-11-16", "2026-11-17"}


def test_json_is_printed_for_people(make_desk: MakeDesk) -> None:
    body = make_desk(reviews=4).get("/v1/apps").body
    assert b'"data" : [' in body
    assert body.count(b"\n") > 10


def test_settings_have_the_manners_by_default() -> None:
    settings = Simulator(make_world(7, NOW, apps=1, reviews=1), clock=ShiftedClock(NOW)).settings
    assert settings == Settings(
        link_host="https://api.appstoreconnect.apple.com",
        nulls=True,
        file_encoding="agzip",
        files_chunked=True,
    )
