"""Every command that a page shows is run, or stands here with the reason why it cannot be."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ascinbox.cli.parser import parse

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(sh|cron)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WHEN = re.compile(r"^(?:[\d*/,-]+ +){5}")
"""The five fields of a crontab's line."""
HERE_DOCUMENT = re.compile(r"<<\s*'?(\w+)'?")

NOT_RUN: tuple[tuple[str, str], ...] = (
    (r"python3 -m venv", "installs from the package index: the test command itself, and the demo command"),
    (r"^\.venv/bin/python", "runs the tests from within the tests"),
    (r"^\.venv/bin/mypy", "the whole source: .ci/run runs it"),
    (r"^python[3]? (?:-m pytest|tests/)", "runs the tests from within the tests"),
    (r"^python benchmarks/|^\.venv/bin/.*benchmarks", "takes minutes, and is about figures"),
    (r"^(?:ollama|docker) ", "installs an engine"),
    (r"^ascinbox (?:translate|draft|assist|mcp)", "needs an engine: tests/cli has stand-ins"),
    (r"^ascinbox mark 4711 --lang", "test_languages.py runs it"),
    (r"^ssh ", "needs another machine"),
    (r"^sudo ", "needs root and systemd"),
    (r"^tmux ", "needs tmux; the terminal tests drive a pseudo-terminal"),
    (r"^(?:man|pipx|uv) ", "changes the machine it runs on"),
    (r"screenshots/make\.py", "has a test of its own"),
    (r"--watch", "runs until it is ended: tested with the command line"),
    (r"^ascinbox(?: demo.*| --read-only| --ascii| [a-z]+-[a-z]+)?$", "needs a terminal: the twenty checks"),
    (r"ascinbox notify |> hook-secret$", "in order and against receivers: test_notifications.py"),
    (r"^ascinbox team ", "in order and against a PostgreSQL: test_team_page.py"),
    (r"^ascinbox (?:link --store play|import) ", "against a Google Play of its own: tests/cli/test_play.py"),
    (r"^ascinbox open ", "needs a terminal: tests/tui/test_approval.py"),
    (r"^ascinbox link$", "asks questions at a terminal"),
)  # fmt: skip


class Shown(NamedTuple):
    """One command line of a page."""

    page: str
    line: str

    @property
    def reason(self) -> str:
        """Why it is not run; empty when it is."""
        return next((why for pattern, why in NOT_RUN if re.search(pattern, self.line)), "")


def shown_commands() -> Iterator[Shown]:
    for page in PAGES:
        for kind, block in FENCE.findall(page.read_text("utf-8")):
            if kind == "cron":
                assert all(WHEN.match(line) for line in block.splitlines())
                block = "\n".join(WHEN.sub("", line) for line in block.splitlines())
            for line in commands_of(block):
                bare = re.sub(r"\s+#\s.*$", "", line).strip()
                if bare and not bare.startswith("#"):
                    yield Shown(page.relative_to(ROOT).as_posix(), bare)


def commands_of(block: str) -> list[str]:
    """A block's commands: lines that go on are one, and so is a line with the document that it reads."""
    found: list[str] = []
    end = ""
    for line in block.replace("\\\n", " ").splitlines():
        if end:
            found[-1] += f"\n{line}"
            end = "" if line == end else end
        else:
            found.append(line)
            here = HERE_DOCUMENT.search(line)
            end = here[1] if here else ""
    return found


COMMANDS = list(dict.fromkeys(shown_commands()))
RUN = [shown for shown in COMMANDS if not shown.reason]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A simulated App Store Connect with one linked, synced account, for all commands of the pages."""
    folder = tmp_path_factory.mktemp("documented")
    server = subprocess.Popen(
        [sys.executable, "-m", "ascinbox", "simulator", "--reviews", "80", "--publish-after", "1",
         "--keys-dir", str(folder / "keys")],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        hello = json.loads(server.stdout.readline())
        commands = folder / "bin"
        commands.mkdir()
        (commands / "ascinbox").write_text(f'#!/bin/sh\nexec {sys.executable} -m ascinbox "$@"\n')
        (commands / "ascinbox").chmod(0o755)
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("ASCINBOX_")},
            "HOME": str(folder),
            "ASCINBOX_HOME": str(folder / "home"),
            "ASCINBOX_API_URL": hello["url"],
            "PATH": f"{commands}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "PYTHONPYCACHEPREFIX": str(folder / "pyc"),
        }
        key = next(k for k in hello["keys"] if k["kind"] == "team" and "ADMIN" in k["roles"])
        made = {"hello": hello, "key": key, "environment": environment, "folder": folder}
        who = f"--p8 {key['p8']} --key-id {key['key_id']} --issuer-id {hello['issuer_id']}"
        # The pages invite teammates, for which an account needs a feature that no link switches on by itself.
        features = "--features reviews,reply,sales,finance,analytics,users,listing"
        more = f"--vendor {hello['vendor']} --vault file --yes {features}"
        done = run(made, f"ascinbox link --name North {who} {more}")
        assert done.returncode in {0, 1}, done.stderr
        assert run(made, "ascinbox sync --only reviews,replies").returncode == 0
        review = json.loads(run(made, "ascinbox reviews is:unanswered --json").stdout)["reviews"][0]
        made["review"], made["app"] = review["id"], review["app"]["id"]
        (folder / "whats-new.md").write_text("# en-US\nA faster start.\n", "utf-8")
        yield made
    finally:
        server.terminate()
        server.wait(10)
        assert server.stdout is not None
        server.stdout.close()


def run(world: dict[str, Any], line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", line],
        cwd=world["folder"],
        env=world["environment"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


def made_real(world: dict[str, Any], line: str) -> str:
    """The line with this world's key, issuer and review in place of the page's invented ones."""
    key, folder = world["key"], world["folder"]
    own = folder / f"AuthKey_{key['key_id']}.p8"
    if not own.exists():
        shutil.copyfile(key["p8"], own)
        own.chmod(0o600)
    line = re.sub(r"(?:~/Downloads/)?AuthKey_\w+\.p8", str(own), line)
    line = re.sub(r"--issuer-id \S+", f"--issuer-id {world['hello']['issuer_id']}", line)
    line = re.sub(r"--name (?!North\b)\S+", "--name Second", line)
    line = line.replace("--vendor 85012345", f"--vendor {world['hello']['vendor']}")
    # Somebody of the world's team: whom a page invites has not accepted yet.
    line = re.sub(r"(?<=set-roles North )mia(?=@)", "anna", line)
    line = re.sub(r"(?<=reply )4711|(?<=mark )4d997789", world["review"], line)
    line = re.sub(r"--app \d+", f"--app {world['app']}", line)
    for place in (".local/share/bash-completion/completions", ".zfunc", ".config/fish/completions"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    return line.replace("Northwind", "North")


@pytest.mark.slow
@pytest.mark.xdist_group("documented")
@pytest.mark.parametrize("shown", RUN, ids=lambda shown: f"{shown.page}: {shown.line}"[:90])
def test_a_documented_command_works(world: dict[str, Any], shown: Shown) -> None:
    line = made_real(world, shown.line)
    if "jq" in line and shutil.which("jq") is None:
        line = line.split("|")[0]
    if " link " in line:
        line += "" if "--vault" in line else " --vault file"
        line += "" if "--yes" in line else " --yes"
        line = f"export ASCINBOX_HOME=$(mktemp -d -p .); {line}"
    if re.search(r" (?:invite|set-roles) ", line) and "--yes" not in line:
        line += " --yes"
    done = run(world, line)
    if "listing new-version" in line:
        # The page says "unless there is one". Each app of the simulator has one: the refusal must be told.
        assert done.returncode == 2
        assert "You cannot create a new version of the App in the current state." in done.stderr
        return
    allowed = {0, 1} | ({2} if "--demo health" in line or "outbox" in line or "health" in line else set())
    assert done.returncode in allowed, f"{line}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("shown", COMMANDS, ids=lambda shown: f"{shown.page}: {shown.line}"[:90])
def test_every_documented_ascinbox_line_parses(shown: Shown) -> None:
    for part in re.split(r"\s*(?:\||&&|;)\s*", shown.line):
        words = shlex.split(re.sub(r"[<>]+\s*\S+$", "", part).strip()) if part.count("'") % 2 == 0 else []
        if words[:1] == ["ascinbox"]:
            parse(words[1:])


def test_the_list_of_what_is_not_run_is_short_and_used() -> None:
    for pattern, reason in NOT_RUN:
        assert reason
        if "benchmarks" in pattern or "tmux" in pattern or "man|pipx" in pattern or "tests/" in pattern:
            continue
        assert any(re.search(pattern, shown.line) for shown in COMMANDS), f"nothing matches {pattern}"
    assert len(RUN) >= 20


def test_units_start_what_exists() -> None:
    for unit in sorted((ROOT / "docs/systemd").iterdir()):
        text = configparser.ConfigParser(strict=False, interpolation=None)
        text.optionxform = str  # type: ignore[assignment,method-assign]
        text.read_string(unit.read_text("utf-8"))
        assert text["Unit"]["Description"]
        if unit.suffix == ".service":
            program, *words = shlex.split(text["Service"]["ExecStart"])
            assert Path(program).name == "ascinbox"
            parse(words)
            assert "ascinbox-passphrase:" in text["Service"]["LoadCredential"]
        else:
            assert unit.with_suffix(".service").exists()


@pytest.mark.slow
@pytest.mark.xdist_group("documented")
def test_the_line_for_cron_is_quiet_only_when_all_is_well(world: dict[str, Any]) -> None:
    well = run(world, "ascinbox sync --only reviews,replies >/dev/null")
    assert (well.returncode, well.stderr) == (0, "")
    ill = run(world, "ASCINBOX_API_URL=http://127.0.0.1:9 ascinbox sync --only reviews,replies >/dev/null")
    assert ill.returncode == 2
    assert "North" in ill.stderr
