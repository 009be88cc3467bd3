"""The second process that reads pages: the same as reading here, and never in the way when it cannot."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from ascinbox.core.errors import NetworkError
from ascinbox.core.records import Page
from ascinbox.sources.base import RawReviews
from ascinbox.store.cache.prepared_review import PreparedReview
from ascinbox.workers.reviews import sync_run
from ascinbox.workers.reviews.page_reader import Reader, read_here
from ascinbox.workers.runtime.results import DatasetResult
from ascinbox.workers.workspace import Workspace
from tests.workers.simulated_apple import Apple, Desk

JSON = {"content-type": "application/json"}


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader()
    yield made
    made.close()


def up(reader: Reader) -> Reader:
    """The reader with its helper, once that is up."""
    reader.start()
    deadline = time.monotonic() + 20
    while not reader._can_help() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert reader._can_help()
    return reader


def both_ways(
    reader: Reader, app: str, texts: bool, answer: RawReviews
) -> tuple[Page[PreparedReview], Page[PreparedReview]]:
    return reader.read(answer, app, texts=texts), read_here(answer, texts=texts)


def pages(workspace: Workspace, apple: Apple, reader: Reader, *, texts: bool) -> None:
    """Holds every first page that the helper reads against the same read here."""
    client = workspace.client_for(workspace.accounts.list()[0], "reviews")
    for app in apple.app_ids:
        both = client.reviews_read(app, partial(both_ways, reader, app, texts))
        assert both[0] == both[1]
        assert both[0].items
        assert (both[0].items[0].folded is not None) == texts


def first_pages(workspace: Workspace, apple: Apple) -> tuple[list[RawReviews], list[Page[PreparedReview]]]:
    """The first answer of each app, and the same read here."""
    client = workspace.client_for(workspace.accounts.list()[0], "reviews")
    answers = [client.reviews_read(app, lambda answer: (answer, answer.packed())[0]) for app in apple.app_ids]
    return answers, [read_here(answer, texts=True) for answer in answers]


@pytest.mark.parametrize("texts", [True, False])
def test_the_helper_reads_as_this_process_does(
    make_apple: Callable[..., Apple], desk: Desk, reader: Reader, texts: bool
) -> None:
    apple = desk.apple = make_apple(apps=3, reviews=900)
    workspace = desk.open(apple.account())
    pages(workspace, apple, up(reader), texts=texts)


def test_each_of_many_askers_gets_the_answer_to_its_question(
    make_apple: Callable[..., Apple], desk: Desk, reader: Reader
) -> None:
    apple = desk.apple = make_apple(apps=4, reviews=800)
    workspace = desk.open(apple.account())
    up(reader)
    answers, expected = first_pages(workspace, apple)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            read = pool.map(partial(reader.read, texts=True), answers, apple.app_ids)
            assert list(read) == expected
    assert reader._helper is not None


def test_a_helper_that_dies_under_many_askers_is_done_without(
    make_apple: Callable[..., Apple], desk: Desk, reader: Reader
) -> None:
    apple = desk.apple = make_apple(apps=4, reviews=800)
    workspace = desk.open(apple.account())
    helper = up(reader)._helper
    assert helper is not None
    answers, expected = first_pages(workspace, apple)
    os.kill(helper.pid, signal.SIGSTOP)
    with ThreadPoolExecutor(4) as pool:
        read = [
            pool.submit(reader.read, *asked, texts=True) for asked in zip(answers, apple.app_ids, strict=True)
        ]
        os.kill(helper.pid, signal.SIGKILL)
        assert [future.result(30) for future in read] == expected
    assert reader._helper is None


def test_without_a_helper_everything_is_read_here(apple: Apple, desk: Desk, reader: Reader) -> None:
    workspace = desk.open(apple.account())
    pages(workspace, apple, reader, texts=False)


def test_a_helper_that_dies_is_done_without(apple: Apple, desk: Desk, reader: Reader) -> None:
    workspace = desk.open(apple.account())
    helper = up(reader)._helper
    assert helper is not None
    os.kill(helper.pid, signal.SIGKILL)
    helper.wait(10)
    pages(workspace, apple, reader, texts=True)
    assert reader._helper is None
    reader.start()
    assert reader._helper is None


def test_closing_ends_the_helper_and_is_final(reader: Reader) -> None:
    helper = up(reader)._helper
    assert helper is not None
    reader.close()
    assert helper.poll() is not None
    reader.start()
    assert reader._helper is None


def test_the_helper_knows_no_secret(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASCINBOX_KEY", "-----BEGIN PRIVATE KEY-----")
    monkeypatch.setenv("APP_STORE_CONNECT_PRIVATE_KEY", "secret")
    helper = up(reader)._helper
    assert helper is not None
    with open(f"/proc/{helper.pid}/environ", "rb") as file:  # noqa: PTH123
        environment = file.read()
    assert b"PRIVATE" not in environment
    assert b"ASCINBOX" not in environment


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "cut", "times": 9},
        {"kind": "html", "status": 200},
        {"kind": "answer", "status": 200, "body": '{"data": [', "headers": JSON},
        {"kind": "answer", "status": 200, "body": "[]", "headers": JSON},
    ],
)  # fmt: skip
def test_what_is_no_page_is_refused_as_without_a_helper(
    apple: Apple, desk: Desk, reader: Reader, fault: dict[str, object]
) -> None:
    workspace = desk.open(apple.account(), network_deadline_seconds="3")
    client = workspace.client_for(workspace.accounts.list()[0], "reviews")
    app = apple.app_ids[0]
    said = []
    for each in (up(reader), Reader()):
        apple.simulator.faults.clear()
        apple.simulator.faults.add(path=f"*/apps/{app}/*", **{"times": 9, **fault})  # type: ignore[arg-type]
        with pytest.raises(NetworkError) as raised:
            client.reviews_read(app, partial(each.read, app_id=app, texts=False))
        said.append((type(raised.value), raised.value.title))
    assert said[0] == said[1]


@pytest.mark.slow
def test_a_large_first_sync_uses_it_and_stores_the_same(
    make_apple: Callable[..., Apple], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_run, "HELPED_FROM", 500)
    helped: list[object] = []
    by_helper = Reader._by_helper

    def counting(self: Reader, asked: tuple[str, str, float, bool, bytes]) -> object:
        page = by_helper(self, asked)
        helped.append(page)
        return page

    monkeypatch.setattr(Reader, "_by_helper", counting)
    apple = desk.apple = make_apple(apps=2, reviews=3000)
    apple.simulator.settings.latency_s = 0.1
    workspace = desk.open(apple.account())
    result = workspace.sync.run(datasets=["reviews"], in_bulk=True)
    (account,) = result.accounts
    assert account.datasets["reviews"] == DatasetResult(requests=apple.asked(), new=3000)
    assert helped
    assert None not in helped
    again = workspace.sync.run(datasets=["reviews"], full=True)
    assert (again.total("new"), again.total("changed"), again.total("removed")) == (0, 0, 0)
    rows = workspace.inbox.window(workspace.inbox.query("the"), None, 5).rows
    assert rows
