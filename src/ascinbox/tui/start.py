"""Starts the full-screen app. Textual is imported only then."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ascinbox.tui.runtime.saved_frame import SavedFrame
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
    if (
        saved_frame is not None
        and not saved_frame.drawn
        and not demo
        and not begin
        and not review
        and stdout is not None
    ):
        from ascinbox.tui.runtime.cell_widths import count_spacing_marks
        from ascinbox.tui.runtime.first_paint import first_paint

        count_spacing_marks()
        size = os.get_terminal_size(stdout.fileno())
        saved_frame.show(first_paint(workspace, chosen, size, os.environ, view))

    # Everything that is made from here to the first rows stays: there is nothing to collect.
    gc.disable()
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
    )
    if saved_frame is not None:
        saved_frame.hand_over()
    switching = sys.getswitchinterval()
    # Keyboard, screen and writing are three threads: at each step a busy worker may hold one up so long.
    sys.setswitchinterval(SWITCH_S)
    try:
        app.run(mouse=chosen.mouse)
    finally:
        sys.setswitchinterval(switching)
        gc.enable()
    if app.begins_anew:
        return BEGINS_ANEW
    return WANTS_DEMO if app.wants_demo else app.return_code or 0
