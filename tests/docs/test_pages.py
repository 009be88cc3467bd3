"""Pages made from tables are current, links lead somewhere, pictures have words."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

from ascinbox.core.filters.keys import KEYS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")


def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ascinbox_docs_make", ROOT / "docs" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_made_pages_are_current() -> None:
    for path, text in maker().pages().items():
        assert path.read_text("utf-8") == text, f"{path.name} is out of date: python docs/make.py"


def test_the_filter_page_names_every_term_and_word() -> None:
    page = (ROOT / "docs" / "filters.md").read_text("utf-8")
    for key in KEYS:
        assert f"`{key.name}:`" in page
        for word, _ in key.fixed:
            assert f"`{word}`" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere_and_pictures_have_words(page: Path) -> None:
    for picture, words, target in LINK.findall(page.read_text("utf-8")):
        if re.match(r"^(?:https?|mailto):|^#", target):
            continue
        assert (page.parent / target.partition("#")[0]).exists(), f"{page.name}: {target}"
        if picture:
            assert len(words.split()) >= 6, f"{target} needs words for those who do not see it"


def test_the_readme_has_its_two_commands() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    for name in ("demo", "test"):
        assert re.search(rf"<!-- {name} command -->\n```sh\n.+\n```", text)


def test_the_man_page_is_well_formed() -> None:
    text = (ROOT / "docs" / "ascinbox.1").read_text("utf-8")
    assert text.startswith(".TH ASCINBOX 1")
    known = {"TH", "SH", "SS", "TP", "B", "br", "PP", "IP", "nf", "fi", "EX", "EE", "I"}
    for line in text.splitlines():
        if line.startswith("."):
            assert line[1:].split(" ")[0] in known, line
    for section in ("NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "ENVIRONMENT"):
        assert f".SH {section}" in text


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_command(shell: str) -> None:
    from ascinbox.cli.commands import COMMANDS

    done = subprocess.run(
        [sys.executable, "-m", "ascinbox", "completion", shell], capture_output=True, text=True, check=True
    )
    for command in COMMANDS:
        assert command.name in done.stdout
    if shutil.which(shell) is not None:
        subprocess.run([shell, "-n"], input=done.stdout, text=True, check=True)


ASKED = {
    "bash": """
        source {script}
        asked() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
                   _shtab_ascinbox ascinbox "${{@: -1}}" "${{@: -2:1}}"
                   echo "${{COMPREPLY[*]}}"; COMPREPLY=(); }}
        asked ascinbox he
        asked ascinbox metrics --by ""
        asked ascinbox health --fi
    """,
    "fish": """
        source {script}
        for line in "ascinbox he" "ascinbox metrics --by " "ascinbox health --fi"
            complete -C $line | string replace -r "\\t.*" "" | string join " "
        end
    """,
}
"""What a shell is told to complete, and to print; zsh completes at a terminal only."""


@pytest.mark.parametrize("shell", sorted(ASKED))
def test_shells_complete_commands_choices_and_options(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    with script.open("w") as file:
        subprocess.run([sys.executable, "-m", "ascinbox", "completion", shell], stdout=file, check=True)
    done = subprocess.run(
        [shell, "--norc" if shell == "bash" else "--no-config"],
        input=textwrap.dedent(ASKED[shell].format(script=script)),
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    commands, choices, options = (set(line.split()) for line in done.stdout.strip().splitlines()[-3:])
    assert commands == {"health", "help"}, done
    assert choices == {"app", "country", "product", "day", "person"}
    assert options == {"--fix"}


NAMED = re.compile(r"`([\w./]+\.(?:py|md|toml|txt|service|timer))`")
ROOMS = ("", "src/ascinbox", "docs")


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_the_files_that_a_page_names_are_there(page: str) -> None:
    named = set(NAMED.findall((ROOT / page).read_text("utf-8"))) - THE_PERSONS
    missing = sorted(name for name in named if not any((ROOT / room / name).exists() for room in ROOMS))
    assert not missing, f"{page} names {missing}"


THE_PERSONS = {"config.toml", "views.toml"}
"""Files that are in nobody's repository."""
