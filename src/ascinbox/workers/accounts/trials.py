"""Live checks of a credential that is not linked yet: read only, nothing saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, CredentialError, NetworkError
from ascinbox.core.health.capabilities import DEFAULT_FEATURES, LISTED, Capability, info, parse_features
from ascinbox.core.health.credential_shapes import look_at_vendor
from ascinbox.core.health.evidence import Circumstances, HealthState, Verdict
from ascinbox.core.health.planner import least_roles
from ascinbox.core.health.status import AccountHealth
from ascinbox.core.health.verdicts import inherit
from ascinbox.core.records import Account, App, Credential, CredentialKind
from ascinbox.core.stores import APP_STORE, kind_info, store_info, store_of_kind
from ascinbox.sources.base import Found, Target
from ascinbox.sources.registry import source_of_kind

if TYPE_CHECKING:
    from ascinbox.workers.accounts.credentials import Candidate
    from ascinbox.workers.workspace import Workspace

WORKING = frozenset(
    {HealthState.OK, HealthState.ASSUMED, HealthState.LIKELY, HealthState.LIMITED, HealthState.PENDING}
)
"""States of a capability that can be used, or soon can."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What the live checks of a credential showed. Nothing of it is saved yet."""

    candidate: Candidate
    verdicts: Mapping[Capability, Verdict]
    """Of every capability that was asked about, as if all were chosen."""
    apps: tuple[App, ...] = ()
    vendor: str | None = None
    vendors: tuple[str, ...] = ()
    """Vendor numbers that a Reporter token discovered."""
    skew_s: float | None = None
    elapsed_s: float = 0.0
    found: Found = field(default_factory=Found)
    tried: tuple[tuple[str, Verdict], ...] = ()
    """Each app that the person named, with the verdict on reading its reviews."""

    def health(self, name: str, features: Iterable[Capability]) -> AccountHealth:
        """The matrix that an account with these features would have."""
        chosen = set(features)
        shown = [*LISTED, *(c for c in chosen if c not in LISTED and not info(c).public)]
        cells = {
            c.value: self.verdicts[c] if c in chosen and c in self.verdicts else self._unchosen(c)
            for c in shown
        }
        return AccountHealth(name, self.candidate.kind, cells)

    def _unchosen(self, capability: Capability) -> Verdict:
        facts = Circumstances(
            "", self.candidate.kind, self.candidate.key_id, datetime.min.replace(tzinfo=UTC), chosen=False
        )
        return source_of_kind(self.candidate.kind).judge(capability, None, facts)

    @property
    def usable(self) -> tuple[Capability, ...]:
        """What the credential may do, or may do once something outside of it is mended."""
        never = {HealthState.NO_ROLE, HealthState.NOT_POSSIBLE, HealthState.NEVER, HealthState.REMOVED}
        return tuple(c for c in Capability if c in self.verdicts and self.verdicts[c].state not in never)


class RefusedTrial(CredentialError):
    """The credential is not accepted for all that it was to be used for; `trial` tells for what it is."""

    def __init__(self, trial: Trial, verdict: Verdict) -> None:
        super().__init__(verdict.detail, verdict.evidence, verdict.fix)
        self.trial = trial


class Trials:
    """Tries credentials. Made by `Accounts`."""

    def __init__(self, workspace: Workspace) -> None:
        self._space = workspace

    def run(
        self,
        candidate: Candidate,
        *,
        vendor: str | None = None,
        features: Iterable[Capability] | None = None,
        account: Account | None = None,
    ) -> Trial:
        """Live checks of a credential, read only. Saves nothing.

        Raises CredentialError when Apple does not accept it, NetworkError when Apple was not reached, and
        gives everything else as verdicts. Without `features` all are tried. `account` is the one it is meant
        for, when it exists already; advice then is for its features.
        """
        vendor = checked_vendor(vendor or candidate.vendor)
        vendor = vendor or (account.vendor if account is not None else None)
        tried = parse_features(features or (*_tried(candidate.kind), *_extra(account)))
        target = Target(
            features=frozenset(c for c in tried if not info(c).public) | {Capability.REVIEWS},
            vendor=vendor,
            deadline_s=self._space.config.seconds("network", "deadline_seconds"),
        )
        chosen = parse_features(account.features) if account is not None else DEFAULT_FEATURES
        wanted = features or chosen
        if candidate.kind == CredentialKind.REPORTER:
            trial = self._try_reporter(_of_known_account(candidate, account), target, wanted)
        else:
            found = self._probe(candidate, target)
            if not kind_info(candidate.kind).tells_apps:
                candidate = replace(candidate, apps=candidate.apps or tuple(a.id for a in found.apps or ()))
            trial = self._judged(candidate, target, found, wanted)
        self._refuse(trial)
        if account is not None:
            self.same_team(trial, account)
        return trial

    def _probe(self, candidate: Candidate, target: Target) -> Found:
        client = self._space.clients.trial(candidate.credential(), candidate.secret)
        try:
            return self._space.clients.prober(client, candidate.kind, target).run()
        finally:
            client.close()

    def _try_reporter(self, candidate: Candidate, target: Target, wanted: Iterable[Capability]) -> Trial:
        from ascinbox.workers.accounts.reporter_tokens import ask_reporter, open_reporter

        with closing(open_reporter(self._space, candidate.secret, candidate.issuer_id)) as service:
            found, vendors = ask_reporter(service, target, self._space.clock)
        if target.vendor is None and len(vendors) == 1:
            target = replace(target, vendor=vendors[0])
        return replace(self._judged(candidate, target, found, wanted), vendors=vendors)

    def _judged(
        self, candidate: Candidate, target: Target, found: Found, wanted: Iterable[Capability]
    ) -> Trial:
        """The verdicts; what a refused key is told to be replaced by has the least access for `wanted`."""
        roles = least_roles(wanted, candidate.kind)
        source = source_of_kind(candidate.kind)
        verdicts: dict[Capability, Verdict] = {}
        facts = Circumstances(
            account="NAME",
            kind=candidate.kind,
            key_id=candidate.key_id,
            now=self._space.clock.now(),
            vendor=target.vendor,
            apps_seen=found.accepted,
            expires_at=candidate.expires_at,
            wanted=tuple(role.words_for(candidate.kind) for role in roles),
        )
        for capability in sorted(target.features, key=tuple(Capability).index):
            verdict = source.judge(capability, found.evidence.get(capability), facts)
            if verdict.checked_at is None and verdict.state is HealthState.ASSUMED:
                verdict = replace(verdict, checked_at=facts.now)
            verdicts[capability] = verdict
        if Capability.REPLY in verdicts:
            verdicts[Capability.REPLY] = inherit(verdicts[Capability.REPLY], verdicts[Capability.REVIEWS])
        shown = found.apps_evidence
        return Trial(
            candidate,
            verdicts,
            tried=tuple((one.subject, source.judge(Capability.REVIEWS, one, facts)) for one in found.tried),
            apps=found.apps or (),
            vendor=target.vendor,
            skew_s=shown.clock_skew_s if shown else None,
            elapsed_s=found.elapsed_s,
            found=found,
        )

    def _refuse(self, trial: Trial) -> None:
        """Raises unless Apple accepted the credential for a read."""
        shown = trial.found.apps_evidence
        if trial.found.accepted:
            sales = trial.found.evidence.get(Capability.SALES)
            if sales is not None and sales.status == 400 and "vendor" in sales.detail.lower():
                verdict = trial.verdicts[Capability.SALES]
                where = verdict.fix.partition(", then:")[0]
                raise CredentialError(verdict.detail, verdict.evidence, f"{where}.")
            return
        assert shown is not None
        if shown.status is None:
            raise NetworkError(shown.failure, "", shown.next_step or "Nothing was saved; try again.")
        if shown.status == 401 and trial.candidate.kind == CredentialKind.TEAM:
            self._refuse_individual(trial.candidate)
        verdict = trial.verdicts[
            Capability.SALES if trial.candidate.kind == CredentialKind.REPORTER else Capability.REVIEWS
        ]
        raise RefusedTrial(trial, verdict)

    def _refuse_individual(self, candidate: Candidate) -> None:
        """Says so when the key works without the issuer id that was given."""
        client = self._space.clients.trial(candidate.as_individual().credential(), candidate.secret)
        try:
            limit = self._space.config.seconds("network", "deadline_seconds")
            accepted = source_of_kind(candidate.kind).is_accepted(client, limit)
        finally:
            client.close()
        if accepted:
            raise CredentialError(
                f"Key {candidate.key_id} is an individual key, which has no issuer id.",
                "Apple accepts it without one.",
                "Leave the Issuer ID out.",
            )

    def same_team(self, trial: Trial, account: Account) -> bool:
        """Whether Apple shows that the credential is of the account's team; False where it does not tell.

        Raises CredentialError when it is shown to belong to another team. An issuer id is a team's. An app
        belongs to one team, and a team key sees all apps of its team; two users of one team may see none in
        common.
        """
        new = trial.candidate
        store = store_of_kind(new.kind)
        if store.id != account.store:
            raise other_team(account, f"It is for {store.label}.")
        teams = [c for c in account.credentials if c.kind == CredentialKind.TEAM]
        if new.kind == CredentialKind.TEAM and teams:
            issuers = {c.issuer_id for c in teams}
            if new.issuer_id not in issuers:
                raise other_team(account, f"Its issuer id is {new.issuer_id}, not {issuers.pop()}.")
            return True
        if new.kind == CredentialKind.REPORTER:
            if account.vendor and account.vendor not in trial.vendors:
                raise other_team(account, f"It reaches {', '.join(trial.vendors) or 'no vendor'}.")
            return True
        known = {app.id for app in self._space.store.call(lambda store: store.accounts.apps(account.id))}
        seen = {app.id for app in trial.apps}
        if known & seen or not (known and seen):
            # Where one side has no apps, nothing speaks against it.
            return True
        if new.kind == CredentialKind.TEAM:
            raise other_team(account, "It sees none of the account's apps; a team key sees all of its team.")
        if teams and (all_of_team := self._listed_by(teams[0])):
            if all_of_team & seen:
                return True
            raise other_team(account, f"Team key {teams[0].key_id} sees none of its apps.")
        return False

    def _listed_by(self, credential: Credential) -> set[str]:
        """Ids of the apps that a linked key sees now; empty where that cannot be had."""
        try:
            client = self._space.client_of(credential)
            return {app.id for page in client.apps() for app in page.items}
        except AscinboxError:
            return set()


def _of_known_account(candidate: Candidate, account: Account | None) -> Candidate:
    """A new Reporter token is used for the account at Apple that the old one was for, unless one is named."""
    if account is None or candidate.issuer_id is not None:
        return candidate
    known = (c.reporter_account for c in account.credentials if c.kind == CredentialKind.REPORTER)
    return replace(candidate, issuer_id=next(filter(None, known), None))


def _tried(kind: str) -> tuple[Capability, ...]:
    """What is tried when nobody chose: every column, and what is a store's alone and proposed by itself."""
    own = (c for c in parse_features(kind_info(kind).capabilities) if info(c).default)
    return parse_features((*LISTED, *own))


def _extra(account: Account | None) -> tuple[Capability, ...]:
    """What the account uses beyond the listed capabilities."""
    chosen = parse_features(account.features) if account is not None else ()
    return tuple(c for c in chosen if c not in LISTED)


def trial_features(trial: Trial) -> tuple[Capability, ...]:
    """What to choose when nobody chose: what the credential can do, users aside."""
    return tuple(c for c in trial.usable if info(c).default)


def checked_vendor(vendor: str | None) -> str | None:
    number = (vendor or "").strip()
    looks = look_at_vendor(number)
    if not looks.ok:
        raise CredentialError(
            f"The vendor number is not one of Apple's: {looks.words}.",
            "",
            f"It stands at the top left of {APP_STORE.place('vendor number')}.",
        )
    return number or None


class UnsureTeam(CredentialError):
    """Apple does not show whether a credential is of the account's team: a person has to say it."""

    def __init__(self, account: Account) -> None:
        company = store_info(account.store).company
        super().__init__(
            f"{company} does not show whether this key is of the same team as {account.name}.",
            "They see no app in common, as two users of one team may.",
            "If it is of the same team, add --same-team; if not, link it under a name of its own.",
        )


def other_team(account: Account, detail: str) -> CredentialError:
    return CredentialError(
        f"This key belongs to another team than {account.name}.",
        detail,
        "Link it under a name of its own: ascinbox link --name NAME",
    )
