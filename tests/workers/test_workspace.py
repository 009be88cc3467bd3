"""The workspace: opens without waiting, notices other programs within a second, ends within three."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from functools import partial
from pathlib import Path

import pytest

from ascinbox.core.errors import CredentialError, NetworkError, StoreError
from ascinbox.core.events import AccountsChanged, Connectivity, Event, Notice, ReviewsChanged
from ascinbox.core.records import Account, Credential, CredentialKind
from ascinbox.sources.apple.source import apple_client
from ascinbox.workers.runtime.clients import credential_for
from ascinbox.workers.runtime.daemon_pool import DaemonPool
from ascinbox.workers.workspace import CLOSING_LIMIT_S, takes_long
from tests.workers.simulated_apple import Apple, Desk


def test_opening_imports_nothing_that_the_first_frame_must_not_wait_for(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from ascinbox.paths import Paths;"
        "from ascinbox.config import load_config; from ascinbox.workers.workspace import Workspace;"
        f"w = Workspace.open(paths=Paths.under(Path({str(tmp_path)!r})), config=load_config(None, {{}}));"
        "w.wait_ready(); q = w.inbox.query('is:needs-reply'); w.ask(w.inbox.window, q).result();"
        "w.ask(w.inbox.views).result();"
        "heavy = {'sqlmodel', 'sqlalchemy', 'pydantic', 'httpx', 'jwt', 'cryptography', 'keyring',"
        " 'fasttext', 'mcp'};"
        "print(sorted(heavy & set(sys.modules))); w.close()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_an_act_needs_is_imported_once_the_first_rows_are_there(tmp_path: Path) -> None:
    script = (
        "import gc, sys, threading; from pathlib import Path; from ascinbox.paths import Paths;"
        "from ascinbox.config import load_config; from ascinbox.workers.workspace import Workspace;"
        f"w = Workspace.open(paths=Paths.under(Path({str(tmp_path)!r})), config=load_config(None, {{}}),"
        " offline=True);"
        "w.wait_ready(); before = 'sqlmodel' in sys.modules; w.start();"
        "[t.join(60) for t in threading.enumerate() if t.name == 'ascinbox-preload'];"
        "print(before, 'sqlmodel' in sys.modules, 'ascinbox.store.queue.local' in sys.modules);"
        # It is not looked through for garbage while somebody is at the keys.
        "print(gc.get_freeze_count() > len(sys.modules)); w.close()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True", "True"]


def test_while_keys_are_pressed_nothing_that_begins_by_itself_is_imported(tmp_path: Path) -> None:
    script = (
        "import sys, threading; from pathlib import Path; from ascinbox.paths import Paths;"
        "from ascinbox.config import load_config; from ascinbox.workers.workspace import Workspace;"
        f"w = Workspace.open(paths=Paths.under(Path({str(tmp_path)!r})), config=load_config(None, {{}}));"
        "w.wait_ready(); waiting = threading.Barrier(4);"
        "w.throttle.wait_for_rest = lambda stop: (waiting.wait(60), stop.wait());"
        "w.throttle.touched(); w.start(); notice = w.replies.pending_notice();"
        # The preload, the sync and the sender; the others look at the clock first.
        "waiting.wait(60);"
        "heavy = {'sqlmodel', 'sqlalchemy', 'pydantic', 'httpx', 'jwt', 'cryptography', 'keyring',"
        " 'fasttext', 'ascinbox.workers.runtime.sync', 'ascinbox.store.cache.index.indexer'};"
        "print(notice, sorted(heavy & set(sys.modules)));"
        "w.throttle.wait_for_rest = lambda stop: None; w.close()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "None []"


def test_a_store_that_cannot_be_opened_is_said_by_waiting_for_it(desk: Desk) -> None:
    workspace = desk.open()
    workspace.close()
    desk.home.joinpath("data", "user.db").write_bytes(b"something else entirely" * 100)
    from ascinbox.config import load_config
    from ascinbox.paths import Paths
    from ascinbox.workers.workspace import Workspace

    again = Workspace.open(paths=Paths.under(desk.home), config=load_config(None, {}))
    desk.opened.append(again)
    try:
        again.wait_ready()
    except StoreError as error:
        assert error.next_step
    else:
        assert again.store.notices()


def test_what_another_program_writes_is_noticed_within_a_second(apple: Apple, desk: Desk) -> None:
    first, second = desk.open(apple.account()), desk.open()
    heard: list[Event] = []
    told = threading.Event()

    def hear(event: Event) -> None:
        heard.append(event)
        if isinstance(event, AccountsChanged):
            told.set()

    first.offline = True
    first.subscribe(hear)
    first.start()
    time.sleep(0.7)
    heard.clear()
    told.clear()
    began = time.monotonic()
    second.triage.note("some-review", "a note")
    assert told.wait(3)
    assert time.monotonic() - began < 1.5
    assert any(isinstance(event, ReviewsChanged) and event.ids is None for event in heard)


def test_our_own_writes_are_no_news(apple: Apple, desk: Desk) -> None:
    workspace = desk.open(apple.account())
    workspace.offline = True
    heard: list[Event] = []
    workspace.subscribe(heard.append)
    workspace.start()
    time.sleep(0.3)
    workspace.triage.note("some-review", "a note")
    time.sleep(1.2)
    assert [event for event in heard if isinstance(event, ReviewsChanged) and event.ids is None] == []


def test_a_snooze_ends_by_itself(apple: Apple, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from ascinbox.workers.runtime import watch

    monkeypatch.setattr(watch, "UPKEEP_EVERY_S", 0.2)
    workspace = desk.open(apple.account())
    workspace.sync.run()
    review = apple.reviews_of(apple.app_ids[0])[0].id
    workspace.triage.snooze([review], workspace.clock.now() + timedelta(seconds=1))
    before = workspace.inbox.detail(review)
    assert before is not None
    assert before.state == "Z"
    workspace.offline = True
    workspace.start()
    states = ["Z"]
    deadline = time.monotonic() + 6
    while states[-1] == "Z" and time.monotonic() < deadline:
        time.sleep(0.1)
        detail = workspace.inbox.detail(review)
        assert detail is not None
        states.append(detail.state)
    assert states[-1] == "N"


def test_it_syncs_by_itself_and_closes_soon(make_apple: Callable[..., Apple], desk: Desk) -> None:
    apple = desk.apple = make_apple(apps=2, reviews=60)
    workspace = desk.open(apple.account(), health_every_minutes="0")
    workspace.start()
    deadline = time.monotonic() + 15
    while workspace.sync.cache_age_s() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert workspace.sync.cache_age_s() is not None
    assert workspace.online
    began = time.monotonic()
    workspace.close()
    assert time.monotonic() - began < CLOSING_LIMIT_S + 1


def test_closing_does_not_wait_for_a_silent_apple(make_apple: Callable[..., Apple], desk: Desk) -> None:
    apple = desk.apple = make_apple(apps=1, reviews=10)
    apple.simulator.faults.add("slow", seconds=20.0, times=None)
    workspace = desk.open(apple.account())
    workspace.start()
    workspace.background(workspace.sync.run)
    time.sleep(0.5)
    began = time.monotonic()
    workspace.close()
    assert time.monotonic() - began < CLOSING_LIMIT_S + 1


def test_one_deaf_listener_does_not_keep_others_from_hearing(desk: Desk) -> None:
    workspace = desk.open()
    heard: list[Event] = []

    def broken(_event: Event) -> None:
        raise RuntimeError

    workspace.subscribe(broken)
    end = workspace.subscribe(heard.append)
    workspace.publish(Notice("one"))
    end()
    end()
    workspace.publish(Notice("two"))
    assert heard == [Notice("one")]


def test_only_a_change_of_reachability_is_told(desk: Desk) -> None:
    workspace = desk.open()
    heard: list[Event] = []
    workspace.subscribe(heard.append)
    assert workspace.online is None
    for online in (True, True, False, False, True):
        workspace.saw_apple(online)
    assert [event.online for event in heard if isinstance(event, Connectivity)] == [True, False, True]
    workspace.offline = True
    assert workspace.online is False


def test_offline_makes_no_client(apple: Apple, desk: Desk) -> None:
    account = apple.account()
    workspace = desk.open(account)
    workspace.offline = True
    with pytest.raises(NetworkError):
        workspace.client_for(account, "reviews")


def test_clients_are_made_once_and_share_a_budget(apple: Apple, desk: Desk) -> None:
    account = apple.account()
    workspace = desk.open(account)
    client = workspace.client_for(account, "reviews")
    assert workspace.client_for(account, "reply") is client
    workspace.clients.forget(account.primary)
    anew = workspace.client_for(account, "reviews")
    assert anew is not client
    assert apple_client(anew).budget is apple_client(client).budget


def test_a_method_that_takes_long_runs_beside_the_others(desk: Desk) -> None:
    workspace = desk.open()
    go_on = threading.Event()

    class Service:
        @takes_long
        def slow(self) -> str:
            go_on.wait(5)
            return threading.current_thread().name

        def quick(self) -> str:
            return threading.current_thread().name

    service = Service()
    slow = workspace.ask(service.slow)
    assert workspace.ask(service.quick).result(2) != ""
    go_on.set()
    assert slow.result(5) != workspace.ask(service.quick).result(2)


# --- which credential ---


def credential(kind: CredentialKind, key_id: str, *capabilities: str) -> Credential:
    return Credential(kind, key_id, "issuer", f"file:{key_id}", capabilities=capabilities)


def account_with(*credentials: Credential) -> Account:
    return Account(1, "N", None, ("reviews",), credentials)


def test_the_credential_that_was_chosen_for_a_capability_goes_first() -> None:
    team = credential(CredentialKind.TEAM, "TEAM")
    own = credential(CredentialKind.INDIVIDUAL, "OWN", "reviews", "reply")
    account = account_with(team, own)
    assert credential_for(account, "reviews") == own
    assert credential_for(account, "sales") == team


def test_a_credential_is_not_used_for_what_its_kind_never_may() -> None:
    account = account_with(credential(CredentialKind.INDIVIDUAL, "OWN"))
    assert credential_for(account, "sales") is None
    assert credential_for(account_with(credential(CredentialKind.REPORTER, "R")), "reviews") is None


def test_no_fitting_credential_is_a_sentence(apple: Apple, desk: Desk) -> None:
    workspace = desk.open(apple.account())
    with pytest.raises(CredentialError, match="Sales"):
        workspace.client_for(account_with(credential(CredentialKind.INDIVIDUAL, "OWN")), "sales")


# --- the pool ---


def test_a_crew_works_everything_off_in_order_of_results() -> None:
    with DaemonPool(3, "test") as pool:
        assert pool.run_all(partial(pow, n, 2) for n in range(20)) == [n * n for n in range(20)]


def test_a_crew_gives_the_first_error_when_all_have_ended() -> None:
    ended: list[int] = []

    def job(number: int) -> None:
        if number == 1:
            raise ValueError(number)
        time.sleep(0.05)
        ended.append(number)

    with DaemonPool(2, "test") as pool, pytest.raises(ValueError, match="1"):
        pool.run_all(partial(job, n) for n in range(4))
    assert sorted(ended) == [0, 2, 3]


def test_a_closed_crew_cancels_what_has_not_begun() -> None:
    begun, gate = threading.Event(), threading.Event()
    pool = DaemonPool(1, "test")

    def wait() -> bool:
        begun.set()
        return gate.wait(5)

    first = pool.submit(wait)
    second = pool.submit(lambda: 2)
    assert begun.wait(5)
    pool.close()
    gate.set()
    assert first.result(5) is True
    with pytest.raises(CancelledError):
        second.result(1)
    assert pool.submit(lambda: 3).cancelled()
