"""What Apple answered to a probe: facts for the health checks, which judge them elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from ascinbox.core.errors import RateLimited, SourceError, SourceProblem, UnexpectedAnswer
from ascinbox.core.text import clean_line
from ascinbox.sources.apple.download import spool
from ascinbox.sources.apple.tables import open_table
from ascinbox.sources.http.bodies import REPORT_CAP
from ascinbox.sources.http.errors import DamagedAnswer, WebPage, unexpected
from ascinbox.sources.http.exchange import Answer, Exchange


@dataclass(frozen=True, slots=True)
class Probe:
    """What Apple answered to a probe, whatever it was."""

    status: int
    request: str
    """Method and path: `GET /v1/apps`."""
    problems: tuple[SourceProblem, ...]
    headers: Mapping[str, str]
    """Lower-case names, cleaned values."""
    skew_s: float | None
    """Our clock minus Apple's in seconds, of this answer."""
    elapsed_s: float
    retry_at: datetime | None = None
    """With 429: when (UTC) to ask again."""
    document: Mapping[str, Any] | None = None
    """The JSON object of a 2xx answer, uncleaned: look at its shape, show nothing of it."""
    unreadable: str = ""
    """A report came with this 2xx answer, and this is why it cannot be read."""


def is_table(file: BinaryIO) -> None:
    """Reads a report of any kind. Raises UnexpectedAnswer for an empty file and what begins no table."""
    if next(open_table(file), None) is None:
        raise UnexpectedAnswer("It is empty.")


def _trouble_of_report(answer: Answer, read: Callable[[BinaryIO], object]) -> str:
    """Why the report of a 2xx answer cannot be read; "" when it came whole, unpacks and `read` reads it.

    Raises WebPage for what is none of Apple's, and DamagedAnswer: asking again may help.
    """
    try:
        with spool(answer, REPORT_CAP) as file:
            read(file)
    except (WebPage, DamagedAnswer):
        raise
    except UnexpectedAnswer as error:
        return error.title
    return ""


def probed(
    exchange: Exchange, answer: Answer, began: float, read: Callable[[BinaryIO], object] = is_table
) -> Probe:
    """An answer of any status as a Probe. `began`: when the probe was sent, by the steady clock; `read` reads
    a report.

    Raises UnexpectedAnswer when the answer is not Apple's.
    """
    document = None
    unreadable = ""
    problems: tuple[SourceProblem, ...] = ()
    retry_at = None
    if 200 <= answer.status < 300:
        document = answer.json() if answer.ask.accept == "application/json" else None
        if document is not None and "data" not in document:
            raise unexpected("JSON of another form", str(answer.ask))
        if document is None and answer.ask.method == "GET":
            unreadable = _trouble_of_report(answer, read)
    else:
        refusal = exchange.refusal(answer)
        if not isinstance(refusal, SourceError):
            raise refusal
        problems = refusal.problems
        retry_at = refusal.retry_at if isinstance(refusal, RateLimited) else None
    return Probe(
        status=answer.status,
        request=str(answer.ask),
        problems=problems,
        headers={name: clean_line(value) for name, value in answer.response.headers.items()},
        skew_s=answer.skew_s,
        elapsed_s=exchange.clock.monotonic() - began,
        retry_at=retry_at,
        document=document,
        unreadable=unreadable,
    )
