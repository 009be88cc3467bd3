"""What somebody had changed meanwhile is named by commands too, and not left behind without a word."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Trip
from tests.cli.team_crew import Crew

ONE = "1 difference waits: C asks about it on the screen"


def differing(crew: Crew) -> tuple[Trip, Trip, str]:
    """Anna, whose act without a network meets Paul's; Paul; the review."""
    crew.make()
    crew.worker.json("sync", "--only", "reviews")
    anna, paul = crew.member("anna", "replier"), crew.member("paul", "publisher")
    review = crew.unanswered(anna)
    anna.json("mark", review, "--assign", "anna", "--offline")
    paul.json("mark", review, "--assign", "paul")
    return anna, paul, review


def test_sync_status_and_acts_name_what_waits_for_a_choice(crew: Crew) -> None:
    anna, paul, review = differing(crew)
    before = anna.run("team", "status")
    assert before.stdout.splitlines()[-1] == "1 act of yours waits to be sent to the team: ascinbox sync"
    synced = anna.run("sync")
    assert (synced.returncode, synced.stderr.splitlines()) == (1, [ONE])
    assert anna.json("sync", exits=1)["differences"] == 1
    assert anna.run("team", "status").stdout.splitlines()[-1] == ONE
    status = anna.json("team", "status")
    assert status["yours"] == {"unsent": 0, "differences": 1}
    assert ONE in anna.run("mark", review, "--tag", "seen").stderr

    quiet = paul.run("sync")
    assert (quiet.returncode, quiet.stderr) == (0, "")
    assert paul.json("sync")["differences"] == 0
    assert paul.json("team", "status")["yours"] == {"unsent": 0, "differences": 0}

    (anna.home / "config").mkdir()
    (anna.home / "config" / "config.toml").write_text('[keys]\ndifferences = ["f9"]\n')
    assert "1 difference waits: F9 asks" in anna.run("sync").stderr


def test_only_a_team_has_differences(crew: Crew) -> None:
    alone = crew.worker.json("sync", "--only", "reviews")
    assert "differences" not in alone
    crew.make()
    assert crew.worker.json("sync", "--only", "reviews")["differences"] == 0


def test_leaving_asks_about_what_only_this_home_has_and_names_the_copy(
    crew: Crew,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna, _, review = differing(crew)
    assert anna.run("sync").returncode == 1
    anna.json("mark", review, "--tag", "kept", "--offline")
    crew.server.stop("fast")
    try:
        refused = anna.run("team", "leave")
        assert refused.returncode == 2
        assert "with 1 act that the team does not have and 1 difference that is not settled" in refused.stderr
        assert "add --yes" in refused.stderr
        assert anna.json("outbox", exits=0)["items"] == []

        monkeypatch.setattr("ascinbox.cli.context.Context.interactive", True)
        declined = anna.run("team", "leave", stdin="n\n")
        assert (declined.returncode, "Leave all the same? [y/N]" in declined.stderr) == (2, True)
        assert (anna.home / "data" / "team" / "joined.json").exists()
        left = anna.run("team", "leave", stdin="y\n")
    finally:
        crew.server.start()
    assert left.returncode == 0
    (folder,) = (anna.home / "data").glob("team-left-*")
    said = next(line for line in left.stderr.splitlines() if str(folder) in line)
    assert "with 1 act that the team does not have and 1 difference that is not settled" in said
    with closing(sqlite3.connect(Path(folder) / "user.db")) as kept:
        assert kept.execute("SELECT count(*) FROM intent").fetchone() == (2,)


def test_a_difference_alone_is_asked_about_too(crew: Crew) -> None:
    anna, _, _ = differing(crew)
    anna.run("sync")
    refused = anna.run("team", "leave")
    assert (refused.returncode, f"{ONE}; or add --yes" in refused.stderr) == (2, True)
    assert anna.run("team", "leave", "--yes").returncode == 0


def test_a_home_that_leaves_nothing_behind_is_told_where_the_copy_is(crew: Crew) -> None:
    crew.make()
    left = crew.member("anna", "replier").run("team", "leave")
    assert left.returncode == 0
    assert "What people did there and your drafts stay here in " in left.stderr
