"""Users and invitations at Apple: who is on the team, who was invited, who is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ascinbox.core.capabilities import Capability
from ascinbox.core.clock import iso
from ascinbox.core.errors import (
    AppleUnavailable,
    AscinboxError,
    CredentialError,
    Forbidden,
    NetworkError,
    NotFound,
    Rejected,
    UsageError,
)
from ascinbox.core.events import AccountsChanged
from ascinbox.core.people import (
    INVITATION_LIVES,
    Person,
    Preset,
    Standing,
    compare,
    in_order,
    invitation_refused,
    is_email,
)
from ascinbox.core.records import Account
from ascinbox.workers.clients import credential_for

if TYPE_CHECKING:
    from ascinbox.apple.client import AppStoreConnect
    from ascinbox.workers.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation that is being prepared."""

    email: str
    first_name: str
    last_name: str
    preset: Preset
    apps: tuple[str, ...] = ()
    """Apple IDs of the apps to see; empty means all."""

    @property
    def limited_to(self) -> tuple[str, ...]:
        """The apps that Apple can limit this role to."""
        return () if self.preset.all_apps else self.apps


class People:
    """`workspace.people`."""

    def __init__(self, workspace: Workspace) -> None:
        self._space = workspace

    def known(self, account: Account) -> tuple[Person, ...]:
        """The people as last seen, the clock of their invitations run on. Asks nobody."""
        now = self._space.clock.now()
        people: tuple[Person, ...] = self._space.store.call(lambda store: store.health.people(account.id))
        return in_order(
            replace(p, standing=Standing.EXPIRED, changed_at=p.expires_at)
            if p.standing is Standing.PENDING and p.expires_at is not None and p.expires_at <= now
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

    def check(self, account: Account, invite: Invite) -> None:
        """Raises UsageError for what Apple would refuse: no address, no name, an unknown app."""
        if not is_email(invite.email):
            raise UsageError(f"{invite.email[:60]!r} is not an e-mail address.")
        if not invite.first_name.strip() or not invite.last_name.strip():
            raise UsageError("Apple wants a first and a last name.")
        apps = {app.id for app in self._space.store.call(lambda store: store.accounts.apps(account.id))}
        unknown = [app_id for app_id in invite.apps if app_id not in apps]
        if unknown:
            raise UsageError(f"{account.name} has no app {', '.join(unknown)}.")

    def invite(self, account: Account, invite: Invite) -> Person:
        """Sends an invitation. An expired one to the same address is replaced by a fresh one.

        Raises UsageError for bad input, CredentialError when the address is on the team already or the key
        may not invite, and what the client raises.
        """
        from ascinbox.apple.errors import ForbiddenKind, forbidden_kind

        if self._space.read_only:
            raise AscinboxError("Read-only: nobody is invited.", "", "Leave out --read-only.")
        self.check(account, invite)
        client = self._client(account)
        try:
            for person in self.refresh(account):
                if person.email.casefold() == invite.email.casefold():
                    self._clear_the_way(client, person)
            sent = client.invite(
                invite.email,
                invite.first_name.strip(),
                invite.last_name.strip(),
                [role.value for role in invite.preset.roles],
                visible_apps=invite.limited_to,
            )
        except Forbidden as error:
            if forbidden_kind(error.problems) is not ForbiddenKind.ROLE:
                raise
            raise CredentialError(
                "This key may not invite anybody; that needs Admin.",
                error.detail,
                "\n".join(steps_by_hand(invite)),
            ) from None
        except Rejected as error:
            if error.status == 409:
                raise CredentialError(
                    invitation_refused(invite.email, error.detail),
                    error.detail,
                    "Look under Users and Access > People, also for an invitation made elsewhere.",
                ) from None
            raise
        except (NetworkError, AppleUnavailable) as error:
            error.next_step = (
                "It is not tried again. The invitation may have gone out all the same: look under Users and "
                "Access > People before you invite again."
            )
            raise
        people = self.refresh(account)
        # Apple's list may be behind its own answer.
        told = (
            sent
            if sent.email
            else replace(sent, email=invite.email, roles=tuple(r.value for r in invite.preset.roles))
        )
        return next((p for p in people if p.email.casefold() == invite.email.casefold()), told)

    def withdraw(self, account: Account, person: Person) -> None:
        """Takes an open invitation back."""
        if person.standing is not Standing.PENDING:
            raise UsageError(f"{person.email} has no open invitation.")
        self._client(account).cancel_invitation(person.apple_id)
        self.refresh(account)

    def _clear_the_way(self, client: AppStoreConnect, person: Person) -> None:
        match person.standing:
            case Standing.ACTIVE:
                raise CredentialError(
                    f"{person.email} is on the team already ({person.roles_words}).",
                    "",
                    "Change their roles under Users and Access > People > their name.",
                )
            case Standing.PENDING:
                raise CredentialError(
                    f"{person.email} has been invited already ({person.roles_words}).",
                    f"The invitation runs until {iso(person.expires_at)}." if person.expires_at else "",
                    "Wait for it, or withdraw it first: 5 Accounts, enter, teammates.",
                )
            case Standing.EXPIRED if person.apple_id:
                # Apple may still list it for a while, and would call the address taken.
                try:
                    client.cancel_invitation(person.apple_id)
                except NotFound:
                    return
            case _:
                return

    def _client(self, account: Account) -> AppStoreConnect:
        return self._space.client_for(account, Capability.USERS)


def steps_by_hand(invite: Invite, app_names: Sequence[str] = ()) -> tuple[str, ...]:
    """The same invitation as clicks, for a key that may not invite."""
    roles = " + ".join(role.words for role in invite.preset.roles)
    apps = "All Apps" if not invite.limited_to else ", ".join(app_names) or ", ".join(invite.limited_to)
    return (
        "An Admin: App Store Connect > Users and Access > People > +",
        f"First name {invite.first_name or '…'}, last name {invite.last_name or '…'}, "
        f"e-mail {invite.email or '…'}",
        f"Roles: {roles}",
        f"Apps: {apps}",
        f"Invite. The person accepts by the e-mail within {INVITATION_LIVES.days} days.",
    )
