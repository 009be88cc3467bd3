"""Connection health: takes verdicts of every account at once, keeps them, and puts them together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import wait
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ascinbox.core.capabilities import LISTED, Capability, info, parse_features
from ascinbox.core.clock import iso
from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.events import HealthChanged, Notice
from ascinbox.core.evidence import Circumstances, Evidence, HealthState, Verdict
from ascinbox.core.planner import least_roles
from ascinbox.core.records import Account, Credential, CredentialKind
from ascinbox.core.status import payload
from ascinbox.core.verdicts import best, inherit, judge, say_time
from ascinbox.workers.assigning import assign
from ascinbox.workers.clients import credential_for
from ascinbox.workers.crew import Crew
from ascinbox.workers.healthreport import AccountReport, Background, Cell, HealthReport, read_background
from ascinbox.workers.probing import Found, Prober, Target, unusable
from ascinbox.workers.reminding import remind
from ascinbox.workers.retiring import watch_retired
from ascinbox.workers.sighting import apps_of, note_apps

if TYPE_CHECKING:
    from ascinbox.store.health import Change
    from ascinbox.store.store import Store
    from ascinbox.workers.workspace import Workspace

MOST_CREDENTIALS_AT_ONCE = 32
PROBE_DEADLINE_S = 15.0
SERIOUS_AFTER = timedelta(hours=24)
"""Being offline is critical when nothing was proved for this long, unless the caller says otherwise."""
TRIAL_COUNTS = timedelta(days=7)
"""How long the outcome of a made-up reply stands against a plain assumption."""
REFUSED_TO_CREATE = "analytics creation refused"
"""Name under which sync notes that a key (the value) may not create analytics requests."""


class Health:
    """`workspace.health`."""

    def __init__(self, workspace: Workspace) -> None:
        self._space = workspace

    # --- reading ---

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
        for entry in _named(store.accounts.list(), account):
            background = read_background(store, entry)
            budgets = {c.key_id: store.sync.budget(c.key_id) for c in entry.credentials}
            reports.append(
                AccountReport(
                    entry,
                    self._cells(background, max_age),
                    tuple(run for run in runs if run.account_id == entry.id),
                    {key: budget for key, budget in budgets.items() if budget is not None},
                    store.health.changes(entry.id, 20),
                )
            )
        return HealthReport(tuple(reports))

    def _cells(self, background: Background, max_age: timedelta | None) -> dict[str, Cell]:
        account = background.account
        cells = {}
        chosen = parse_features(account.features)
        for capability in (*LISTED, *(c for c in chosen if c not in LISTED)):
            verdicts = [self._known(background, c, capability, max_age) for c in account.credentials]
            if not verdicts:
                continue
            shown = best(verdicts)
            kept = background.kept.get((shown.credential, capability.value))
            cells[capability.value] = Cell(
                shown,
                kept.since if kept else None,
                kept.proved_at if kept else None,
                tuple(v for v in verdicts if v is not shown),
            )
        return cells

    def _known(
        self,
        background: Background,
        credential: Credential,
        capability: Capability,
        max_age: timedelta | None,
    ) -> Verdict:
        """The kept verdict, unless a fact of ours says more than it."""
        facts = self._facts(background, credential, capability)
        kept = background.kept.get((credential.key_id, capability.value))
        untested = not facts.chosen or credential.kind not in info(capability).kinds
        if kept is None or untested:
            return judge(capability, None, replace(facts, checked=False))
        verdict = kept.verdict
        if capability is Capability.REPLY and verdict.state in {HealthState.ASSUMED, HealthState.LIKELY}:
            proof = self._reply_evidence(background, credential)
            if proof is not None or facts.reply_accepted_at is not None:
                return replace(
                    judge(capability, proof, facts),
                    checked_at=proof.at if proof else facts.reply_accepted_at,
                )
        if max_age is not None and _age(verdict, self._space.clock.now()) > max_age:
            return _too_old(verdict, facts.now)
        return verdict

    def export(self) -> str:
        """Writes what is known as `health-<time>.json` (0600) into the current folder; the file's path."""
        from ascinbox.workers.export import private_file

        now = self._space.clock.now()
        path = Path.cwd() / f"health-{now.astimezone():%Y%m%d-%H%M%S}.json"
        document = {"schema": "ascinbox.health/1", "generated_at": iso(now), **payload(self.matrix().healths)}
        with private_file(path) as file:
            file.write(json.dumps(document, indent=2) + "\n")
        return str(path)

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
        network says: that is in the verdicts. In an offline workspace nothing is asked.
        """
        if self._space.offline:
            return self.matrix(account, SERIOUS_AFTER if max_age is None else max_age)
        backgrounds = self._space.store.call(
            lambda store: [read_background(store, entry) for entry in _named(store.accounts.list(), account)]
        )
        wanted = frozenset(parse_features(only)) or frozenset(Capability)
        jobs = [
            (background, credential, target)
            for background in backgrounds
            for credential in background.account.credentials
            if (target := self._target(background, credential, wanted, max_age, probe_reply)) is not None
        ]
        self._space.vault.fetch(credential.secret_ref for _, credential, _ in jobs)
        if jobs:
            crew = Crew(min(len(jobs), MOST_CREDENTIALS_AT_ONCE), "ascinbox-health")
            watching = [
                crew.submit(watch_retired, self._space, background.account, background.observed)
                for background in backgrounds
            ]
            found = crew.run_all([lambda job=job: self._probe(*job) for job in jobs])  # type: ignore[misc]
            wait(watching)
            crew.close()
            self._keep([(*job, result) for job, result in zip(jobs, found, strict=True)])
        remind(self._space, [background.account for background in backgrounds])
        return self.matrix(account)

    def due_in_s(self, every_s: float) -> float:
        """Seconds until the oldest verdict is `every_s` old; 0 when it is already, or was never taken."""
        checked = [
            cell.verdict.checked_at
            for report in self.matrix().accounts
            for cell in report.cells.values()
            if cell.verdict.severity is not None
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
                or _age(kept.verdict, now) > max_age
                or (probe_reply and capability is Capability.REPLY)
            }
        if not features:
            return None
        if Capability.REPLY in features:
            # What replying inherits when it is unproved comes from the reviews.
            features.add(Capability.REVIEWS)
        return Target(
            features=frozenset(features),
            vendor=account.vendor,
            apps=tuple(
                app
                for app in apps_of(credential.key_id, background.apps, background.observed)
                if app.id not in account.hidden_apps
            ),
            delivered=frozenset(
                value for name, (value, _) in background.observed.items() if name.startswith("delivered ")
            ),
            made_up_reply=probe_reply,
            deadline_s=min(PROBE_DEADLINE_S, self._space.config.seconds("network", "deadline_seconds")),
        )

    def _probe(self, background: Background, credential: Credential, target: Target) -> Found:
        account_id = background.account.id

        def observe(name: str) -> datetime:
            now = self._space.clock.now()
            first: datetime = self._space.store.call(
                lambda store: store.health.observe(account_id, name, "", now)
            )
            return first

        if credential.kind is CredentialKind.REPORTER:
            from ascinbox.workers.reporting import probe_reporter

            return probe_reporter(self._space, credential, target)
        try:
            client = self._space.client_of(credential)
        except AscinboxError as error:
            return unusable(target, error, self._space.clock.now())
        return Prober(client, target, self._space.clock, observe).run()

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
            facts = self._facts(background, credential, capability, found)
            evidence = found.evidence.get(capability)
            if capability is Capability.REPLY and evidence is None:
                evidence = self._reply_evidence(background, credential)
            elif capability is Capability.ANALYTICS and evidence is not None:
                refused = background.observed.get(REFUSED_TO_CREATE, ("",))[0] == credential.key_id
                evidence = replace(evidence, create_refused=refused)
            verdict = judge(capability, evidence, facts)
            if verdict.checked_at is None and verdict.state is not HealthState.NEVER:
                verdict = replace(verdict, checked_at=facts.now)
            if verdict.state is HealthState.ASSUMED:
                verdict = self._tried_before(background, credential) or verdict
            verdicts[capability] = verdict
        if Capability.REPLY in verdicts and Capability.REVIEWS in verdicts:
            verdicts[Capability.REPLY] = inherit(verdicts[Capability.REPLY], verdicts[Capability.REVIEWS])
        return list(verdicts.values())

    def _save(
        self, store: Store, taken: list[tuple[Background, Credential, Found, list[Verdict]]]
    ) -> list[Change]:
        now = self._space.clock.now()
        changes: list[Change] = []
        with store.database.write():
            for background, credential, found, verdicts in taken:
                account_id = background.account.id
                changes += store.health.save(account_id, verdicts, now)
                if found.accepted:
                    store.accounts.credential_worked(credential.id, now)
                if found.apps is not None:
                    note_apps(store, account_id, credential.key_id, found.apps, now)
                if found.delivering:
                    name = f"delivered {found.delivering}"
                    store.health.observe(account_id, name, found.delivering, now)
            for account_id in {background.account.id for background, *_ in taken}:
                account = store.accounts.get(account_id)
                if account is not None and len(account.credentials) > 1:
                    assign(store, account)
        return changes

    def _tell(self, changes: Iterable[Change], accounts: Mapping[int, Account]) -> None:
        now = self._space.clock.now()
        for account in accounts.values():
            self._space.publish(HealthChanged(account.name))
        for change in changes:
            before, after = HealthState(change.before), HealthState(change.state)
            if after.broken and not before.broken:
                title = info(change.capability).title
                name = accounts[change.account_id].name
                until = say_time(change.last_seen or change.at, now)
                self._space.publish(
                    Notice(
                        f"{name}: {title} was {before.word} until {until}, now {after.word} (4 Health)",
                        "warning",
                    )
                )

    def note_creation_refused(self, account: Account) -> None:
        """Sync was refused when it asked Apple to make analytics reports: the first asking needs an Admin."""
        credential = credential_for(account, Capability.ANALYTICS)
        if credential is not None:
            now = self._space.clock.now()
            self._space.store.call(
                lambda store: store.health.observe(account.id, REFUSED_TO_CREATE, credential.key_id, now)
            )

    # --- facts for the judge ---

    def _facts(
        self,
        background: Background,
        credential: Credential,
        capability: Capability,
        found: Found | None = None,
    ) -> Circumstances:
        account = background.account
        kept = background.kept.get((credential.key_id, capability.value))
        accepted = background.accepted.get(credential.key_id)
        return Circumstances(
            account=account.name,
            kind=credential.kind,
            key_id=credential.key_id,
            now=self._space.clock.now(),
            chosen=capability in parse_features(account.features),
            vendor=account.vendor,
            apps_seen=found.accepted if found is not None and found.apps_evidence is not None else None,
            key_ok_at=credential.last_ok_at,
            capability_ok_at=kept.proved_at if kept else None,
            reply_accepted_at=accepted,
            expires_at=credential.expires_at,
            wanted=tuple(
                r.words_for(credential.kind) for r in least_roles(account.features, credential.kind)
            ),
            max_age=SERIOUS_AFTER,
        )

    def _tried_before(self, background: Background, credential: Credential) -> Verdict | None:
        """What a made-up reply showed lately says more than an assumption; it keeps the time it was taken."""
        kept = background.kept.get((credential.key_id, Capability.REPLY.value))
        if kept is None or _age(kept.verdict, self._space.clock.now()) > TRIAL_COUNTS:
            return None
        tried = kept.verdict.state in {HealthState.LIKELY, HealthState.NO_ROLE}
        return kept.verdict if tried and "POST" in kept.verdict.evidence else None

    def _reply_evidence(self, background: Background, credential: Credential) -> Evidence | None:
        """A refusal of a real reply counts until a reply is accepted again."""
        refused = background.refused.get(credential.key_id)
        accepted = background.accepted.get(credential.key_id)
        if refused is None or (accepted is not None and accepted > refused.at):
            return None
        return refused


def _named(accounts: tuple[Account, ...], name: str | None) -> tuple[Account, ...]:
    if name is None:
        return accounts
    found = tuple(account for account in accounts if account.name.casefold() == name.casefold())
    if not found:
        known = ", ".join(account.name for account in accounts) or "none"
        raise UsageError(f"No account is called {name}.", f"Linked: {known}.", "See: ascinbox accounts")
    return found


def _age(verdict: Verdict, now: datetime) -> timedelta:
    return now - verdict.checked_at if verdict.checked_at else timedelta.max


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
