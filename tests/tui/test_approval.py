"""Several people at one queue, at the keyboard: approval, claims. On user.db."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ascinbox.core.events import OutboxChanged, ReplyEnded
from ascinbox.core.outbox.sentences import ENDED, OutboxItem
from ascinbox.core.outbox.states import Base, Kind, OutboxRow, Phase, body_hash
from ascinbox.core.records import Review
from ascinbox.core.reviews.activity_filter import ActivityFilter
from ascinbox.core.reviews.acts import ActItem
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from ascinbox.tui.event_feed import team_words
from ascinbox.workers.reviews.activity import activity
from ascinbox.workers.reviews.export import activity_record
from tests.tui.world import NOW, Ui, running

TEXT = "Danke! Es ist in 5.2.1 behoben."


def member(ui: Ui, level: str, *, four_eyes: bool = False) -> None:
    """Mia is on a team with Anna."""

    def put(store: Store) -> None:
        with store.database.write():
            for name, has in (("mia", level), ("anna", "replier")):
                store.database.execute("INSERT INTO user.member VALUES (?, ?, 0, NULL)", (name, has))
            store.database.execute(
                "INSERT OR REPLACE INTO user.meta VALUES ('team.option.four_eyes', ?)", (str(int(four_eyes)),)
            )

    ui.workspace.store.call(put)


def handed_over(ui: Ui, review_id: str, by: str = "anna") -> OutboxRow:
    """A reply that waits for a publisher."""

    def put(store: Store) -> OutboxRow:
        detail = store.reviews.get(review_id)
        assert detail is not None
        return store.queue.queue(waiting(detail.review, by))

    return ui.workspace.store.call(put)


def waiting(review: Review, by: str) -> OutboxRow:
    return OutboxRow(
        op_id=f"op-{review.id}",
        kind=Kind.PUBLISH,
        review_id=review.id,
        app_id=review.app_id,
        account_id=1,
        credential="K",
        phase=Phase.WAITING,
        text=TEXT,
        sha256=body_hash(TEXT),
        base=Base.of(review),
        queued_at=NOW,
        send_after=NOW,
        changed_at=NOW,
        by=by,
    )


def phase(ui: Ui, review_id: str) -> Phase:
    item = ui.workspace.replies.item(review_id)
    assert item is not None
    return item.row.phase


async def filtered(ui: Ui, text: str) -> None:
    await ui.inbox.filtering.show(text)
    await ui.rest()


async def test_what_waits_is_read_and_published_as_it_was_read(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "publisher", four_eyes=True)
        first = ui.current
        handed_over(ui, first)
        await filtered(ui, "is:waiting")
        assert any("by anna" in line and " ◇ " in line for line in ui.lines())
        assert "anna's reply · waits for a publisher" in ui.text()
        await ui.press("P")
        assert TEXT in ui.text()
        assert "anna wrote this" in ui.text()
        assert phase(ui, first) is Phase.WAITING
        # The checks are those of any reply: this one is not in the review's language.
        await ui.press("P")
        assert phase(ui, first) is Phase.WAITING
        await ui.press("!", "P")
        assert phase(ui, first) is Phase.QUEUED
        assert "anna's reply goes out in 30 s" in ui.status


async def test_another_text_than_the_one_that_was_read_is_shown_and_not_published(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        first = ui.current
        old = handed_over(ui, first)
        await filtered(ui, "is:waiting")
        await ui.press("P")
        later = replace(old, id=0, op_id="later", text="Other text.", sha256=body_hash("Other text."))
        ui.workspace.store.call(lambda store: store.queue.queue(later))
        await ui.press("!", "P")
        assert phase(ui, first) is Phase.WAITING
        assert "the text was changed meanwhile, this is the new one" in ui.status
        assert "Other text." in ui.text()
        assert TEXT not in ui.text()
        await ui.press("!", "P")
        assert phase(ui, first) is Phase.QUEUED
        assert "anna's reply goes out in 30 s" in ui.status


def approved_by_another(ui: Ui, row: OutboxRow) -> None:
    """Paul publishes what waits."""

    def put(store: Store) -> None:
        assert store.queue.approve(row, row.sha256, store.clock.now(), ui.workspace.sender.rules) is not None
        with store.database.write():
            store.database.execute(
                "INSERT INTO user.act (at, who, verb, subject, detail, reviews)"
                " VALUES (?, 'paul', 'approve', ?, ?, '[]')",
                (store.clock.now().timestamp(), row.by, f"{row.op_id} {row.sha256}"),
            )

    ui.workspace.store.call(put)


@pytest.mark.parametrize("keys", ["P", "B"])
async def test_what_another_published_meanwhile_is_said_and_no_longer_shown(paths: Paths, keys: str) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        first = ui.current
        row = handed_over(ui, first)
        await filtered(ui, "is:waiting")
        await ui.press("P", "!")
        approved_by_another(ui, row)
        await ui.press(keys)
        if keys == "B":
            await ui.type("Too long")
            await ui.press("enter")
        assert not ui.inbox.answering
        assert "anna's reply: approved by paul, goes out in" in ui.status
        assert phase(ui, first) is Phase.QUEUED


async def test_what_is_said_on_leaving_what_waited_is_true(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        row = handed_over(ui, ui.current)
        await filtered(ui, "is:waiting")
        await ui.press("P", "escape")
        assert "anna's reply waits for a publisher as before" in ui.status
        await ui.press("P")
        approved_by_another(ui, row)
        await ui.press("escape")
        assert "anna's reply: approved by paul, goes out in" in ui.status


async def test_words_for_a_text_that_was_changed_meanwhile_are_offered_again(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        first = ui.current
        old = handed_over(ui, first)
        await filtered(ui, "is:waiting")
        await ui.press("B")
        await ui.type("Too long")
        later = replace(old, id=0, op_id="later", text="Other text.", sha256=body_hash("Other text."))
        ui.workspace.store.call(lambda store: store.queue.queue(later))
        await ui.press("enter")
        assert "Other text." in ui.text()
        assert phase(ui, first) is Phase.WAITING
        await ui.press("B", "enter")
        assert phase(ui, first) is Phase.UNDONE
        detail = ui.workspace.inbox.detail(first)
        assert detail is not None
        assert [note.body for note in detail.thread] == ["@anna Too long"]


async def test_it_goes_back_to_its_author_with_a_note_that_names_them(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        first = ui.current
        handed_over(ui, first)
        await filtered(ui, "is:waiting")
        await ui.press("B")
        await ui.type("Say the date")
        await ui.press("enter")
        assert phase(ui, first) is Phase.UNDONE
        detail = ui.workspace.inbox.detail(first)
        assert detail is not None
        assert [(note.author, note.body) for note in detail.thread] == [("mia", "@anna Say the date")]


async def test_a_replier_may_not_publish_and_four_eyes_are_not_one_pair(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "replier")
        first = ui.current
        handed_over(ui, first)
        await filtered(ui, "is:waiting")
        await ui.press("P", "P")
        assert "a publisher reads and publishes it" in ui.status
        await ui.press("r")
        assert "only anna or a publisher changes it" in ui.status
        assert phase(ui, first) is Phase.WAITING


async def test_four_eyes(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "publisher", four_eyes=True)
        first = ui.current
        handed_over(ui, first, by="mia")
        await filtered(ui, "is:waiting")
        await ui.press("P", "P")
        assert "somebody else publishes what you wrote" in ui.status
        assert phase(ui, first) is Phase.WAITING
        await ui.press("r")
        assert phase(ui, first) is Phase.WAITING
        assert ui.inbox.panel.area.text == TEXT


def drafted(ui: Ui, review_id: str) -> str:
    draft = ui.workspace.composing.draft(review_id)
    return draft.text if draft is not None else ""


def rows(ui: Ui, review_id: str) -> list[tuple[str, Phase, str]]:
    """Every reply to a review: whose, where it stands, its text."""

    def read(store: Store) -> list[OutboxRow]:
        ids = store.database.execute(
            "SELECT id FROM user.outbox WHERE review_id = ? ORDER BY id", (review_id,)
        )
        found = [store.outbox.get(number) for (number,) in ids.fetchall()]
        return [row for row in found if row is not None]

    return [(row.by, row.phase, row.text) for row in ui.workspace.store.call(read)]


@pytest.mark.parametrize(
    ("keys", "by"), [("r", "anna"), ("r", "mia"), ("2r", "anna"), ("2r", "mia"), ("Pr", "anna")]
)
async def test_looking_at_what_waits_in_the_editor_leaves_it_waiting(
    paths: Paths, keys: str, by: str
) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        first = ui.current
        row = handed_over(ui, first, by=by)
        await filtered(ui, "is:waiting")
        await ui.press(*keys)
        await ui.until(lambda: ui.inbox.answering)
        await ui.rest()
        assert ui.inbox.panel.area.text == TEXT
        await ui.press("escape")
        whose = "your reply" if by == "mia" else "anna's reply"
        assert f"{whose} waits for a publisher as before" in ui.status
        after = ui.workspace.replies.item(first)
        assert after is not None
        assert after.row == row
        assert drafted(ui, first) == ""


@pytest.mark.parametrize("keys", ["r", "2r"])
async def test_another_text_for_what_waits_is_ones_own_draft_until_it_is_published(
    paths: Paths, keys: str
) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        first = ui.current
        handed_over(ui, first)
        await filtered(ui, "is:waiting")
        await ui.press(*keys)
        await ui.until(lambda: ui.inbox.answering)
        await ui.type(" Mia")
        await ui.press("escape")
        assert "draft kept; anna's reply waits for a publisher as before" in ui.status
        assert rows(ui, first) == [("anna", Phase.WAITING, TEXT)]
        assert drafted(ui, first) == f"{TEXT} Mia"
        await ui.press("1")
        await filtered(ui, "is:waiting")
        assert ui.current == first
        await ui.press("r")
        assert "your draft; anna's reply waits on until you publish" in ui.status
        assert ui.inbox.panel.area.text == f"{TEXT} Mia"
        await ui.press("ctrl+g")
        assert "instead of anna's text" in ui.text()
        await ui.press("!", "P")
        assert rows(ui, first) == [
            ("anna", Phase.SUPERSEDED, TEXT),
            ("mia", Phase.QUEUED, f"{TEXT} Mia"),
        ]
        assert drafted(ui, first) == ""


async def test_what_waits_is_published_as_its_authors_where_the_editor_changed_nothing(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "publisher", four_eyes=True)
        first = ui.current
        handed_over(ui, first)
        await filtered(ui, "is:waiting")
        await ui.press("r", "ctrl+g", "!", "P")
        assert rows(ui, first) == [("anna", Phase.QUEUED, TEXT)]


async def test_ones_own_reply_waits_no_more_once_its_text_was_changed(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "replier")
        first = ui.current
        handed_over(ui, first, by="mia")
        await filtered(ui, "is:waiting")
        await ui.press("r")
        await ui.type(" Mia")
        await ui.press("escape")
        assert "draft kept; your reply waits no more: a draft again" in ui.status
        assert rows(ui, first) == [("mia", Phase.UNDONE, TEXT)]
        assert drafted(ui, first) == f"{TEXT} Mia"


async def test_a_held_reply_of_another_stays_while_it_is_looked_at(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        first = ui.current
        row = handed_over(ui, first)

        def hold(store: Store) -> None:
            with store.database.write():
                store.database.execute(
                    "UPDATE user.outbox SET state = 'held', why = 'review_changed' WHERE id = ?", (row.id,)
                )

        ui.workspace.store.call(hold)
        await ui.press("2", "r")
        await ui.until(lambda: ui.inbox.answering)
        assert ui.inbox.panel.area.text == TEXT
        await ui.press("escape")
        assert rows(ui, first) == [("anna", Phase.HELD, TEXT)]
        assert drafted(ui, first) == ""


async def test_what_became_meanwhile_of_the_reply_that_waits_is_told_before_another_takes_its_place(
    paths: Paths,
) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        first = ui.current
        row = handed_over(ui, first)
        await filtered(ui, "is:waiting")
        await ui.press("r")
        await ui.type(" Mia")
        await ui.press("ctrl+g", "!")
        rules = ui.workspace.sender.rules
        ui.workspace.store.call(lambda store: store.queue.approve(row, row.sha256, NOW, rules))
        await ui.press("P")
        assert "P again puts your text in its place" in ui.status
        assert rows(ui, first) == [("anna", Phase.QUEUED, TEXT)]
        await ui.press("P")
        assert rows(ui, first)[-1] == ("mia", Phase.QUEUED, f"{TEXT} Mia")


async def test_from_the_outbox_it_is_read_before_it_is_published(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        first = ui.current
        handed_over(ui, first)
        await ui.press("2")
        assert "anna's text" in ui.text()
        await ui.press("P")
        await ui.until(lambda: "anna wrote this" in ui.text())
        await ui.press("!", "P")
        assert phase(ui, first) is Phase.QUEUED
        assert ui.app.current_mode == "outbox"


# --- claims ---


def writes(ui: Ui, review_id: str, who: str = "anna") -> None:
    def put(store: Store) -> None:
        store.queue.claim(review_id, "elsewhere", who, store.clock.now(), timedelta(minutes=15))

    ui.workspace.store.call(put)


def holder(ui: Ui, review_id: str) -> str:
    claims = ui.workspace.store.call(lambda store: store.team.claims(store.clock.now()))
    return claims[review_id].who if review_id in claims else ""


async def test_the_first_keystroke_claims_and_leaving_frees(paths: Paths) -> None:
    async with running(paths) as ui:
        first = ui.current
        await ui.press("r")
        assert holder(ui, first) == ""
        await ui.press("H")
        assert holder(ui, first) == "mia"
        await ui.press("escape")
        assert holder(ui, first) == ""


async def test_somebody_else_writes_there_is_seen_and_asked_about(paths: Paths) -> None:
    async with running(paths) as ui:
        first = ui.current
        writes(ui, first)
        await filtered(ui, "is:needs-reply sort:oldest")
        assert "anna writes" in ui.lines()[4]
        assert "anna writes a reply here since" in ui.text()
        await ui.press("r")
        assert not ui.inbox.answering
        await ui.press("escape")
        assert holder(ui, first) == "anna"
        await ui.press("r", "!")
        await ui.type("I know this bug")
        await ui.press("enter")
        assert holder(ui, first) == "mia"
        assert ui.inbox.reply.answering
        detail = ui.workspace.inbox.detail(first)
        assert detail is not None
        assert [note.body for note in detail.thread] == ["@anna I know this bug"]


async def test_taking_over_what_was_handed_over_meanwhile_shows_it(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        first = ui.current
        writes(ui, first)
        await ui.press("r", "!")
        await ui.type("I know this bug")
        ui.workspace.store.call(lambda store: store.queue.release(first, "elsewhere"))
        row = handed_over(ui, first)
        await ui.press("enter")
        assert "anna handed this over before you took over; B has your words" in ui.status
        assert "anna wrote this" in ui.text()
        assert holder(ui, first) == ""
        item = ui.workspace.replies.item(first)
        assert item is not None
        assert item.row == row
        await ui.press("B", "enter")
        detail = ui.workspace.inbox.detail(first)
        assert detail is not None
        assert [note.body for note in detail.thread] == ["@anna I know this bug"]
        assert phase(ui, first) is Phase.UNDONE


async def test_taking_over_from_who_has_left_says_so_and_keeps_the_words(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "replier")
        first = ui.current
        writes(ui, first)
        await ui.press("r", "!")
        await ui.type("I know this bug")
        ui.workspace.store.call(lambda store: store.queue.release(first, "elsewhere"))
        await ui.press("enter")
        assert "anna had left the editor before you took over; i has your words" in ui.status
        assert ui.inbox.answering
        assert holder(ui, first) == ""
        await ui.press("escape", "i", "enter")
        detail = ui.workspace.inbox.detail(first)
        assert detail is not None
        assert [note.body for note in detail.thread] == ["I know this bug"]


async def test_next_skips_what_others_hold(paths: Paths) -> None:
    async with running(paths) as ui:
        rows = ui.inbox.listing.data.rows
        second, third = rows[1].id, rows[2].id
        writes(ui, second)
        await filtered(ui, "is:needs-reply sort:oldest")
        await ui.press("n")
        assert ui.current == third


async def test_a_take_over_closes_the_editor_and_keeps_the_text(paths: Paths) -> None:
    from ascinbox.core.events import ClaimTaken

    async with running(paths) as ui:
        first = ui.current
        await ui.press("r")
        await ui.type("Hello")
        ui.workspace.publish(ClaimTaken(first, "anna"))
        await ui.until(lambda: not ui.inbox.answering)
        await ui.rest()
        # Whoever was typing types on: no letter may be a command of the list.
        await ui.until(lambda: "anna took over this review" in ui.text())
        assert "Your text is kept as a draft." in ui.text()
        await ui.type("send")
        assert "anna took over this review" in ui.text()
        await ui.press("enter")
        await ui.until(lambda: "anna took over this review" not in ui.text())
        detail = ui.workspace.inbox.detail(first)
        assert detail is not None
        assert not detail.done
        draft = ui.workspace.composing.draft(first)
        assert draft is not None
        assert draft.text == "Hello"


async def test_a_note_of_a_team_is_added_and_names_are_completed(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "replier")
        first = ui.current
        await ui.press("i")
        await ui.type("@a")
        await ui.press("tab")
        await ui.type("look")
        await ui.press("enter")
        detail = ui.workspace.inbox.detail(first)
        assert detail is not None
        assert [(note.author, note.body) for note in detail.thread] == [("mia", "@anna look")]
        assert "@anna look" in ui.text()
        assert detail.note == ""


async def test_nothing_to_settle_is_said(paths: Paths) -> None:
    async with running(paths, size=(120, 36)) as ui:
        await ui.press("C")
        assert "there is nothing to settle" in ui.status
        await ui.press("colon")
        await ui.type("settle")
        assert "(there is nothing to settle)" in ui.text()


async def test_a_review_that_was_asked_for_is_shown_first(paths: Paths) -> None:
    async with running(paths, review_id="rev00040") as ui:
        assert ui.current == "rev00040"


@pytest.mark.parametrize(
    ("level", "four_eyes", "said"),
    [
        ("replier", False, "P hand over to a publisher"),
        ("publisher", True, "P hand over to a publisher"),
        ("publisher", False, "P publish in 30 s"),
    ],
)
async def test_the_check_step_says_whether_the_key_publishes(
    paths: Paths, level: str, four_eyes: bool, said: str
) -> None:
    async with running(paths) as ui:
        member(ui, level, four_eyes=four_eyes)
        ui.app.summary.refresh()
        await ui.rest()
        await ui.press("r")
        await ui.type("Thank you for telling us.")
        await ui.press("ctrl+g")
        assert said in ui.lines()[-1]


async def test_what_was_left_to_settle_is_told_at_the_start(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "replier")
        first = ui.current

        def put(store: Store) -> None:
            with store.database.write():
                store.database.execute(
                    "INSERT INTO user.intent (kind, review_id, wanted, seen, theirs, at)"
                    " VALUES ('marks', ?, ?, ?, ?, 0)",
                    (first, '{"assign": "mia"}', '{"assign": ""}', '{"assign": "ben", "by": "ben"}'),
                )

        ui.workspace.store.call(put)
        assert "to settle" not in ui.status
    async with running(paths) as ui:
        await ui.until(lambda: "1 to settle (C)" in ui.status)
        await ui.press("C")
        await ui.until(lambda: "now stands: assigned to ben, by ben" in ui.text())


async def test_whoever_is_on_the_team_can_be_assigned_by_a_digit(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "replier")
        first = ui.current
        ui.workspace.store.call(lambda store: store.queue.assign([first], "gone"))
        await ui.press("a")
        assert "1 mia" in ui.text()
        assert "2 anna" in ui.text()
        for other in ("gone", "somebody else"):
            assert other not in "\n".join(line for line in ui.lines() if "assigned to" not in line)
        await ui.press("2")
        detail = ui.workspace.inbox.detail(first)
        assert detail is not None
        assert detail.assignee == "anna"


async def test_whoever_approved_takes_it_back_while_it_waits(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        first = ui.current
        handed_over(ui, first)
        await filtered(ui, "is:waiting")
        await ui.press("P", "!", "P")
        assert phase(ui, first) is Phase.QUEUED
        ui.app.notices.give_way()
        ui.app.summary.refresh()
        await ui.until(lambda: "u takes it back" in ui.status)
        await ui.press("u")
        assert phase(ui, first) is Phase.UNDONE
        assert "the reply is a draft of anna's again; nothing was sent" in ui.status
        detail = ui.workspace.inbox.detail(first)
        assert detail is not None
        assert [(note.author, note.body) for note in detail.thread] == [
            ("mia", "@anna not sent after all: it is your draft again")
        ]


@pytest.mark.parametrize(
    ("verb", "ended", "said"),
    [
        ("send back", "undone", "sent back by paul, a draft of anna's again"),
        ("take back", "undone", "taken back by paul, who has its text as a draft"),
        ("replace", "superseded", "replaced by a text of paul's"),
        ("drop", "dropped", "dropped by paul"),
    ],
)
async def test_activity_tells_once_who_ended_a_reply_of_another(
    paths: Paths, verb: str, ended: str, said: str
) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        row = handed_over(ui, ui.current)

        def end(store: Store) -> None:
            with store.database.write():
                store.database.execute(
                    "UPDATE user.outbox SET state = ?, changed_at = ? WHERE id = ?",
                    (ended, NOW.timestamp(), row.id),
                )
                for who, what in (("paul", verb), ("anna", "flag")):
                    store.database.execute(
                        "INSERT INTO user.act (at, who, verb, subject, detail, reviews)"
                        " VALUES (?, ?, ?, 'anna', ?, '[]')",
                        (NOW.timestamp(), who, what, f"{row.op_id} waiting"),
                    )

        ui.workspace.store.call(end)
        items = activity(ui.workspace)
        by_paul = ActivityFilter("by:paul", "mia").of(items)
        (item,) = by_paul
        assert isinstance(item, OutboxItem)
        assert (item.by, item.sentence) == ("paul", said)
        assert ActivityFilter(f'act:"{verb}"', "mia").of(items) == by_paul
        assert [item.act.verb for item in items if isinstance(item, ActItem)] == ["flag"]
        assert [activity_record(item)["by"] for item in by_paul] == ["paul"]


def test_what_teammates_did_with_ones_reply_is_said_at_once() -> None:
    for verb in ENDED:
        assert team_words(ReplyEnded("id1", "paul", verb), str).startswith("paul ")
        approved = team_words(ReplyEnded("id1", "paul", verb, approved_of="anna"), str)
        assert approved.endswith("anna's reply that you had approved: it is not sent")
    for by, said in (("anna", "anna took back a reply"), ("ben", "ben took back anna's reply")):
        ended = ReplyEnded("id1", by, "take back", approved_of="anna")
        assert team_words(ended, str) == f"{said} that you had approved: it is not sent"


async def test_taking_an_approved_text_into_the_editor_or_back_is_told(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "replier")
        first = ui.current

        def approved(op_id: str) -> None:
            def put(store: Store) -> None:
                detail = store.reviews.get(first)
                assert detail is not None
                row = replace(waiting(detail.review, "mia"), op_id=op_id, phase=Phase.QUEUED)
                store.queue.queue(replace(row, send_after=NOW + timedelta(seconds=30)))
                with store.database.write():
                    store.database.execute(
                        "INSERT INTO user.act (at, who, verb, subject, detail, reviews)"
                        " VALUES (?, 'paul', 'approve', 'mia', ?, '[]')",
                        (NOW.timestamp(), f"{op_id} {body_hash(TEXT)}"),
                    )

            ui.workspace.store.call(put)

        approved("one")
        item = ui.workspace.replies.item(first)
        assert item is not None
        assert item.sentence == "approved by paul, goes out in 30 s"
        await ui.press("2")
        await ui.until(lambda: "QUEUED" in ui.text())
        await ui.press("u")
        await ui.until(lambda: "the reply is a draft again, no longer approved by paul" in ui.status)
        approved("two")
        await ui.press("1")
        await filtered(ui, "is:queued")
        await ui.press("r")
        await ui.until(lambda: "taken back: paul had approved this text" in ui.status)
        assert phase(ui, first) is Phase.UNDONE


async def test_the_editor_offers_the_check_and_no_publishing_to_who_hands_over(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("r")
        assert "ctrl+g check" in ui.lines()[-1]
        await ui.press("escape")
        member(ui, "replier")
        ui.app.summary.refresh()
        await ui.until(lambda: ui.app.frame.hands_over)
        await ui.press("r")
        assert "ctrl+g check" in ui.lines()[-1]
        assert "publish" not in ui.lines()[-1]


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_the_list_and_the_counts_follow_at_once_when_another_publishes(
    paths: Paths, size: tuple[int, int]
) -> None:
    async with running(paths, size=size) as ui:
        member(ui, "publisher")
        first = ui.current
        row = handed_over(ui, first)
        await filtered(ui, "is:waiting")
        ui.app.summary.refresh()
        await ui.until(lambda: "1 to approve" in ui.status)
        assert "1 left" in ui.text()
        assert "by anna" in ui.text()
        approved_by_another(ui, row)
        ui.workspace.publish(OutboxChanged(first))
        await ui.until(lambda: "1 to approve" not in ui.status)
        await ui.rest()
        assert ui.current == first
        shown = ui.inbox.listing.current
        assert shown is not None
        assert (shown.state, shown.waits_by) == ("Q", "")
        assert "by anna" not in ui.text()
        assert "1 left" not in ui.text()
        assert "none left" in ui.text()
