"""Linked accounts, their credentials, and the apps that they see."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ascinbox.core.clock import Clock, from_epoch, to_epoch
from ascinbox.core.records import Account, App, Credential, CredentialKind
from ascinbox.store.cache.index.touch import touch
from ascinbox.store.database import Database

_CREDENTIAL = (
    "id, kind, key_id, issuer_id, secret_ref, fingerprint, added_at, last_ok_at, expires_at, capabilities"
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


class Accounts:
    """Accounts by id and name (names are compared without regard to case)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

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
            "SELECT id, name, vendor, features, linked_at FROM user.account ORDER BY linked_at, id"
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
            )
            for row in rows.fetchall()
        )

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
        with self._database.write() as connection:
            cursor = connection.execute(
                "INSERT INTO user.account (name, vendor, features, linked_at) VALUES (?, ?, ?, ?)",
                (account.name, account.vendor, ",".join(account.features), linked),
            )
            account_id = int(cursor.lastrowid or 0)
            for position, credential in enumerate(account.credentials):
                self._insert_credential(account_id, position, credential)
            self._hide(account_id, account.hidden_apps)
            self.save_apps(account_id, apps)
        saved = self.get(account_id)
        assert saved is not None
        return saved

    def update(self, account: Account) -> None:
        """Saves name, vendor number, features and hidden apps; credentials have methods of their own."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE user.account SET name = ?, vendor = ?, features = ? WHERE id = ?",
                (account.name, account.vendor, ",".join(account.features), account.id),
            )
            self._hide(account.id, account.hidden_apps)

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
        )

    def remove(self, account_id: int) -> None:
        """Unlinks: the account, its credentials, drafts, outbox, and what only it could see.

        The account goes first and in one transaction; the reviews follow in small ones, so that a list
        stays quick meanwhile. `forget_orphans` finishes what a kill interrupted.
        """
        ids = json.dumps([app_id for app_id, _ in self._apps_of_nobody_else(account_id)])
        with self._database.write() as connection:
            self._database.outbox_moved = True
            connection.execute("DELETE FROM user.outbox WHERE account_id = ?", (account_id,))
            for table in ("draft", "discarded"):
                connection.execute(
                    f"DELETE FROM user.{table} WHERE app_id IN (SELECT value FROM json_each(?))", (ids,)
                )
            for table in ("credential", "hidden_app"):
                connection.execute(f"DELETE FROM user.{table} WHERE account_id = ?", (account_id,))
            connection.execute("DELETE FROM user.account WHERE id = ?", (account_id,))
            for table in ("account_app", "run"):
                connection.execute(f"DELETE FROM cache.{table} WHERE account_id = ?", (account_id,))
        self.forget_orphans()

    def forget_orphans(self) -> int:
        """Deletes what was cached of apps that belong to no linked account any more; returns the reviews."""
        with self._database.write() as connection:
            connection.execute(
                "DELETE FROM cache.account_app WHERE account_id NOT IN (SELECT id FROM user.account)"
            )
        deleted = 0
        orphans = self._database.execute(
            "SELECT number, id FROM cache.app WHERE id NOT IN (SELECT app_id FROM cache.account_app)"
        ).fetchall()
        for number, app_id in orphans:
            last = -1
            while keys := self._keys(number, last):
                with self._database.write():
                    self._delete_reviews(keys)
                deleted += len(keys)
                last = keys[-1]
            with self._database.write() as connection:
                for table in ("walk", "walk_page"):
                    connection.execute(f"DELETE FROM cache.{table} WHERE app_id = ?", (app_id,))
                connection.execute("DELETE FROM cache.app WHERE number = ?", (number,))
        return deleted

    def _keys(self, number: int, after: int) -> tuple[int, ...]:
        rows = self._database.execute(
            "SELECT key FROM cache.review WHERE app = ? AND key > ? ORDER BY key LIMIT ?",
            (number, after, _DELETED_AT_ONCE),
        )
        return tuple(row[0] for row in rows)

    def _delete_reviews(self, keys: Sequence[int]) -> None:
        touch(self._database, keys, gone=True)
        listed = json.dumps(keys)
        for table in ("triage", "tag", "undo", "earlier_text"):
            self._database.execute(
                f"DELETE FROM user.{table} WHERE review_id IN "
                "(SELECT id FROM cache.review WHERE key IN (SELECT value FROM json_each(?)))",
                (listed,),
            )
        for table in ("review_text", "review"):
            self._database.execute(
                f"DELETE FROM cache.{table} WHERE key IN (SELECT value FROM json_each(?))", (listed,)
            )

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
        order = "min(position) - 1" if first else "max(position) + 1"
        with self._database.write():
            position = self._database.one(
                f"SELECT coalesce({order}, 0) FROM user.credential WHERE account_id = ?", account_id
            )
            return self._insert_credential(account_id, position, credential)

    def remove_credential(self, credential_id: int) -> None:
        """Forgets a credential; its secret is the vault's business."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM user.credential WHERE id = ?", (credential_id,))

    def use_for(self, credential_id: int, capabilities: Sequence[str]) -> None:
        """Says what the credential is used for; empty means everything that it can do."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE user.credential SET capabilities = ? WHERE id = ?",
                (",".join(capabilities), credential_id),
            )

    def set_issuer(self, credential_id: int, issuer_id: str | None, vendor: str | None) -> None:
        """Changes whose team a credential acts for; a vendor number is kept where the account has none."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE user.credential SET issuer_id = ? WHERE id = ?", (issuer_id, credential_id)
            )
            connection.execute(
                "UPDATE user.account SET vendor = coalesce(vendor, ?) WHERE id = "
                "(SELECT account_id FROM user.credential WHERE id = ?)",
                (vendor, credential_id),
            )

    def credential_worked(self, credential_id: int, at: datetime | None = None) -> None:
        """Notes when Apple last accepted the credential."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE user.credential SET last_ok_at = ? WHERE id = ?",
                (to_epoch(at or self._clock.now()), credential_id),
            )

    def _insert_credential(self, account_id: int, position: int, credential: Credential) -> Credential:
        added = credential.added_at or self._clock.now()
        cursor = self._database.execute(
            "INSERT INTO user.credential (account_id, position, kind, key_id, issuer_id, secret_ref, "
            "fingerprint, added_at, last_ok_at, expires_at, capabilities) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                account_id,
                position,
                str(credential.kind),
                credential.key_id,
                credential.issuer_id,
                credential.secret_ref,
                credential.fingerprint,
                to_epoch(added),
                _seconds(credential.last_ok_at),
                _seconds(credential.expires_at),
                ",".join(credential.capabilities),
            ),
        )
        row = self._database.execute(
            f"SELECT {_CREDENTIAL} FROM user.credential WHERE id = ?", (cursor.lastrowid,)
        ).fetchone()
        return _credential(row)

    # --- apps ---

    def save_apps(self, account_id: int, apps: Sequence[App]) -> AppChanges:
        """What Apple lists for this account now. Reviews of an app that is gone from the list are kept."""
        now = {app.id for app in apps}
        with self._database.write() as connection:
            before = {
                row[0]
                for row in connection.execute(
                    "SELECT app_id FROM cache.account_app WHERE account_id = ?", (account_id,)
                )
            }
            connection.executemany(
                "INSERT INTO cache.app (id, name, bundle_id, sku, primary_locale) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET name = excluded.name, bundle_id = excluded.bundle_id, "
                "sku = excluded.sku, primary_locale = excluded.primary_locale "
                "WHERE name IS NOT excluded.name OR bundle_id IS NOT excluded.bundle_id "
                "OR sku IS NOT excluded.sku OR primary_locale IS NOT excluded.primary_locale",
                [(app.id, app.name, app.bundle_id, app.sku, app.primary_locale) for app in apps],
            )
            connection.executemany(
                "INSERT OR IGNORE INTO cache.account_app (account_id, app_id) VALUES (?, ?)",
                [(account_id, app_id) for app_id in now],
            )
            connection.executemany(
                "DELETE FROM cache.account_app WHERE account_id = ? AND app_id = ?",
                [(account_id, app_id) for app_id in before - now],
            )
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

    def accounts_of(self, app_id: str) -> tuple[int, ...]:
        """Ids of the accounts that see the app, the one linked first first."""
        rows = self._database.execute(
            "SELECT a.id FROM cache.account_app v JOIN user.account a ON a.id = v.account_id "
            "WHERE v.app_id = ? ORDER BY a.linked_at, a.id",
            (app_id,),
        )
        return tuple(row[0] for row in rows)

    def _hide(self, account_id: int, app_ids: Sequence[str]) -> None:
        self._database.execute("DELETE FROM user.hidden_app WHERE account_id = ?", (account_id,))
        self._database.executemany(
            "INSERT OR IGNORE INTO user.hidden_app (account_id, app_id) VALUES (?, ?)",
            [(account_id, app_id) for app_id in app_ids],
        )


def _credential(row: Sequence[Any]) -> Credential:
    return Credential(
        id=row[0],
        kind=CredentialKind(row[1]),
        key_id=row[2],
        issuer_id=row[3],
        secret_ref=row[4],
        fingerprint=row[5],
        added_at=_time(row[6]),
        last_ok_at=_time(row[7]),
        expires_at=_time(row[8]),
        capabilities=_split(row[9]),
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else from_epoch(seconds)


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else to_epoch(moment)
