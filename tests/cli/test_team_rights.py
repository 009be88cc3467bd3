"""What each level is told, and refused, by commands that only say what --yes would do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Trip
from tests.cli.team_crew import Crew
from tests.cli.test_mcp import agent

TEXT = "Thank you for telling us."


def both(home: Trip, *words: str) -> tuple[int, str]:
    """How a command is refused: in the same words with --yes and without."""
    dry, done = home.run(*words), home.run(*words, "--yes")
    assert (dry.returncode, dry.stdout, dry.stderr) == (done.returncode, done.stdout, done.stderr)
    return dry.returncode, dry.stderr


def detail(home: Trip, *words: str) -> str:
    """What a dry run says."""
    answer = home.json(*words)
    assert answer["state"] == "dry_run"
    return str(answer["detail"])


@pytest.mark.slow
def test_a_dry_run_says_what_yes_does_for_this_level(crew: Crew, tmp_path: Path) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews,replies")
    vera, rita = crew.member("vera", "viewer"), crew.member("rita", "replier")
    paul, pia = crew.member("paul", "publisher"), crew.member("pia", "publisher")
    review = crew.unanswered(paul)
    batch = tmp_path / "batch.jsonl"
    batch.write_text(json.dumps({"id": review, "text": TEXT}) + "\n")
    single, many = ("reply", review, "--text", TEXT), ("reply", "--batch", str(batch))

    code, words = both(vera, *single)
    assert (code, "The level viewer does not allow this" in words) == (2, True)
    lines = [vera.run(*many, *more) for more in ((), ("--yes",))]
    assert [done.returncode for done in lines] == [2, 2]
    told = [{**json.loads(done.stdout), "generated_at": "", "cache_age_s": 0} for done in lines]
    assert told[0] == told[1]
    assert (told[0]["state"], "The level viewer" in told[0]["detail"]) == ("failed", True)

    for home, yes in (
        (rita, "--yes hands it over to a publisher, who reads it first"),
        (paul, "--yes queues it, and a worker sends it"),
        (crew.worker, "--yes sends it"),
    ):
        assert yes in detail(home, *single)
        assert yes in json.loads(home.run(*many).stdout)["detail"]
        assert "--yes needs the team's database" in json.loads(home.run(*many, "--offline").stdout)["detail"]

    assert rita.json(*single, "--yes", exits=1)["state"] == "waiting"
    for home, level in ((vera, "viewer"), (rita, "replier")):
        home.run("sync")
        code, words = both(home, "approve", review)
        assert (code, f"Your level on the team is {level}" in words) == (2, True)
    assert "--yes publishes it, and a worker sends it" in detail(paul, "approve", review)
    assert "--yes publishes it." in detail(crew.worker, "approve", review)
    assert paul.json("reply", review, "--text", f"{TEXT} P", "--yes", exits=1)["state"] == "queued"
    rita.run("sync")
    code, words = both(rita, *single)
    assert (code, "only a publisher can replace it" in words) == (2, True)
    assert "Ask a publisher of your team." in words

    (crew.worker.home / "config" / "config.toml").write_text("[team]\nfour_eyes = true\n")
    crew.worker.json("sync", "--only", "replies")
    paul.run("sync")
    other = crew.unanswered(paul)
    assert "--yes hands it over to another publisher" in detail(paul, "reply", other, "--text", TEXT)
    assert paul.json("reply", other, "--text", TEXT, "--yes", exits=1)["state"] == "waiting"
    code, words = both(paul, "approve", other)
    assert (code, "four eyes" in words) == (2, True)
    assert "--yes publishes it" in detail(pia, "approve", other)

    pia.run("sync")
    for home, yes in ((rita, "hands it over to a publisher"), (pia, "another publisher, who reads it first")):
        home.run("sync")
        assert yes in detail(home, "withdraw", review)
    vera.run("sync")
    code, words = both(vera, "withdraw", review)
    assert (code, "The level viewer does not allow this" in words) == (2, True)


def test_where_somebody_writes_a_dry_run_is_refused_as_with_yes(crew: Crew) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews,replies")
    paul = crew.member("paul", "publisher")
    crew.member("rita", "replier")
    review = crew.unanswered(paul)
    import psycopg

    with psycopg.connect(crew.url("rita"), autocommit=True) as rita:
        rita.execute("SELECT ascinbox.claim(%s, 'hers', 600, false)", (review,))
    code, words = both(paul, "reply", review, "--text", TEXT)
    assert (code, "rita is writing a reply to this review" in words) == (2, True)


CHANGES = "--done|--tag x|--untag x|--assign me|--snooze 1d|--flag|--note x"


@pytest.mark.parametrize("change", [tuple(change.split()) for change in CHANGES.split("|")])
def test_a_viewer_marks_nothing_and_is_not_asked_first(crew: Crew, change: tuple[str, ...]) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews")
    vera = crew.member("vera", "viewer")
    for words in (("rating:1",), ("rating:1", "--yes"), (crew.unanswered(vera),), ("rating:1", "--offline")):
        done = vera.run("mark", *words, *change)
        assert (done.returncode, "The level viewer does not allow this" in done.stderr) == (2, True), words
        assert done.stdout == ""
    assert vera.json("reviews", "tag:x")["reviews"] == []
    for own in (("--read",), ("--lang", "de")):
        assert vera.run("mark", crew.unanswered(vera), *own).returncode == 0


@pytest.mark.slow
async def test_a_viewer_keeps_no_draft_also_by_an_agent(crew: Crew) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews")
    vera = crew.member("vera", "viewer")
    review = crew.unanswered(vera)
    saved = vera.run("draft", review, "--save")
    assert (saved.returncode, "The level viewer does not allow this" in saved.stderr) == (2, True)
    async with agent(vera, "--drafts") as session:
        refused = await session.call_tool("save_draft", {"review_id": review, "text": TEXT})
        content = refused.content[0]
        assert refused.is_error
        assert "The level viewer does not allow this" in getattr(content, "text", "")


def test_a_member_is_not_sent_to_rotate_a_key_for_people(crew: Crew) -> None:
    crew.make()
    paul = crew.member("paul", "publisher")
    crew.worker.run("sync", "--only", "reviews")
    paul.run("sync")
    for words in (("invite", "--preset", "replies"), ("set-roles", "--preset", "replies"), ("remove-user",)):
        done = paul.run(words[0], "Trip", "a@b.example", *words[1:])
        assert (done.returncode, "A member of a team asks no store" in done.stderr) == (2, True), done.stderr
        assert "rotate" not in done.stderr
