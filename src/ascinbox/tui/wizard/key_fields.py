"""Step 3 of the link wizard: how each field looks as one types, the key's file, keys of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ascinbox.core.health.credential_shapes import (
    Look,
    look_at_day,
    look_at_issuer,
    look_at_key_id,
    look_at_name,
    look_at_vendor,
)
from ascinbox.core.records import CredentialKind
from ascinbox.tui.widgets.menu import Choice, MenuScreen
from ascinbox.tui.wizard.text import KEY

if TYPE_CHECKING:
    from ascinbox.tui.wizard.screen import WizardScreen

LOOK_AFTER_S = 0.3
LOOK_AGAIN_S = 1.0
"""How often a file that will not do is looked at again."""


class KeyFields:
    """What is said about the fields while the key is typed in."""

    def __init__(self, screen: WizardScreen) -> None:
        self._screen = screen
        self._look_of_file: Look | None = None
        self._key_id_in_file = ""
        """The key id that the file itself gives, by its name or in it."""

    async def offer_found(self) -> None:
        """Keys that other tools have, before anything is typed."""
        if self._screen.kind == CredentialKind.REPORTER or any(
            self._screen.typed.get(n) for n in ("file", "key_id")
        ):
            return
        linked = {
            c.key_id
            for account in await self._screen.app.ask(self._screen.service.list)
            for c in account.credentials
        }
        found = await self._screen.app.work(
            self._screen.app.workspace.vault.find_keys, Path.home(), Path.cwd()
        )
        offered = [f for f in found if f.key_id not in linked]
        if not offered:
            return

        async def take(value: Any) -> None:
            if value is not None:
                place = f"env:{value.variable}" if value.variable else str(value.path)
                self._fill(value.key_id or "", value.issuer_id or "", place, value.vendor or "")

        choices = [Choice(f, f.key_id or "(no id)", f.source) for f in offered[:8]]
        choices.append(Choice(None, "another key", "type it"))
        await self._screen.app.push_screen(
            MenuScreen(self._screen, "Keys that were found on this machine", choices, take)
        )

    def _fill(self, key_id: str, issuer: str, path: str, vendor: str) -> None:
        for name, value in (("key_id", key_id), ("issuer", issuer), ("file", path)):
            if name in self._screen.fields and value:
                self._screen.fields[name].fill(value)
        self._screen.typed["vendor"] = vendor
        self.look_at_all()

    def changed(self, name: str) -> None:
        """A field was typed in: each says how its value looks."""
        if name == "file":
            self._look_of_file = None
            self._screen.set_timer(LOOK_AFTER_S, self._look_at_path)
        self.look_at_all()

    def look_at_all(self) -> None:
        """Says beside each field how its value looks."""
        looks: dict[str, Look | None] = {}
        for name, field in self._screen.fields.items():
            text = field.value
            match name:
                case "issuer":
                    looks[name] = look_at_issuer(text) if text else Look(False, "36 characters")
                case "key_id":
                    looks[name] = look_at_key_id(text)
                    if text and self._key_id_in_file and text != self._key_id_in_file:
                        looks[name] = Look(False, f"file says {self._key_id_in_file}")
                case "vendor":
                    looks[name] = look_at_vendor(text)
                case "account":
                    looks[name] = look_at_vendor(text) if text else Look(True, "only with several")
                case "made":
                    looks[name] = look_at_day(text)
                case "name":
                    looks[name] = look_at_name(text)
                case _:
                    looks[name] = self._look_of_file if text else Look(False, "the path of the file")
        self._screen.look(looks)

    def look_again(self) -> None:
        """The person may correct the file in another window meanwhile."""
        if self._look_of_file is not None and not self._look_of_file.ok and self._screen.is_current:
            self._look_at_path()

    def _look_at_path(self) -> None:
        # A timer may come after the step was left, or while the wizard closes and its fields are going.
        if self._screen.step == KEY and self._screen.is_current and (path := self._screen.value("file")):
            self._screen.app.spawn(self._inspect(path))

    async def _inspect(self, path: str) -> None:
        from ascinbox.workers.accounts.credentials import look_at_file

        reporter = self._screen.kind == CredentialKind.REPORTER
        look, found = await self._screen.app.work(
            look_at_file, self._screen.app.workspace.vault, path, reporter
        )
        if self._screen.value("file") != path:
            return
        self._look_of_file = look
        self._key_id_in_file = "" if reporter or found is None else found
        told = "made" if reporter else "key_id"
        if found and told in self._screen.fields and not self._screen.value(told):
            self._screen.fields[told].fill(found)
        self.look_at_all()
