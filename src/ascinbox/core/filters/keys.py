"""The table of keys: parsing, completion and help are all read from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ascinbox.core.filters import times, values
from ascinbox.core.filters.tokens import RawTerm
from ascinbox.core.filters.tree import IS_WORDS, NEEDS_REPLY, NO_LANGUAGE, Sort, Term
from ascinbox.core.stores import STORES


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the language."""

    name: str
    meaning: str
    example: str
    read: Callable[[RawTerm, datetime], Term | Sort]
    fixed: tuple[tuple[str, str], ...] = ()
    """Values that are known without looking, with their meaning."""
    from_store: bool = False
    """True when there are values that only the store knows, with counts."""
    aliases: tuple[str, ...] = ()


_IS_MEANINGS = {
    NEEDS_REPLY: "waits for you: new, opened, changed, draft, waiting, held or failed",
    "new": "never opened",
    "opened": "opened, not answered",
    "changed": "changed by the customer after your reply",
    "draft": "a reply is begun",
    "queued": "a reply waits in the outbox",
    "waiting": "a reply waits for a publisher",
    "pending": "the store has the reply, customers do not see it yet",
    "held": "the reply needs a decision",
    "failed": "the reply was refused",
    "snoozed": "comes back later",
    "done": "done without a reply",
    "answered": "the store shows a reply, pending or public",
    "unanswered": "the store shows no reply",
    "flagged": "flagged",
    "mine": "assigned to you",
    "read": "marked as read",
    "unread": "not read",
    "removed": "gone at the store",
    "claimed": "somebody writes a reply now",
    "overdue": "later than [sla] allows",
}

KEYS: tuple[Key, ...] = (
    Key("app", "app by name, id or bundle id", "app:tide", values.read_app, from_store=True),
    Key(
        "acct", "account by name", "acct:north", values.read_account, from_store=True, aliases=("account",)
    ),
    Key(
        "rating", "stars: 1, <=2, 2..4, 1,5", "rating:<=2", values.read_rating,
        (("1", ""), ("2", ""), ("3", ""), ("4", ""), ("5", ""), ("<=2", "low"), (">=4", "high")),
        from_store=True, aliases=("stars",),
    ),
    Key(
        "is", "state", "is:needs-reply", values.read_is,
        tuple((word, _IS_MEANINGS[word]) for word in IS_WORDS), from_store=True, aliases=("state",),
    ),
    Key(
        "has", "what is there", "has:note", values.read_has,
        (("reply", "the store shows a reply"), ("note", "an internal note"), ("draft", "a begun reply"),
         ("tag", "at least one tag")),
    ),
    Key(
        "lang", "language, found from the text", "lang:ja", values.read_language,
        ((NO_LANGUAGE, "unclear"),), from_store=True, aliases=("language",),
    ),
    Key("translated", "word of a translation that was made", "translated:crash", values.read_translated),
    Key(
        "territory", "storefront: DE, DEU or Germany", "territory:DE,AT", values.read_territory,
        from_store=True, aliases=("country",),
    ),
    Key(
        "store", "store that the review is in", "store:play", values.read_store,
        tuple((row.id, row.label) for row in STORES),
    ),
    Key("device", "device that it was written on (Google Play)", "device:pixel", values.read_device),
    Key("version", "version of the app", "version:5.2", values.read_version, from_store=True),
    Key(
        "since", "not older than: 7d, 12h, 3w, 2026-11-01, a..b", "since:7d", times.read_time,
        (("today", ""), ("24h", ""), ("7d", ""), ("28d", ""), ("90d", "")),
    ),
    Key(
        "until", "not newer than: 7d, 2026-11-01", "until:2026-11-01", times.read_time,
        (("yesterday", ""), ("24h", ""), ("7d", ""), ("28d", ""), ("90d", "")),
    ),
    Key("tag", "your tag", "tag:crash", values.read_tag, from_store=True, aliases=("tags",)),
    Key(
        "by", "nickname of the customer", "by:maxi", values.read_by, from_store=True, aliases=("nickname",)
    ),
    Key(
        "assignee", "who it is assigned to; is:mine for you", "assignee:anna", values.read_assignee,
        (("me", "you"), ("none", "nobody")), from_store=True, aliases=("assigned",),
    ),
    Key(
        "claimed", "who writes a reply now; is:claimed for anybody", "claimed:anna", values.read_claimed,
        (("me", "you"), ("others", "anybody else")), from_store=True, aliases=("writer",),
    ),
    Key(
        "due", "time left to answer ([sla]): <4h, 1d..3d, >2d", "due:<4h", times.read_due,
        (("<1h", "overdue ones too"), ("<4h", "overdue ones too"), ("<1d", "overdue ones too"),
         (">1d", "more time than that")),
    ),
    Key(
        "sort", "order; a minus turns it round", "sort:oldest", values.read_sort,
        (("newest", "newest first"), ("oldest", "oldest first"), ("rating", "lowest rating first"),
         ("-rating", "highest rating first"), ("changed", "latest change first"),
         ("longest", "longest text first"), ("due", "most overdue first ([sla])")),
    ),
)  # fmt: skip

SYNTAX: tuple[tuple[str, str], ...] = (
    ("word", "title or text has a word that starts so (case and accents do not matter)"),
    ('"two words"', "they stand together, as whole words"),
    ("a,b", "a or b"),
    ("-term", "not this"),
)
"""What can be written beside keys, for help pages."""

_BY_NAME = {name: key for key in KEYS for name in (key.name, *key.aliases)}
NAMES: tuple[str, ...] = tuple(key.name for key in KEYS)


def find_key(name: str) -> Key | None:
    """The key with this name or alias, in lower case."""
    return _BY_NAME.get(name)
