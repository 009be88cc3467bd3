"""Nothing is cut without `…`, however long what people, apps and customers write, at every size."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ascinbox.core.clock import ShiftedClock
from ascinbox.core.outbox.states import Phase
from ascinbox.core.records import Account, App, Credential, CredentialKind, ReviewDetail
from ascinbox.paths import Paths
from ascinbox.store.hot.sync import Run
from ascinbox.store.store import Store
from ascinbox.store.thread import StoreThread
from tests.tui.listing.test_listing_screen import LISTING
from tests.tui.test_approval import waiting
from tests.tui.world import LINKED_AT, NOW, Ui, review, running, template

WORD = "Langwort"
"""Whatever is written here is this word again and again, so that a part of it is a cut one."""
LONG = " ".join([WORD] * 12)
BRIEF = " ".join([WORD] * 4)
APPS = (
    App("1476097583", BRIEF, "example.tide"),
    App("com.example.tide.clock", BRIEF, "com.example.tide.clock"),
)
SIZES = [(80, 24), (100, 30), (120, 36), (200, 50)]


@pytest.fixture(scope="module")
def wordy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("wordy")
    paths = Paths.under(home)
    paths.create()
    store = StoreThread.open(paths, ShiftedClock(NOW))
    texts = {"title": LONG, "body": " ".join([LONG] * 6), "nickname": BRIEF}

    def fill(opened: Store) -> None:
        keys = Credential(CredentialKind.TEAM, "ABCD127F2K", "69a6de7f-03d1-47e3", "file:/none")
        service = Credential("service_account", "0123456789abcdef", "a@b.example", "file:/none")
        apple = Account(0, BRIEF, "85012345", ("reviews", "reply", "sales"), (keys,), LINKED_AT)
        play = Account(0, f"{BRIEF} 2", None, ("reviews", "reply"), (service,), LINKED_AT, store="play")
        opened.accounts.add(apple, APPS[:1])
        opened.accounts.add(play, APPS[1:])
        opened.sync.save_run(Run(1, "reviews", NOW, NOW, True))
        for app, prefix in zip(APPS, ("", "play:"), strict=True):
            made = [review(number, app=app, answered=number % 3 == 2, **texts) for number in range(20)]
            page = [replace(one, id=f"{prefix}{one.id}") for one in made]
            opened.reviews.save_page(app.id, page)
        opened.listings.save(replace(LISTING, app_id=APPS[0].id, name=BRIEF))
        for number, phase in enumerate((Phase.QUEUED, Phase.HELD, Phase.FAILED)):
            detail = opened.reviews.get(f"rev{number + 3:05d}")
            assert isinstance(detail, ReviewDetail)
            row = replace(waiting(detail.review, "mia"), text=LONG, phase=phase)
            later = NOW + timedelta(days=1)
            opened.queue.queue(replace(row, queued_at=NOW, send_after=later))

    store.call(fill)
    store.close()
    template(paths, "langwort", " ".join([LONG] * 6))
    return home


def cut_words(lines: list[str]) -> list[str]:
    """The lines in which a part of the word stands without an ellipsis."""
    found = []
    for line in lines:
        for match in re.finditer(r"[Ll]an?g?w?o?r?t?\w*", line):
            part, after = match[0], line[match.end() : match.end() + 1]
            if WORD.startswith(part) and part != WORD and len(part) > 2 and after != "…":
                found.append(line)
    return found


def whole(ui: Ui, where: str) -> None:
    lines = ui.lines()
    for box in ui.app.screen.query("#box"):
        # What a window lies over is not cut by the program.
        rows = lines[box.region.y : box.region.bottom]
        lines = [row[box.region.x : box.region.right] for row in rows]
    cut = cut_words(lines)
    assert not cut, "\n".join([where, *cut])
    assert WORD in ui.text() or where in {"3", "4", "?"}, where


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_no_word_is_cut_on_any_screen(wordy: Path, size: tuple[int, int]) -> None:
    async with running(Paths.under(wordy), size=size) as ui:
        whole(ui, "1")
        for key in ("2", "3", "b", "b", "4", "5", "6", "1"):
            await ui.press(key)
            whole(ui, key)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_no_word_is_cut_in_what_is_opened(wordy: Path, size: tuple[int, int]) -> None:
    async with running(Paths.under(wordy), size=size) as ui:
        for keys in (("z",), ("r",), ("t",), ("r", "ctrl+t"), ("#",), ("i",), ("v",), ("D",)):
            await ui.press(*keys)
            whole(ui, " ".join(keys))
            while ui.app.screen is not ui.inbox or ui.inbox.context != "L":
                await ui.press("escape")
        await ui.press("t", "1")
        whole(ui, "check")


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_first_page_of_linking_is_told_whole(paths: Paths, size: tuple[int, int]) -> None:
    async with running(paths, size=size) as ui:
        await ui.press("5", "A", "1")
        assert "With what kind of key?" in ui.text()
        assert "…" not in ui.text()
