"""Settings by key: what is in force is shown, and a change is in the file, in force and said."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from ascinbox.config import SETTINGS, load_config, said_of, value_of
from ascinbox.paths import Paths
from ascinbox.tui.settings import SECTIONS, listed
from tests.tui.world import Ui, build, review, running

SIZES = ((80, 24), (120, 36))


async def find(ui: Ui, words: str) -> None:
    """Opens the settings and goes to the one that has these words."""
    await ui.press(",")
    await ui.until(lambda: "Settings" in ui.text())
    await ui.type(words)


@pytest.mark.parametrize("size", SIZES)
async def test_a_number_is_asked_for_written_and_in_force(tmp_path: Path, size: tuple[int, int]) -> None:
    paths = build(tmp_path, [review(1)])
    paths.config_file.parent.mkdir(parents=True, exist_ok=True)
    paths.config_file.write_text("# mine\n[outbox]\nundo_seconds = 45 # as agreed\n")
    async with running(paths, size=size) as ui:
        await find(ui, "undo")
        assert "[outbox] undo_seconds" in ui.text()
        assert "45" in ui.text()
        await ui.press("enter")
        await ui.until(lambda: "From 0 to 600" in ui.text())
        await ui.press("backspace", "backspace")
        await ui.type("9000")
        await ui.press("enter")
        await ui.until(lambda: "undo_seconds must be from 0 to 600, not 9000" in ui.text())
        assert "45 # as agreed" in paths.config_file.read_text()
        await ui.press(*["backspace"] * 4)
        await ui.type("60")
        await ui.press("enter")
        await ui.until(lambda: "[outbox] undo_seconds = 60" in ui.status)
        assert ui.app.workspace.config.get("outbox", "undo_seconds") == 60
        assert "# mine" in paths.config_file.read_text()
        assert "Settings" in ui.text(), "back in the list"
        await ui.press("escape")
        assert "Settings" not in ui.text()


async def test_yes_and_no_change_at_once_and_what_waits_for_the_next_start_says_so(tmp_path: Path) -> None:
    paths = build(tmp_path, [review(1)])
    async with running(paths) as ui:
        await find(ui, "bell")
        await ui.press("enter")
        await ui.until(lambda: "[ui] bell = true, from the next start on" in ui.status)
        assert load_config(paths.config_file).get("ui", "bell") is True


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 36)])
async def test_the_setting_under_the_cursor_has_its_value_and_its_whole_meaning(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with running(build(tmp_path, [review(1)]), size=size) as ui:
        await find(ui, "undo_seconds")
        shown = " ".join(" ".join(ui.lines()).replace("│", " ").split())
        assert "undo_seconds 30 " in shown or "undo_sec… 30 " in shown
        meaning = next(one.meaning for one in SETTINGS if one.key == "undo_seconds")
        assert f"{meaning}." in shown if size[0] > 40 else meaning[:30] in shown


async def test_a_theme_is_chosen_and_worn(tmp_path: Path) -> None:
    async with running(build(tmp_path, [review(1)])) as ui:
        await find(ui, "theme")
        await ui.press("enter")
        await ui.type("light")
        await ui.press("enter")
        await ui.until(lambda: "[ui] theme = light" in ui.status)
        assert ui.app.profile.theme == "light"


async def test_a_variable_that_counts_more_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASCINBOX_REPLY_SIGNATURE", "Your team")
    async with running(build(tmp_path, [review(1)])) as ui:
        ui.app.workspace.environ["ASCINBOX_REPLY_SIGNATURE"] = "Your team"
        await find(ui, "signature")
        await ui.press("enter")
        await ui.until(lambda: "ASCINBOX_REPLY_SIGNATURE is set" in ui.text())


async def test_files_of_their_own_open_in_the_editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ascinbox.tui.app.AscinboxApp.suspend", lambda self: nullcontext())
    monkeypatch.setenv("EDITOR", "touch")
    monkeypatch.delenv("VISUAL", raising=False)
    paths = build(tmp_path, [review(1)])
    async with running(paths) as ui:
        await find(ui, "notifications")
        await ui.press("enter")
        await ui.until(lambda: "notify.toml" in ui.text())
        await ui.press("enter")
        await ui.until(lambda: paths.notify_file.exists())


def test_every_setting_has_its_place_and_is_read_as_it_is_said() -> None:
    assert {setting.section for setting in SETTINGS} <= set(SECTIONS)
    assert {
        ("ui", "theme"),
        ("outbox", "undo_seconds"),
        ("metrics", "home_currency"),
        ("reply", "signature"),
    } <= {(setting.section, setting.key) for setting in listed()}
    for setting in SETTINGS:
        if setting.default is not None:
            read = value_of(setting, said_of(setting.default))
            assert (tuple(read) if isinstance(read, list) else read) == setting.default


async def test_the_file_is_told_from_the_home_folder_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    async with running(build(tmp_path, [review(1)])) as ui:
        await ui.press(",")
        await ui.until(lambda: "~/" in ui.text())
        assert str(tmp_path) not in ui.text()


@pytest.mark.parametrize("size", [(120, 36), (200, 50)])
async def test_the_note_uses_the_window_and_the_list_the_screen(paths: Paths, size: tuple[int, int]) -> None:
    async with running(paths, size=size) as ui:
        await ui.press("comma")
        note = [line for line in ui.lines() if "Written into" in line]
        assert len(note) == 1
        assert "config.toml." in note[0]
        shown = sum(" [" in line and "] " in line for line in ui.lines())
        assert shown > size[1] // 2, "as many as a high screen has room for"
        assert "1 of 33" in ui.text() or shown >= 31
        await ui.press("down")
        assert "2 of 33" in ui.text() or shown >= 31
