"""Linked accounts, their credentials and apps, as rows of both files. `store.hot.accounts` hands them on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from ascinbox.core.records import App
from ascinbox.store.cache.index.invalidate import invalidate
from ascinbox.store.database import Database
from ascinbox.store.models.accounts import (
    AccountAppTable,
    AccountTable,
    AppTable,
    CredentialTable,
    HiddenAppTable,
)
from ascinbox.store.models.arrivals import ArrivalTable
from ascinbox.store.models.languages import (
    DraftedTable,
    ReviewLanguageTable,
    TranslationTable,
    UndetectedTable,
)
from ascinbox.store.models.replies import (
    DiscardedTable,
    DraftTable,
    EditingTable,
    OutboxPauseTable,
    OutboxTable,
)
from ascinbox.store.models.reports import PublicRatingTable
from ascinbox.store.models.reviews import RatingTable, ReviewDeviceTable, ReviewTable, ReviewTextTable
from ascinbox.store.models.sync import (
    AppVersionTable,
    CacheMetaTable,
    LeftOutTable,
    RunTable,
    WalkPageTable,
    WalkTable,
)
from ascinbox.store.models.team import NoteTable
from ascinbox.store.models.triage import EarlierTextTable, TagTable, TriageTable, UndoTable
from ascinbox.store.statements import Statement, among, insert, table_of, tables_of, upsert

_a, _c, _h = table_of(AccountTable).c, table_of(CredentialTable).c, table_of(HiddenAppTable).c
_app, _v, _r = table_of(AppTable).c, table_of(AccountAppTable).c, table_of(ReviewTable).c
_ACCOUNT: Any = bindparam("account")
_CREDENTIAL = _c.id == bindparam("credential")


def _deletes(condition: str, *models: Any) -> list[Statement]:
    """For each of the tables, the deletion of the rows of one account."""
    return [Statement(delete(t).where(t.c[condition] == _ACCOUNT)) for t in tables_of(*models)]


_ADD = Statement(insert(AccountTable))
_CHANGE = Statement(
    update(table_of(AccountTable))
    .where(_a.id == _ACCOUNT)
    .values(name=bindparam("name"), vendor=bindparam("vendor"), features=bindparam("features"))
)
_ADD_CREDENTIAL = Statement(insert(CredentialTable))
_ENDS = Statement(
    select(func.min(_c.position).label("first"), func.max(_c.position).label("last")).where(
        _c.account_id == _ACCOUNT
    )
)
_REMOVE_CREDENTIAL = Statement(delete(table_of(CredentialTable)).where(_CREDENTIAL))
_USE = Statement(
    update(table_of(CredentialTable)).where(_CREDENTIAL).values(capabilities=bindparam("capabilities"))
)
_WORKED = Statement(
    update(table_of(CredentialTable)).where(_CREDENTIAL).values(last_ok_at=bindparam("last_ok_at"))
)
_ISSUER = Statement(
    update(table_of(CredentialTable)).where(_CREDENTIAL).values(issuer_id=bindparam("issuer_id"))
)
_REACH = Statement(
    update(table_of(CredentialTable))
    .where(_CREDENTIAL)
    .values(apps=bindparam("apps"), bucket=bindparam("bucket"))
)
_VENDOR = Statement(
    update(table_of(AccountTable))
    .where(_a.id == select(_c.account_id).where(_CREDENTIAL).scalar_subquery())
    .values(vendor=func.coalesce(_a.vendor, bindparam("number")))
)
_SHOW_ALL = Statement(delete(table_of(HiddenAppTable)).where(_h.account_id == _ACCOUNT))
_HIDE = Statement(insert(HiddenAppTable).on_conflict_do_nothing())
_UNLINK = [
    *_deletes("account_id", OutboxTable, OutboxPauseTable, CredentialTable, HiddenAppTable),
    *_deletes("id", AccountTable),
    *_deletes("account_id", AccountAppTable, RunTable),
]
_DROP_WORDS = [
    Statement(delete(table).where(among(table.c.app_id, "apps")))
    for table in tables_of(DraftTable, DiscardedTable)
]
_APPS_OF = Statement(select(_v.app_id).where(_v.account_id == _ACCOUNT))
_PUT_APP = Statement(
    upsert(AppTable, conflict=[_app.id], differs=[_app.name, _app.bundle_id, _app.sku, _app.primary_locale])
)
_CALL = Statement(
    update(table_of(AppTable)).where(_app.id == bindparam("app")).values(name=bindparam("called"))
)
_SEE = Statement(insert(AccountAppTable).on_conflict_do_nothing())
_LOSE = Statement(
    delete(table_of(AccountAppTable)).where(_v.account_id == _ACCOUNT, among(_v.app_id, "apps"))
)
_FORGET_UNLINKED = Statement(delete(table_of(AccountAppTable)).where(_v.account_id.not_in(select(_a.id))))
_ORPHANS = Statement(select(_app.number, _app.id).where(_app.id.not_in(select(_v.app_id))))
_REVIEWS_OF = Statement(
    select(_r.key)
    .where(_r.app == bindparam("number"), _r.key > bindparam("after"))
    .order_by(_r.key)
    .limit(bindparam("most"))
)
_SAID_ABOUT = [
    Statement(delete(table).where(table.c.review_id.in_(select(_r.id).where(among(_r.key, "keys")))))
    for table in tables_of(
        TriageTable,
        TagTable,
        UndoTable,
        EarlierTextTable,
        NoteTable,
        EditingTable,
        TranslationTable,
        DraftedTable,
        ArrivalTable,
    )
]
_DROP_REVIEWS = [
    Statement(delete(table).where(among(table.c.key, "keys")))
    for table in tables_of(
        ReviewTextTable, ReviewLanguageTable, UndetectedTable, ReviewDeviceTable, ReviewTable
    )
]
_DROP_WALKS = [
    Statement(delete(table).where(table.c.app_id == bindparam("app")))
    for table in tables_of(WalkTable, WalkPageTable, RatingTable, PublicRatingTable, AppVersionTable)
]
_lo = table_of(LeftOutTable).c
_DROP_WALKS.append(Statement(delete(table_of(LeftOutTable)).where(_lo.scope == bindparam("app"))))
_m = table_of(CacheMetaTable).c
_TO_FORGET = "forget figures of "
_VENDOR_OF_NOBODY_ELSE = Statement(
    select(_a.vendor).where(
        _a.id == _ACCOUNT,
        _a.vendor.not_in(select(_a.vendor).where(_a.id != _ACCOUNT, _a.vendor.is_not(None))),
    )
)
_NOTE = Statement(upsert(CacheMetaTable))
_NOTED = Statement(select(_m.name).where(_m.name.startswith(_TO_FORGET)))
_DROP_NOTE = Statement(delete(table_of(CacheMetaTable)).where(_m.name == bindparam("noted")))
_LINKED = Statement(select(_a.id).where(_a.vendor == bindparam("vendor")).limit(1))
_DROP_APP = Statement(delete(table_of(AppTable)).where(_app.number == bindparam("number")))


class AccountRows:
    """Writes rows, each in the transaction that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, vendor: str | None, features: Iterable[str], linked_at: int, store: str) -> int:
        """A new account; its id."""
        values = {
            "name": name,
            "vendor": vendor,
            "features": ",".join(features),
            "linked_at": linked_at,
            "store": store,
        }
        return int(_ADD.run(self._database, **values).lastrowid or 0)

    def change(self, account_id: int, name: str, vendor: str | None, features: Iterable[str]) -> None:
        """Name, vendor number and features of an account."""
        _CHANGE.run(self._database, account=account_id, name=name, vendor=vendor, features=",".join(features))

    def hide(self, account_id: int, app_ids: Iterable[str]) -> None:
        """Hides these apps of the account and no others."""
        _SHOW_ALL.run(self._database, account=account_id)
        _HIDE.run_many(self._database, ({"account_id": account_id, "app_id": i} for i in app_ids))

    def vendor_of_nobody_else(self, account_id: int) -> str | None:
        """The vendor number of an account, unless another one has it too."""
        vendor: str | None = _VENDOR_OF_NOBODY_ELSE.value(self._database, account=account_id)
        return vendor

    def unlink(self, account_id: int, own_apps: Sequence[str]) -> None:
        """The account, its credentials and outbox, and the texts about apps that only it sees. The figures of
        its vendor number are noted for `vendors_to_forget`."""
        self._database.outbox_moved = True
        vendor = self.vendor_of_nobody_else(account_id)
        if vendor is not None:
            _NOTE.run(self._database, name=f"{_TO_FORGET}{vendor}", value="")
        for statement in _UNLINK:
            statement.run(self._database, account=account_id)
        for statement in _DROP_WORDS:
            statement.run(self._database, apps=json.dumps(own_apps))

    # --- credentials ---

    def add_credential(self, account_id: int, position: int, **values: Any) -> int:
        """A new credential; its id."""
        values = {"account_id": account_id, "position": position, **values}
        return int(_ADD_CREDENTIAL.run(self._database, **values).lastrowid or 0)

    def next_position(self, account_id: int, *, first: bool) -> int:
        """The place before or behind the account's credentials."""
        ends = _ENDS.first(self._database, account=account_id)
        if ends.first is None:
            return 0
        return int(ends.first - 1 if first else ends.last + 1)

    def remove_credential(self, credential_id: int) -> None:
        """Deletes a credential."""
        _REMOVE_CREDENTIAL.run(self._database, credential=credential_id)

    def use_for(self, credential_id: int, capabilities: Iterable[str]) -> None:
        """What a credential is used for."""
        _USE.run(self._database, credential=credential_id, capabilities=",".join(capabilities))

    def worked(self, credential_id: int, at: int) -> None:
        """When a credential was last accepted."""
        _WORKED.run(self._database, credential=credential_id, last_ok_at=at)

    def set_issuer(self, credential_id: int, issuer_id: str | None, vendor: str | None) -> None:
        """Whose team a credential acts for; the vendor number where its account has none."""
        _ISSUER.run(self._database, credential=credential_id, issuer_id=issuer_id)
        _VENDOR.run(self._database, credential=credential_id, number=vendor)

    def set_reach(self, credential_id: int, apps: str, bucket: str) -> None:
        """Which apps a credential is for, and where its files are."""
        _REACH.run(self._database, credential=credential_id, apps=apps, bucket=bucket)

    # --- apps ---

    def name_apps(self, names: Mapping[str, str]) -> None:
        """Gives apps these names, by id."""
        _CALL.run_many(self._database, ({"app": app_id, "called": name} for app_id, name in names.items()))

    def put_apps(self, account_id: int, apps: Sequence[App]) -> tuple[set[str], set[str]]:
        """Makes these the account's apps; ids of those that it saw before, and that it sees now."""
        before = {row[0] for row in _APPS_OF.run(self._database, account=account_id)}
        now = {app.id for app in apps}
        _PUT_APP.run_many(
            self._database,
            (
                {
                    "id": app.id,
                    "name": app.name,
                    "bundle_id": app.bundle_id,
                    "sku": app.sku,
                    "primary_locale": app.primary_locale,
                }
                for app in apps
            ),
        )
        _SEE.run_many(self._database, ({"account_id": account_id, "app_id": i} for i in now))
        _LOSE.run(self._database, account=account_id, apps=json.dumps(sorted(before - now)))
        return before, now

    def orphans(self) -> list[tuple[int, str]]:
        """(number, id) of the apps that no linked account sees, after forgetting what unlinked ones saw."""
        _FORGET_UNLINKED.run(self._database)
        return [(row.number, row.id) for row in _ORPHANS.rows(self._database)]

    def vendors_to_forget(self) -> list[str]:
        """Vendor numbers that were unlinked and whose figures may still be there."""
        vendors = [row.name.removeprefix(_TO_FORGET) for row in _NOTED.rows(self._database)]
        again = {v for v in vendors if _LINKED.first(self._database, vendor=v) is not None}
        for vendor in again:
            self.forgot_vendor(vendor)
        return [vendor for vendor in vendors if vendor not in again]

    def forgot_vendor(self, vendor: str) -> None:
        """Nothing of this vendor number is left to forget."""
        _DROP_NOTE.run(self._database, noted=f"{_TO_FORGET}{vendor}")

    def reviews_of(self, number: int, after: int, most: int) -> list[int]:
        """Keys of at most so many of an app's reviews beyond `after`."""
        rows = _REVIEWS_OF.run(self._database, number=number, after=after, most=most)
        return [row[0] for row in rows]

    def drop_reviews(self, keys: Sequence[int]) -> None:
        """Deletes reviews and what was said about them."""
        invalidate(self._database, keys, gone=True)
        for statement in (*_SAID_ABOUT, *_DROP_REVIEWS):
            statement.run(self._database, keys=json.dumps(keys))

    def drop_app(self, number: int, app_id: str) -> None:
        """Deletes an app and its walks."""
        for statement in _DROP_WALKS:
            statement.run(self._database, app=app_id)
        _DROP_APP.run(self._database, number=number)
