"""Where sales and finance files come from: a key, or where no key may, the account's Reporter token."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ascinbox.core.errors import CredentialError, Forbidden
from ascinbox.core.records import Account
from ascinbox.sources.apple.source import apple_client
from ascinbox.workers.metrics.reports.common import reporter_for

if TYPE_CHECKING:
    from ascinbox.sources.apple.client import AppleClient
    from ascinbox.sources.apple.download import Download
    from ascinbox.sources.apple.reporter import Reporter
    from ascinbox.workers.workspace import Workspace


class ReportSource:
    """The files of one capability (`sales`, `finance`) of one account. Used by several threads.

    Raises CredentialError when the account has neither a key nor a token for it.
    """

    def __init__(self, workspace: Workspace, account: Account, capability: str) -> None:
        self._workspace = workspace
        self._account = account
        self._capability = capability
        self._limit = workspace.config.seconds("network", "report_deadline_seconds")
        self._client: AppleClient | None = None
        self._reporter: Reporter | None = None
        self._switching = threading.Lock()
        try:
            self._client = apple_client(workspace.client_for(account, capability))
        except CredentialError:
            self._reporter = reporter_for(workspace, account, capability)

    def download(
        self, path: str, params: Mapping[str, str], by_token: Callable[[Reporter], Download]
    ) -> Download:
        """The file at `path`; `by_token` asks the Reporter for the same.

        Raises as `AppleClient.download`.
        """
        client = self._client
        if client is not None:
            try:
                with self._workspace.clients.turn():
                    return client.download(path, params, deadline_s=self._limit)
            except Forbidden:
                if not self._switch_to_reporter():
                    raise
        assert self._reporter is not None
        with self._workspace.clients.turn():
            return by_token(self._reporter)

    @property
    def hour_limit(self) -> int | None:
        """Requests that the key has in an hour, as far as Apple has told; None for a token."""
        return self._client.budget.budget.hour_limit if self._client is not None else None

    def close(self) -> None:
        """Closes what was opened for this run alone."""
        if self._reporter is not None:
            self._reporter.close()

    def _switch_to_reporter(self) -> bool:
        """Where the key may not, the account's token may: True when there is one."""
        with self._switching:
            if self._reporter is None:
                try:
                    self._reporter = reporter_for(self._workspace, self._account, self._capability)
                except CredentialError:
                    return False
            self._client = None
            return True
