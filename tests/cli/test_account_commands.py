"""link, rotate, unlink, accounts, invite and health as scripts see them."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ascinbox.cli import main
from ascinbox.cli.commands import COMMANDS
from ascinbox.cli.context import Context
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.people import PRESETS
from ascinbox.simulator.app import Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.keys import ApiKey
from ascinbox.simulator.roles import Task
from ascinbox.simulator.server import serve_in_thread
from ascinbox.vault import Reason, Vault, VaultRefusal

CELL = {"state", "detail", "evidence", "fix", "checked_at", "fresh_at", "expires_at", "by"}
STATES = set(
    "ok assumed likely no_role contract rejected clock limited pending stalled removed offline never off "
    "not_possible stale expiring".split()
)


@dataclass
class Shell:
    """A command line whose Apple is a simulator."""

    simulator: Simulator
    home: Path
    capture: pytest.CaptureFixture[str]

    @property
    def team(self) -> Any:
        return next(iter(self.simulator.world.teams.values()))

    def key(self, role: str, *, individual: bool = False) -> ApiKey:
        return next(
            k
            for k in self.simulator.world.keys.values()
            if k.roles == (role,) and k.individual == individual and not k.revoked
        )

    def file(self, key: ApiKey) -> str:
        return str(key.write(self.home.parent / "keys"))

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        out, err = self.capture.readouterr()
        return code, out, err

    def link(self, name: str, key: ApiKey, *more: str) -> tuple[int, str, str]:
        issuer = () if key.individual else ("--issuer-id", key.issuer_id, "--vendor", self.team.vendor)
        return self("link", "--name", name, "--p8", self.file(key), *issuer, "--vault", "file", *more)


@pytest.fixture
def shell(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    simulator = Simulator(make_world(7, datetime.now(UTC), apps=3, reviews=30), hour_limit=100_000)
    (home.parent / "keys").mkdir(mode=0o700)
    with serve_in_thread(simulator) as served:
        monkeypatch.setenv("ASCINBOX_API_URL", served.url)
        yield Shell(simulator, home, capsys)


def check_health(payload: dict[str, Any]) -> None:
    assert payload["status"] in {"OK", "WARNING", "CRITICAL", "UNKNOWN"}
    for account in payload["accounts"]:
        assert set(account) == {"name", "kind", "capabilities"}
        assert {"reviews", "reply", "sales", "finance", "analytics", "users"} <= set(account["capabilities"])
        for cell in account["capabilities"].values():
            assert set(cell) == CELL
            assert cell["state"] in STATES
            assert cell["checked_at"] is None or re.fullmatch(
                r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", cell["checked_at"]
            )


def test_link_prints_the_contract(shell: Shell) -> None:
    code, out, _ = shell.link("North", shell.key("ADMIN"), "--yes", "--json")
    assert code == 0
    document = json.loads(out)
    assert document["schema"] == "ascinbox.link/1"
    assert {"generated_at", "cache_age_s"} <= set(document)
    account = document["account"]
    assert set(account) == {"name", "id", "kind", "key_id", "apps"}
    assert (account["name"], account["kind"]) == ("North", "team")
    assert {tuple(app) for app in account["apps"]} == {("id", "name", "bundle_id")}
    check_health(document["health"])
    assert document["health"]["accounts"][0]["name"] == "North"


def test_link_with_a_gap_exits_1(shell: Shell) -> None:
    code, out, _ = shell.link(
        "North", shell.key("CUSTOMER_SUPPORT"), "--features", "reviews,finance", "--json"
    )
    assert code == 1
    cells = json.loads(out)["health"]["accounts"][0]["capabilities"]
    assert cells["finance"]["state"] == "no_role"
    assert cells["reviews"]["state"] == "ok"
    assert cells["sales"]["state"] == "off"


def test_a_refused_link_exits_2_and_saves_nothing(shell: Shell) -> None:
    key = shell.key("ADMIN")
    key.revoked = True
    code, out, err = shell.link("North", key, "--json")
    assert (code, out) == (2, "")
    assert "401 NOT_AUTHORIZED" in err
    assert not (shell.home / "config" / "keys").exists()
    assert shell("accounts", "--json")[1].count('"key_id"') == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["link", "--p8", "x.p8"], "needs a name"),
        (["link", "--name", "N"], "Which key?"),
        (["link", "--name", "N", "--p8", "x.p8", "--features", "reivews"], "no such feature: reivews"),
        (["link", "--name", "N", "--p8", "x.p8", "--reporter-token", "t"], "exclude each other"),
        (["health", "--only", "everything"], "no such feature"),
        (["health", "--account", "Nobody"], "No account is called Nobody"),
        (["health", "--probe-reply"], "Add --yes"),
        (["rotate", "Nobody", "--p8", "x.p8"], "No account is called Nobody"),
        (["unlink", "Nobody", "--yes"], "No account is called Nobody"),
        (["invite", "Nobody", "a@b.example", "--preset", "replies"], "No account is called Nobody"),
    ],
)
def test_usage_exits_3(arguments: list[str], words: str, shell: Shell) -> None:
    code, out, err = shell(*arguments)
    assert (code, out) == (3, "")
    assert words in err


def test_unsafe_key_files_are_refused_with_the_fix(shell: Shell) -> None:
    key = shell.key("ADMIN")
    path = Path(shell.file(key))
    path.chmod(0o644)
    code, _, err = shell("link", "--name", "N", "--p8", str(path), "--issuer-id", key.issuer_id)
    assert code == 2
    assert f"chmod 600 {path}" in err


def test_a_key_on_stdin_is_linked(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    key = shell.key("ADMIN")
    monkeypatch.setattr(sys, "stdin", io.StringIO(key.pem()))
    more = ("--key-id", key.key_id, "--issuer-id", key.issuer_id, "--vault", "file")
    code, _, err = shell("link", "--name", "N", "--p8", "-", *more)
    assert code == 0
    assert "Linked N" in err


def test_a_key_of_the_environment_is_used_without_a_file(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = shell.key("ADMIN")
    for name, value in (("KEY_ID", key.key_id), ("ISSUER_ID", key.issuer_id), ("PRIVATE_KEY", key.pem())):
        monkeypatch.setenv(f"ASCINBOX_{name}", value)
    code, _, err = shell("link", "--name", "CI")
    assert code == 0
    assert "nothing was copied" in err
    assert "ASCINBOX_PRIVATE_KEY" not in os.environ
    document = json.loads(shell("accounts", "--json")[1])
    assert document["accounts"][0]["credentials"][0]["kept_in"] == "environment"


def test_no_keyring_is_said_plainly_and_the_file_is_private(shell: Shell) -> None:
    key = shell.key("ADMIN")
    code, _, err = shell("link", "--name", "N", "--p8", shell.file(key), "--issuer-id", key.issuer_id)
    assert code == 0
    assert "There is no keyring in this session. The key was copied to " in err
    path = shell.home / "config" / "keys" / f"AuthKey_{key.key_id}.p8"
    assert path.stat().st_mode & 0o777 == 0o600
    code, _, err = shell("link", "--name", "M", "--p8", shell.file(shell.key("FINANCE")),
                         "--issuer-id", key.issuer_id, "--vault", "keyring")  # fmt: skip
    assert code == 2, "never a weaker place than the one that was chosen"
    assert "--vault file" in err


def test_health_prints_one_line_and_the_exit_code_of_the_worst(shell: Shell) -> None:
    assert shell("health")[:2] == (
        3,
        "ASCINBOX UNKNOWN - no account is linked | ok=0 assumed=0 pending=0 warn=0 crit=0 unknown=0\n",
    )
    shell.link("North", shell.key("ADMIN"))
    code, out, _ = shell("health")
    assert code == 0
    assert out == (
        "ASCINBOX OK - 3 connections of 1 account work, 1 assumed, 1 pending"
        " | ok=3 assumed=1 pending=1 warn=0 crit=0 unknown=0\n"
    )
    shell.key("ADMIN").refusals.update({Task.SALES: "agreement", Task.FINANCE: "role"})
    code, out, _ = shell("health", "--fix")
    assert code == 2
    first, *fixes = out.splitlines()
    assert first == (
        "ASCINBOX CRITICAL - 2 to fix: North sales contract, finance no_role"
        " | ok=1 assumed=1 pending=1 warn=0 crit=2 unknown=0"
    )
    assert any("Apple said: 403 FORBIDDEN.REQUIRED_AGREEMENTS" in line for line in fixes)
    assert any("The Account Holder: App Store Connect > Business" in line for line in fixes)
    assert shell("health", "--only", "reviews")[0] == 0


def test_one_cause_is_one_thing_to_do(shell: Shell) -> None:
    shell.link("North", shell.key("ADMIN"))
    shell.key("ADMIN").revoked = True
    code, out, _ = shell("health", "--fix")
    assert code == 2
    first, *fixes = out.splitlines()
    assert "5 to fix" in first
    assert [line for line in fixes if line[0].isdigit()] == [
        "1. North Reviews, Reply, Sales, Finance, Analytics: x rejected"
    ]


def test_a_key_that_is_due_is_said_beside_its_state(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.link("North", shell.key("ADMIN"))
    assert "rotate due" not in shell("accounts")[1]
    monkeypatch.setenv("ASCINBOX_HEALTH_ROTATE_DAYS", "1")
    monkeypatch.setattr(Context, "now", lambda _: datetime.now(UTC) + timedelta(days=2))
    assert "+ ok · ! rotate due" in shell("accounts")[1]


def test_fastlanes_json_file_is_a_key_file_too(shell: Shell) -> None:
    key = shell.key("ADMIN")
    file = shell.home.parent / "keys" / "fastlane.json"
    file.touch(0o600)
    file.write_text(json.dumps({"key_id": key.key_id, "issuer_id": key.issuer_id, "key": key.pem()}))
    code, _, err = shell("link", "--name", "N", "--p8", str(file), "--vault", "file")
    assert code == 0
    assert f"team key {key.key_id}" in err


def test_a_key_in_apples_folder_is_taken_by_its_id(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    key = shell.key("ADMIN")
    monkeypatch.setattr(Path, "home", lambda: shell.home.parent / "person")
    folder = shell.home.parent / "person" / ".appstoreconnect" / "private_keys"
    folder.mkdir(parents=True)
    key.write(folder)
    arguments = ("link", "--name", "N", "--issuer-id", key.issuer_id, "--vault", "file")
    code, _, err = shell(*arguments)
    assert (code, f"Found on this machine: {key.key_id}" in err) == (3, True)
    code, _, err = shell(*arguments, "--key-id", key.key_id)
    assert code == 0
    assert "Using Apple's key folder" in err


def test_where_the_key_went_is_said_beside_json_too(shell: Shell) -> None:
    key = shell.key("ADMIN")
    arguments = ("--p8", shell.file(key), "--issuer-id", key.issuer_id, "--json")
    code, out, err = shell("link", "--name", "N", *arguments)
    assert (code, json.loads(out)["account"]["name"]) == (0, "N")
    assert "There is no keyring in this session. The key was copied to " in err


def test_linking_tells_how_long_a_reporter_token_is_good_for(shell: Shell, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text(shell.team.reporter_token)
    made = datetime.now(UTC).date() - timedelta(days=178)
    args = ["link", "--name", "Numbers", "--reporter-token", str(token), "--token-made", str(made)]
    code, out, _ = shell(*args, "--vault", "file", "--yes", "--json")
    health = json.loads(out)["health"]
    sales = health["accounts"][0]["capabilities"]["sales"]
    assert (code, health["status"], sales["state"]) == (0, "WARNING", "expiring")
    assert sales["expires_at"] is not None


def test_a_reporter_token_of_the_environment_is_referred_to(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASCINBOX_REPORTER_TOKEN", shell.team.reporter_token)
    code, _, err = shell("link", "--name", "Numbers")
    assert code == 0
    assert "nothing was copied" in err
    assert shell.team.reporter_token not in os.environ.values()
    (credential,) = json.loads(shell("accounts", "--json")[1])["accounts"][0]["credentials"]
    assert (credential["kind"], credential["kept_in"]) == ("reporter", "environment")


def test_a_keyring_that_is_there_and_shut_is_never_passed_over(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = shell.key("ADMIN")
    shut = VaultRefusal(Reason.TIMED_OUT, "The keyring did not answer.", "", "Choose with --vault.")
    monkeypatch.setattr(Vault, "keyring_usable", lambda _: shut)
    arguments = ("link", "--name", "N", "--p8", shell.file(key), "--issuer-id", key.issuer_id)
    code, _, err = shell(*arguments)
    assert code == 2
    assert "Choose with --vault." in err
    assert not (shell.home / "config" / "keys").exists()
    assert shell(*arguments, "--vault", "file")[0] == 0


def test_health_json_is_the_contract(shell: Shell) -> None:
    shell.link("North", shell.key("ADMIN"))
    shell.link("Own", shell.key("CUSTOMER_SUPPORT", individual=True))
    code, out, _ = shell("health", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["schema"] == "ascinbox.health/1"
    assert set(document) == {"schema", "generated_at", "cache_age_s", "status", "accounts"}
    check_health(document)
    assert document["accounts"][1]["kind"] == "individual"
    assert out.isascii()


def test_max_age_spares_apple(shell: Shell) -> None:
    shell.link("North", shell.key("ADMIN"))
    shell("health")
    asked = len(shell.simulator.ledger.requests)
    assert shell("health", "--max-age", "1h")[0] == 0
    assert shell("--offline", "health")[0] == 0
    assert len(shell.simulator.ledger.requests) == asked
    assert shell("--offline", "health", "--max-age", "0s")[0] == 2


def test_probe_reply_asks_first_and_changes_nothing(shell: Shell) -> None:
    shell.link("North", shell.key("ADMIN"))
    code, out, _ = shell("health", "--only", "reply", "--probe-reply", "--yes", "--json")
    assert code == 0
    assert json.loads(out)["accounts"][0]["capabilities"]["reply"]["state"] == "likely"
    code, _, err = shell("--read-only", "health", "--probe-reply", "--yes")
    assert code == 2
    assert "Read-only" in err


def test_rotate_shows_both_and_keeps_the_old_key_when_worse(shell: Shell) -> None:
    shell.link("North", shell.key("ADMIN"))
    worse = shell.key("CUSTOMER_SUPPORT")
    arguments = (
        "rotate",
        "North",
        "--p8",
        shell.file(worse),
        "--issuer-id",
        worse.issuer_id,
        "--vault",
        "file",
    )
    code, out, err = shell(*arguments)
    assert code == 2
    assert "OLD KEY" in out
    assert "Sales, Finance, Analytics would stop working" in err
    code, _, err = shell(*arguments, "--yes")
    assert code == 1
    assert "Now revoke the old key at Apple" in err
    assert worse.key_id in shell("accounts", "--json")[1]


def test_rotate_switches_on_what_the_new_key_can_do_and_says_so(shell: Shell) -> None:
    shell.link("North", shell.key("CUSTOMER_SUPPORT"))
    better = shell.key("ADMIN")
    code, out, err = shell(
        "rotate", "North", "--p8", shell.file(better), "--issuer-id", better.issuer_id, "--vendor",
        shell.team.vendor, "--json",
    )  # fmt: skip
    assert code == 0
    assert json.loads(out)["health"]["accounts"][0]["capabilities"]["sales"]["state"] == "ok"
    assert "Switched on, because the new key can do it: Sales, Finance, Analytics." in err
    (account,) = json.loads(shell("accounts", "--json")[1])["accounts"]
    assert account["features"] == ["reviews", "reply", "sales", "finance", "analytics"]


def test_rotate_may_choose_features_and_apps_anew(shell: Shell) -> None:
    shell.link("North", shell.key("ADMIN"))
    code, out, _ = shell("rotate", "North", "--features", "reviews,users", "--json")
    assert code == 0
    cells = json.loads(out)["health"]["accounts"][0]["capabilities"]
    assert (cells["users"]["state"], cells["sales"]["state"]) == ("ok", "off")
    fresh = shell.simulator.world.add_key(ApiKey("FRESHKEY01", shell.key("ADMIN").issuer_id, ("ADMIN",)))
    arguments = ("rotate", "North", "--p8", shell.file(fresh), "--issuer-id", fresh.issuer_id, "--json")
    assert shell(*arguments, "--apps", "1")[0] == 3, "an app that the key does not see; the old key stays"
    app = next(iter(shell.simulator.world.apps.values()))
    code, out, _ = shell(*arguments, "--apps", app.id)
    assert code == 0
    assert [entry["id"] for entry in json.loads(out)["account"]["apps"]] == [app.id]
    (row,) = shell("accounts")[1].splitlines()[1:]
    assert re.search(r"0d +1 +\+ ok$", row)


def test_rotate_with_a_vendor_number_alone(shell: Shell) -> None:
    key = shell.key("ADMIN")
    shell("link", "--name", "N", "--p8", shell.file(key), "--issuer-id", key.issuer_id, "--vault", "file")
    assert shell("rotate", "N", "--vendor", "80000009")[0] == 2
    code, _, err = shell("rotate", "N", "--vendor", shell.team.vendor)
    assert code == 0
    assert "saved" in err


def test_unlink_says_what_goes_and_needs_a_yes(shell: Shell) -> None:
    shell.link("North", shell.key("ADMIN"))
    code, out, _ = shell("unlink", "North")
    assert code == 2
    assert "Unlinking North forgets:" in out
    assert shell("unlink", "north", "--yes")[0] == 0
    assert list((shell.home / "config" / "keys").iterdir()) == []
    assert shell("health")[0] == 3


def test_read_only_changes_no_key(shell: Shell) -> None:
    code, _, err = shell("--read-only", "link", "--name", "N", "--p8", shell.file(shell.key("ADMIN")))
    assert code == 2
    assert "Read-only" in err


@pytest.mark.parametrize(
    "command",
    [
        ("invite", "My North", "mia.berg@new.example", "--preset", "replies", "--yes"),
        ("set-roles", "My North", "anna@north.example", "--preset", "replies", "--yes"),
    ],
)
def test_where_users_is_off_it_is_said_how_to_switch_it_on(shell: Shell, command: tuple[str, ...]) -> None:
    shell.link("My North", shell.key("ADMIN"))
    code, _, err = shell(*command)
    assert code == 2
    told = next(line for line in err.splitlines() if "ascinbox rotate" in line)
    assert shell(*shlex.split(told[told.index("rotate") :]))[0] == 0
    assert shell(*command)[0] == 0


def test_invite(shell: Shell) -> None:
    shell.link("North", shell.key("ADMIN"), "--features", "reviews,users")
    arguments = ("invite", "North", "mia.berg@new.example", "--preset", "replies")
    assert shell(*arguments)[0] == 2, "nobody said yes"
    code, out, _ = shell(*arguments, "--yes", "--json")
    assert code == 0
    person = json.loads(out)["person"]
    assert (person["state"], person["roles"]) == ("pending", ["CUSTOMER_SUPPORT"])
    assert shell(*arguments, "--yes")[0] == 2, "invited already"
    shell.link("Plain", shell.key("MARKETING"), "--features", "reviews")
    code, _, err = shell("invite", "Plain", "a@b.example", "--preset", "money", "--yes")
    assert code == 2
    assert "Users and Access > People > +" in err


def test_an_invitation_without_a_date_says_how_long_it_runs(shell: Shell) -> None:
    shell.link("North", shell.key("ADMIN"), "--features", "reviews,users")
    body = '{"data": {"type": "userInvitations", "id": "1"}}'
    shell.simulator.faults.add(
        "answer",
        method="POST",
        path="/v1/userInvitations",
        status=201,
        headers={"content-type": "application/json"},
        body=body,
    )
    code, out, err = shell("invite", "North", "mia.berg@new.example", "--preset", "replies", "--yes")
    assert code == 0
    assert "Invited mia.berg@new.example" in out
    assert "The invitation runs for three days." in err


def test_an_invitation_takes_several_presets_and_apples_roles(shell: Shell) -> None:
    shell.link("North", shell.key("ADMIN"), "--features", "reviews,users")
    start = ("invite", "North", "jo@new.example")
    code, _, err = shell(*start, "--yes")
    assert code == 3
    assert "at least one role" in err
    assert shell(*start, "--roles", "KING", "--yes")[0] == 3
    more = ("--preset", "replies,numbers", "--roles", "Create Apps", "--yes", "--json")
    code, out, _ = shell(*start, *more)
    assert code == 0
    assert set(json.loads(out)["person"]["roles"]) == {"CUSTOMER_SUPPORT", "SALES", "CREATE_APPS"}


@pytest.mark.parametrize(
    ("command", "done"),
    [
        (("set-roles", "--preset", "numbers"), "has the roles Sales now"),
        (("remove-user",), "is removed from North at Apple"),
    ],
)
def test_a_teammate_is_changed_only_after_a_yes_and_what_breaks_is_said_first(
    shell: Shell, command: tuple[str, ...], done: str
) -> None:
    own = shell.key("CUSTOMER_SUPPORT", individual=True)
    shell.link("North", shell.key("ADMIN"), "--features", "users")
    shell.link("North", own, "--features", "reviews,reply", "--yes")
    arguments = (command[0], "North", "anna@north.example", *command[1:])
    for more in ((), ("--json",)):
        code, out, err = shell(*arguments, *more)
        assert code == 2
        assert "Add --yes" in err
        assert "if it is theirs" in out + err
        assert "North has no other key for Reviews, Reply" in out + err
    assert not [s for s in shell.simulator.ledger.requests if s.method in {"PATCH", "DELETE"}]
    code, out, _ = shell(*arguments, "--yes")
    assert code == 0
    assert out.index("if it is theirs") < out.index(done)
    assert [s.method for s in shell.simulator.ledger.requests].count("GET") > 0
    (effect,) = shell.simulator.ledger.effects
    assert effect.kind in {"user_changed", "user_removed"}


def test_changing_teammates_in_json_and_without_a_key_that_may(shell: Shell) -> None:
    shell.link("North", shell.key("ADMIN"), "--features", "reviews,users")
    arguments = ("set-roles", "North", "devon@north.example", "--roles", "FINANCE,DEVELOPER")
    code, out, _ = shell(*arguments, "--yes", "--json")
    assert code == 0
    document = json.loads(out)
    assert document["schema"] == "ascinbox.set_roles/1"
    assert set(document["person"]["roles"]) == {"FINANCE", "DEVELOPER"}
    assert document["breaks"][0].startswith("devon@north.example loses: App Manager. Gains: Finance.")
    assert shell("remove-user", "North", "nobody@north.example", "--yes")[0] == 3
    assert shell("remove-user", "North", "holder@north.example", "--yes")[0] == 2
    shell.link("Plain", shell.key("MARKETING"), "--features", "reviews")
    assert shell("remove-user", "Plain", "devon@north.example", "--yes")[0] == 2


def test_a_key_on_the_command_line_is_refused_unseen(shell: Shell) -> None:
    code, _, err = shell("link", "--name", "N", "--p8", shell.key("ADMIN").pem())
    assert code == 3
    assert "PRIVATE KEY" not in err


@pytest.mark.slow
def test_no_secret_in_any_file_output_or_argument_of_a_whole_session(shell: Shell, tmp_path: Path) -> None:
    """The canary: the body of the key is looked for in everything that was printed, written or passed on."""
    key = shell.key("ADMIN")
    lines = key.pem().splitlines()[1:-1]
    passphrase = tmp_path / "passphrase"
    tmp_path.chmod(0o700)
    passphrase.touch(0o600)
    passphrase.write_text("correct horse battery")
    environ = {**os.environ, "ASCINBOX_PASSPHRASE_FILE": str(passphrase)}
    p8 = shell.file(key)
    common = ("--issuer-id", key.issuer_id, "--vendor", shell.team.vendor)
    session: list[tuple[str, ...]] = [
        ("link", "--name", "North", "--p8", p8, *common, "--vault", "encrypted", "-v"),
        ("health", "-v", "--json"),
        ("accounts", "--json"),
        ("sync", "--only", "reviews"),
        ("reviews", "--json"),
        ("unlink", "North"),
        ("link", "--name", "Broken", "--p8", p8, "--issuer-id", "57246542-96fe-1a63-e053-0824d011072a"),
    ]
    said = ""
    for arguments in session:
        done = subprocess.run(
            [sys.executable, "-m", "ascinbox", *arguments],
            capture_output=True,
            text=True,
            env=environ,
            check=False,
            timeout=60,
        )
        said += done.stdout + done.stderr
    written = {
        path: path.read_bytes()
        for folder in (shell.home, Path(environ["HOME"]))
        for path in folder.rglob("*")
        if path.is_file() and path != Path(p8)
    }
    for needle in (*lines, "correct horse battery", "eyJ"):
        assert needle not in said
        holders = [path for path, content in written.items() if needle.encode() in content]
        assert holders == [], f"{needle[:6]}… is in {holders}"
    assert any(path.suffix == ".sealed" for path in written)


class Typed(io.StringIO):
    """What a person types at a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def users(shell: Shell) -> tuple[ApiKey, ApiKey]:
    """Two users of one team, each with a key, who see one app each. The first one's is linked."""
    world = shell.simulator.world
    one = shell.key("CUSTOMER_SUPPORT", individual=True)
    other = world.add_key(ApiKey("OTHERUSER1", one.issuer_id, ("CUSTOMER_SUPPORT",), individual=True))
    for key, app_id in zip((one, other), list(world.apps), strict=False):
        shell.simulator.happen("show", key_id=key.key_id, app_ids=[app_id])
    code, _, err = shell.link("North", one, "--yes")
    assert code == 0, err
    return one, other


def key_ids(shell: Shell) -> list[str]:
    code, out, _ = shell("accounts", "--json")
    assert code == 0
    return [key["key_id"] for account in json.loads(out)["accounts"] for key in account["credentials"]]


SAME_TEAM = "Is it of the team of North? [y/N]"


@pytest.mark.parametrize("command", ["link", "rotate"])
@pytest.mark.parametrize("answer", ["y", "n"])
def test_at_a_terminal_a_key_without_a_common_app_is_asked_about(
    shell: Shell, users: tuple[ApiKey, ApiKey], monkeypatch: pytest.MonkeyPatch, command: str, answer: str
) -> None:
    one, other = users
    before = key_ids(shell)
    monkeypatch.setattr(sys, "stdin", Typed(f"{answer}\ny\n"))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    given = ("--p8", shell.file(other), "--vault", "file")
    code, out, err = shell(
        *(("link", "--name", "North") if command == "link" else ("rotate", "North")), *given
    )
    assert "no app in common with North" in err
    assert SAME_TEAM in err
    if answer == "y":
        assert code == 0, out + err
        after = [one.key_id, other.key_id] if command == "link" else [other.key_id]
        assert sorted(key_ids(shell)) == sorted(after)
    else:
        assert code == 2, out + err
        assert out == "", "nothing else is shown or asked"
        assert err.count("[y/N]") == 1
        assert "does not show whether this key is of the same team as North" in err
        assert "--same-team" in err
        assert key_ids(shell) == before


@pytest.mark.parametrize("command", ["link", "rotate"])
def test_a_script_says_whose_team_a_key_is_of(
    shell: Shell, users: tuple[ApiKey, ApiKey], command: str
) -> None:
    one, other = users
    words = ("link", "--name", "North") if command == "link" else ("rotate", "North")
    given = (*words, "--p8", shell.file(other), "--vault", "file", "--yes")
    code, _, err = shell(*given)
    assert code == 2, "--yes is no answer to that"
    assert SAME_TEAM not in err
    assert "--same-team" in err
    assert key_ids(shell) == [one.key_id]
    code, out, err = shell(*given, "--same-team")
    assert code == 0, out + err
    assert other.key_id in key_ids(shell)


@pytest.mark.parametrize(
    ("command", "option", "words"),
    [
        *((name, "--preset", [preset.name for preset in PRESETS]) for name in ("invite", "set-roles")),
        *((name, "--features", [each.value for each in Capability]) for name in ("link", "rotate")),
    ],
)
def test_help_names_every_word_that_an_option_takes(command: str, option: str, words: list[str]) -> None:
    (found,) = [each for each in COMMANDS if each.name == command]
    (told,) = [each.help for each in found.options if option in each.names]
    assert {word for word in words if not re.search(rf"\b{word}\b", told)} == set()
