"""What a probe showed and what is concluded from it, as frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from ascinbox.core.health.capabilities import Capability


class HealthState(StrEnum):
    """The state of one capability; these words are a contract."""

    OK = "ok"
    ASSUMED = "assumed"
    LIKELY = "likely"
    NO_ROLE = "no_role"
    CONTRACT = "contract"
    REJECTED = "rejected"
    CLOCK = "clock"
    LIMITED = "limited"
    PENDING = "pending"
    STALLED = "stalled"
    REMOVED = "removed"
    OFFLINE = "offline"
    STALE = "stale"
    EXPIRING = "expiring"
    NEVER = "never"
    OFF = "off"
    NOT_POSSIBLE = "not_possible"

    @property
    def word(self) -> str:
        """As the matrix writes it."""
        return {"no_role": "no role", "not_possible": "n/a"}.get(self.value, self.value)

    @property
    def mark(self) -> str:
        """The sign before the word, so that nothing depends on colour."""
        return _MARKS[self]

    @property
    def broken(self) -> bool:
        """Whether it counts as something to fix."""
        return self.mark == "x"


_MARKS: dict[HealthState, str] = {
    HealthState.OK: "+",
    HealthState.ASSUMED: "?",
    HealthState.LIKELY: "?",
    HealthState.NO_ROLE: "x",
    HealthState.CONTRACT: "x",
    HealthState.REJECTED: "x",
    HealthState.CLOCK: "x",
    HealthState.LIMITED: "!",
    HealthState.PENDING: "~",
    HealthState.STALLED: "!",
    HealthState.REMOVED: "x",
    HealthState.OFFLINE: "!",
    HealthState.STALE: "!",
    HealthState.EXPIRING: "!",
    HealthState.NEVER: "?",
    HealthState.OFF: ".",
    HealthState.NOT_POSSIBLE: "-",
}


@dataclass(frozen=True, slots=True)
class Share:
    """What one credential serves."""

    key_id: str
    """Empty: no credential may."""
    apps: tuple[str, ...]
    """Names of the apps."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known about one capability of one account, since when, and the way out."""

    capability: str
    state: HealthState
    detail: str
    """What it means, one or two sentences."""
    evidence: str = ""
    """What was asked and what Apple answered, in Apple's words."""
    fix: str = ""
    """What to click or run, empty when there is nothing to do."""
    who: str = ""
    """Who can do it."""
    then: str = ""
    """What to do afterwards."""
    instead: str = ""
    """How to live without it."""
    severity: int | None = 0
    """0 fine, 1 warning, 2 broken, 3 unknown, None not counted."""
    checked_at: datetime | None = None
    credential: str = ""
    """Key id of the credential that was tested."""
    fresh_at: datetime | None = None
    """When the capability's data set was last fetched whole; None when never, or when it fills none."""
    expires_at: datetime | None = None
    """When the credential ends by itself; None when it does not."""
    by: tuple[Share, ...] = ()
    """Where the account has several keys: which of them serves which apps."""

    @property
    def unserved(self) -> str:
        """Which apps this is not used for, as a sentence; empty where it is for all that are seen."""
        names = [name for share in self.by if not share.key_id for name in share.apps]
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
        return (
            f"Not for {shown}: no key here that sees {'it' if len(names) == 1 else 'them'} may."
            if names
            else ""
        )

    def said_by(self, company: str) -> str:
        """Whose words the evidence is: an answer of the store's begins with its status."""
        return f"{company} said" if self.evidence[:1].isdigit() else "Seen here"

    @property
    def cell(self) -> str:
        """`x no role`: mark and word."""
        return f"{self.state.mark} {self.state.word}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one probe, or real use, showed about a capability."""

    capability: Capability
    at: datetime
    status: int | None = None
    """HTTP status; None when no answer of Apple's came."""
    code: str = ""
    detail: str = ""
    see: str = ""
    request: str = ""
    """Method and path: `GET /v1/salesReports`."""
    failure: str = ""
    """Without an answer: what went wrong on the way, a sentence."""
    key_unreadable: bool = False
    """Nothing was asked, because the key could not be had from the vault."""
    next_step: str = ""
    """Without an answer: what helps against this failure."""
    clock_skew_s: float | None = None
    """Our clock minus Apple's."""
    retry_at: datetime | None = None
    budget_left: float | None = None
    """Share of the hourly budget that is left, 0 to 1."""
    made_up: bool = False
    """A reply to a review that cannot exist was tried."""
    empty: bool = False
    """The list that came was empty (apps, analytics requests)."""
    stopped: bool = False
    """Analytics: Apple stopped the request because nobody downloaded."""
    delivered: bool = False
    """Analytics: at least one report instance exists."""
    requested_at: datetime | None = None
    """Analytics: when the request was made or first seen."""
    create_refused: bool = False
    """Analytics: there is no request, and this key may not create one."""
    create_conflict: bool = False
    """Analytics: Apple makes no request because there is one, and lists none."""
    subject: str = ""
    """The app that was asked about, by name."""
    unreadable: str = ""
    """Apple let it through, and this is why what came cannot be read."""
    listed: bool = False
    """Apple's list of apps, asked for in the same round, still has `subject`."""
    vanished: bool = False
    """Apple's list came whole, and `subject`, which was in it before, is not there."""

    @property
    def said(self) -> bool:
        """Whether Apple gave a reason with its answer."""
        return bool(self.code or self.detail)


@dataclass(frozen=True, slots=True)
class Unread:
    """Data that Apple refused to a sync, or handed out so that it could not be read here."""

    why: str
    newest: bool
    """Whether nothing newer of it could be read."""
    files: int = 0
    """How many report files; 0 where there are no files."""
    day: date | None = None
    """First day of the newest of these files."""
    refused: bool = False
    """Whether Apple refused it; else it came."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known about the credential and the account beside the evidence."""

    account: str
    kind: str
    key_id: str
    now: datetime
    chosen: bool = True
    checked: bool = True
    """False when the account was never checked, so that not even an assumption stands."""
    vendor: str | None = None
    apps_seen: bool | None = None
    """Whether the apps list worked with this credential in the same round; None when not asked."""
    key_ok_at: datetime | None = None
    """When Apple last accepted this credential for anything."""
    capability_ok_at: datetime | None = None
    """When this capability last worked with this credential."""
    reply_accepted_at: datetime | None = None
    expires_at: datetime | None = None
    wanted: tuple[str, ...] = ()
    """Role titles for a key that does all that was chosen."""
    working: tuple[str, ...] = ()
    """Titles of the capabilities that work."""
    max_age: timedelta = timedelta(hours=24)
    """How old the last success may be before being offline is serious."""
