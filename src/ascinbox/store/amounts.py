"""Amounts as the cache keeps them: exact, as whole millionths."""

from __future__ import annotations

from decimal import Decimal

MILLION = 1_000_000


def millionths(amount: Decimal) -> int:
    """The integer that is stored for an amount."""
    return int((amount * MILLION).to_integral_value())


def from_millionths(amount: int) -> Decimal:
    """The exact amount of a stored integer."""
    return Decimal(amount) / MILLION
