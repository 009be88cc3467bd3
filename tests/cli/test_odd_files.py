"""Files of ours that are something else: a pipe, a folder, a link, a device; and what nests without end."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.programs import run_here

BUSY_MACHINE_S = 20.0
"""A command that hangs would hang for ever; a start alone may take seconds beside other work."""


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "ASCINBOX_HOME": str(home), "ASCINBOX_API_URL": "http://127.0.0.1:9"}


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command on an empty home, which no simulator is behind, in this process."""

    def hangs(*_: object) -> None:
        raise TimeoutError(arguments)

    before = signal.signal(signal.SIGALRM, hangs)
    signal.setitimer(signal.ITIMER_REAL, BUSY_MACHINE_S)
    try:
        return run_here(arguments, environment(home))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run_as_program(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same as a program of its own, whose standard output is a pipe."""
    return subprocess.run(
        [sys.executable, "-m", "ascinbox", *arguments],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=BUSY_MACHINE_S,
    )


def put(kind: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    match kind:
        case "a named pipe":
            os.mkfifo(path)
        case "a folder":
            path.mkdir()
        case "a link that leads nowhere":
            path.symlink_to(path.with_name("nowhere"))
        case "a link in a circle":
            path.symlink_to(path)
        case "a device":
            path.symlink_to("/dev/full")
        case _:
            raise AssertionError(kind)


KINDS = ("a named pipe", "a folder", "a link that leads nowhere", "a link in a circle", "a device")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["data/user.db", "data/cache.db", "config/config.toml"])
def test_what_is_no_file_is_named_with_its_cause(tmp_path: Path, name: str, kind: str) -> None:
    put(kind, tmp_path / name)
    done = run(tmp_path, "outbox")
    assert done.returncode not in (0, 70), done.stderr
    assert name.rpartition("/")[2] in done.stderr
    assert kind in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_views_and_templates_that_are_no_file_are_problems_that_name_it(tmp_path: Path, kind: str) -> None:
    from ascinbox.core.replies.template_files import load_templates
    from ascinbox.workers.reviews.views import load_views

    put(kind, tmp_path / "views.toml")
    put(kind, tmp_path / "templates" / "thanks.md")
    [problem] = load_views(tmp_path / "views.toml").problems
    assert "views.toml" in problem
    assert kind in problem
    [problem] = load_templates(tmp_path / "templates").problems
    assert "thanks.md" in problem
    assert kind in problem


DEEP = {
    "deep brackets": ("[view]\nname = " + "[" * 50_000, "nested too deeply"),
    "a long number": ("[outbox]\nundo_seconds = " + "1" * 20_000, "number is too long"),
    "not a number": ("[outbox]\nundo_seconds = nan", "undo_seconds must be from 0 to 600"),
}


@pytest.mark.parametrize("what", list(DEEP))
def test_a_file_that_cannot_be_read_whole_is_a_sentence(tmp_path: Path, what: str) -> None:
    text, words = DEEP[what]
    config = tmp_path / "config" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(text)
    done = run(tmp_path, "outbox")
    assert done.returncode == 3, done.stderr
    assert "config.toml" in done.stderr
    assert words in done.stderr


@pytest.mark.parametrize("what", ["deep brackets", "a long number"])
def test_the_same_in_views(tmp_path: Path, what: str) -> None:
    from ascinbox.core.errors import ConfigError
    from ascinbox.workers.reviews.views import delete_view, load_views, save_view
    from ascinbox.workers.runtime.settings import save_setting

    text, words = DEEP[what]
    path = tmp_path / "views.toml"
    path.write_text(text)
    [problem] = load_views(path).problems
    assert words in problem
    for change in (
        lambda: save_view(path, "Crashes", "tag:crash"),
        lambda: delete_view(path, "Crashes"),
        lambda: save_setting(path, "ui", "bell", True),
    ):
        with pytest.raises(ConfigError, match=words):
            change()
    assert path.read_text() == text


def test_a_broken_template_is_told_where_one_is_missed(tmp_path: Path) -> None:
    from ascinbox.core.replies.template_files import load_templates

    (tmp_path / "thanks.md").write_text("Hi {name}")
    [problem] = load_templates(tmp_path).problems
    assert "thanks.md:1:4" in problem


# --- what is written ---


def test_an_export_follows_a_link_and_replaces_what_it_leads_to(tmp_path: Path) -> None:
    target = tmp_path / "real.csv"
    target.write_text("old")
    link = tmp_path / "link.csv"
    link.symlink_to(target)
    done = run(tmp_path / "home", "export", "reviews", "-o", str(link))
    assert done.returncode == 0, done.stderr
    assert link.is_symlink()
    assert target.read_text().startswith("id,account")
    dangling = tmp_path / "new-link.csv"
    dangling.symlink_to(tmp_path / "new.csv")
    assert run(tmp_path / "home", "export", "reviews", "-o", str(dangling)).returncode == 0
    assert dangling.is_symlink()
    assert stat.S_IMODE((tmp_path / "new.csv").stat().st_mode) == 0o600


@pytest.mark.parametrize("command", [("export", "reviews", "-o"), ("doctor", "--bundle")])
def test_a_pipe_and_a_device_are_written_to(tmp_path: Path, command: tuple[str, ...]) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()), daemon=True)
    reader.start()
    done = run(tmp_path / "home", *command, str(pipe))
    reader.join(10)
    assert done.returncode in (0, 1), done.stderr
    assert heard[0]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert run(tmp_path / "home", *command, "/dev/null").returncode in (0, 1)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    full = run(tmp_path / "home", *command, "/dev/full")
    assert full.returncode == 3
    assert "/dev/full cannot be written" in full.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", [("export", "reviews", "-o"), ("doctor", "--bundle")])
def test_a_dash_is_standard_output(
    tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_as_program(tmp_path / "home", *command, "-")
    assert done.returncode in (0, 1)
    assert done.stdout.startswith(("id,account", "{"))
    assert not (tmp_path / "-").exists()
    assert (
        run_as_program(tmp_path / "home", *command, "/dev/stdout").stdout == done.stdout
        or command[0] == "doctor"
    )


def test_settings_and_views_that_are_links_stay_links(tmp_path: Path) -> None:
    from ascinbox.workers.reviews.views import delete_view, save_view
    from ascinbox.workers.runtime.settings import save_setting

    dotfiles, config = tmp_path / "dotfiles", tmp_path / "config"
    dotfiles.mkdir()
    config.mkdir()
    for name in ("config.toml", "views.toml"):
        (dotfiles / name).write_text("# mine\n")
        (config / name).symlink_to(dotfiles / name)
    save_setting(config / "config.toml", "ui", "bell", True)
    save_view(config / "views.toml", "Crashes", "tag:crash")
    delete_view(config / "views.toml", "Crashes")
    for name in ("config.toml", "views.toml"):
        assert (config / name).is_symlink()
        assert (dotfiles / name).read_text().startswith("# mine\n")
    assert "bell = true" in (dotfiles / "config.toml").read_text()


def test_a_view_that_is_not_found_is_told_together_with_a_broken_file_of_views(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir(mode=0o700)
    (tmp_path / "config" / "views.toml").write_text("view = " + "[" * 5_000)
    done = run(tmp_path, "angry")
    assert done.returncode == 3
    assert "is called 'angry'" in done.stderr
    assert "views.toml" in done.stderr
    assert "nested too deeply" in done.stderr
