"""`ascinbox demo`, and `--demo` before any other command."""

from __future__ import annotations

import argparse
import logging
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ascinbox.cli.context import Context
from ascinbox.cli.demo_session import DemoSession, Wanted, play_addresses
from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.events import AccountsChanged, Notice, OutboxChanged, ReviewsChanged
from ascinbox.core.stores import STORES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ascinbox.workers.workspace import Workspace

SEED = 7
REVIEWS = 4812
NO_SCENE = frozenset({"keys", "help", "completion", "simulator"})
"""Commands that have no use for data."""
NO_REVIEWS = frozenset({"health", "accounts", "link", "rotate", "unlink", "invite"})
"""Commands for which linked accounts are enough."""
REPORTS = frozenset({"metrics", "export"})
REPORTS_DATA = ("sales", "finance", "analytics")

log = logging.getLogger("ascinbox.demo")


def enter_demo(context: Context, name: str) -> None:
    """Moves the run of the command `name` into a demo of its own; for headless commands the scene is set."""
    if name in NO_SCENE:
        return
    options = context.options
    full_screen = name in {"", "demo"}
    if full_screen and not (context.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The demo's app needs a terminal; without one use: ascinbox --demo health, "
            "ascinbox --demo reviews (see: ascinbox help demo)."
        )
    wanted = _wanted(options) if name == "demo" else Wanted(SEED, REVIEWS, None)
    session = DemoSession(wanted, resumable=full_screen)
    context.defer(_closing(session))
    context.demo = session
    context.use(
        paths=session.paths,
        clock=session.clock,
        base_url="",
        environ={k: v for k, v in context.environ.items() if k not in {"ASCINBOX_HOME", *store_variables()}},
    )
    if not full_screen:
        context.base_url = session.hello["url"]
        context.environ.update(play_addresses(session.hello))
        _set_scene(context, session, name)


def store_variables() -> set[str]:
    """The variables that put another service in a store's place: the demo has its own."""
    return {name for row in STORES for name in (row.url_variable, row.files_variable) if name}


def _wanted(options: argparse.Namespace) -> Wanted:
    return Wanted(
        seed=options.seed,
        reviews=REVIEWS if options.reviews is None else options.reviews,
        now=options.now.isoformat() if options.now is not None else None,
    )


@contextmanager
def _closing(session: DemoSession) -> Iterator[None]:
    try:
        yield
    finally:
        session.close()


def _set_scene(context: Context, session: DemoSession, name: str) -> None:
    session.set_scene(reviews=name not in NO_REVIEWS)
    if name in NO_REVIEWS:
        return
    from ascinbox.cli.demo_stage import queue_the_queued

    with context.workspace() as workspace:
        queue_the_queued(session.hello, workspace)
        with _online(workspace):
            workspace.sync.run(datasets=["reviews"])
            if name in REPORTS and getattr(context.options, "what", "metrics") == "metrics":
                workspace.sync.run(datasets=list(REPORTS_DATA))


@contextmanager
def _online(workspace: Workspace) -> Iterator[None]:
    """The scene is set online; a demo that is to be offline is so from then on."""
    offline, workspace.offline = workspace.offline, False
    try:
        yield
    finally:
        workspace.offline = offline


def run(context: Context, _options: argparse.Namespace) -> int:
    """Opens the app at once; its scene is set behind it."""
    return demo_screen(context, view=None)


def demo_screen(context: Context, *, view: str | None, begin: str = "", review: str = "") -> int:
    """The screen over the demo that the context is in."""
    session = context.demo
    assert session is not None
    context.base_url = "http://127.0.0.1:0"
    workspace = context.open_workspace(may_ask=False)
    shown = threading.Event()
    setter = threading.Thread(target=_behind, args=(session, workspace, shown), daemon=True)
    setter.start()
    try:
        from ascinbox.tui.start import run_app

        workspace.wait_ready()
        return run_app(workspace, view=view, demo=True, begin=begin, review=review, when_ready=shown.set)
    finally:
        workspace.stop.set()
        setter.join(3)
        workspace.close()


def _behind(session: DemoSession, workspace: Workspace, shown: threading.Event) -> None:
    """Sets the scene while the screen is up; what goes wrong is told there, once it is."""
    try:
        workspace.base_url = session.hello["url"]
        workspace.environ.update(play_addresses(session.hello))
        with _online(workspace):
            _set_scene_behind(session, workspace)
            # Before the faults: a 429 met by a probe would hide the red cells that the demo is to show.
            workspace.health.check()
        session.server.tell("begin")
        session.is_set()
        workspace.start()
        if not workspace.offline:
            workspace.sync.run(datasets=list(REPORTS_DATA))
    except AscinboxError as error:
        _tell(workspace, shown, str(error))
    except Exception:
        if not workspace.stop.is_set():
            log.exception("the demo's scene")
            _tell(workspace, shown, "The demo could not be set up; the log says more.")


def _tell(workspace: Workspace, shown: threading.Event, words: str) -> None:
    while not shown.wait(0.2):
        if workspace.stop.is_set():
            return
    workspace.publish(Notice(words, "error"))


def _set_scene_behind(session: DemoSession, workspace: Workspace) -> None:
    if session.resumed:
        session.renew_keys()
        session.server.tell("meanwhile")
    elif not workspace.accounts.list():
        session.set_scene()
        for event in (AccountsChanged(), ReviewsChanged(None), OutboxChanged(None)):
            workspace.publish(event)
        from ascinbox.cli.demo_stage import queue_the_queued

        queue_the_queued(session.hello, workspace)
    workspace.sync.run(datasets=["reviews"])
