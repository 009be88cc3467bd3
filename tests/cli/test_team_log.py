"""`ascinbox team log`, and whether the help of `ascinbox team` says what each of its words takes."""

from __future__ import annotations

import json
import re

import pytest

from ascinbox.cli.commands import COMMANDS
from ascinbox.cli.commands.option import Option
from ascinbox.cli.team import TAKES
from tests.cli.conftest import Trip
from tests.cli.team_crew import Crew

TEAM = next(command for command in COMMANDS if command.name == "team")
WORDS = next(option for option in TEAM.options if option.attribute == "what").choices


def test_the_log_is_one_json_object_where_that_is_asked_for(crew: Crew) -> None:
    crew.make()
    added = crew.worker.run("team", "add", "anna", "--level", "viewer", "--apply")
    assert added.returncode == 0, added.stderr
    log = crew.worker.json("team", "log")
    assert log["schema"] == "ascinbox.team-log/1"
    assert {"at", "who", "verb", "subject", "detail", "reviews"} <= set(log["acts"][0])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*", log["acts"][0]["at"])
    assert crew.worker.json("team", "log", "--since", "2999-01-01")["acts"] == []
    both = crew.worker.run("team", "log", "--json", "--export", "-")
    assert (both.returncode, both.stdout) == (3, "")


def test_an_export_makes_no_folder_and_says_which_is_not_there(crew: Crew) -> None:
    crew.make()
    folder = crew.worker.home / "nowhere"
    target = folder / "log.jsonl"
    for words in (("team", "log", "--export"), ("export", "reviews", "-o"), ("doctor", "--bundle")):
        done = crew.worker.run(*words, str(target))
        assert done.returncode == 3, (words, done.stderr)
        assert f"There is no folder {folder}." in done.stderr, words
        assert not folder.exists()
    file = crew.worker.home / "log.jsonl"
    assert crew.worker.run("team", "log", "--export", str(file)).returncode == 0
    assert not list(file.parent.glob(".log*.tmp"))


def told(option: Option) -> set[str]:
    """The words that an option's help says it belongs to."""
    parts = (re.match(r"((?:\w+, )*\w+): ", part) for part in option.help.split("; "))
    return {word for part in parts if part is not None for word in part[1].split(", ")}


def test_the_help_says_of_each_option_which_words_take_it() -> None:
    assert set(WORDS) == set(TAKES)
    for option in TEAM.options:
        if not option.positional:
            takes = {word for word, one in TAKES.items() if option.attribute in one.options}
            assert told(option) == takes, option.names
    what = next(option for option in TEAM.options if option.attribute == "what")
    with_json = {word for word, one in TAKES.items() if "json" in one.options}
    (said,) = re.findall(r"([\w, ]+) have --json", what.help)
    assert set(re.findall(r"\w+", said.replace(" and ", ", "))) == with_json


@pytest.mark.parametrize("word", WORDS)
def test_what_a_word_does_not_take_is_refused(trip: Trip, word: str) -> None:
    target = ("x",) if TAKES[word].word else ()
    for option in TEAM.options:
        if option.positional or option.attribute in TAKES[word].options:
            continue
        value = () if option.kind == "flag" else (option.choices[0] if option.choices else "1d",)
        done = trip.run("team", word, *target, option.names[0], *value)
        assert (done.returncode, f"takes no {option.names[0]}" in done.stderr) == (3, True), done.stderr
    if "json" not in TAKES[word].options:
        done = trip.run("team", word, *target, "--json")
        assert (done.returncode, "takes no --json" in done.stderr) == (3, True), json.dumps(done.stderr)
