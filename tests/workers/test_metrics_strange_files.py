"""Reports as another server may write them: odd forms read exactly, broken ones told, no gap made a zero."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.output import as_json
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.table import Selection
from ascinbox.core.records import App
from tests.workers.simulated_apple import Apple, Desk

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
NEWEST = date(2026, 11, 20)
HEADER = (
    "Provider,Provider Country,SKU,Developer,Title,Version,Product Type Identifier,Units,Developer Proceeds,"
    "Begin Date,End Date,Customer Currency,Country Code,Currency of Proceeds,Apple Identifier,Customer Price,"
    "Promo Code,Parent Identifier,Subscription,Period,Category,CMB,Device,Supported Platforms,"
    "Proceeds Reason,Preserved Pricing,Client,Order Type"
).split(",")

Given = tuple[int, bytes]


@dataclass
class StandIn:
    """A server that answers each report as a test says; whatever is not named had no sales."""

    answers: dict[tuple[str, str, str], Given | Callable[[dict[str, str]], Given]] = field(
        default_factory=dict
    )
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, query: dict[str, str]) -> Given:
        if path == "/v1/financeReports":
            key = ("FINANCE", "", query["filter[reportDate]"])
        else:
            key = (query["filter[reportType]"], query["filter[frequency]"], query["filter[reportDate]"])
        self.asked.append(key)
        given = self.answers.get(key, refused(404, "There were no sales for the date specified."))
        return given(query) if callable(given) else given

    def day(self, day: date, given: Given | Callable[[dict[str, str]], Given]) -> None:
        self.answers["SALES", "DAILY", day.isoformat()] = given


def refused(status: int, detail: str) -> Given:
    code = {404: "NOT_FOUND", 403: "FORBIDDEN_ERROR", 410: "GONE"}.get(status, "PARAMETER_ERROR.INVALID")
    problem = {"id": "1", "status": str(status), "code": code, "title": "No", "detail": detail}
    return status, json.dumps({"errors": [problem]}).encode()


def rows(day: date, *sales: tuple[str, str, str, str, str]) -> list[dict[str, str]]:
    """Rows of (type, units, each, country, currency)."""
    return [
        {
            "SKU": "tide",
            "Title": "Tide Clock",
            "Product Type Identifier": kind,
            "Units": units,
            "Developer Proceeds": each,
            "Begin Date": f"{day:%m/%d/%Y}",
            "End Date": f"{day:%m/%d/%Y}",
            "Country Code": country,
            "Currency of Proceeds": currency,
            "Apple Identifier": "1476097583",
        }
        for kind, units, each, country, currency in sales
    ]


def text(table: list[dict[str, str]], header: list[str] = HEADER, end: str = "\n") -> bytes:
    lines = ["\t".join(header), *("\t".join(row.get(name, " ") for name in header) for row in table)]
    return (end.join(lines) + end).encode()


def packed(content: bytes) -> Given:
    return 200, gzip.compress(content)


def usual(day: date) -> list[dict[str, str]]:
    return rows(
        day,
        ("1F", "3.00", "0.70", "US", "USD"),
        ("1F", "-1.00", "0.70", "US", "USD"),
        ("1F", "2", "1.33", "DE", "EUR"),
        ("ZZ9", "5", "0.10", "JP", "JPY"),
    )


class Desktop:
    """One account on the stand-in."""

    def __init__(self, stand_in: StandIn, apple: Apple, desk: Desk) -> None:
        self.server = stand_in
        desk.apple = replace(apple, url=stand_in.url)
        account = apple.account(vendor="80000000", features=("sales", "finance"))
        self.space = desk.open(account, clock=ShiftedClock(NOW), sync_report_days="20")
        self.account = self.space.store.call(lambda store: store.accounts.list())[0]
        apps = [App("1476097583", "Tide Clock", "example.tide", "tide")]
        self.space.store.call(lambda store: store.accounts.save_apps(self.account.id, apps))

    def days(self) -> dict[str, dict[str, object]]:
        period = Period(NEWEST - timedelta(days=19), NEWEST)
        shape = as_json(self.space.metrics.table(Selection(Source.SALES, By.DAY, period)))
        return {row["day"]: row for row in shape["rows"]}


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    served = StandIn()

    class Handler(BaseHTTPRequestHandler):
        # Connections are kept, and an answer goes out in one piece.
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            split = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(split.query).items()}
            status, body = served.answer(split.path, query)
            kind = "application/a-gzip" if status == 200 else "application/json"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield served
    server.shutdown()
    server.server_close()


@pytest.fixture
def desktop(stand_in: StandIn, make_apple: Callable[..., Apple], desk: Desk) -> Desktop:
    return Desktop(stand_in, make_apple(apps=1, reviews=5), desk)


def back(days: int) -> date:
    return NEWEST - timedelta(days=days)


PROCEEDS = [
    {"amount": "2.66", "currency": "EUR"},
    {"amount": "0.50", "currency": "JPY"},
    {"amount": "1.40", "currency": "USD"},
]
USUAL: dict[str, object] = {"downloads": 4, "refunds": 1, "proceeds": PROCEEDS}
ZERO: dict[str, object] = {"downloads": 0, "refunds": 0, "proceeds": []}
UNKNOWN: dict[str, object] = dict.fromkeys(USUAL)


def versioned(day: date) -> Callable[[dict[str, str]], Given]:
    def answer(query: dict[str, str]) -> Given:
        if query.get("filter[version]") == "1_7":
            return packed(text(usual(day)))
        words = "Please include the version parameter. The latest version for this report is 1_7"
        return refused(400, words)

    return answer


SHUFFLED = [
    "Brand New Column",
    *reversed([name for name in HEADER if name not in ("CMB", "Client", "Version")]),
]
LEAN = [
    "Units",
    "Developer Proceeds",
    "Begin Date",
    "Product Type Identifier",
    "Country Code",
    "Currency of Proceeds",
    "Apple Identifier",
]

FORMS: dict[str, tuple[Callable[[date], Given | Callable[[dict[str, str]], Given]], dict[str, object]]] = {
    "usual": (lambda day: packed(text(usual(day))), USUAL),
    "columns in another order, one new, some gone": (lambda day: packed(text(usual(day), SHUFFLED)), USUAL),
    "only what figures need": (lambda day: packed(text(usual(day), LEAN)), USUAL),
    "byte order mark": (lambda day: packed(b"\xef\xbb\xbf" + text(usual(day))), USUAL),
    "carriage returns": (lambda day: packed(text(usual(day), end="\r\n")), USUAL),
    "not packed": (lambda day: (200, text(usual(day))), USUAL),
    "blank lines at the end": (lambda day: packed(text(usual(day)) + b"\n\n"), USUAL),
    "another version": (versioned, USUAL),
    "a header alone": (lambda _day: packed(text([])), ZERO),
    "no sales": (lambda _day: refused(404, "There were no sales for the date specified."), ZERO),
    "not out yet": (
        lambda _day: refused(
            404, "The request expected results but none were found - Report is not available yet."
        ),
        UNKNOWN,
    ),
    "no longer kept": (lambda _day: refused(410, "Report is no longer available."), UNKNOWN),
    "empty": (lambda _day: (200, b""), UNKNOWN),
    "an empty pack": (lambda _day: packed(b""), UNKNOWN),
    "cut in the pack": (lambda day: (200, gzip.compress(text(usual(day)))[:-20]), UNKNOWN),
    "cut in a row": (lambda day: packed(text(usual(day))[:-60]), UNKNOWN),
    "a web page": (lambda _day: (200, b"<!DOCTYPE html><title>Sign in</title>"), UNKNOWN),
    "without a column that figures need": (
        lambda day: packed(text(usual(day), [name for name in HEADER if name != "Units"])),
        UNKNOWN,
    ),
    "letters for a number": (
        lambda day: packed(text([{**usual(day)[0], "Units": "many"}])),
        UNKNOWN,
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_day_in_every_form(desktop: Desktop, form: str) -> None:
    make, expected = FORMS[form]
    strange = back(5)
    for number in range(20):
        desktop.server.day(back(number), packed(text(usual(back(number)))))
    desktop.server.day(strange, make(strange))
    desktop.space.metrics.fetch(desktop.account, "sales")
    days = desktop.days()
    assert {name: days[strange.isoformat()][name] for name in expected} == expected
    for number in range(20):
        if number != 5:
            told = days[back(number).isoformat()]
            assert {name: told[name] for name in USUAL} == USUAL
    period = Period(back(19), NEWEST)
    table = desktop.space.metrics.table(Selection(Source.SALES, By.APP, period))
    assert table.incomplete is (expected is UNKNOWN)
    assert table.complete_to == (back(6) if expected is UNKNOWN else NEWEST)
    # The usual day has a product type that nobody knows; that is said of every table.
    notes = [note for note in table.notes if not note.startswith("Counted as other")]
    assert bool(notes) is (expected is UNKNOWN)
    known = 19 + (expected is USUAL)
    (row,) = as_json(table)["rows"]
    assert row["downloads"] == 4 * known
    assert row["proceeds"] == [
        {"amount": f"{Decimal(each['amount']) * known:.2f}", "currency": each["currency"]}
        for each in PROCEEDS
    ]


def test_a_refusal_is_a_gap_with_apples_words_and_the_first_file_after_it_a_figure(desktop: Desktop) -> None:
    words = "This request is forbidden for security reasons"
    for number in range(20):
        desktop.server.day(back(number), refused(403, words))
    result = desktop.space.metrics.fetch(desktop.account, "sales")
    assert not result.ok
    assert {row["downloads"] for row in desktop.days().values()} == {None}
    for number in range(20):
        desktop.server.day(back(number), packed(text(usual(back(number)))))
    assert desktop.space.metrics.fetch(desktop.account, "sales").ok
    assert {row["downloads"] for row in desktop.days().values()} == {4}


def test_a_wrong_vendor_number_makes_no_subscription_zero(desktop: Desktop) -> None:
    words = "Invalid vendor number specified"
    for number in range(20):
        day = back(number).isoformat()
        desktop.server.day(back(number), refused(400, words))
        desktop.server.answers["SUBSCRIPTION", "DAILY", day] = refused(400, words)
    result = desktop.space.metrics.fetch(desktop.account, "sales")
    assert not result.ok
    period = Period(back(19), NEWEST)
    table = desktop.space.metrics.table(Selection(Source.SUBSCRIPTIONS, By.APP, period))
    assert {row.figures["active"] for row in table.rows} == {None}


def test_what_came_before_outlives_a_spoiled_correction(desktop: Desktop) -> None:
    for number in range(20):
        desktop.server.day(back(number), packed(text(usual(back(number)))))
    desktop.space.metrics.fetch(desktop.account, "sales")
    desktop.server.day(NEWEST, (200, gzip.compress(text(usual(NEWEST)))[:-20]))
    assert not desktop.space.metrics.fetch(desktop.account, "sales").ok
    assert desktop.days()[NEWEST.isoformat()]["downloads"] == 4
    more = [*usual(NEWEST), *rows(NEWEST, ("1F", "10", "0.70", "US", "USD"))]
    desktop.server.day(NEWEST, packed(text(more)))
    assert desktop.space.metrics.fetch(desktop.account, "sales").changed == 1
    assert desktop.days()[NEWEST.isoformat()]["downloads"] == 14


def test_the_second_time_only_the_newest_days_are_asked_for(desktop: Desktop) -> None:
    for number in range(20):
        desktop.server.day(back(number), packed(text(usual(back(number)))))
    desktop.space.metrics.fetch(desktop.account, "sales")
    desktop.server.asked.clear()
    desktop.space.metrics.fetch(desktop.account, "sales")
    assert sorted(desktop.server.asked) == [
        ("SALES", "DAILY", back(1).isoformat()),
        ("SALES", "DAILY", NEWEST.isoformat()),
    ]


def test_a_finance_file_without_trailer_or_with_foreign_columns_adds_up(desktop: Desktop) -> None:
    header = ["Quantity", "Extended Partner Share", "Partner Share Currency", "Apple Identifier", "Novelty"]
    lines = [
        "\t".join(header),
        "2\t1.40\tUSD\t1476097583\tx",
        "-1\t-0.70\tUSD\t1476097583\tx",
        "3\t4.11\tEUR\t1476097583\tx",
    ]
    desktop.server.answers["FINANCE", "", "2027-01"] = packed(("\r\n".join(lines) + "\r\n").encode())
    desktop.space.metrics.fetch(desktop.account, "finance")
    period = Period(date(2026, 10, 1), date(2026, 10, 31))
    table = desktop.space.metrics.table(Selection(Source.FINANCE, By.APP, period))
    row = next(row for row in table.rows if row.figures["units"] is not None)
    assert row.figures["units"] == 4
    assert row.figures["proceeds"] == {"USD": Decimal("0.70"), "EUR": Decimal("4.11")}
