"""The command line's manners: usage, help, exit codes, start-up, what is derived from the one table."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import ascinbox
from ascinbox.cli import main
from ascinbox.cli.commands import COMMANDS, GLOBAL_OPTIONS, SECTIONS
from ascinbox.cli.open import OTHER_WORDS
from ascinbox.cli.parser import full_parser, parse, parser_for
from ascinbox.cli.reference import man_page, markdown, overview_text, usage
from ascinbox.core.errors import UsageError
from ascinbox.tui.runtime.saved_frame import SavedFrame
from benchmarks.make_cache import make_cache

Capture = pytest.CaptureFixture[str]


def program(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ascinbox", *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **variables},
        timeout=60,
    )


def test_an_interrupt_before_the_command_is_known_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(frame: SavedFrame) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(SavedFrame, "draw", interrupted)
    try:
        assert main(["All"]) == 130
    except KeyboardInterrupt:
        pytest.fail("it ends with a traceback")


def test_version_needs_none_of_the_heavy_libraries() -> None:
    script = textwrap.dedent("""
        import sys
        from ascinbox.cli import main
        code = main(["--version"])
        heavy = {"textual", "sqlmodel", "httpx", "argparse", "sqlalchemy", "pydantic", "jwt", "keyring"}
        heavy |= {"fasttext", "mcp"}
        print(sorted(heavy & set(sys.modules)), code)
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"ascinbox \d+\.\d+\.\d+\n\[\] 0\n", done.stdout)


def test_help_needs_none_of_the_heavy_libraries_either() -> None:
    script = (
        "import sys; from ascinbox.cli import main; main(['--help']);"
        "print({'textual', 'httpx', 'sqlmodel'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("set()")


@pytest.mark.parametrize("argv", [["reviews", "--limit", "3"], ["outbox"], ["accounts"], ["health"]])
def test_a_quick_command_imports_little(tmp_path: Path, argv: list[str]) -> None:
    make_cache(tmp_path, 5)
    unneeded = {"sqlmodel", "sqlalchemy", "pydantic", "textual", "rich", "asyncio", "httpx", "ssl", "jwt"}
    unneeded |= {"cryptography", "keyring", "subprocess", "difflib", "shutil", "tempfile", "csv", "random"}
    unneeded |= {"ascinbox.core.filters"} if argv == ["outbox"] else set()
    unneeded |= {"ascinbox.core.deliveries.states", "ascinbox.core.deliveries.events"}
    code = (
        f"import sys; sys.argv = ['ascinbox', *{argv!r}, '--offline']; from ascinbox.cli import main; main();"
        f"print(sorted({unneeded!r} & set(sys.modules)), file=sys.stderr)"
    )
    environment = {**os.environ, "ASCINBOX_HOME": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert ran.stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "argv",
    [["nonsense"], ["reviews", "--limit", "many"], ["reviews", "--limit", "-1"], ["reply"], ["reply", "1"],
     ["export", "everything"], ["sync", "--watch", "soon"], ["--no-such-option"],
     ["reviews", "--json", "--csv"], ["demo", "--now", "yesterday"], ["completion", "cmd"],
     ["help", "nothing"]],
)  # fmt: skip
def test_misuse_exits_3_with_words_on_stderr_only(argv: list[str], capsys: Capture) -> None:
    assert main(argv) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ascinbox: ")
    assert "Traceback" not in err


def test_a_slip_of_the_pen_is_answered_with_the_nearest_command(capsys: Capture) -> None:
    assert main(["helth"]) == 3
    assert "Did you mean health?" in capsys.readouterr().err


def test_no_word_of_another_tool_is_a_command_here() -> None:
    assert not OTHER_WORDS.keys() & {command.name for command in COMMANDS}


def test_without_a_terminal_one_line_names_the_headless_commands() -> None:
    done = program()
    assert done.returncode == 3
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "\x1b" not in done.stderr
    for name in ("health", "sync", "reviews", "reply"):
        assert name in done.stderr


def test_a_key_on_the_command_line_is_refused_unseen(capsys: Capture) -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n"
    assert main(["link", "--name", "N", "--p8", pem]) == 3
    out, err = capsys.readouterr()
    assert "MIGH" not in out + err
    assert "never belongs on a command line" in err


def test_global_options_stand_before_or_after_the_command() -> None:
    before, first = parse(["--account", "North", "--offline", "reviews", "rating:1"])
    after, second = parse(["reviews", "rating:1", "--offline", "--account", "North"])
    assert before is after
    assert vars(first) == vars(second)
    assert (first.account, first.offline, first.query) == ("North", True, "rating:1")


def test_a_word_that_is_no_command_is_a_view() -> None:
    command, options = parse(["--ascii", "low-stars"])
    assert command.name == ""
    assert options.view == "low-stars"


def test_a_query_that_begins_with_a_minus_goes_after_two_dashes() -> None:
    _, options = parse(["reviews", "--limit", "3", "--", "-refund"])
    assert (options.query, options.limit) == ("-refund", 3)


def test_options_are_never_abbreviated() -> None:
    with pytest.raises(UsageError):
        parse(["reviews", "--lim", "3"])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_a_module_that_runs_it(command: object) -> None:
    from ascinbox.cli.commands import Command

    assert isinstance(command, Command)
    assert callable(import_module(command.target).run)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_explains_each_of_its_options(command: object, capsys: Capture) -> None:
    from ascinbox.cli.commands import Command

    assert isinstance(command, Command)
    assert main([command.name, "--help"]) == 0
    out = capsys.readouterr().out
    for option in (*command.options, *GLOBAL_OPTIONS):
        if option.names[0] != "--json":
            assert (option.metavar or option.names[0] if option.positional else option.names[0]) in out
    assert ("--json" in out) == ("json" in command.formats)


def test_the_overview_names_every_command_in_80_columns() -> None:
    text = overview_text()
    assert max(map(len, text.splitlines())) <= 80
    assert {command.section for command in COMMANDS} <= {name for name, _ in SECTIONS}
    for command in COMMANDS:
        assert f"\n  {command.name} " in text or f"\n  {command.name}\n" in text


def test_docs_and_man_page_hold_every_option() -> None:
    page, roff = markdown(), man_page("1.2.3")
    for command in COMMANDS:
        assert usage(command) in page
        for option in command.options:
            assert option.help in page
            assert option.names[0].replace("-", "\\-") in roff or option.positional


def test_the_docs_page_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "commands.md"
    assert page.read_text("utf-8") == markdown()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_completion_knows_every_command(shell: str, capsys: Capture) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for command in COMMANDS:
        assert command.name in script


def test_the_bash_completion_is_valid_bash(tmp_path: Path) -> None:
    script = tmp_path / "completion"
    script.write_text(program("completion", "bash").stdout)
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


def test_one_parser_and_many_agree_on_every_option() -> None:
    whole = full_parser()
    for command in COMMANDS:
        own = {option.dest for option in parser_for(command)._actions}
        text = whole._subparsers._group_actions[0].choices[command.name]._actions  # type: ignore[union-attr,index]
        assert {option.dest for option in text} == own


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m ascinbox keys | true; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() in {"141", "0"}
    assert done.stderr == ""


def test_keys_as_json_is_ascii_and_has_the_common_head(capsys: Capture) -> None:
    assert main(["keys", "--json"]) == 0
    out = capsys.readouterr().out
    assert out.isascii()
    document = json.loads(out)
    assert document["schema"] == "ascinbox.keys/1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["generated_at"])
    assert document["cache_age_s"] is None


def test_keys_check_refuses_a_clash(home: Path, capsys: Capture) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text('[keys]\ndone = ["r"]\n')
    assert main(["keys", "--check"]) == 2
    assert "done" in capsys.readouterr().err


def test_a_broken_config_is_named_with_line_and_column(home: Path, capsys: Capture) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("[ui]\ntheme = dark\n")
    assert main(["keys"]) == 3
    assert re.search(r"config\.toml:2:\d+: not TOML", capsys.readouterr().err)


def test_an_unexpected_error_is_one_calm_line_and_a_log_without_locals(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    from ascinbox.cli import keys

    def broken(_context: object, _options: object) -> int:
        token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"
        raise RuntimeError(f"could not send {token}")

    monkeypatch.setattr(keys, "run", broken)
    assert main(["keys"]) == 70
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "RuntimeError" in err
    log = home / "state" / "ascinbox.log"
    assert log.stat().st_mode & 0o777 == 0o600
    text = log.read_text()
    assert "RuntimeError" in text
    assert "eyJ" not in text
    assert len(text.splitlines()) == 1


def test_textual_log_variables_and_core_dumps_are_off(monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        # Where the limit is 0 anyway only the call tells whether anybody cares.
        "import os, resource; asked = []; resource.setrlimit = lambda *given: asked.append(given);"
        "from ascinbox.cli.run import harden_process; harden_process();"
        "print([n for n in os.environ if n.startswith('TEXTUAL')],"
        "asked == [(resource.RLIMIT_CORE, (0, 0))], oct(os.umask(0)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TEXTUAL_LOG": "/tmp/x", "TEXTUAL": "devtools"},
    )
    assert done.stdout.split() == ["[]", "True", "0o77"]


NO_MODULES = {"ascinbox.log", "ascinbox.connection"}


def test_every_module_that_is_named_in_a_string_exists() -> None:
    """Where a string names a module that moved, no type checker tells."""
    sources = [path.read_text("utf-8") for path in Path(ascinbox.__file__).parent.rglob("*.py")]
    named = {name for text in sources for name in re.findall(r"\"(ascinbox(?:\.[a-z_]+)+)\"", text)}
    others = {name for text in sources for name in re.findall(r"[gG]et_?[lL]ogger\(\"([a-z_.]+)\"\)", text)}
    assert "ascinbox.sources.apple.client" in named, "what the demo loads while its server starts"
    assert [name for name in sorted(named - others - NO_MODULES) if not _exists(name)] == []


def _exists(module: str) -> bool:
    parent = module.rpartition(".")[0]
    return not parent or (_exists(parent) and find_spec(module) is not None)
