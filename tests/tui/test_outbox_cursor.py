"""The Outbox's cursor after a text was published from it: on that text, so that `u` and `P` mean it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ascinbox.core.events import OutboxChanged
from ascinbox.core.outbox.states import Phase, Why
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from tests.tui.test_approval import handed_over, member, phase, rows, waiting
from tests.tui.world import NOW, Ui, running

pytestmark = pytest.mark.slow


def put(ui: Ui, review_id: str, state: Phase, by: str = "mia") -> None:
    """A reply to a review that stands there."""

    def queue(store: Store) -> None:
        detail = store.reviews.get(review_id)
        assert detail is not None
        why = Why.TOO_OLD if state is Phase.HELD else Why.NONE
        store.queue.queue(replace(waiting(detail.review, by), phase=state, why=why))

    ui.workspace.store.call(queue)


def under_cursor(ui: Ui) -> str:
    (line,) = [line for line in ui.lines() if line.startswith("▌")]
    return line


async def rewritten(ui: Ui) -> None:
    """The text of the reply under the Outbox's cursor is changed and published."""
    await ui.press("r")
    await ui.until(lambda: ui.inbox.answering)
    await ui.type(" Mia")
    await ui.press("ctrl+g", "!", "P")
    assert ui.app.current_mode == "outbox"
    assert "queued · u takes it back" in ui.status


@pytest.mark.parametrize("by", ["anna", "mia"])
async def test_ones_own_text_in_place_of_what_waited_is_under_the_cursor(paths: Paths, by: str) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        first, second = (row.id for row in ui.inbox.listing.data.rows[:2])
        approved = handed_over(ui, first)
        ui.workspace.replies.approve(approved, approved.sha256)
        handed_over(ui, second, by=by)
        await ui.press("2")
        await ui.press("j")
        assert "WAITING" in under_cursor(ui)
        await rewritten(ui)
        item = ui.workspace.replies.item(second)
        assert item is not None
        assert "QUEUED" in under_cursor(ui)
        assert item.title[:5] in under_cursor(ui)
        await ui.press("u")
        assert phase(ui, first) is Phase.QUEUED
        assert rows(ui, second)[-1][:2] == ("mia", Phase.UNDONE)


@pytest.mark.parametrize("state", [Phase.HELD, Phase.FAILED])
@pytest.mark.parametrize("alone", [True, False])
async def test_a_text_that_was_taken_back_and_changed_is_under_the_cursor(
    paths: Paths, state: Phase, *, alone: bool
) -> None:
    async with running(paths) as ui:
        me = ui.workspace.me if alone else "mia"
        if not alone:
            member(ui, "publisher")
        first, second, third = (row.id for row in ui.inbox.listing.data.rows[:3])
        put(ui, first, Phase.QUEUED, me)
        put(ui, second, state, me)
        put(ui, third, Phase.QUEUED, me)
        await ui.press("2")
        item = ui.workspace.replies.item(second)
        assert item is not None
        for _ in range(3):
            if item.title[:5] in under_cursor(ui):
                break
            await ui.press("j")
        await rewritten(ui)
        assert item.title[:5] in under_cursor(ui)
        assert "QUEUED" in under_cursor(ui)
        await ui.press("u")
        assert phase(ui, second) is Phase.UNDONE
        assert phase(ui, first) is phase(ui, third) is Phase.QUEUED


async def test_a_reply_to_another_review_than_the_opened_one_is_under_the_cursor(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        first = ui.current
        put(ui, first, Phase.QUEUED)
        await ui.press("2")
        await ui.press("enter")
        await ui.press("j")
        second = ui.current
        assert second != first
        await ui.press("r")
        await ui.type("Thank you, we look into it.")
        await ui.press("ctrl+g", "!", "P")
        assert ui.app.current_mode == "outbox"
        item = ui.workspace.replies.item(second)
        assert item is not None
        assert item.title[:5] in under_cursor(ui)
        await ui.press("u")
        assert phase(ui, first) is Phase.QUEUED
        assert phase(ui, second) is Phase.UNDONE


async def test_what_a_teammate_put_in_place_of_another_is_under_the_cursor(paths: Paths) -> None:
    async with running(paths) as ui:
        member(ui, "publisher")
        first, second = (row.id for row in ui.inbox.listing.data.rows[:2])
        old = handed_over(ui, first)
        handed_over(ui, second)
        await ui.press("2")
        item = ui.workspace.replies.item(first)
        assert item is not None
        if item.title[:5] not in under_cursor(ui):
            await ui.press("j")
        later = replace(old, id=0, op_id="later", by="paul", phase=Phase.QUEUED, queued_at=NOW)
        ui.workspace.store.call(lambda store: store.queue.queue(later))
        ui.workspace.publish(OutboxChanged(first))
        await ui.until(lambda: "QUEUED" in ui.text())
        await ui.rest()
        assert item.title[:5] in under_cursor(ui)
        assert "QUEUED" in under_cursor(ui)
