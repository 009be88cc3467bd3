"""The shapes of what a person types when linking: each check says `ok …` or what is missing, as one types."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from ascinbox.core.records import Account

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_KEY_ID = re.compile(r"[A-Z0-9]{8,14}")
_VENDOR = re.compile(r"[0-9]{4,12}")


@dataclass(frozen=True, slots=True)
class Look:
    """How a typed value looks."""

    ok: bool
    words: str
    """`ok UUID`, or what is wrong in a few words."""


def look_at_issuer(text: str) -> Look:
    """The issuer id of a team key; an empty one means an individual key."""
    text = text.strip()
    if not text:
        return Look(True, "none: individual key")
    if _UUID.fullmatch(text):
        return Look(True, "ok UUID")
    if len(text) != 36:
        return Look(False, f"{len(text)} of 36 characters")
    return Look(False, "8-4-4-4-12 of 0-9 a-f")


def look_at_key_id(text: str) -> Look:
    """The key id. Ten characters in every sample; Apple does not state a rule, so 8 to 14 pass."""
    text = text.strip()
    if not text:
        return Look(False, "10 of A-Z and 0-9")
    if _KEY_ID.fullmatch(text):
        return Look(True, f"ok {len(text)} chars")
    if text != text.upper() and _KEY_ID.fullmatch(text.upper()):
        return Look(False, "capital letters only")
    if not text.isalnum() or not text.isascii():
        return Look(False, "only A-Z and 0-9")
    return Look(False, f"{len(text)} of 10 characters")


def look_at_vendor(text: str) -> Look:
    """The vendor number; empty is allowed and leaves sales and finance unproved."""
    text = text.strip()
    if not text:
        return Look(True, "none yet")
    if _VENDOR.fullmatch(text):
        return Look(True, f"ok {len(text)} digits")
    return Look(False, "digits only")


def look_at_day(text: str) -> Look:
    """The day on which a token was made; an empty one leaves it to the file's date."""
    text = text.strip()
    if not text:
        return Look(True, "the file's date")
    try:
        date.fromisoformat(text)
    except ValueError:
        return Look(False, "YYYY-MM-DD")
    return Look(True, "ok day")


def look_at_name(text: str, taken: tuple[str, ...] = ()) -> Look:
    """The name of an account: what one calls it, unique without regard to case."""
    text = text.strip()
    if not text:
        return Look(False, "what you call it")
    if len(text) > 40:
        return Look(False, f"{len(text)} of 40 characters")
    if not text.isprintable():
        return Look(False, "not printable")
    if text.casefold() in {name.casefold() for name in taken}:
        return Look(False, "taken by another account")
    return Look(True, "ok")


def shorten_key_id(key_id: str) -> str:
    """`ABCD…7F2K`: enough to know a key by, in nine columns."""
    return key_id if len(key_id) <= 9 else f"{key_id[:4]}…{key_id[-4:]}"


def name_with_key(account: Account, key_id: str) -> str:
    """`North`; with several credentials `North, key ABCD…7F2K`: one says nothing of the others."""
    return account.name if len(account.credentials) < 2 else f"{account.name}, key {shorten_key_id(key_id)}"
