"""The outbox under everything at once: edits, rivals, faults, kills, frozen programs, clocks, two senders.

After every step the invariants O1 to O13 must hold, and at the end everything comes to rest.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from itertools import groupby

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import Phase as Phase_
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from ascinbox.core.outbox import decisions, delivery
from ascinbox.core.outbox.states import MOVING, Base, Kind, OutboxRow, Phase, Why
from ascinbox.store.queue.port import Busy
from ascinbox.workers.replies.sending import OutboxProcessor
from tests.store.team.conftest import team_bench
from tests.workers.outbox_bench import Bench

REVIEWS = ("a", "b", "c")
FAULTS = st.lists(
    st.sampled_from(
        [
            "",
            "lost",
            "lost after",
            "503",
            "503 after",
            "unsent",
            "422",
            "429",
            "429 after",
            "401",
            "401 after",
        ]
    ),
    max_size=4,
)
GET_FAULTS = st.lists(st.sampled_from(["unsent", "lost", "503", "429"]), max_size=2)
REVIEW = st.sampled_from(REVIEWS)
SENDER = st.sampled_from([0, 1])
# Between the last look at the lease and the first byte nothing can be checked any more, so a program that
# stands still for minutes exactly there is beyond any promise (docs/promises.md).
BLIND = "before post"


class Killed(BaseException):
    """SIGKILL, as far as one thread can be sent one."""


def _pass_by(_name: str) -> None:
    """No fault at this moment."""


class Outbox(RuleBasedStateMachine):
    """Two senders, one person, customers, a colleague and a clock."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = self.made_bench()
        self.texts: set[str] = set()
        self.confirmed: dict[int, OutboxRow] = {}
        self.agreed: dict[int, set[str | None]] = {}
        """Per row, the texts that the person knows it would replace."""
        self.order: dict[str, list[str]] = {review: [] for review in REVIEWS}
        self.unheard: set[int] = set()
        """Places in Apple's ledger of copies that may land once more: see `a_colleague_takes_away`."""
        self.serial = 0
        self.broken: list[AssertionError] = []
        self.looked_at = (0, 0)
        self.senders: list[OutboxProcessor] = []
        self.at_point: Callable[[str], None] = _pass_by
        self.bench.apple.on_post = self.check_post

    def made_bench(self) -> Bench:
        """What this machine works on."""
        return Bench()

    @initialize()
    def begin(self) -> None:
        for review in REVIEWS:
            self.bench.apple.write(review)
        self.senders = [self.new_sender(), self.new_sender()]

    def new_sender(self) -> OutboxProcessor:
        return self.bench.processor(point=lambda name: self.at_point(name))

    # --- what Apple sees ---

    def check_post(self, review_id: str, text: str | None) -> None:
        """Notes what is wrong with a request: the sender itself would take an error for a lost answer."""
        try:
            self.check_request(review_id, text)
        except AssertionError as error:
            self.broken.append(error)

    def check_request(self, review_id: str, text: str | None) -> None:
        """O2, O3, O6, O7, O8, O13: each request is the frozen text of exactly one claimed row."""
        rows = [row for row in self.bench.outbox.open_rows() if row.review_id == review_id]
        sending = [row for row in rows if row.phase is Phase.SENDING]
        assert len(sending) == 1
        assert sending[0].posted_at is not None
        assert sending[0].lease_owner in {sender.owner for sender in self.senders}
        assert sending[0].text == (text or "")
        assert sending[0].credential == self.bench.key.identity
        standing = self.bench.apple.reviews.get(review_id)
        if standing is not None and standing.response is not None:
            over = standing.response.text
            ours = {row.text for row in self.confirmed.values() if row.review_id == review_id}
            assert over in self.agreed[sending[0].id] | ours, "O6"

    # --- the person ---

    @rule(review=REVIEW)
    def send(self, review: str) -> None:
        if review not in self.bench.apple.reviews:
            return
        self.serial += 1
        text = f"reply {self.serial}"
        try:
            row = self.bench.queue(review, text)
        except Busy as busy:
            assert busy.row.phase in {Phase.SENDING, Phase.UNKNOWN}
            return
        self.note(row, text)

    @rule(review=REVIEW)
    def withdraw(self, review: str) -> None:
        standing = self.bench.apple.reviews.get(review)
        if standing is None or standing.response is None:
            return
        try:
            row = self.bench.queue(review, "", kind=Kind.WITHDRAW)
        except Busy:
            return
        self.note(row, "")

    def note(self, row: OutboxRow, text: str) -> None:
        self.confirmed[row.id] = row
        self.agreed[row.id] = {self.standing(row.review_id)}
        if text:
            self.texts.add(text)
            self.order[row.review_id].append(text)

    def standing(self, review: str) -> str | None:
        found = self.bench.apple.reviews.get(review)
        return None if found is None or found.response is None else found.response.text

    @rule(review=REVIEW)
    def undo(self, review: str) -> None:
        row = self.bench.outbox.latest(review)
        if row is not None and row.phase is Phase.QUEUED:
            assert self.bench.acts.take_back(row, self.bench.clock.now())

    @rule(review=REVIEW, choice=st.sampled_from(["send", "edit", "drop"]))
    def decide(self, review: str, choice: str) -> None:
        row = self.bench.outbox.latest(review)
        if row is None or row.phase not in {Phase.HELD, Phase.FAILED}:
            return
        now, identity = self.bench.clock.now(), self.bench.key.identity
        self.bench.acts.resume(row.account_id)
        if choice == "edit":
            self.bench.acts.take_back(row, now)
        elif choice == "drop":
            self.bench.acts.move(row, decisions.dropped(row, now))
        elif identity is not None and row.why is not Why.DAMAGED:
            if row.theirs is not None:
                self.agreed[row.id].add(row.theirs.text)
            if row.why is Why.REPLY_REMOVED and self.standing(row.review_id) is None:
                # The person was told that it is gone, and wants it there again.
                self.unheard |= self.last_copy(row.review_id, row.text)
            self.bench.acts.move(row, decisions.consented(row, identity, now, self.bench.rules))

    # --- the world ---

    @rule(review=REVIEW)
    def customer_edits(self, review: str) -> None:
        if review in self.bench.apple.reviews:
            self.serial += 1
            self.bench.apple.edit(review, f"body {self.serial}")

    @rule(review=REVIEW)
    def colleague_answers(self, review: str) -> None:
        if review in self.bench.apple.reviews:
            self.serial += 1
            self.a_colleague_takes_away(review)
            self.bench.apple.answer(review, f"theirs {self.serial}")

    @rule(review=REVIEW)
    def colleague_removes(self, review: str) -> None:
        if self.standing(review) is not None:
            self.a_colleague_takes_away(review)
            self.bench.apple.remove_answer(review)

    def a_colleague_takes_away(self, review: str) -> None:
        """The one limit of O4: our text goes before anybody has heard, or read, that it was there.

        No look can tell it from one that never landed. Once a look has shown it, it may not land again.
        """
        text = self.standing(review)
        row = next((r for r in self.bench.all_rows() if r.review_id == review and r.text == text), None)
        if row is None or text is None:
            return
        refused = row.phase is Phase.FAILED and row.why is Why.REFUSED
        unsettled = row.phase is Phase.HELD and row.why is Why.UNSETTLED
        unsettled |= row.phase is Phase.QUEUED and row.why is Why.RATE_LIMITED
        if row.phase in {Phase.SENDING, Phase.UNKNOWN} or refused or unsettled:
            self.unheard |= self.last_copy(review, text)

    def last_copy(self, review: str, text: str) -> set[int]:
        """The place in Apple's ledger where this text of ours landed last, if it did."""
        return set(
            [
                place
                for place, entry in enumerate(self.bench.apple.ledger)
                if (entry.by, entry.review_id, entry.text) == ("us", review, text)
            ][-1:]
        )

    @rule(review=REVIEW)
    def review_vanishes(self, review: str) -> None:
        if len(self.bench.apple.reviews) > 1:
            self.bench.apple.remove(review)

    @rule(seconds=st.sampled_from([1, 11, 31, 61, 130, 400, 90_000]))
    def time_goes_by(self, seconds: float) -> None:
        self.bench.clock.advance(seconds)

    @rule(seconds=st.sampled_from([-90_000, -3600, -40, 40, 3600]))
    def clock_jumps(self, seconds: float) -> None:
        self.bench.clock.set_wall(self.bench.clock.now() + timedelta(seconds=seconds))

    @rule(identity=st.sampled_from(["KEY1", "KEY1", "KEY2", None]))
    def key_changes(self, identity: str | None) -> None:
        self.bench.key.identity = identity

    # --- the senders ---

    @rule(sender=SENDER, faults=FAULTS, get_faults=GET_FAULTS, stale=st.sampled_from([0.0, 20.0]))
    def passes(self, sender: int, faults: list[str], get_faults: list[str], stale: float) -> None:
        self.bench.apple.stale_s = stale
        self.with_faults(faults, get_faults)
        self.senders[sender].flush()
        self.senders[sender].poll()
        self.with_faults([], [])

    @rule(sender=SENDER, faults=FAULTS, moment=st.integers(1, 14))
    def is_killed(self, sender: int, faults: list[str], moment: int) -> None:
        self.with_faults(faults, [])
        left = moment

        def kill(_name: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed

        self.at_point = kill
        try:
            self.senders[sender].flush()
            self.senders[sender].poll()
        except Killed:
            self.bench.gone.add(self.senders[sender].owner)
            self.senders[sender] = self.new_sender()
        self.at_point = _pass_by
        self.with_faults([], [])

    @rule(sender=SENDER, moment=st.integers(1, 10), seconds=st.sampled_from([1, 130, 400]))
    def stands_still(self, sender: int, moment: int, seconds: float) -> None:
        """One sender stops anywhere but in the blind spot, the other works on meanwhile."""
        left = moment
        other = self.senders[1 - sender]

        def freeze(name: str) -> None:
            nonlocal left
            left -= 1
            if left <= 0 and (name != BLIND or seconds < 60):
                self.at_point = _pass_by
                self.bench.clock.advance(seconds)
                other.flush()
                self.bench.clock.advance(seconds)
                other.flush()

        self.at_point = freeze
        self.senders[sender].flush()
        self.at_point = _pass_by

    def with_faults(self, faults: list[str], get_faults: list[str]) -> None:
        for queue, new in ((self.bench.apple.faults, faults), (self.bench.apple.get_faults, get_faults)):
            queue.clear()
            queue.extend(new)

    # --- what must hold ---

    @invariant()
    def every_request_was_right(self) -> None:
        if self.broken:
            raise self.broken[0]

    @invariant()
    def the_promises_hold(self) -> None:
        """One look at all rows for O1, O4, O5, O8, O10, O11 and O12, if anything has changed."""
        state = (self.bench.database.connection.total_changes, len(self.bench.apple.ledger))
        if state == self.looked_at:
            return
        self.looked_at = state
        rows = {row.id: row for row in self.bench.all_rows()}
        landed = {(entry.review_id, entry.text) for entry in self.bench.apple.ledger}
        moving = [row.review_id for row in rows.values() if row.phase in MOVING]
        assert len(moving) == len(set(moving)), "O8"
        for number, confirmed in self.confirmed.items():
            row = rows[number]
            assert row.intact, "O1, O12"
            assert row.text == confirmed.text, "O1, O12"
            if row.kind is Kind.PUBLISH and row.phase in {Phase.PENDING, Phase.PUBLISHED}:
                assert (row.review_id, row.text) in landed, "O5"
            if row.phase is Phase.SENDING:
                assert row.lease_owner, "O10"
                assert row.lease_until is not None, "O10"
        for review in REVIEWS:
            counted = [
                entry.text
                for place, entry in enumerate(self.bench.apple.ledger)
                if entry.by == "us" and entry.review_id == review and entry.text is not None
                if place not in self.unheard
            ]
            assert len(counted) == len(set(counted)), "O4"
            # A copy that lands once more does so in its place: no other reply of ours comes between.
            posted = [text for text, _ in groupby(self.bench.apple.posted(review))]
            assert posted == [text for text in self.order[review] if text in posted], "O11"

    def teardown(self) -> None:
        """O14: without further faults everything comes to rest, and what rests agrees with Apple."""
        if not self.senders:
            return
        self.with_faults([], [])
        self.bench.apple.stale_s = 0
        # An account without a key can look after nothing; unlinking takes its rows with it.
        self.bench.key.identity = self.bench.key.identity or "KEY1"
        self.bench.run(600, 20, processor=self.senders[0])
        for row in self.bench.outbox.open_rows():
            if row.phase is Phase.PENDING:
                # An old one is looked at once a day, and no later.
                assert row.check_after is not None
                until = (row.check_after - self.bench.clock.now()).total_seconds()
                assert until <= timedelta(days=1).total_seconds()
                self.bench.clock.advance(max(until, 0))
                self.bench.run(120, 20, processor=self.senders[0])
        for row in self.bench.outbox.open_rows():
            paused = row.account_id in self.bench.outbox.pauses(self.bench.clock.now())
            assert row.phase in {Phase.HELD, Phase.FAILED} or (row.phase is Phase.QUEUED and paused), row
        for review in self.bench.apple.reviews:
            ours = self.bench.apple.posted(review)
            latest = self.bench.outbox.latest(review)
            if latest is not None and latest.phase is Phase.PUBLISHED and self.standing(review) in ours:
                assert self.standing(review) == latest.text


@pytest.mark.parametrize("runs", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_the_outbox_keeps_its_promises(runs: int) -> None:
    run_state_machine_as_test(
        Outbox,
        settings=settings(
            max_examples=runs,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("runs", [6, pytest.param(100, marks=pytest.mark.slow)])
def test_a_teams_outbox_keeps_the_same_promises(runs: int, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("postgres")

    class TeamOutbox(Outbox):
        """The same over a team's database."""

        def made_bench(self) -> Bench:
            self.closes = ExitStack()
            return team_bench(server, self.closes)

        def teardown(self) -> None:
            with self.closes:
                super().teardown()

    run_state_machine_as_test(
        TeamOutbox,
        settings=settings(
            max_examples=runs,
            stateful_step_count=50,
            deadline=None,
            # Each example needs a database: there is no time to look for the smallest one.
            phases=(Phase_.explicit, Phase_.reuse, Phase_.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )


def overwrites_a_colleague() -> Outbox:
    """The shortest run in which the look before sending is what keeps a promise."""
    machine = Outbox()
    machine.begin()
    machine.send("a")
    machine.colleague_answers("a")
    machine.time_goes_by(31)
    machine.passes(0, [], [], 0.0)
    return machine


def test_without_the_look_before_sending_a_run_of_the_machine_finds_the_harm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = overwrites_a_colleague()
    whole.every_request_was_right()
    whole.the_promises_hold()
    monkeypatch.setattr(delivery, "reread", lambda *_args: None)
    with pytest.raises(AssertionError, match="O6"):
        overwrites_a_colleague().every_request_was_right()


def test_the_machine_finds_a_copy_too_many() -> None:
    """What lands again after it was seen breaks O4; what a colleague took away unseen does not."""
    for seen, allowed in ((False, True), (True, False)):
        machine = Outbox()
        machine.begin()
        machine.send("a")
        machine.time_goes_by(31)
        machine.passes(0, ["lost after"], [], 0.0)
        if seen:
            machine.time_goes_by(61)
            machine.passes(0, [], [], 0.0)
        machine.colleague_removes("a")
        machine.the_promises_hold()
        machine.bench.apple.publish("a", "reply 1")
        if allowed:
            machine.the_promises_hold()
        else:
            with pytest.raises(AssertionError, match="O4"):
                machine.the_promises_hold()


@pytest.mark.slow
def test_without_the_look_before_sending_the_machine_finds_the_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The net is needed: taken out, some run of the same machine breaks a promise."""
    monkeypatch.setattr(delivery, "reread", lambda *_args: None)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            Outbox,
            settings=settings(
                max_examples=200,
                stateful_step_count=50,
                deadline=None,
                database=None,
                # The same examples each time: luck must not decide whether the harm is found.
                derandomize=True,
                report_multiple_bugs=False,
                phases=(Phase_.generate,),
                suppress_health_check=list(HealthCheck),
            ),
        )


def test_the_base_of_a_review_is_what_its_reader_saw() -> None:
    bench = Bench()
    before = Base.of(bench.apple.write("a"))
    bench.apple.edit("a", "changed")
    assert Base.of(bench.apple.reviews["a"]) != before
