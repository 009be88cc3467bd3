"""How far the cache has come, as rows of cache.db: walks, runs, budgets, leases; told by `store.hot.sync`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, or_, select

from ascinbox.store.database import Database
from ascinbox.store.models.sync import BudgetTable, LeaseTable, RunTable, WalkPageTable, WalkTable
from ascinbox.store.statements import Statement, entity, insert, table_of, upsert

_w, _p = table_of(WalkTable).c, table_of(WalkPageTable).c
_run, _b, _l = table_of(RunTable).c, table_of(BudgetTable).c, table_of(LeaseTable).c

_WALK = Statement(entity(WalkTable).where(_w.app_id == bindparam("app_id")))
_PUT_WALK = Statement(upsert(WalkTable, keep=[_w.full_at, _w.finished_at]))
_DROP_PAGES = Statement(delete(table_of(WalkPageTable)).where(_p.app_id == bindparam("app_id")))
_HAS_RUN = Statement(
    select(_run.succeeded_at).where(
        _run.account_id == bindparam("account_id"), _run.dataset == bindparam("dataset")
    )
)
_PUT_RUN = Statement(upsert(RunTable))
_RELEASE = Statement(
    delete(table_of(LeaseTable)).where(_l.name == bindparam("name"), _l.owner == bindparam("owner"))
)


def _put_budget() -> Statement:
    told = [_b.hour_limit, _b.hour_left, _b.minute_limit, _b.minute_left, _b.seen_at]
    new = insert(BudgetTable, _b.key_id, *told)
    return Statement(
        new.on_conflict_do_update(
            index_elements=[_b.key_id],
            set_={column.key: new.excluded[column.key] for column in told},
            where=new.excluded.seen_at >= _b.seen_at,
        )
    )


def _put_hold() -> Statement:
    new = insert(BudgetTable, _b.key_id, _b.seen_at, _b.held_until)
    return Statement(
        new.on_conflict_do_update(
            index_elements=[_b.key_id],
            set_={"held_until": new.excluded.held_until},
            where=or_(
                _b.held_until.is_(None),
                _b.held_until < new.excluded.held_until,
                _b.held_until > bindparam("latest"),
            ),
        )
    )


def _take_lease() -> Statement:
    new = insert(LeaseTable)
    return Statement(
        new.on_conflict_do_update(
            index_elements=[_l.name],
            set_={name: new.excluded[name] for name in ("owner", "host", "boot_id", "pid", "expires_at")},
            where=or_(
                _l.owner == new.excluded.owner,
                _l.expires_at <= bindparam("now"),
                _l.expires_at > bindparam("latest"),
            ),
        )
    )


_PUT_BUDGET, _PUT_HOLD, _TAKE_LEASE = _put_budget(), _put_hold(), _take_lease()


class ProgressRows:
    """Writes rows, each in the transaction that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def walk(self, app_id: str) -> Any:
        """The row of the app's walk, its columns as attributes; None before the first."""
        return _WALK.first(self._database, app_id=app_id)

    def put_walk(self, **values: Any) -> None:
        """Opens a walk in the place of an earlier one, whose ends are kept."""
        _PUT_WALK.run(self._database, **values, open=1, full_at=None, finished_at=None)

    def drop_pages(self, app_id: str) -> None:
        """Forgets what earlier pages of the app's walk showed."""
        _DROP_PAGES.run(self._database, app_id=app_id)

    def put_run(self, **values: Any) -> None:
        """Replaces the last run of a data set; without a `succeeded_at` the former one stays."""
        if values["succeeded_at"] is None:
            key = {name: values[name] for name in ("account_id", "dataset")}
            values["succeeded_at"] = _HAS_RUN.value(self._database, **key)
        _PUT_RUN.run(self._database, **values)

    def put_budget(self, **values: Any) -> None:
        """What Apple last said about a key's requests, unless something newer is known."""
        _PUT_BUDGET.run(self._database, **values)

    def put_hold(self, key_id: str, until: int, latest: int) -> None:
        """A later hold replaces an earlier one, and one that ends after `latest`."""
        _PUT_HOLD.run(self._database, key_id=key_id, seen_at=0, held_until=until, latest=latest)

    def take_lease(self, *, now: int, latest: int, **values: Any) -> bool:
        """Writes the lease unless somebody else holds it; one that ends after `latest` counts as over."""
        return _TAKE_LEASE.run(self._database, now=now, latest=latest, **values).rowcount == 1

    def release_lease(self, name: str, owner: str) -> None:
        """Gives the name back, if it is the owner's."""
        _RELEASE.run(self._database, name=name, owner=owner)
