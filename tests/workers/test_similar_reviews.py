"""The reviews of an app that say what one review says."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ascinbox.config import load_config
from ascinbox.core.clock import ShiftedClock
from ascinbox.core.records import Review
from ascinbox.workers.reviews.similar import Similar, similar_reviews
from ascinbox.workers.workspace import Workspace
from tests.tui.world import APPS, NOW, build, review


def said(number: int, title: str, body: str = "Please.", *, answered: bool = False) -> Review:
    return review(number, app=APPS[0], title=title, body=body, answered=answered)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    reviews = [
        said(0, "Crashes on launch"),
        said(1, "Crashed on every launch"),
        said(2, "Launch: crash!"),
        said(3, "Crash while drawing"),
        said(4, "Charged twice"),
        said(5, "Charged two times", answered=True),
        said(6, "Bad", "The widget stays on yesterday."),
        said(7, "Worst", "My widget shows yesterday too."),
        said(8, "Nothing like it", "Quite alone."),
    ]
    space = Workspace.open(
        paths=build(tmp_path, reviews),
        config=load_config(None, {}),
        clock=ShiftedClock(NOW),
        environ={"USER": "mia"},
        offline=True,
    )
    yield space
    space.close()


def like(workspace: Workspace, number: int) -> Similar | None:
    return similar_reviews(workspace.inbox, f"rev{number:05d}")


def test_words_of_the_title_together_where_enough_reviews_have_them(workspace: Workspace) -> None:
    found = like(workspace, 0)
    assert found == Similar(
        ("crash", "launch"),
        needing=3,
        count=3,
        query='is:needs-reply crash launch app:"Tide Clock" sort:oldest',
        whole_query='crash launch app:"Tide Clock"',
    )
    drawing = like(workspace, 3)
    assert drawing is not None
    assert (drawing.words, drawing.needing) == (("crash",), 4)


def test_an_answered_one_is_better_than_none(workspace: Workspace) -> None:
    found = like(workspace, 4)
    assert found is not None
    assert (found.words, found.needing, found.count) == (("charg",), 1, 2)


def test_the_text_is_asked_where_the_title_finds_nothing(workspace: Workspace) -> None:
    found = like(workspace, 6)
    assert found is not None
    assert (found.words, found.needing) == (("widget", "yesterday"), 2)


def test_nothing_like_it(workspace: Workspace) -> None:
    assert like(workspace, 8) is None
    assert similar_reviews(workspace.inbox, "not there") is None


def test_scripts_without_spaces_and_with_marks_find_others(tmp_path: Path) -> None:
    titles = (
        "แอปเด้งหลังอัปเดต", "เด้งตลอด", "อัปเดตแล้วเด้ง", "ชอบมาก",
        "अपडेट के बाद क्रैश", "क्रैश होता है", "अच्छा ऐप",
        "កម្មវិធីគាំង", "គាំងជានិច្ច",
    )  # fmt: skip
    space = Workspace.open(
        paths=build(tmp_path, [said(n, title) for n, title in enumerate(titles)]),
        config=load_config(None, {}),
        clock=ShiftedClock(NOW),
        environ={"USER": "mia"},
        offline=True,
    )
    with contextlib.closing(space):
        for number, words, count in ((1, "เด้ง", 3), (5, "क्रैश", 2), (8, "គាំង", 2)):
            found = like(space, number)
            assert found is not None
            assert (found.words, found.count) == ((words,), count)
