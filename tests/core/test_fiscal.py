from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.metrics.fiscal import FiscalPeriod, year_start


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("2026-01", date(2025, 9, 28)),
        ("2026-02", date(2025, 11, 2)),
        ("2026-03", date(2025, 11, 30)),
        ("2026-04", date(2025, 12, 28)),
        ("2026-05", date(2026, 2, 1)),
        ("2026-12", date(2026, 8, 30)),
        ("2027-01", date(2026, 9, 27)),
    ],
)
def test_known_starts(text: str, start: date) -> None:
    assert FiscalPeriod.parse(text).start == start


def test_a_file_of_2026_02_ends_on_29_november() -> None:
    assert FiscalPeriod(2026, 2).end == date(2025, 11, 29)


@pytest.mark.parametrize("year", [2023, 2028])
def test_long_years_have_53_weeks_and_the_extra_one_in_period_three(year: int) -> None:
    assert (year_start(year + 1) - year_start(year)).days == 371
    third = FiscalPeriod(year, 3)
    assert (third.end - third.start).days == 34


@given(st.dates(date(2015, 1, 1), date(2040, 12, 31)))
def test_every_day_is_in_exactly_the_period_that_holds_it(day: date) -> None:
    period = FiscalPeriod.of(day)
    assert period.start <= day <= period.end
    assert FiscalPeriod.of(period.start - timedelta(days=1)) == period.previous()
    assert FiscalPeriod.parse(str(period)) == period


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "x", "2026"])
def test_rubbish_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        FiscalPeriod.parse(text)
