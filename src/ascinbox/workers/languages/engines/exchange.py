"""One request to an engine: a thread of its own reads, the caller waits no longer than it wants to.

An engine may hang, trickle, lie about its length or never stop. So the total time, the bytes of an answer and
a person's stop are watched by the caller, and the reading thread is left behind when it does not end.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ascinbox.core.assist.answers import MOST_BYTES, EngineTrouble, refusal_detail
from ascinbox.core.assist.choice import HOW, EngineChoice
from ascinbox.core.secret import Secret
from ascinbox.workers.languages.engines.base import LOOK_EVERY_S, TimeLimit

_END = None
_AHEAD = 64
"""Chunks that may wait for the caller: the rest waits on the wire."""
_REFUSAL_BYTES = 64 << 10


class EngineAnswer:
    """A request that is under way. `chunks` reads its body; `close` leaves it."""

    def __init__(
        self,
        choice: EngineChoice,
        path: str,
        body: Mapping[str, Any],
        key: Secret | None,
        patience: TimeLimit,
    ) -> None:
        self._choice = choice
        self._patience = patience
        self._came: queue.Queue[bytes | BaseException | int | None] = queue.Queue(_AHEAD)
        self._left = threading.Event()
        address = choice.url if urlsplit(choice.url).path.endswith(path) else choice.url + path
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            # A packed answer could be small on the wire and endless here.
            "Accept-Encoding": "identity",
            "User-Agent": "ascinbox",
        }
        if key is not None:
            headers["Authorization"] = f"Bearer {key.reveal()}"
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        arguments = (address, headers, content)
        threading.Thread(target=self._read, args=arguments, name="ascinbox-engine", daemon=True).start()

    def chunks(self) -> Iterator[bytes]:
        """The body as it comes. Raises EngineTrouble for a refusal, a lost line, too much or too late."""
        what = f"The engine at {self._choice.host}"
        status = self._next(what)
        if isinstance(status, int) and status >= 300:
            raise self._refused(status)
        taken = 0
        while (chunk := self._next(what)) is not _END:
            assert isinstance(chunk, bytes)
            taken += len(chunk)
            if taken > MOST_BYTES:
                raise EngineTrouble(f"{what} answered more than {MOST_BYTES >> 20} MB.", "", HOW)
            yield chunk

    def close(self) -> None:
        """Nothing more is wanted; the reading thread ends by itself."""
        self._left.set()

    def _next(self, what: str) -> bytes | int | None:
        while True:
            self._patience.check(what)
            try:
                came = self._came.get(timeout=max(0.001, min(LOOK_EVERY_S, self._patience.left)))
            except queue.Empty:
                continue
            if isinstance(came, BaseException):
                raise EngineTrouble(
                    f"{what} cannot be reached, or broke off.",
                    type(came).__name__,
                    "Is it running? See [assist] url in config.toml.",
                )
            return came

    def _refused(self, status: int) -> EngineTrouble:
        body = b""
        what = f"The engine at {self._choice.host}"
        while len(body) < _REFUSAL_BYTES and (chunk := self._next(what)) is not _END:
            assert isinstance(chunk, bytes)
            body += chunk
        steps = {
            401: "Give its key: ascinbox assist --key -",
            403: "Give its key: ascinbox assist --key -",
            404: "Is [assist] url the base address, and [assist] model a model that it has?",
            429: "Wait a while, or look at the limits of your account there.",
        }
        detail = refusal_detail(body.decode("utf-8", "replace"))
        return EngineTrouble(f"{what} refused with {status}.", detail, steps.get(status, HOW))

    # --- on the reading thread ---

    def _read(self, address: str, headers: dict[str, str], content: bytes) -> None:
        import httpx

        seconds = max(0.1, self._patience.left)
        try:
            with (
                httpx.Client(
                    timeout=httpx.Timeout(seconds, connect=min(10.0, seconds)),
                    follow_redirects=False,
                    # A proxy is for what leaves the machine.
                    trust_env=not self._choice.is_local,
                ) as client,
                client.stream("POST", address, headers=headers, content=content) as response,
            ):
                self._put(response.status_code)
                packed = response.headers.get("content-encoding", "identity").lower()
                if packed != "identity":
                    raise httpx.DecodingError(f"packed as {packed}")
                for chunk in response.iter_raw():
                    if not self._put(chunk):
                        return
            self._put(_END)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, UnicodeError) as error:
            self._put(error)

    def _put(self, what: bytes | BaseException | int | None) -> bool:
        while not self._left.is_set() and self._patience.left > 0:
            try:
                self._came.put(what, timeout=LOOK_EVERY_S)
            except queue.Full:
                continue
            return True
        return False


def whole_answer(
    choice: EngineChoice, path: str, body: Mapping[str, Any], key: Secret | None, patience: TimeLimit
) -> object:
    """Posts `body` and gives the JSON that came back. Raises EngineTrouble."""
    answer = EngineAnswer(choice, path, body, key, patience)
    try:
        text = b"".join(answer.chunks()).decode("utf-8", "replace")
    finally:
        answer.close()
    return parsed(text)


def parsed(text: str) -> object:
    """The JSON in an answer. Raises EngineTrouble."""
    try:
        data: object = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise EngineTrouble(
            "The engine's answer is no JSON.",
            str(error)[:120],
            "Is [assist] url the base address of its API?",
        ) from None
    return data
