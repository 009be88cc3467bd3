"""`ascinbox team init` and `upgrade`: the team's database."""

from __future__ import annotations

import argparse
from contextlib import suppress
from typing import TYPE_CHECKING

from ascinbox.cli.context import Context
from ascinbox.cli.output import ProgressLine
from ascinbox.cli.team.asking import address_of, agree, counted, opened, team_of, vault_of
from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.text import clean_line

if TYPE_CHECKING:
    from ascinbox.core.secret import Secret
    from ascinbox.store.queue.team.connection import TeamSession
    from ascinbox.workers.workspace import Workspace


def init(context: Context, options: argparse.Namespace) -> int:
    """Makes a team, and this home its worker."""
    from ascinbox.store.queue.team import install
    from ascinbox.store.queue.team.connection import TeamSession
    from ascinbox.workers.team import joining

    home = context.home
    joining.not_joined(home)
    address = address_of(context, options)
    given = None if options.name is None else clean_line(options.name)
    if given == "":
        raise UsageError(
            "The team needs a name that can be read.", "", "Leave out --name: it is the database's."
        )

    def connect(password: Secret | None) -> TeamSession:
        opened = TeamSession(address, password=lambda: password, checks_schema=False)
        with joining.nothing_joined():
            opened.connected(lambda _connection: None)
        return opened

    password, session = opened(context, options, connect)
    try:
        database = str(session.rows("SELECT current_database()::text")[0][0])
        name = given or database
        if options.from_home:
            # What refuses does so before there is a team.
            joining.copy_home(home, context.clock)
        agree(context, f"Make the team {name} in {address.shown}? This home becomes its worker.")
        session.connected(lambda connection: install.init(connection, name))
        try:
            found = joining.look(address, password)
            ref = joining.keep_password(vault_of(context), password, found.hello.me, options.vault)
            joining.join(home, found, works=True, apps=(), since=None, ref=ref)
            accounts, reviews = _begin(context, from_home=options.from_home)
        except BaseException:
            # All or nothing: no team, and this home as it was.
            with suppress(AscinboxError):
                session.connected(install.take_away)
            with suppress(AscinboxError, OSError):
                joining.leave(home, vault_of(context), context.now(), keeps=False)
            raise
    finally:
        session.close()
    output = context.output
    output.line(f"The team {name} is made. You are {found.hello.me}, its admin, and this home is a worker.")
    if options.from_home:
        output.line(f"{reviews:,} reviews and what you did with them were taken over.")
    output.words(f"{counted(accounts, 'account')} will be synced from here: ascinbox sync --watch 15m")
    output.words("Let somebody in: ascinbox team add NAME --level replier --apply")
    return 0


def _begin(context: Context, *, from_home: bool) -> tuple[int, int]:
    """A new worker's first work: accounts, reviews that are taken over."""
    from ascinbox.workers.team import joining

    with context.workspace() as workspace:
        accounts = joining.copy_accounts(context.home, context.clock, workspace, verdicts=True)
        reviews = _hand_over(context, workspace) if from_home else 0
        with workspace.working():
            workspace.catch_up()
            team_of(workspace).share()
    return accounts, reviews


def _hand_over(context: Context, workspace: Workspace) -> int:
    from ascinbox.workers.team import joining

    progress = ProgressLine(context.output)
    try:
        return joining.hand_over(workspace, lambda what, count: progress.show(f"{what} {count:,}"))
    finally:
        progress.clear()


def upgrade(context: Context, _options: argparse.Namespace) -> int:
    """Brings the database to this version."""
    from ascinbox.store.queue.team import install
    from ascinbox.store.queue.team.address import TeamAddress
    from ascinbox.store.queue.team.connection import TeamSession

    with context.workspace() as workspace:
        team = team_of(workspace)
        session = TeamSession(
            TeamAddress(team.membership.address), password=team.password, checks_schema=False
        )
        try:
            # Who may not is told so before any question.
            session.connected(install.check_may_upgrade)
            agree(context, f"Bring {team.membership.team} to this version? Everybody needs it then.")
            session.connected(install.upgrade)
        finally:
            session.close()
        team.session.retry()
    context.output.line(f"{team.membership.team} is at this version.")
    return 0
