"""What the team's database says when it does not do something, by its code: as a sentence with a next step.

A function of ours says which of its reasons it is by HINT, a table by the name of the constraint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from ascinbox.core.text import clean_line
from ascinbox.store.queue.team.errors import (
    ADMIN,
    BY_ITSELF,
    PUBLISHER,
    TAKE_OVER,
    Claimed,
    NotAllowed,
    OnItsWay,
    Refused,
    SchemaMismatch,
    TeamError,
    TeamFull,
    TeamOffline,
    last_admin,
    oneself,
)

_DBA = "A database administrator has to allow it."
_AGAIN = "Try again."
_REVIEW = "Look at the review again."
_UPGRADE = "An admin runs `ascinbox team upgrade`."


@dataclass(frozen=True, slots=True)
class Saying:
    """How one of the reasons is told."""

    next_step: str
    title: str = ""
    """Empty: what the database says is the title."""
    detail: str = ""
    """Empty: what the database says, unless that is the title."""
    kind: Callable[[str, str, str], TeamError] = TeamError
    names_first: bool = False
    """What the database says begins with a login, which keeps its small letter."""


def _of(error: TeamError, kind: Callable[[str, str, str], TeamError] = TeamError) -> Saying:
    """The same words as where the program knows it before it asks."""
    return Saying(error.next_step, error.title, error.detail, kind)


_STOPPED = Saying(BY_ITSELF, "The team's database is being stopped", kind=TeamOffline)
_DAMAGED = Saying(
    "Its administrator has to look at the server's log, and has backups.", "The team's database is damaged"
)
_ENCODING = Saying(
    "Leave the character out. Its administrator can make a database with the encoding UTF8.",
    "The team's database cannot store one of these characters",
    kind=Refused,
)
_OTHER_VERSION = Saying(_UPGRADE, "This database holds no team of this version", kind=SchemaMismatch)
_SAME_MOMENT = Saying(_AGAIN, "Somebody did something to the same in the same moment")
_NO_MEMORY = Saying("Try again later.", "The team's server has no memory left", kind=TeamOffline)

SAYINGS: Mapping[tuple[str, str], Saying] = {
    # What functions of ours refuse.
    ("42501", "member"): Saying(
        "Ask an admin, or: ascinbox team leave.",
        detail="What this machine has of the team can still be read.",
        kind=partial(NotAllowed, removed=True),
        names_first=True,
    ),
    ("42501", "level"): Saying(ADMIN, kind=NotAllowed),
    ("42501", "publisher"): Saying(PUBLISHER, kind=NotAllowed),
    ("42501", "four eyes"): Saying(
        "Ask another publisher.", detail="This team wants four eyes on every reply.", kind=NotAllowed
    ),
    ("42501", "functions"): Saying("Use ascinbox: it calls them.", kind=NotAllowed),
    ("55000", "claim"): Saying(TAKE_OVER, kind=Claimed, names_first=True),
    ("55000", "last admin"): _of(last_admin()),
    ("55000", "oneself"): _of(oneself()),
    ("22023", "step"): Saying(_REVIEW),
    ("22023", "assignee"): Saying("See who is there: ascinbox team list.", kind=Refused),
    ("22023", "version"): Saying(
        "Install the version that the team has.",
        "The team's database does not know what this program asks for",
    ),
    ("XX001", "text"): Saying(_REVIEW),
    ("25001", ""): Saying(_AGAIN, "The connection was in a transaction"),
    ("23514", "note_length"): Saying("Make it shorter.", "A note has 1 to 16,000 characters", kind=Refused),
    ("23514", "draft_length"): Saying(
        "Make it shorter.", "A draft has at most 100,000 characters", kind=Refused
    ),
    ("23514", "outbox_length"): Saying(
        "Make it shorter.", "A reply has at most 100,000 characters", kind=Refused
    ),
    ("23514", "member_level"): Saying(
        "Choose viewer, replier, publisher, admin or worker.", "There is no such level", kind=Refused
    ),
    ("23505", "outbox_moving"): Saying(
        "Look at it in the Outbox.", "Another reply to this review is on its way"
    ),
    # Logins and groups of the server.
    ("42501", ""): Saying(_DBA, kind=NotAllowed),
    ("42939", ""): Saying("Choose another login.", "PostgreSQL keeps this name for itself", kind=Refused),
    ("42602", ""): Saying("Choose another login.", "PostgreSQL does not take this name", kind=Refused),
    ("42710", ""): Saying("Do it once more.", "There is a login of this name by now"),
    ("42704", ""): Saying("See who is there: ascinbox team list.", "The server has no such login"),
    ("0LP01", ""): Saying(
        "Choose a login of one person.",
        "This login is a group, and the team's own group belongs to it",
        kind=Refused,
    ),
    # The database and its server.
    ("3F000", ""): Saying(
        "Look at the database's name in the address. A team is made by `ascinbox team init`.",
        "This database holds no team",
        kind=SchemaMismatch,
    ),
    ("42883", ""): _OTHER_VERSION,
    ("42P01", ""): _OTHER_VERSION,
    ("42703", ""): _OTHER_VERSION,
    ("55P03", ""): Saying(
        "Try again. If it stays so, an admin can look for a session that idles in a transaction.",
        "Somebody holds the team's queue for more than three seconds",
    ),
    ("40001", ""): _SAME_MOMENT,
    ("40P01", ""): _SAME_MOMENT,
    ("22P05", ""): _ENCODING,
    ("22021", ""): _ENCODING,
    ("54000", ""): Saying(
        "Do it in smaller parts.", "This is more than the team's database takes at once", kind=Refused
    ),
    ("25006", ""): Saying(
        "Try again later.", "The team's database can only be read at present", kind=TeamOffline
    ),
    ("53000", ""): _NO_MEMORY,
    ("53200", ""): _NO_MEMORY,
    ("53100", ""): Saying(
        "Its administrator has to make room. Marks, notes and drafts are kept and sent then.",
        "The disk of the team's database is full",
        kind=TeamFull,
    ),
    ("53300", ""): Saying("Try again later.", "The team's database has no connection left", kind=TeamOffline),
    ("57014", ""): Saying(
        "Try again. If it stays so, its administrator can look at statement_timeout.",
        "The team's database broke this off",
        kind=TeamOffline,
    ),
    ("57P01", ""): _STOPPED,
    ("57P02", ""): _STOPPED,
    ("57P03", ""): _STOPPED,
    ("XX001", ""): _DAMAGED,
    ("XX002", ""): _DAMAGED,
}
"""By SQLSTATE (appendix A of PostgreSQL's manual), and HINT or the constraint's name."""

ON_ITS_WAY = "55006"
"""The code of a reply that can no longer be taken back; DETAIL says which row it is."""
_OF_SCHEMA = re.compile(r"\bascinbox\b")
"""In whatever language the server says that there is no right to the schema."""
_BROKEN = ("08", "57", "58")
"""Classes of codes with which a connection ends."""


def calling(error: Exception) -> TeamError:
    """An error of a call."""
    state = str(getattr(error, "sqlstate", None) or "")
    diag = getattr(error, "diag", None)
    message = clean_line(str(getattr(diag, "message_primary", None) or error))
    hint = str(getattr(diag, "message_hint", None) or "")
    constraint = str(getattr(diag, "constraint_name", None) or "")
    number = str(getattr(diag, "message_detail", None) or "")
    if state == ON_ITS_WAY and number.isascii() and number.isdecimal():
        return OnItsWay(int(number))
    found = next((SAYINGS[state, key] for key in (hint, constraint, "") if (state, key) in SAYINGS), None)
    title = message[:1].upper() + message[1:]
    if found is SAYINGS["42501", ""] and _OF_SCHEMA.search(message):
        # Whoever is taken off the team loses the group that may use the schema, before the connection.
        title, found = "You are not on the team any more", SAYINGS["42501", "member"]
    if found is not None:
        if found.names_first and title.casefold() == message.casefold():
            title = message
        detail = found.detail or (message if found.title else "")
        return found.kind(found.title or title, detail, found.next_step)
    if not state or state[:2] in _BROKEN:
        return TeamOffline("The connection to the team's database broke", message, BY_ITSELF)
    return Refused("The team's database refused this", f"{state} {message}", "Run ascinbox doctor.")
