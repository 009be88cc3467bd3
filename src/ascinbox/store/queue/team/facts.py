"""What workers share and members only read: accounts without their secrets, apps, verdicts, runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlmodel import col

from ascinbox.store.database import Database
from ascinbox.store.models.accounts import (
    AccountAppTable,
    AccountTable,
    AppTable,
    CredentialTable,
    HiddenAppTable,
)
from ascinbox.store.models.health import VerdictTable
from ascinbox.store.models.sync import RunTable
from ascinbox.store.statements import Statement, entity, insert, table_of, tables_of, upsert

A_WORKERS_KEY = "team:"
"""`secret_ref` of a credential whose key is a worker's."""
_OWN = frozenset({"id", "account_id", "secret_ref", "issuer_id"})
"""Columns of a credential that stay in the worker's home, or are made again."""
_PER_ACCOUNT = 1_000
"""Credentials of one account have numbers of their own."""

_PUT_ACCOUNT = Statement(upsert(AccountTable, *table_of(AccountTable).columns))
_DROP_ACCOUNT = Statement(delete(AccountTable).where(col(AccountTable.id) == bindparam("account")))
_OF_ACCOUNT = [
    Statement(delete(table).where(table.c.account_id == bindparam("account")))
    for table in tables_of(CredentialTable, AccountAppTable, HiddenAppTable)
]
_ADD_CREDENTIAL = Statement(insert(CredentialTable, *table_of(CredentialTable).columns))
_SEE = Statement(insert(AccountAppTable))
_HIDE = Statement(insert(HiddenAppTable))
_PUT_APP = Statement(upsert(AppTable, conflict=[table_of(AppTable).c.id]))
_ROWS: Mapping[str, Any] = {"verdict": VerdictTable, "run": RunTable}
_PUT_ROW = {kind: Statement(upsert(model)) for kind, model in _ROWS.items()}
_ALL = {kind: Statement(entity(model)) for kind, model in _ROWS.items()}
_ALL_APPS = Statement(entity(AppTable))
_ALL_ACCOUNTS = Statement(entity(AccountTable))
_CREDENTIALS = Statement(
    entity(CredentialTable)
    .where(col(CredentialTable.account_id) == bindparam("account"))
    .order_by(col(CredentialTable.position))
)
_APPS_OF = Statement(
    select(col(AccountAppTable.app_id)).where(col(AccountAppTable.account_id) == bindparam("account"))
)
_HIDDEN_OF = Statement(
    select(col(HiddenAppTable.app_id)).where(col(HiddenAppTable.account_id) == bindparam("account"))
)


def described(
    database: Database, team_account: Callable[[int], int]
) -> dict[tuple[str, str], dict[str, Any]]:
    """Everything of a worker's home that its team may know, by (kind, key)."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for app in _ALL_APPS.rows(database):
        found["app", app.id] = {k: v for k, v in app._asdict().items() if k != "number"}
    for account in _ALL_ACCOUNTS.rows(database):
        number = team_account(account.id)
        found["account", str(number)] = {
            **account._asdict(),
            "id": number,
            "credentials": [
                {name: value for name, value in each._asdict().items() if name not in _OWN}
                for each in _CREDENTIALS.rows(database, account=account.id)
            ],
            "apps": sorted(row[0] for row in _APPS_OF.run(database, account=account.id)),
            "hidden": sorted(row[0] for row in _HIDDEN_OF.run(database, account=account.id)),
        }
    for kind, statement in _ALL.items():
        key = [column.key for column in table_of(_ROWS[kind]).primary_key]
        for row in statement.rows(database):
            doc = {**row._asdict(), "account_id": team_account(row.account_id)}
            found[kind, "/".join(str(doc[name]) for name in key)] = doc
    return found


def changed(
    before: Mapping[tuple[str, str], str], now: Mapping[tuple[str, str], dict[str, Any]]
) -> tuple[list[dict[str, Any]], dict[tuple[str, str], str]]:
    """What has to be told after `before` was told (documents as JSON text), and what is told then."""
    told = {key: json.dumps(doc, sort_keys=True) for key, doc in now.items()}
    facts: list[dict[str, Any]] = [
        {"kind": kind, "key": key, "doc": now[kind, key]}
        for (kind, key), text in told.items()
        if before.get((kind, key)) != text
    ]
    facts += [{"kind": kind, "key": key, "doc": None} for kind, key in before if (kind, key) not in told]
    return facts, told


def _put_app(database: Database, _key: str, doc: dict[str, Any] | None) -> None:
    if doc is not None:
        _PUT_APP.run(database, **doc)


def _put_account(database: Database, key: str, doc: dict[str, Any] | None) -> None:
    number = int(key)
    for statement in _OF_ACCOUNT:
        statement.run(database, account=number)
    if doc is None:
        _DROP_ACCOUNT.run(database, account=number)
        return
    _PUT_ACCOUNT.run(database, **{column.key: doc[column.key] for column in table_of(AccountTable).columns})
    for place, each in enumerate(doc["credentials"]):
        own = {
            "id": number * _PER_ACCOUNT + place,
            "account_id": number,
            "secret_ref": A_WORKERS_KEY,
            "issuer_id": None,
        }
        _ADD_CREDENTIAL.run(database, **{**each, **own})
    _see(database, _SEE, number, doc["apps"])
    _see(database, _HIDE, number, doc["hidden"])


def _see(database: Database, statement: Statement, account: int, apps: Sequence[str]) -> None:
    statement.run_many(database, ({"account_id": account, "app_id": app} for app in apps))


def _put_row(kind: str) -> Callable[[Database, str, dict[str, Any] | None], None]:
    def put(database: Database, _key: str, doc: dict[str, Any] | None) -> None:
        if doc is not None:
            _PUT_ROW[kind].run(database, **doc)

    return put


Taker = Callable[[Database, str, dict[str, Any] | None], None]
"""Puts a fact into the files of a replica: its key, and its document or None when it is gone."""
_TAKERS: dict[str, Taker] = {"app": _put_app, "account": _put_account}
OF_MEMBERS: Mapping[str, Taker] = {**_TAKERS, **{kind: _put_row(kind) for kind in _ROWS}}
"""How a member's replica takes each kind."""
