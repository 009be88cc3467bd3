"""What goes wrong between a program and its team's database, as sentences for a person."""

from __future__ import annotations

from ascinbox.core.errors import StoreError, Unreachable
from ascinbox.core.text import clean_line, shortened

ADMIN = "Ask an admin of your team."
PUBLISHER = "Ask a publisher of your team."
BY_ITSELF = "It is tried again by itself."
KEPT_TILL_BACK = "What you do is kept and sent when it is back; replies have to wait."
KEPT_TILL_IT_ANSWERS = "What you do is kept and sent when it does; replies have to wait."
OF_KEPT_ACTS = (BY_ITSELF, KEPT_TILL_BACK, KEPT_TILL_IT_ANSWERS)
"""Next steps that are true of acts that are kept here, and of no other."""
TAKE_OVER = "Take it over with !, or leave it to them; your text is kept."


class TeamError(StoreError):
    """The team's database said no, or could not be asked. Nothing was changed."""


class TeamOffline(TeamError, Unreachable):
    """The database cannot be reached, or the connection broke; sending an act once more does no harm."""

    unknown = False
    """True: it was asked, and did not answer. Whether the act was carried out, or will be, is not known."""


class TeamFull(TeamOffline):
    """The disk of the database is full: it can be read, and an act waits here until there is room."""


class Refused(TeamError):
    """The database does not take this act as it is, and would not take it later either."""


class NotAllowed(TeamError):
    """The level of this login does not allow it, or it is no member (any more)."""

    def __init__(self, title: str, detail: str = "", next_step: str = "", *, removed: bool = False) -> None:
        super().__init__(title, detail, next_step)
        self.removed = removed
        """True: this login is no member of the team."""


class WrongPassword(TeamError):
    """The server wants a password, and got none or another one."""


class Claimed(TeamError):
    """Somebody else is writing a reply to the review."""


class OnItsWay(TeamError):
    """A reply to the review is being sent, or is not settled. `row_id`: which."""

    def __init__(self, row_id: int) -> None:
        super().__init__("A reply to this review is on its way", "", "Try again when it has arrived.")
        self.row_id = row_id


class SchemaMismatch(TeamError):
    """The database was made by another version of ascinbox. Exit code 78 is EX_CONFIG of sysexits.h."""

    exit_code = 78


def not_at_level(level: str) -> NotAllowed:
    """What the database's functions say as well."""
    return NotAllowed(f"The level {level} does not allow this", "", ADMIN)


def last_admin() -> TeamError:
    """Nobody could let people in or out any more."""
    return TeamError(
        "A team needs an admin", "", "Make another one first: ascinbox team add NAME --level admin --apply."
    )


def oneself() -> TeamError:
    """An admin does not remove himself."""
    return TeamError(
        "Another admin has to remove you",
        "",
        "To leave with this home only: ascinbox team leave.",
    )


def superusers_login(name: str) -> NotAllowed:
    """A login that may do everything is changed by its like only."""
    return NotAllowed(
        f"{name} is a superuser of this PostgreSQL, and only a superuser changes it",
        "It can read and change everything of the team without being let in.",
        "Choose another login.",
    )


def may_make_no_login(error: NotAllowed) -> NotAllowed:
    """An admin of the team who may change no logins of the server."""
    return NotAllowed(
        "You may not make or change this login",
        error.title,
        "Leave out --apply, and let a database administrator run the SQL.",
    )


def missing_psycopg() -> TeamError:
    """The extra `team` is not installed."""
    return TeamError(
        "A team needs psycopg, which is not installed", "", 'Add it with: pip install "ascinbox[team]"'
    )


def connecting(error: Exception, shown: str) -> TeamError:
    """Why a connection was not made. `shown`: where to, without a password. libpq tells it in words alone."""
    words = _once(str(error))
    lower = words.lower()
    # The address stands in the detail: a title has to fit a line of the screen together with what to do.
    detail = f"{shown}: {shortened(words, 300)}"
    for marks, title, step in _CONNECTING:
        if any(mark in lower for mark in marks):
            made = NotAllowed if "login" in lower and "not permitted" in lower else TeamError
            if title in (_PASSWORD, _NO_PASSWORD):
                made = WrongPassword
            return made(title, detail, step)
    return TeamOffline(
        "The team's database cannot be reached",
        detail,
        KEPT_TILL_BACK,
    )


def _once(words: str) -> str:
    """libpq's words on one line, each attempt once: with and without TLS it often says the same."""
    lines = [" ".join(line.split()).removeprefix("connection failed: ") for line in words.splitlines()]
    return clean_line(" ".join(dict.fromkeys(filter(None, lines))))


def unanswered(shown: str) -> TeamOffline:
    """It took the connection's packets, and did not answer in time."""
    return TeamOffline(
        "The team's database does not answer",
        shown,
        KEPT_TILL_IT_ANSWERS,
    )


_PASSWORD = "The team's database refused the password"  # noqa: S105 (a sentence)
_NO_PASSWORD = "The team's database wants a password"  # noqa: S105 (a sentence)
_CONNECTING: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        (
            "invalid connection option",
            "invalid integer value",
            'value: "',
            "may not be used with",
            "could not match",
            "could not parse network address",
            "unrecognized configuration parameter",
            "invalid value for parameter",
        ),
        "A setting of the connection is not one that PostgreSQL knows",
        "Look at the address, at ~/.pg_service.conf and at the variables PG… of the environment.",
    ),
    (
        ("no password supplied", "empty password"),
        _NO_PASSWORD,
        "Join again and type it (or --password-stdin), or put it into ~/.pgpass (0600).",
    ),
    (
        ("password authentication failed",),
        _PASSWORD,
        "Join again with the right one, or mend ~/.pgpass (it has to be 0600).",
    ),
    (
        ("authentication failed",),
        "The team's server did not take who you are",
        "Its administrator has to look at pg_hba.conf: it asks for another proof than this login has.",
    ),
    (
        ("permission denied for database", "is not currently accepting connections"),
        "The team's server lets nobody into this database with this login",
        "Its administrator has to allow it: GRANT CONNECT, ALLOW_CONNECTIONS.",
    ),
    (
        ("is not permitted to log in",),
        "This login was switched off",
        "Ask an admin, or: ascinbox team leave.",
    ),
    (
        ("does not match host name", "certificate for", "hostname mismatch", "ip address mismatch"),
        "The team's server showed a certificate for another name",
        "Use the name that its certificate has. If you do already, somebody may be in between: ask an admin.",
    ),
    (
        ("certificate verify failed", "root certificate file", "unable to get local issuer", "self-signed"),
        "The certificate of the team's server is not one that this machine trusts",
        "Put the certificate of its authority into ~/.postgresql/root.crt, or name it by sslrootcert.",
    ),
    (
        ("server does not support ssl", "ssl is not enabled", "does not support ssl"),
        "The team's server offers no TLS",
        "Passwords and reviews would travel in the clear. Its administrator has to switch TLS on (ssl = on).",
    ),
    (
        ("channel binding",),
        "The team's server does not prove who it is (no channel binding)",
        "Its administrator has to use scram-sha-256 and TLS.",
    ),
    (
        ("no pg_hba.conf entry", "pg_hba.conf rejects connection"),
        "The team's server lets nobody in from here with this login",
        "Its administrator has to add a line to pg_hba.conf.",
    ),
    (
        ("does not exist",),
        "There is no such login or database",
        "Look at the address that you were given once more.",
    ),
    (
        ("too many connections", "remaining connection slots"),
        "The team's database has no connection left",
        "Try again later; its administrator can raise max_connections.",
    ),
)
