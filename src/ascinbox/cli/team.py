"""`ascinbox team`: one queue for several people, in a PostgreSQL database."""

from __future__ import annotations

import argparse
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ascinbox.cli import values
from ascinbox.cli.context import Context
from ascinbox.cli.output import ProgressLine
from ascinbox.core.clock import from_epoch, iso
from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.secret import Secret
from ascinbox.core.team import Level, TeamStatus
from ascinbox.paths import write_private_file

if TYPE_CHECKING:
    from ascinbox.store.queue.team.address import TeamAddress
    from ascinbox.store.queue.team.connection import TeamSession
    from ascinbox.workers.team.team import JoinedTeam
    from ascinbox.workers.workspace import Workspace

PASSWORD_BYTES = 24
"""Of a random password, before they are written as 32 letters."""

R = TypeVar("R")


def run(context: Context, options: argparse.Namespace) -> int:
    """Does one of the things; each says what it needs."""
    if options.demo:
        raise UsageError("The demo has no team.", "", "Leave out --demo.")
    _check_words(options)
    return _DOES[options.what](context, options)


_TAKES: dict[str, tuple[str, frozenset[str]]] = {
    "init": ("URL", frozenset({"name", "from_home", "password_stdin", "vault", "yes"})),
    "upgrade": ("", frozenset({"yes"})),
    "add": ("NAME", frozenset({"level", "apply", "password_stdin"})),
    "remove": ("NAME", frozenset({"yes"})),
    "list": ("", frozenset()),
    "join": ("URL", frozenset({"apps", "since", "worker", "password_stdin", "vault", "yes"})),
    "leave": ("", frozenset({"yes"})),
    "status": ("", frozenset()),
    "log": ("", frozenset({"since", "export"})),
}
"""Of each thing to do, the word that it needs and the options that it takes."""


def _check_words(options: argparse.Namespace) -> None:
    wanted, taken = _TAKES[options.what]
    if options.target is not None and not wanted:
        raise UsageError(
            f"team {options.what} takes no {options.target[:40]!r}.", "", "See: ascinbox team --help"
        )
    if options.target is None and wanted == "NAME":
        raise UsageError(
            f"team {options.what} needs a name.", "", f"Such as: ascinbox team {options.what} anna"
        )
    every = frozenset().union(*(words for _, words in _TAKES.values()))
    given = [name for name in sorted(every - taken) if getattr(options, name) not in (None, False)]
    if given:
        names = ", ".join("--" + name.replace("_", "-") for name in given)
        raise UsageError(f"team {options.what} takes no {names}.", "", "See: ascinbox team --help")
    if options.json and options.what not in ("status", "list"):
        raise UsageError(f"team {options.what} prints no JSON.")


# --- making a team, and letting people in ---


def _init(context: Context, options: argparse.Namespace) -> int:
    from ascinbox.store.queue.team import install
    from ascinbox.store.queue.team.connection import TeamSession
    from ascinbox.workers.team import joining

    home = context.home
    joining.not_joined(home)
    address = _address(context, options)

    def connect(password: Secret | None) -> TeamSession:
        opened = TeamSession(address, password=lambda: password, checks_schema=False)
        opened.connected(lambda _connection: None)
        return opened

    password, session = _open(context, options, connect)
    try:
        database = str(session.rows("SELECT current_database()::text")[0][0])
        name = options.name or database
        if options.from_home:
            # What refuses does so before there is a team.
            joining.copy_home(home, context.clock)
        _agree(context, f"Make the team {name} in {address.shown}? This home becomes its worker.")
        session.connected(lambda connection: install.init(connection, name))
        try:
            found = joining.look(address, password)
            ref = joining.keep_password(_vault(context), password, found.hello.me, options.vault)
            joining.join(home, found, works=True, apps=(), since=None, ref=ref)
            accounts, reviews = _begin(context, from_home=options.from_home)
        except BaseException:
            # All or nothing: no team, and this home as it was.
            with suppress(AscinboxError):
                session.connected(install.take_away)
            with suppress(AscinboxError, OSError):
                joining.leave(home, _vault(context), context.now(), keeps=False)
            raise
    finally:
        session.close()
    output = context.output
    output.line(f"The team {name} is made. You are {found.hello.me}, its admin, and this home is a worker.")
    if options.from_home:
        output.line(f"{reviews:,} reviews and what you did with them were taken over.")
    output.words(f"{_counted(accounts, 'account')} will be synced from here: ascinbox sync --watch 15m")
    output.words("Let somebody in: ascinbox team add NAME --level replier --apply")
    return 0


def _begin(context: Context, *, from_home: bool) -> tuple[int, int]:
    """A new worker's first work: accounts, reviews that are taken over."""
    from ascinbox.workers.team import joining

    with context.workspace() as workspace:
        accounts = joining.copy_accounts(context.home, context.clock, workspace)
        reviews = _hand_over(context, workspace) if from_home else 0
        with workspace.working():
            workspace.catch_up()
            _team(workspace).share()
    return accounts, reviews


def _hand_over(context: Context, workspace: Workspace) -> int:
    from ascinbox.workers.team import joining

    progress = ProgressLine(context.output)
    try:
        return joining.hand_over(workspace, lambda what, count: progress.show(f"{what} {count:,}"))
    finally:
        progress.clear()


def _upgrade(context: Context, _options: argparse.Namespace) -> int:
    from ascinbox.store.queue.team import install
    from ascinbox.store.queue.team.address import TeamAddress
    from ascinbox.store.queue.team.connection import TeamSession

    with context.workspace() as workspace:
        team = _team(workspace)
        _agree(context, f"Bring {team.membership.team} to this version? Everybody needs it then.")
        session = TeamSession(
            TeamAddress(team.membership.address), password=team.password, checks_schema=False
        )
        try:
            session.connected(install.upgrade)
        finally:
            session.close()
        team.session.retry()
    context.output.line(f"{team.membership.team} is at this version.")
    return 0


def _add(context: Context, options: argparse.Namespace) -> int:
    from ascinbox.store.queue.team import members

    if options.level is None:
        raise UsageError("Which level?", "", "--level viewer, replier, publisher, admin or worker")
    level = Level(options.level)
    given = _read_password(context) if options.password_stdin else None
    with context.workspace() as workspace:
        session = _team(workspace).session
        added = members.addition(session, options.target, level, given)
        password = given
        if password is None and added.is_new:
            password = Secret(secrets.token_urlsafe(PASSWORD_BYTES))
            added = members.addition(session, options.target, level, password)
        output = context.output
        if options.apply:
            members.apply(session, added)
            output.text(added.service.rstrip("\n"))
        else:
            output.text(added.sql.rstrip("\n"))
            for line in added.service.splitlines():
                output.words(line)
    tell = output.line if options.apply else output.words
    if given is None and password is not None:
        tell("")
        tell(f"password: {password.reveal()}")
        output.words("The password is shown this once: hand it over with the block for ~/.pg_service.conf.")
    elif given is None:
        output.words(f"The login {options.target} was there already and keeps its password.")
    if not options.apply:
        output.words("Nothing was run: give the SQL to psql, or add --apply.")
    return 0


def _remove(context: Context, options: argparse.Namespace) -> int:
    from ascinbox.store.queue.team import members

    with context.workspace() as workspace:
        gone = members.remove(_team(workspace).session, options.target)
    if not gone:
        raise UsageError(
            f"Nobody on the team is called {options.target[:80]!r}.", "", "See: ascinbox team list"
        )
    context.output.line(f"{options.target} is off the team and cannot log in any more.")
    context.output.words("What that person's machine has of the reviews stays there.")
    return 0


def _list(context: Context, options: argparse.Namespace) -> int:
    from ascinbox.store.queue.team import members

    with context.workspace() as workspace:
        found = members.members(_team(workspace).session)
    if options.json:
        listed = [
            {
                "name": each.name,
                "level": str(each.level),
                "added_at": iso(each.added_at),
                "removed_at": iso(each.removed_at),
            }
            for each in found
        ]
        context.output.json(
            "ascinbox.team-members/1", {"members": listed}, generated_at=context.now(), cache_age_s=None
        )
        return 0
    rows = [
        (each.name, str(each.level), iso(each.added_at) or "", "" if each.removed_at is None else "removed")
        for each in found
    ]
    context.output.table(("NAME", "LEVEL", "SINCE", ""), rows)
    return 0


# --- joining and leaving ---


def _join(context: Context, options: argparse.Namespace) -> int:
    from ascinbox.workers.team import joining

    home = context.home
    joining.not_joined(home)
    address = _address(context, options)
    password, found = _open(context, options, lambda password: joining.look(address, password))
    apps = joining.chosen_apps(found, options.apps or "all")
    since = None if options.since is None else _moment(options.since, context.now())
    hello = found.hello
    _agree(context, f"Join {hello.team} as {hello.me} ({hello.level})?")
    ref = joining.keep_password(_vault(context), password, hello.me, options.vault)
    joining.join(home, found, works=options.worker, apps=apps, since=since, ref=ref)
    try:
        with context.workspace() as workspace:
            if options.worker:
                joining.copy_accounts(home, context.clock, workspace)
            _fill(context, workspace)
            words = _team(workspace).clock_words()
            count = workspace.inbox.count(workspace.inbox.query(""))
    except AscinboxError as error:
        # The rest comes with the next sync: what was decided is written down.
        context.output.words(f"ascinbox: {error}")
        words, count = "", 0
    role = "a worker" if options.worker else str(hello.level)
    context.output.line(f"You are {hello.me} in {hello.team} ({role}); {count:,} reviews are here.")
    if words:
        context.output.words(words)
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


def _leave(context: Context, options: argparse.Namespace) -> int:
    from ascinbox.workers.team import joining

    home = context.home
    if home.in_force == home:
        raise UsageError("This home has joined no team.")
    waiting = 0
    with suppress(AscinboxError), context.workspace() as workspace:
        with suppress(AscinboxError):
            workspace.catch_up()
        waiting = workspace.store.call(lambda store: store.team.unsent())
    if waiting and not options.yes:
        raise AscinboxError(
            f"{_counted(waiting, 'act')} of yours did not reach the team yet.",
            "They would stay in a copy on this machine only.",
            "Try again when the database can be reached, or add --yes.",
        )
    left = joining.leave(home, _vault(context), context.now())
    context.output.line(f"This home has left {left.team}. Your own accounts and reviews are back.")
    context.output.words("An admin takes the login away with: ascinbox team remove " + left.me)
    return 0


# --- looking ---


def _status(context: Context, options: argparse.Namespace) -> int:
    with context.workspace() as workspace:
        team = _team(workspace)
        status = team.status()
        words = team.clock_words()
        shows_people = workspace.store.call(lambda store: store.team.standing(store.me).per_person)
    if options.json:
        context.output.json(
            "ascinbox.team/1", status_fields(status), generated_at=context.now(), cache_age_s=None
        )
    else:
        for line in status_lines(status, context.now()):
            context.output.line(line)
        if shows_people:
            context.output.line("figures per person are on: everybody on this team can see them")
    if words:
        context.output.words(words)
    return 0


def status_fields(status: TeamStatus) -> dict[str, Any]:
    """The fields of `ascinbox.team/1`."""
    return {
        "team": status.team,
        "me": status.me,
        "level": str(status.level),
        "feed": {
            "seq": status.seq,
            "lag_s": None if status.lag_s is None else round(status.lag_s, 1),
        },
        "workers": [
            {"name": each.name, "seen_at": iso(each.seen_at), "accounts": list(each.accounts)}
            for each in status.workers
        ],
        "queue": {
            name: getattr(status.queue, name) for name in ("waiting", "queued", "sending", "held", "failed")
        },
    }


def status_lines(status: TeamStatus, now: datetime) -> list[str]:
    """The same for a person."""
    lag = status.lag_s
    if lag == 0:
        behind = "up to date"
    else:
        behind = "never complete so far" if lag is None else f"complete {lag:,.0f} s ago"
    lines = [f"{status.team}: you are {status.me} ({status.level})", f"replica: {behind} (at {status.seq:,})"]
    for each in status.workers:
        ago = max(0.0, (now - each.seen_at).total_seconds())
        lines.append(f"worker {each.name}: {', '.join(each.accounts) or 'no account'}, seen {ago:,.0f} s ago")
    if not status.workers:
        lines.append("no worker so far: nothing is synced and nothing is sent")
    queue = status_fields(status)["queue"]
    return [*lines, "replies: " + ", ".join(f"{count} {name}" for name, count in queue.items())]


def _log(context: Context, options: argparse.Namespace) -> int:
    from ascinbox.store.queue.team import members

    since = None if options.since is None else _moment(options.since, context.now())
    with context.workspace() as workspace:
        found = members.log(_team(workspace).session, since)
        if options.export is not None:
            text = "".join(json.dumps(each, ensure_ascii=False, sort_keys=True) + "\n" for each in found)
            _write(context, options, text)
            return 0
        for each in found:
            parts = [
                iso(from_epoch(each["at"])) or "",
                each["who"],
                each["verb"],
                each["subject"],
                each["detail"],
            ]
            context.output.line("  ".join(part for part in parts if part))
    return 0


def _write(context: Context, options: argparse.Namespace, text: str) -> None:
    if str(options.export) == "-":
        context.output.stdout.write(text)
        return
    try:
        write_private_file(options.export, text.encode())
    except OSError as error:
        raise AscinboxError(f"{options.export} cannot be written.", error.strerror or str(error)) from None
    context.output.words(f"{text.count(chr(10)):,} acts in {options.export}")


# --- pieces ---


def _address(context: Context, options: argparse.Namespace) -> TeamAddress:
    from ascinbox.store.queue.team.address import TeamAddress

    service = context.config.get("team", "service")
    text = options.target or (f"service={service}" if service else "")
    if not text:
        raise UsageError(
            "Where is the team's database?",
            "",
            f"Such as: ascinbox team {options.what} postgresql://anna@db.example/inbox",
        )
    return TeamAddress.parse(text)


def _open(
    context: Context, options: argparse.Namespace, connect: Callable[[Secret | None], R]
) -> tuple[Secret | None, R]:
    """What `connect` gives with the password that it needs: none, that of stdin, or one that is asked for."""
    from ascinbox.store.queue.team.errors import WrongPassword

    given = _read_password(context) if options.password_stdin else None
    try:
        return given, connect(given)
    except WrongPassword:
        if given is not None or not context.interactive:
            raise
    from getpass import getpass

    typed = Secret(getpass("Password of the team's database: "))
    return typed, connect(typed)


def _read_password(context: Context) -> Secret:
    password = context.read_stdin().rstrip("\r\n")
    if not password:
        raise UsageError("stdin holds no password.")
    return Secret(password)


def _vault(context: Context) -> Any:
    from ascinbox.vault import Vault

    return Vault(
        context.home, context.environ, ask_passphrase=context.ask_passphrase if context.interactive else None
    )


def _agree(context: Context, question: str) -> None:
    if context.options.yes:
        return
    if not context.interactive:
        raise UsageError("Nobody is here to be asked.", question, "Add --yes.")
    if not context.confirm(question):
        raise AscinboxError("Nothing was changed.")


def _team(workspace: Workspace) -> JoinedTeam:
    if workspace.team is None:
        raise UsageError(
            "This home has joined no team.",
            "",
            "Join one: ascinbox team join URL. Or make one: ascinbox team init URL.",
        )
    return workspace.team


def _moment(text: str, now: datetime) -> datetime:
    """`365d`, a day or ISO 8601: the moment so long ago."""
    for read in (values.duration, values.moment):
        try:
            value = read(text)
        except argparse.ArgumentTypeError:
            continue
        return value if isinstance(value, datetime) else now - value
    raise UsageError(f"{text[:40]!r} is not a time.", "", "Such as 365d or 2026-01-01.")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


_DOES: dict[str, Callable[[Context, argparse.Namespace], int]] = {
    "init": _init,
    "upgrade": _upgrade,
    "add": _add,
    "remove": _remove,
    "list": _list,
    "join": _join,
    "leave": _leave,
    "status": _status,
    "log": _log,
}
