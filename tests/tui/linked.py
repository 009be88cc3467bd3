"""The screen on accounts that are linked to a simulated Apple."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ascinbox.config import load_config
from ascinbox.core.health.capabilities import LISTED, Capability
from ascinbox.paths import Paths
from ascinbox.simulator.app import Simulator
from ascinbox.simulator.keys import ApiKey
from ascinbox.tui.app import AscinboxApp
from ascinbox.tui.runtime.terminal import TerminalProfile
from ascinbox.workers.accounts.credentials import from_file
from ascinbox.workers.accounts.linking import LinkRequest
from ascinbox.workers.workspace import Workspace
from tests.tui.world import Ui


@dataclass
class Team:
    """A simulated Apple, and workspaces on one home that speak with it."""

    simulator: Simulator
    url: str
    folder: Path

    @property
    def paths(self) -> Paths:
        return Paths.under(self.folder / "home")

    @property
    def vendor(self) -> str:
        return next(iter(self.simulator.world.teams.values())).vendor

    def key(self, role: str, *, individual: bool = False) -> ApiKey:
        """A key that has this role alone."""
        return next(
            key
            for key in self.simulator.world.keys.values()
            if key.roles == (role,) and key.individual == individual and not key.revoked
        )

    def file(self, key: ApiKey) -> Path:
        """The key's `.p8` file."""
        return key.write(self.folder / "keys")

    def open(self, **environ: str) -> Workspace:
        """A workspace; the caller closes it. It fetches few days of reports: no screen here shows more."""
        environ = {"ASCINBOX_SYNC_REPORT_DAYS": "5", **environ}
        self.paths.create()
        space = Workspace.open(
            paths=self.paths,
            config=load_config(self.paths.config_file, environ),
            base_url=self.url,
            environ={"USER": "mia", "HOME": str(self.folder), **environ},
        )
        space.wait_ready()
        return space

    def link(self, name: str, key: ApiKey, features: tuple[Capability, ...] = LISTED) -> None:
        """Links an account as the wizard would."""
        space = self.open()
        issuer = None if key.individual else key.issuer_id
        candidate = from_file(space.vault, self.file(key), None, issuer)
        trial = space.accounts.try_credential(candidate, vendor=None if key.individual else self.vendor)
        space.accounts.link(LinkRequest(name, trial, features, None, "file"))
        space.close()


@asynccontextmanager
async def shown(
    team: Team, place: str, *, size: tuple[int, int] = (80, 24), **environ: str
) -> AsyncIterator[Ui]:
    """The app on one of the top screens, with the simulated Apple behind it."""
    space = await asyncio.to_thread(lambda: team.open(**environ))
    try:
        app = AscinboxApp(space, TerminalProfile())
        async with app.run_test(size=size) as pilot:
            ui = Ui(app, pilot, space)
            await ui.until(lambda: app.frame.accounts or app.summary.is_read)
            await ui.rest()
            while not app.screen.is_mounted or len(app.screen_stack) > 1:
                await ui.press("escape")
            await ui.press({"health": "4", "accounts": "5"}[place])
            yield ui
    finally:
        await asyncio.to_thread(space.close)
