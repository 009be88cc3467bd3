"""Verdicts and their history, and the people of each team."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ascinbox.core.clock import from_epoch, to_epoch
from ascinbox.core.health.evidence import HealthState, Verdict
from ascinbox.core.health.people import Person, PersonState

if TYPE_CHECKING:
    from ascinbox.store.cache.verdicts import VerdictRows
    from ascinbox.store.store import Store

KEPT = timedelta(days=400)
"""How long a change of verdict is remembered."""

_WORKING = (HealthState.OK.value, HealthState.LIMITED.value)
_COLUMNS = (
    "account_id, credential, capability, state, severity, detail, evidence, fix, who, afterwards, instead,"
    " checked_at, since, proved_at"
)
_CHANGE = "account_id, credential, capability, before, state, evidence, at"
_PERSON = "email, apple_id, state, first_name, last_name, roles, all_apps, apps, expires_at, changed_at"


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    """A verdict with what the store knows about its past."""

    account_id: int
    verdict: Verdict
    since: datetime
    """Since when this state has been seen without interruption."""
    proved_at: datetime | None
    """When the capability last worked with this credential."""


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """One verdict that differed from the one before."""

    account_id: int
    credential: str
    capability: str
    before: str
    state: str
    evidence: str
    at: datetime
    """When the new verdict was taken."""
    last_seen: datetime | None = None
    """When the old one was last confirmed; known at the moment of the change only."""


class HealthRecords:
    """`store.health`."""

    def __init__(self, store: Store) -> None:
        self._database = store.database

    @cached_property
    def _rows(self) -> VerdictRows:
        from ascinbox.store.cache.verdicts import VerdictRows

        return VerdictRows(self._database)

    def verdicts(self, account_id: int | None = None) -> tuple[KeptVerdict, ...]:
        """The last verdicts, of one account or of all."""
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM user.verdict WHERE ?1 IS NULL OR account_id = ?1"
            " ORDER BY account_id, credential, capability",
            (account_id,),
        )
        return tuple(_kept(row) for row in rows)

    def save(self, account_id: int, verdicts: Iterable[Verdict], now: datetime) -> tuple[VerdictChange, ...]:
        """Keeps the verdicts, notes what changed, and gives the changes. One transaction."""
        changes = []
        with self._database.write():
            for verdict in verdicts:
                change = self._save_one(account_id, verdict, now)
                if change is not None:
                    changes.append(change)
            self._rows.forget_changes(to_epoch(now - KEPT))
        return tuple(changes)

    def _save_one(self, account_id: int, verdict: Verdict, now: datetime) -> VerdictChange | None:
        key: dict[str, Any] = {
            "account_id": account_id,
            "credential": verdict.credential,
            "capability": str(verdict.capability),
        }
        before = self._rows.before(**key)
        at = to_epoch(verdict.checked_at or now)
        state = verdict.state.value
        unchanged = before is not None and before.state == state
        proved_at = at if state in _WORKING else before.proved_at if before else None
        self._put(account_id, verdict, before.since if unchanged else at, proved_at)
        if before is None or unchanged:
            return None
        self._rows.note_change(**key, before=before.state, state=state, evidence=verdict.evidence, at=at)
        return VerdictChange(
            account_id,
            verdict.credential,
            verdict.capability,
            before.state,
            state,
            verdict.evidence,
            from_epoch(at),
            from_epoch(before.checked_at) if before.checked_at else None,
        )

    def take_over(self, account_id: int, kept: Iterable[KeptVerdict]) -> None:
        """Keeps verdicts of another home's as this account's, with what was known about their past."""
        with self._database.write():
            for each in kept:
                proved_at = None if each.proved_at is None else to_epoch(each.proved_at)
                self._put(account_id, each.verdict, to_epoch(each.since), proved_at)

    def _put(self, account_id: int, verdict: Verdict, since: int, proved_at: int | None) -> None:
        self._rows.put(
            account_id=account_id,
            credential=verdict.credential,
            capability=str(verdict.capability),
            state=verdict.state.value,
            severity=verdict.severity,
            detail=verdict.detail,
            evidence=verdict.evidence,
            fix=verdict.fix,
            who=verdict.who,
            afterwards=verdict.then,
            instead=verdict.instead,
            checked_at=to_epoch(verdict.checked_at) if verdict.checked_at else None,
            since=since,
            proved_at=proved_at,
        )

    def changes(self, account_id: int, limit: int = 50) -> tuple[VerdictChange, ...]:
        """The latest changes of an account, newest first."""
        rows = self._database.execute(
            f"SELECT {_CHANGE} FROM user.verdict_change"
            " WHERE account_id = ? ORDER BY at DESC, id DESC LIMIT ?",
            (account_id, limit),
        )
        return tuple(
            VerdictChange(account, credential, capability, before, state, evidence, from_epoch(at))
            for account, credential, capability, before, state, evidence, at in rows
        )

    def forget_credential(self, account_id: int, credential: str) -> None:
        """Drops the verdicts of a key that is no longer used; the history stays."""
        with self._database.write():
            self._rows.forget_key(account_id, credential)

    def forget(self, account_id: int) -> None:
        """Drops everything about an account that is unlinked."""
        from ascinbox.store.cache.observations import ObservationRows

        with self._database.write():
            self._rows.forget_account(account_id)
            ObservationRows(self._database).forget_account(account_id)

    def people(self, account_id: int) -> tuple[Person, ...]:
        """The people of a team as last seen."""
        rows = self._database.execute(
            f"SELECT {_PERSON} FROM user.person WHERE account_id = ? ORDER BY email",
            (account_id,),
        )
        return tuple(
            Person(
                email=email,
                first_name=first,
                last_name=last,
                roles=_list(roles),
                standing=PersonState(state),
                apple_id=apple_id,
                all_apps=bool(all_apps),
                apps=_list(apps),
                expires_at=None if expires is None else from_epoch(expires),
                changed_at=from_epoch(changed),
            )
            for email, apple_id, state, first, last, roles, all_apps, apps, expires, changed in rows
        )

    def save_people(self, account_id: int, people: Iterable[Person], now: datetime) -> None:
        """Replaces what is known about the people of a team."""
        with self._database.write():
            self._rows.put_people(
                account_id,
                [
                    {
                        "account_id": account_id,
                        "email": person.email,
                        "apple_id": person.apple_id,
                        "state": person.standing.value,
                        "first_name": person.first_name,
                        "last_name": person.last_name,
                        "roles": ",".join(person.roles),
                        "all_apps": int(person.all_apps),
                        "apps": ",".join(person.apps),
                        "expires_at": to_epoch(person.expires_at) if person.expires_at else None,
                        "changed_at": to_epoch(person.changed_at or now),
                        "seen_at": to_epoch(now),
                    }
                    for person in people
                ],
            )


def _list(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


def _kept(row: tuple[object, ...]) -> KeptVerdict:
    account_id, credential, capability, state, severity, detail, evidence, fix, who, then, instead, *times = (
        row
    )
    checked, since, proved = (from_epoch(t) if isinstance(t, int) else None for t in times)
    assert isinstance(account_id, int)
    assert since is not None
    return KeptVerdict(
        account_id,
        Verdict(
            capability=str(capability),
            state=HealthState(str(state)),
            detail=str(detail),
            evidence=str(evidence),
            fix=str(fix),
            who=str(who),
            then=str(then),
            instead=str(instead),
            severity=severity if isinstance(severity, int) else None,
            checked_at=checked,
            credential=str(credential),
        ),
        since,
        proved,
    )
