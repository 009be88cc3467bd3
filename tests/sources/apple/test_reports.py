import gzip
import io
import random
from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.errors import UnexpectedAnswer
from ascinbox.core.metrics.fiscal import FiscalPeriod
from ascinbox.core.metrics.reports import ANALYTICS_REPORTS
from ascinbox.sources.apple.reports import (
    parse_analytics,
    parse_finance,
    parse_sales,
    parse_subscription_events,
    parse_subscriptions,
)
from tests.sources.apple.report_files import (
    APP_DOWNLOADS,
    FINANCE_DETAIL,
    FINANCIAL,
    SALES_1_0,
    SUBSCRIPTION_1_3,
    SUBSCRIPTION_EVENT,
    packed,
    sale,
    table,
)
from tests.sources.apple.scripted_server import bomb

DOWNLOADS = next(report for report in ANALYTICS_REPORTS if report.name == "App Downloads Standard")


def test_a_refund_lowers_units_and_proceeds() -> None:
    rows = [
        sale(Units="100", Developer_Proceeds="0.70", Customer_Price="0.99"),
        sale(Units="-50", Developer_Proceeds="0.70", Customer_Price="-0.99"),
    ]
    (fact,) = parse_sales(packed(table(SALES_1_0, rows)))
    assert (fact.units, fact.refunds, fact.proceeds) == (Decimal(50), Decimal(50), Decimal("35.00"))
    assert (fact.day, fact.territory, fact.currency) == (date(2026, 11, 19), "USA", "USD")


def test_totals_equal_a_computation_that_shares_nothing_with_the_parser() -> None:
    rng = random.Random(5)
    rows = [
        sale(
            Units=str(rng.choice([1, 2, 7, -1, -3, "1.00"])),
            Developer_Proceeds=rng.choice(["0.70", "3.4999", "1400", " ", "0"]),
            Currency_of_Proceeds=rng.choice(["USD", "EUR", "JPY"]),
            Country_Code=rng.choice(["US", "DE", "JP", "XK"]),
            Product_Type_Identifier=rng.choice(["1F", "3F", "7F", "IA1", "IAY", "ZZ9"]),
        )
        for _ in range(2_000)
    ]
    expected: dict[str, Fraction] = defaultdict(Fraction)
    for row in rows:
        each = str(row["Developer Proceeds"]).strip() or "0"
        expected[str(row["Currency of Proceeds"])] += Fraction(str(row["Units"])) * Fraction(each)
    got: dict[str, Fraction] = defaultdict(Fraction)
    for fact in parse_sales(packed(table(SALES_1_0, rows))):
        got[fact.currency] += Fraction(fact.proceeds)
    assert got == expected


def test_columns_are_found_by_name_whatever_their_order_and_number() -> None:
    header = [*reversed(SALES_1_0), "Something New"]
    header.remove("Promo Code")
    (fact,) = parse_sales(packed(table(header, [sale(Units="3", Country_Code="XK")])))
    assert (fact.units, fact.territory) == (Decimal(3), "XKS")


def test_a_missing_column_is_named() -> None:
    header = [name for name in SALES_1_0 if name != "Units"]
    with pytest.raises(UnexpectedAnswer, match="'Units'"):
        parse_sales(packed(table(header, [sale()])))


def test_unpacked_text_with_a_byte_order_mark_is_read() -> None:
    plain = io.BytesIO("\ufeff".encode() + table(SALES_1_0, [sale()]))
    assert len(parse_sales(plain)) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(table(SALES_1_0, [sale()] * 50), mtime=0)[:-9], "damaged or cut"),
        (gzip.compress(table(SALES_1_0, [sale()]), mtime=0)[:-8] + b"\0" * 8, "damaged or cut"),
        (table(SALES_1_0, [sale(), sale()])[:-30], "cut or garbled"),
        (b"<html><body>Sign in</body></html>", "web page"),
        (b"", "empty"),
        (table(SALES_1_0, [sale(Units="NaN")]), "number"),
        (table(SALES_1_0, [sale(Units="lots")]), "number"),
        (table(SALES_1_0, [sale(Units="9e999999")]), "number"),
        (table(SALES_1_0, [sale(Units="1e-999999")]), "number"),
        (table(SALES_1_0, [sale(Units="9" * 400)]), "number"),
        (table(SALES_1_0, [sale(Units="999999999999", Developer_Proceeds="999999999999")]), "more than can"),
        pytest.param(bomb(b"\n", 9, table(SALES_1_0, [sale()])), "damaged or cut", marks=pytest.mark.slow),
        (bomb(b"a", 9), "damaged or cut"),
        (b"a" * (3 << 20), "no end"),
        (table(SALES_1_0, [sale(Begin_Date="2026-31-12")]), "date"),
    ],
    ids=[
        "cut",
        "checksum",
        "row",
        "html",
        "empty",
        "nan",
        "words",
        "huge",
        "tiny",
        "long",
        "sum",
        "bomb of lines",
        "bomb of one line",
        "endless line",
        "date",
    ],
)
def test_a_broken_file_gives_a_sentence_and_no_fact(content: bytes, words: str) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        parse_sales(io.BytesIO(content))
    assert words in str(caught.value)


@given(st.binary(max_size=400))
def test_any_bytes_give_facts_or_a_sentence(content: bytes) -> None:
    for data in (content, gzip.compress(content), table(SALES_1_0, [sale()]) + content):
        try:
            parse_sales(io.BytesIO(data))
        except UnexpectedAnswer as error:
            assert error.title


def test_a_subscription_file_is_a_snapshot_of_the_day_asked_for() -> None:
    row = {
        "App Apple ID": "1476097583",
        "Subscription Name": "Yearly",
        "Subscription Apple ID": "99",
        "Country": "DE",
        "Active Standard Price Subscriptions": "40",
        "Active Free Trial Introductory Offer Subscriptions": "5",
        "Active Pay Up Front Introductory Offer Subscriptions": "2",
        "Active Pay As You Go Introductory Offer Subscriptions": "0",
        "Free Trial Offer Code Subscriptions": "1",
        "Pay Up Front Win-back Offers": "3",
        "Billing Retry": "4",
        "Grace Period": "1",
    }
    day = date(2026, 11, 19)
    (fact,) = parse_subscriptions(packed(table(SUBSCRIPTION_1_3, [row])), day)
    assert (fact.day, fact.active, fact.trials, fact.billing_retry, fact.grace) == (day, 45, 6, 4, 1)


def test_subscription_events_are_added_by_kind() -> None:
    row = {
        "Event Date": "2026-11-19",
        "App Apple ID": "1476097583",
        "Subscription Apple ID": "99",
        "Country": "DE",
        "Quantity": "2",
    }
    rows = [row | {"Event": "Renew"}, row | {"Event": "Renew"}, row | {"Event": "Something New"}]
    facts = parse_subscription_events(packed(table(SUBSCRIPTION_EVENT, rows)))
    assert {(fact.event, fact.quantity) for fact in facts} == {("Renew", 4), ("Something New", 2)}


def test_finance_detail_takes_the_dates_of_the_file() -> None:
    row = {
        "Transaction Date": "10/30/2025",
        "Settlement Date": "11/05/2025",
        "Apple Identifier": "1476097583",
        "SKU": "tide",
        "Title": "Tide Clock",
        "Product Type Identifier": "1F",
        "Country of Sale": "DE",
        "Partner Share Currency": "EUR",
    }
    sold = row | {"Quantity": "3", "Extended Partner Share": "2.10", "Sale or Return": "S"}
    returned = row | {"Quantity": "-1", "Extended Partner Share": "-0.70", "Sale or Return": "R"}
    head = b"Vendor Name\tNorthwind\nStart Date\t11/02/2025\nEnd Date\t11/29/2025\n"
    (fact,) = parse_finance(packed(head + table(FINANCE_DETAIL, [sold, returned])), FiscalPeriod(2026, 2))
    assert (fact.units, fact.proceeds, fact.territory) == (Decimal(2), Decimal("1.40"), "DEU")
    assert (fact.period, fact.start, fact.end) == ("2026-02", date(2025, 11, 2), date(2025, 11, 29))


FISCAL = FiscalPeriod(2026, 2)


def financial_file(rows: int, told: int) -> bytes:
    row = {
        "Start Date": "11/02/2025",
        "End Date": "11/29/2025",
        "Vendor Identifier": "tide",
        "Quantity": "1",
        "Partner Share": "0.70",
        "Extended Partner Share": "0.70",
        "Partner Share Currency": "USD",
        "Sale or Return": "S",
        "Apple Identifier": "1476097583",
        "Title": "Tide Clock",
        "Product Type Identifier": "1F",
        "Country Of Sale": "US",
    }
    trailer = f"Total_Rows\t{told}\nTotal_Units\t{rows}\nCountry Of Sale\tQuantity\nUS\t{rows}\n"
    return table(FINANCIAL, [row] * rows) + trailer.encode()


def test_a_financial_file_ends_at_total_rows() -> None:
    (fact,) = parse_finance(packed(financial_file(4, 4)), FiscalPeriod(2026, 2))
    assert (fact.units, fact.proceeds) == (Decimal(4), Decimal("2.80"))


def test_a_financial_file_that_lost_rows_is_refused() -> None:
    with pytest.raises(UnexpectedAnswer, match="incomplete"):
        parse_finance(packed(financial_file(4, 5)), FiscalPeriod(2026, 2))


DETAIL_ROW = {
    "Transaction Date": "10/30/2025",
    "Settlement Date": "11/05/2025",
    "Apple Identifier": "1476097583",
    "SKU": "tide",
    "Title": "Tide Clock",
    "Product Type Identifier": "1F",
    "Country of Sale": "DE",
    "Partner Share Currency": "EUR",
    "Quantity": "1,003",
    "Extended Partner Share": "1,702.10",
    "Sale or Return": "S",
}
LEAD = "iTunes Connect - Payments, and Financial Reports\nVendor Name\tNorthwind\n\nStart Date\t11/02/2025\n"
COUNTRIES = (
    "Country Of Sale\tPartner Share Currency\tQuantity\tExtended Partner Share\nDE\tEUR\t1,002\t1,701.40\n"
)
PADDED = "\t" * (len(FINANCE_DETAIL) - 2)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("", id="nothing"),
        pytest.param("Total_Rows\t2\n" + COUNTRIES, id="Total_Rows and countries"),
        pytest.param(COUNTRIES, id="a table of countries at once"),
        pytest.param("\n" + COUNTRIES, id="a blank line and countries"),
        pytest.param("Total_Amount\t1,701.40\nTotal_Units\t1,002\n", id="Total_Amount"),
        pytest.param("Total Units\t1,002\nTotal Rows\t2\n", id="totals with spaces"),
        pytest.param(f"Total_Amount\t1,701.40{PADDED}\n", id="a total as wide as a row"),
    ],
)
@pytest.mark.parametrize("lead", ["", LEAD])
@pytest.mark.parametrize("returned", [("-1", "-0.70"), ("1", "0.70")])
def test_finance_files_end_and_begin_in_many_ways(lead: str, after: str, returned: tuple[str, str]) -> None:
    quantity, share = returned
    back = DETAIL_ROW | {"Quantity": quantity, "Extended Partner Share": share, "Sale or Return": "R"}
    content = lead.encode() + table(FINANCE_DETAIL, [DETAIL_ROW, back]) + after.encode()
    (fact,) = parse_finance(packed(content), FiscalPeriod(2026, 2))
    assert (fact.units, fact.proceeds) == (Decimal(1002), Decimal("1701.40"))
    assert fact.start == date(2025, 11, 2)


def test_a_total_with_separators_is_compared() -> None:
    (fact,) = parse_finance(packed(financial_file(1200, 1200).replace(b"\t1200\n", b"\t1,200\n")), FISCAL)
    assert fact.units == 1200
    with pytest.raises(UnexpectedAnswer, match="incomplete"):
        parse_finance(packed(financial_file(4, 1200).replace(b"\t1200\n", b"\t1,200\n")), FISCAL)


def test_headings_are_known_by_their_letters() -> None:
    content = financial_file(3, 3).replace(b"Sale or Return", b"Sales or Return")
    for plain, spaced in ((b"Partner Share\t", b"Partner_Share\t"), (b"Artist/Show", b"Artist / Show")):
        content = content.replace(plain, spaced)
    content = content.replace(b"Country Of Sale\tPre", b"country of sale\tPre")
    (fact,) = parse_finance(packed(content), FISCAL)
    assert (fact.units, fact.territory) == (Decimal(3), "USA")


def test_a_row_whose_first_cell_begins_like_a_total_is_a_row() -> None:
    header = ["Title", *(name for name in FINANCE_DETAIL if name != "Title")]
    rows = [DETAIL_ROW | {"Title": "Total Clock"}, DETAIL_ROW | {"Title": "Country Radio"}]
    facts = parse_finance(packed(table(header, rows)), FISCAL)
    assert {fact.title for fact in facts} == {"Total Clock", "Country Radio"}


@pytest.mark.parametrize("separator", ["\t", ","])
def test_analytics_labels_are_compared_without_case_and_unknown_ones_counted_apart(separator: str) -> None:
    row = {"Date": "2026-11-18", "App Name": "Tide", "App Apple Identifier": "1476097583", "Territory": "DE"}
    rows = [
        row | {"Download Type": "First-time Download", "Counts": "12"},
        row | {"Download Type": "first-time download", "Counts": "3"},
        row | {"Download Type": "Redownload", "Counts": "7"},
        row | {"Download Type": "Auto-update", "Counts": "900"},
    ]
    facts = parse_analytics(packed(table(APP_DOWNLOADS, rows, separator=separator)), DOWNLOADS)
    assert {(fact.figure, fact.value) for fact in facts} == {
        ("downloads", 15),
        ("redownloads", 7),
        ("other:App Downloads Standard:Auto-update", 900),
    }
    assert {(fact.day, fact.territory) for fact in facts} == {(date(2026, 11, 18), "DEU")}
