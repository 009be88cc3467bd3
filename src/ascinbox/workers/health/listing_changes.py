"""Changes to a listing that Apple refused a key (403): noted when they are sent, told by Health.

A check reads only, and reading is open to more roles than changing. So a refusal counts, whatever a check
shows, until Apple takes a change from the same key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ascinbox.core.errors import most_specific_first
from ascinbox.core.health.capabilities import Capability
from ascinbox.core.health.evidence import Evidence
from ascinbox.core.health.observations import DataProblem, DataTrouble

if TYPE_CHECKING:
    from datetime import datetime

    from ascinbox.core.errors import Forbidden
    from ascinbox.store.store import Store


def note_change(
    store: Store, account_id: int, key_id: str, app_name: str, error: Forbidden | None, now: datetime
) -> Evidence | None:
    """Remembers that Apple refused to take a change from a key, or that it took one (`error` is None).

    What that shows about the key; None where nothing was refused before either.
    """
    if error is None:
        if key_id not in refused_changes(store, account_id):
            return None
        store.observations.note_trouble(account_id, _trouble(key_id, ""), now)
        return Evidence(Capability.LISTING, now, status=200, request="a change that was sent")
    problem = next(iter(most_specific_first(error.problems)), None)
    words = "" if problem is None else problem.detail or problem.title
    # One line each: the request, Apple's code, the app, Apple's words.
    why = "\n".join((error.request, error.code, app_name, " ".join(words.split())))
    store.observations.note_trouble(account_id, _trouble(key_id, why), now)
    return refused_changes(store, account_id)[key_id]


def refused_changes(store: Store, account_id: int) -> Mapping[str, Evidence]:
    """The refusals that count, by key id."""
    found = {}
    for trouble in store.observations.troubles(account_id):
        if trouble.problem is DataProblem.CHANGE_REFUSED and trouble.since is not None:
            request, code, app_name, words = (*trouble.why.split("\n"), "", "", "")[:4]
            found[trouble.dataset] = Evidence(
                Capability.LISTING,
                trouble.since,
                status=403,
                code=code,
                detail=words,
                request=request,
                subject=app_name,
            )
    return found


def with_refusal(found: Evidence | None, refusal: Evidence | None) -> Evidence | None:
    """What a check showed, unless it could read and a change was refused: that says more."""
    if refusal is None or found is None or found.status != 200 or found.unreadable:
        return found
    return refusal


def _trouble(key_id: str, why: str) -> DataTrouble:
    return DataTrouble(DataProblem.CHANGE_REFUSED, Capability.LISTING, dataset=key_id, why=why)
