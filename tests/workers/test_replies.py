"""Replies from the editor to the App Store, over a real store and a simulated Apple."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ascinbox.core.errors import AscinboxError, Unreachable, UsageError
from ascinbox.core.events import Event, OutboxChanged
from ascinbox.core.outbox.sentences import RowChoice
from ascinbox.core.outbox.states import OutboxRow, Phase, Why
from ascinbox.core.replies.findings import FindingKind
from ascinbox.store.queue.local import LocalQueue
from ascinbox.store.queue.port import Busy
from ascinbox.store.store import Store
from ascinbox.workers.replies.claims import claim, holder
from ascinbox.workers.replies.replies import Blocked, UnderWay
from ascinbox.workers.reviews.undo import undo_last
from ascinbox.workers.workspace import Workspace
from tests.workers.clocks import StepClock
from tests.workers.simulated_apple import Apple, Desk

Open = Callable[..., Workspace]


@pytest.fixture
def open_space(apple: Apple, desk: Desk) -> Open:
    """A linked and synced workspace; more keywords are settings."""

    def make(**config: str) -> Workspace:
        first = not desk.opened
        accounts = [apple.account()] if first else []
        undo = config.pop("outbox_undo_seconds", "0")
        space = desk.open(*accounts, clock=None, outbox_undo_seconds=undo, **config)
        if first:
            space.sync.run(datasets=("reviews",))
        return space

    return make


def unanswered(apple: Apple, number: int = 0) -> str:
    """A review without a reply, whatever the customer's words."""
    plain = [
        review
        for app in apple.app_ids
        for review in apple.reviews_of(app)
        if review.reply is None and review.texts[1].isascii()
    ]
    return plain[number].id


def standing(apple: Apple, review_id: str) -> str | None:
    reply = apple.simulator.world.reviews[review_id].reply
    return None if reply is None else reply.body()


def until_public(space: Workspace, review_id: str) -> None:
    """Polls until Apple shows the reply to customers."""
    until = time.monotonic() + 20
    while (item := space.replies.item(review_id)) is None or item.row.phase is not Phase.PUBLISHED:
        assert time.monotonic() < until
        space.sender.poll_pending(review_id)
        time.sleep(0.1)


THANKS = "Thank you for telling us. This is fixed in the next version, which comes out this week."


def test_the_whole_way_of_a_reply(apple: Apple, open_space: Open) -> None:
    space = open_space()
    review = unanswered(apple)
    heard: list[Event] = []
    space.subscribe(heard.append)
    desk = space.composing.begin(review)
    assert desk is not None
    assert (desk.text, desk.saved_at, desk.lock) == ("", None, "")
    assert space.composing.save_draft(review, THANKS) is not None
    detail = space.inbox.detail(review)
    assert detail is not None
    assert (detail.state, detail.draft) == ("D", THANKS)
    assert not [f for f in space.composing.check(review, THANKS) if f.kind is FindingKind.BLOCK]
    queued = space.replies.queue(review, THANKS)
    assert space.composing.draft(review) is None
    assert queued.row.base.response_id == ""
    assert space.inbox.rows([review])[0].state == "Q"
    flushed = space.sender.flush_once()
    sent = flushed.last(review)
    assert sent is not None
    assert sent.phase is Phase.PENDING
    assert standing(apple, review) == THANKS
    assert space.inbox.rows([review])[0].state == "P"
    until_public(space, review)
    assert space.inbox.rows([review])[0].state == "A"
    assert [item.row.phase for item in space.replies.activity()] == [Phase.PUBLISHED]
    assert OutboxChanged(review) in heard
    assert len(apple.simulator.ledger.replies(review)) == 1


def test_a_confirmed_reply_waits_and_can_be_taken_back(apple: Apple, open_space: Open) -> None:
    space = open_space(outbox_undo_seconds="30")
    review = unanswered(apple)
    space.replies.queue(review, THANKS)
    assert space.sender.flush_once().moved == []
    assert space.replies.waiting() == 1
    taken = space.replies.undo()
    assert [row.review_id for row in taken] == [review]
    draft = space.composing.draft(review)
    assert draft is not None
    assert draft.text == THANKS
    assert space.replies.undo() == ()
    assert standing(apple, review) is None


def test_at_the_end_what_waits_is_taken_back_or_sent(apple: Apple, open_space: Open) -> None:
    space = open_space(outbox_undo_seconds="30")
    first, second = unanswered(apple), unanswered(apple, 1)
    for review in (first, second):
        space.replies.queue(review, f"{THANKS} {review[:4]}")
    assert space.replies.undo_waiting() == 2
    assert space.replies.waiting() == 0
    for review in (first, second):
        space.replies.queue(review, f"{THANKS} {review[:4]}")
    assert space.replies.send_waiting() == 2
    space.sender.flush_once()
    assert all(standing(apple, review) for review in (first, second))
    assert space.replies.send_waiting() == space.replies.undo_waiting() == 0


def test_opening_the_editor_takes_a_waiting_reply_back(apple: Apple, open_space: Open) -> None:
    space = open_space(outbox_undo_seconds="30")
    review = unanswered(apple)
    space.replies.queue(review, THANKS)
    desk = space.composing.begin(review)
    assert desk is not None
    assert desk.text == THANKS
    assert space.replies.outbox() == []


def test_what_blocks_and_what_has_to_be_accepted(apple: Apple, open_space: Open) -> None:
    space = open_space()
    review = unanswered(apple)
    for text in ("", "   ", "Hello {nickname", "Hello {nickname}", "x" * 5971):
        with pytest.raises(Blocked):
            space.replies.queue(review, text)
    with pytest.raises(Blocked) as blocked:
        space.replies.queue(review, "", ["empty"])
    assert "the reply is empty" in str(blocked.value), "what blocks cannot be accepted"
    mail = f"{THANKS} Write to bob@gmail.com."
    with pytest.raises(Blocked) as blocked:
        space.replies.queue(review, mail)
    assert "bob@gmail.com" in str(blocked.value)
    keys = [finding.key for finding in space.composing.check(review, mail)]
    assert space.replies.queue(review, mail, keys).row.text == mail
    with pytest.raises(UsageError):
        space.replies.queue("no such review", THANKS)


def test_a_key_that_cannot_reply_blocks_after_its_first_refusal(apple: Apple, open_space: Open) -> None:
    space = open_space()
    review, other = unanswered(apple), unanswered(apple, 1)
    apple.simulator.faults.add("status", "POST", "/v1/customerReviewResponses", status=403, times=None)
    space.replies.queue(review, THANKS)
    done = space.sender.flush_once()
    failed = done.last(review)
    assert failed is not None
    assert (failed.phase, failed.status) == (Phase.FAILED, 403)
    assert space.inbox.rows([review])[0].state == "F"
    item = space.replies.item(review)
    assert item is not None
    assert item.needs_you
    assert "403" in item.sentence
    space.health.check()
    with pytest.raises(Blocked):
        space.replies.queue(other, THANKS)
    apple.simulator.faults.clear()
    space.replies.resolve(failed.id, RowChoice.SEND)
    space.sender.flush_once()
    assert standing(apple, review) == THANKS
    space.replies.queue(other, THANKS)


def test_what_changed_while_one_wrote_has_to_be_accepted(apple: Apple, open_space: Open) -> None:
    space = open_space()
    review = unanswered(apple)
    assert space.composing.begin(review) is not None
    space.composing.save_draft(review, THANKS)
    apple.simulator.happen("edit", review_id=review, body="Now it works again")
    apple.simulator.happen("answer", review_id=review, text="A colleague was quicker")
    space.sync.run(full=True, datasets=("reviews",))
    with pytest.raises(Blocked):
        space.replies.queue(review, THANKS)
    found = {finding.rule: finding for finding in space.composing.check(review, THANKS)}
    assert "A colleague was quicker" in found["rival"].sentence
    assert "changed the review" in found["review-changed"].sentence
    queued = space.replies.queue(review, THANKS, [finding.key for finding in found.values()])
    assert queued.row.base.response_id
    space.sender.flush_once()
    assert standing(apple, review) == THANKS


def test_a_rival_answer_at_the_last_moment_holds_ours_beside_it(apple: Apple, open_space: Open) -> None:
    space = open_space()
    review = unanswered(apple)
    space.replies.queue(review, THANKS)
    apple.simulator.happen("answer", review_id=review, text="Theirs")
    space.sender.flush_once()
    [item] = space.replies.outbox()
    assert (item.row.phase, item.row.why) == (Phase.HELD, Why.ANSWERED_ELSEWHERE)
    assert item.row.theirs is not None
    assert (item.row.theirs.text, item.row.text) == ("Theirs", THANKS)
    assert standing(apple, review) == "Theirs"
    assert space.inbox.rows([review])[0].state == "H"
    assert space.replies.resolve(item.row.id, RowChoice.COPY).text == THANKS
    again = space.replies.resolve(item.row.id, RowChoice.SEND)
    assert again.phase is Phase.QUEUED
    space.sender.flush_once()
    assert standing(apple, review) == THANKS


def test_writing_a_held_reply_again_is_no_consent_to_what_held_it(apple: Apple, open_space: Open) -> None:
    space = open_space()
    review = unanswered(apple)
    space.replies.queue(review, THANKS)
    apple.simulator.happen("answer", review_id=review, text="Theirs")
    space.sender.flush_once()
    desk = space.composing.begin(review)
    assert desk is not None
    assert (desk.text, desk.theirs) == (THANKS, "Theirs")
    rivals = [found.key for found in space.composing.check(review, THANKS) if found.rule == "rival"]
    with pytest.raises(Blocked, match="would be replaced"):
        space.replies.queue(review, THANKS)
    assert standing(apple, review) == "Theirs"
    space.replies.queue(review, THANKS, rivals)
    space.sender.flush_once()
    assert standing(apple, review) == THANKS
    after = space.composing.begin(review)
    assert after is not None
    assert after.theirs == ""


def test_keeping_theirs_marks_the_review_done_and_keeps_our_text(apple: Apple, open_space: Open) -> None:
    space = open_space()
    review = unanswered(apple)
    space.replies.queue(review, THANKS)
    apple.simulator.happen("answer", review_id=review, text="Theirs")
    space.sender.flush_once()
    [item] = space.replies.outbox()
    after = space.replies.resolve(item.row.id, RowChoice.KEEP)
    assert (after.phase, after.text) == (Phase.DROPPED, THANKS)
    assert standing(apple, review) == "Theirs"
    detail = space.inbox.detail(review)
    assert detail is not None
    assert (detail.done, detail.state) == (True, "A")


def test_editing_a_held_reply_begins_from_what_was_shown(apple: Apple, open_space: Open) -> None:
    space = open_space()
    review = unanswered(apple)
    space.replies.queue(review, THANKS)
    apple.simulator.happen("edit", review_id=review, title="Changed", body="Changed words")
    space.sender.flush_once()
    [item] = space.replies.outbox()
    assert item.row.why is Why.REVIEW_CHANGED
    assert item.review_body == "Changed words"
    assert item.earlier is not None
    space.replies.resolve(item.row.id, RowChoice.EDIT)
    assert space.composing.draft(review) is not None
    better = f"{THANKS} And thank you for the new words."
    space.replies.queue(review, better, [f.key for f in space.composing.check(review, better)])
    space.sender.flush_once()
    assert standing(apple, review) == better


def test_a_choice_that_came_too_late_says_so(apple: Apple, open_space: Open) -> None:
    space = open_space()
    review = unanswered(apple)
    row = space.replies.queue(review, THANKS).row
    space.sender.flush_once()
    for choice in (RowChoice.UNDO, RowChoice.SEND_NOW, RowChoice.SEND):
        with pytest.raises(AscinboxError, match="moved on"):
            space.replies.resolve(row.id, choice)
    assert space.replies.send_now(review) is None


def test_a_published_reply_is_edited_and_deleted(apple: Apple, open_space: Open) -> None:
    space = open_space()
    review = unanswered(apple)
    space.replies.queue(review, THANKS)
    space.sender.flush_once()
    better = f"{THANKS} Promised."
    desk = space.composing.begin(review)
    assert desk is not None
    assert desk.text == THANKS
    space.replies.queue(review, better, [f.key for f in space.composing.check(review, better)])
    space.sender.flush_once()
    assert standing(apple, review) == better
    space.replies.withdraw(review)
    space.sender.flush_once()
    assert standing(apple, review) is None
    detail = space.inbox.detail(review)
    assert detail is not None
    assert detail.review.response is None
    with pytest.raises(UsageError):
        space.replies.withdraw(review)


def test_read_only_writes_drafts_and_publishes_nothing(apple: Apple, open_space: Open) -> None:
    held = open_space()
    review = unanswered(apple)
    row = held.replies.queue(review, THANKS).row
    space = open_space(ui_read_only="true")
    other = unanswered(apple, 1)
    assert space.composing.save_draft(other, THANKS) is not None
    with pytest.raises(Blocked):
        space.replies.queue(other, THANKS)
    for act in (
        lambda: space.replies.withdraw(other),
        lambda: space.replies.resolve(row.id, RowChoice.SEND_NOW),
    ):
        with pytest.raises(AscinboxError):
            act()
    assert space.sender.flush_once().moved == []
    assert space.replies.pending_notice() is None
    assert standing(apple, review) is None


def test_several_replies_are_confirmed_and_taken_back_together(apple: Apple, open_space: Open) -> None:
    space = open_space(outbox_undo_seconds="30")
    reviews = [unanswered(apple, n) for n in range(3)]
    single = unanswered(apple, 5)
    space.replies.queue(single, THANKS)
    texts = [(review, f"Hello customer {n}. {THANKS}") for n, review in enumerate(reviews)]
    accepted = {f.key for review, text in texts for f in space.composing.check(review, text)}
    assert len(space.replies.queue_many(texts, accepted, "thanks")) == 3
    assert {row.review_id for row in space.replies.undo()} == set(reviews)
    assert [row.review_id for row in space.replies.undo()] == [single]
    with pytest.raises(UsageError):
        space.replies.queue_many([(review, THANKS) for review in reviews])
    with pytest.raises(UsageError):
        space.replies.queue_many([(f"r{n}", f"text {n}") for n in range(26)])
    with pytest.raises(AscinboxError):
        space.replies.queue_many([texts[0], (reviews[1], "")], accepted)
    assert space.replies.outbox() == [], "all or none"


def test_without_the_queue_one_writes_a_draft_and_queues_nothing(
    apple: Apple, open_space: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = open_space()
    reviews = [unanswered(apple, n) for n in range(2)]

    def away(*_args: object) -> None:
        raise Unreachable("away")

    monkeypatch.setattr(LocalQueue, "claim", away)
    monkeypatch.setattr(LocalQueue, "queue_all", away)
    assert space.composing.begin(reviews[0]) is not None
    assert space.composing.save_draft(reviews[0], THANKS) is not None
    texts = [(review, f"Hello customer {n}. {THANKS}") for n, review in enumerate(reviews)]
    accepted = {f.key for review, text in texts for f in space.composing.check(review, text)}
    for queue in (
        lambda: space.replies.queue(reviews[0], texts[0][1], accepted),
        lambda: space.replies.queue_many(texts, accepted),
    ):
        with pytest.raises(Unreachable):
            queue()
    assert space.replies.outbox() == []
    draft = space.composing.draft(reviews[0])
    assert draft is not None
    assert draft.text == THANKS


def test_of_several_replies_none_is_queued_when_one_cannot_be(
    apple: Apple, open_space: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = open_space(outbox_undo_seconds="30")
    reviews = [unanswered(apple, n) for n in range(3)]
    texts = [(review, f"Hello customer {n}. {THANKS}") for n, review in enumerate(reviews)]
    accepted = {f.key for review, text in texts for f in space.composing.check(review, text)}
    queue = LocalQueue.queue

    def busy(self: LocalQueue, row: OutboxRow) -> OutboxRow:
        if row.review_id == reviews[1]:
            raise Busy(replace(row, id=7, phase=Phase.SENDING))
        return queue(self, row)

    monkeypatch.setattr(LocalQueue, "queue", busy)
    with pytest.raises(UnderWay):
        space.replies.queue_many(texts, accepted)
    assert space.replies.outbox() == []


def test_texts_that_go_out_together_count_as_sent(apple: Apple, open_space: Open) -> None:
    space = open_space(outbox_undo_seconds="30")
    reviews = [unanswered(apple, n) for n in range(4)]
    texts = [(review, THANKS) for review in reviews[:3]]
    texts.append((reviews[3], f"Hello. {THANKS}"))
    accepted = {f.key for review, text in texts for f in space.composing.check(review, text)}
    with pytest.raises(Blocked):
        space.replies.queue_many(texts, accepted)
    assert space.replies.outbox() == []


def test_undo_takes_what_was_announced_at_the_start_before_an_older_mark(
    desk: Desk, apple: Apple, open_space: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_space(outbox_undo_seconds="30")
    review, other = (unanswered(apple, n) for n in range(2))
    clock = StepClock(first.clock.now())
    first.replies.queue(review, THANKS, [f.key for f in first.composing.check(review, THANKS)])
    first.triage.language([other], "fr")
    gone = first.sender.owner
    monkeypatch.setattr("ascinbox.workers.runtime.lease_owner.is_gone", lambda name: name == gone)
    clock.advance(300)
    later = desk.open(clock=clock)
    assert later.replies.pending_notice() == "1 reply from an earlier session goes out in 10 s (u = undo)"
    taken = undo_last(later)
    assert taken is not None
    assert (taken.verb, taken.review_ids) == ("reply", (review,))
    taken = undo_last(later)
    assert taken is not None
    assert (taken.verb, taken.review_ids) == ("language", (other,))


def test_undo_takes_the_queued_reply_before_what_a_rule_marked_since(apple: Apple, open_space: Open) -> None:
    space = open_space(outbox_undo_seconds="30")
    review, other, third = (unanswered(apple, n) for n in range(3))
    space.triage.flag([third])
    space.replies.queue(review, THANKS, [f.key for f in space.composing.check(review, THANKS)])

    def rule(store: Store) -> None:
        LocalQueue(store.database, store.clock, "rule low").tag([other], add=["low"])

    space.store.call(rule)
    verbs = [taken.verb for taken in (undo_last(space) for _ in range(3)) if taken is not None]
    assert verbs == ["reply", "tag", "flag"]


def test_a_mark_after_the_announcement_is_younger_than_what_was_announced(
    desk: Desk, apple: Apple, open_space: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_space(outbox_undo_seconds="30")
    review, other = (unanswered(apple, n) for n in range(2))
    clock = StepClock(first.clock.now() + timedelta(minutes=5))
    first.replies.queue(review, THANKS, [f.key for f in first.composing.check(review, THANKS)])
    gone = first.sender.owner
    monkeypatch.setattr("ascinbox.workers.runtime.lease_owner.is_gone", lambda name: name == gone)
    later = desk.open(clock=clock)
    assert later.replies.pending_notice() is not None
    clock.advance(2)
    later.triage.flag([other])
    verbs = [taken.verb for taken in (undo_last(later), undo_last(later)) if taken is not None]
    assert verbs == ["flag", "reply"]


def test_row_25_what_an_ended_session_left_is_announced_and_waits(
    apple: Apple, desk: Desk, open_space: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_space(outbox_undo_seconds="30")
    reviews = [unanswered(apple, n) for n in range(2)]
    for review in reviews:
        first.replies.queue(review, THANKS, [f.key for f in first.composing.check(review, THANKS)])
    gone = first.sender.owner
    monkeypatch.setattr("ascinbox.workers.runtime.lease_owner.is_gone", lambda name: name == gone)
    clock = StepClock(first.clock.now() + timedelta(minutes=5))
    later = desk.open(clock=clock)
    assert later.replies.pending_notice() == "2 replies from an earlier session go out in 10 s (u = undo)"
    assert later.replies.pending_notice() is None
    assert later.sender.flush_once().moved == []
    assert len(later.replies.undo()) == 1
    clock.advance(11)
    later.sender.flush_once()
    assert [standing(apple, review) for review in reviews].count(THANKS) == 1


def test_somebody_elses_open_editor_is_told(apple: Apple, desk: Desk, open_space: Open) -> None:
    mine = open_space(reply_me="anna")
    other = desk.open(reply_me="ben")
    review = unanswered(apple)
    mine.composing.begin(review)
    assert holder(other, review) is None
    assert claim(mine, review) is None
    seen = other.composing.begin(review)
    assert seen is not None
    assert seen.lock.startswith("anna writes here since ")
    kept = claim(other, review)
    assert kept is not None
    assert kept.who == "anna"
    mine.composing.end_editing(review)
    free = other.composing.begin(review)
    assert free is not None
    assert free.lock == ""


def test_drafts_are_listed_with_what_was_let_go(apple: Apple, open_space: Open) -> None:
    space = open_space()
    first, second = unanswered(apple), unanswered(apple, 1)
    space.composing.save_draft(first, "One")
    space.composing.save_draft(second, "Two")
    assert space.composing.discard(second)
    assert [(item.text, item.discarded) for item in space.composing.drafts()] == [
        ("One", False),
        ("Two", True),
    ]
    assert space.composing.save_draft(first, "") is None
    assert space.composing.draft(first) is None
    assert {item.text for item in space.composing.drafts()} == {"One", "Two"}


def test_templates_come_with_the_fittest_first_and_are_rendered(
    apple: Apple, open_space: Open, tmp_path: Path
) -> None:
    space = open_space()
    folder = space.paths.templates
    folder.mkdir(parents=True)
    (folder / "praise.md").write_text("---\nrating: 5\n---\nThank you, {nickname|friend}!")
    (folder / "sorry.md").write_text("---\nrating: <=2\n---\nSorry, {nickname|friend}. {app}")
    low = next(review.id for app in apple.app_ids for review in apple.reviews_of(app) if review.rating == 5)
    assert [template.name for template in space.composing.templates(low).templates] == ["praise", "sorry"]
    assert space.composing.render(low, "praise").text.startswith("Thank you")
    with pytest.raises(UsageError, match="There are: praise, sorry"):
        space.composing.render(low, "missing")


def test_an_identical_text_is_not_sent_three_times_unseen(apple: Apple, open_space: Open) -> None:
    space = open_space()
    for number in range(2):
        space.replies.queue(unanswered(apple, number), THANKS)
    findings = space.composing.check(unanswered(apple, 2), THANKS)
    assert any(finding.kind is FindingKind.WARN for finding in findings)


def test_offline_keeps_the_reply_and_says_so(apple: Apple, desk: Desk, open_space: Open) -> None:
    open_space()
    review = unanswered(apple)
    space = desk.open(outbox_undo_seconds="0")
    space.base_url = "http://127.0.0.1:9"
    space.replies.queue(review, THANKS)
    row = space.sender.flush_once(review).last(review)
    assert row is not None
    assert (row.phase, row.why, row.attempts) == (Phase.QUEUED, Why.OFFLINE, 0)
    item = space.replies.item(review)
    assert item is not None
    assert item.sentence == "waits for a connection to Apple"


def test_row_69_rotation_holds_what_was_confirmed_with_the_old_key(apple: Apple, open_space: Open) -> None:
    space = open_space()
    review = unanswered(apple)
    space.replies.queue(review, THANKS)

    def rotate(store: object) -> None:
        account = store.accounts.list()[0]  # type: ignore[attr-defined]
        store.accounts.add_credential(  # type: ignore[attr-defined]
            account.id, apple.credential(apple.key("CUSTOMER_SUPPORT", individual=True)), first=True
        )
        store.accounts.remove_credential(account.primary.id)  # type: ignore[attr-defined]

    space.store.call(rotate)
    before = len(apple.simulator.ledger.requests)
    space.sender.flush_once()
    [item] = space.replies.outbox()
    assert item.row.why is Why.ACCOUNT_CHANGED
    assert len(apple.simulator.ledger.requests) == before
    space.replies.resolve(item.row.id, RowChoice.SEND)
    space.sender.flush_once()
    assert standing(apple, review) == THANKS


def test_row_69_unlinking_drops_the_queue_and_nothing_is_sent(apple: Apple, open_space: Open) -> None:
    space = open_space()
    review = unanswered(apple)
    space.replies.queue(review, THANKS)
    space.store.call(lambda store: store.accounts.remove(store.accounts.list()[0].id))
    assert space.sender.flush_once().moved == []
    assert standing(apple, review) is None
    assert space.replies.outbox() == []


@pytest.mark.parametrize("status", [400, 403, 404, 409, 418, 422])
def test_a_no_that_is_public_all_the_same_is_settled_by_the_next_sync(
    apple: Apple, open_space: Open, status: int
) -> None:
    space = open_space()
    review = unanswered(apple)
    apple.simulator.faults.add("status", "POST", "/v1/customerReviewResponses", status=status, after=True)
    row = space.replies.queue(review, THANKS).row
    space.sender.flush_once()
    refused = space.replies.item(review)
    assert refused is not None
    assert (refused.row.phase, refused.row.status) == (Phase.FAILED, status)
    assert standing(apple, review) == THANKS
    space.sync.run(datasets=("reviews",))
    settled = space.replies.item(review)
    assert settled is not None
    assert settled.row.id == row.id
    assert settled.row.phase in {Phase.PENDING, Phase.PUBLISHED}
    assert (settled.row.status, settled.row.detail) == (None, "")
    assert space.store.call(lambda store: store.outbox.pauses(space.clock.now())) == {}
    detail = space.inbox.detail(review)
    assert detail is not None
    assert detail.state in "PA"


def test_a_no_stays_a_no_as_long_as_the_sync_reads_another_text(apple: Apple, open_space: Open) -> None:
    space = open_space()
    review = unanswered(apple)
    apple.simulator.faults.add("status", "POST", "/v1/customerReviewResponses", status=422)
    space.replies.queue(review, THANKS)
    space.sender.flush_once()
    apple.simulator.happen("answer", review_id=review, text="Theirs")
    space.sync.run(datasets=("reviews",))
    item = space.replies.item(review)
    assert item is not None
    assert item.row.phase is Phase.FAILED


def test_a_refused_withdrawal_that_came_about_is_settled_by_the_next_sync(
    apple: Apple, open_space: Open
) -> None:
    space = open_space()
    review = unanswered(apple)
    space.replies.queue(review, THANKS)
    space.sender.flush_once()
    until_public(space, review)
    apple.simulator.faults.add("status", "DELETE", "/v1/customerReviewResponses/*", status=409, after=True)
    space.replies.withdraw(review)
    space.sender.flush_once()
    item = space.replies.item(review)
    assert item is not None
    assert item.row.phase is Phase.FAILED
    space.sync.run(datasets=("reviews",))
    item = space.replies.item(review)
    assert item is not None
    assert item.row.phase is Phase.WITHDRAWN
