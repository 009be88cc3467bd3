from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.overview import Amount, Overview, OverviewRow, PeriodFigures
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.table import AppKey
from ascinbox.tui.chrome_text import FrameState
from ascinbox.tui.metrics.cells import TableCell
from ascinbox.tui.metrics.sets import SETS, set_tabs
from ascinbox.tui.metrics.text import (
    Curve,
    TableLook,
    is_coming,
    money,
    no_figures,
    note_lines,
    plot_lines,
    sparkline,
    table_lines,
    total_lines,
    units_curve,
)
from ascinbox.tui.paint import text_of, width_of

PERIOD = Period(date(2026, 10, 25), date(2026, 11, 21))
TREND = (*range(26), None, None)


def overview() -> Overview:
    usd = Amount({"USD": Decimal("6310.2")})
    row = OverviewRow(
        AppKey("1", "Tide Clock"),
        "Tide Clock",
        PeriodFigures(4120, 1204, 0, 3, 12, usd, 61, Decimal("4.41"), 56, Decimal(7)),
        PeriodFigures(4120, 1204, 0, 3, 12, usd, 61, Decimal("4.41"), 56, Decimal(7)),
        PeriodFigures(
            3666, 1000, 0, 3, 9, Amount({"USD": Decimal(6120)}), 50, Decimal("4.53"), 40, Decimal(9)
        ),
        TREND,
    )
    silent = OverviewRow(
        AppKey("2", "Moon Diary"),
        "Moon Diary",
        PeriodFigures(),
        PeriodFigures(),
        PeriodFigures(),
        (None,) * 28,
    )
    return Overview(By.APP, PERIOD, PERIOD.previous(), (row, silent), row, None, None, ("PixelBakery stops",))


@pytest.mark.parametrize("width", [40, 60, 80, 110, 120, 200])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_no_line_is_wider_than_the_screen(width: int, ascii_only: bool) -> None:
    shown = overview()
    look = TableLook(width, 20, ascii=ascii_only)
    lines = [*table_lines(shown, shown.rows, 0, 0, look), *total_lines(shown, look), *note_lines(shown, look)]
    lines += plot_lines(units_curve(shown, shown.rows[0]), look, 12)
    assert all(width_of(one) <= width for one in lines)
    if ascii_only:
        body = "".join(text_of(one) for one in lines[:-12])
        assert body.replace("…", "").isascii()


def test_the_row_says_what_the_figures_say() -> None:
    shown = overview()
    _, first, second = (text_of(one) for one in table_lines(shown, shown.rows, 0, 0, TableLook(120, 30)))
    for piece in (
        "▌ Tide Clock",
        "4,120",
        "+12.4%",
        "$6,310.20",
        "+3.1%",
        "12",
        "4.41",
        "-0.12",
        "92%",
        "7h",
    ):
        assert piece in first
    assert "?" in second
    assert "0" not in second


def test_an_unpublished_day_is_a_question_mark_and_no_low_bar() -> None:
    assert sparkline((5, None, 0), 3) == "█?▁"
    assert sparkline((105, 100, 110), 3) == "▅▁█", "from its lowest to its highest"
    assert sparkline((7, 7), 2) == "▅▅"
    assert sparkline((0, 0), 2) == "▁▁"
    curve = units_curve(overview(), overview().rows[0])
    lines = [text_of(one) for one in plot_lines(curve, TableLook(120, 30), 12)]
    assert sum(line.count("?") for line in lines[:-1]) == 2


def test_the_span_before_is_a_dot_where_the_bar_is_lower() -> None:
    week = Period(date(2026, 11, 15), date(2026, 11, 21))
    curve = Curve("Tide Clock · units a day", week, (1, 2, 3, 4, 3, 2, None), (4, 4, 1, 1, 1, 1, 4))
    drawn = plot_lines(curve, TableLook(78, 30), 12)
    dots = {span.text for one in drawn for span in one if span.role == "faint" and span.text.strip()}
    assert dots == {"·" * 9 + " "}
    tops = [text_of(one)[7:] for one in drawn]
    assert tops[1][:20].count("·") == 18
    assert tops[1][30:39] == "█" * 9
    alone = plot_lines(curve, TableLook(78, 30, compare=False), 12)
    assert not any("·" * 9 in text_of(one) for one in alone)


def test_good_news_is_green_bad_news_red_and_nothing_faint() -> None:
    def role(text: str, *, less: bool = False) -> str:
        return TableCell(text, 8, is_change=True, less_is_better=less).role

    assert [role(text) for text in ("+3.8%", "-0.7%", "+0.0%", "", "+0.00")] == [
        "good",
        "bad",
        *["faint"] * 3,
    ]
    assert [role(text, less=True) for text in ("+3.8%", "-0.7%")] == ["bad", "good"]
    values = [TableCell(text, 8).role for text in ("?", "0", "0.0%", "$0.00", "10", "2,000")]
    assert values == [*["faint"] * 4, "dim", "dim"]
    assert TableCell("10", 8, sorted=True).role == "text"


@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_head_tells_what_is_sorted_and_what_is_plotted(ascii_only: bool) -> None:
    mark = "v" if ascii_only else "▾"
    look = TableLook(120, 30, ascii=ascii_only, sort="refunds", plotted=(Source.SALES, "proceeds"))
    head = table_lines(overview(), overview().rows, 0, 0, look)[0]
    told = {span.text.strip(): span.role for span in head}
    assert told[f"Refunds{mark}"] == "strong"
    assert told["Proceeds"] == "accent"
    by_name = table_lines(overview(), overview().rows, 0, 0, replace(look, sort="name"))[0]
    assert f"App{mark}" in text_of(by_name)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120])
def test_the_chosen_set_is_always_among_the_tabs(width: int) -> None:
    for number in range(len(SETS)):
        tabs = set_tabs(number, TableLook(width, 30))
        assert width_of(tabs) <= width
        assert [span.role for span in tabs].count("tab") == 1
        if width >= 80:
            assert len([span for span in tabs if span.text.strip()]) == len(SETS)


@pytest.mark.parametrize(
    ("amount", "home", "text"),
    [
        (None, "", "?"),
        (Amount({}), "", "0"),
        (Amount({"EUR": Decimal("1.5")}), "", "€1.50"),
        (Amount({"KRW": Decimal(900), "USD": Decimal(7), "JPY": Decimal(5)}), "", "7 USD +2"),
        (Amount({"KRW": Decimal(900)}, Decimal("0.65")), "USD", "~$0.65"),
    ],
)
def test_money(amount: Amount | None, home: str, text: str) -> None:
    assert money(amount, home) == text


@pytest.mark.parametrize(
    ("state", "source", "coming"),
    [
        (FrameState(unfetched=frozenset({"sales"}), fetches=True), None, True),
        (FrameState(unfetched=frozenset({"sales"}), syncing="syncing North sales"), None, True),
        (FrameState(unfetched=frozenset({"sales"})), None, False),
        (FrameState(fetches=True), None, False),
        (FrameState(unfetched=frozenset({"reviews"}), fetches=True), None, False),
        (FrameState(unfetched=frozenset({"sales"}), fetches=True), Source.SUBSCRIPTIONS, True),
        (FrameState(unfetched=frozenset({"sales"}), fetches=True), Source.FINANCE, False),
        (FrameState(preparing=True), Source.FINANCE, True),
    ],
)
def test_figures_are_coming_until_a_first_sync_of_them_has_ended(
    state: FrameState, source: Source | None, coming: bool
) -> None:
    assert is_coming(state, source) == coming
    words = no_figures(state, source, read=True)
    assert ("being fetched" in words) == coming
    assert ("No figures yet. F5" in words) != coming
    assert "No figures" not in no_figures(state, source, read=False)


@pytest.mark.parametrize("source", [None, *Source])
def test_a_member_is_told_which_figures_stay_with_the_workers(source: Source | None) -> None:
    state = FrameState(unfetched=frozenset({"sales"}), fetches=True, member=True)
    words = no_figures(state, source, read=True)
    stays = source not in (Source.REVIEWS, Source.REPLIES)
    assert ("stay where the team's workers run" in words) is stays
