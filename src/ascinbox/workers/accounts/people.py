"""Users and invitations at Apple: who is on the team, who was invited, who is gone."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from ascinbox.core.clock import iso
from ascinbox.core.errors import (
    TRIED_AGAIN,
    AscinboxError,
    CredentialError,
    Forbidden,
    NetworkError,
    NotFound,
    RateLimited,
    Rejected,
    SourceError,
    Unauthorized,
    Unavailable,
    UsageError,
)
from ascinbox.core.events import AccountsChanged
from ascinbox.core.health.capabilities import Capability, Role
from ascinbox.core.health.people import (
    INVITATION_LIVES,
    VISIBLE_APPS,
    Person,
    PersonState,
    compare,
    in_order,
    is_email,
    refusal,
    roles_in_words,
    sees_all_apps,
)
from ascinbox.core.records import Account
from ascinbox.core.stores import APP_STORE
from ascinbox.sources.apple.source import apple_client
from ascinbox.workers.runtime.clients import credential_for

if TYPE_CHECKING:
    from ascinbox.sources.apple.client import AppleClient
    from ascinbox.workers.workspace import Workspace

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation that is being prepared."""

    email: str
    first_name: str
    last_name: str
    roles: tuple[str, ...]
    """By Apple's names; see `core.health.people.roles_of`."""
    apps: tuple[str, ...] = ()
    """Apple IDs of the apps to see; empty means all."""

    @property
    def limited_to(self) -> tuple[str, ...]:
        """The apps that Apple can limit these roles to."""
        return () if sees_all_apps(self.roles) else self.apps


@dataclass(frozen=True, slots=True)
class Write:
    """A change that is sent once, and how to tell of it when it fails."""

    undone: str
    """What is so when it provably did not happen: `Nobody was invited.`"""
    doubt: str
    """What may be so when that is not known."""
    who: str
    """Whom it is about, for the title of a refusal."""
    clicks: tuple[str, ...] = ()
    """The same by hand, for a key that may not."""
    verb: str = ""
    """What Activity calls it."""
    roles: tuple[str, ...] = ()
    """The roles that it gives, for Activity."""

    @property
    def detail(self) -> str:
        """What Activity tells of it."""
        return f"{self.who}: {', '.join(self.roles)}" if self.roles else self.who


class People:
    """`workspace.people`."""

    def __init__(self, workspace: Workspace) -> None:
        self._space = workspace

    def known(self, account: Account) -> tuple[Person, ...]:
        """The people as last seen, the clock of their invitations run on. Asks nobody."""
        now = self._space.clock.now()
        people: tuple[Person, ...] = self._space.store.call(lambda store: store.health.people(account.id))
        return in_order(
            replace(p, standing=PersonState.EXPIRED, changed_at=p.expires_at)
            if p.standing is PersonState.PENDING and p.expires_at is not None and p.expires_at <= now
            else p
            for p in people
        )

    def refresh(self, account: Account) -> tuple[Person, ...]:
        """Reads users and invitations from Apple and notes what changed. Raises as the client does."""
        client = self._client(account)
        seen = (*client.users(), *client.invitations())
        now = self._space.clock.now()
        people = compare(self.known(account), seen, now)
        self._space.store.call(lambda store: store.health.save_people(account.id, people, now))
        self._space.publish(AccountsChanged())
        return people

    def may_ask(self, account: Account) -> bool:
        """Whether one of the account's keys may be able to read and invite users."""
        return Capability.USERS in account.features and credential_for(account, Capability.USERS) is not None

    def how_to_be_let(self, account: Account) -> str:
        """The command after which a key of the account may be able to, as a sentence; "" where none is."""
        if Capability.USERS in account.features or credential_for(account, Capability.USERS) is None:
            return ""
        features = ",".join((*account.features, Capability.USERS.value))
        return (
            "Users is switched off for this account. Where its key is an Admin's, switch it on: "
            f"ascinbox rotate {shlex.quote(account.name)} --features {features}"
        )

    def check(self, account: Account, invite: Invite) -> None:
        """Raises UsageError for what Apple would refuse: no address, no name, an unknown app."""
        if not is_email(invite.email):
            raise UsageError(f"{invite.email[:60]!r} is not an e-mail address.")
        if not invite.first_name.strip() or not invite.last_name.strip():
            raise UsageError("Apple wants a first and a last name.")
        self._check_apps(account, invite.apps)

    def invite(self, account: Account, invite: Invite) -> Person:
        """Sends an invitation. An expired one to the same address is replaced by a fresh one.

        Raises UsageError for bad input, CredentialError when the address is on the team already or the key
        may not invite, and what the client raises. An answer that got lost is settled by reading.
        """
        self._refuse_when_read_only("nobody is invited")
        self.check(account, invite)
        write = Write(
            "Nobody was invited.", "The invitation may have gone out all the same", invite.email,
            steps_by_hand(invite), "invite", invite.roles,
        )  # fmt: skip
        client = self._client(account)

        def clear() -> None:
            for person in self.refresh(account):
                if _same(person, invite.email):
                    self._clear_the_way(account, client, person)

        self._read_first(write, clear)
        sent = self._send(
            account,
            write,
            lambda: client.invite(
                invite.email,
                invite.first_name.strip(),
                invite.last_name.strip(),
                invite.roles,
                visible_apps=invite.limited_to,
            ),
            lambda person: person is not None and person.standing is PersonState.PENDING,
            invite.email,
        )
        told = Person(
            invite.email,
            invite.first_name,
            invite.last_name,
            invite.roles,
            PersonState.PENDING,
            all_apps=not invite.limited_to,
            apps=invite.limited_to,
        )
        # Apple's list may be behind its own answer, and its answer without attributes.
        listed = self._known(account, invite.email)
        if listed is not None and listed.standing in {PersonState.PENDING, PersonState.ACTIVE}:
            return listed
        return sent if sent is not None and sent.email else told

    def withdraw(self, account: Account, person: Person) -> None:
        """Takes an open invitation back; raises as `remove`."""
        self._refuse_when_read_only("no invitation is withdrawn")
        if person.standing is not PersonState.PENDING:
            raise UsageError(f"{person.email} has no open invitation.")
        client = self._client(account)
        try:
            self._withdraw(account, client, person)
        except NotFound as error:
            now = self._known(account, person.email)
            if now is not None and now.standing is PersonState.ACTIVE:
                raise CredentialError(
                    f"{person.email} has accepted the invitation meanwhile.",
                    error.detail,
                    "They are on the team now: 5 Accounts, enter, teammates.",
                ) from None
            raise

    def _withdraw(self, account: Account, client: AppleClient, person: Person) -> None:
        self._send(
            account,
            Write(
                "The invitation was not withdrawn.",
                "It may be withdrawn all the same",
                person.email,
                verb="withdraw invitation",
            ),
            lambda: client.cancel_invitation(person.apple_id),
            lambda now: now is None or now.standing not in {PersonState.PENDING, PersonState.ACTIVE},
            person.email,
        )

    def member(self, account: Account, email: str) -> Person:
        """The user with this address, as Apple lists them now. Raises UsageError when there is none, and
        CredentialError for the Account Holder, whom Apple's API can neither change nor remove."""
        write = Write("Nothing was changed.", "", email)
        self._read_first(write, lambda: self.refresh(account))
        person = self._known(account, email)
        if person is None or person.standing is not PersonState.ACTIVE:
            invited = person is not None and person.standing is PersonState.PENDING
            raise UsageError(
                f"{email[:60]} is not on the team of {account.name}.",
                "They were invited and have not accepted yet." if invited else "",
                "Withdraw the invitation: 5 Accounts, enter, teammates." if invited else "",
            )
        if Role.ACCOUNT_HOLDER in person.roles:
            raise CredentialError(
                f"{person.email} is the Account Holder.",
                "Apple's API neither changes nor removes them.",
                "The Account Holder hands the role over at developer.apple.com/account first.",
            )
        return person

    def change_roles(
        self, account: Account, person: Person, roles: tuple[str, ...], apps: tuple[str, ...] | None = None
    ) -> Person:
        """Gives a user these roles instead of theirs; `apps` None leaves what they see as far as the roles
        allow, empty is all. The caller has told before what breaks (`core.health.role_change`).

        Raises UsageError for bad input, CredentialError when the key may not, and what the client raises. An
        answer that got lost is settled by reading.
        """
        self._refuse_when_read_only("no roles are changed")
        # None is not sent: Apple lists the first apps of a person only, and would forget the others.
        limited = () if sees_all_apps(roles) else apps
        self._check_apps(account, apps or ())
        client = self._client(account)

        def done(now: Person | None) -> bool:
            return now is not None and set(now.roles) == set(roles) and _sees(now, limited)

        self._send(
            account,
            Write(
                "No roles were changed.",
                "The roles may have changed all the same",
                person.email,
                verb="change roles",
                roles=roles,
            ),
            lambda: client.change_user(person.apple_id, roles, visible_apps=limited),
            done,
            person.email,
        )
        if limited is None:
            return replace(person, roles=roles)
        return replace(person, roles=roles, all_apps=not limited, apps=limited)

    def remove(self, account: Account, person: Person) -> None:
        """Removes a user from the team at Apple. The caller has told what breaks (`core.health.role_change`).

        Raises CredentialError when the key may not, and what the client raises. An answer that got lost is
        settled by reading.
        """
        self._refuse_when_read_only("nobody is removed")
        client = self._client(account)
        self._send(
            account,
            Write(
                "Nobody was removed.", "They may be removed all the same", person.email, verb="remove user"
            ),
            lambda: client.remove_user(person.apple_id),
            lambda now: now is None or now.standing is not PersonState.ACTIVE,
            person.email,
        )

    def _send(
        self,
        account: Account,
        write: Write,
        act: Callable[[], T],
        done: Callable[[Person | None], bool],
        email: str,
    ) -> T | None:
        """Sends a change once and reads the team again. None when the answer got lost, or was a 401,
        and Apple's list shows that it is done. Raises what the client raises, with words that fit."""
        try:
            sent = act()
        except (NetworkError, Unavailable, NotFound, Unauthorized) as error:
            # A 401 may also come after Apple did it, and reading just before showed that the key is known.
            if isinstance(error, NetworkError) and error.unsent:
                error.next_step = _undone(f"{write.undone} Nothing was sent.", error)
                raise
            self._settle(account, write, done, email, error)
            self._space.record(write.verb, account.name, write.detail)
            return None
        except AscinboxError as error:
            _reword(error, write)
            raise
        self._space.record(write.verb, account.name, write.detail)
        # What was done is not undone by a list that cannot be read.
        with suppress(AscinboxError):
            self.refresh(account)
        return sent

    def _settle(
        self,
        account: Account,
        write: Write,
        done: Callable[[Person | None], bool],
        email: str,
        error: AscinboxError,
    ) -> None:
        """Returns when Apple's list shows that it is done; raises `error` with what is known otherwise."""
        look = "look under Users and Access > People before you do it again."
        try:
            now = next((p for p in self.refresh(account) if _same(p, email)), None)
        except AscinboxError:
            error.next_step = f"It is not tried again. {write.doubt}: {look}"
            raise error from None
        if done(now):
            return
        shown = "Apple's list does not show it"
        error.next_step = f"It is not tried again. {shown} so far. {write.doubt}: {look}"
        if isinstance(error, NotFound):
            error.next_step = f"{write.undone} {shown}: F5 in 5 Accounts reads the team again."
        raise error from None

    def _read_first(self, write: Write, read: Callable[[], object]) -> None:
        """What has to be read before something is sent; a failure says that nothing was."""
        try:
            read()
        except (NetworkError, Unavailable) as error:
            error.next_step = _undone(write.undone, error)
            raise
        except SourceError as error:
            _reword(error, write)
            raise

    def _known(self, account: Account, email: str) -> Person | None:
        return next((p for p in self.known(account) if _same(p, email)), None)

    def _check_apps(self, account: Account, wanted: Sequence[str]) -> None:
        apps = {app.id for app in self._space.store.call(lambda store: store.accounts.apps(account.id))}
        unknown = [app_id for app_id in wanted if app_id not in apps]
        if unknown:
            raise UsageError(f"{account.name} has no app {', '.join(unknown)}.")

    def _refuse_when_read_only(self, what: str) -> None:
        if self._space.read_only:
            raise AscinboxError(f"Read-only: {what}.", "", "Leave out --read-only.")

    def _clear_the_way(self, account: Account, client: AppleClient, person: Person) -> None:
        match person.standing:
            case PersonState.ACTIVE:
                raise CredentialError(
                    f"{person.email} is on the team already ({person.roles_words}).",
                    "",
                    f"To change their roles: ascinbox set-roles {shlex.quote(account.name)} {person.email}, "
                    "or 5 Accounts, enter, teammates.",
                )
            case PersonState.PENDING:
                raise CredentialError(
                    f"{person.email} has been invited already ({person.roles_words}).",
                    f"The invitation runs until {iso(person.expires_at)}." if person.expires_at else "",
                    "Wait for it, or withdraw it first: 5 Accounts, enter, teammates.",
                )
            case PersonState.EXPIRED if person.apple_id:
                # Apple may still list it for a while, and would call the address taken.
                try:
                    client.cancel_invitation(person.apple_id)
                except NotFound:
                    return
            case _:
                return

    def _client(self, account: Account) -> AppleClient:
        return apple_client(self._space.client_for(account, Capability.USERS))


def _same(person: Person, email: str) -> bool:
    return person.email.casefold() == email.casefold()


def _undone(words: str, error: AscinboxError) -> str:
    """These words and what to do about it: nothing here is done again by itself."""
    own = "" if TRIED_AGAIN in error.next_step else error.next_step
    return f"{words} {own or 'Try again later.'}"


def _sees(person: Person, limited: Sequence[str] | None) -> bool:
    """Whether Apple lists these apps for a person, as far as it lists them; None is not asked."""
    if not limited:
        return limited is None or person.all_apps
    shown = set(person.apps)
    return not person.all_apps and shown <= set(limited) and len(shown) >= min(len(limited), VISIBLE_APPS)


def _reword(error: AscinboxError, write: Write) -> None:
    """Words for a refusal: what is so, and what to do about this one."""
    from ascinbox.sources.apple.errors import ForbiddenKind, forbidden_kind

    match error:
        case Forbidden() if forbidden_kind(error.problems) is ForbiddenKind.ROLE:
            raise CredentialError(
                "This key may not change the team; that needs Admin.",
                error.detail,
                "\n".join((write.undone, *write.clicks)),
            ) from None
        case Rejected(status=409):
            row = refusal(error.problems)
            cause = row.cause if row else "as it stands, it is not accepted"
            step = f" {row.step}" if row else " Look under Users and Access > People."
            raise CredentialError(
                f"Apple refuses this for {write.who}: {cause}.", error.detail, write.undone + step
            ) from None
        case RateLimited():
            error.next_step = f"{write.undone} Try again after that."
        case SourceError():
            error.next_step = " ".join((write.undone, error.next_step)).strip()


def steps_by_hand(invite: Invite, app_names: Sequence[str] = ()) -> tuple[str, ...]:
    """The same invitation as clicks, for a key that may not invite."""
    roles = roles_in_words(invite.roles).replace(", ", " + ")
    apps = "All Apps" if not invite.limited_to else ", ".join(app_names) or ", ".join(invite.limited_to)
    return (
        f"An Admin: {APP_STORE.place('users')} > People > +",
        f"First name {invite.first_name or '…'}, last name {invite.last_name or '…'}, "
        f"e-mail {invite.email or '…'}",
        f"Roles: {roles}",
        f"Apps: {apps}",
        f"Invite. The person accepts by the e-mail within {INVITATION_LIVES.days} days.",
    )
