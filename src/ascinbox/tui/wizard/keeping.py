"""Where a secret is to be kept: the places of this machine, and the passphrase of sealed files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.tui.accounts.text import shorten_path
from ascinbox.tui.screens import KeyedScreen
from ascinbox.tui.widgets.form import PassphraseScreen
from ascinbox.tui.widgets.menu import Choice, MenuScreen

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from ascinbox.core.secret import Secret


class KeyKeeping:
    """Asks for the place, and for a passphrase where it needs one; `save` runs with the place then."""

    def __init__(self, screen: KeyedScreen, save: Callable[[str], Coroutine[Any, Any, None]]) -> None:
        self._screen = screen
        self._save = save

    async def ask(self) -> None:
        """The question; the keyring is tried first, which may take seconds."""
        app = self._screen.app
        folder = shorten_path(str(app.workspace.paths.keys), 40)
        places = [
            Choice("file", "a key file", f"{folder}, 0600"),
            Choice("encrypted", "a sealed file", "opened by a passphrase at each start"),
        ]
        usable = await app.work(app.workspace.vault.keyring_usable)
        notes = ["Nothing was saved until now."]
        if isinstance(usable, str):
            places = [Choice("keyring", "the keyring of this system", usable.split(".")[-2]), *places]
        else:
            notes = [usable.title, *notes]
        title = "Where is the key to be kept?"
        await app.push_screen(MenuScreen(self._screen, title, places, self._kept_in, notes=notes))

    async def _kept_in(self, place: str) -> None:
        app, vault = self._screen.app, self._screen.app.workspace.vault
        if place != "encrypted" or vault.knows_passphrase:
            app.spawn(self._save(place))
            return

        async def take(passphrase: Secret) -> str | None:
            try:
                await app.work(vault.use_passphrase, passphrase)
            except AscinboxError as error:
                return error.title
            await app.pop_screen()
            app.spawn(self._save(place))
            return None

        await app.push_screen(PassphraseScreen(self._screen, new=not vault.has_sealed_files, take=take))
