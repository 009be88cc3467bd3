"""What is known of every connection, without asking Apple: the verdicts that were kept, and our own facts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ascinbox.core.clock import iso
from ascinbox.core.errors import UsageError
from ascinbox.core.health.capabilities import LISTED, Capability, info, parse_features
from ascinbox.core.health.evidence import Evidence, HealthState, Share, Verdict
from ascinbox.core.health.freshness import DATASETS, Freshness, with_age, with_expiry
from ascinbox.core.health.serving import ABOUT_APPS, gone_apps, served
from ascinbox.core.health.status import payload
from ascinbox.core.health.verdicts import best, mind_unread, say_time, shell_word
from ascinbox.core.records import Account, Credential
from ascinbox.core.stores import StoreInfo, kind_info, store_info
from ascinbox.sources.registry import source_of_kind
from ascinbox.workers.health.facts import age_of, circumstances, reply_evidence
from ascinbox.workers.health.public import judge_public
from ascinbox.workers.health.report import AccountReport, Background, Cell, HealthReport, read_background

if TYPE_CHECKING:
    from ascinbox.core.deliveries.states import BrokenDestination
    from ascinbox.store.hot.sync import Run
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

STALLED_IS_UNREADABLE = frozenset({Capability.REVIEWS, Capability.SALES, Capability.FINANCE})
"""Where `stalled` has one meaning: what came could not be read. Analytics have others."""


class Matrix:
    """Reads the matrix of connections."""

    def __init__(self, workspace: Workspace) -> None:
        self._space = workspace

    def matrix(self, account: str | None = None, max_age: timedelta | None = None) -> HealthReport:
        """What is known, without asking Apple. Verdicts older than `max_age` say that they are.

        Raises UsageError for an account that is not linked.
        """
        return self._space.store.call(self._read, account, max_age)

    def exit_code(self, account: str | None = None) -> int:
        """0 all fine, 1 a warning, 2 something broken, 3 never checked or nothing linked."""
        return self.matrix(account).status.exit_code

    def _read(self, store: Store, account: str | None, max_age: timedelta | None) -> HealthReport:
        runs = store.sync.runs()
        reports = []
        for entry in named(store.accounts.list(), account):
            background = read_background(store, entry)
            budgets = {c.key_id: store.sync.budget(c.key_id) for c in entry.credentials}
            mine = tuple(run for run in runs if run.account_id == entry.id)
            reports.append(
                AccountReport(
                    entry,
                    self._cells(background, mine, max_age),
                    mine,
                    {key: budget for key, budget in budgets.items() if budget is not None},
                    store.health.changes(entry.id, 20),
                )
            )
        team = self._space.team
        reach = None if team is None else team.reach.found
        return HealthReport(tuple(reports), () if account else self._broken(store), reach)

    def _broken(self, store: Store) -> tuple[BrokenDestination, ...]:
        """Destinations of notify.toml that refuse what they are sent."""
        if not self._space.paths.notify_file.exists():
            return ()
        from ascinbox.workers.deliveries.rule_file import load_rules

        written = load_rules(self._space.paths.notify_file).written
        return tuple(one for name, one in sorted(store.delivery_reads.broken().items()) if name in written)

    def _cells(
        self, background: Background, runs: tuple[Run, ...], max_age: timedelta | None
    ) -> dict[str, Cell]:
        account = background.account
        now = self._space.clock.now()
        newest = {run.dataset: run for run in runs}
        cells = {}
        chosen = parse_features(account.features)
        for capability in (*LISTED, *(c for c in chosen if c not in LISTED)):
            if info(capability).public:
                if store_info(account.store).lookup:
                    cells[capability.value] = self._public_cell(capability, newest, account, now)
                continue
            verdicts = [
                with_expiry(
                    self._known(background, c, capability, max_age),
                    c.expires_at,
                    now,
                    shell_word(account.name),
                )
                for c in account.credentials
            ]
            if not verdicts:
                continue
            found = self._without_gone(background, capability, best(verdicts))
            kept = background.kept.get((found.credential, capability.value))
            shown = found
            if capability in DATASETS:
                found = self._read_since(background, capability, found)
                since = max(filter(None, (account.linked_at, kept.since if kept else None)), default=None)
                run = newest.get(DATASETS[capability])
                fresh = self._freshness(run, since, store_info(account.store), DATASETS[capability])
                shown = with_age(found, fresh, now, info(capability).title)
            company = store_info(account.store).company
            shown = mind_unread(shown, background.unread.get(capability), company)
            shown = replace(shown, by=_shares(background, capability))
            beside = background.beside if capability is Capability.REVIEWS and shown.severity == 0 else ""
            shown = replace(shown, detail=" ".join(filter(None, (shown.detail, shown.unserved, beside))))
            cells[capability.value] = Cell(
                shown,
                kept.since if kept else None,
                kept.proved_at if kept else None,
                tuple(v for v in verdicts if v.credential != found.credential),
            )
        return cells

    def _public_cell(
        self, capability: Capability, newest: Mapping[str, Run], account: Account, now: datetime
    ) -> Cell:
        """What the last sync of a data set showed that is asked for without a credential."""
        dataset = DATASETS[capability]
        run = newest.get(dataset)
        verdict = judge_public(info(capability), store_info(account.store), run)
        fresh = self._freshness(run, None, store_info(account.store), dataset)
        return Cell(
            with_age(verdict, fresh, now, info(capability).title),
            None,
            run.succeeded_at if run is not None else None,
        )

    def _read_since(self, background: Background, capability: Capability, verdict: Verdict) -> Verdict:
        """The verdict, unless a sync has read since what a probe could not read."""
        since, checked = background.read_at.get(capability), verdict.checked_at
        stalled = capability in STALLED_IS_UNREADABLE and verdict.state is HealthState.STALLED
        if not stalled or since is None or checked is None or since < checked:
            return verdict
        evidence = Evidence(capability, since, status=200, request="ascinbox sync")
        tested = (c for c in background.account.credentials if c.key_id == verdict.credential)
        credential = next(tested, background.account.primary)
        facts = circumstances(background, credential, capability, self._space.clock.now())
        return source_of_kind(credential.kind).judge(capability, evidence, facts)

    def _without_gone(self, background: Background, capability: Capability, verdict: Verdict) -> Verdict:
        """The verdict on reviews, unless apps of the account are no longer seen by any of its credentials."""
        gone = gone_apps(background.account.credentials, background.known, background.shown_apps)
        if capability is not Capability.REVIEWS or not gone or verdict.severity not in {0, 1}:
            return verdict
        names = ", ".join(app.name for app in gone[:3]) + (f" and {len(gone) - 3} more" if gone[3:] else "")
        evidence = Evidence(
            capability,
            verdict.checked_at or self._space.clock.now(),
            status=200,
            detail=f"the list of apps is without {names}",
            request="GET /v1/apps",
            subject=names,
            vanished=True,
        )
        tested = (c for c in background.account.credentials if c.key_id == verdict.credential)
        credential = next(tested, background.account.primary)
        facts = circumstances(background, credential, capability, self._space.clock.now())
        judged = source_of_kind(credential.kind).judge(capability, evidence, facts)
        return replace(judged, checked_at=verdict.checked_at)

    def _freshness(
        self, run: Run | None, since: datetime | None, store: StoreInfo, dataset: str
    ) -> Freshness:
        config = self._space.config
        critical = timedelta(hours=float(config.get("health", "stale_hours")))
        missed = ""
        if store.critical_days and dataset == DATASETS[Capability.REVIEWS]:
            critical = timedelta(days=store.critical_days)
            missed = (
                f"{store.company}'s API shows a review for {store.shows_days} days only: what was missed "
                "cannot be had from it any more, but by: ascinbox import."
            )
        return Freshness(
            run.succeeded_at if run is not None else None,
            since,
            timedelta(minutes=float(config.get("sync", "every_minutes"))),
            critical,
            run.detail if run is not None and not run.ok else "",
            missed,
        )

    def _known(
        self,
        background: Background,
        credential: Credential,
        capability: Capability,
        max_age: timedelta | None,
    ) -> Verdict:
        """The kept verdict, unless a fact of ours says more than it."""
        facts = circumstances(background, credential, capability, self._space.clock.now())
        kept = background.kept.get((credential.key_id, capability.value))
        untested = not facts.chosen or credential.kind not in info(capability).kinds
        if kept is None or untested:
            return source_of_kind(credential.kind).judge(capability, None, replace(facts, checked=False))
        verdict = kept.verdict
        if capability is Capability.REPLY and verdict.state in {HealthState.ASSUMED, HealthState.LIKELY}:
            proof = reply_evidence(background, credential)
            if proof is not None or facts.reply_accepted_at is not None:
                return replace(
                    source_of_kind(credential.kind).judge(capability, proof, facts),
                    checked_at=proof.at if proof else facts.reply_accepted_at,
                )
        if max_age is not None and age_of(verdict, self._space.clock.now()) > max_age:
            return _too_old(verdict, facts.now)
        return verdict

    def export(self) -> str:
        """Writes what is known as `health-<time>.json` (0600) into the current folder; the file's path."""
        from ascinbox.workers.reviews.export import private_file

        now = self._space.clock.now()
        path = Path.cwd() / f"health-{now.astimezone():%Y%m%d-%H%M%S}.json"
        document = {
            "schema": "ascinbox.health/1",
            "generated_at": iso(now),
            **payload((known := self.matrix()).healths, known.destinations, known.team),
        }
        with private_file(path) as file:
            file.write(json.dumps(document, indent=2) + "\n")
        return str(path)


def named(accounts: tuple[Account, ...], name: str | None) -> tuple[Account, ...]:
    """All accounts, or the one of that name; UsageError when none is called so."""
    if name is None:
        return accounts
    found = tuple(account for account in accounts if account.name.casefold() == name.casefold())
    if not found:
        known = ", ".join(account.name for account in accounts) or "none"
        raise UsageError(f"No account is called {name}.", f"Linked: {known}.", "See: ascinbox accounts")
    return found


def _shares(background: Background, capability: Capability) -> tuple[Share, ...]:
    """Which of the account's keys serves which apps; nothing to tell where there is one key only."""
    keys = [c for c in background.account.credentials if kind_info(c.kind).lists_apps]
    if len(keys) < 2 or capability not in parse_features(background.account.features):
        return ()
    found = served(keys, capability, background.known, background.shown_apps)
    shares = [Share(c.key_id, tuple(app.name for app in apps)) for c, apps in found.by]
    if found.by_none and capability in ABOUT_APPS:
        shares.append(Share("", tuple(app.name for app in found.by_none)))
    return tuple(shares)


def _too_old(verdict: Verdict, now: datetime) -> Verdict:
    if verdict.checked_at is None:
        return verdict
    return replace(
        verdict,
        state=HealthState.OFFLINE,
        severity=2,
        detail=f"Not checked since {say_time(verdict.checked_at, now)}, when it was {verdict.state.word}.",
        fix="Go online, then F5.",
        who="you",
    )
