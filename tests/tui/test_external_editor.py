"""The person's own editor: what it saved is taken over, or found again and offered; never written over."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from ascinbox.paths import Paths
from ascinbox.tui.external import EditorFiles
from tests.tui.world import running

ENVIRON = {"PATH": os.environ["PATH"]}


def editor(folder: Path, code: str) -> dict[str, str]:
    """An environment whose editor runs `code` with the file as `path`."""
    script = folder / "editor.py"
    script.write_text(f"import os, signal, sys, time\npath = sys.argv[1]\n{code}\n", "utf-8")
    return {**ENVIRON, "EDITOR": f"{sys.executable} {script}"}


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    files = EditorFiles(tmp_path / "editing")
    environ = editor(tmp_path, "open(path, 'a').write('more')")
    first = files.edit("one", "rev1", environ)
    assert first.text == "one\nmore"
    second = files.edit("two", "rev1", environ)
    assert second.text == "two\nmore"
    assert first.path != second.path
    assert [left.text for left in files.left("rev1")] == ["one\nmore", "two\nmore"]
    for one in (first, second):
        assert one.path is not None
        files.drop(one.path)
    assert list((tmp_path / "editing").iterdir()) == []


@pytest.mark.parametrize(
    ("encoding", "named"), [("latin-1", "Latin-1"), ("utf-16", "UTF-16"), ("utf-8-sig", "")]
)
def test_what_is_not_utf_8_is_kept_and_offered_in_letters(tmp_path: Path, encoding: str, named: str) -> None:
    files = EditorFiles(tmp_path / "editing")
    environ = editor(tmp_path, f"open(path, 'wb').write('Grüße für Sie'.encode({encoding!r}))")
    edited = files.edit("", "rev1", environ)
    assert (edited.text is None) == bool(named)
    [left] = files.left()
    assert (left.review_id, left.text, left.encoding) == ("rev1", "Grüße für Sie", named)


def test_a_text_is_found_after_a_kill_and_not_while_its_editor_is_open(tmp_path: Path) -> None:
    """The program dies while the editor is open; the editor goes on and saves."""
    folder = tmp_path / "editing"
    environ = editor(
        tmp_path,
        "open(path, 'w').write('saved')\nos.kill(os.getppid(), signal.SIGKILL)\n"
        f"\nwhile not os.path.exists({str(tmp_path / 'end')!r}): time.sleep(0.01)",
    )
    code = (
        "import os, pathlib; from ascinbox.tui.external import EditorFiles;"
        f"EditorFiles(pathlib.Path({str(folder)!r})).edit('begun', 'a/b 1')"
    )
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **environ}, check=False)
    assert done.returncode == -9
    files = EditorFiles(folder)
    assert files.left() == [], "it is still open"
    (tmp_path / "end").touch()
    for _ in range(500):
        if files.left():
            break
        subprocess.run(["sleep", "0.02"], check=True)
    [left] = files.left("a/b 1")
    assert left.text == "saved"
    assert left.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["EDITOR", "VISUAL"])
def test_a_variable_that_is_no_command_is_a_sentence(tmp_path: Path, name: str) -> None:
    edited = EditorFiles(tmp_path / "editing").edit("text", "rev1", {**ENVIRON, name: 'vi "'})
    assert edited.text is None
    assert edited.problem == f'{name}=vi " is not a command: no closing quotation'
    assert not (tmp_path / "editing").exists()


def test_no_room_for_the_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "editing").write_text("a file where the folder should be")
    edited = EditorFiles(tmp_path / "editing").edit("text", "rev1", {**ENVIRON, "EDITOR": "true"})
    assert edited.text is None
    assert "no file for the editor" in edited.problem


async def test_a_left_text_is_told_at_the_start_offered_and_taken(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with running(paths) as ui:
        review_id = ui.current
    EditorFiles(paths.editing).edit("", review_id, editor(tmp_path, "open(path, 'w').write('Long text')"))
    async with running(paths) as ui:
        await ui.until(lambda: "a text from your editor was not taken over: r on" in ui.status)
        while ui.current != review_id:
            await ui.press("j")
        await ui.press("r")
        assert "A text from your editor was not taken over" in ui.text()
        assert '"Long text"' in ui.text()
        await ui.press("2")
        assert ui.inbox.panel.area.text == "", "left for later"
        monkeypatch.setattr(ui.app, "suspend", nullcontext)
        for name, value in editor(tmp_path, "open(path, 'a').write('and more')").items():
            monkeypatch.setenv(name, value)
        await ui.press("ctrl+o")
        assert "A text from your editor was not taken over" in ui.text()
        await ui.press("1")
        assert ui.inbox.panel.area.text == "Long text\nand more"
        draft = ui.workspace.composing.draft(review_id)
        assert draft is not None
        assert draft.text == "Long text\nand more"
        assert list(paths.editing.iterdir()) == []


async def test_latin_1_is_offered_at_once_and_a_bad_editor_keeps_the_draft(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with running(paths) as ui:
        monkeypatch.setattr(ui.app, "suspend", nullcontext)
        await ui.press("r")
        await ui.type("Begun")
        monkeypatch.setenv("EDITOR", 'vi "')
        monkeypatch.delenv("VISUAL", raising=False)
        await ui.press("ctrl+o")
        assert 'EDITOR=vi " is not a command: no closing quotation' in ui.status
        assert ui.inbox.panel.area.text == "Begun"
        monkeypatch.setenv("EDITOR", editor(tmp_path, "open(path, 'wb').write(b'Gr\\xfc\\xdfe')")["EDITOR"])
        await ui.press("ctrl+o")
        assert "read as Latin-1" in ui.text()
        await ui.press("1")
        assert ui.inbox.panel.area.text == "Grüße"
        await ui.press("ctrl+z")
        assert ui.inbox.panel.area.text == "Begun"
