from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.errors import UsageError
from ascinbox.core.metrics.figures import FIGURES, Source, figures_of
from ascinbox.core.metrics.periods import Period, parse_period

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("28d", date(2026, 10, 25), TODAY),
        ("1d", TODAY, TODAY),
        ("2w", date(2026, 11, 8), TODAY),
        ("1m", date(2026, 10, 22), TODAY),
        ("1y", date(2025, 11, 22), TODAY),
        ("month", date(2026, 11, 1), TODAY),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("fiscal:2026-02", date(2025, 11, 2), date(2025, 11, 29)),
        ("fiscal", date(2026, 11, 1), date(2026, 11, 28)),
        ("2026-10-03..2026-10-05", date(2026, 10, 3), date(2026, 10, 5)),
        ("2026-10-03", date(2026, 10, 3), date(2026, 10, 3)),
    ],
)
def test_periods(text: str, start: date, end: date) -> None:
    assert parse_period(text, TODAY) == Period(start, end)


@given(st.text(max_size=12))
def test_any_text_is_a_period_or_a_sentence(text: str) -> None:
    try:
        period = parse_period(text, TODAY)
    except UsageError as error:
        assert "28d" in error.next_step
    else:
        assert period.start <= period.end


def test_the_span_before_is_as_long_and_ends_the_day_before() -> None:
    period = parse_period("28d", TODAY)
    before = period.previous()
    assert (before.days, before.end) == (28, date(2026, 10, 24))
    assert list(before)[-1] not in period
    assert len(list(period)) == period.days


def test_every_source_has_figures_with_short_heads() -> None:
    assert {figure.source for figure in FIGURES} == set(Source)
    assert all(len(figure.label) <= 9 for figure in FIGURES)
    assert [f.name for f in figures_of(Source.FINANCE)] == ["units", "proceeds"]
