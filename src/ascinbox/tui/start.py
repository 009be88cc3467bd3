"""Starts the full-screen app. Textual is imported only then."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ascinbox.tui.runtime.early_keys import EarlyKeys
    from ascinbox.tui.runtime.saved_frame import SavedFrame
    from ascinbox.tui.runtime.terminal import TerminalProfile
    from ascinbox.workers.workspace import Workspace

SWITCH_S = 0.001
"""How long one thread keeps the interpreter while others want it."""
WANTS_DEMO = -1
BEGINS_ANEW = -2
"""What `run_app` returns when somebody without an account chose to look around first."""


def run_app(
    workspace: Workspace,
    *,
    view: str | None = None,
    demo: bool = False,
    begin: str = "",
    review: str = "",
    when_ready: Callable[[], None] | None = None,
    saved_frame: SavedFrame | None = None,
) -> int:
    """Shows the app on `workspace` until it is left; the workspace stays open.

    `view`: name of the view to begin with (else the one of last time). `demo`: mark every screen as DEMO.
    `begin`: id of an action to run once the first screen is there, such as `add`. `review`: id of the review
    to show first. `when_ready`: called once,
    as soon as the first rows are there. `saved_frame`: what is shown already; it takes the last frame.
    Returns the exit code: 0, 1 after an error of the program's own, 128 + n after signal n; or `WANTS_DEMO`
    or `BEGINS_ANEW`.
    """
    from ascinbox.tui.runtime.terminal import prepare_environment, terminal_profile

    stdout = sys.__stdout__
    chosen = terminal_profile(workspace.config, os.environ, stdout.encoding if stdout is not None else None)
    prepare_environment(os.environ, chosen)
    # Everything that is made from here to the first rows stays: there is nothing to collect.
    gc.disable()
    switching = sys.getswitchinterval()
    # Keyboard, screen and writing are three threads: at each step a busy worker may hold one up so long.
    sys.setswitchinterval(SWITCH_S)
    early = None
    try:
        if saved_frame is not None and stdout is not None and not (demo or begin or review):
            size = os.get_terminal_size(stdout.fileno())
            early = _paint_first(workspace, chosen, size, view, saved_frame)
        from ascinbox.tui.app import AscinboxApp

        app = AscinboxApp(
            workspace,
            chosen,
            view=view,
            demo=demo,
            begin=begin,
            review=review,
            when_ready=when_ready,
            saved_frame=saved_frame,
            early=early,
        )
        if saved_frame is not None:
            saved_frame.hand_over()
        app.run(mouse=chosen.mouse)
    finally:
        if early is not None:
            early.leave_terminal()
        sys.setswitchinterval(switching)
        gc.enable()
    if app.begins_anew:
        return BEGINS_ANEW
    return WANTS_DEMO if app.wants_demo else app.return_code or 0


def _paint_first(
    workspace: Workspace,
    profile: TerminalProfile,
    size: os.terminal_size,
    view: str | None,
    saved_frame: SavedFrame,
) -> EarlyKeys | None:
    """Shows the first rows unless a kept frame does, and has keys act on them until the screen is there."""
    from ascinbox.tui.actions import Keymap
    from ascinbox.tui.runtime.cell_widths import count_spacing_marks
    from ascinbox.tui.runtime.early_keys import EarlyKeys
    from ascinbox.tui.runtime.first_paint import first_paint
    from ascinbox.tui.runtime.terminal import stdin_descriptor

    count_spacing_marks()
    painted = first_paint(workspace, profile, size, os.environ, view)
    keyboard = stdin_descriptor()
    if painted is None:
        return None
    if not saved_frame.drawn:
        saved_frame.show(painted.picture())
    if keyboard is None or not saved_frame.drawn:
        return None
    keymap = Keymap.build(workspace.config.keys)
    early = EarlyKeys(painted, keymap, saved_frame.write_over, workspace.throttle.touched)
    saved_frame.over = early.over
    early.begin(keyboard)
    return early
