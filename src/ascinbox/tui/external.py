"""Programs outside: the person's editor and browser. They inherit no secret and write over no screen."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ascinbox.core.text import clean_body
from ascinbox.paths import make_private_folder
from ascinbox.tui.terminal import child_environment

FALLBACK_EDITORS = ("nano", "vi")


@dataclass(frozen=True, slots=True)
class Edited:
    """What came back from the editor."""

    text: str | None
    """None: nothing usable came back, `problem` says why."""
    problem: str = ""


def editor_command(environ: Mapping[str, str]) -> list[str] | None:
    """The editor to run: `$VISUAL`, `$EDITOR`, else the first that is installed; None when there is none."""
    for name in ("VISUAL", "EDITOR"):
        words = shlex.split(environ.get(name, ""))
        if words and shutil.which(words[0]):
            return words
    return next(([name] for name in FALLBACK_EDITORS if shutil.which(name)), None)


def edit(text: str, folder: Path, name: str, environ: Mapping[str, str] = os.environ) -> Edited:
    """Runs the editor on a private file and reads the file back; blocks until the editor ends.

    The file counts, not the editor's exit code. It is deleted once it has been read; if it cannot be read
    it stays, and `problem` names it.
    """
    command = editor_command(environ)
    if command is None:
        return Edited(None, "no editor found: set EDITOR")
    make_private_folder(folder)
    path = folder / f"{name}.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text if not text or text.endswith("\n") else text + "\n")
    try:
        subprocess.call([*command, str(path)], env=child_environment(environ))  # noqa: S603
    except OSError as error:
        path.unlink(missing_ok=True)
        return Edited(None, f"{command[0]} did not start: {error.strerror}")
    try:
        edited = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return Edited(None, f"{path} could not be read back ({type(error).__name__}); it is kept")
    path.unlink(missing_ok=True)
    return Edited(clean_body(edited).rstrip("\n"))


def open_in_browser(address: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Opens an address without letting the browser's words onto the screen; False when there is none."""
    opener = next((name for name in ("xdg-open", "open", "wslview") if shutil.which(name)), None)
    if opener is None:
        return False
    try:
        subprocess.Popen(  # noqa: S603
            [opener, address],
            env=child_environment(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    return True
