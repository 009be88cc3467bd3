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

from ascinbox.apple import errors
from ascinbox.apple.bodies import unpack_file
from ascinbox.apple.exchange import USER_AGENT, Answer, Ask
from ascinbox.apple.origin import check_download
from ascinbox.apple.wire import Deadline, open_wire, tls_context
from ascinbox.core.clock import Clock
from ascinbox.core.errors import AppleUnavailable, NetworkError, UnexpectedAnswer

MOST_REDIRECTS = 3
LINK_TRIES = 2
IN_MEMORY = 4 * 1024 * 1024
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Download:
    """A complete, unpacked file at its beginning. As a context manager it gives the file and closes it."""

    file: BinaryIO
    size: int
    """Bytes as they came, packed."""
    checksums: frozenset[str]
    """MD5 (hex) of the packed and of the unpacked bytes: which of them Apple names is not documented."""

    def __enter__(self) -> BinaryIO:
        return self.file

    def __exit__(self, *_: object) -> None:
        self.file.close()


def spool(answer: Answer, cap: int) -> Download:
    """The body of a 2xx answer as a Download of at most `cap` bytes.

    Raises UnexpectedAnswer for a web page or JSON and DamagedAnswer for a file that is cut or spoiled.
    """
    if "html" in answer.media_type or answer.media_type.endswith("json"):
        raise errors.unexpected("not a report file", str(answer.ask))
    headers = answer.response.headers
    framed = "content-length" in headers or "chunked" in headers.get("transfer-encoding", "").lower()
    packed, plain = hashlib.md5(usedforsecurity=False), hashlib.md5(usedforsecurity=False)
    size = 0

    def counted(chunks: Iterable[bytes]) -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            packed.update(chunk)
            size += len(chunk)
            yield chunk

    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the Download's owner closes it
    try:
        with answer.whole():
            for piece in unpack_file(counted(answer.unpacked(cap)), cap, framed=framed):
                plain.update(piece)
                file.write(piece)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return Download(cast(BinaryIO, file), size, frozenset((packed.hexdigest(), plain.hexdigest())))


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
            except (NetworkError, AppleUnavailable) as error:
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
            raise AppleUnavailable(
                "The host of Apple's reports does not work right now.", detail, "", status=answer.status
            )
        raise errors.LinkRefused(
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
