"""On a team reviews are assigned to who is on it: by `mark`, by rules, and when what waited is sent."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Trip
from tests.cli.team_crew import Crew

pytestmark = pytest.mark.slow

RULE = """
[[rule]]
name = "low"
do = ["assign:{}", "tag:low"]
"""


@pytest.fixture
def members(crew: Crew) -> tuple[Trip, Trip, str]:
    """Anna and Paul, and a review."""
    crew.make()
    crew.worker.json("sync", "--only", "reviews,replies")
    anna, paul = crew.member("anna", "replier"), crew.member("paul", "publisher")
    return anna, paul, crew.unanswered(anna)


def assignee(home: Trip, review: str) -> str:
    found = home.json("reviews", "--limit", "0")["reviews"]
    return next(str(each["assignee"] or "") for each in found if each["id"] == review)


def test_only_who_is_on_the_team_is_assigned(crew: Crew, members: tuple[Trip, Trip, str]) -> None:
    anna, _, review = members
    for more in ((), ("--offline",)):
        refused = anna.run("mark", review, "--assign", "nobodyhere", "--tag", "x", *more)
        assert refused.returncode == 3
        assert "Nobody on the team is called 'nobodyhere'." in refused.stderr
        assert "On it: anna, asc_super, paul." in refused.stderr
        assert refused.stdout == ""
    assert anna.json("reviews", "tag:x")["reviews"] == []

    for written, stands in (("paul", "paul"), ("PAUL", "paul"), ("me", "anna"), ("Me", "anna"), ("", "")):
        anna.run("mark", review, "--assign", written)
        assert assignee(anna, review) == stands

    crew.worker.run("team", "remove", "paul", "--yes")
    gone = anna.run("mark", review, "--assign", "paul")
    assert (gone.returncode, "paul is not on the team any more." in gone.stderr) == (3, True)
    assert "On it: anna, asc_super." in gone.stderr


def test_a_person_alone_assigns_to_any_name(trip: Trip) -> None:
    trip.link()
    trip.json("sync", "--only", "reviews")
    review = trip.json("reviews", "--limit", "1")["reviews"][0]["id"]
    trip.json("mark", review, "--assign", "Somebody")
    assert assignee(trip, review) == "Somebody"


def test_what_waited_for_somebody_who_left_is_kept_and_told(
    crew: Crew, members: tuple[Trip, Trip, str]
) -> None:
    anna, _, review = members
    anna.json("sync")
    anna.json("mark", review, "--assign", "paul", "--offline")
    anna.json("mark", review, "--tag", "later", "--offline")
    assert crew.worker.run("team", "remove", "paul", "--yes").returncode == 0
    synced = anna.run("sync")
    assert "Nobody on the team is called paul. Your act is kept here only." in synced.stderr
    assert anna.json("team", "status")["yours"]["unsent"] == 1
    crew.worker.json("sync", "--only", "replies")
    assert [r["id"] for r in crew.worker.json("reviews", "tag:later")["reviews"]] == [review]
    assert assignee(crew.worker, review) == ""


@pytest.mark.parametrize(("name", "stands"), [("anna", "anna"), ("Anna", "anna"), ("nobodyhere", "")])
def test_a_rule_assigns_to_members_and_names_who_is_none(
    crew: Crew, members: tuple[Trip, Trip, str], name: str, stands: str
) -> None:
    anna, _, _ = members
    (crew.worker.home / "config" / "notify.toml").write_text(RULE.format(name))
    crew.worker.json("sync", "--only", "reviews")
    listed = crew.worker.run("notify", "list")
    strange = not stands
    assert (listed.returncode, "Nobody on the team is called" in listed.stderr) == (int(strange), strange)
    fresh = crew.happen("write", rating=1, title="Broken", body="It crashes.")
    crew.worker.json("sync", "--only", "reviews")
    anna.json("sync")
    (seen,) = anna.json("reviews", "tag:low")["reviews"]
    assert (seen["id"], seen["assignee"] or "") == (fresh, stands)
