"""Linked accounts, their credentials, and the apps that they see."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ascinbox.core.clock import Clock, from_epoch, to_epoch
from ascinbox.core.records import Account, App, Credential
from ascinbox.store.database import Database

if TYPE_CHECKING:
    from ascinbox.store.cache.accounts import AccountRows

_CREDENTIAL = (
    "id, kind, key_id, issuer_id, secret_ref, fingerprint, added_at, last_ok_at, expires_at, capabilities, "
    "apps, bucket"
)
_DELETED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class AppChanges:
    """What a new list of an account's apps changed."""

    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Holdings:
    """What unlinking an account takes away; reviews of apps that another account sees stay."""

    apps: int
    reviews: int
    drafts: int
    outbox: int
    reports: int = 0
    """Report files whose figures are kept: of its vendor number, and of its apps."""


class AccountRecords:
    """Accounts by id and name (names are compared without regard to case)."""

    def __init__(self, database: Database, clock: Clock, names: Mapping[str, str] | None = None) -> None:
        self._database = database
        self._clock = clock
        self._names = names or {}

    @cached_property
    def _rows(self) -> AccountRows:
        from ascinbox.store.cache.accounts import AccountRows

        return AccountRows(self._database)

    # --- accounts ---

    def list(self) -> tuple[Account, ...]:
        """Every account, the one that was linked first first."""
        credentials: dict[int, Any] = {}
        for row in self._database.execute(
            f"SELECT account_id, {_CREDENTIAL} FROM user.credential ORDER BY account_id, position, id"
        ):
            credentials.setdefault(row[0], []).append(_credential(row[1:]))
        hidden: dict[int, Any] = {}
        for account_id, app_id in self._database.execute("SELECT account_id, app_id FROM user.hidden_app"):
            hidden.setdefault(account_id, []).append(app_id)
        rows = self._database.execute(
            "SELECT id, name, vendor, features, linked_at, store FROM user.account ORDER BY linked_at, id"
        )
        return tuple(
            Account(
                id=row[0],
                name=row[1],
                vendor=row[2],
                features=_split(row[3]),
                credentials=tuple(credentials.get(row[0], ())),
                linked_at=from_epoch(row[4]),
                hidden_apps=tuple(hidden.get(row[0], ())),
                store=row[5],
            )
            for row in rows.fetchall()
        )

    def several_stores(self) -> bool:
        """Whether there are accounts of more than one store."""
        row = self._database.execute("SELECT count(DISTINCT store) FROM user.account").fetchone()
        return int(row[0]) > 1

    def get(self, account_id: int) -> Account | None:
        """The account with this id."""
        return next((account for account in self.list() if account.id == account_id), None)

    def named(self, name: str) -> Account | None:
        """The account of this name."""
        wanted = name.casefold()
        return next((account for account in self.list() if account.name.casefold() == wanted), None)

    def add(self, account: Account, apps: Sequence[App] = ()) -> Account:
        """Saves a new account with its credentials and apps in one transaction; returns it with its ids.

        `account.id` and the credentials' ids are chosen here; `linked_at` defaults to now. A name that is
        taken raises StoreError.
        """
        linked = to_epoch(account.linked_at or self._clock.now())
        with self._database.write():
            account_id = self._rows.add(account.name, account.vendor, account.features, linked, account.store)
            for position, credential in enumerate(account.credentials):
                self._insert_credential(account_id, position, credential)
            self._rows.hide(account_id, account.hidden_apps)
            self.save_apps(account_id, apps)
        saved = self.get(account_id)
        assert saved is not None
        return saved

    def update(self, account: Account) -> None:
        """Saves name, vendor number, features and hidden apps; credentials have methods of their own."""
        with self._database.write():
            self._rows.change(account.id, account.name, account.vendor, account.features)
            self._rows.hide(account.id, account.hidden_apps)

    def holdings(self, account_id: int) -> Holdings:
        """What `remove` would take away. Counts reviews: ask it in the slow lane."""
        alone = self._apps_of_nobody_else(account_id)
        numbers = json.dumps([number for _, number in alone])
        ids = json.dumps([app_id for app_id, _ in alone])
        return Holdings(
            apps=len(alone),
            reviews=self._database.one(
                "SELECT count(*) FROM cache.review WHERE app IN (SELECT value FROM json_each(?))", numbers
            ),
            drafts=self._database.one(
                "SELECT count(*) FROM user.draft WHERE app_id IN (SELECT value FROM json_each(?))", ids
            ),
            outbox=self._database.one("SELECT count(*) FROM user.outbox WHERE account_id = ?", account_id),
            reports=self._database.one(
                """SELECT count(*) FROM cache.report_file WHERE status = 'stored' AND (
                   scope IN (SELECT vendor FROM user.account WHERE id = ?1 AND vendor NOT IN (
                       SELECT vendor FROM user.account WHERE id <> ?1 AND vendor IS NOT NULL))
                   OR substr(scope, 1, instr(scope || ':', ':') - 1) IN (SELECT value FROM json_each(?2)))""",
                account_id,
                ids,
            ),
        )

    def remove(self, account_id: int) -> None:
        """Unlinks: the account, its credentials, drafts, outbox, and what only it could see or have.

        The account goes first and in one transaction; reviews and figures follow in small ones, so that a
        list stays quick meanwhile. `forget_orphans` finishes what a kill interrupted.
        """
        own = [app_id for app_id, _ in self._apps_of_nobody_else(account_id)]
        with self._database.write():
            self._rows.unlink(account_id, own)
        self.forget_orphans()

    def forget_orphans(self) -> int:
        """Deletes what was cached of apps and vendor numbers that belong to no linked account any more.

        Returns how many reviews.
        """
        from ascinbox.store.cache.reports.forgetting import forget_app, forget_vendor

        with self._database.write():
            orphans, vendors = self._rows.orphans(), self._rows.vendors_to_forget()
        deleted = 0
        for number, app_id in orphans:
            last = -1
            while keys := self._rows.reviews_of(number, last, _DELETED_AT_ONCE):
                with self._database.write():
                    self._rows.drop_reviews(keys)
                deleted += len(keys)
                last = keys[-1]
            forget_app(self._database, app_id)
            with self._database.write():
                self._rows.drop_app(number, app_id)
        for vendor in vendors:
            forget_vendor(self._database, vendor)
            with self._database.write():
                self._rows.forgot_vendor(vendor)
        return deleted

    def _apps_of_nobody_else(self, account_id: int) -> tuple[tuple[str, int], ...]:
        rows = self._database.execute(
            "SELECT app_id, number FROM cache.account_app JOIN cache.app ON app.id = app_id "
            "GROUP BY app_id HAVING max(account_id) = ?1 AND min(account_id) = ?1",
            (account_id,),
        )
        return tuple((row[0], row[1]) for row in rows)

    # --- credentials ---

    def add_credential(self, account_id: int, credential: Credential, *, first: bool = False) -> Credential:
        """Adds a credential, behind the others or (rotation, `first`) before them; returns it with its id."""
        with self._database.write():
            position = self._rows.next_position(account_id, first=first)
            return self._insert_credential(account_id, position, credential)

    def remove_credential(self, credential_id: int) -> None:
        """Forgets a credential; its secret is the vault's business."""
        with self._database.write():
            self._rows.remove_credential(credential_id)

    def use_for(self, credential_id: int, capabilities: Sequence[str]) -> None:
        """Says what the credential is used for; empty means everything that it can do."""
        with self._database.write():
            self._rows.use_for(credential_id, capabilities)

    def set_issuer(self, credential_id: int, issuer_id: str | None, vendor: str | None) -> None:
        """Changes whose team a credential acts for; a vendor number is kept where the account has none."""
        with self._database.write():
            self._rows.set_issuer(credential_id, issuer_id, vendor)

    def set_reach(self, credential_id: int, apps: Sequence[str], bucket: str) -> None:
        """Changes which apps a credential is for, and where its files are."""
        with self._database.write():
            self._rows.set_reach(credential_id, ",".join(apps), bucket)

    def credential_worked(self, credential_id: int, at: datetime | None = None) -> None:
        """Notes when Apple last accepted the credential."""
        with self._database.write():
            self._rows.worked(credential_id, to_epoch(at or self._clock.now()))

    def _insert_credential(self, account_id: int, position: int, credential: Credential) -> Credential:
        number = self._rows.add_credential(
            account_id,
            position,
            kind=str(credential.kind),
            key_id=credential.key_id,
            issuer_id=credential.issuer_id,
            secret_ref=credential.secret_ref,
            fingerprint=credential.fingerprint,
            added_at=to_epoch(credential.added_at or self._clock.now()),
            last_ok_at=_seconds(credential.last_ok_at),
            expires_at=_seconds(credential.expires_at),
            capabilities=",".join(credential.capabilities),
            apps=",".join(credential.apps),
            bucket=credential.bucket,
        )
        row = self._database.execute(
            f"SELECT {_CREDENTIAL} FROM user.credential WHERE id = ?", (number,)
        ).fetchone()
        return _credential(row)

    # --- apps ---

    def save_apps(self, account_id: int, apps: Sequence[App]) -> AppChanges:
        """What Apple lists for this account now. Reviews of an app that is gone from the list are kept."""
        named = [replace(app, name=self._names.get(app.id, app.name)) for app in apps]
        with self._database.write():
            before, now = self._rows.put_apps(account_id, named)
        return AppChanges(tuple(sorted(now - before)), tuple(sorted(before - now)))

    def apps(self, account_id: int | None = None, *, hidden: bool = True) -> tuple[App, ...]:
        """The apps of one account or of all, by name; without `hidden`, only those that are shown."""
        shown = (
            "AND (?1 IS NULL OR account_id = ?1)"
            if hidden
            else "AND (?1 IS NULL OR account_id = ?1) AND NOT EXISTS (SELECT 1 FROM user.hidden_app h "
            "WHERE h.account_id = v.account_id AND h.app_id = v.app_id)"
        )
        rows = self._database.execute(
            "SELECT id, name, bundle_id, sku, primary_locale FROM cache.app WHERE id IN "
            f"(SELECT app_id FROM cache.account_app v WHERE 1 {shown}) ORDER BY name COLLATE NOCASE, id",
            (account_id,),
        )
        return tuple(App(*row) for row in rows)

    def call_apps(self) -> None:
        """Calls apps as the person does (`[apps]` of config.toml), where they are called otherwise. In a
        session that cannot write they keep their names."""
        rows = self._database.execute("SELECT id, name FROM cache.app").fetchall()
        wrong = {
            app_id: self._names[app_id] for app_id, name in rows if self._names.get(app_id, name) != name
        }
        if wrong and not self._database.read_only:
            with self._database.write():
                self._rows.name_apps(wrong)

    def accounts_of(self, app_id: str) -> tuple[int, ...]:
        """Ids of the accounts that see the app, the one linked first first."""
        rows = self._database.execute(
            "SELECT a.id FROM cache.account_app v JOIN user.account a ON a.id = v.account_id "
            "WHERE v.app_id = ? ORDER BY a.linked_at, a.id",
            (app_id,),
        )
        return tuple(row[0] for row in rows)


def _credential(row: Sequence[Any]) -> Credential:
    return Credential(
        id=row[0],
        kind=row[1],
        key_id=row[2],
        issuer_id=row[3],
        secret_ref=row[4],
        fingerprint=row[5],
        added_at=_time(row[6]),
        last_ok_at=_time(row[7]),
        expires_at=_time(row[8]),
        capabilities=_split(row[9]),
        apps=_split(row[10]),
        bucket=row[11],
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else from_epoch(seconds)


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else to_epoch(moment)
