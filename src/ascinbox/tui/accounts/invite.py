"""Inviting somebody to the team at Apple; without a key that may, the same form prints the clicks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError, UsageError
from ascinbox.core.health.credential_shapes import Look
from ascinbox.core.health.people import PRESETS, Person, is_email, roles_in_words, roles_of, sees_all_apps
from ascinbox.core.text import list_cell
from ascinbox.tui.accounts.rolemenu import preset_choices, tick_roles
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, rule, wrap
from ascinbox.tui.screens import KeyedScreen
from ascinbox.tui.widgets.form import Field, FormScreen
from ascinbox.tui.widgets.menu import Choice, MenuScreen
from ascinbox.tui.wizard.text import problem_lines

if TYPE_CHECKING:
    from textual.widgets import Input

    from ascinbox.core.records import Account, App
    from ascinbox.workers.accounts.people import Invite


_ALL, _GO_ON, _OTHER = "all", "go on", "other"


class InviteScreen(FormScreen):
    """E-mail, names, what they are to do, which apps; then a summary with the safe choice first."""

    def __init__(self, below: KeyedScreen | None, account: Account, again: Person | None = None) -> None:
        super().__init__(below)
        self.account = account
        self._again = again
        self._roles = roles_of([PRESETS[0].name])
        self._apps: Sequence[App] = ()
        self._limited: tuple[str, ...] = ()
        self._may = False
        self._busy = False
        self._problem: tuple[str, str, str] | None = None

    @property
    def place(self) -> str:
        return "accounts"

    async def on_mount(self) -> None:
        person = self._again
        await self.put_fields(
            [
                Field("email", "E-mail", person.email if person else ""),
                Field("first", "First name", person.first_name if person else ""),
                Field("last", "Last name", person.last_name if person else ""),
            ]
        )
        self._may = await self.app.ask(self.app.workspace.people.may_ask, self.account)
        self._apps = await self.app.ask(self._read_apps)
        self.call_after_refresh(self.paint)

    def _read_apps(self) -> tuple[App, ...]:
        apps: tuple[App, ...] = self.app.workspace.store.call(
            lambda store: store.accounts.apps(self.account.id)
        )
        return apps

    def on_input_changed(self, event: Input.Changed) -> None:
        """The address says how it looks, as one types."""
        del event
        self._problem = None
        email = self.value("email")
        self.look(
            {
                "email": Look(is_email(email), "ok" if is_email(email) else "name@host.example"),
                "first": Look(bool(self.value("first")), "ok" if self.value("first") else "Apple wants one"),
                "last": Look(bool(self.value("last")), "ok" if self.value("last") else "Apple wants one"),
            }
        )

    def paint(self) -> None:
        """The form, and what will happen."""
        width = self.size.width
        title = (PaintSpan(clip(f" Invite somebody to {list_cell(self.account.name)}", width), "strong"),)
        words = (
            "The next step asks what they are to do. Apple sends the invitation; it lives 3 days."
            if self._may
            else "No key of this account may invite (that needs the feature Users and an Admin key). The "
            "next steps give the same as clicks, to do at Apple or to send to an Admin."
        )
        above: list[Line] = [
            rule("Who?", "", width),
            *((PaintSpan(f" {p}"),) for p in wrap(words, width - 2, 4)),
            BLANK,
        ]
        below: list[Line] = [BLANK]
        if self._busy:
            below.append((PaintSpan(" asking Apple …", "accent"),))
        elif self._problem is not None:
            below += problem_lines(*self._problem, width)
        self.show(title, above, below, "wizard")

    # --- steps ---

    async def hand_in(self) -> None:
        """enter: on to what they are to do."""
        if self._busy:
            self.app.notices.say("asking Apple")
            return
        if not is_email(self.value("email")):
            self.app.notices.say("that is no e-mail address", "warning")
            return
        choices = [*preset_choices(), Choice(_OTHER, "several, or others", "tick presets and Apple's roles")]
        title = "What are they to do? The smallest role for it:"
        await self.app.push_screen(MenuScreen(self, title, choices, self._preset_chosen))

    async def _preset_chosen(self, name: str) -> None:
        if name == _OTHER:
            await tick_roles(self, "Which roles?", (), self._roles_chosen)
            return
        await self._roles_chosen(roles_of([name]))

    async def _roles_chosen(self, roles: tuple[str, ...]) -> None:
        self._roles = roles
        if sees_all_apps(roles) or len(self._apps) < 2:
            await self._confirm(())
            return
        self._limited = ()
        await self._choose_apps()

    async def _choose_apps(self, at: int = 0) -> None:
        """All apps, or those that are ticked one after the other."""
        ticked = len(self._limited)
        choices = [
            Choice(_ALL, "all apps"),
            *(
                Choice(app.id, f"[{'x' if app.id in self._limited else ' '}] {list_cell(app.name)}")
                for app in self._apps
            ),
        ]
        if ticked:
            choices.append(Choice(_GO_ON, f"go on with {ticked} app{'' if ticked == 1 else 's'}"))
        title, notes = "Which apps may they see?", ["enter ticks an app, or takes all of them."]
        menu = MenuScreen(self, title, choices, self._app_chosen, notes=notes, cursor=at)
        await self.app.push_screen(menu)

    async def _app_chosen(self, value: str) -> None:
        if value in {_ALL, _GO_ON}:
            await self._confirm(() if value == _ALL else self._limited)
            return
        ids = [app.id for app in self._apps]
        ticked = set(self._limited) ^ {value}
        self._limited = tuple(app_id for app_id in ids if app_id in ticked)
        await self._choose_apps(ids.index(value) + 1)

    def invitation(self) -> Invite:
        """What is typed and chosen."""
        from ascinbox.workers.accounts.people import Invite

        return Invite(
            self.value("email"), self.value("first"), self.value("last"), self._roles, self._limited
        )

    async def _confirm(self, apps: tuple[str, ...]) -> None:
        self._limited = apps
        invite = self.invitation()
        try:
            await self.app.ask(self.app.workspace.people.check, self.account, invite)
        except UsageError as error:
            self._problem = (error.title, error.detail, error.next_step)
            self.paint()
            return
        if not self._may:
            await self._print_clicks(invite)
            return
        roles = roles_in_words(invite.roles).replace(", ", " + ")
        names = {app.id: list_cell(app.name) for app in self._apps}
        seeing = ", ".join(names[app_id] for app_id in invite.limited_to) or "all apps"
        choices = [Choice("back", "back, change something"), Choice("send", "send the invitation")]
        notes = [f"{invite.email}, {invite.first_name} {invite.last_name}", f"{roles}; sees {seeing}"]
        title = f"Invite to {list_cell(self.account.name)}?"
        await self.app.push_screen(MenuScreen(self, title, choices, self._answered, notes=notes))

    async def _answered(self, value: str) -> None:
        if value == "send":
            self.app.spawn(self._send(self.invitation()))

    async def _send(self, invite: Invite) -> None:
        self._busy, self._problem = True, None
        self.paint()
        try:
            person = await self.app.work(self.app.workspace.people.invite, self.account, invite)
        except AscinboxError as error:
            self._problem = (error.title, error.detail, error.next_step)
            return
        finally:
            self._busy = False
            self.paint()
        await self.close()
        self.app.notices.say(f"{list_cell(person.email)} is invited; the invitation lives 3 days")

    async def _print_clicks(self, invite: Invite) -> None:
        from ascinbox.workers.accounts.people import steps_by_hand

        names = {app.id: app.name for app in self._apps}
        steps = steps_by_hand(invite, [names[app_id] for app_id in invite.limited_to])

        async def copy(value: str) -> None:
            if value == "copy":
                self.app.copy("\n".join(steps), "the clicks")

        choices = [Choice("close", "done"), Choice("copy", "copy them")]
        await self.app.push_screen(MenuScreen(self, "The same by hand", choices, copy, notes=steps))
