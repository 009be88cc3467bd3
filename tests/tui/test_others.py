"""The fourth pane of wide terminals: other reviews beside the one that is read."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.events import ReviewsChanged
from ascinbox.core.records import App, Review, ReviewRow
from ascinbox.paths import Paths
from ascinbox.tui.inbox.otherstext import MOST, others_text
from ascinbox.tui.paint import text_of, width_of
from ascinbox.workers.reviews.others import OtherReviews
from tests.tui.world import APPS, Ui, build, review, running

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TIDE, HABIT = APPS[:2]
WIDE = (180, 40)

ROW = ReviewRow("r1", 1, "N", 1, NOW, "DEU", TIDE.id, TIDE.name, "Crash", "It ends at once.", "maxi")
TEXTS = (
    ("Crashes on launch", "It ends at once."),
    ("", "A review without a title that goes on for quite a while, so that it has two lines"),
    ("起動しない", "アップデート後に落ちます。直してください。海に出る前に使えないと困ります"),
    ("بطيء جدا", "التطبيق بطيء منذ التحديث الأخير"),
    ("แอปเด้ง", "เปิดแอปแล้วเด้งออกทุกครั้งหลังอัปเดต"),
    ("खुलता नहीं", "अपडेट के बाद ऐप नहीं खुलता"),
    ("", ""),
    ("👨‍👩‍👧‍👦", "[/red] ❤️"),
)


def rows(count: int) -> tuple[ReviewRow, ...]:
    return tuple(
        replace(ROW, id=f"r{n}", title=TEXTS[n % 8][0], body=TEXTS[n % 8][1], rating=n % 5 + 1)
        for n in range(count)
    )


def others(by_customer: int = 0, of_app: int = 0, **more: Any) -> OtherReviews:
    facts: dict[str, Any] = {
        "review_id": "r",
        "customer": "maxi",
        "by_customer": rows(by_customer),
        "customer_query": "by:maxi",
        "app_name": "Tide Clock",
        "stars": "1..3",
        "of_app": rows(of_app),
        "app_query": 'app:"Tide Clock"',
    }
    return OtherReviews(**{**facts, **more})


@pytest.mark.parametrize(("width", "height"), [(33, 24), (43, 44), (107, 60), (20, 3), (8, 1)])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_every_line_fits_and_a_review_is_there_whole_or_not_at_all(
    width: int, height: int, ascii_only: bool
) -> None:
    for shown in (others(8, 10), others(0, 10), others(1, 0), others(), others(customer="")):
        made = others_text(shown, NOW, width, height, cursor=1, ascii_only=ascii_only)
        assert len(made.lines) <= height
        assert all(width_of(line) <= width for line in made.lines), [text_of(line) for line in made.lines]
        for entry in made.entries:
            assert entry.top + 2 <= len(made.lines)
            first, second = made.lines[entry.top : entry.top + 2]
            assert width_of(first) == width_of(second) == max(width, width_of(first))


def test_the_headings_say_whose_they_are() -> None:
    def headings(shown: OtherReviews) -> list[str]:
        made = others_text(shown, NOW, 60, 40)
        inside = {entry.top + n for entry in made.entries for n in (0, 1)}
        found = [text_of(line) for number, line in enumerate(made.lines) if number not in inside]
        return [words.strip() for words in found if words]

    assert headings(others(2, 3)) == ["maxi wrote 2 other reviews", "others on Tide Clock, 1-3 stars"]
    assert headings(others(1, 3))[0] == "maxi wrote 1 other review"
    assert headings(others()) == [
        "maxi wrote no other review",
        "no others on Tide Clock, 1-3 stars",
    ]
    assert headings(others(customer="", of_app=2)) == ["others on Tide Clock, 1-3 stars"]


def test_a_rating_in_ascii_is_a_digit() -> None:
    made = others_text(others(0, 5), NOW, 43, 40, ascii_only=True)
    found = [text_of(made.lines[entry.top])[3:5] for entry in made.entries]
    assert found == ["1*", "2*", "3*", "4*", "5*"]


def test_of_a_customer_with_many_some_are_shown_and_of_the_app_too() -> None:
    made = others_text(others(8, 10), NOW, 43, 44)
    assert [entry.query for entry in made.entries].count("by:maxi") == 3
    assert len(made.entries) == 3 + MOST


def test_a_text_without_a_title_goes_on_in_its_second_line() -> None:
    made = others_text(others(0, 2), NOW, 43, 20)
    entry = made.entries[1]
    first, second = (text_of(line) for line in made.lines[entry.top : entry.top + 2])
    assert "A review without a title" in first
    assert cell_len(second) == 43
    words = first[first.index("A review") :].rsplit(None, 1)[0] + " " + second.split("…")[0].strip()
    assert TEXTS[1][1].startswith(words.replace("  ", " "))


# --- on the screen ---


def by(number: int, nickname: str, rating: int, app: App = TIDE) -> Review:
    title = f"Title {number}"
    return review(number, app=app, nickname=nickname, rating=rating, title=title, territory="USA")


def home(tmp_path: Path) -> Paths:
    return build(
        tmp_path,
        [by(9, "maxi", 1), by(8, "anna", 2), by(7, "maxi", 5, HABIT), by(6, "ben", 5), by(5, "cleo", 1)],
    )


def shown(ui: Ui) -> str:
    column = ui.inbox.others
    return "\n".join(text_of(line).rstrip() for line in column.lines)


async def told(ui: Ui) -> None:
    """Waits until the pane shows what is beside the review under the cursor."""
    await ui.until(lambda: ui.inbox.others.others and ui.inbox.others.others.review_id == ui.current)
    await ui.rest()


async def test_it_shows_what_is_beside_the_review_under_the_cursor(tmp_path: Path) -> None:
    async with running(home(tmp_path), size=WIDE) as ui:
        await told(ui)
        assert "maxi wrote 1 other review" in shown(ui)
        assert "Title 7" in shown(ui)
        assert "others on Tide Clock, 1-3 stars" in shown(ui)
        assert "Title 8" in shown(ui)
        assert "Title 6" not in shown(ui)
        await ui.press("j")
        await told(ui)
        assert "anna wrote no other review" in shown(ui)


async def test_narrower_terminals_have_three_panes(tmp_path: Path) -> None:
    async with running(home(tmp_path), size=(159, 40)) as ui:
        assert not ui.inbox.others.display
        assert ui.inbox.others.others is None


async def test_with_one_review_it_says_that_there_is_no_other(tmp_path: Path) -> None:
    async with running(build(tmp_path, [by(1, "maxi", 1)]), size=WIDE) as ui:
        await told(ui)
        assert "maxi wrote no other review" in shown(ui)
        assert "no others on Tide Clock, 1-3 stars" in shown(ui)
        await ui.press("tab", "tab")
        assert ui.inbox.state.pane != "others", "there is nothing to stand on"


async def test_without_a_review_it_is_empty(tmp_path: Path) -> None:
    async with running(home(tmp_path), size=WIDE) as ui:
        await told(ui)
        await ui.press("/")
        await ui.type(" zzzz")
        await ui.press("enter")
        await ui.until(lambda: not ui.inbox.listing.data.rows)
        await ui.until(lambda: ui.inbox.others.others is None)
        assert shown(ui) == ""


async def test_an_answer_for_a_review_that_was_left_shows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ascinbox.workers.reviews import others as asked

    real, gate, questions = asked.other_reviews, threading.Event(), []

    def slow(inbox: Any, review_id: str, most: int) -> OtherReviews | None:
        questions.append(review_id)
        if len(questions) == 1:
            gate.wait(10)
        return real(inbox, review_id, most)

    monkeypatch.setattr(asked, "other_reviews", slow)
    async with running(home(tmp_path), size=WIDE) as ui:
        await ui.until(lambda: questions)
        first = ui.current
        told_of: list[str] = []
        tell = ui.inbox.others.tell

        def noted(found: OtherReviews | None) -> None:
            told_of.append(found.review_id if found is not None else "")
            tell(found)

        monkeypatch.setattr(ui.inbox.others, "tell", noted)
        for _ in range(3):
            await ui.press("j", background=False)
            await asyncio.sleep(0)
        # The rest of the cursor has passed, and the answer for where it was comes now.
        await ui.until(lambda: ui.inbox.beside.is_wanted)
        gate.set()
        await told(ui)
        assert first not in told_of
        assert questions == [first, ui.current], "one question at a time, and none for what was passed by"


async def test_enter_lists_a_review_and_those_like_it_and_esc_goes_back(tmp_path: Path) -> None:
    async with running(home(tmp_path), size=WIDE) as ui:
        await told(ui)
        before, query = ui.current, ui.inbox.query_text
        await ui.press("tab", "tab")
        assert ui.inbox.state.pane == "others"
        assert shown(ui).splitlines()[1].startswith("▌")
        await ui.press("j", "enter")
        assert ui.inbox.query_text == 'app:"Tide Clock" rating:1..3 sort:newest'
        assert ui.inbox.listing.current is not None
        assert ui.inbox.listing.current.title == "Title 5"
        assert ui.inbox.state.pane == "list"
        await ui.press("escape")
        assert (ui.current, ui.inbox.query_text) == (before, query)


async def test_no_key_acts_on_the_lists_review_while_another_one_is_lit(tmp_path: Path) -> None:
    async with running(home(tmp_path), size=WIDE) as ui:
        await told(ui)
        before = ui.current
        await ui.press("tab", "tab", "j")
        assert "list it and those like it" in ui.lines()[-1]
        assert "reply" not in ui.lines()[-1]
        for key in ("e", "r", "t", "s", "x", "y", "#", "f", "asterisk"):
            await ui.press(key)
            assert "enter lists this review first" in ui.status, key
        assert ui.current == before
        assert not ui.inbox.listing.selected
        await ui.press("escape")
        assert "r reply" in ui.lines()[-1]
        await ui.press("x")
        assert ui.inbox.listing.selected


async def test_a_click_does_the_same(tmp_path: Path) -> None:
    async with running(home(tmp_path), size=WIDE) as ui:
        await told(ui)
        await ui.pilot.click("#others", offset=(6, 2))
        await ui.rest()
        assert ui.inbox.query_text == "store:apple by:maxi sort:newest"
        assert ui.inbox.listing.current is not None
        assert ui.inbox.listing.current.title == "Title 7"


async def test_a_terminal_that_grows_narrow_takes_the_keys_back_to_the_list(tmp_path: Path) -> None:
    async with running(home(tmp_path), size=WIDE) as ui:
        await told(ui)
        await ui.press("tab", "tab")
        await ui.pilot.resize_terminal(120, 36)
        await ui.rest()
        assert ui.inbox.state.pane == "list"
        await ui.press("j")
        assert ui.inbox.listing.data.cursor == 1


async def test_ages_grow_here_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(home(tmp_path), size=WIDE) as ui:
        await told(ui)
        before = shown(ui)
        later = ui.workspace.clock.now() + timedelta(days=2)
        monkeypatch.setattr(ui.workspace, "clock", ShiftedClock(later))
        await ui.until(lambda: before != shown(ui))
        assert " 3d" in shown(ui)


async def test_what_was_done_to_one_of_them_shows(tmp_path: Path) -> None:
    async with running(home(tmp_path), size=WIDE) as ui:
        await told(ui)
        assert "● ★★☆☆☆ Title 8" in shown(ui)
        assert ui.inbox.others.others is not None
        other = next(row for row in ui.inbox.others.others.of_app if row.title == "Title 8")
        ui.workspace.triage.done([other.id])
        ui.workspace.publish(ReviewsChanged(None))
        await ui.until(lambda: "✓ ★★☆☆☆ Title 8" in shown(ui))


async def test_it_gives_way_to_a_reply(tmp_path: Path) -> None:
    async with running(home(tmp_path), size=WIDE) as ui:
        await told(ui)
        await ui.press("r")
        assert not ui.inbox.others.display
        await ui.press("escape")
        assert ui.inbox.others.display


async def test_it_stands_beside_the_review_that_is_read_alone(tmp_path: Path) -> None:
    async with running(home(tmp_path), size=WIDE) as ui:
        await told(ui)
        await ui.press("z")
        assert ui.inbox.reader.size.width == 92
        assert ui.inbox.others.size.width == 180 - 92 - 1
