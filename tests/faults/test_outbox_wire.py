"""Rows 15, 18 to 23, 26 and 27 over a real connection: what the wire does to a reply."""

from __future__ import annotations

import signal
import threading
import time
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from ascinbox.core.outbox import delivery
from ascinbox.core.outbox.states import Phase, Why
from ascinbox.simulator.faults import Fault, Faults
from ascinbox.simulator.server import listen, serve_in_thread, url_of
from tests.faults.children import flush_for_ever, to_rest
from tests.faults.rig import FAST, POST, Rig, wait_for

MakeRig = Callable[..., Rig]
MANY = 60


class FirstRequests(Faults):
    """The first POST of each reply meets the same fault."""

    def __init__(self, replies: int, **options: Any) -> None:
        super().__init__()
        self.left = replies
        self._options = options

    def matching(self, method: str, path: str, key_id: str, query: str = "") -> list[Fault]:
        if method != "POST" or self.left == 0:
            return []
        self.left -= 1
        return [Fault(method=method, path=path, **self._options)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "drop", "after": True}, id="row 18: answer lost"),
        pytest.param({"kind": "drop", "reset": True}, id="row 19: reset before the effect"),
        pytest.param({"kind": "status", "status": 503, "after": True}, id="row 20: 503 after the effect"),
        pytest.param({"kind": "status", "status": 503}, id="row 20: 503 before the effect"),
    ],
)
def test_rows_18_to_20_an_answer_that_never_came(make_rig: MakeRig, fault: dict[str, Any]) -> None:
    settings = {**FAST, ("outbox", "settle_seconds"): 2.0, ("network", "deadline_seconds"): 5.0}
    rig = make_rig(reviews=400, faults=FirstRequests(MANY, **fault), settings=settings)
    pairs = [(review_id, f"Reply {number}") for number, review_id in enumerate(rig.reviews[:MANY])]
    rig.queue(pairs)
    rig.space.sender.flush_once()
    assert {row.phase for row in rig.rows()} == {Phase.UNKNOWN}
    to_rest(rig.space.sender, rig.space)
    assert rig.landed() == dict.fromkeys(pairs, 1)
    assert {row.phase for row in rig.rows()} <= {Phase.PENDING, Phase.PUBLISHED}


def test_row_21_stale_reads_after_a_lost_answer_double_nothing(make_rig: MakeRig) -> None:
    rig = make_rig(reviews=120, faults=FirstRequests(30, kind="drop", after=True))
    rig.simulator.settings.stale_s = FAST["outbox", "settle_seconds"] / 3
    pairs = [(review_id, f"Reply {number}") for number, review_id in enumerate(rig.reviews[:30])]
    rig.queue(pairs)
    to_rest(rig.space.sender, rig.space)
    assert rig.landed() == dict.fromkeys(pairs, 1)


def test_row_22_and_23_what_happened_meanwhile_holds_every_reply(make_rig: MakeRig) -> None:
    rig = make_rig(reviews=160)
    answered, edited, removed = rig.reviews[:15], rig.reviews[15:30], rig.reviews[30:45]
    rig.queue([(review_id, "Thank you") for review_id in rig.reviews[:45]])
    for review_id in answered:
        rig.simulator.happen("answer", review_id=review_id, text="Theirs")
    for review_id in edited:
        rig.simulator.happen("edit", review_id=review_id, body="Changed since")
    for review_id in removed:
        rig.simulator.happen("remove", review_id=review_id)
    to_rest(rig.space.sender, rig.space)
    why = {row.review_id: row.why for row in rig.rows()}
    assert {why[i] for i in answered} == {Why.ANSWERED_ELSEWHERE}
    assert {why[i] for i in edited} == {Why.REVIEW_CHANGED}
    assert {why[i] for i in removed} == {Why.REVIEW_GONE}
    assert rig.posts() == 0
    assert {rig.standing(review_id) for review_id in answered} == {"Theirs"}


def test_row_28_a_401_during_which_a_colleague_answered_overwrites_nothing(make_rig: MakeRig) -> None:
    rig = make_rig(reviews=60)
    [row] = rig.queue([(rig.reviews[0], "Thank you")])
    event = {"what": "answer", "review_id": row.review_id, "text": "Theirs"}
    rig.simulator.faults.add("world", "POST", POST, event=event)
    rig.simulator.faults.add("status", "POST", POST, status=401)
    to_rest(rig.space.sender, rig.space)
    assert (rig.rows()[0].phase, rig.rows()[0].why) == (Phase.HELD, Why.ANSWERED_ELSEWHERE)
    assert (rig.standing(row.review_id), rig.posts()) == ("Theirs", 1)


@pytest.mark.parametrize("after", [True, False])
def test_row_28_a_reply_lands_once_when_its_token_is_refused(make_rig: MakeRig, after: bool) -> None:
    rig = make_rig(reviews=60)
    rig.simulator.faults.add("status", "POST", POST, status=401, after=after)
    [row] = rig.queue([(rig.reviews[0], "Thank you")])
    to_rest(rig.space.sender, rig.space)
    assert rig.rows()[0].phase in {Phase.PENDING, Phase.PUBLISHED}
    assert rig.landed() == {(row.review_id, row.text): 1}
    assert rig.posts() == (1 if after else 2)


def test_row_28_a_401_after_the_effect_and_stale_reads_double_nothing(make_rig: MakeRig) -> None:
    rig = make_rig(reviews=60)
    rig.simulator.settings.stale_s = FAST["outbox", "settle_seconds"] / 3
    rig.simulator.faults.add("status", "POST", POST, status=401, after=True)
    [row] = rig.queue([(rig.reviews[0], "Thank you")])
    to_rest(rig.space.sender, rig.space)
    assert rig.landed() == {(row.review_id, row.text): 1}
    assert rig.posts() == 1


def test_without_the_look_before_sending_a_colleague_is_overwritten(
    make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shows that the net of rows 22 and 23 is what holds there."""
    monkeypatch.setattr(delivery, "reread", lambda *_args: None)
    rig = make_rig(reviews=60)
    rig.queue([(rig.reviews[0], "Thank you")])
    rig.simulator.happen("answer", review_id=rig.reviews[0], text="Theirs")
    to_rest(rig.space.sender, rig.space)
    assert rig.standing(rig.reviews[0]) == "Thank you"


def test_without_reading_back_a_lost_answer_is_doubled(
    make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shows that the net of row 18 is what holds there: sending again blindly lands twice."""
    monkeypatch.setattr(delivery, "lost", lambda row, now, _rules, _detail: delivery.unsent(row, now))
    monkeypatch.setattr(delivery, "reread", lambda *_args: None)
    rig = make_rig(reviews=60, faults=FirstRequests(1, kind="drop", after=True))
    rig.queue([(rig.reviews[0], "Thank you")])
    to_rest(rig.space.sender, rig.space)
    assert rig.landed() == {(rig.reviews[0], "Thank you"): 2}


@pytest.mark.slow
def test_row_26_an_offline_start_sends_in_order_once_there_is_a_line(make_rig: MakeRig) -> None:
    rig = make_rig(reviews=120)
    port = int(rig.served.url.rsplit(":", 1)[1])
    rig.served.stop()
    pairs = [(review_id, f"Reply {number}") for number, review_id in enumerate(rig.reviews[:30])]
    rig.queue(pairs)
    stop = threading.Event()
    sender = threading.Thread(target=rig.space.sender.run_forever, args=(stop,), daemon=True)
    sender.start()
    time.sleep(3)
    rows = rig.rows()
    assert {row.phase for row in rows} == {Phase.QUEUED}
    assert {row.attempts for row in rows} == {0}
    assert rows[0].why is Why.OFFLINE
    listening = listen(port)
    assert url_of(listening) == rig.served.url
    listening.close()
    rig.served = serve_in_thread(rig.simulator, port)
    wait_for(lambda: len(rig.simulator.ledger.replies()) == 30, limit_s=30)
    stop.set()
    sender.join(10)
    assert [effect.text for effect in rig.simulator.ledger.replies()] == [text for _, text in pairs]


def test_row_27_an_echo_in_another_form_is_no_conflict(make_rig: MakeRig) -> None:
    rig = make_rig(reviews=60)
    [row] = rig.queue([(rig.reviews[0], unicodedata.normalize("NFD", "Grüße, señor ") + "\r\n \n")])
    to_rest(rig.space.sender, rig.space)
    reply = rig.simulator.world.reviews[row.review_id].reply
    assert reply is not None
    reply.text = "Grüße, señor"
    rig.simulator.world.reviews[row.review_id].cached = None
    reply.cached = None
    wait_for(lambda: rig.space.sender.poll_pending().moved, step_s=0.1)
    assert rig.rows()[0].phase is Phase.PUBLISHED


@pytest.mark.slow
def test_row_15_a_frozen_holder_wakes_up_and_changes_nothing(make_rig: MakeRig) -> None:
    settings = {**FAST, ("outbox", "lease_seconds"): 1, ("network", "deadline_seconds"): 1.0}
    rig = make_rig(reviews=60, settings=settings)
    [row] = rig.queue([(rig.reviews[0], "Thank you")])
    rig.simulator.settings.latency_s = 0.3
    child = rig.spawn(flush_for_ever)
    wait_for(lambda: any(seen.method == "POST" for seen in rig.simulator.ledger.requests) or _posting(rig))
    child.signal(signal.SIGSTOP)
    rig.simulator.settings.latency_s = 0.0
    assert rig.rows()[0].phase is Phase.SENDING
    time.sleep(3 * 1.0)
    to_rest(rig.space.sender, rig.space)
    before = rig.rows()
    child.signal(signal.SIGCONT)
    time.sleep(1.0)
    assert rig.rows() == before
    assert before[0].phase in {Phase.PENDING, Phase.PUBLISHED}
    assert rig.landed() == {(row.review_id, row.text): 1}


def _posting(rig: Rig) -> bool:
    [row] = rig.rows()
    return row.phase is Phase.SENDING and row.posted_at is not None
