"""What somebody on a team is offered: by their level, by what is theirs, and in a member's home."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ascinbox.core.errors import AscinboxError
from ascinbox.core.events import TeamChanged
from ascinbox.core.outbox.states import Phase, Why
from ascinbox.core.records import Response
from ascinbox.core.team import TeamNote
from ascinbox.paths import Paths
from ascinbox.store.queue.local import LocalQueue
from ascinbox.store.queue.team.errors import TeamOffline
from ascinbox.store.store import Store
from ascinbox.tui.summary import read_summary
from ascinbox.workers.workspace import Workspace
from tests.tui.test_approval import TEXT, handed_over, member, waiting
from tests.tui.world import NOW, Ui, running

WRITING = ("r reply", "t template", "e done", "s snooze", "u undo")


async def told(ui: Ui) -> None:
    """The frame knows what was put into the store."""
    ui.app.summary.refresh()
    await ui.rest()
    # The numbers may still be on their way.
    ui.app.frame = await ui.app.ask(read_summary, ui.workspace, ui.app.frame)
    ui.app.tell_frame()
    await ui.rest()


def replied(ui: Ui, review_id: str, by: str, *, text: str = TEXT) -> None:
    """A reply that came to the store; `text`: what stands there."""

    def put(store: Store) -> None:
        detail = store.reviews.get(review_id)
        assert detail is not None
        row = store.queue.queue(replace(waiting(detail.review, by), phase=Phase.QUEUED))
        columns = "UPDATE user.outbox SET state = 'published' WHERE id = ?"
        with store.database.write():
            store.database.execute(columns, (row.id,))
        store.reviews.save_page(
            detail.review.app_id,
            [replace(detail.review, response=Response("r1", text, "PUBLISHED", NOW - timedelta(days=1)))],
        )

    ui.workspace.store.call(put)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
@pytest.mark.parametrize(
    ("by", "text", "shown"),
    [
        ("anna", TEXT, "anna's reply"),
        ("anna", f" {TEXT}\n", "anna's reply"),
        ("mia", TEXT, "our reply"),
        ("anna", "Another text.", "the reply"),
    ],
)
async def test_the_pane_says_whose_reply_stands_there(
    paths: Paths, size: tuple[int, int], by: str, text: str, shown: str
) -> None:
    async with running(paths, size=size) as ui:
        member(ui, "replier")
        first = ui.current
        replied(ui, first, by, text=text)
        await ui.inbox.filtering.show("is:answered sort:oldest")
        await ui.press("G")
        while ui.current != first:
            await ui.press("k")
        await ui.rest()
        assert f" {shown} · public" in ui.text()
        if shown != "our reply":
            assert "our reply" not in ui.text()
        await ui.press("r")
        whose = {"anna's reply": "anna's", "our reply": "yours", "the reply": "the one"}[shown]
        assert f"replaces {whose} of" in ui.text()


async def test_alone_every_reply_is_ones_own(paths: Paths) -> None:
    async with running(paths) as ui:
        first = ui.current
        replied(ui, first, "another name of mine")
        detail = ui.workspace.inbox.detail(first)
        assert detail is not None
        assert detail.response_by is None


@pytest.mark.parametrize(
    ("level", "four_eyes", "by", "count"),
    [
        ("publisher", False, "anna", 1),
        ("admin", True, "anna", 1),
        ("publisher", True, "mia", 0),
        ("replier", False, "anna", 0),
        ("replier", False, "mia", 0),
        ("viewer", False, "anna", 0),
    ],
)
async def test_the_tab_counts_what_waits_for_whoever_may_approve_it(
    paths: Paths, level: str, four_eyes: bool, by: str, count: int
) -> None:
    async with running(paths) as ui:
        member(ui, level, four_eyes=four_eyes)
        handed_over(ui, ui.current, by=by)
        await told(ui)
        assert (f"2 Outbox {count}" in ui.lines()[0]) == bool(count)
        assert ("1 to approve" in ui.status) == bool(count)
        (item,) = ui.workspace.replies.outbox()
        assert item.needs_you is bool(count)


async def test_what_failed_of_others_counts_for_whoever_decides_about_it(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "replier")
        row = handed_over(ui, ui.current)

        def fail(store: Store) -> None:
            with store.database.write():
                store.database.execute(
                    "UPDATE user.outbox SET state = 'held', why = ? WHERE id = ?",
                    (Why.REVIEW_CHANGED.value, row.id),
                )

        ui.workspace.store.call(fail)
        await told(ui)
        assert "2 Outbox 1" not in ui.lines()[0]
        await ui.press("2")
        assert "anna's 31 characters" in " ".join(ui.text().split())
        assert "Yours" not in ui.text()
        member_again = "UPDATE user.member SET level = 'publisher' WHERE name = 'mia'"

        def promote(store: Store) -> None:
            with store.database.write():
                store.database.execute(member_again)

        ui.workspace.store.call(promote)
        await told(ui)
        assert "2 Outbox 1" in ui.lines()[0]
        await ui.press("1", "2")
        assert "edit anna's text first" in ui.text()


@pytest.mark.parametrize(("by", "offered"), [("mia", True), ("anna", False)])
async def test_undo_is_offered_for_what_is_ones_own(paths: Paths, by: str, offered: bool) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        first = ui.current

        def put(store: Store) -> None:
            detail = store.reviews.get(first)
            assert detail is not None
            later = ui.workspace.clock.now() + timedelta(seconds=60)
            row = waiting(detail.review, by)
            store.queue.queue(replace(row, phase=Phase.QUEUED, queued_at=NOW, send_after=later))

        ui.workspace.store.call(put)
        await told(ui)
        assert "1 queued" in ui.status
        assert ("1 queued to writer" in ui.status) is offered
        assert ("u takes it back" in ui.status) is offered


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_who_only_reads_is_offered_nothing_that_changes(paths: Paths, size: tuple[int, int]) -> None:
    async with running(paths, size=size) as ui:
        await told(ui)
        assert all(hint in ui.lines()[-1] for hint in WRITING)
        member(ui, "viewer")
        await told(ui)
        assert not any(hint in ui.lines()[-1] for hint in WRITING)
        assert "/ filter" in ui.lines()[-1]
        first = ui.current
        for key in ("r", "e", "u", "P", "D", "B"):
            await ui.press(key)
            assert "Your level on the team is viewer" in ui.status, key
        await ui.press(":")
        await ui.type("take over from")
        assert "take over from whoever writes here" not in ui.text()
        await ui.press("escape", "m")
        assert "undoes" not in ui.status
        assert ui.current == first
        detail = ui.workspace.inbox.detail(first)
        assert detail is not None
        assert detail.read


async def test_a_member_is_offered_no_key_of_a_worker(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(paths) as ui:
        await ui.press("5")
        assert "A link an account" in ui.text()
        monkeypatch.setattr(Workspace, "asks_no_store", property(lambda _: True))
        await told(ui)
        for screen, hints in (
            ("5", ("w reconnect", "I invite", "A link", "D unlink", "F5 check")),
            ("4", ("w rotate", "F5 re-check")),
            ("6", ("enter edit", "P compare", "u undo", "+ add", "F5 read")),
        ):
            await ui.press("1", screen)
            await told(ui)
            assert not any(hint in ui.text() for hint in hints), ui.text()
        assert "where a worker runs" in " ".join(ui.text().split())
        for screen, key in (("5", "A"), ("5", "D"), ("4", "w"), ("4", "f5"), ("6", "enter"), ("1", "A")):
            await ui.press("1", screen, key)
            assert "a member of a team asks no store" in ui.status, (screen, key)


async def test_a_member_switches_nothing_in_health(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Workspace, "asks_no_store", property(lambda _: True))
    async with running(paths) as ui:
        await ui.press("4")
        await ui.until(lambda: "▌ Northwind" in ui.text())
        await ui.press("enter")
        assert "leave it as it is" in ui.text()
        assert "check this account" not in ui.text()
        assert "switch" not in ui.text()


async def test_another_level_counts_on_the_open_screen_at_once(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "viewer")
        handed_over(ui, ui.current)
        await told(ui)
        await ui.press("2")
        assert "read it once more" not in ui.text()

        def promote(store: Store) -> None:
            with store.database.write():
                store.database.execute("UPDATE user.member SET level = 'publisher' WHERE name = 'mia'")

        ui.workspace.store.call(promote)
        ui.workspace.publish(TeamChanged())
        await ui.until(lambda: "read it once more, then publish it" in ui.text())
        await ui.until(lambda: "2 Outbox 1" in ui.lines()[0])
        assert "P read, publish" in ui.lines()[-1]


async def test_away_from_the_team_the_line_says_what_becomes_of_a_reply(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Workspace, "asks_no_store", property(lambda _: True))
    async with running(paths) as ui:
        member(ui, "publisher")
        await ui.press("r")
        await ui.type("Thank you for telling us.")
        await ui.press("ctrl+g")
        ui.app.frame = replace(ui.app.frame, online=False)
        ui.app.tell_frame()
        assert "offline: it stays a draft" in ui.status
        ui.app.notices.tell_error(TeamOffline("The team's database cannot be reached", "refused", "Wait."))
        assert ui.status == "! the team cannot be reached: this has to wait"


async def test_what_to_do_is_said_even_where_the_reason_is_long(paths: Paths) -> None:
    async with running(paths) as ui:
        ui.app.notices.tell_error(AscinboxError("It did not work", "because " * 20, "Try again."))
        assert ui.status == "! It did not work. Try again."
        ui.app.notices.tell_error(AscinboxError("It did not work", "so", "Try again."))
        assert ui.status == "! It did not work. so. Try again."


@pytest.mark.parametrize("step", ["editor", "check"])
async def test_who_may_not_write_any_more_leaves_the_editor_with_the_text_kept(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    async with running(paths) as ui:
        member(ui, "replier")
        await told(ui)
        first = ui.current
        await ui.press("r")
        await ui.type("Thank")
        await ui.until(lambda: first in ui.workspace.store.call(lambda store: store.team.claims(NOW)))

        def refuse(*_args: object) -> None:
            raise AscinboxError("The level viewer does not allow this.")

        for act in ("claim", "release"):
            monkeypatch.setattr(LocalQueue, act, refuse)
        await ui.type(" you.")
        if step == "check":
            await ui.press("ctrl+g")
        await ui.press("escape")
        if step == "check":
            await ui.press("escape")
        assert not ui.inbox.answering
        draft = ui.workspace.store.call(lambda store: store.drafts.get(first))
        assert draft is not None
        assert draft.text == "Thank you."


def _add_note(store: Store, note: TeamNote) -> None:
    store.queue.add_note(note)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_word_with_which_a_reply_came_back_is_read_while_one_mends_it(
    paths: Paths, size: tuple[int, int]
) -> None:
    async with running(paths, size=size) as ui:
        member(ui, "replier")
        for minutes, author, words in ((9, "mia", "first"), (3, "anna", "@mia name the version, please")):
            note = TeamNote.new(ui.current, author, words, NOW - timedelta(minutes=minutes))
            ui.workspace.store.call(_add_note, note)
        await ui.press("j", "k", "r")
        assert "anna 3m  @mia name" in ui.text()
