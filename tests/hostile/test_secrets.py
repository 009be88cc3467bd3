"""What is neither shown nor handed on nor left open: pictures, editors, logs of Textual, files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ascinbox.tui.external import EditorFiles
from tests.hostile.canaries import PASSPHRASE
from tests.hostile.plant import plant
from tests.programs import run_here
from tests.tui.world import build, review, running


async def test_row_58_a_picture_of_the_screen_holds_no_passphrase(tmp_path: Path) -> None:
    from textual.widgets import Input

    from ascinbox.tui.widgets.field import Field

    paths = build(tmp_path, [review(1)])
    async with running(paths) as ui:
        field = Field("first", "Passphrase", password=True)
        await ui.app.screen.mount(field)
        field.query_one(Input).value = PASSPHRASE
        await ui.rest()
        assert "•" in ui.text()
        assert PASSPHRASE not in ui.text()
        assert PASSPHRASE not in ui.app.export_screenshot().replace("&#160;", " ")


def test_row_58_the_editor_inherits_no_secret(tmp_path: Path) -> None:
    seen = tmp_path / "environ"
    editor = tmp_path / "editor"
    editor.write_text(
        f'#!/bin/sh\nenv > {seen}\ntr "\\0" " " < /proc/self/cmdline >> {seen}\necho hi > "$1"\n'
    )
    editor.chmod(0o700)
    names = (
        "ASC_PRIVATE_KEY", "ASC_ISSUER_ID", "ASCINBOX_PASSPHRASE_FILE", "APP_STORE_CONNECT_API_KEY_KEY",
        "FASTLANE_SESSION", "MY_TOKEN", "CREDENTIALS_DIRECTORY",
    )  # fmt: skip
    canaries = {**dict.fromkeys(names, "CANARY"), "HARMLESS": "-----BEGIN PRIVATE KEY-----CANARY"}
    environ = {**os.environ, **canaries, "VISUAL": str(editor)}
    done = EditorFiles(tmp_path / "drafts").edit("text", "review1", environ)
    assert done.text == "hi"
    assert "CANARY" not in seen.read_text()


@pytest.mark.parametrize("umask", ["000", "022"])
def test_row_61_whatever_the_umask_all_is_private(umask: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    commands = f"reviews; outbox; doctor; accounts; export reviews -o {home}/state/out.csv"
    plant(home)
    for path in [home, *home.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    for command in commands.split(";"):
        environ = {**os.environ, "ASCINBOX_HOME": str(home)}
        run_here(["--offline", *command.split()], environ, umask=int(umask, 8))
    open_to_others = {
        str(path.relative_to(home)): oct(path.stat().st_mode)
        for path in home.rglob("*")
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    }
    assert (home / "state" / "out.csv").exists()
    assert open_to_others == {}
