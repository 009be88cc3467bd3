"""`ascinbox [VIEW]` and `ascinbox open ID`: the full-screen app."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from ascinbox.cli.commands import COMMANDS
from ascinbox.cli.context import Context
from ascinbox.cli.parser import near
from ascinbox.core.errors import UsageError, VaultError

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace

OTHER_WORDS = {
    **dict.fromkeys(("login", "signin", "auth", "connect", "add", "setup", "init", "key"), "link"),
    **dict.fromkeys(("logout", "remove", "delete", "disconnect"), "unlink"),
    **dict.fromkeys(("fetch", "pull", "update", "refresh"), "sync"),
    **dict.fromkeys(("status", "check", "ping", "test"), "health"),
    **dict.fromkeys(("list", "ls", "search", "inbox", "show"), "reviews"),
    **dict.fromkeys(("answer", "respond", "response", "publish"), "reply"),
    **dict.fromkeys(("sales", "stats", "downloads", "revenue", "proceeds", "analytics"), "metrics"),
    **dict.fromkeys(("ratings", "stars"), "metrics --source reviews"),
    **dict.fromkeys(("csv", "download", "report", "reports"), "export"),
    **dict.fromkeys(("apps", "teams", "account"), "accounts"),
    **dict.fromkeys(("users", "teammates"), "invite"),
    **dict.fromkeys(("join", "leave", "members", "postgres", "postgresql"), "team"),
    **dict.fromkeys(("config", "settings", "info", "version", "debug"), "doctor"),
    **dict.fromkeys(("templates", "template", "macros"), "help replies"),
    **dict.fromkeys(("watch", "daemon", "serve", "service"), "sync --watch 15m"),
    **dict.fromkeys(("query", "filter", "filters"), "help queries"),
}
"""Words of other tools, and what is called so here."""
TRIES = 3
"""How often the passphrase of sealed keys is asked for."""


def run(context: Context, options: argparse.Namespace) -> int:
    """Opens the app on `options.view` or the review `options.id`. Without a terminal: one line, exit 3."""
    view = getattr(options, "view", None)
    if view is not None:
        view = _known_view(context, view)
    if not (context.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The app needs a terminal; without one use: ascinbox health, sync, reviews, reply, outbox, "
            "metrics, export (see: ascinbox help headless)."
        )
    return full_screen(context, view=view, review=getattr(options, "id", None) or "")


def full_screen(context: Context, *, view: str | None, begin: str = "", review: str = "") -> int:
    """Runs the screen. `review`: an id, or the beginning of one, of the review to show first. The store opens
    while the screen's modules load; the threads behind it start once the first rows are there."""
    if context.demo is not None:
        from ascinbox.cli.demo import demo_screen

        return demo_screen(context, view=view, begin=begin, review=review)
    workspace = context.open_workspace(may_ask=False)
    try:
        _unlock(context, workspace)
        from ascinbox.tui.start import BEGINS_ANEW, WANTS_DEMO, run_app

        workspace.wait_ready()
        review = _resolved(workspace, review)
        code = run_app(
            workspace,
            view=view,
            begin=begin,
            review=review,
            when_ready=workspace.start,
            saved_frame=context.saved_frame,
        )
    finally:
        workspace.close()
    context.saved_frame.keep(context.paths.state, context.paths.data, context.paths.config)
    if code == WANTS_DEMO:
        os.execv(sys.executable, [sys.executable, "-m", "ascinbox", "demo"])  # noqa: S606
    if code == BEGINS_ANEW:
        os.execv(sys.executable, [sys.executable, "-m", "ascinbox", *sys.argv[1:]])  # noqa: S606
    return code


def _resolved(workspace: Workspace, word: str) -> str:
    from ascinbox.cli.reviewids import resolve

    return resolve(workspace, word) if word else ""


def _unlock(context: Context, workspace: Workspace) -> None:
    """Asks for the passphrase of sealed keys before the screen is up; an empty one leaves them locked."""
    if not context.paths.keys.is_dir() or not any(context.paths.keys.glob("*.sealed")):
        return
    context.saved_frame.end()
    if workspace.vault.knows_passphrase:
        return
    for _ in range(TRIES):
        passphrase = context.ask_passphrase(False)
        if not passphrase:
            context.output.words(
                "The keys stay locked: what is cached can be read, nothing is fetched or sent."
            )
            return
        try:
            workspace.vault.use_passphrase(passphrase)
            return
        except VaultError as error:
            context.output.error(error)
    raise VaultError("The keys stay locked.", "", "Start again when you have the passphrase.")


def _known_view(context: Context, word: str) -> str:
    """The view's name. A word that is neither a view nor a command is a usage error."""
    from ascinbox.workers.reviews.views import find_view, load_views

    listed = load_views(context.paths.views_file)
    views = listed.views
    found = find_view(views, word)
    if found is not None:
        return found.name
    guess = OTHER_WORDS.get(word.casefold()) or near(
        word, [*(command.name for command in COMMANDS), *(view.slug for view in views)]
    )
    raise UsageError(
        f"No command and no view is called {word[:40]!r}.",
        # A view of the person's own may be missing because its file is broken.
        " ".join((*listed.problems[:1], *((f"Did you mean {guess}?",) if guess else ()))),
        "See: ascinbox --help",
    )
