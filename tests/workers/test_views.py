"""Views: built in and saved, kept comments, broken files that are named and do no harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from ascinbox.core.errors import ConfigError, UsageError
from ascinbox.workers.reviews.views import BUILT_IN, delete_view, find_view, load_views, save_view


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "views.toml"


def write(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)


def names(file: Path) -> list[str]:
    return [view.name for view in load_views(file).views]


def test_without_a_file_there_are_the_built_in_views(file: Path) -> None:
    assert load_views(file).views == BUILT_IN
    assert [view.slug for view in BUILT_IN] == [
        "needs-reply", "low-stars", "changed", "drafts", "snoozed", "flagged", "all",
    ]  # fmt: skip


def test_a_saved_view_is_found_by_name_and_slug(file: Path) -> None:
    saved = save_view(file, "Crashes in Japan", "tag:crash territory:JPN")
    views = load_views(file)
    assert views.problems == ()
    assert find_view(views.views, "crashes-in-japan") == saved
    assert find_view(views.views, "CRASHES IN JAPAN") == saved
    assert find_view(views.views, "crashes") is None
    assert file.stat().st_mode & 0o777 == 0o600


def test_positions_put_a_view_at_its_number(file: Path) -> None:
    save_view(file, "Mine", "is:mine", 2)
    save_view(file, "Last", "rating:1", 9)
    assert names(file)[:3] == ["Needs reply", "Mine", "Low stars"]
    assert names(file)[8] == "Last"


def test_a_position_is_given_to_one_view_at_a_time(file: Path) -> None:
    save_view(file, "First", "rating:1", 3)
    save_view(file, "Second", "rating:2", 3)
    views = load_views(file)
    assert views.problems == ()
    assert [view.name for view in views.views if view.position == 3] == ["Second"]


def test_saving_keeps_comments_and_everything_else(file: Path) -> None:
    before = (
        '# mine\n\n[[view]]\nname = "A" # the first\nquery = "rating:1"\n\n# about B\n[[view]]\nname = "B"\n'
    )
    write(file, before)
    save_view(file, "A", "rating:2")
    save_view(file, "C", "rating:3")
    text = file.read_text()
    for kept in ("# mine", "# the first", "# about B", 'name = "B"', 'query = "rating:2"', 'name = "C"'):
        assert kept in text
    assert delete_view(file, "a")
    assert "# about B" in file.read_text()
    assert "A" not in names(file)
    assert not delete_view(file, "a")


def test_a_view_of_one_s_own_replaces_the_built_in_one(file: Path) -> None:
    save_view(file, "All", "sort:oldest", 1)
    views = load_views(file).views
    assert [view.name for view in views].count("All") == 1
    assert views[0].query == "sort:oldest"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("[[view]\nname = 1", "1:", "not TOML"),
        ('\n[[view]]\nname = "A"\nquery = "terr:DE"\n', "4:10", "terr"),
        ('[[view]]\nname = "A"\n\n[[view]]\nname = "B"\nquery = "rating:1 rating:9"', "6:", "9"),
        ('[[view]]\nquery = "rating:1"', "1:1", "needs a name"),
        ('[[view]]\nname = "A"\nposition = 10', "3:", "1 to 9"),
        ('[[view]]\nname = "A"\ncolour = "red"', "3:", "unknown key colour"),
        ('[[view]]\nname = "A"\n[[view]]\nname = "a"', "4:", "two views"),
        ('[[view]]\nname = "A"\nposition = 4\n[[view]]\nname = "B"\nposition = 4', "6:", "that of A"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place_and_the_rest_works(
    file: Path, text: str, place: str, words: str
) -> None:
    write(file, text)
    views = load_views(file)
    assert len(views.problems) == 1
    assert views.problems[0].startswith(f"{file}:{place}")
    assert words in views.problems[0]
    assert {view.name for view in BUILT_IN} <= {view.name for view in views.views}


def test_one_broken_view_leaves_the_others(file: Path) -> None:
    write(file, '[[view]]\nname = "Bad"\nquery = "rating:"\n[[view]]\nname = "Good"\nquery = "rating:1"\n')
    assert "Good" in names(file)
    assert "Bad" not in names(file)


def test_a_broken_file_is_never_written_over(file: Path) -> None:
    write(file, "[[view]\n")
    with pytest.raises(ConfigError, match=r"views\.toml:1:"):
        save_view(file, "A", "rating:1")
    assert file.read_text() == "[[view]\n"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "query"), [("", "rating:1"), ("--", ""), ("A" * 41, ""), ("A", "nokey:1")])
def test_a_view_that_could_not_be_read_back_is_refused(file: Path, name: str, query: str) -> None:
    with pytest.raises(UsageError):
        save_view(file, name, query)
    assert not file.exists()
