"""How to behave on this terminal: over SSH, without colour, without Unicode, when it dies. No Textual."""

from __future__ import annotations

import base64
import os
import re
import select
import sys
import threading
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass

from ascinbox.config import Config

SSH_FPS = 15
LOCAL_FPS = 240
"""How often Textual may paint in a second. After a picture it waits up to two turns with the next one. With
its own 60, a key that comes 22 ms after a picture is shown up to 11 ms late, what is read then up to 33."""
LIGHT_ENDINGS = ("light", "latte", "dawn")
"""How the names of light themes end."""
EXIT_LIMIT_S = 2.7
"""The longest that the program lives on after SIGTERM, SIGHUP or the death of its terminal."""


@dataclass(frozen=True, slots=True)
class TerminalProfile:
    """What this terminal and its person can take."""

    ssh: bool = False
    tmux: bool = False
    ascii: bool = False
    colour: bool = True
    theme: str = "dark"
    mouse: bool = True
    animations: bool = True
    bell: bool = False

    @property
    def palette(self) -> str:
        """Name of the roles' colours: the theme, or `none` without colour."""
        return self.theme if self.colour else "none"


def terminal_profile(config: Config, environ: Mapping[str, str], encoding: str | None) -> TerminalProfile:
    """Settings, environment and terminal taken together. `encoding`: that of stdout."""
    ssh = bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
    unicode = (encoding or "").lower().replace("-", "") in {"utf8", "utf16", "utf32"}
    return TerminalProfile(
        ssh=ssh,
        tmux=bool(environ.get("TMUX")),
        ascii=bool(config.get("ui", "ascii")) or environ.get("TERM") == "linux" or not unicode,
        colour="NO_COLOR" not in environ and environ.get("TERM") not in {"dumb", "vt100", "vt220"},
        theme=_theme(str(config.get("ui", "theme")), environ),
        mouse=bool(config.get("ui", "mouse")),
        animations=bool(config.get("ui", "animations")) and not ssh,
        bell=bool(config.get("ui", "bell")),
    )


def _theme(wanted: str, environ: Mapping[str, str]) -> str:
    """With sixteen colours the terminal's own take the place of ours: the nearest ones cannot be read."""
    many = (
        environ.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}
        or environ.get("TEXTUAL_COLOR_SYSTEM", "") in {"truecolor", "256"}
        or environ.get("TERM", "").endswith(("256color", "kitty"))
    )
    if many or wanted.startswith("ansi-"):
        return wanted
    return "ansi-light" if wanted.endswith(LIGHT_ENDINGS) else "ansi-dark"


def prepare_environment(environ: MutableMapping[str, str], chosen: TerminalProfile) -> None:
    """What Textual reads from the environment when it is imported; its key log is kept from existing."""
    # Exported COLUMNS and LINES would hold Textual to that size when the window is drawn larger or smaller.
    for name in ("TEXTUAL", "TEXTUAL_LOG", "TEXTUAL_DEBUG", "COLUMNS", "LINES"):
        environ.pop(name, None)
    if not chosen.animations:
        environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    environ.setdefault("TEXTUAL_FPS", str(SSH_FPS if chosen.ssh else LOCAL_FPS))
    if not chosen.colour:
        environ["NO_COLOR"] = "1"


_SECRET_NAME = re.compile(
    r"^(ASCINBOX_|ASC_|APP_STORE_CONNECT|FASTLANE|SPACESHIP|CREDENTIALS_DIRECTORY)"
    r"|KEY|SECRET|TOKEN|PASSW|PASSPHRASE|ISSUER|CREDENTIAL|\.P8",
    re.IGNORECASE,
)
_HARMLESS = re.compile(r"^(SSH_AUTH_SOCK|KEYBOARD_LAYOUT|XKB.*|XMODIFIERS)$")


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for an editor or browser: nothing in it that may be a secret."""
    return {
        name: value
        for name, value in environ.items()
        if (_HARMLESS.match(name) or not _SECRET_NAME.search(name)) and "PRIVATE KEY" not in value
    }


def clipboard_sequences(text: str, tmux: bool) -> list[str]:
    """OSC 52, and under tmux also wrapped so that it reaches the terminal around it."""
    payload = base64.b64encode(text.encode("utf-8", "replace")).decode()
    plain = f"\x1b]52;c;{payload}\x07"
    return [plain, f"\x1bPtmux;\x1b{plain}\x1b\\"] if tmux else [plain]


def terminal_is_gone(descriptor: int) -> bool:
    """True when the terminal behind `descriptor` has hung up."""
    poller = select.poll()
    try:
        poller.register(descriptor, select.POLLHUP | select.POLLERR)
        return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poller.poll(0))
    except (OSError, ValueError):
        return True


ERASE_LINE = "\x1b[K"
"""Erases from the cursor to the right edge."""
_ERASE_IN_COLOUR = ("xterm", "linux", "rxvt", "alacritty", "foot", "vte", "putty", "konsole")
"""How the names of terminals begin whose description has `bce`. Asking it takes curses, and 30 ms."""


def erases_in_colour(environ: Mapping[str, str]) -> bool:
    """Whether what the terminal erases gets the background colour in force."""
    return environ.get("TERM", "").startswith(_ERASE_IN_COLOUR)


class TerminalWatch:
    """A thread that notices a dead terminal, also while the screen is busy writing to it.

    With SIGHUP ignored (nohup) nothing else would: the program would spin on a terminal nobody has.
    """

    def __init__(self, descriptor: int, gone: Callable[[], None], every_s: float = 1.0) -> None:
        self._descriptor = descriptor
        self._gone = gone
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ascinbox-terminal", daemon=True)

    def start(self) -> None:
        """Begins to look, once a second."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the looking."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            if terminal_is_gone(self._descriptor):
                self._gone()
                return


def exit_at_the_latest(code: int, after_s: float = EXIT_LIMIT_S) -> None:
    """Ends the process after `after_s` seconds, whatever still hangs. Drafts are saved as they are typed."""

    def end() -> None:
        time.sleep(after_s)
        os._exit(code)

    threading.Thread(target=end, name="ascinbox-exit", daemon=True).start()


def stdin_descriptor() -> int | None:
    """The terminal that keys come from; None without one."""
    stdin = sys.__stdin__
    return stdin.fileno() if stdin is not None and stdin.isatty() else None
