"""From a review to a queued reply and back, by keys alone."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import set_cell_size

from ascinbox.core.events import ClaimTaken
from ascinbox.core.outbox.states import Phase, Why
from ascinbox.core.records import Response
from ascinbox.paths import Paths
from ascinbox.store.store import Store
from ascinbox.tui.outbox.screen import OutboxScreen
from tests.tui.world import APPS, NOW, Ui, build, review, running, template

HELLO = "Hi {nickname|there}, thank you for telling us. The next version mends it."


def queued(ui: Ui) -> list[str]:
    return [item.row.text for item in ui.workspace.replies.outbox() if item.row.phase is Phase.QUEUED]


def one_stars(tmp_path: Path) -> Paths:
    reviews = [
        review(
            n, app=APPS[0], rating=1, title=f"Crash {n}", body="It crashes when I open it.", territory="USA"
        )
        for n in range(10)
    ]
    paths = build(tmp_path / "ten", reviews)
    template(paths, "crash-fixed", HELLO)
    return paths


async def test_what_is_typed_is_a_draft_within_a_second(paths: Paths) -> None:
    async with running(paths) as ui:
        review_id = ui.current
        await ui.press("r")
        await ui.type("three words here")
        await ui.until(lambda: ui.workspace.composing.draft(review_id) is not None, 1.5)
        await ui.until(lambda: ui.workspace.composing.draft(review_id).text == "three words here", 1.5)  # type: ignore[union-attr]
        await ui.until(lambda: "draft saved" in ui.text(), 1.5)
        assert " 16 of 5,970 · " in ui.text()
        await ui.press("escape")
        assert ui.lines()[4].startswith("▌ ✎")
        assert not queued(ui)


async def test_letters_are_text_in_the_editor_and_enter_publishes_nothing(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("r")
        await ui.type("ejPqx1")
        await ui.press("enter", "ctrl+s")
        assert ui.inbox.panel.area.text == "ejPqx1\n"
        await ui.press("ctrl+g", "enter", "space")
        assert not queued(ui)
        assert ui.inbox.answering


async def test_check_step_publish_and_take_back(paths: Paths) -> None:
    async with running(paths) as ui:
        review_id = ui.current
        await ui.press("r")
        await ui.type("Thank you for telling us.")
        await ui.press("ctrl+g")
        assert "What customers will see" in ui.text()
        assert "P publish in 30 s" in ui.lines()[-1]
        await ui.press("P")
        await ui.press("exclamation_mark", "P")
        assert queued(ui) == ["Thank you for telling us."]
        assert ui.current != review_id
        await ui.until(lambda: "1 queued to" in ui.status and "takes it back" in ui.status, 7)
        await ui.press("u")
        assert not queued(ui)
        draft = ui.workspace.composing.draft(review_id)
        assert draft is not None
        assert draft.text == "Thank you for telling us."
        assert ui.current == review_id
        assert not ui.workspace.replies.activity() or all(
            item.row.phase is Phase.UNDONE for item in ui.workspace.replies.activity()
        )


async def test_a_warning_is_named_and_has_to_be_accepted(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("r")
        await ui.type("mail bob@gmail.com please")
        await ui.press("ctrl+g")
        assert "bob@gmail.com" in ui.text()
        await ui.press("P")
        assert "! accepts the warning first" in ui.status
        assert not queued(ui)
        await ui.press("exclamation_mark", "P")
        assert queued(ui) == ["mail bob@gmail.com please"]


@pytest.mark.parametrize(("text", "says"), [("Hi {nickname", "not filled in"), ("", "empty")])
async def test_a_block_cannot_be_accepted_away(paths: Paths, text: str, says: str) -> None:
    async with running(paths) as ui:
        await ui.press("r")
        await ui.type(text)
        await ui.press("ctrl+g", "exclamation_mark", "P")
        assert says in ui.status
        assert not queued(ui)
        assert ui.inbox.answering
        assert ui.lines()[-1].startswith(" a accept" if "accept" in ui.lines()[-1] else " r edit"), (
            "no hint at a key that only refuses"
        )


async def test_review_and_reply_stand_side_by_side_where_there_is_room(paths: Paths) -> None:
    async with running(paths, size=(120, 36)) as ui:
        body = ui.inbox.reader.reading.detail.review.body  # type: ignore[union-attr]
        await ui.press("r")
        await ui.type("Thank you for the report.")
        await ui.until(lambda: "draft saved" in ui.text(), 1.5)
        left, right = ui.inbox.reader.region, ui.inbox.panel.region
        assert (left.x, left.width, right.width) == (0, 39, 80)
        assert ui.lines()[2][39] == "┬"
        assert all(set_cell_size(line, 40)[-1] == "│" for line in ui.lines()[3:33])
        assert body[:8] in ui.text()
        assert "Thank you" not in "\n".join(set_cell_size(line, 39) for line in ui.lines())
        assert not ui.inbox.listing.region.area
        await ui.press("ctrl+g")
        assert "What customers will see" in ui.lines()[3]
        await ui.press("escape")
        assert ui.inbox.listing.region.width == 54


async def test_what_is_fine_takes_one_line_and_what_is_wrong_says_so(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("j", "r")
        assert "block" not in ui.text()
        await ui.type("Thank you for the report")
        await ui.until(lambda: "✓ 5 checks · 24 of 5,970" in ui.text())
        await ui.type(" to bob@gmail.com")
        await ui.until(lambda: "! 1 to accept · 41 of 5,970" in ui.text())
        await ui.until(lambda: "contact data in a public reply: bob@gmail.com" in ui.text())
        await ui.press("ctrl+g", "exclamation_mark")
        assert "✓ 5 checks" in ui.text()
        assert "(accepted)" in ui.text()


async def test_too_long_blocks(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("r")
        ui.inbox.panel.put_text("a" * 5971)
        await ui.rest()
        await ui.press("ctrl+g", "P")
        assert "5,971 of 5,970" in ui.status
        assert "5,971 of 5,970" in ui.text()
        assert not queued(ui)


@pytest.mark.slow
async def test_ten_one_star_reviews_with_one_template_in_23_keys(tmp_path: Path) -> None:
    paths = one_stars(tmp_path)
    async with running(paths, view="All") as ui:
        keys = ["v", "2", "t", "1", "P"]
        for key in keys:
            await ui.press(key)
        for _ in range(9):
            for key in ("full_stop", "P"):
                keys.append(key)
                await ui.press(key)
        assert len(keys) == 23
        texts = queued(ui)
        assert len(texts) == 10
        assert {text.split(",")[0] for text in texts} == {f"Hi writer{n}" for n in range(10)}
        assert ui.workspace.inbox.count(ui.workspace.inbox.query("is:needs-reply")) == 0


async def test_the_same_in_bulk_in_18_keys_with_every_text_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ascinbox.tui.inbox import publishing

    monkeypatch.setattr(publishing, "PAGE_SHOWN_S", 0.05)
    paths = one_stars(tmp_path)
    async with running(paths, view="All") as ui:
        keys = ["slash", "space", "r", "a", "t", "i", "n", "g", "colon", "1", "enter"]
        keys += ["X", "t", "1", "P", "1", "0", "enter"]
        assert len(keys) == 18
        await ui.press(*keys[:-4])
        batch = ui.inbox.bulk
        assert batch is not None
        assert "page 1 of" in ui.text()
        assert sum(" Hi writer" in line for line in ui.lines()) < 10
        assert len(batch.seen) < 10
        await ui.press("P")
        assert len(batch.seen) == 10
        await ui.press(*keys[-3:])
        assert len(queued(ui)) == 10
        await ui.press("u")
        assert queued(ui) == []


async def test_a_batch_is_paged_by_hand_and_its_warnings_accepted(tmp_path: Path) -> None:
    paths = one_stars(tmp_path)
    template(paths, "crash-fixed", HELLO + " Write to bob@gmail.com.")
    async with running(paths, view="All") as ui:
        await ui.press("X", "t", "1")
        assert "10 to accept" in ui.text()
        await ui.press("exclamation_mark")
        assert "more on other pages" in ui.status
        batch = ui.inbox.bulk
        assert batch is not None
        while not batch.all_seen:
            await ui.press("right_square_bracket", "exclamation_mark")
        assert "nothing stands against them" in ui.text()
        await ui.press("P")
        assert "Publish 10 replies?" in ui.text()


async def test_a_batch_of_equal_texts_is_refused(tmp_path: Path) -> None:
    paths = one_stars(tmp_path)
    template(paths, "crash-fixed", "Thank you.")
    async with running(paths, view="All") as ui:
        await ui.press("X", "t", "1", "P")
        assert "put {nickname} into the template" in ui.status
        assert not queued(ui)


async def test_a_batch_wants_the_right_count(tmp_path: Path) -> None:
    paths = one_stars(tmp_path)
    async with running(paths, view="All") as ui:
        await ui.press("x", "x", "x", "t", "1", "P")
        assert "Publish 3 replies?" in ui.text()
        await ui.type("4")
        await ui.press("enter")
        assert "type 3 and enter" in ui.text()
        assert not queued(ui)
        await ui.press("escape", "escape")
        assert not ui.inbox.answering
        assert not queued(ui)


async def test_the_editor_of_ones_choice(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import nullcontext

    seen = tmp_path / "environment"
    script = tmp_path / "editor.py"
    script.write_text(
        "import os, sys\n"
        f"open({str(seen)!r}, 'w').write(repr(dict(os.environ)) + oct(os.stat(sys.argv[1]).st_mode))\n"
        "text = open(sys.argv[1]).read()\n"
        "open(sys.argv[1], 'w').write(text.strip() + ' And more.\\n')\n"
    )
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    monkeypatch.setenv("ASC_PRIVATE_KEY", "-----BEGIN PRIVATE KEY-----")
    async with running(paths) as ui:
        monkeypatch.setattr(ui.app, "suspend", nullcontext)
        await ui.press("r")
        await ui.type("Thanks.")
        await ui.press("ctrl+o")
        assert ui.inbox.panel.area.text == "Thanks. And more."
        assert "PRIVATE KEY" not in seen.read_text()
        assert seen.read_text().endswith("0o100600")
        assert list((paths.state / "editing").iterdir()) == []


async def test_r_on_an_answered_review_edits_what_stands_there(paths: Paths) -> None:
    async with running(paths, view="All") as ui:
        while (row := ui.inbox.listing.current) is None or row.state != "A":
            await ui.press("j")
        await ui.press("r")
        assert ui.inbox.panel.area.text == "Thank you, we look into it."
        assert "replaces yours of" in ui.text()


async def test_deleting_wants_the_word(paths: Paths) -> None:
    async with running(paths) as ui:
        review_id = ui.current
        await ui.press("r")
        await ui.type("text")
        await ui.press("escape", "D")
        assert "Delete the draft?" in ui.text()
        await ui.type("yes")
        await ui.press("enter")
        assert ui.workspace.composing.draft(review_id) is not None
        await ui.press("ctrl+u")
        await ui.type("delete")
        await ui.press("enter")
        assert ui.workspace.composing.draft(review_id) is None
        assert any(item.discarded for item in ui.workspace.composing.drafts())


async def test_quitting_inside_the_undo_window_asks(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("r")
        await ui.type("Thank you.")
        await ui.press("ctrl+g", "exclamation_mark", "P", "q")
        assert "still in the undo window" in ui.text()
        await ui.press("enter")
        assert ui.app.is_running
        await ui.press("q", "3")
        await ui.until(lambda: not ui.app._running or ui.app._exit)
        assert queued(ui) == []


async def test_quitting_can_publish_first(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("r")
        await ui.type("Thank you.")
        await ui.press("ctrl+g", "exclamation_mark", "P", "q", "4")
        await ui.until(lambda: not ui.app._running or ui.app._exit)
        [row] = ui.workspace.replies.open_rows()
        assert row.phase is Phase.QUEUED, "there is no network here"
        assert row.send_after <= ui.workspace.clock.now(), "its undo window is over"


async def test_the_outbox_shows_it_and_takes_it_back(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("r")
        await ui.type("Thank you.")
        await ui.press("ctrl+g", "exclamation_mark", "P", "2")
        assert "◔ QUEUED" in ui.text()
        assert "take it back as a draft" in ui.text()
        assert ui.lines()[-1].startswith(" u undo  P publish now  enter open review")
        title = ui.workspace.replies.outbox()[0].title
        await ui.press("greater_than_sign", "u")
        assert f"nothing was sent ({title})" in ui.status, "no cursor stands on it there"
        await ui.press("less_than_sign")
        assert ui.lines()[-1].split() == ["E", "export", "?", "help"], "no hint at a key that only refuses"
        await ui.press("greater_than_sign", "greater_than_sign")
        assert "DRAFT" in ui.text()
        await ui.press("r")
        assert ui.inbox.panel.area.text == "Thank you."
        await ui.press("escape")
        assert ui.app.current_mode == "outbox"


async def test_u_takes_back_a_reply_that_the_outbox_has_not_read_yet(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("r")
        await ui.type("Thank you.")
        await ui.press("ctrl+g", "exclamation_mark", "P", "2")
        screen = ui.app.screen
        assert isinstance(screen, OutboxScreen)
        screen._open = ()
        await ui.press("u")
        assert "nothing was sent" in ui.status
        assert not queued(ui)


@pytest.mark.slow
async def test_hostile_reviews_open_at_once_and_run_nothing(tmp_path: Path) -> None:
    hostile = (
        "[/]x [@click=app.quit]go[/] [link=https://x]y \x1b]52;c;ZXZpbA==\x07 \x9b31m \x00\ud800 \u202eabc "
        * 3,
        "\n" * 200_000,
        "a" * 1_000_000,
        "e" + "\u0301" * 5_000,
        "👨‍👩‍👧‍👦" * 400 + "❤️🇩🇪" * 100,
        "[a]" * 30_000,
    )
    from ascinbox.core.text import clean_body, clean_line

    reviews = [
        review(n, title=clean_line(text), body=clean_body(text), nickname=clean_line(text),
               response=Response(f"x{n}", clean_body(text), "PUBLISHED", NOW))
        for n, text in enumerate(hostile)
    ]  # fmt: skip
    for size in ((80, 24), (120, 36)):
        async with running(build(tmp_path / str(size[0]), reviews), size=size, view="All") as ui:
            for _ in hostile:
                await ui.press("enter", "j", "J", "escape", "j")
                text = ui.text()
                assert "\x1b" not in text
                assert "\x9b" not in text
                assert "\u202e" not in text
            await ui.press("r", "escape")
            assert ui.app.is_running


def answered_meanwhile(ui: Ui, review_id: str, text: str = "We looked into it. Anna") -> None:
    """A reply of ours is held, because a colleague's answer stands at Apple."""
    ours = "Thank you for telling us."
    keys = {finding.key for finding in ui.workspace.composing.check(review_id, ours)}
    row = ui.workspace.replies.queue(review_id, ours, keys).row
    theirs = Response("theirs", text, "PUBLISHED", NOW)

    def hold(store: Store) -> None:
        detail = store.reviews.get(review_id)
        assert detail is not None
        store.reviews.save_page(detail.review.app_id, [replace(detail.review, response=theirs)])
        held = replace(row, phase=Phase.HELD, why=Why.ANSWERED_ELSEWHERE, theirs=theirs)
        assert store.queue.move(row, held)

    ui.workspace.store.call(hold)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_colleagues_answer_is_not_called_yours_and_esc_goes_back_to_the_outbox(
    paths: Paths, size: tuple[int, int]
) -> None:
    async with running(paths, size=size) as ui:
        answered_meanwhile(ui, ui.current)
        await ui.press("2")
        assert "HELD" in ui.text()
        assert "P replace theirs" in ui.lines()[-1]
        await ui.press("enter")
        assert ui.app.current_mode == "inbox"
        assert "SOMEBODY ELSE'S REPLY" in ui.text().upper()
        assert "OUR REPLY" not in ui.text().upper()
        await ui.press("escape")
        assert ui.app.current_mode == "outbox"
        await ui.press("1", "escape")
        assert ui.app.current_mode == "inbox", "once is enough"


async def test_a_take_over_closes_the_question_over_the_check_step(paths: Paths) -> None:
    async with running(paths, view="All") as ui:
        review_id = ui.current
        answered_meanwhile(ui, review_id)
        await ui.press("2", "r", "ctrl+g", "exclamation_mark", "P")
        assert "Replace their reply?" in ui.text()
        ui.workspace.publish(ClaimTaken(review_id, "anna"))
        await ui.until(lambda: "anna took over this review" in ui.text())
        await ui.press("enter", "1")
        assert "Replace their reply?" not in ui.text()
        assert len(ui.app.screen_stack) == 1
        assert not queued(ui)


async def test_replacing_a_colleagues_answer_wants_the_word_in_the_inbox_too(paths: Paths) -> None:
    async with running(paths, view="All") as ui:
        review_id = ui.current
        answered_meanwhile(ui, review_id)
        await ui.press("2", "r", "ctrl+g", "exclamation_mark", "P")
        assert "Replace their reply?" in ui.text()
        assert not queued(ui)
        await ui.press("enter")
        assert not queued(ui), "without the word nothing goes"
        await ui.type("replace")
        await ui.press("enter")
        assert queued(ui) == ["Thank you for telling us."]


@pytest.mark.parametrize("place", ["1", "2"])
async def test_taking_back_a_deletion_does_not_speak_of_a_draft(paths: Paths, place: str) -> None:
    async with running(paths, view="All") as ui:
        while (row := ui.inbox.listing.current) is None or row.state != "A":
            await ui.press("j")
        await ui.press("D")
        await ui.type("delete")
        await ui.press("enter")
        if place == "2":
            await ui.press("2")
            assert "the deletion waits: offline" in ui.text()
            assert "delete nothing; the reply stays at Apple" in ui.text()
        await ui.press("u")
        assert "nothing is deleted; the reply stays at Apple" in ui.status
        assert "draft" not in ui.status


@pytest.mark.slow
async def test_an_undo_window_that_was_changed_meanwhile_holds_for_the_next_reply(paths: Paths) -> None:
    async with running(paths) as ui:
        for seconds in (90, 5):
            await ui.press("colon")
            await ui.type(f"set undo {seconds}")
            await ui.press("enter", "r")
            await ui.type("Thank you very much for telling us about it.")
            await ui.press("ctrl+g", "exclamation_mark", "P")
            (row,) = [item.row for item in ui.workspace.replies.outbox() if item.row.phase is Phase.QUEUED]
            assert (row.send_after - row.queued_at).total_seconds() == seconds
            await ui.press("u")
