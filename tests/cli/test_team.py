"""Several people on one queue by commands alone, over a real PostgreSQL and a simulated Apple."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from ascinbox.store.queue.team.address import TeamAddress
from tests.cli.conftest import Trip
from tests.cli.team_crew import Crew
from tests.workers.deliveries.receivers import Receiver, serving

TEXT = "Thank you for telling us."
RULES = """
[[destination]]
name = "hook"
kind = "webhook"
url = "env:HOOK"

[[rule]]
name = "all"
on = ["review.new", "reply.waiting", "note.mention"]
to = ["hook"]

[[rule]]
name = "low"
when = "rating:1"
do = ["tag:low"]
"""


@contextmanager
def another_program(locks: Path) -> Iterator[None]:
    """Uses the files of a home, as an open screen does."""
    imports = "from pathlib import Path; from ascinbox.store.sessions import Session"
    uses = f"mine = Session.begin(Path({str(locks)!r})); print(flush=True); input()"
    command = [sys.executable, "-c", f"{imports}; {uses}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        program.stdout.readline()
        yield
        program.communicate("\n")


@pytest.mark.slow
def test_three_homes_work_one_queue_and_a_worker_sends(crew: Crew) -> None:
    crew.make()
    synced = crew.worker.json("sync", "--only", "reviews,replies")
    assert synced["accounts"][0]["datasets"]["reviews"]["new"] == 60
    anna, paul, vera = (
        crew.member("anna", "replier"),
        crew.member("paul", "publisher"),
        crew.member("vera", "viewer"),
    )
    review = crew.unanswered(anna)
    assert anna.json("reviews", "--limit", "0")["total"] == 60
    assert [each["name"] for each in paul.json("accounts")["accounts"]] == ["Trip"]

    for command in (("mark", review, "--tag", "x"), ("reply", review, "--text", TEXT, "--yes")):
        refused = vera.run(*command)
        assert (refused.returncode, "The level viewer does not allow this" in refused.stderr) == (2, True)

    handed = anna.json("reply", review, "--text", TEXT, "--yes", exits=1)
    assert (handed["state"], handed["text"]) == ("waiting", TEXT)
    status = paul.json("team", "status")
    assert status["schema"] == "ascinbox.team/1"
    assert (status["team"], status["me"], status["level"]) == ("North", "paul", "publisher")
    assert status["queue"] == {"waiting": 1, "queued": 0, "sending": 0, "held": 0, "failed": 0}
    assert set(status["feed"]) == {"seq", "lag_s"}
    assert {tuple(each) for each in status["workers"]} == {("name", "seen_at", "accounts")}

    assert paul.json("approve", review)["state"] == "dry_run"
    for home in (anna, vera):
        assert home.run("approve", review, "--yes").returncode == 2
    approved = paul.json("approve", review, "--yes", exits=1)
    assert (approved["state"], approved["text"]) == ("queued", TEXT)
    assert paul.run("approve", review, "--yes").returncode == 3

    assert crew.worker.json("sync", "--only", "replies")["accounts"][0]["datasets"]["replies"]["changed"] == 1
    member = anna.json("sync")
    assert member["accounts"][0]["name"] == "North"
    (item,) = anna.json("outbox")["items"]
    assert (item["review"], item["text"]) == (review, TEXT)
    assert item["state"] in ("pending_publish", "published")


def test_marks_notes_and_withdrawals_of_members_reach_everybody(crew: Crew) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews,replies")
    anna, paul = crew.member("anna", "replier"), crew.member("paul", "publisher")
    review = crew.unanswered(paul)
    assert anna.json("mark", review, "--done", "--tag", "crash", "--note", "seen")["changed"] == [review]
    paul.json("sync")
    (seen,) = paul.json("reviews", "tag:crash")["reviews"]
    assert (seen["id"], seen["state"], seen["note"], seen["tags"]) == (review, "done", "seen", ["crash"])

    assert paul.json("reply", review, "--text", TEXT, "--yes", exits=1)["state"] == "queued"
    crew.worker.json("sync", "--only", "reviews,replies")
    assert anna.run("withdraw", review, "--yes").returncode == 1
    assert paul.json("approve", review, "--yes", exits=1)["state"] == "queued"
    crew.worker.json("sync", "--only", "replies")
    paul.json("sync")
    assert paul.json("reviews", "tag:crash")["reviews"][0]["reply"] is None


def test_offline_asks_no_database_and_what_somebody_changed_meanwhile_is_not_overwritten(crew: Crew) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews")
    anna, paul = crew.member("anna", "replier"), crew.member("paul", "publisher")
    review = crew.unanswered(anna)
    assert anna.json("mark", review, "--assign", "anna", "--offline")["changed"] == [review]
    assert anna.json("mark", review, "--tag", "kept", "--offline")["changed"] == [review]
    paul.json("sync")
    assert paul.json("reviews", "tag:kept")["reviews"] == []
    paul.json("mark", review, "--assign", "paul")
    refused = anna.run("reply", review, "--text", TEXT, "--yes", "--offline")
    assert refused.returncode != 0
    listed = anna.run("team", "list", "--offline")
    assert (listed.returncode, "started with --offline" in listed.stderr) == (2, True)
    anna.json("sync", exits=1)
    (seen,) = anna.json("reviews", "tag:kept")["reviews"]
    assert (seen["id"], seen["assignee"]) == (review, "paul")


def test_a_batch_of_a_replier_waits_line_by_line(crew: Crew, tmp_path: Path) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews")
    anna = crew.member("anna", "replier")
    ids = [r["id"] for r in anna.json("reviews", "is:unanswered", "--limit", "2")["reviews"]]
    batch = tmp_path / "batch.jsonl"
    batch.write_text("".join(json.dumps({"id": i, "text": f"{TEXT} {i}"}) + "\n" for i in ids))
    done = anna.run("reply", "--batch", str(batch), "--yes")
    assert done.returncode == 1
    assert [json.loads(line)["state"] for line in done.stdout.splitlines()] == ["waiting", "waiting"]


def test_from_home_takes_over_what_a_person_had(crew: Crew) -> None:
    worker = crew.worker
    worker.json("sync", "--only", "reviews,replies")
    ids = [r["id"] for r in worker.json("reviews", "is:unanswered", "--limit", "2")["reviews"]]
    worker.json("mark", ids[0], "--tag", "Crash", "--note", "from before", "--assign", "me")
    assert worker.json("reply", ids[1], "--text", TEXT, "--yes")["state"] in ("pending_publish", "published")
    crew.make("--from-home")
    paul = crew.member("paul", "publisher")
    assert paul.json("reviews", "--limit", "0")["total"] == 60
    (seen,) = paul.json("reviews", "tag:crash")["reviews"]
    assert (seen["id"], seen["note"]) == (ids[0], "from before")
    assert [r["id"] for r in worker.json("reviews", "tag:crash")["reviews"]] == [ids[0]]
    assert any(item["review"] == ids[1] for item in worker.json("outbox")["items"])
    worker.json("sync", "--only", "replies")
    assert [r["id"] for r in worker.json("reviews", "is:mine")["reviews"]] == [ids[0]]

    assert worker.run("team", "leave").returncode == 0
    assert [r["id"] for r in worker.json("reviews", "tag:crash")["reviews"]] == [ids[0]]


@pytest.mark.parametrize("more", [(), ("--from-home",)])
def test_a_member_sees_in_health_what_was_found_before_there_was_a_team(
    crew: Crew, more: tuple[str, ...]
) -> None:
    found = crew.worker.json("health")["accounts"]
    assert found[0]["capabilities"]["reviews"]["state"] == "ok"
    crew.make(*more)
    seen = crew.member("paul", "publisher").json("health")["accounts"]
    for name, capability in found[0]["capabilities"].items():
        there = seen[0]["capabilities"][name]
        for what in ("state", "detail", "checked_at"):
            assert there[what] == capability[what], (name, what)


def test_from_home_refuses_while_a_reply_is_on_its_way_and_leaves_nothing(crew: Crew) -> None:
    worker = crew.worker
    worker.json("sync", "--only", "reviews")
    review = crew.unanswered(worker)
    offline = worker.run("reply", review, "--text", TEXT, "--yes", "--offline")
    assert offline.returncode == 1, offline.stdout + offline.stderr
    refused = worker.run("team", "init", crew.url(), "--from-home", "--yes")
    assert (refused.returncode, "A reply of yours is on its way" in refused.stderr) == (3, True)
    assert not (worker.home / "data" / "team" / "joined.json").exists()
    crew.make()


def test_a_member_asks_no_store_and_is_told_so(crew: Crew, tmp_path: Path) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews")
    asked = len(crew.worker.json("health")["accounts"])
    anna = crew.member("anna", "replier")
    key = anna.key()
    link = ("link", "--name", "X", "--p8", key["p8"], "--issuer-id", anna.hello["issuer_id"], "--yes")
    for command in (
        link,
        ("unlink", "Trip", "--yes"),
        ("rotate", "Trip", *link[3:]),
        ("listing", "pull", str(tmp_path / "texts")),
    ):
        refused = anna.run(*command)
        assert (refused.returncode, "A member of a team asks no store" in refused.stderr) == (2, True), (
            command
        )
        assert refused.stdout == "", command
    looked = anna.run("doctor")
    assert "The key of" not in looked.stdout + looked.stderr
    anna.run("sync")
    shown = anna.json("health")
    assert len(shown["accounts"]) == asked
    assert not list((anna.home / "config").rglob("*.p8"))


def test_only_the_chosen_apps_and_times_are_replicated(crew: Crew) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews")
    everything = crew.worker.json("reviews", "--limit", "0")["reviews"]
    anna = crew.home("anna")
    crew.worker.run("team", "add", "anna", "--level", "viewer", "--apply")
    refused = anna.run("team", "join", crew.url("anna"), "--apps", "1", "--yes")
    assert (refused.returncode, "knows no app 1" in refused.stderr) == (3, True)
    known = dict(re.findall(r"(\d{6,}) ([^,.]+)", refused.stderr))
    number, name = next((i, n) for i, n in known.items() if any(r["app"]["name"] == n for r in everything))
    assert anna.run("team", "join", crew.url("anna"), "--apps", number, "--yes").returncode == 0
    assert {r["app"]["name"] for r in anna.json("reviews", "--limit", "0")["reviews"]} == {name}


def test_letting_in_prints_sql_without_the_password_and_removing_keeps_out(crew: Crew) -> None:
    crew.make()
    printed = crew.worker.run("team", "add", "nina", "--level", "replier")
    assert printed.stdout.startswith('CREATE ROLE "nina" LOGIN PASSWORD \'SCRAM-SHA-256$')
    (password,) = re.findall("password: (.+)", printed.stderr)
    assert password not in printed.stdout
    (address,) = re.findall("The address is the same in one line: (.+)", printed.stderr)
    assert address == TeamAddress.parse(crew.url("nina")).text
    assert "That host is this machine" in printed.stderr
    assert "was there already" not in printed.stderr
    assert crew.home("nina").run("team", "join", crew.url("nina"), "--yes").returncode == 2

    nina = crew.member("nina", "replier")
    again = crew.worker.run("team", "add", "nina", "--level", "replier")
    assert "The login nina was there already and keeps its password." in again.stderr
    assert address in again.stderr
    assert [m["name"] for m in crew.worker.json("team", "list")["members"]] == ["asc_super", "nina"]
    crew.worker.json("sync", "--only", "reviews")
    nina.json("sync")
    assert crew.worker.run("team", "remove", "nina", "--yes").returncode == 0
    assert crew.worker.run("team", "remove", "nina", "--yes").returncode == 3
    refused = nina.run("mark", crew.unanswered(nina), "--done")
    assert refused.returncode == 2
    assert "switched off" in refused.stderr
    assert nina.json("reviews", "--limit", "0")["total"] == 60
    with another_program(nina.home / "state" / "team" / "locks"):
        refused = nina.run("team", "leave")
    assert (refused.returncode, "Another ascinbox uses this home." in refused.stderr) == (2, True)
    left = nina.run("team", "leave")
    assert left.returncode == 0, left.stderr
    assert nina.json("reviews")["reviews"] == []


def test_the_log_is_for_admins_and_can_be_exported(crew: Crew, tmp_path: Path) -> None:
    crew.make()
    anna = crew.member("anna", "replier")
    assert anna.run("team", "log").returncode == 2
    target = tmp_path / "log.jsonl"
    assert crew.worker.run("team", "log", "--export", str(target)).returncode == 0
    verbs = [json.loads(line)["verb"] for line in target.read_text().splitlines()]
    assert "member" in verbs
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize("command", ["sync --only replies", "team status", "team list", "team log"])
def test_four_eyes_come_from_the_admins_settings(crew: Crew, command: str) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews")
    paul, pia = crew.member("paul", "publisher"), crew.member("pia", "publisher")
    (crew.worker.home / "config" / "config.toml").write_text("[team]\nfour_eyes = true\n")
    crew.worker.json(*command.split())
    review = crew.unanswered(paul)
    assert paul.json("reply", review, "--text", TEXT, "--yes", exits=1)["state"] == "waiting"
    own = paul.run("approve", review, "--yes")
    assert (own.returncode, "four eyes" in own.stderr) == (2, True)
    assert pia.json("approve", review, "--yes", exits=1)["state"] == "queued"


def test_two_workers_share_the_accounts_one_at_a_time(crew: Crew, tmp_path: Path) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews,replies")
    second = crew.home("second")
    second.link()
    joined = second.run("team", "join", crew.url(), "--worker", "--yes")
    assert (joined.returncode, "no account of a store" in joined.stderr) == (0, False)
    idle = crew.home("idle").run("team", "join", crew.url(), "--worker", "--yes")
    assert (idle.returncode, "It has no account of a store to work on" in idle.stderr) == (0, True)
    with_both = second.json("sync", "--only", "reviews,replies")
    assert with_both["accounts"][0]["ok"]
    assert second.json("reviews", "--limit", "0")["total"] == 60
    anna = crew.member("anna", "viewer")
    refused = anna.run("team", "leave")
    assert refused.returncode == 0
    worker = anna.run("team", "join", crew.url("anna"), "--worker", "--yes")
    assert (worker.returncode, "is viewer in this team" in worker.stderr) == (3, True)


@pytest.mark.slow
def test_two_workers_with_the_same_rules_tell_each_event_once(crew: Crew) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews,replies")
    added = crew.worker.run("team", "add", "wanda", "--level", "worker", "--apply")
    assert added.returncode == 0, added.stderr
    second = crew.home("second")
    second.link()
    joined = second.run("team", "join", crew.url("wanda"), "--worker", "--yes")
    assert joined.returncode == 0, joined.stderr
    second.json("sync", "--only", "reviews,replies")
    anna = crew.member("anna", "replier")
    with serving(Receiver()) as hook:
        for home in (crew.worker, second):
            home.variables["HOOK"] = hook.url
            (home.home / "config" / "notify.toml").write_text(RULES)
            assert home.run("notify", "list").returncode == 0
            home.json("sync", "--only", "reviews,replies")
        assert hook.taken == []
        fresh = crew.happen("write", rating=1, title="Broken", body="It crashes.")
        handed = crew.unanswered(anna)
        anna.json("reply", handed, "--text", TEXT, "--yes", exits=1)
        anna.run("mark", handed, "--note", "@paul please look")
        # Whoever syncs first tells it, and the other one has heard of it by the feed or by its own sync.
        for home in (second, crew.worker, second, crew.worker):
            home.json("sync", "--only", "reviews,replies")
        told = sorted((each.json["event"], each.json["review"]["id"]) for each in hook.taken)
    assert told == [("note.mention", handed), ("reply.waiting", handed), ("review.new", fresh)]
    (waits,) = (each.json for each in hook.taken if each.json["event"] == "reply.waiting")
    assert f"Reply by anna: {TEXT}" in str(waits)
    anna.json("sync")
    (tagged,) = anna.json("reviews", "tag:low")["reviews"]
    assert tagged["id"] == fresh
    log = [json.loads(line) for line in crew.worker.run("team", "log", "--export", "-").stdout.splitlines()]
    assert handed in next(each["reviews"] for each in log if each["verb"] == "note")
    printed = crew.worker.run("team", "log").stdout.splitlines()
    assert any("  anna  note  " in line and line.endswith(f"  review {handed}") for line in printed)
    # A rule acts under the login of the worker that was first.
    assert [each["who"] for each in log if each["verb"] == "tag"] == ["wanda"]


@pytest.mark.parametrize(
    ("words", "exits", "said"),
    [
        (("team", "init"), 3, "Where is the team's database?"),
        (("team", "init", "postgresql://a@localhost/x", "--name", " \t"), 3, "needs a name that can be read"),
        (("team", "join", "mysql://x"), 3, "A team's address is"),
        (("team", "join", "postgresql://a:b@localhost/x", "--yes"), 3, "A password does not belong"),
        (("team", "add"), 3, "needs a name"),
        (("team", "list", "x"), 3, "takes no 'x'"),
        (("team", "status", "--worker"), 3, "takes no --worker"),
        (("team", "status"), 3, "has joined no team"),
        (("team", "leave"), 3, "has joined no team"),
        (("approve", "4711"), 3, "no review"),
    ],
)
def test_what_is_said_wrongly_is_said_so(trip: Trip, words: tuple[str, ...], exits: int, said: str) -> None:
    done = trip.run(*words)
    assert (done.returncode, said in done.stderr) == (exits, True), done.stderr


def test_without_the_extra_one_line_says_how_to_add_it(trip: Trip, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    done = trip.run("team", "join", "postgresql://anna@localhost/inbox", "--yes")
    assert done.returncode == 2
    assert 'pip install "ascinbox[team]"' in done.stderr


def test_a_team_server_whose_clock_is_off_keeps_no_worker_from_the_store(crew: Crew) -> None:
    crew.make()
    crew.worker.json("sync", "--only", "reviews,replies")
    paul = crew.member("paul", "publisher")
    with psycopg.connect(crew.url(), autocommit=True) as root:
        root.execute(
            "CREATE OR REPLACE FUNCTION ascinbox.now() RETURNS double precision LANGUAGE sql VOLATILE AS"
            " $$ SELECT extract(epoch FROM clock_timestamp())::double precision + 3600 $$"
        )
    review = crew.unanswered(paul)
    status = paul.run("team", "status")
    assert "60 min behind the team's server" in status.stderr
    assert paul.json("reply", review, "--text", TEXT, "--yes", exits=1)["state"] == "queued"
    account = crew.worker.json("sync", "--only", "reviews,replies")["accounts"][0]
    assert account["datasets"]["reviews"]["ok"], account
    paul.json("sync")
    assert [item["state"] for item in paul.json("outbox")["items"]] == ["pending_publish"]
