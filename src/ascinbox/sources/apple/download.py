"""Report files: fetched whole or not at all, unpacked under caps into a file that has no name.

Sales and finance reports come from App Store Connect itself, with the token. Analytics segments lie behind
presigned links on other hosts: those requests carry no authorization, no cookie and no header of ours, and
may neither start at nor be redirected to anything but public https.
"""

from __future__ import annotations

import hashlib
import ssl
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast
from urllib.parse import urljoin

import httpx

from ascinbox.core.clock import Clock
from ascinbox.core.errors import NetworkError, Unavailable, UnexpectedAnswer
from ascinbox.sources.apple.errors import LinkRefused
from ascinbox.sources.http import errors
from ascinbox.sources.http.bodies import BodyProblem, headed, is_gzip, unpack, unpack_file
from ascinbox.sources.http.exchange import USER_AGENT, Answer, Ask
from ascinbox.sources.http.origin import check_download
from ascinbox.sources.http.wire import Deadline, open_wire, tls_context

MOST_REDIRECTS = 3
LINK_TRIES = 2
IN_MEMORY = 4 * 1024 * 1024
_HEAD = 64
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Download:
    """A complete, unpacked file at its beginning. As a context manager it gives the file and closes it."""

    file: BinaryIO
    size: int
    """Bytes as they came, packed."""
    checksums: frozenset[str]
    """MD5 (hex) of the bytes as they came and after each unpacking: which of them Apple names is not
    documented."""

    def __enter__(self) -> BinaryIO:
        return self.file

    def __exit__(self, *_: object) -> None:
        self.file.close()


class _Layer:
    """The bytes of a file before or after one of its unpackings, counted as they pass."""

    def __init__(self) -> None:
        self.head = b""
        self.size = 0
        self.digest = hashlib.md5(usedforsecurity=False)

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if len(self.head) < _HEAD:
                self.head += chunk[:_HEAD]
            self.size += len(chunk)
            self.digest.update(chunk)
            yield chunk


def spool(answer: Answer, cap: int, *, plain: bool = True) -> Download:
    """The body of a 2xx answer as a Download of at most `cap` bytes.

    The bytes tell whether it is packed, once or twice; without `plain` text that never was is refused.
    Raises WebPage for a page of the network's or JSON, UnexpectedAnswer for a file that is no report and
    DamagedAnswer for one that is cut or damaged.
    """
    headers = answer.response.headers
    framed = "content-length" in headers or "chunked" in headers.get("transfer-encoding", "").lower()
    came, once, twice = layers = (_Layer(), _Layer(), _Layer())
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the Download's owner closes it
    try:
        with answer.whole(errors.unreadable):
            head, body = headed(answer.raw())
            if not is_gzip(head):
                _check_plain(answer, head, wanted=plain)
            opened = once.passing(unpack_file(came.passing(body), cap, framed=framed))
            try:
                for piece in twice.passing(unpack(opened, cap)):
                    file.write(piece)
            except httpx.RemoteProtocolError:
                # Apple was reached, and the file is cut: other than with a network that is gone.
                raise BodyProblem("it breaks off before its end") from None
        if is_message(twice.head):
            raise errors.not_a_report(str(answer.ask))
    except BaseException:
        file.close()
        raise
    file.seek(0)
    sums = frozenset(layer.digest.hexdigest() for layer in layers)
    return Download(cast(BinaryIO, file), came.size, sums)


def _check_plain(answer: Answer, head: bytes, *, wanted: bool) -> None:
    """Raises for a body that is not packed and is no report either."""
    told = "html" in answer.media_type or answer.media_type.endswith("json")
    if told or is_message(head):
        raise errors.not_a_report(str(answer.ask))
    if not wanted:
        raise errors.unexpected("text instead of a report", str(answer.ask))


def is_message(head: bytes) -> bool:
    """Whether a body that begins so is a web page, XML or JSON, as no report is."""
    return head.lstrip()[:1] in (b"<", b"{")


class Links:
    """Fetches presigned links. `transport` replaces the network in tests; addresses are checked as ever."""

    def __init__(
        self, clock: Clock, *, allow_loopback: bool, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._clock = clock
        self._allow_loopback = allow_loopback
        self._transport = transport
        self._tls: ssl.SSLContext | None = None

    def fetch(self, url: str, *, deadline_s: float, cap: int) -> Download:
        """The file behind `url`. Raises LinkRefused when the link has expired, UnexpectedAnswer when it or a
        redirect leads where it must not, and the errors of any request. No message holds the signature."""
        deadline = Deadline.after(self._clock, deadline_s, stall=deadline_s / 2)
        for tried in range(1, LINK_TRIES + 1):
            try:
                return self._follow(url, deadline, cap)
            except (NetworkError, Unavailable) as error:
                final = isinstance(error, UnexpectedAnswer) and not isinstance(error, errors.DamagedAnswer)
                if final or tried == LINK_TRIES or deadline.remaining() <= 0:
                    raise
        raise AssertionError("the last try returns or raises")

    def _follow(self, url: str, deadline: Deadline, cap: int) -> Download:
        for _ in range(MOST_REDIRECTS + 1):
            with self._opened(url, deadline) as answer:
                if answer.status not in _REDIRECTS:
                    return self._taken(answer, cap)
                url = urljoin(url, answer.response.headers.get("location", ""))
        raise errors.unexpected("a download link with too many redirects", "the last of them")

    def _taken(self, answer: Answer, cap: int) -> Download:
        if answer.status == 200:
            return spool(answer, cap)
        host = answer.response.request.url.host
        detail = f"{host} answered {answer.status}."
        if answer.status >= 500:
            raise Unavailable(
                "The host of Apple's reports does not work right now.", detail, "", status=answer.status
            )
        raise LinkRefused(
            "The download link was refused.",
            detail,
            "Such links live about five minutes: it is listed again with the next sync.",
            status=answer.status,
        )

    @contextmanager
    def _opened(self, url: str, deadline: Deadline) -> Iterator[Answer]:
        try:
            parts = check_download(url, allow_loopback=self._allow_loopback)
            target = httpx.URL(url)
        except (ValueError, httpx.InvalidURL) as error:
            why = str(error) if type(error) is ValueError else "it is not an address"
            raise UnexpectedAnswer(
                "The download link is not followed.", f"Its trouble: {why}.", "It is listed again."
            ) from None
        host = parts.hostname or ""
        ask = Ask("GET", f"{host}{parts.path}"[:200])
        # A request of its own, sent below any client: nothing can add a header, a cookie or a redirect.
        request = httpx.Request(
            "GET",
            target,
            headers={"accept": "*/*", "accept-encoding": "identity", "user-agent": USER_AGENT},
            extensions={"timeout": deadline.as_extension()},
        )
        wire = self._transport or open_wire(
            parts.scheme,
            host,
            reach="public or loopback" if self._allow_loopback else "public",
            tls=self._context() if parts.scheme == "https" else None,
        )
        try:
            response = wire.handle_request(request)
            response.request = request
            try:
                yield Answer(response, ask, deadline, self._clock, began=self._clock.monotonic())
            finally:
                response.close()
        except httpx.TransportError as error:
            raise errors.network_error(error, host, str(ask)) from None
        finally:
            if wire is not self._transport:
                wire.close()

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = tls_context()
        return self._tls
