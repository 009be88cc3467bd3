"""One family of errors: what happened, in whose words, and what the person does next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

TRIED_AGAIN = "Nothing has to be done; it is tried again."
"""The next step where background work goes on by itself. Whoever does a thing once says something else."""


class AscinboxError(Exception):
    """Anything that a person should read.

    `title` is one sentence naming the cause, `detail` the evidence (cleaned foreign words included),
    `next_step` what the person does about it. None of the three ever holds a secret.
    """

    exit_code = 2
    brief = ""
    """What a screen's line says in place of all three; empty: as much of them as there is room for."""

    def __init__(self, title: str, detail: str = "", next_step: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.detail = detail
        self.next_step = next_step

    def __str__(self) -> str:
        from ascinbox.core.text import sentences

        return sentences(self.title, self.detail, self.next_step)


class UsageError(AscinboxError):
    """The command line, a query or a file of the user's is not understood."""

    exit_code = 3


class ConfigError(UsageError):
    """A file of the user's (config, views, template) is broken; names the file, line and column."""


class CredentialError(AscinboxError):
    """A key file, key id, issuer or token that cannot be used; nothing was sent."""


class NoKeysHere(AscinboxError):
    """A member of a team asks no store: the team's workers hold the keys, and what they found is shown."""

    def __init__(self) -> None:
        super().__init__(
            "A member of a team asks no store.",
            "The team's workers hold the keys; what they found is shown here.",
            "Do it where a worker runs, or leave the team first: ascinbox team leave.",
        )


class VaultError(AscinboxError):
    """The place that holds a secret is locked, absent, slow, lying or too open."""


class StoreError(AscinboxError):
    """A database file is damaged, foreign, newer than the program, locked, full or read-only."""


class Unreachable(StoreError):
    """What stands behind the queue, a team's database, cannot be asked at present."""

    brief = "the team cannot be reached: this has to wait"


class NewerData(StoreError):
    """A data file was written by a newer ascinbox. Exit code 78 is EX_CONFIG of sysexits.h."""

    exit_code = 78


class OutputLost(AscinboxError):
    """Standard output cannot be written: a full disk, a closed terminal. 74 is EX_IOERR of sysexits.h."""

    exit_code = 74


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """What a store says of a refusal, cleaned: one entry of Apple's `errors[]` (ErrorResponse in its OpenAPI
    description), or Google's code and message."""

    status: int
    code: str
    title: str
    detail: str
    pointer: str = ""
    see: str = ""
    """`links.see`: `/agreements` or `/business` on an agreement 403."""
    id: str = ""


GENERAL_CODES = ("", "UNEXPECTED_ERROR", "FORBIDDEN_ERROR", "FORBIDDEN", "ENTITY_ERROR", "PARAMETER_ERROR")
"""Codes that name a family of refusals; what comes beside one of them says more."""


def most_specific_first(problems: Iterable[SourceProblem]) -> tuple[SourceProblem, ...]:
    """The problems of one answer, the one that says most first: the deeper code, then one that is not only
    a family's name, then one that names a place. Apple sends them in any order."""
    return tuple(sorted(problems, key=lambda p: (-p.code.count("."), p.code in GENERAL_CODES, not p.pointer)))


class SourceError(AscinboxError):
    """A store answered, and the answer was no. Keeps the store's own code and words."""

    def __init__(
        self,
        title: str,
        detail: str = "",
        next_step: str = "",
        *,
        status: int,
        problems: tuple[SourceProblem, ...] = (),
        request: str = "",
        clock_skew_s: float | None = None,
    ) -> None:
        super().__init__(title, detail, next_step)
        self.status = status
        self.problems = problems
        self.request = request
        """Method and path, without query: `GET /v1/apps`."""
        self.clock_skew_s = clock_skew_s
        """Our clock minus the answer's `Date` header in seconds, when it carried one."""

    @property
    def code(self) -> str:
        """The store's most specific code, or an empty string."""
        return next((problem.code for problem in most_specific_first(self.problems)), "")


class Unauthorized(SourceError):
    """401: the token was refused (key, issuer, clock or revocation: Apple does not say which)."""


class Forbidden(SourceError):
    """403: role, agreement, membership, scope or an app that the key cannot see."""


class NotFound(SourceError):
    """404 (or 410): it does not exist, or this key cannot see it."""


class Rejected(SourceError):
    """400, 405, 409, 415 or 422: the request itself is refused. Never retried."""


class RateLimited(SourceError):
    """429: wait until `retry_at` (UTC).

    `kept_back`: the store was not asked; what is left of the hour is kept for replies.
    """

    def __init__(
        self, *args: str, retry_at: datetime, status: int = 429, kept_back: bool = False, **rest: object
    ) -> None:
        super().__init__(*args, status=status, **rest)  # type: ignore[arg-type]
        self.retry_at = retry_at
        self.kept_back = kept_back


class Unavailable(SourceError):
    """5xx, after the retries."""


class NetworkError(AscinboxError):
    """No answer arrived. `unsent` tells whether the request provably never left."""

    def __init__(self, title: str, detail: str = "", next_step: str = "", *, unsent: bool = False) -> None:
        super().__init__(title, detail, next_step)
        self.unsent = unsent


class UnexpectedAnswer(NetworkError):
    """Something answered, but not as the store does: HTML, a cut body, a bomb, wrong types."""
