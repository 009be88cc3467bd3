"""What was asked of a team's database that did not answer: nobody is told that it has to wait."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from ascinbox.core.events import Event, TeamConnection
from ascinbox.core.records import Review
from tests.tui.team_homes import TeamHomes, offline
from tests.tui.test_approval import TEXT, filtered, waiting
from tests.tui.world import Ui, review, running

pytestmark = pytest.mark.slow
"""Each of them waits until an answer does not come any more."""

ONE = review(0)
NOT_KNOWN = "! it is not known whether it arrived; it is looked up when the team is back"
Homes = Callable[[Sequence[Review]], TeamHomes]


async def written(ui: Ui) -> None:
    """A reply to the first review, in its check step."""
    await ui.until(lambda: ui.current == ONE.id)
    await ui.press("r")
    await ui.type(TEXT)
    await ui.press("ctrl+g")
    await ui.until(lambda: "What customers will see" in ui.text())


@pytest.mark.parametrize(
    ("name", "said"),
    [("Rita", "it had arrived: a publisher reads it first"), ("Paul", "it had arrived: the reply is queued")],
)
async def test_a_reply_that_had_arrived_is_told_and_its_check_step_closed(
    team_homes: Homes, name: str, said: str
) -> None:
    homes = team_homes([ONE])
    async with running(homes.home(name), offline=False) as ui:
        await written(ui)
        async with homes.frozen(ui, name):
            await ui.press("P")
            await ui.until(lambda: "it is not known whether" in ui.status, 20)
            assert "What customers will see" in ui.text()
            await ui.press("P")
            await ui.until(lambda: ui.status == NOT_KNOWN, 20)
        await ui.until(lambda: said in ui.status, 20)
        await ui.until(lambda: "What customers will see" not in ui.text())
        assert ui.workspace.store.call(lambda s: s.drafts.get(ONE.id)) is None
    assert homes.sql("SELECT count(*) FROM ascinbox.outbox") == [(1,)]


async def test_a_reply_that_did_not_arrive_is_offered_again(team_homes: Homes) -> None:
    homes = team_homes([ONE])
    async with running(homes.home("Rita"), offline=False) as ui:
        await written(ui)
        homes.sql("ALTER FUNCTION ascinbox.queue(jsonb) RENAME TO queued")
        homes.sql(
            "CREATE FUNCTION ascinbox.queue(jsonb) RETURNS jsonb LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(60); END $$"
        )
        await ui.press("P")
        await ui.until(lambda: "it did not arrive: nothing was queued" in ui.status, 30)
        assert "What customers will see" in ui.text()
        homes.sql("DROP FUNCTION ascinbox.queue(jsonb)")
        homes.sql("ALTER FUNCTION ascinbox.queued(jsonb) RENAME TO queue")
        await ui.press("P")
        await ui.until(lambda: "handed over: a publisher reads it first" in ui.status, 20)
    assert homes.sql("SELECT count(*) FROM ascinbox.outbox") == [(1,)]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (("P",), "it had arrived: the reply is queued"),
        (("B", "enter"), "it had arrived: the reply does not go out"),
    ],
)
async def test_what_was_done_with_a_waiting_reply_is_looked_up(
    team_homes: Homes, keys: tuple[str, ...], said: str
) -> None:
    homes = team_homes([ONE])
    homes.store("Rita").queue.queue(waiting(ONE, "Rita"))
    async with running(homes.home("Paul"), offline=False) as ui:
        await ui.until(lambda: ui.current)
        await filtered(ui, "is:waiting")
        await ui.until(lambda: ui.current == ONE.id)
        await ui.press("P")
        await ui.press(*keys[:-1])
        async with homes.frozen(ui, "Paul"):
            await ui.press(keys[-1])
            await ui.until(lambda: "it is not known whether it arrived" in ui.text(), 20)
        await ui.until(lambda: said in ui.text(), 20)


async def read_from_the_outbox(ui: Ui) -> None:
    """The check step of the waiting reply, opened from the Outbox."""
    await ui.until(lambda: ui.current == ONE.id)
    await ui.press("2")
    await ui.until(lambda: "Rita" in ui.text())
    await ui.press("P")
    await ui.until(lambda: "B send back" in ui.lines()[-1])


@asynccontextmanager
async def approved_without_answer(homes: TeamHomes, ui: Ui) -> AsyncIterator[None]:
    """Paul has approved what waits, from the Outbox, and inside nobody knows whether that arrived."""
    await read_from_the_outbox(ui)
    async with homes.frozen(ui, "Paul"):
        await ui.press("P")
        await ui.until(lambda: "it is not known whether" in ui.status, 20)
        yield


async def test_what_became_of_an_act_stands_on_the_screen_in_front_and_on_no_other(team_homes: Homes) -> None:
    homes = team_homes([ONE])
    homes.store("Rita").queue.queue(waiting(ONE, "Rita"))
    async with running(homes.home("Paul"), offline=False) as ui:
        async with approved_without_answer(homes, ui):
            pass
        await ui.until(lambda: ui.app.current_mode == "outbox", 20)
        await ui.until(lambda: "it had arrived: the reply is queued" in ui.status)
        await ui.press("1")
        assert "it had arrived" not in ui.text()


async def test_a_reply_is_not_said_to_wait_as_before_while_that_is_not_known(team_homes: Homes) -> None:
    homes = team_homes([ONE])
    homes.store("Rita").queue.queue(waiting(ONE, "Rita"))
    async with running(homes.home("Paul"), offline=False) as ui:
        async with approved_without_answer(homes, ui):
            await offline(ui)
            await ui.press("escape")
            await ui.until(lambda: ui.status == "it is not known yet whether Rita's reply still waits")
        await ui.until(lambda: "it had arrived: the reply is queued" in ui.status, 20)


async def test_what_watches_the_connection_says_the_same_of_an_act_without_an_answer(
    team_homes: Homes,
) -> None:
    """Whichever of both is later stands in the status line."""
    homes = team_homes([ONE])
    async with running(homes.home("Paul"), offline=False) as ui:
        await written(ui)
        heard: list[Event] = []
        ui.workspace.subscribe(heard.append)
        async with homes.frozen(ui, "Paul"):
            await ui.press("P")
            await ui.until(lambda: TeamConnection(False, NOT_KNOWN.removeprefix("! ")) in heard, 20)
            await ui.until(lambda: ui.status == NOT_KNOWN, 20)


async def test_the_question_over_a_check_step_is_closed_with_it_and_its_words_are_kept(
    team_homes: Homes,
) -> None:
    homes = team_homes([ONE])
    homes.store("Rita").queue.queue(waiting(ONE, "Rita"))
    async with running(homes.home("Paul"), offline=False) as ui:
        async with approved_without_answer(homes, ui):
            await ui.press("B")
            await ui.type("too long")
            await ui.press("enter")
            await ui.until(lambda: "sending it back has to wait" in ui.text(), 20)
        await ui.until(lambda: "It had arrived: the reply is queued" in ui.text(), 20)
        assert ui.app.current_mode == "outbox"
        # Whoever was typing types on: no letter may be a command of the Outbox.
        await ui.type("and late")
        assert "Nobody got your words: too long" in ui.text()
        await ui.press("enter", "1")
        assert ui.app.current_mode == "inbox"
        assert "What should Rita change?" not in ui.text()
        assert len(ui.app.screen_stack) == 1
        await ui.press("i")
        assert "too long" in ui.text()
    assert homes.sql("SELECT count(*) FROM ascinbox.note") == [(0,)]


async def test_the_question_by_which_a_reply_went_back_is_closed_when_that_arrived(team_homes: Homes) -> None:
    homes = team_homes([ONE])
    homes.store("Rita").queue.queue(waiting(ONE, "Rita"))
    async with running(homes.home("Paul"), offline=False) as ui:
        await read_from_the_outbox(ui)
        await ui.press("B")
        await ui.type("too long")
        async with homes.frozen(ui, "Paul"):
            await ui.press("enter")
            await ui.until(lambda: "it is not known whether it arrived" in ui.text(), 20)
            inside = (line.split("│")[1] for line in ui.lines() if line.count("│") == 2)
            assert NOT_KNOWN in " ".join(" ".join(inside).split()), "it is told whole"
        await ui.until(lambda: "It had arrived: the reply does not go out" in ui.text(), 20)
        assert "Nobody got" not in ui.text()
        await ui.press("enter", "1")
        assert len(ui.app.screen_stack) == 1
    assert homes.sql("SELECT body FROM ascinbox.note") == [("@Rita too long",)]


async def test_an_act_that_may_have_arrived_is_not_taken_back_without_the_team(team_homes: Homes) -> None:
    homes = team_homes([ONE])
    async with running(homes.home("Rita"), offline=False) as ui:
        await ui.until(lambda: ui.current == ONE.id)
        async with homes.frozen(ui, "Rita"):
            await ui.press("f")
            await ui.until(lambda: "flagged" in ui.status, 20)
            await ui.press("u")
            await ui.until(lambda: "it is not known whether that arrived: take it back" in ui.status)
        await ui.until(lambda: ui.workspace.store.call(lambda s: s.team.unsent()) == 0, 20)
        await ui.press("u")
        await ui.until(lambda: "taken back: flag, 1 review" in ui.status)
    assert homes.sql("SELECT flagged FROM ascinbox.triage") == [(0,)]


@pytest.mark.parametrize("leaving", [(), ("escape", "escape")])
@pytest.mark.parametrize("name", ["Rita", "Paul"])
async def test_a_reply_that_had_arrived_is_no_draft_any_more_after_a_new_start(
    team_homes: Homes, name: str, leaving: tuple[str, ...]
) -> None:
    homes = team_homes([ONE])
    home = homes.home(name)
    async with AsyncExitStack() as unanswered:
        async with running(home, offline=False) as ui:
            await written(ui)
            await ui.press("!")
            await unanswered.enter_async_context(homes.frozen(ui, name))
            await ui.press("P")
            await ui.until(lambda: ui.status == NOT_KNOWN, 20)
            await ui.press(*leaving)
        assert homes.sql("SELECT author FROM ascinbox.outbox") == []
    async with running(home, offline=False) as ui:
        await ui.until(lambda: ui.workspace.replies.item(ONE.id) is not None, 20)
        await ui.until(lambda: not ui.workspace.store.call(lambda store: store.team.unsent()), 20)
        assert list(ui.workspace.composing.drafts()) == []
    assert homes.sql("SELECT author FROM ascinbox.outbox") == [(name,)]
    assert homes.sql("SELECT text FROM ascinbox.draft WHERE removed_at IS NULL") == []
