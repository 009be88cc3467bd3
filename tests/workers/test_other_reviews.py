"""What else a customer wrote, and what others write of the same app."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ascinbox.config import load_config
from ascinbox.core.clock import ShiftedClock
from ascinbox.core.records import App, Review
from ascinbox.core.reviews.nickname import names_one_person
from ascinbox.workers.reviews.others import OtherReviews, other_reviews
from ascinbox.workers.workspace import Workspace
from tests.tui.world import APPS, NOW, build, review

TIDE, HABIT = APPS[:2]


def by(number: int, nickname: str, rating: int | None, app: App = TIDE) -> Review:
    return review(number, app=app, nickname=nickname, rating=rating)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    reviews = [
        by(0, "maxi_b", 1),
        by(1, "anna", 3),
        by(2, "maxi_b2", 2),
        by(3, "maxi_b", 5, HABIT),
        by(4, "ben", 5),
        by(5, "maxi_b", 2),
        by(6, "", 4, HABIT),
        by(7, "cleo", None),
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


def beside(workspace: Workspace, number: int, most: int = 10) -> OtherReviews:
    found = other_reviews(workspace.inbox, f"rev{number:05d}", most)
    assert found is not None
    return found


def ids(rows: object) -> list[int]:
    return [int(row.id.removeprefix("rev")) for row in rows]  # type: ignore[attr-defined]


def test_of_the_customer_all_apps_and_of_the_app_what_has_as_many_stars(workspace: Workspace) -> None:
    found = beside(workspace, 0)
    assert found.customer == "maxi_b"
    assert ids(found.by_customer) == [3, 5], "not whose name only begins so"
    assert (found.stars, ids(found.of_app)) == ("1..3", [1, 2]), "none twice, and not the review itself"
    assert ids(beside(workspace, 4).of_app) == []
    assert ids(beside(workspace, 3).of_app) == [6]


def test_a_rating_that_nobody_knows_is_beside_all_others(workspace: Workspace) -> None:
    found = beside(workspace, 7)
    assert (found.stars, ids(found.of_app)) == ("", [0, 1, 2, 4, 5])


def test_so_many_and_no_more(workspace: Workspace) -> None:
    found = beside(workspace, 0, most=1)
    assert (ids(found.by_customer), ids(found.of_app)) == ([3], [1])


def test_the_filters_list_what_is_shown(workspace: Workspace) -> None:
    found = beside(workspace, 0)
    for query, shown in ((found.app_query, found.of_app), (found.customer_query, found.by_customer)):
        listed = ids(workspace.inbox.head(workspace.inbox.query(query), 20))
        assert set(ids(shown)) < set(listed)


@pytest.mark.parametrize("nickname", ["", "  ", "A Google user", "Ein Google-Nutzer", "Google ユーザー"])
def test_what_stands_in_place_of_a_name_is_nobody(nickname: str) -> None:
    assert not names_one_person(nickname)


@pytest.mark.parametrize("nickname", ["maxi_b", "Анна", "★★", "google", 'say "hi", ok'])
def test_a_name_is_somebody(nickname: str) -> None:
    assert names_one_person(nickname)


def test_nobody_wrote_no_other_review(workspace: Workspace) -> None:
    found = beside(workspace, 6)
    assert (found.customer, found.by_customer) == ("", ())


@pytest.mark.parametrize("nickname", ['say "hi", ok', "a:b", "-x", "★★", "50%", "back\\slash", "()"])
def test_any_nickname_can_be_looked_for(tmp_path: Path, nickname: str) -> None:
    paths = build(tmp_path, [by(0, nickname, 1), by(1, nickname, 1, HABIT)])
    space = Workspace.open(
        paths=paths,
        config=load_config(None, {}),
        clock=ShiftedClock(NOW),
        environ={"USER": "mia"},
        offline=True,
    )
    with contextlib.closing(space):
        found = beside(space, 0)
        assert ids(found.by_customer) == ([1] if names_one_person(nickname) else [])


def test_a_review_that_is_not_cached_has_nothing_beside_it(workspace: Workspace) -> None:
    assert other_reviews(workspace.inbox, "nothing", 5) is None
