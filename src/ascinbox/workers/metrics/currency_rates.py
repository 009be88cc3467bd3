"""Currency rates that need no network: the European Central Bank's, as packaged in `currency_converter`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from currency_converter import CurrencyConverter


class Rates:
    """Dated rates. Loading them takes most of a second, so it happens on first use, off the screen's loop."""

    def __init__(self, home: str) -> None:
        self.home = home.upper()

    @cached_property
    def _table(self) -> CurrencyConverter:
        from currency_converter import CurrencyConverter

        return CurrencyConverter(decimal=True, fallback_on_missing_rate=True, fallback_on_wrong_date=True)

    def total(self, amounts: Mapping[str, Decimal], on: date) -> Decimal | None:
        """All amounts in the home currency at the rates of `on`; None when a rate is missing."""
        if not self.home or self.home not in self._table.currencies:
            return None
        if any(currency not in self._table.currencies for currency in amounts):
            return None
        converted = (self._table.convert(amount, c, self.home, on) for c, amount in amounts.items())
        return sum((Decimal(value) for value in converted), Decimal(0))

    def missing(self, amounts: Mapping[str, Decimal]) -> frozenset[str]:
        """The currencies for which there is no rate."""
        return frozenset(amounts) - frozenset(self._table.currencies)

    def day_of(self, on: date) -> date | None:
        """The day whose rates stand for `on`: the last one packaged, when `on` is later."""
        if not self.home or self.home not in self._table.currencies:
            return None
        last: date = self._table.bounds["USD" if self.home == "EUR" else self.home].last_date
        return min(on, last)
