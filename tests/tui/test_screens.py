"""Help, commands, menus, prompts, outbox, first run, empty lists: what they show and which keys they take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ascinbox.core.deliveries.events import NotifyEvent
from ascinbox.core.outbox.states import Phase
from ascinbox.core.reviews.acts import ActItem
from ascinbox.core.reviews.language_decision import LanguageSource
from ascinbox.paths import Paths
from ascinbox.store.queue.deliveries import NewDelivery
from ascinbox.tui.actions import ACTIONS, LIST, show_key
from ascinbox.tui.start import WANTS_DEMO
from ascinbox.tui.widgets.menu import MenuScreen
from ascinbox.workers.reviews.activity import activity
from tests.tui.world import NOW, build, review, running

MOCKUPS = Path(__file__).parent / "mockups"


async def test_help_fits_and_greys_what_cannot_act(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("?")
        lines = ui.lines()
        assert lines[0].startswith("─ Help · keys that work here (Inbox) ─")
        assert lines[-1] == " j k scroll  / search keys and topics  tab topics  esc close            ? close"
        assert lines[2] == " MOVE                         ANSWER                     ORGANISE"
        assert lines[4].startswith("  gg G       first, last       R  reply in $EDITOR")
        assert "greyed = not available here" in lines[22]
        assert all(len(line) <= 80 for line in lines)
        await ui.press("w")
        assert "w: reconnect or rotate a key works in Health, Accounts" in ui.text()
        await ui.press("r")
        assert "r: reply, or edit the reply or draft; esc, then press it" in ui.text()
        await ui.press("escape")
        assert ui.lines()[4].startswith("▌")


async def test_help_searches_keys_and_topics_and_pages_through_topics(paths: Paths) -> None:
    async with running(paths, size=(120, 36)) as ui:
        await ui.press("?", "slash")
        await ui.type("snooze")
        assert any(re.match(r"\s+s\s+snooze", line) for line in ui.lines())
        await ui.press("escape", "tab")
        assert "Help · queries" in ui.lines()[0]
        await ui.press("escape", "escape")
        assert ui.app.screen is ui.inbox


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (60, 20), (40, 12), (20, 5), (1, 1)])
async def test_overlays_work_at_every_size(paths: Paths, size: tuple[int, int]) -> None:
    async with running(paths, size=size) as ui:
        for key in ("?", "colon", "v", "s", "S", "V", "E", "i"):
            await ui.press(key)
            assert len(ui.app.screen_stack) == 2, key
            await ui.press("escape")
            assert len(ui.app.screen_stack) == 1, key


async def test_the_palette_has_every_verb_with_its_key_and_runs_it(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("colon")
        await ui.type("done")
        assert any("done, no reply" in line and " e " in line for line in ui.lines())
        first = ui.current
        await ui.press("enter")
        detail = ui.workspace.inbox.detail(first)
        assert detail is not None
        assert detail.done
        await ui.press("ctrl+p")
        assert isinstance(ui.app.screen, MenuScreen)
        known = {choice.value for choice in ui.app.screen.choices}
        here = {action.id for action in ACTIONS if ui.inbox.dispatcher.offers(action.id)}
        assert here - known == {"commands", "next", "prev", "open", "back"}
        assert not known & ({action.id for action in ACTIONS} - here)


async def test_commands_with_words_change_the_settings_and_keep_the_file(paths: Paths) -> None:
    paths.config_file.write_text("# mine\n[outbox]\nundo_seconds = 30 # seconds\n")
    paths.config_file.chmod(0o640)
    async with running(paths) as ui:
        await ui.press("colon")
        await ui.type("set undo 60")
        await ui.press("enter")
        assert ui.workspace.config.get("outbox", "undo_seconds") == 60
        await ui.press("colon")
        await ui.type("allow help@tide.example")
        await ui.press("enter")
        assert "help@tide.example" in ui.workspace.config.get("reply", "allow")
        await ui.press("colon")
        await ui.type("set undo 9999")
        await ui.press("enter")
        assert "0 to 600" in ui.status
        await ui.press("colon")
        await ui.type("theme light")
        await ui.press("enter")
        assert ui.app.theme == "ascinbox-light"
        done = [one.act.detail for one in activity(ui.workspace)
                if isinstance(one, ActItem) and one.act.verb == "set"]  # fmt: skip
        assert "[outbox] undo_seconds = 60" in done
        assert not any("9999" in detail for detail in done)
    text = paths.config_file.read_text()
    assert text.startswith("# mine\n[outbox]\nundo_seconds = 60 # seconds\n")
    assert paths.config_file.stat().st_mode & 0o777 == 0o640, "somebody's own mode stays"


async def test_a_language_that_was_found_wrong_is_put_right_and_stays(paths: Paths) -> None:
    async with running(paths, size=(120, 36)) as ui:
        review_id = ui.current

        async def say(words: str) -> None:
            await ui.press("colon")
            await ui.type(words)
            await ui.press("enter")

        await say("lang italian")
        detail = ui.workspace.inbox.detail(review_id)
        assert detail is not None
        assert (detail.language.code, detail.language.source) == ("it", LanguageSource.PERSON)
        assert "language Italian" in ui.status
        await say("lang klingon")
        assert "klingon" in ui.status
        await ui.press("u")
        detail = ui.workspace.inbox.detail(review_id)
        assert detail is not None
        assert detail.language.source is not LanguageSource.PERSON


async def test_no_account_shows_three_ways(tmp_path: Path) -> None:
    paths = build(tmp_path / "empty", [], linked=False)
    async with running(paths) as ui:
        await ui.until(lambda: "Look around with invented data" in ui.text())
        assert "Link an account" in ui.text()
        assert "I was sent a key" in ui.text()
        await ui.press("escape")
        assert "No account is linked. A links one." in ui.text()
    async with running(paths) as ui:
        await ui.until(lambda: "Look around with invented data" in ui.text())
        await ui.press("1")
        await ui.until(lambda: ui.app.wants_demo)
        assert WANTS_DEMO == -1


async def test_the_key_that_links_works_on_the_first_screen_too(tmp_path: Path) -> None:
    async with running(build(tmp_path / "empty", [], linked=False)) as ui:
        await ui.until(lambda: "Look around with invented data" in ui.text())
        assert "A link" in ui.text()
        await ui.press("A")
        assert ui.app.current_mode == "accounts"
        assert "Link an account of" in ui.text(), ui.text()
        await ui.press("1")
        assert "step 1" in ui.text().lower(), ui.text()


async def test_an_empty_list_says_why_and_what_next(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("slash", "ctrl+u")
        await ui.type("nosuchword")
        await ui.press("enter")
        assert "No review matches 'nosuchword' in All (60)." in ui.text()
        await ui.press("v", "5")
        assert "✓ Nothing is left in Snoozed." in ui.text()


async def test_an_inbox_that_was_answered_says_so(tmp_path: Path) -> None:
    paths = build(tmp_path / "done", [review(n, answered=True) for n in range(5)])
    async with running(paths) as ui:
        await ui.until(lambda: "Nothing needs you." in ui.text())


async def test_broken_files_are_named_and_the_rest_works(paths: Paths) -> None:
    paths.views_file.write_text("[[view]\nname = 3\n")
    paths.templates.mkdir()
    (paths.templates / "bad.md").write_text("---\nnome: x\n---\nHello {nickname\n")
    async with running(paths) as ui:
        assert "views.toml:1:" in ui.status
        await ui.press("v", "2")
        assert ui.inbox.view_name == "Low stars"
        await ui.press("t")
        assert "bad.md" in ui.text()


async def test_own_keys_are_in_force_and_clashes_are_told(paths: Paths) -> None:
    paths.config_file.write_text('[keys]\ndone = ["c"]\n')
    async with running(paths) as ui:
        assert "c done" in ui.lines()[-1]
        first = ui.current
        await ui.press("c")
        detail = ui.workspace.inbox.detail(first)
        assert detail is not None
        assert detail.done
    paths.config_file.write_text('[keys]\ndone = ["r"]\n')
    async with running(paths) as ui:
        assert "r is both reply and done in lists" in ui.status


async def test_tabs_and_rows_by_mouse(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.pilot.click(offset=(20, 6))
        await ui.rest()
        assert ui.inbox.listing.data.cursor == 2
        await ui.pilot.click(offset=(18, 0))
        await ui.rest()
        assert ui.app.current_mode == "outbox"


async def test_the_outbox_lists_held_and_failed_with_what_can_be_done(paths: Paths) -> None:
    async with running(paths) as ui:
        ids = [row.id for row in ui.inbox.listing.data.rows[:3]]
        for review_id in ids:
            text = f"Thanks for your words about {review_id}."
            keys = {finding.key for finding in ui.workspace.composing.check(review_id, text)}
            ui.workspace.replies.queue(review_id, text, keys)

        def spoil(store):  # type: ignore[no-untyped-def]
            rows = {row.review_id: row for row in store.outbox.open_rows()}
            for review_id, phase, why in (
                (ids[0], "held", "answered_elsewhere"),
                (ids[1], "failed", "refused"),
            ):
                store.database.execute(
                    "UPDATE user.outbox SET state = ?, why = ?, status = 422, detail = 'TEXT_INVALID' "
                    "WHERE id = ?",
                    (phase, why, rows[review_id].id),
                )  # fmt: skip

        ui.workspace.store.call(spoil)
        await ui.press("2")
        text = ui.text()
        assert "[2 Outbox 3]" in text
        assert "‼ HELD" in text
        assert "‼ FAILED 422" in text
        assert "1 queued · 1 held · 1 failed" in ui.status
        await ui.press("n")
        assert "HELD · someone else answered while this was written" in ui.text()
        await ui.press("n")
        assert "TEXT_INVALID" in ui.text()
        await ui.press("e")
        assert "dropped; the review is done" in ui.status
        detail = ui.workspace.inbox.detail(ids[1])
        assert detail is not None
        assert detail.done
        phases = {item.row.review_id: item.row.phase for item in ui.workspace.replies.outbox()}
        assert phases == {ids[0]: Phase.HELD, ids[2]: Phase.QUEUED}


async def test_the_outbox_lists_deliveries_where_there_are_rules(paths: Paths) -> None:
    paths.notify_file.parent.mkdir(parents=True, exist_ok=True)
    paths.notify_file.write_text('[[destination]]\nname = "team"\nkind = "slack"\nurl = "env:NOT_SET"\n')
    event = NotifyEvent("health.changed:1", "health.changed", NOW, "North", detail="North: Sales was ok.")
    async with running(paths) as ui:
        ui.workspace.store.call(
            lambda s: s.deliveries.add([NewDelivery("alarms", "team", event, NOW, "evt_1")], NOW)
        )
        await ui.press("2", "<")
        assert "Deliveries" in ui.text()
        assert "QUEUED" in ui.text()
        assert "North: Sales was ok." in ui.text()
        assert "send it now" in ui.text()
        await ui.press("P")
        assert "it is sent again" in ui.status
        await ui.press("enter")
        assert "there is nothing to open" in ui.status


@pytest.mark.slow
async def test_every_verb_does_something_or_says_why(paths: Paths) -> None:
    async with running(paths) as ui:
        for action in ACTIONS:
            if "L" not in action.contexts or action.id in ("quit", "leave", "sync", "tour"):
                continue
            for _ in range(4):
                await ui.app.go("inbox")
                if ui.app.screen is ui.inbox and ui.inbox.context == LIST and not ui.inbox.zoomed:
                    break
                await ui.press("escape")
            assert ui.app.screen is ui.inbox, action.id
            ui.app.notices.give_way()
            await ui.press("G", "k", "k")
            before = (ui.text(), ui.app.current_mode)
            key = action.keys[0]
            await ui.press(*(["g", "g"] if key == "gg" else [key if len(key) > 1 else show_key(key)]))
            after = (ui.text(), ui.app.current_mode)
            assert after != before or action.id in ("redraw", "go_inbox"), action.id


async def test_times_are_the_clocks(paths: Paths) -> None:
    async with running(paths) as ui:
        assert ui.app.now() - NOW < ui.app.now() - NOW.replace(year=2025)
        assert "offline, data from" in ui.status


async def test_the_outbox_tells_below_what_was_done_last(paths: Paths) -> None:
    async with running(paths, size=(120, 36)) as ui:
        await ui.press("e", "2")
        lines = ui.lines()
        head = next(number for number, line in enumerate(lines) if line.startswith("─ Done lately"))
        assert "DONE" in lines[head + 1]
        assert "> Activity" in lines[head]
        await ui.press(">")
        assert "Done lately" not in ui.text(), "there it is the list itself"
