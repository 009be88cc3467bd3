"""Making a team, joining one, leaving one: what `ascinbox team` and the first screen do.

The person's own files are never changed: a team has folders of its own (`Paths.of_team`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.outbox.states import MOVING
from ascinbox.core.secret import Secret
from ascinbox.core.text import clean_line
from ascinbox.paths import Paths, make_private_folder
from ascinbox.store import sessions
from ascinbox.store.queue.team import members
from ascinbox.store.queue.team.address import TeamAddress
from ascinbox.store.queue.team.connection import MUCH_WORK_S, Hello, TeamSession
from ascinbox.store.queue.team.errors import NotAllowed, TeamOffline, WrongPassword
from ascinbox.workers.accounts.secret_places import chosen_place
from ascinbox.workers.team import membership as memberships
from ascinbox.workers.team.membership import Membership

if TYPE_CHECKING:
    from ascinbox.core.clock import Clock
    from ascinbox.store.store import Store
    from ascinbox.vault import Vault, VaultKind
    from ascinbox.workers.team.team import JoinedTeam
    from ascinbox.workers.workspace import Workspace

ADOPTED_AT_ONCE = 2_000
PUSHED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class TeamFound:
    """A team that a login reaches."""

    address: TeamAddress
    hello: Hello
    apps: dict[str, str]
    """Id -> name of the apps that its workers know."""


def look(address: TeamAddress, password: Secret | None) -> TeamFound:
    """Connects and looks who one is there. Raises WrongPassword and TeamError."""
    with closing(TeamSession(address, password=lambda: password)) as session, nothing_joined():
        hello = session.open()
        apps = {app: clean_line(name) for app, name in members.known_apps(session).items()}
    return TeamFound(address, hello, apps)


@contextmanager
def nothing_joined() -> Iterator[None]:
    """What the database refuses is told in words for somebody who is not on the team yet."""
    try:
        yield
    except NotAllowed as error:
        if not error.removed:
            raise
        title = "Nobody has let this login into the team, or it was taken off"
        raise NotAllowed(title, "", "An admin lets it in: ascinbox team add NAME --level LEVEL") from None
    except TeamOffline as error:
        step = "Look at the address once more, and whether the server runs. Nothing was changed here."
        raise TeamOffline(error.title, error.detail, step) from None


def look_at(text: str, password: Secret | None) -> TeamFound:
    """The same by an address as it is typed."""
    return look(TeamAddress.parse(text), password)


def wants_password(error: AscinboxError) -> bool:
    """Whether a connection failed for the want of the right password."""
    return isinstance(error, WrongPassword)


def chosen_apps(found: TeamFound, wanted: str) -> tuple[str, ...]:
    """`all`, or ids of apps with commas between. Raises UsageError for one that the team does not know."""
    if wanted.strip().casefold() in ("", "all"):
        return ()
    ids = tuple(dict.fromkeys(part.strip() for part in wanted.split(",") if part.strip()))
    unknown = [each for each in ids if found.apps and each not in found.apps]
    if unknown:
        known = ", ".join(f"{number} {name}" for number, name in sorted(found.apps.items()))
        raise UsageError(
            f"The team knows no app {', '.join(unknown)[:80]}.",
            f"It knows {known}.",
            "Give ids of these, or all.",
        )
    return ids


def not_joined(home: Paths) -> None:
    """Raises UsageError when the home has joined a team already."""
    if home.in_force != home:
        found = memberships.read(home.of_team())
        raise UsageError(
            f"This home has joined {found.team if found else 'a team'} already.",
            "",
            "Leave it first: ascinbox team leave.",
        )


def keep_password(vault: Vault, password: Secret | None, me: str, kind: VaultKind | str | None) -> str:
    """Puts a typed password into the vault; the reference to it, empty without one. Raises VaultRefusal."""
    if not password:
        return ""
    place = chosen_place(vault, kind)[0]
    letters = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in me)
    return vault.store(place, f"team-{letters or 'login'}.password", password)


def may_join(found: TeamFound, *, works: bool) -> None:
    """Raises UsageError where the level does not allow being a worker."""
    level = found.hello.level
    if works and not level.may_work:
        raise UsageError(
            f"{found.hello.me} is {level} in this team, and a worker's login is worker or admin.",
            "",
            "Join without --worker, or ask an admin.",
        )


def join(
    home: Paths, found: TeamFound, *, works: bool, apps: Sequence[str], since: datetime | None, ref: str
) -> Paths:
    """Makes this home a member's, or a worker's; the folders that it opens from now on.

    A worker takes the home's accounts along. Raises UsageError where the level does not allow it.
    """
    may_join(found, works=works)
    paths = home.of_team()
    for folder in (paths.data, paths.state):
        make_private_folder(folder)
    joined = Membership(
        address=dict(found.address.parts),
        team=found.hello.team,
        me=found.hello.me,
        works=works,
        apps=tuple(apps),
        since=since,
        secret_ref=ref,
    )
    memberships.write(paths, joined)
    return paths


def join_here(
    workspace: Workspace,
    found: TeamFound,
    password: Secret | None,
    apps: Sequence[str],
    back: timedelta | None,
) -> None:
    """Makes the home of an open workspace a member's. The program has to start again then."""
    not_joined(workspace.paths)
    since = None if back is None else workspace.clock.now() - back
    ref = keep_password(workspace.vault, password, found.hello.me, None)
    join(workspace.paths, found, works=False, apps=apps, since=since, ref=ref)


@dataclass(frozen=True, slots=True)
class Left:
    """A team that a home has left."""

    team: str
    me: str
    """The login that the person had there."""
    folder: Path
    """Where the copy is of what people did, and of the person's own drafts."""


def leave(home: Paths, vault: Vault, now: datetime, *, keeps: bool = True) -> Left:
    """The home opens its own files again. The replica of people's acts and one's own drafts is put aside, the
    reviews are deleted, the password too. Raises UsageError where no team was joined.

    `keeps` False: nothing is put aside. Raises AscinboxError while another program uses the home."""
    paths = home.in_force
    if paths == home:
        raise UsageError("This home has joined no team.")
    if sessions.others(paths.locks):
        raise AscinboxError(
            "Another ascinbox uses this home.",
            "An open screen, or a sync, would go on in the team.",
            "End it, then do this again.",
        )
    left = memberships.read(paths)
    assert left is not None
    paths.membership_file.unlink()
    aside = paths.data.with_name(f"team-left-{now:%Y%m%dT%H%M%SZ}")
    paths.data.rename(aside)
    for name in ("cache.db", "cache.db-wal", "cache.db-shm"):
        (aside / name).unlink(missing_ok=True)
    if not keeps:
        shutil.rmtree(aside, ignore_errors=True)
    shutil.rmtree(paths.state, ignore_errors=True)
    if left.secret_ref:
        with suppress(AscinboxError):
            vault.delete(left.secret_ref)
    return Left(left.team, left.me, aside)


# --- a worker's beginning ---


def copy_accounts(home: Paths, clock: Clock, workspace: Workspace, *, verdicts: bool) -> int:
    """Takes the accounts of the person's own files over into the team's; how many there are.

    `verdicts`: with what was last found about them. In a team that has a worker, that one knows better.
    """
    from ascinbox.store.store import Store

    if not home.user_db.exists():
        return 0
    own = Store.open(home, clock)
    try:
        accounts = [
            (account, own.accounts.apps(account.id), own.health.verdicts(account.id))
            for account in own.accounts.list()
        ]
    finally:
        own.close()

    def add(store: Store) -> int:
        for account, apps, found in accounts:
            if store.accounts.named(account.name) is None:
                added = store.accounts.add(account, apps)
                store.health.take_over(added.id, found if verdicts else ())
        return len(store.accounts.list())

    return workspace.store.call(add)


def copy_home(home: Paths, clock: Clock) -> None:
    """Copies the person's files into the team's folders, for `--from-home`.

    Raises UsageError while replies are on their way: they would go out from both.
    """
    from ascinbox.store.queue.team import taking_over
    from ascinbox.store.store import Store

    own = Store.open(home, clock)
    try:
        moving = [row for row in own.outbox.open_rows() if row.phase in MOVING]
        if moving:
            raise UsageError(
                "A reply of yours is on its way."
                if len(moving) == 1
                else f"{len(moving)} of your replies are on their way.",
                "What is on its way would be sent from here and from the team.",
                "Let it arrive (ascinbox outbox), or take it back: ascinbox undo.",
            )
        paths = home.of_team()
        make_private_folder(paths.data)
        taking_over.copy_files(own.database, paths.user_db, paths.cache_db)
    finally:
        own.close()


def hand_over(workspace: Workspace, told: Callable[[str, int], None] = lambda _what, _count: None) -> int:
    """Puts what the copied home holds into the team's database; how many reviews. Raises TeamError.

    May be repeated after it broke off. Then what comes back by the feed is taken out of the copy.
    """
    from ascinbox.store.queue.team import taking_over
    from ascinbox.workers.workspace import name_alone

    team = workspace.team
    assert team is not None
    team.know_accounts()
    count = 0
    for pages, versions in taking_over.pages(workspace.store):
        team.worker.save_pages(pages)
        for version, ids in versions.items():
            team.worker.name_versions(ids, version)
        count += sum(len(page.prepared) for page in pages)
        told("reviews", count)
    alone = name_alone(workspace.config, workspace.environ)
    for kind, rows in workspace.store.call(taking_over.described):
        for start in range(0, len(rows), ADOPTED_AT_ONCE):
            some = [_for_team(row, team, alone) for row in rows[start : start + ADOPTED_AT_ONCE]]
            team.session.call("adopt", kind, some, answers_s=MUCH_WORK_S)
        told(kind, len(rows))
    workspace.store.call(taking_over.forget_what_comes_back)
    return count


def _for_team(row: dict[str, Any], team: JoinedTeam, alone: str) -> dict[str, Any]:
    """With the team's number of the account, and the person's login where it was assigned to `alone`, which
    the person was called."""
    if "account_id" in row:
        return {**row, "account_id": team.worker.team_account(row["account_id"])}
    if row.get("assignee") == alone:
        return {**row, "assignee": team.membership.me}
    return row
