"""A simulator in a thread: it ends when it is told to, and what it has begun to answer arrives."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from ascinbox.simulator import server
from ascinbox.simulator.asgi import Receive, Scope, Send
from ascinbox.simulator.server import serve_in_thread


class Slow:
    """Answers when `goes_on` is set; `asked` tells that somebody waits."""

    def __init__(self) -> None:
        self.asked, self.goes_on = threading.Event(), threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half of it, ", "more_body": True})
        self.asked.set()
        while not self.goes_on.is_set():
            await asyncio.sleep(0.001)
        await send({"type": "http.response.body", "body": b"and the rest"})


def threads() -> int:
    return sum(thread.name == "simulator" for thread in threading.enumerate())


def test_it_listens_until_it_is_stopped() -> None:
    slow = Slow()
    slow.goes_on.set()
    with serve_in_thread(slow) as served:
        assert httpx.get(served.url).text == "half of it, and the rest"
        assert threads() == 1
    assert threads() == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(served.url)


def test_it_can_be_stopped_before_anybody_asked() -> None:
    for _ in range(20):
        serve_in_thread(Slow()).stop()
    assert threads() == 0


def test_an_answer_that_has_begun_arrives_whole() -> None:
    slow = Slow()
    served = serve_in_thread(slow)
    with ThreadPoolExecutor(2) as beside, httpx.Client() as client:
        answer = beside.submit(client.get, served.url)
        assert slow.asked.wait(5)
        stopped = beside.submit(served.stop)
        slow.goes_on.set()
        assert answer.result(5).text == "half of it, and the rest"
        stopped.result(5)
    assert threads() == 0


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "GRACE_S", 0.01)
    slow = Slow()
    served = serve_in_thread(slow)
    with ThreadPoolExecutor(1) as beside, httpx.Client() as client:
        answer = beside.submit(client.get, served.url)
        assert slow.asked.wait(5)
        served.stop()
        with pytest.raises(httpx.RemoteProtocolError):
            answer.result(5)
    assert threads() == 0
