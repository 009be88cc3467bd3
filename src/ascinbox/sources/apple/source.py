"""App Store Connect as a `StoreSource`. Nothing that takes time is imported before it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.core.clock import CLOCK_TOLERANCE_S
from ascinbox.core.errors import AscinboxError, CredentialError, UnexpectedAnswer, UsageError
from ascinbox.core.health.verdicts import judge
from ascinbox.core.records import CredentialKind
from ascinbox.core.stores import APP_STORE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from ascinbox.core.health.evidence import Circumstances, Evidence, Verdict
    from ascinbox.core.records import Credential, Page, Review
    from ascinbox.core.secret import Secret
    from ascinbox.sources.apple.budget import RateBudget
    from ascinbox.sources.apple.client import AppleClient
    from ascinbox.sources.apple.probing import AppleProber
    from ascinbox.sources.base import (
        BudgetLedger,
        Connection,
        CredentialInput,
        History,
        Observe,
        ReadCredential,
        RequestBudget,
        SourceTools,
        StoreSource,
        Target,
    )


class AppleSource:
    """See `sources.base.StoreSource`."""

    def read_credential(self, given: CredentialInput) -> ReadCredential:
        """The .p8 of a team key, or of an individual key, which has no issuer id."""
        from ascinbox.sources.apple.credentials import read_key

        return read_key(given)

    def checked_reach(self, apps: Sequence[str], bucket: str) -> tuple[tuple[str, ...], str]:
        """None: Apple tells the apps of a key."""
        if apps or bucket:
            raise UsageError("Apple tells the apps of a key: none are named.")
        return (), ""

    def budget(self, tools: SourceTools, ledger: BudgetLedger) -> RateBudget:
        """The rolling hour of one key."""
        from ascinbox.sources.apple.budget import RateBudget

        return RateBudget(
            tools.clock,
            keep_back_percent=tools.keep_back_percent,
            on_budget=ledger.save,
            on_hold=ledger.hold,
            others=ledger.others,
        )

    def connect(
        self, credential: Credential, secret: Secret, budget: RequestBudget, tools: SourceTools
    ) -> AppleClient:
        """The client of a team key or an individual key."""
        from ascinbox.sources.apple.budget import RateBudget
        from ascinbox.sources.apple.client import AppleClient
        from ascinbox.sources.apple.keys import load_private_key
        from ascinbox.sources.apple.tokens import TokenSource

        if credential.kind == CredentialKind.REPORTER:
            raise CredentialError("A Reporter token is no key for App Store Connect's API.")
        assert isinstance(budget, RateBudget)
        tokens = TokenSource(
            credential.kind, credential.key_id, credential.issuer_id, load_private_key(secret), tools.clock
        )
        return AppleClient(
            tokens=tokens,
            clock=tools.clock,
            base_url=tools.base_url or APP_STORE.api,
            deadline_s=tools.deadline_s,
            budget=budget,
            stop=tools.stop,
        )

    def prober(
        self, connection: Connection, target: Target, tools: SourceTools, observe: Observe | None = None
    ) -> AppleProber:
        """The cheap requests to Apple."""
        from ascinbox.sources.apple.probing import AppleProber

        return AppleProber(apple_client(connection), target, tools, observe)

    def judge(self, capability: str, evidence: Evidence | None, facts: Circumstances) -> Verdict:
        """By the table of core/health/verdict_rules.py."""
        return judge(capability, evidence, facts)

    def is_accepted(self, connection: Connection, deadline_s: float) -> bool | None:
        """With a wrong clock Apple refuses every key, which says nothing about this one."""
        try:
            probe = apple_client(connection).probe("/v1/apps", {"limit": 1}, deadline_s=deadline_s)
        except AscinboxError:
            return None
        if probe.status == 200:
            return True
        refused = probe.status == 401 and abs(probe.skew_s or 0.0) <= CLOCK_TOLERANCE_S
        return False if refused else None

    def read_history(self, content: bytes, name: str, latest: datetime) -> History:  # noqa: ARG002
        """Apple's list holds every review: there are no files."""
        raise UsageError(f"{name} is of no use: App Store Connect gives every review by its API.")

    def history_files(
        self,
        connection: Connection,  # noqa: ARG002  (there are none)
        app_ids: Sequence[str],  # noqa: ARG002
        since: date | None = None,  # noqa: ARG002
    ) -> Iterator[tuple[str, bytes]]:
        """None."""
        return iter(())

    def parse_reviews(self, packed: bytes, app_id: str, latest: datetime) -> Page[Review]:
        """A page of customerReviews."""
        from ascinbox.sources.apple import parse
        from ascinbox.sources.http.bodies import JSON_CAP, BodyProblem, read_json, unpack

        try:
            document = read_json(unpack((packed,), JSON_CAP))
        except BodyProblem as problem:
            raise UnexpectedAnswer(f"Unexpected answer: {problem.what}.", "A page of reviews.") from None
        if not isinstance(document, dict):
            raise UnexpectedAnswer("Unexpected answer: JSON of another form.", "A page of reviews.")
        return parse.reviews_page(document, app_id, latest)


def apple_client(connection: Connection) -> AppleClient:
    """The connection as the client that it is, for what only Apple offers (reports, people, versions)."""
    from ascinbox.sources.apple.client import AppleClient

    if not isinstance(connection, AppleClient):
        raise CredentialError("This is only to be had from App Store Connect.")
    return connection


SOURCE: StoreSource = AppleSource()
