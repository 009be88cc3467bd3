"""Linking Google Play by keyboard: the store, the clicks, the file, packages one by one; then a reply and "
"Health."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ascinbox.config import load_config
from ascinbox.core.stores import PLAY_STORE
from ascinbox.paths import Paths
from ascinbox.simulator.play.app import PlaySimulator
from ascinbox.simulator.play.world import ServiceAccountKey, make_account, make_play_world
from ascinbox.simulator.server import serve_in_thread
from ascinbox.tui.app import AscinboxApp
from ascinbox.tui.runtime.terminal import TerminalProfile
from ascinbox.tui.wizard.guided import GuidedWizard
from ascinbox.workers.accounts.credentials import service_account
from ascinbox.workers.accounts.linking import LinkRequest
from ascinbox.workers.workspace import Workspace
from tests.tui.world import Ui

TIDE, MOON = "com.example.tide", "com.example.moon"
SIZES = [(80, 24), (120, 36)]


@dataclass
class Google:
    """A simulated Google Play, and a home that speaks with it."""

    sim: PlaySimulator
    url: str
    folder: Path

    @property
    def account(self) -> ServiceAccountKey:
        return next(iter(self.sim.world.accounts.values()))

    @property
    def paths(self) -> Paths:
        return Paths.under(self.folder / "home")

    def file(self, account: ServiceAccountKey | None = None) -> Path:
        return (account or self.account).write(self.folder / "keys", f"{self.url}/token")

    def open(self) -> Workspace:
        self.paths.create()
        environ = {"ASCINBOX_PLAY_URL": self.url, "ASCINBOX_PLAY_STORAGE_URL": self.url}
        space = Workspace.open(
            paths=self.paths,
            config=load_config(self.paths.config_file, environ),
            base_url="http://127.0.0.1:9",
            environ={"USER": "mia", "HOME": str(self.folder), **environ},
        )
        space.wait_ready()
        return space

    def link(self, *packages: str) -> None:
        space = self.open()
        candidate = service_account(space.vault, self.file(), packages or (TIDE, MOON), "")
        space.accounts.link(LinkRequest("Android", space.accounts.try_credential(candidate), vault="file"))
        space.close()


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Google]:
    world = make_play_world(7, datetime.now(UTC), packages=(TIDE, MOON), reviews=20)
    sim = PlaySimulator(world)
    with serve_in_thread(sim) as served:
        yield Google(sim, served.url, tmp_path)


@asynccontextmanager
async def at_accounts(google: Google, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Ui]:
    space = await asyncio.to_thread(google.open)
    try:
        app = AscinboxApp(space, TerminalProfile())
        async with app.run_test(size=size) as pilot:
            ui = Ui(app, pilot, space)
            await ui.until(lambda: app.frame.accounts or app.summary.is_read)
            await ui.rest()
            while not app.screen.is_mounted or len(app.screen_stack) > 1:
                await ui.press("escape")
            await ui.press("5")
            yield ui
    finally:
        await asyncio.to_thread(space.close)


def wizard(ui: Ui) -> GuidedWizard:
    screen = ui.app.screen_stack[-1]
    assert isinstance(screen, GuidedWizard)
    return screen


async def fill(ui: Ui, **values: str) -> None:
    for name, value in values.items():
        wizard(ui).fields[name].fill(value)
    await ui.rest()


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
async def test_google_play_is_linked_by_keyboard_and_nothing_is_saved_before_the_end(
    google: Google, size: tuple[int, int]
) -> None:
    async with at_accounts(google, size) as ui:
        await ui.press("A")
        for words in ("App Store Connect", "Google Play", "Join a team"):
            assert words in ui.text()
        await ui.press("2")
        text = " ".join(ui.text().split())
        for words in ("step 1 of 3", "Google Play Android Developer API > Enable", "Create new key > JSON",
                      "Reply to reviews", "download bulk reports"):  # fmt: skip
            assert words in text, words
        await ui.press("enter")
        await ui.type(str(google.file()))
        await ui.until(lambda: "ok service account" in ui.text())
        await ui.press("tab")
        await ui.type(f"{TIDE}, {MOON}")
        assert "ok 2 apps" in ui.text()
        await ui.press("tab")
        await ui.type(google.sim.world.bucket)
        await ui.press("tab")
        await ui.type("Android")
        await ui.press("enter")
        await ui.until(lambda: "2 of 2 answer" in ui.text())
        for words in (TIDE, MOON, "Reviews", "Reply", "Bulk reports"):
            assert words in ui.text()
        assert "Apple" not in ui.text()
        assert ui.workspace.accounts.list() == ()
        await ui.press("enter")
        await ui.until(lambda: "Where is the key to be kept?" in ui.text())
        assert not any(google.paths.keys.glob("*")) if google.paths.keys.exists() else True
        await ui.press("1")
        await ui.until(lambda: ui.workspace.accounts.list())
        (account,) = ui.workspace.accounts.list()
        assert (account.name, account.store, account.primary.bucket) == (
            "Android", "play", google.sim.world.bucket,
        )  # fmt: skip
        await ui.until(lambda: ui.workspace.inbox.count(ui.workspace.inbox.query("")) > 0, 15)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
async def test_a_package_that_does_not_answer_is_named_and_can_be_left_out(
    google: Google, size: tuple[int, int]
) -> None:
    async with at_accounts(google, size) as ui:
        await ui.press("A", "2", "enter")
        await fill(ui, file=str(google.file()), apps=f"{TIDE} com.example.tode", name="Android")
        await ui.press("enter")
        await ui.until(lambda: "1 of 2 answer" in ui.text())
        assert "knows no package com.example.tode" in " ".join(ui.text().split())
        assert "▌ [x] com.example.tode" in ui.text(), "the cursor stands where something is to be done"
        assert "Then esc goes back to the names" in " ".join(ui.text().split())
        assert "ascinbox rotate" not in ui.text(), "no account is linked that could be rotated"
        await ui.press("enter")
        assert "space leaves" in ui.status
        await ui.press("space", "enter")
        await ui.until(lambda: "1 of 1 answer" in ui.text())
        await ui.press("enter")
        await ui.until(lambda: "Where is the key to be kept?" in ui.text())
        await ui.press("1")
        await ui.until(lambda: ui.workspace.accounts.list())
        assert ui.workspace.accounts.list()[0].primary.apps == (TIDE,)


@pytest.mark.slow
async def test_an_account_without_the_invitation_is_told_who_does_what(google: Google) -> None:
    google.account.packages.clear()
    async with at_accounts(google) as ui:
        await ui.press("A", "2", "enter")
        await fill(ui, file=str(google.file()), apps=TIDE, name="Android")
        await ui.press("enter")
        await ui.until(lambda: "0 of 1 answer" in ui.text())
        text = " ".join(ui.text().split())
        assert "not invited in Play Console" in text
        assert "Invite new users" in text
        assert "F5 then" in text
        google.account.packages.add(TIDE)
        await ui.press("f5")
        await ui.until(lambda: "1 of 1 answer" in ui.text())
        google.account.packages.clear()
        await ui.press("escape", "enter", "f5")
        await ui.until(lambda: "0 of 1 answer" in ui.text())
        google.account.packages.add(TIDE)
        await ui.press("escape", "enter")
        await ui.until(lambda: "1 of 1 answer" in ui.text())


@pytest.mark.slow
async def test_what_is_wrong_with_the_file_is_said_while_one_types(google: Google) -> None:
    file = google.file()
    async with at_accounts(google) as ui:
        await ui.press("A", "2", "enter")
        file.chmod(0o644)
        await fill(ui, file=str(file))
        await ui.until(lambda: "open to others" in ui.text())
        file.chmod(0o600)
        await ui.until(lambda: "ok service account" in ui.text())
        for text, words in (("{}", "no service account"), ("-----BEGIN X", "bare key"), ("{", "cut")):
            other = google.folder / "other.json"
            other.write_text(text)
            other.chmod(0o600)
            await fill(ui, file="")
            await fill(ui, file=str(other))
            await ui.until(lambda words=words: words in ui.text())  # type: ignore[misc]
        repaired = google.folder / "repaired.json"
        repaired.write_text(file.read_text().replace("\\n", "\\\\n"))
        repaired.chmod(0o600)
        await fill(ui, file=str(repaired))
        await ui.until(lambda: "ok service account" in ui.text())
        await fill(ui, apps="Tide Clock!")
        assert "no name of a package" in ui.text()
        await fill(ui, name="Android", apps="")
        await ui.press("enter")
        assert "Packages are missing." in ui.text()


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
async def test_other_packages_and_another_key_are_given_on_the_screen(
    google: Google, size: tuple[int, int]
) -> None:
    google.link(TIDE)
    async with at_accounts(google, size) as ui:
        assert "Teammates" not in ui.text()
        assert "Address" in ui.text()
        assert google.account.email[:20] in ui.text()
        await ui.press("I")
        assert "Users and permissions" in ui.status
        await ui.press("w")
        assert wizard(ui).value("apps") == TIDE
        await fill(ui, apps=f"{TIDE}, {MOON}")
        await ui.press("enter")
        await ui.until(lambda: "2 of 2 answer" in ui.text())
        await ui.press("enter")
        await ui.until(lambda: len(ui.workspace.accounts.list()[0].primary.apps) == 2)
        renewed = make_account(google.account.email, {TIDE, MOON}, seed=8)
        google.sim.world.accounts[renewed.email] = renewed
        await ui.until(lambda: not isinstance(ui.app.screen_stack[-1], GuidedWizard))
        await ui.press("w")
        await fill(ui, file=str(google.file(renewed)))
        await ui.press("enter")
        await ui.until(lambda: "new key" in ui.text())
        await ui.press("enter")
        await ui.until(lambda: "Where is the key to be kept?" in ui.text())
        await ui.press("1")
        await ui.until(lambda: ui.workspace.accounts.list()[0].primary.key_id == renewed.key_id)


@pytest.mark.parametrize("size", SIZES)
async def test_health_has_a_card_for_each_thing_that_is_wrong_at_google(
    google: Google, size: tuple[int, int]
) -> None:
    google.link()
    google.account.api_enabled = False
    async with at_accounts(google, size) as ui:
        await ui.press("4", "f5")
        await ui.until(lambda: "no role" in ui.text())
        text = " ".join(ui.text().split())
        assert "Google said" in text
        assert "is not enabled" in text
        assert "Apple" not in text
        opened: list[str] = []
        ui.app.browse = opened.append  # type: ignore[method-assign, assignment]
        await ui.press("n", "o")
        assert opened == [PLAY_STORE.pages[0][1]]
