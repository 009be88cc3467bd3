"""Connection health: takes verdicts of every account at once and keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import wait
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.core.health.capabilities import Capability, info, parse_features
from ascinbox.core.health.credential_shapes import name_with_key
from ascinbox.core.health.evidence import HealthState, Verdict
from ascinbox.core.health.observations import CreationProblem, KeyListing
from ascinbox.core.health.verdicts import inherit, say_time
from ascinbox.core.records import Account, Credential, CredentialKind
from ascinbox.sources.registry import source_of_kind
from ascinbox.workers.accounts.token_reminders import remind
from ascinbox.workers.accounts.visible_apps import apps_of, note_apps
from ascinbox.workers.health.facts import SERIOUS_AFTER, age_of, circumstances, reply_evidence, tried_before
from ascinbox.workers.health.listing_changes import note_change, with_refusal
from ascinbox.workers.health.matrix import Matrix, named
from ascinbox.workers.health.report import Background, HealthReport, read_background
from ascinbox.workers.runtime.daemon_pool import DaemonPool

if TYPE_CHECKING:
    from ascinbox.core.errors import Forbidden
    from ascinbox.sources.base import Found, Target
    from ascinbox.store.hot.health import VerdictChange
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

MOST_CREDENTIALS_AT_ONCE = 32
PROBE_DEADLINE_S = 15.0


class Health:
    """`workspace.health`."""

    def __init__(self, workspace: Workspace) -> None:
        self._space = workspace
        self._known = Matrix(workspace)

    # --- what is known ---

    def matrix(self, account: str | None = None, max_age: timedelta | None = None) -> HealthReport:
        """What is known, without asking Apple (see `Matrix.matrix`)."""
        return self._known.matrix(account, max_age)

    def exit_code(self, account: str | None = None) -> int:
        """See `Matrix.exit_code`."""
        return self._known.exit_code(account)

    def export(self) -> str:
        """See `Matrix.export`."""
        return self._known.export()

    # --- checking ---

    def check(
        self,
        account: str | None = None,
        *,
        only: Iterable[str] = (),
        max_age: timedelta | None = None,
        probe_reply: bool = False,
    ) -> HealthReport:
        """Asks Apple about every account at once, keeps the verdicts and gives the matrix.

        `only` limits the capabilities; verdicts younger than `max_age` are not taken again. With
        `probe_reply` a reply to a review that cannot exist is tried. Never raises for what Apple or the
        network says: that is in the verdicts. In an offline workspace nothing is asked, and a member of a
        team sees what the workers found.
        """
        if self._space.offline or self._space.asks_no_store:
            return self.matrix(account, SERIOUS_AFTER if max_age is None else max_age)
        backgrounds = self._space.store.call(
            lambda store: [read_background(store, entry) for entry in named(store.accounts.list(), account)]
        )
        wanted = frozenset(parse_features(only)) or frozenset(Capability)
        jobs = [
            (background, credential, target)
            for background in backgrounds
            for credential in background.account.credentials
            if (target := self._target(background, credential, wanted, max_age, probe_reply)) is not None
        ]
        if jobs:
            from ascinbox.workers.accounts.retired_keys import watch_retired

            self._space.vault.fetch(credential.secret_ref for _, credential, _ in jobs)
            pool = DaemonPool(min(len(jobs), MOST_CREDENTIALS_AT_ONCE), "ascinbox-health")
            watching = [
                pool.submit(watch_retired, self._space, background.account, background.retired)
                for background in backgrounds
            ]
            found = pool.run_all([lambda job=job: self._probe(*job) for job in jobs])  # type: ignore[misc]
            wait(watching)
            pool.close()
            self._keep([(*job, result) for job, result in zip(jobs, found, strict=True)])
        remind(self._space, [background.account for background in backgrounds])
        team = self._space.team
        if jobs and team is not None and team.reachable is not False:
            team.share()
        return self.matrix(account)

    def due_in_s(self, every_s: float) -> float:
        """Seconds until the oldest verdict is `every_s` old; 0 when it is already, or was never taken."""
        checked = [
            cell.verdict.checked_at
            for report in self.matrix().accounts
            for name, cell in report.cells.items()
            if cell.verdict.severity is not None and not info(name).public
        ]
        if not checked or None in checked:
            return 0.0 if checked else every_s
        oldest = min(moment for moment in checked if moment is not None)
        return max(0.0, every_s - (self._space.clock.now() - oldest).total_seconds())

    def _target(
        self,
        background: Background,
        credential: Credential,
        wanted: frozenset[Capability],
        max_age: timedelta | None,
        probe_reply: bool,
    ) -> Target | None:
        """What has to be asked with this credential; None when nothing has."""
        account = background.account
        now = self._space.clock.now()
        features = {
            capability
            for capability in parse_features(account.features)
            if capability in wanted and credential.kind in info(capability).kinds
        }
        if max_age is not None:
            features = {
                capability
                for capability in features
                if (kept := background.kept.get((credential.key_id, capability.value))) is None
                or age_of(kept.verdict, now) > max_age
                or (probe_reply and capability is Capability.REPLY)
            }
        if not features:
            return None
        if Capability.REPLY in features:
            # What replying inherits when it is unproved comes from the reviews.
            features.add(Capability.REVIEWS)
        from ascinbox.sources.base import Target

        return Target(
            features=frozenset(features),
            vendor=account.vendor,
            apps=tuple(
                app
                for app in apps_of(background.listings.get(credential.key_id, KeyListing()), background.apps)
                if app.id not in account.hidden_apps
            ),
            delivered=background.delivered,
            made_up_reply=probe_reply,
            deadline_s=min(PROBE_DEADLINE_S, self._space.config.seconds("network", "deadline_seconds")),
        )

    def _probe(self, background: Background, credential: Credential, target: Target) -> Found:
        account_id = background.account.id

        def saw_request(request_id: str) -> datetime:
            now = self._space.clock.now()
            first: datetime = self._space.store.call(
                lambda store: store.observations.saw_request(account_id, request_id, now)
            )
            return first

        if credential.kind == CredentialKind.REPORTER:
            from ascinbox.workers.accounts.reporter_tokens import probe_reporter

            return probe_reporter(self._space, credential, target)
        try:
            client = self._space.client_of(credential)
        except AscinboxError as error:
            from ascinbox.sources.base import unusable

            return unusable(target, error, self._space.clock.now())
        return self._space.clients.prober(client, credential.kind, target, saw_request).run()

    def _keep(self, results: list[tuple[Background, Credential, Target, Found]]) -> None:
        taken = [
            (background, credential, found, self._verdicts(background, credential, target, found))
            for background, credential, target, found in results
        ]
        changes = self._space.store.call(self._save, taken)
        reached = [f.apps_evidence for _, _, f, _ in taken if f.apps_evidence is not None]
        if any(evidence.status is not None for evidence in reached):
            self._space.saw_apple(True)
        elif reached and not any(evidence.key_unreadable for evidence in reached):
            self._space.saw_apple(False, reached[0].failure)
        self._tell(changes, {background.account.id: background.account for background, *_ in taken})

    def _verdicts(
        self, background: Background, credential: Credential, target: Target, found: Found
    ) -> list[Verdict]:
        verdicts = {}
        for capability in sorted(target.features, key=list(Capability).index):
            facts = circumstances(background, credential, capability, self._space.clock.now(), found)
            evidence = found.evidence.get(capability)
            if capability is Capability.REPLY and evidence is None:
                evidence = reply_evidence(background, credential)
            elif capability is Capability.LISTING:
                evidence = with_refusal(evidence, background.changes_refused.get(credential.key_id))
            elif capability is Capability.ANALYTICS and evidence is not None:
                evidence = replace(
                    evidence,
                    create_refused=background.creations.get(CreationProblem.REFUSED) == credential.key_id,
                    create_conflict=background.creations.get(CreationProblem.CONFLICT) == credential.key_id,
                )
            verdict = source_of_kind(credential.kind).judge(capability, evidence, facts)
            if verdict.checked_at is None and verdict.state is not HealthState.NEVER:
                verdict = replace(verdict, checked_at=facts.now)
            if verdict.state is HealthState.ASSUMED:
                verdict = tried_before(background, credential, facts.now) or verdict
            verdicts[capability] = verdict
        if Capability.REPLY in verdicts and Capability.REVIEWS in verdicts:
            verdicts[Capability.REPLY] = inherit(verdicts[Capability.REPLY], verdicts[Capability.REVIEWS])
        return list(verdicts.values())

    def _save(
        self, store: Store, taken: list[tuple[Background, Credential, Found, list[Verdict]]]
    ) -> list[VerdictChange]:
        from ascinbox.workers.accounts.assigning import assign

        now = self._space.clock.now()
        changes: list[VerdictChange] = []
        with store.database.write():
            for background, credential, found, verdicts in taken:
                account_id = background.account.id
                changes += store.health.save(account_id, verdicts, now)
                if found.accepted:
                    store.accounts.credential_worked(credential.id, now)
                if found.apps is not None:
                    note_apps(store, account_id, credential.key_id, [app.id for app in found.apps], now)
                if found.delivering:
                    store.observations.note_delivery(account_id, found.delivering, now)
            for account_id in {background.account.id for background, *_ in taken}:
                account = store.accounts.get(account_id)
                if account is not None and len(account.credentials) > 1:
                    assign(store, account)
        return changes

    def _tell(self, changes: Iterable[VerdictChange], accounts: Mapping[int, Account]) -> None:
        from ascinbox.core.events import HealthChanged, Notice

        now = self._space.clock.now()
        for account in accounts.values():
            self._space.publish(HealthChanged(account.name))
        for change in changes:
            before, after = HealthState(change.before), HealthState(change.state)
            if after.broken and not before.broken:
                title = info(change.capability).title
                name = name_with_key(accounts[change.account_id], change.credential)
                until = say_time(change.last_seen or change.at, now)
                self._space.publish(
                    Notice(
                        f"{name}: {title} was {before.word} until {until}, now {after.word} (4 Health)",
                        "warning",
                    )
                )

    def saw_listing_change(
        self, account: Account, credential: Credential, app_name: str, error: Forbidden | None
    ) -> None:
        """Apple refused to take a change to a listing from a key, or took one (`error` is None)."""
        now = self._space.clock.now()

        def save(store: Store) -> list[VerdictChange]:
            evidence = note_change(store, account.id, credential.key_id, app_name, error, now)
            if evidence is None:
                return []
            background = read_background(store, account)
            facts = circumstances(background, credential, Capability.LISTING, now)
            verdict = source_of_kind(credential.kind).judge(Capability.LISTING, evidence, facts)
            return list(store.health.save(account.id, [verdict], now))

        self._tell(self._space.store.call(save), {account.id: account})

    def note_creation_refused(self, account: Account) -> None:
        """Sync was refused when it asked Apple to make analytics reports: the first asking needs an Admin."""
        self._note_creation(account, CreationProblem.REFUSED)

    def note_creation_conflict(self, account: Account) -> None:
        """Apple told sync that an analytics request exists already, and lists none."""
        self._note_creation(account, CreationProblem.CONFLICT)

    def _note_creation(self, account: Account, problem: CreationProblem) -> None:
        from ascinbox.workers.runtime.clients import credential_for

        credential = credential_for(account, Capability.ANALYTICS)
        if credential is not None:
            now = self._space.clock.now()
            self._space.store.call(
                lambda store: store.observations.note_creation(account.id, problem, credential.key_id, now)
            )
