"""What was learned of keys and analytics requests while asking Apple: `store.observations`."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from ascinbox.core.clock import from_epoch, to_epoch
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.observations import (
    CreationProblem,
    DataProblem,
    DataTrouble,
    KeyListing,
    RetiredKey,
)
from ascinbox.core.records import Credential
from ascinbox.store.database import Database

if TYPE_CHECKING:
    from ascinbox.store.cache.observations import ObservationRows


class Observations:
    """By account. Credentials are named by their key id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @cached_property
    def _rows(self) -> ObservationRows:
        from ascinbox.store.cache.observations import ObservationRows

        return ObservationRows(self._database)

    # --- which apps a key sees ---

    def listings(self, account_id: int) -> dict[str, KeyListing]:
        """What Apple listed last for each credential that was ever asked, by key id."""
        rows = self._database.execute(
            "SELECT credential, apps, missed, missed_since FROM user.key_listing WHERE account_id = ?",
            (account_id,),
        )
        return {
            key_id: KeyListing(
                _ids(apps), _ids(missed), None if missed_since is None else from_epoch(missed_since)
            )
            for key_id, apps, missed, missed_since in rows
        }

    def save_listing(self, account_id: int, key_id: str, listing: KeyListing, now: datetime) -> None:
        """Replaces what Apple listed for a credential."""
        since = listing.missed_since
        with self._database.write():
            self._rows.put_listing(
                account_id=account_id,
                credential=key_id,
                apps=",".join(listing.apps),
                missed=",".join(listing.missed),
                missed_since=None if since is None else to_epoch(since),
                listed_at=to_epoch(now),
            )

    # --- replaced keys ---

    def retired(self, account_id: int) -> tuple[RetiredKey, ...]:
        """The replaced keys that are watched until they are revoked."""
        rows = self._database.execute(
            """SELECT credential, kind, issuer_id, secret_ref, since FROM user.retired_key
               WHERE account_id = ? ORDER BY credential""",
            (account_id,),
        )
        return tuple(
            RetiredKey(Credential(kind, key_id, issuer, ref), from_epoch(since))
            for key_id, kind, issuer, ref, since in rows
        )

    def retire(self, account_id: int, old: Credential, now: datetime) -> None:
        """Keeps what is needed to see whether a replaced key was revoked. It keeps its date."""
        with self._database.write():
            self._rows.put_retired(
                account_id=account_id,
                credential=old.key_id,
                kind=str(old.kind),
                issuer_id=old.issuer_id,
                secret_ref=old.secret_ref,
                since=to_epoch(now),
            )

    def forget_retired(self, account_id: int, key_id: str) -> None:
        """Drops a replaced key."""
        with self._database.write():
            self._rows.drop_retired(account_id, key_id)

    # --- Reporter tokens that end ---

    def reminded(self, account_id: int, key_id: str) -> int | None:
        """The threshold in days of the last reminder that a token ends; None before the first."""
        days = self._database.one(
            "SELECT days FROM user.token_reminder WHERE account_id = ? AND credential = ?", account_id, key_id
        )
        return None if days is None else int(days)

    def note_reminder(self, account_id: int, key_id: str, days: int, now: datetime) -> None:
        """Notes that the person was told."""
        with self._database.write():
            self._rows.put_reminder(
                account_id=account_id, credential=key_id, days=days, told_at=to_epoch(now)
            )

    # --- analytics requests ---

    def saw_request(self, account_id: int, request_id: str, now: datetime) -> datetime:
        """Notes an analytics request that Apple lists; gives when it was first seen."""
        with self._database.write():
            return from_epoch(self._rows.saw_request(account_id, request_id, to_epoch(now)))

    def note_delivery(self, account_id: int, request_id: str, now: datetime) -> None:
        """Notes that Apple has delivered something for an analytics request."""
        with self._database.write():
            self._rows.saw_request(account_id, request_id, to_epoch(now))
            self._rows.note_delivery(account_id, request_id, to_epoch(now))

    def delivered(self, account_id: int) -> frozenset[str]:
        """Ids of the analytics requests for which Apple has delivered something."""
        rows = self._database.execute(
            "SELECT id FROM user.analytics_request WHERE account_id = ? AND delivered_at IS NOT NULL",
            (account_id,),
        )
        return frozenset(request_id for (request_id,) in rows)

    def note_creation(self, account_id: int, problem: CreationProblem, key_id: str, now: datetime) -> None:
        """Notes that asking Apple to make analytics reports with a key came to nothing."""
        with self._database.write():
            self._rows.put_creation(
                account_id=account_id, problem=problem.value, credential=key_id, noted_at=to_epoch(now)
            )

    def creations(self, account_id: int) -> dict[CreationProblem, str]:
        """The key that met each problem last."""
        rows = self._database.execute(
            "SELECT problem, credential FROM user.analytics_creation WHERE account_id = ?", (account_id,)
        )
        return {CreationProblem(problem): key_id for problem, key_id in rows}

    # --- data that a sync could not have ---

    def troubles(self, account_id: int) -> tuple[DataTrouble, ...]:
        """What a sync could not have, until it has it."""
        rows = self._database.execute(
            """SELECT problem, capability, app_id, dataset, why, since FROM user.unreadable_data
               WHERE account_id = ? ORDER BY problem, capability, app_id, dataset""",
            (account_id,),
        )
        return tuple(
            DataTrouble(DataProblem(problem), Capability(capability), app_id, dataset, why, from_epoch(since))
            for problem, capability, app_id, dataset, why, since in rows
        )

    def note_trouble(self, account_id: int, trouble: DataTrouble, now: datetime) -> None:
        """Notes a problem with data, or that there is none any more where its `why` is empty."""
        key = (trouble.problem.value, trouble.capability.value, trouble.app_id, trouble.dataset)
        with self._database.write():
            if not trouble.why:
                self._rows.drop_trouble(account_id, *key)
                return
            self._rows.put_trouble(
                account_id=account_id,
                problem=trouble.problem.value,
                capability=trouble.capability.value,
                app_id=trouble.app_id,
                dataset=trouble.dataset,
                why=trouble.why,
                since=to_epoch(now),
            )

    def forget_troubles(self, account_id: int, problem: DataProblem) -> None:
        """Drops every problem of a kind."""
        with self._database.write():
            self._rows.drop_problem(account_id, problem.value)

    def note_read(self, account_id: int, capability: Capability, now: datetime) -> None:
        """Notes that a sync read something of a capability's data."""
        with self._database.write():
            self._rows.put_read(account_id=account_id, capability=capability.value, read_at=to_epoch(now))

    def read_at(self, account_id: int) -> dict[Capability, datetime]:
        """When `note_read` was called last, by capability."""
        rows = self._database.execute(
            "SELECT capability, read_at FROM user.data_read WHERE account_id = ?", (account_id,)
        )
        return {Capability(capability): from_epoch(at) for capability, at in rows}


def _ids(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))
