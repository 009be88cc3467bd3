"""Currencies of storefronts, as `GET /v1/territories` tells them."""

from __future__ import annotations

from types import MappingProxyType

_BY_CURRENCY = {
    "EUR": "AUT BEL BGR BIH CYP DEU ESP EST FIN FRA GRC HRV IRL ITA LTU LUX LVA MLT MNE NLD PRT SRB SVK SVN",
    "AED": "ARE", "AUD": "AUS NRU", "BRL": "BRA", "CAD": "CAN", "CHF": "CHE", "CLP": "CHL", "CNY": "CHN",
    "COP": "COL", "CZK": "CZE", "DKK": "DNK", "EGP": "EGY", "GBP": "GBR", "HKD": "HKG", "HUF": "HUN",
    "IDR": "IDN", "ILS": "ISR", "INR": "IND", "JPY": "JPN", "KRW": "KOR", "KZT": "KAZ", "MXN": "MEX",
    "MYR": "MYS", "NGN": "NGA", "NOK": "NOR", "NZD": "NZL", "PEN": "PER", "PHP": "PHL", "PKR": "PAK",
    "PLN": "POL", "QAR": "QAT", "RON": "ROU", "RUB": "RUS", "SAR": "SAU", "SEK": "SWE", "SGD": "SGP",
    "THB": "THA", "TRY": "TUR", "TWD": "TWN", "TZS": "TZA", "VND": "VNM", "ZAR": "ZAF",
}  # fmt: skip

_CURRENCY = MappingProxyType(
    {code: currency for currency, codes in _BY_CURRENCY.items() for code in codes.split()}
)


def currency_of(territory: str) -> str:
    """The storefront's currency; most small ones sell in US dollars."""
    return _CURRENCY.get(territory, "USD")
