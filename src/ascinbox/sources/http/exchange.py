"""One request to a store and its answer: token, budget, deadline, retries, caps, errors.

What is retried: a GET, when it got no whole answer or a 5xx (up to 4 tries inside its deadline), and once
after a 401, with a new token; one that nobody waits for also when a minute's limit refused it, after that
minute. Every other method is sent exactly once: a refusal is no proof that nothing happened, and whoever
repeats a write has to look first. A 401 still makes a new token for the next request.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any, Protocol, TypeVar

import httpx

from ascinbox import __version__
from ascinbox.core.clock import Clock
from ascinbox.core.errors import (
    AscinboxError,
    NetworkError,
    RateLimited,
    SourceProblem,
    Unavailable,
    UnexpectedAnswer,
)
from ascinbox.sources.http import errors
from ascinbox.sources.http.bodies import JSON_CAP, BodyProblem, capped, read_json, unpack
from ascinbox.sources.http.headers import clock_skew_s, http_date
from ascinbox.sources.http.origin import Origin
from ascinbox.sources.http.wire import Deadline

T = TypeVar("T")

USER_AGENT = f"ascinbox/{__version__}"
MOST_TRIES = 4
FIRST_PAUSE_S = 0.5
"""Longest pause before the second try; doubled for each further one."""
SHORT_WAIT_S = 2.0
"""A background request waits this long for its turn before it is given up as limited."""
MOST_MINUTES = 3
"""So often a background request that a minute's limit refuses waits for the next minute."""
ERROR_BODY_CAP = 256 * 1024
SLOWEST_BYTES_PER_S = 256
SLOW_AFTER_S = 15.0
"""After this long an answer has to have come at `SLOWEST_BYTES_PER_S` on average."""
LONGEST_STALL_S = 45.0
"""A GET that hears nothing for this long (or half its deadline) is tried again."""
_STOP_STEP_S = 0.25
_FUTURE = timedelta(days=1)


class Tokens(Protocol):
    """Access tokens of one credential. Thread-safe."""

    def token(self) -> str:
        """One that is valid. Raises the errors of core/errors.py; a NetworkError is `unsent`."""
        ...

    def refresh(self, refused: str | None = None, skew_s: float | None = None) -> str:
        """A new one instead of `refused`; `skew_s` is our clock minus the store's."""
        ...


class RequestGate(Protocol):
    """When the next request may go. Thread-safe."""

    @property
    def held_until(self) -> datetime | None:
        """Until when the store wants no request at all, or None."""
        ...

    def admit(self, *, urgent: bool, patient: bool = False, scope: str = "") -> float:
        """0.0 and the request is counted; or the seconds after which to ask again."""
        ...

    def minute_only(self, *, patient: bool = False) -> bool:
        """Whether what makes background requests wait is a minute at most."""
        ...

    def observe(self, fields: Iterable[str]) -> None:
        """Learns from the `X-Rate-Limit` fields of an answer that was not 429."""
        ...

    def refused(self, retry_after: str | None, fields: Iterable[str] = ()) -> datetime:
        """Notes a refusal for too many requests; when (UTC) the next one may go."""
        ...


class ErrorOf(Protocol):
    """Makes the error that a store's refusal is; `request` is method and path."""

    def __call__(
        self,
        status: int,
        problems: tuple[SourceProblem, ...],
        request: str,
        *,
        skew_s: float | None = None,
        retry_at: datetime | None = None,
    ) -> AscinboxError: ...


@dataclass(frozen=True, slots=True)
class Refusals:
    """How a store says no."""

    company: str
    problems_of: Callable[[int, bytes], tuple[SourceProblem, ...]]
    """The entries of its error document, cleaned; () for any other body."""
    error_of: ErrorOf
    is_limit: Callable[[int, tuple[SourceProblem, ...]], bool] = lambda status, _problems: status == 429
    """Whether it refused for too many requests."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for. `query` is raw, without the question mark."""

    method: str
    path: str
    query: str = ""
    body: dict[str, Any] | None = None
    accept: str = "application/json"
    urgent: bool = False
    patient: bool = False
    """Waits for reviews and replies: takes nothing of the hour that they may still need."""
    waits: bool = False
    """Waits a minute out where only the minute's limit is reached; nobody looks on."""
    deadline_s: float | None = None
    tries: int = MOST_TRIES
    scope: str = ""
    """What it is counted for, where a store counts by more than the key: the app."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(slots=True)
class Answer:
    """An answer whose headers are there and whose body can be read once."""

    response: httpx.Response
    ask: Ask
    deadline: Deadline
    clock: Clock
    skew_s: float | None = None
    began: float = field(default=0.0)
    _packed: bytes | None = None

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def media_type(self) -> str:
        """`Content-Type` without parameters, lower case."""
        return str(self.response.headers.get("content-type", "")).partition(";")[0].strip().lower()

    @property
    def latest(self) -> datetime:
        """No date in the answer can be later: a day after the sender's clock, or ours if it sent none."""
        return (http_date(self.response.headers.get("date")) or self.clock.now()) + _FUTURE

    def raw(self) -> Iterator[bytes]:
        """The body as it came, watched for the deadline, a drip, and a length that does not fit."""
        taken = 0
        assert isinstance(self.response.stream, httpx.SyncByteStream)
        for chunk in self.response.stream:
            taken += len(chunk)
            elapsed = self.clock.monotonic() - self.began
            drips = elapsed > SLOW_AFTER_S and taken < SLOWEST_BYTES_PER_S * elapsed
            if drips or self.deadline.remaining() <= 0:
                raise errors.too_slow(self.response.request.url.host, str(self.ask))
            yield chunk
        promised = self.response.headers.get("content-length", "")
        if "transfer-encoding" not in self.response.headers and promised not in ("", str(taken)):
            raise BodyProblem("its length is not the one announced")

    def unpacked(self, cap: int) -> Iterator[bytes]:
        """The body, unpacked if it is gzip. Raises BodyProblem."""
        return unpack(self.raw(), cap)

    def packed(self) -> bytes:
        """The body of a JSON answer, complete, as it came. Raises UnexpectedAnswer or DamagedAnswer."""
        if self._packed is not None:
            return self._packed
        media_type = self.media_type
        if not media_type and self.response.headers.get("content-length") == "0":
            raise errors.empty(str(self.ask))
        if media_type != "application/json" and not media_type.endswith("+json"):
            kind = "a web page" if "html" in media_type else "something that is not JSON"
            raise errors.unexpected(kind, str(self.ask))
        with self.whole():
            self._packed = b"".join(capped(self.raw(), JSON_CAP))
        return self._packed

    def json(self) -> dict[str, Any]:
        """The JSON object that the body is. Raises UnexpectedAnswer or DamagedAnswer."""
        packed = self.packed()
        with self.whole():
            document = read_json(unpack((packed,), JSON_CAP))
        if not isinstance(document, dict):
            raise errors.unexpected("JSON of another form", str(self.ask))
        return document

    def taken(self) -> None:
        """Looks that it is an answer of the store's where none of its body is needed.

        Raises UnexpectedAnswer for a web page: something in between answers 2xx to everything.
        """
        if "html" in self.media_type:
            raise errors.unexpected("a web page", str(self.ask))

    @contextmanager
    def whole(self, refuse: Callable[[str, str], AscinboxError] = errors.unexpected) -> Iterator[None]:
        """Turns a BodyProblem into an error, and closes a connection that may hold leftovers of the body.

        `refuse` makes the error for a body that will be no better the next time."""
        try:
            yield
        except BodyProblem as problem:
            stream = self.response.extensions.get("network_stream")
            if stream is not None:
                stream.close()
            make = errors.damaged if problem.repeatable else refuse
            raise make(problem.what, str(self.ask)) from None

    def error_body(self) -> bytes:
        """What can be read of a refusal's body; b"" if it is broken: the status says enough."""
        try:
            return b"".join(self.unpacked(ERROR_BODY_CAP))
        except (BodyProblem, NetworkError, httpx.TransportError):
            return b""


class Exchange:
    """Speaks with one origin, with one key or (`tokens` None) with none. Thread-safe."""

    def __init__(
        self,
        origin: Origin,
        tokens: Tokens | None,
        clock: Clock,
        transport: httpx.BaseTransport,
        budget: RequestGate,
        refusals: Refusals,
        *,
        deadline_s: float,
        stop: threading.Event | None = None,
        user_agent: str = USER_AGENT,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self.origin = origin
        self.budget = budget
        self.clock = clock
        self.clock_skew_s: float | None = None
        """Our clock minus the store's in seconds, as of the last answer."""
        self._tokens = tokens
        self._refusals = refusals
        self._transport = transport
        self._deadline_s = deadline_s
        self._stop = stop
        self._user_agent = user_agent
        self._jitter = jitter or SystemRandom().random

    def call(self, ask: Ask, consume: Callable[[Answer], T]) -> T:
        """`consume` of the 2xx answer to `ask`; every other outcome is an error of core/errors.py."""

        def judge(answer: Answer) -> T:
            if not 200 <= answer.status < 300:
                raise self.refusal(answer)
            return consume(answer)

        return self.attempt(ask, judge)

    def attempt(self, ask: Ask, consume: Callable[[Answer], T]) -> T:
        """`consume` of the answer to `ask`, whatever its status, with the retries that the method allows."""
        seconds = self._deadline_s if ask.deadline_s is None else ask.deadline_s
        reading = ask.method == "GET"
        stall = min(seconds / 2, LONGEST_STALL_S) if reading else None
        deadline = Deadline.after(self.clock, seconds, stall)
        minutes = 0
        tried = 0
        while True:
            tried += 1
            try:
                return self._once(ask, deadline, consume)
            except RateLimited:
                # Refused for the minute's limit: what has the time waits for its turn and asks again.
                minutes += 1
                if not reading or minutes > MOST_MINUTES or not self._may_wait_a_minute(ask):
                    raise
                tried -= 1
                continue
            except (NetworkError, Unavailable) as error:
                pause = FIRST_PAUSE_S * 2 ** (tried - 1) * self._jitter()
                allowed = min(ask.tries, _tries(error)) if reading else 1
                if tried >= allowed or pause >= deadline.remaining():
                    raise
            self._pause(pause, ask)

    def _once(self, ask: Ask, deadline: Deadline, consume: Callable[[Answer], T]) -> T:
        if self._tokens is None:
            with self._sent(ask, "", deadline) as answer:
                return consume(answer)
        token = self._tokens.token()
        with self._sent(ask, token, deadline) as answer:
            fresh = self._tokens.refresh(token, answer.skew_s) if answer.status == 401 else token
            if answer.status != 401 or ask.method != "GET":
                return consume(answer)
            token = fresh
        with self._sent(ask, token, deadline) as answer:
            return consume(answer)

    @contextmanager
    def _sent(self, ask: Ask, token: str, deadline: Deadline) -> Iterator[Answer]:
        self._wait_for_turn(ask, deadline)
        request = self._request(ask, token, deadline)
        if deadline.remaining() <= 0:
            raise errors.too_slow(self.origin.host, str(ask), unsent=True)
        try:
            response = self._transport.handle_request(request)
            response.request = request
            try:
                yield self._noted(response, ask, deadline)
            finally:
                response.close()
        except httpx.TransportError as error:
            raise errors.network_error(error, self.origin.host, str(ask)) from error

    def _request(self, ask: Ask, token: str, deadline: Deadline) -> httpx.Request:
        headers = {"accept": ask.accept, "accept-encoding": "gzip", "user-agent": self._user_agent}
        content = None
        if ask.body is not None:
            content = json.dumps(ask.body, ensure_ascii=True).encode("ascii")
            headers["content-type"] = "application/json"
        request = httpx.Request(
            ask.method,
            self.origin.url(ask.path, ask.query),
            headers=headers,
            content=content,
            extensions={"timeout": deadline.as_extension()},
        )
        if not self.origin.owns(request.url):
            raise errors.unexpected("an address on another host", str(ask))
        if token:
            request.headers["authorization"] = f"Bearer {token}"
        return request

    def _noted(self, response: httpx.Response, ask: Ask, deadline: Deadline) -> Answer:
        skew = clock_skew_s(response.headers.get("date"), self.clock.now())
        if skew is not None:
            self.clock_skew_s = skew
        if response.status_code != 429:
            self.budget.observe(response.headers.get_list("x-rate-limit"))
        return Answer(response, ask, deadline, self.clock, skew, self.clock.monotonic())

    def refusal(self, answer: Answer) -> AscinboxError:
        """The error that an answer other than 2xx means."""
        status, name = answer.status, str(answer.ask)
        if status < 400:
            return errors.redirect_error(status, name)
        body = answer.error_body()
        problems = self._refusals.problems_of(status, body)
        retry_at = None
        if self._refusals.is_limit(status, problems):
            fields = answer.response.headers.get_list("x-rate-limit")
            retry_at = self.budget.refused(answer.response.headers.get("retry-after"), fields)
        if status < 500 and status != 429 and not problems and "html" in answer.media_type:
            return errors.unexpected("a web page", name)
        return self._refusals.error_of(status, problems, name, skew_s=answer.skew_s, retry_at=retry_at)

    def _wait_for_turn(self, ask: Ask, deadline: Deadline) -> None:
        while (wait := self.budget.admit(urgent=ask.urgent, patient=ask.patient, scope=ask.scope)) > 0:
            if self._may_wait_a_minute(ask):
                deadline.put_off(wait)
            elif ask.urgent or wait > SHORT_WAIT_S or wait > deadline.remaining():
                raise self._no_turn(ask, wait)
            self._pause(wait, ask)

    def _may_wait_a_minute(self, ask: Ask) -> bool:
        return ask.waits and self.budget.minute_only(patient=ask.patient)

    def _no_turn(self, ask: Ask, wait: float) -> RateLimited:
        held = self.budget.held_until
        if held is not None:
            return errors.rate_limited(
                "It is not asked before then.", held, self._refusals.company, request=str(ask)
            )
        return RateLimited(
            f"What is left of this hour's requests is kept for {'reviews and ' * ask.patient}replies.",
            "Background work goes on when there is more.",
            "Nothing has to be done. If another tool uses this key, give it a key of its own.",
            retry_at=self.clock.now() + timedelta(seconds=wait),
            kept_back=True,
            request=str(ask),
        )

    def _pause(self, seconds: float, ask: Ask) -> None:
        """Sleeps, and ends with `Stopped` soon after the stop event is set."""
        while seconds > 0:
            if self._stop is not None and self._stop.is_set():
                raise errors.Stopped("The program is closing.", f"{ask} was given up.", "", unsent=True)
            step = min(seconds, _STOP_STEP_S) if self._stop is not None else seconds
            self.clock.sleep(step)
            seconds -= step


def _tries(error: Exception) -> int:
    """How often a GET that ended so may be tried in all."""
    match error:
        case errors.DamagedAnswer():
            return 2
        case errors.Stopped() | UnexpectedAnswer():
            return 1
        case NetworkError(unsent=True):
            return 1
        case _:
            return MOST_TRIES
