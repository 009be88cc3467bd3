from datetime import date
from decimal import Decimal

import pytest

from ascinbox.core.metrics.figures import By, Source
from ascinbox.core.metrics.overview import Amount, Overview, OverviewRow, PeriodFigures
from ascinbox.core.metrics.periods import Period
from ascinbox.core.metrics.table import AppKey
from ascinbox.tui.chrome_text import FrameState
from ascinbox.tui.metrics.text import (
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
        "> Tide Clock",
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
    curve = units_curve(overview(), overview().rows[0])
    lines = [text_of(one) for one in plot_lines(curve, TableLook(120, 30), 12)]
    assert sum(line.count("?") for line in lines[:-1]) == 2


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
