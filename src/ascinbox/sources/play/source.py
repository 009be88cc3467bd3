"""Google Play as a `StoreSource`. Nothing that takes time is imported before it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.core.clock import CLOCK_TOLERANCE_S
from ascinbox.core.errors import AscinboxError, CredentialError, SourceError, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from ascinbox.core.health.evidence import Circumstances, Evidence, Verdict
    from ascinbox.core.records import Credential, Page, Review
    from ascinbox.core.secret import Secret
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
    from ascinbox.sources.play.budget import PlayBudget
    from ascinbox.sources.play.client import PlayClient
    from ascinbox.sources.play.probing import PlayProber


class PlaySource:
    """See `sources.base.StoreSource`."""

    def read_credential(self, given: CredentialInput) -> ReadCredential:
        """The JSON file of a service account, with the packages and the bucket that it is for."""
        from ascinbox.sources.base import ReadCredential
        from ascinbox.sources.play.keys import KIND, fingerprint, normalised, read_account

        account = read_account(given.text)
        apps, bucket = self.checked_reach(given.apps, given.bucket)
        return ReadCredential(
            KIND,
            account.key_id,
            account.email,
            normalised(account),
            fingerprint(account),
            apps,
            bucket,
        )

    def checked_reach(self, apps: Sequence[str], bucket: str) -> tuple[tuple[str, ...], str]:
        """Names of packages, and of a bucket."""
        from ascinbox.sources.play.parse import checked_bucket, checked_packages

        return checked_packages(apps), checked_bucket(bucket)

    def budget(self, tools: SourceTools, ledger: BudgetLedger) -> PlayBudget:
        """The hours of the apps of one service account."""
        from ascinbox.sources.play.budget import PlayBudget

        return PlayBudget(
            tools.clock,
            keep_back_percent=tools.keep_back_percent,
            on_budget=ledger.save,
            on_hold=ledger.hold,
            others=ledger.others,
        )

    def connect(
        self, credential: Credential, secret: Secret, budget: RequestBudget, tools: SourceTools
    ) -> PlayClient:
        """The client of a service account."""
        from ascinbox.sources.play.budget import PlayBudget
        from ascinbox.sources.play.client import PlayClient
        from ascinbox.sources.play.keys import read_account

        assert isinstance(budget, PlayBudget)
        account = read_account(secret)
        if not credential.apps and not credential.bucket:
            raise CredentialError(
                "No package is named for this service account.",
                "Google's API lists no apps.",
                "Name them: --packages com.example.app",
            )
        return PlayClient(
            account,
            credential.apps,
            budget,
            tools.clock,
            bucket=credential.bucket,
            base_url=tools.base_url,
            files_url=tools.files_url,
            deadline_s=tools.deadline_s,
            stop=tools.stop,
        )

    def prober(
        self,
        connection: Connection,
        target: Target,
        tools: SourceTools,
        observe: Observe | None = None,  # noqa: ARG002  (nothing is waited for)
    ) -> PlayProber:
        """One request a package, and one to the bucket."""
        from ascinbox.sources.play.probing import PlayProber

        return PlayProber(play_client(connection), target, tools)

    def judge(self, capability: str, evidence: Evidence | None, facts: Circumstances) -> Verdict:
        """By `play/verdicts.py`."""
        from ascinbox.sources.play.verdicts import judge

        return judge(capability, evidence, facts)

    def is_accepted(self, connection: Connection, deadline_s: float) -> bool | None:
        """With a wrong clock Google refuses every key, which says nothing about this one."""
        client = play_client(connection)
        try:
            client.try_package(client.packages[0], deadline_s)
        except Unauthorized as error:
            return None if abs(error.clock_skew_s or 0.0) > CLOCK_TOLERANCE_S else False
        except SourceError as error:
            return True if error.status in {403, 404} else None
        except AscinboxError:
            return None
        return True

    def read_history(self, content: bytes, name: str, latest: datetime) -> History:
        """A monthly file."""
        from ascinbox.sources.play.history import read_monthly

        return read_monthly(content, name, latest)

    def history_files(
        self, connection: Connection, app_ids: Sequence[str], since: date | None = None
    ) -> Iterator[tuple[str, bytes]]:
        """The monthly files in the bucket, where its name is known; those from the month of `since` on."""
        client = play_client(connection)
        first = f"_{since:%Y%m}.csv" if since is not None else ""
        for app_id in app_ids if client.bucket else ():
            for name in client.monthly_files(app_id):
                if name[-len(first) :] >= first:
                    yield name, client.monthly_file(name)

    def parse_reviews(self, packed: bytes, app_id: str, latest: datetime) -> Page[Review]:
        """A page of reviews, with the query that asked for it before it."""
        from ascinbox.sources.play.client import parse_packed

        return parse_packed(packed, app_id, latest)


def play_client(connection: Connection) -> PlayClient:
    """The connection as the client that it is, for what only Google offers (the bucket)."""
    from ascinbox.sources.play.client import PlayClient

    if not isinstance(connection, PlayClient):
        raise CredentialError("This is only to be had from Google Play.")
    return connection


SOURCE: StoreSource = PlaySource()
