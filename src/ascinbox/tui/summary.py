"""The numbers of the frame: read from the workspace in one go on the store thread, kept up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

from ascinbox.core.events import SyncProgress
from ascinbox.core.outbox.sentences import needs_decision
from ascinbox.core.outbox.states import Phase, Why
from ascinbox.tui.chrome_text import FrameState
from ascinbox.tui.coalescer import REST, pause
from ascinbox.workers.runtime.results import DATASETS
from ascinbox.workers.team.frame import team_frame

if TYPE_CHECKING:
    from ascinbox.core.outbox.states import OutboxRow
    from ascinbox.tui.app import AscinboxApp
    from ascinbox.workers.health.report import AccountReport
    from ascinbox.workers.workspace import Workspace

MISSED = 2
"""So many regular syncs have to be missed before the age is marked."""
COUNT_CAP = 2_000
LEAST_S = 0.1
"""The numbers are read again this long after the last time, at the earliest."""


class FrameSummary:
    """Reads the numbers again, soon after something asks for it; several requests are answered once."""

    def __init__(self, app: AscinboxApp) -> None:
        self._app = app
        self._wanted = asyncio.Event()
        self._read = asyncio.Event()

    @property
    def is_read(self) -> bool:
        """Whether the numbers were read at least once."""
        return self._read.is_set()

    @property
    def is_wanted(self) -> bool:
        """Whether they are to be read again."""
        return self._wanted.is_set()

    def refresh(self) -> None:
        """Reads the numbers again, soon."""
        self._wanted.set()

    async def has_accounts(self) -> bool:
        """Whether an account is linked, once the store has said so."""
        await self._read.wait()
        return bool(self._app.frame.accounts)

    async def keep(self) -> None:
        """Runs as long as the app."""
        app = self._app
        while True:
            await self._wanted.wait()
            await pause(app.events.keys_first)
            self._wanted.clear()
            began = monotonic()
            try:
                read = await app.ask(read_summary, app.workspace, app.frame)
                # What was heard meanwhile is newer than what the reading began with.
                preparing = read.preparing and app.frame.preparing
                app.frame = replace(read, preparing=preparing, syncing=app.frame.syncing)
                app.tell_frame()
            except Exception as error:
                app.notices.tell_error(error)
            self._read.set()
            await asyncio.sleep(max(LEAST_S, REST * (monotonic() - began)))


def read_summary(workspace: Workspace, before: FrameState) -> FrameState:
    """The frame's state now; `before` gives what is not in the store. Runs on the store thread."""
    now = workspace.clock.now()
    report = workspace.health.matrix()
    rows = workspace.replies.open_rows()
    needs = workspace.inbox.count(workspace.inbox.query("is:needs-reply"), COUNT_CAP)
    queued = [row for row in rows if row.phase is Phase.QUEUED]
    standing = workspace.store.call(lambda store: store.team.standing(workspace.me))
    waiting = [row for row in rows if needs_decision(row, standing)]
    broken = report.tally.crit
    counts = {
        "inbox": f"{COUNT_CAP:,}+" if needs >= COUNT_CAP else _number(needs),
        "outbox": _number(len(waiting) + len(queued)),
        "health": f"!{broken}" if broken else "",
        "accounts": _number(len(report.accounts)),
    }
    synced_at = _synced_at(report.accounts)
    every_minutes = workspace.config.seconds("sync", "every_minutes")
    return replace(
        before,
        preparing=before.preparing and synced_at is None,
        counts={name: text for name, text in counts.items() if text},
        accounts=len(report.accounts),
        several_stores=len({entry.account.store for entry in report.accounts}) > 1,
        synced_at=synced_at,
        overdue=_overdue(synced_at, now, every_minutes),
        unfetched=_unfetched(report.accounts),
        fetches=every_minutes > 0 and not workspace.offline,
        budget=_budget(report.accounts),
        queued=len(queued),
        due_since=_due_since(queued) if workspace.team is not None else None,
        **_undo(workspace, now),
        to_approve=sum(row.phase is Phase.WAITING for row in waiting),
        online=workspace.online,
        health=tuple(_words(account) for account in report.accounts),
        **team_frame(workspace)._asdict(),
    )


def _due_since(queued: Iterable[OutboxRow]) -> datetime | None:
    """When the first that nothing but its worker holds up is, or was, to go out."""
    return min((row.send_after for row in queued if row.why is Why.NONE), default=None)


def _undo(workspace: Workspace, now: datetime) -> dict[str, Any]:
    """Until when the youngest queued reply can be taken back, of how long, and whom it is for."""
    rows = [row for row in workspace.replies.takeable() if row.phase is Phase.QUEUED and row.send_after > now]
    youngest = max(rows, key=lambda row: row.send_after, default=None)
    if youngest is None:
        return {"undo_until": None, "undo_window_s": 0.0, "undo_for": ""}
    detail = workspace.inbox.detail(youngest.review_id)
    return {
        "undo_until": youngest.send_after,
        "undo_window_s": workspace.config.seconds("outbox", "undo_seconds"),
        "undo_for": detail.review.nickname if detail is not None else "",
    }


def with_progress(state: FrameState, event: SyncProgress) -> FrameState:
    """The state while a sync runs: what is fetched, in a few words."""
    if event.finished:
        return replace(state, syncing="")
    of = f"/{event.total:,}" if event.total else ""
    return replace(state, syncing=f"syncing {event.account} {event.dataset} {event.done:,}{of}")


def _number(count: int) -> str:
    return f"{count:,}" if count else ""


def _synced_at(accounts: Iterable[AccountReport]) -> datetime | None:
    """When the reviews of the account that is furthest behind were last fetched; None: one never was."""
    times = []
    for account in accounts:
        runs = [run for run in account.runs if run.dataset == "reviews"]
        times.append(max((run.succeeded_at for run in runs if run.succeeded_at is not None), default=None))
    known = [moment for moment in times if moment is not None]
    return min(known) if known else None


def _unfetched(accounts: Sequence[AccountReport]) -> frozenset[str]:
    """The data sets that some account has chosen and of which none has ended a sync."""
    chosen = {name for report in accounts for name in report.account.features if name in DATASETS}
    ended = {run.dataset for report in accounts for run in report.runs if run.finished_at is not None}
    return frozenset(chosen - ended)


def _overdue(synced_at: datetime | None, now: datetime, every_minutes: float) -> bool:
    if synced_at is None or not every_minutes:
        return False
    return now - synced_at > timedelta(minutes=every_minutes) * (MISSED + 1)


def _budget(accounts: Iterable[AccountReport]) -> tuple[int, int] | None:
    known = [
        (budget.hour_left, budget.hour_limit)
        for account in accounts
        for budget in account.budgets.values()
        if budget.hour_left is not None and budget.hour_limit is not None
    ]
    return min(known, default=None)


def _words(account: AccountReport) -> str:
    broken = sum(cell.verdict.severity == 2 for cell in account.cells.values())
    return f"{account.account.name} {f'{broken} to fix' if broken else 'ok'}"
