"""The end of both wizards: where the secret is to be kept, then the account is linked or changed with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

from ascinbox.core.errors import AscinboxError
from ascinbox.core.health.capabilities import Capability
from ascinbox.tui.accounts.text import shorten_path
from ascinbox.tui.screens import KeyedScreen
from ascinbox.tui.widgets.form import PassphraseScreen
from ascinbox.tui.widgets.menu import Choice, MenuScreen, confirm_word

if TYPE_CHECKING:
    from ascinbox.core.secret import Secret
    from ascinbox.tui.context import AppContext
    from ascinbox.workers.accounts.linking import Linked


class KeepingSteps(NamedTuple):
    """What a wizard does on the way."""

    link: Callable[[str, bool], Linked]
    """Links or changes the account, the secret kept in that place; True: the person says that the key is of
    the account's team, which the store does not show."""
    busy: Callable[[str], None]
    """Says what is waited for; "" says that it has ended."""
    refused: Callable[[AscinboxError], None]
    """Shows why it was not done."""
    linked: Callable[[Linked], Awaitable[None]]
    """Goes on once it is done."""


async def show_first_reviews(app: AppContext, linked: Linked) -> None:
    """Begins to fetch, and of an account that is new goes to where its reviews appear meanwhile."""
    if Capability.REVIEWS.value in linked.account.features and len(linked.account.credentials) == 1:
        await app.go("inbox")
    if not app.workspace.offline:
        app.sync.start()


class KeyKeeping:
    """Asks for the place, for a passphrase where it needs one and, where the store does not show it, whether
    the key is of the same team; then the account is linked or changed."""

    def __init__(self, screen: KeyedScreen, steps: KeepingSteps) -> None:
        self._screen = screen
        self._steps = steps
        self._usable: str | AscinboxError | None = None

    async def look(self) -> None:
        """Tries the keyring, which may take seconds; done ahead, the question comes at once."""
        app = self._screen.app
        self._usable = await app.work(app.workspace.vault.keyring_usable)

    async def ask(self) -> None:
        """The question."""
        app = self._screen.app
        if self._usable is None:
            await self.look()
        usable = self._usable
        folder = shorten_path(str(app.workspace.paths.keys), 40)
        places = [
            Choice("file", "a key file", f"{folder}, 0600"),
            Choice("encrypted", "a sealed file", "opened by a passphrase at each start"),
        ]
        notes = ["Nothing was saved until now."]
        if isinstance(usable, str):
            places = [Choice("keyring", "the keyring of this system", usable.split(".")[-2]), *places]
        elif usable is not None:
            notes = [usable.title, *notes]
        title = "Where is the key to be kept?"
        await app.push_screen(MenuScreen(self._screen, title, places, self._kept_in, notes=notes))

    async def _kept_in(self, place: str) -> None:
        app, vault = self._screen.app, self._screen.app.workspace.vault
        if place != "encrypted" or vault.knows_passphrase:
            app.spawn(self.save(place))
            return

        async def take(passphrase: Secret) -> str | None:
            try:
                await app.work(vault.use_passphrase, passphrase)
            except AscinboxError as error:
                return error.title
            await app.pop_screen()
            app.spawn(self.save(place))
            return None

        await app.push_screen(PassphraseScreen(self._screen, new=not vault.has_sealed_files, take=take))

    async def save(self, place: str, *, same_team: bool = False) -> None:
        """Links or changes the account."""
        from ascinbox.workers.accounts.trials import UnsureTeam

        app = self._screen.app
        self._steps.busy("saving")
        try:
            linked = await app.work(self._steps.link, place, same_team)
        except UnsureTeam as error:

            async def is_same() -> None:
                app.spawn(self.save(place, same_team=True))

            notes = [error.detail, "If it is another one, link it under a name of its own."]
            await app.push_screen(confirm_word(self._screen, error.title, "same", is_same, notes))
            return
        except AscinboxError as error:
            self._steps.refused(error)
            return
        finally:
            self._steps.busy("")
        await self._steps.linked(linked)
