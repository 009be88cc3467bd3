"""Programs outside: the person's editor and browser. They inherit no secret and write over no screen."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote

from ascinbox.core.text import clean_body
from ascinbox.paths import make_private_folder
from ascinbox.tui.runtime.terminal import child_environment

FALLBACK_EDITORS = ("nano", "vi")
_PREFIX, _SUFFIX, _LOCK = "reply-", ".txt", ".lock"


@dataclass(frozen=True, slots=True)
class Edited:
    """What came back from the editor."""

    text: str | None
    """None: nothing usable came back, `problem` says why."""
    problem: str = ""
    path: Path | None = None
    """The file that still holds the text. Whoever has kept the text elsewhere hands it to `drop`."""


@dataclass(frozen=True, slots=True)
class LeftText:
    """A text that the editor saved and that was never taken over."""

    path: Path
    review_id: str
    text: str
    saved_at: datetime
    encoding: str = ""
    """What the bytes were read as, where they are not UTF-8."""


def editor_command(environ: Mapping[str, str]) -> list[str] | None:
    """The editor to run: `$VISUAL`, `$EDITOR`, else the first that is installed; None when there is none.

    Raises ValueError, with a sentence, for a variable that is no command line.
    """
    for name in ("VISUAL", "EDITOR"):
        value = environ.get(name, "")
        try:
            words = shlex.split(value)
        except ValueError as error:
            raise ValueError(f"{name}={value} is not a command: {str(error).lower()}") from None
        if words and shutil.which(words[0]):
            return words
    return next(([name] for name in FALLBACK_EDITORS if shutil.which(name)), None)


def edit_file(path: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Runs the editor on a file of the person's; blocks until it ends. Gives back why it did not run."""
    try:
        command = editor_command(environ)
    except ValueError as error:
        return str(error)
    if command is None:
        return "no editor found: set EDITOR"
    try:
        subprocess.call([*command, str(path)], env=child_environment(environ))  # noqa: S603
    except OSError as error:
        return f"{command[0]} did not start: {error.strerror}"
    return ""


class EditorFiles:
    """The files by which texts go to the editor and come back.

    A file is deleted only once its text is kept elsewhere, and no file is ever written over: after a kill, or
    when the text could not be read, it is found again.
    """

    def __init__(self, folder: Path, prefix: str = _PREFIX) -> None:
        """`folder`: made, and closed to others, when it is needed. `prefix`: what its files begin with."""
        self._folder = folder
        self._prefix = prefix

    def edit(self, text: str, review_id: str, environ: Mapping[str, str] = os.environ) -> Edited:
        """Runs the editor on a new private file and reads that back; blocks until the editor ends.

        The file counts, not the editor's exit code.
        """
        try:
            command = editor_command(environ)
        except ValueError as error:
            return Edited(None, str(error))
        if command is None:
            return Edited(None, "no editor found: set EDITOR")
        try:
            make_private_folder(self._folder)
            path = self._write(text, review_id)
        except OSError as error:
            return Edited(None, f"no file for the editor could be written: {error.strerror}")
        try:
            with self._locked(path) as lock:
                environment = child_environment(environ)
                subprocess.call([*command, str(path)], env=environment, pass_fds=(lock,))  # noqa: S603
        except OSError as error:
            self.drop(path)
            return Edited(None, f"{command[0]} did not start: {error.strerror}")
        try:
            edited = path.read_text("utf-8")
        except UnicodeDecodeError:
            return Edited(None, "your editor did not save UTF-8; the text is kept", path)
        except OSError as error:
            return Edited(None, f"{path} could not be read back: {error.strerror}")
        return Edited(_as_reply(edited), path=path)

    def left(self, review_id: str | None = None) -> list[LeftText]:
        """Texts of `review_id` (None: of all) that were not taken over, the oldest first.

        A text that is open in an editor is left out, whoever started that.
        """
        found = []
        for path in self._folder.glob(f"{self._prefix}*{_SUFFIX}") if self._folder.is_dir() else ():
            belongs_to = unquote(path.name[len(self._prefix) : -len(_SUFFIX)].partition(" ")[0])
            if review_id is not None and belongs_to != review_id:
                continue
            with contextlib.suppress(OSError):
                if not self._is_open(path):
                    text, encoding = _decoded(path.read_bytes())
                    saved_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                    found.append(LeftText(path, belongs_to, _as_reply(text), saved_at, encoding))
        return sorted(found, key=lambda one: one.saved_at)

    def drop(self, path: Path) -> None:
        """Deletes a file whose text is kept elsewhere."""
        path.unlink(missing_ok=True)
        path.with_suffix(_LOCK).unlink(missing_ok=True)

    def _write(self, text: str, review_id: str) -> Path:
        number = 1
        while True:
            again = "" if number == 1 else f" {number}"
            path = self._folder / f"{self._prefix}{quote(review_id, safe='')}{again}{_SUFFIX}"
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                number += 1
                continue
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text if not text or text.endswith("\n") else text + "\n")
            return path

    @contextlib.contextmanager
    def _locked(self, path: Path) -> Iterator[int]:
        """Marks a file as open. The editor inherits the lock: it holds also after a kill of this program."""
        lock_path = path.with_suffix(_LOCK)
        lock = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield lock
            lock_path.unlink(missing_ok=True)
        finally:
            os.close(lock)

    def _is_open(self, path: Path) -> bool:
        try:
            lock = os.open(path.with_suffix(_LOCK), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False


def _as_reply(text: str) -> str:
    return clean_body(text.removeprefix("\ufeff")).rstrip("\n")


def _decoded(raw: bytes) -> tuple[str, str]:
    """The text, and the encoding's name where it is not UTF-8. Latin-1 gives a letter for every byte."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        with contextlib.suppress(UnicodeDecodeError):
            return raw.decode("utf-16"), "UTF-16"
    for encoding, name in (("utf-8", ""), ("cp1252", "Latin-1")):
        with contextlib.suppress(UnicodeDecodeError):
            return raw.decode(encoding), name
    return raw.decode("latin-1"), "Latin-1"


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
