"""The verdict on a data set that is asked for without a credential: from its last sync, nothing is probed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.core.health.evidence import HealthState, Verdict

if TYPE_CHECKING:
    from ascinbox.core.health.capabilities import CapabilityInfo
    from ascinbox.core.stores import StoreInfo
    from ascinbox.store.hot.sync import Run

FIX = "The next sync asks again, at once by: ascinbox sync --only {name}"


def judge_public(row: CapabilityInfo, store: StoreInfo, run: Run | None) -> Verdict:
    """`pending` before the first sync, `ok` after one that went well, `offline` after one that did not."""
    host = store.lookup.removeprefix("https://")
    name = row.capability.value
    if run is None:
        return Verdict(
            name,
            HealthState.PENDING,
            detail=f"{row.title} are switched on; the next sync asks {host}, without a key.",
            fix=f"Nothing has to be done; at once by: ascinbox sync --only {name}",
            severity=0,
        )
    if run.ok:
        return Verdict(
            name,
            HealthState.OK,
            detail=f"{host} is asked once a day, without a key.",
            evidence=f"the last sync of {row.probe} on {host}",
            severity=0,
            checked_at=run.finished_at,
        )
    return Verdict(
        name,
        HealthState.OFFLINE,
        detail=f"The last look-up failed: {run.detail.rstrip('.')}.",
        evidence=f"{row.probe} on {host}: {run.detail}",
        fix=FIX.format(name=name),
        who="you, on this machine",
        severity=1,
        checked_at=run.finished_at,
    )
