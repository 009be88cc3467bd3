"""What stands between two people's acts, in words."""

from __future__ import annotations

from ascinbox.core.events import DifferencesFound, NoteMentioned, ReplyWaiting, TeamConnection
from ascinbox.core.team import Difference
from ascinbox.tui.differences import difference_notes, values_words
from ascinbox.tui.event_feed import team_words
from tests.tui.world import NOW


def test_seen_theirs_and_mine_are_told() -> None:
    difference = Difference(1, "id1", {"assign": "mia"}, {"assign": ""}, {"assign": "ben", "by": "anna"}, NOW)
    assert difference_notes(difference) == [
        "you saw:    assigned to nobody",
        "now stands: assigned to ben, by anna",
        "you wanted: assigned to mia",
    ]


def test_every_field_has_words() -> None:
    assert values_words({"done": True, "flag": False}) == "done, no flag"
    assert values_words({"snooze": None}) == "awake"
    assert values_words({"snooze": NOW.timestamp()}).startswith("snoozed until 21 Nov")
    assert values_words({"note": "a\nb"}) == 'note "a b"'
    assert values_words({"note": ""}) == "no note"


def test_what_teammates_did_is_said_at_once() -> None:
    def shown(action_id: str) -> str:
        return {"differences": "C"}[action_id]

    assert team_words(NoteMentioned("1", "anna", "@mia\x1b[2J look"), shown).startswith(
        "anna in a note: @mia"
    )
    assert "\x1b" not in team_words(NoteMentioned("1", "anna", "@mia\x1b[2J look"), shown)
    assert "anna" in team_words(ReplyWaiting("1", "anna"), shown)
    assert team_words(DifferencesFound(2), shown) == (
        "2 of your acts meet a change by a teammate: C asks which one holds"
    )
    assert team_words(TeamConnection(False, "no route"), shown) == "no route"
    assert team_words(TeamConnection(True), shown) == ""
