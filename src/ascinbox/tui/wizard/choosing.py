"""Which store an account is of: the first question of linking, and the wizard that goes on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ascinbox.core.stores import STORES, StoreInfo
from ascinbox.tui.screens import KeyedScreen
from ascinbox.tui.widgets.form import FormScreen
from ascinbox.tui.widgets.menu import Choice, MenuScreen

if TYPE_CHECKING:
    from ascinbox.core.records import Account, Credential

_JOIN = Choice(None, "Join a team", "you were given the address of a database")


def wizard_for(
    below: KeyedScreen | None,
    store: StoreInfo,
    *,
    rotate: Account | None = None,
    old: Credential | None = None,
    has_key: bool = False,
) -> FormScreen:
    """The wizard of a store: by its guide where it has one, else the one that plans roles and keys."""
    if store.guide is not None:
        from ascinbox.tui.wizard.guided import GuidedWizard

        return GuidedWizard(below, store, rotate=rotate, old=old)
    from ascinbox.tui.wizard.screen import WizardScreen

    return WizardScreen(below, rotate=rotate, old=old, has_key=has_key)


async def choose_store(below: KeyedScreen) -> None:
    """Asks for the store, then opens its wizard; one may join a team instead."""
    app = below.app
    choices = [Choice(store, store.label, store.takes) for store in STORES]
    if app.workspace.team is None:
        choices.append(_JOIN)

    async def take(store: StoreInfo | None) -> None:
        if store is not None:
            await app.push_screen(wizard_for(below, store))
            return
        from ascinbox.tui.wizard.joining import JoinScreen

        await app.push_screen(JoinScreen(below))

    await app.push_screen(MenuScreen(below, "Link an account of", choices, take))
