"""`ascinbox team join` and `leave`: this home as part of a team."""

from __future__ import annotations

import argparse
from contextlib import suppress
from typing import TYPE_CHECKING

from ascinbox.cli.context import Context
from ascinbox.cli.output import ProgressLine
from ascinbox.cli.team.asking import address_of, agree, counted, moment, opened, team_of, vault_of
from ascinbox.cli.team_words import differences_words
from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.workers.team.differences import Kept, kept_here

if TYPE_CHECKING:
    from ascinbox.workers.workspace import Workspace


def join(context: Context, options: argparse.Namespace) -> int:
    """Makes this home a member's, or a worker's."""
    from ascinbox.workers.team import joining

    home = context.home
    joining.not_joined(home)
    address = address_of(context, options)
    password, found = opened(context, options, lambda password: joining.look(address, password))
    joining.may_join(found, works=options.worker)
    apps = joining.chosen_apps(found, options.apps or "all")
    since = None if options.since is None else moment(options.since, context.now())
    hello = found.hello
    agree(context, f"Join {hello.team} as {hello.me} ({hello.level})?")
    ref = joining.keep_password(vault_of(context), password, hello.me, options.vault)
    joining.join(home, found, works=options.worker, apps=apps, since=since, ref=ref)
    idle = False
    try:
        with context.workspace() as workspace:
            if options.worker:
                idle = not joining.copy_accounts(home, context.clock, workspace, verdicts=False)
            _fill(context, workspace)
            words = team_of(workspace).clock_words()
            count = workspace.inbox.count(workspace.inbox.query(""))
    except AscinboxError as error:
        # The rest comes with the next sync: what was decided is written down.
        context.output.words(f"ascinbox: {error}")
        words, count = "", 0
    role = "a worker" if options.worker else str(hello.level)
    context.output.line(f"You are {hello.me} in {hello.team} ({role}); {count:,} reviews are here.")
    if words:
        context.output.words(words)
    if idle:
        context.output.words("It has no account of a store to work on so far: ascinbox link")
    if options.worker:
        context.output.words("It syncs and sends with: ascinbox sync --watch 15m")
    return 0


def _fill(context: Context, workspace: Workspace) -> None:
    from ascinbox.core.events import Event, ReviewsChanged

    progress, count = ProgressLine(context.output), 0

    def hear(event: Event) -> None:
        nonlocal count
        if isinstance(event, ReviewsChanged):
            count += event.new
            progress.show(f"reviews {count:,}")

    unsubscribe = workspace.subscribe(hear)
    try:
        workspace.catch_up()
    finally:
        unsubscribe()
        progress.clear()


def leave(context: Context, options: argparse.Namespace) -> int:
    """Makes it the person's own again."""
    from ascinbox.workers.team import joining

    home = context.home
    if home.in_force == home:
        raise UsageError("This home has joined no team.")
    kept = Kept()
    with suppress(AscinboxError), context.workspace() as workspace:
        with suppress(AscinboxError):
            workspace.catch_up()
        kept = kept_here(workspace)
    if any(kept) and not options.yes:
        _ask_about(context, kept)
    left = joining.leave(home, vault_of(context), context.now())
    context.output.line(f"This home has left {left.team}. Your own accounts and reviews are back.")
    also = f", with {_what(kept)}," if any(kept) else ""
    context.output.words(f"What people did there and your drafts{also} stay here in {left.folder}/user.db")
    context.output.words("An admin takes the login away with: ascinbox team remove " + left.me)
    return 0


def _what(kept: Kept) -> str:
    """`1 act that the team does not have and 2 differences that are not settled`."""
    acts, differences = kept
    parts = [f"{counted(acts, 'act')} that the team does not have"] if acts else []
    if differences:
        parts.append(
            f"{counted(differences, 'difference')} that {'is' if differences == 1 else 'are'} not settled"
        )
    return " and ".join(parts)


def _ask_about(context: Context, kept: Kept) -> None:
    """Leaving keeps from the team what it does not have. Raises AscinboxError unless the person agrees."""
    steps = ["Try again when the database can be reached"] if kept.unsent else []
    if kept.differences:
        steps.append(differences_words(context, kept.differences))
    there = f"You would leave with {_what(kept)}."
    stays = f"{'It' if sum(kept) == 1 else 'They'} would stay in a copy on this machine only."
    if not context.interactive:
        raise AscinboxError(there, stays, f"{'; '.join(steps)}; or add --yes.")
    if not context.confirm(f"{there} {stays} Leave all the same?"):
        raise AscinboxError("Nothing was changed.", "", f"{'; '.join(steps)}.")
