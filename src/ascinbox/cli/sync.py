"""`ascinbox sync`: fill the cache now, or again and again as a service."""

from __future__ import annotations

import argparse
import logging
import signal
from typing import TYPE_CHECKING, Any

from ascinbox.cli.context import Context
from ascinbox.cli.output import ProgressLine
from ascinbox.cli.team_words import differences_words
from ascinbox.cli.values import names
from ascinbox.core.clock import iso
from ascinbox.core.errors import AscinboxError, NetworkError, StoreError, UsageError
from ascinbox.core.events import Event, SyncProgress
from ascinbox.workers.runtime.results import DATASETS, RATINGS, AccountResult, DatasetResult, SyncResult

if TYPE_CHECKING:
    from ascinbox.core.records import Account
    from ascinbox.workers.workspace import Workspace

WAIT_S = 600.0
"""The longest wait for another ascinbox that refreshes the same account."""

log = logging.getLogger("ascinbox.cli")

OK, SOME_FAILED, ALL_FAILED, INTERRUPTED = 0, 1, 2, 130
NEEDS_PERSON = 1


def run(context: Context, options: argparse.Namespace) -> int:
    """Syncs once, or with `--watch` until TERM, HUP or Ctrl-C."""
    datasets = names(options.only) or None
    for name in datasets or ():
        if name not in DATASETS:
            raise UsageError(f"No data set is called {name[:40]!r}.", "", "Of: " + ", ".join(DATASETS))
    if options.offline:
        raise NetworkError("Offline was asked for; a sync needs the network.", unsent=True)
    with context.workspace() as workspace:
        accounts = () if workspace.asks_no_store else context.chosen_accounts(workspace)
        if datasets == (RATINGS,) and not any(RATINGS in account.features for account in accounts):
            raise UsageError(
                "Public ratings are off.",
                "They are asked of itunes.apple.com, without a key.",
                "Switch them on: 5 Accounts > Features, or: ascinbox rotate NAME --features ...,ratings",
            )
        if options.watch:
            return _watch(context, workspace, accounts, datasets)
        result = _once(context, workspace, accounts, datasets, full=options.full)
        to_settle = _to_settle(workspace)
        if options.json:
            print_json(context, workspace, result, to_settle)
        else:
            print_lines(context, result)
        for trouble in (*troubles(result), differences_words(context, to_settle or 0)):
            if trouble:
                context.output.words(trouble)
        context.output.stdout.flush()
        _tidy(workspace)
        return exit_code(result, to_settle or 0)


def _to_settle(workspace: Workspace) -> int | None:
    """How many of this person's acts wait for a choice; None without a team."""
    if workspace.team is None:
        return None
    from ascinbox.workers.team.differences import kept_here

    return kept_here(workspace).differences


def _once(
    context: Context,
    workspace: Workspace,
    accounts: tuple[Account, ...],
    datasets: tuple[str, ...] | None,
    *,
    full: bool,
) -> SyncResult:
    progress = ProgressLine(context.output)

    def listen(event: Event) -> None:
        if isinstance(event, SyncProgress) and not event.finished:
            of = f" of {event.total:,}" if event.total else ""
            progress.show(f"{event.account}: {event.dataset} {event.done:,}{of} {event.detail}".rstrip())

    unsubscribe = workspace.subscribe(listen)
    try:
        chosen = [account.name for account in accounts]
        wait_s = 0 if context.options.watch else WAIT_S
        return workspace.sync.run(
            chosen, datasets, full=full, wait_s=wait_s, in_bulk=True, regular=bool(context.options.watch)
        )
    finally:
        unsubscribe()
        progress.clear()


def _tidy(workspace: Workspace) -> None:
    """Looks after the files, finds languages, and brings the search index of a large cache up to date."""
    from ascinbox.store.cache.index.indexer import build_index
    from ascinbox.workers.languages.detecting import AT_MOST

    try:
        workspace.store.maintain(workspace.stop.is_set)
    except StoreError as error:
        log.warning("upkeep: %s", error)
    workspace.languages.detect(AT_MOST, workspace.stop.is_set)
    build_index(workspace.store, workspace.stop.is_set)


def _watch(
    context: Context, workspace: Workspace, accounts: tuple[Account, ...], datasets: tuple[str, ...] | None
) -> int:
    from ascinbox.cli.service import ends_on_signals, notify
    from ascinbox.workers.runtime.watch import pause_after, seconds_until

    every = context.options.watch.total_seconds()
    if every < 10:
        raise UsageError(
            "--watch needs at least 10s.", "The stores count the requests of an hour.", "Try 15m."
        )
    failures = 0
    with ends_on_signals(workspace.stop) as ending:
        workspace.start(sync=False)
        notify("READY=1", context.environ)
        full = context.options.full
        while not workspace.stop.is_set():
            again = None
            try:
                result = _once(context, workspace, accounts, datasets, full=full)
                again = seconds_until(result.retry_at, context.now())
                failures, line = (0 if result.ok else failures + 1), summary(result)
                if words := differences_words(context, _to_settle(workspace) or 0):
                    line += f"; {words}"
            except AscinboxError as error:
                failures, line = failures + 1, str(error)
            full = False
            if workspace.stop.is_set():
                break
            pause = pause_after(every, failures, again)
            if failures:
                line += f"; next try in {f'{pause / 60:.0f} min' if pause >= 90 else f'{pause:.0f} s'}"
            context.output.line(f"{iso(context.now())} {line}")
            context.output.stdout.flush()
            notify(f"STATUS={line}", context.environ)
            workspace.stop.wait(pause)
        notify("STOPPING=1", context.environ)
    return INTERRUPTED if ending.signal == signal.SIGINT else OK


def exit_code(result: SyncResult, to_settle: int = 0) -> int:
    """0 all done, 1 something failed or `to_settle` acts wait for a choice, 2 everything failed."""
    if result.ok:
        return NEEDS_PERSON if to_settle else OK
    return ALL_FAILED if result.all_failed else SOME_FAILED


def summary(result: SyncResult) -> str:
    """One line: figures over all accounts, then what failed where."""
    figures = " ".join(f"{name}={result.total(name)}" for name in ("new", "changed", "removed", "requests"))
    return f"accounts={len(result.accounts)} {figures}" + "".join(f"; {part}" for part in troubles(result))


def troubles(result: SyncResult) -> list[str]:
    """What could not be fetched, a sentence for each data set; nothing when all is well."""
    return [
        f"{account.name} {name}: {dataset.detail}"
        for account in result.accounts
        for name, dataset in account.datasets.items()
        if not dataset.ok
    ]


def print_lines(context: Context, result: SyncResult) -> None:
    """A line for each data set."""
    rows = [
        (account.name, name, _state(dataset), *_figures(dataset), dataset.detail)
        for account in result.accounts
        for name, dataset in account.datasets.items()
    ]
    headers = ("ACCOUNT", "DATA", "", "NEW", "CHANGED", "REMOVED", "REQUESTS", "")
    context.output.table(headers, rows, right=(3, 4, 5, 6))


def _state(dataset: DatasetResult) -> str:
    if not dataset.ok:
        return "failed"
    return "ok" if dataset.waiting_until is None else "waiting"


def _figures(dataset: DatasetResult) -> tuple[str, ...]:
    return tuple(f"{n:,}" for n in (dataset.new, dataset.changed, dataset.removed, dataset.requests))


def print_json(
    context: Context, workspace: Workspace, result: SyncResult, to_settle: int | None = None
) -> None:
    """`ascinbox.sync/1`; `to_settle`: acts that wait for a choice, None without a team."""
    context.output.json(
        "ascinbox.sync/1",
        {
            "accounts": [_account(account) for account in result.accounts],
            **({} if to_settle is None else {"differences": to_settle}),
        },
        generated_at=context.now(),
        cache_age_s=context.cache_age_s(workspace),
    )


def _account(account: AccountResult) -> dict[str, Any]:
    return {
        "name": account.name,
        "ok": account.ok,
        "datasets": {
            name: {
                "ok": dataset.ok,
                "requests": dataset.requests,
                "new": dataset.new,
                "changed": dataset.changed,
                "removed": dataset.removed,
                "detail": dataset.detail,
                "waiting_until": iso(dataset.waiting_until),
            }
            for name, dataset in account.datasets.items()
        },
    }
