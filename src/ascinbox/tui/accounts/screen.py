"""Accounts: how each team is reached, what its key is for, who is on the team."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult

from ascinbox.core.errors import AscinboxError
from ascinbox.core.events import AccountsChanged, Event, HealthChanged
from ascinbox.core.health.capabilities import Capability, info, offered_features
from ascinbox.core.health.people import Person, PersonState, roles_in_words
from ascinbox.core.stores import APP_STORE, kind_info
from ascinbox.core.text import list_cell, sentences
from ascinbox.tui.accounts.text import (
    detail_lines,
    head_line,
    shorten_path,
    standing_words,
    table,
)
from ascinbox.tui.actions import Handler, Handlers
from ascinbox.tui.hints import WIDE
from ascinbox.tui.paint import BLANK, PaintSpan, text_of, wrap
from ascinbox.tui.screens import FrameScreen
from ascinbox.tui.widgets.lines import Lines
from ascinbox.tui.widgets.list_navigation import ListCursor, ListNavigation
from ascinbox.tui.widgets.menu import Choice, MenuScreen, confirm_word

if TYPE_CHECKING:
    from datetime import datetime

    from textual import events

    from ascinbox.core.records import Credential
    from ascinbox.workers.accounts.views import AccountView

READ_ONLY = "read-only: no key is changed here"


class AccountsScreen(FrameScreen):
    """A list of accounts, and below it the one under the cursor with its teammates."""

    PLACE = "accounts"

    def __init__(self) -> None:
        super().__init__()
        self.views: Sequence[AccountView] = ()
        self._reviews: Mapping[int, int] = {}
        self._cursor = ListCursor(lambda: len(self.views))
        self._checking = self._was_read = False
        self._people_read: set[int] = set()
        self._synced_at: datetime | None = None

    def compose_body(self) -> ComposeResult:
        yield Lines(id="achead")
        yield Lines(id="actable")
        yield Lines(id="acgap")
        yield Lines(id="acdetail")

    def on_mount(self) -> None:
        self.set_interval(30.0, self._paint)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Another screen may have changed something."""
        del event
        self.begin_to_read()

    def on_resize(self) -> None:
        """Columns and texts follow the size."""
        self.call_after_refresh(self._paint)

    # --- data ---

    async def read(self) -> None:
        """Reads what is known; the cursor stays on its account."""
        from ascinbox.workers.accounts.views import read_views

        kept = self.view.report.account.id if self.view is not None else None
        self.views = await self.app.ask(read_views, self.app.workspace)
        ids = [view.report.account.id for view in self.views]
        if kept in ids:
            self._cursor.number = ids.index(kept)
        self._cursor.go(self._cursor.number)
        self._was_read = True
        self._paint()
        self.tell_frame()
        if self.size.width >= WIDE:
            self.app.spawn(self._count_reviews())
        self._read_people()

    async def _count_reviews(self) -> None:
        from ascinbox.workers.accounts.views import count_reviews

        self._reviews = await self.app.ask(count_reviews, self.app.workspace)
        self._paint()

    def tell_frame(self) -> None:
        """Also reads the accounts again once something was synced, whether or not that changed anything."""
        super().tell_frame()
        if self.is_mounted and self._synced_at != self.app.frame.synced_at:
            self._synced_at = self.app.frame.synced_at
            self.app.spawn(self.read())

    async def heard(self, event: Event) -> None:
        """An account or a verdict changed."""
        if isinstance(event, HealthChanged | AccountsChanged) and self.is_mounted:
            await self.read()

    @property
    def view(self) -> AccountView | None:
        """The account under the cursor."""
        return self.views[self._cursor.number] if self._cursor.number < len(self.views) else None

    def _read_people(self) -> None:
        """The team of the account under the cursor is read once in a session; F5 reads it again."""
        view = self.view
        if view is None or not view.may_invite or self.app.workspace.offline:
            return
        if view.report.account.id not in self._people_read:
            self._people_read.add(view.report.account.id)
            self.app.spawn(self._refresh_people(view))

    async def _refresh_people(self, view: AccountView) -> None:
        try:
            await self.app.work(self.app.workspace.people.refresh, view.report.account)
        except AscinboxError as error:
            self.app.notices.say(f"the team was not read: {error.title}", "warning")

    # --- painting ---

    def _paint(self) -> None:
        if not self.is_mounted or not self.size.width or not self._was_read:
            return
        width, now = self.size.width, self.app.now()
        folder = shorten_path(str(self.app.workspace.paths.keys), 50)
        self.query_one("#achead", Lines).show([head_line(self.views, folder, self._key_of("add"), width)])
        listing, detail = self.query_one("#actable", Lines), self.query_one("#acdetail", Lines)
        view = self.view
        if view is None:
            listing.show([BLANK])
            words = "No account is linked. A links one, of App Store Connect or of Google Play."
            if self.app.frame.preparing:
                words = "The demo's accounts are being made: a few seconds."
            elif self.app.workspace.asks_no_store:
                words = "No worker of the team has told of an account so far; they are linked where one runs."
            detail.show([(PaintSpan(f" {part}", "dim"),) for part in wrap(words, width - 2)])
            return
        rows = table(self.views, self._reviews, self._cursor.number, now, width)
        height = min(len(rows), max(2, self.size.height // 3))
        if listing.styles.height is None or listing.styles.height.value != height:
            listing.styles.height = height
        top = max(0, self._cursor.number + 2 - height)
        listing.show([rows[0], *rows[1 + top :]])
        detail.show(detail_lines(view, now, width, self._key_of("invite")), detail.top)

    def _key_of(self, action_id: str) -> str:
        """The key of an action that is done here; empty where it never is."""
        return self.app.keymap.shown(action_id) if self.dispatcher.offers(action_id) else ""

    # --- moving ---

    def _go(self, number: int) -> None:
        self._cursor.go(number)
        detail = self.query_one("#acdetail", Lines)
        detail.show(detail.lines, 0)
        self._paint()
        self._read_people()

    def _scroll(self, by: int) -> None:
        if not self.query_one("#acdetail", Lines).scroll_lines(by):
            self.app.notices.say("that is all")

    def _turn(self, pages: float) -> None:
        """Half a page is five lines of the details."""
        page = max(1, self.query_one("#acdetail").size.height - 1)
        self._scroll(int(pages * page) if abs(pages) == 1 else int(pages * 10))

    def _next_broken(self, by: int) -> None:
        """To the next or previous account with something to fix."""
        broken = [
            number
            for number, view in enumerate(self.views)
            if any(cell.verdict.severity in {1, 2} for cell in view.report.cells.values())
        ]
        if not broken:
            self.app.notices.say("nothing to fix")
            return
        here = self._cursor.number
        if by > 0:
            self._go(next((number for number in broken if number > here), broken[0]))
        else:
            self._go(next((number for number in reversed(broken) if number < here), broken[-1]))

    # --- acting ---

    def actions(self) -> Handlers:
        """What the keys of Accounts do."""
        navigation = ListNavigation(
            lambda by: self._go(self._cursor.number + by),
            lambda way: self._go(len(self.views) if way > 0 else 0),
            self._turn,
        )
        return {
            **navigation.actions(),
            "need_next": Handler(lambda: self._next_broken(1)),
            "need_prev": Handler(lambda: self._next_broken(-1)),
            "add": Handler(self.add, self._read_only),
            "rotate": Handler(self.rotate, lambda: self._read_only() or self._no_account()),
            "invite": Handler(
                self.invite, lambda: self._read_only() or self._no_account() or self._no_team()
            ),
            "delete": Handler(self.delete, lambda: self._read_only() or self._no_account()),
            "sync": Handler(self.check, self._no_account),
            "copy": Handler(self.copy, self._no_account),
            "browser": Handler(self.browser, self._no_account),
            "open": Handler(self.open_account, self._no_account),
        }

    def _read_only(self) -> str:
        return READ_ONLY if self.app.workspace.read_only else ""

    def _no_account(self) -> str:
        return "" if self.view is not None else "no account is linked; A links one"

    def _no_team(self) -> str:
        """Why nobody is invited from here; empty where one can be."""
        store = self.view.store if self.view is not None else APP_STORE
        if Capability.USERS in store.capabilities:
            return ""
        return f"people are invited at {store.company}: {store.place('users')}"

    async def add(self, *, has_key: bool = False) -> None:
        """Links an account, step by step; `has_key`: with a key that was sent."""
        from ascinbox.tui.wizard.choosing import choose_store, wizard_for

        if has_key:
            await self.app.push_screen(wizard_for(self, APP_STORE, has_key=True))
        else:
            await choose_store(self)

    async def rotate(self) -> None:
        """Gives the account a new key; asks in place of which when there are several."""
        from ascinbox.tui.wizard.choosing import wizard_for

        if self.view is None:
            return
        account, store = self.view.report.account, self.view.store

        async def go_on(old: Credential) -> None:
            await self.app.push_screen(wizard_for(self, store, rotate=account, old=old))

        if len(account.credentials) == 1:
            await go_on(account.primary)
            return
        choices = [
            Choice(c, f"{kind_info(c.kind).title} {c.key_id}", ", ".join(c.capabilities))
            for c in account.credentials
        ]
        await self.app.push_screen(MenuScreen(self, "Which is to be replaced?", choices, go_on))

    async def invite(self) -> None:
        """Invites somebody to the team."""
        from ascinbox.tui.accounts.invite import InviteScreen

        if self.view is not None:
            await self.app.push_screen(InviteScreen(self, self.view.report.account))

    def check(self) -> None:
        """Checks the account under the cursor now, and reads its team."""
        view = self.view
        if self.app.workspace.offline:
            self.app.notices.say("offline: nothing is checked (started with --offline)", "warning")
        elif self._checking:
            self.app.notices.say("still checking")
        elif view is not None:
            self._checking = True
            self.app.notices.say(f"checking {list_cell(view.name)}")
            self.app.spawn(self._check(view))

    async def _check(self, view: AccountView) -> None:
        try:
            report = await self.app.work(self.app.workspace.health.check, view.name)
            if view.may_invite:
                await self._refresh_people(view)
        finally:
            self._checking = False
        self.app.notices.say(report.line.partition(" | ")[0].removeprefix("ASCINBOX "))
        await self.read()

    def copy(self) -> None:
        """Copies what is shown of the account; no secret is in it."""
        view = self.view
        if view is not None:
            lines = detail_lines(view, self.app.now(), 78, self._key_of("invite"))
            self.app.copy("\n".join(text_of(one).rstrip() for one in lines), "the account")

    def browser(self) -> None:
        """Opens the store's page of keys."""
        if self.view is not None:
            self.app.browse(self.view.store.keys_page)

    async def open_account(self) -> None:
        """What can be done with the account."""
        view = self.view
        if view is None:
            return
        choices = [Choice("health", "see its connection (Health)")]
        if not self.app.workspace.asks_no_store:
            choices.append(Choice("check", "check it now"))
        if not self._read_only() and not self.app.workspace.asks_no_store:
            choices += [
                Choice("apps", "show or hide apps"),
                Choice("features", "switch features on or off"),
            ]
            if not self._no_team():
                choices.append(Choice("people", "teammates and invitations"))
            words = "give it a new key" if view.store.guide is None else "give it a new key, or other apps"
            choices.append(Choice("rotate", words))
        await self.app.push_screen(MenuScreen(self, list_cell(view.name), choices, self._chosen))

    async def _chosen(self, value: Any) -> None:
        match value:
            case "health":
                await self.app.go("health")
            case "check":
                self.check()
            case "apps":
                await self._choose_app()
            case "features":
                await self._choose_feature()
            case "people":
                await self._choose_person()
            case _:
                await self.rotate()

    async def _choose_app(self, at: int = 0) -> None:
        view = self.view
        if view is None:
            return
        hidden = set(view.report.account.hidden_apps)
        choices = [
            Choice(app.id, list_cell(app.name), "hidden" if app.id in hidden else "shown")
            for app in view.apps
        ]

        async def toggle(app_id: str) -> None:
            service = self.app.workspace.accounts
            await self.app.ask(service.set_hidden, view.report.account, hidden ^ {app_id})
            await self.read()
            await self._choose_app([app.id for app in view.apps].index(app_id))

        notes = ["enter shows or hides; esc is done. The key sees them all the same: this hides them here."]
        await self.app.push_screen(MenuScreen(self, "Apps", choices, toggle, notes=notes, cursor=at))

    async def _choose_feature(self, at: int = 0) -> None:
        view = self.view
        if view is None:
            return
        account = view.report.account
        offered = offered_features(account.store)
        choices = [
            Choice(
                c.value, info(c).title, f"{'on ' if c.value in account.features else 'off'}  {info(c).gives}"
            )
            for c in offered
        ]

        async def toggle(name: str) -> None:
            chosen = set(account.features) ^ {name}
            if not chosen:
                self.app.notices.say("an account needs at least one feature", "warning")
                return
            await self.app.ask(self.app.workspace.accounts.set_features, account, tuple(chosen))
            await self.read()
            await self._choose_feature([c.value for c in offered].index(name))

        notes = ["enter switches; esc is done. F5 checks what was switched on."]
        await self.app.push_screen(MenuScreen(self, "Features", choices, toggle, notes=notes, cursor=at))

    async def _choose_person(self) -> None:
        view = self.view
        if view is None:
            return
        if not view.people:
            await self.invite()
            return
        now = self.app.now()
        choices = [
            Choice(person, list_cell(person.email), f"{person.roles_words}  {standing_words(person, now)[0]}")
            for person in view.people
        ]
        await self.app.push_screen(MenuScreen(self, "Teammates", choices, self._person_chosen))

    async def _person_chosen(self, person: Person) -> None:
        view = self.view
        if view is None:
            return
        match person.standing:
            case PersonState.PENDING:

                async def withdraw() -> None:
                    self.app.spawn(self._withdraw(view, person))

                title = f"Withdraw the invitation of {list_cell(person.email)}?"
                await self.app.push_screen(confirm_word(self, title, "withdraw", withdraw, []))
            case PersonState.EXPIRED | PersonState.WITHDRAWN | PersonState.REMOVED:
                from ascinbox.tui.accounts.invite import InviteScreen

                await self.app.push_screen(InviteScreen(self, view.report.account, again=person))
            case _:
                await self._change_member(view, person)

    async def _change_member(self, view: AccountView, person: Person) -> None:
        """Other roles, or out of the team; says first what breaks, and asks for a word."""
        from ascinbox.core.health.role_change import what_new_roles_break, what_removal_breaks
        from ascinbox.tui.accounts.rolemenu import tick_roles

        if not view.may_invite:
            self.app.notices.say(
                "no key of this account may change the team: that needs an Admin key", "warning"
            )
            return
        people, account, name = self.app.workspace.people, view.report.account, list_cell(person.email)

        async def ask(member: Person, roles: tuple[str, ...] | None) -> None:
            async def act() -> None:
                done: Awaitable[object]
                if roles is None:
                    done = self.app.work(people.remove, account, member)
                    words = f"{name} is removed from {list_cell(view.name)} at Apple"
                else:
                    done = self.app.work(people.change_roles, account, member, roles)
                    words = f"{name} has the roles {roles_in_words(roles)} now"
                self.app.spawn(self._told(done, words))

            if roles is None:
                title, word, breaks = f"Remove {name}?", "remove", what_removal_breaks(account, member)
            else:
                title, word = f"Change the roles of {name}?", "change"
                breaks = what_new_roles_break(account, member, roles)
            notes = [list_cell(line) for line in breaks]
            await self.app.push_screen(confirm_word(self, title, word, act, notes))

        async def chosen(what: str) -> None:
            try:
                # What breaks is told of the person as Apple lists them now.
                member = await self.app.work(people.member, account, person.email)
            except AscinboxError as error:
                self.app.notices.say(error.title, "warning")
                return
            if what == "remove":
                await ask(member, None)
                return
            await tick_roles(self, f"Roles of {name}", member.roles, lambda roles: ask(member, roles))

        choices = [Choice("roles", "give them other roles"), Choice("remove", "remove them from the team")]
        await self.app.push_screen(MenuScreen(self, name, choices, chosen, notes=[person.roles_words]))

    async def _told(self, work: Awaitable[object], words: str) -> None:
        """What became of a change of the team."""
        try:
            await work
        except AscinboxError as error:
            self.app.notices.say(sentences(error.title, error.next_step), "warning")
        else:
            self.app.notices.say(words)
        await self.read()

    async def delete(self) -> None:
        """Unlinks the account; says first what goes, and asks for a word."""
        view = self.view
        if view is None:
            return
        name = list_cell(view.name)
        held = await self.app.work(self.app.workspace.accounts.holdings, view.name)

        async def unlink() -> None:
            self.app.spawn(self._unlink(view))

        goes = [
            f"{held.apps} apps with {held.reviews:,} cached reviews, their notes and tags",
            f"the figures of {held.reports:,} report files (Apple keeps daily ones for a year)",
            f"{held.drafts} drafts, {held.outbox} replies in the outbox and its history",
            f"the key, out of its place on this machine ({view.store.company}'s side stays as it is)",
        ]
        await self.app.push_screen(confirm_word(self, f"Unlink {name}? This goes:", "unlink", unlink, goes))

    async def _unlink(self, view: AccountView) -> None:
        self.app.notices.say(f"unlinking {list_cell(view.name)}")
        notes = await self.app.work(self.app.workspace.accounts.unlink, view.name)
        self.app.notices.say(f"{list_cell(view.name)} is unlinked. {' '.join(notes)}")
        await self.read()

    async def _withdraw(self, view: AccountView, person: Person) -> None:
        work = self.app.work(self.app.workspace.people.withdraw, view.report.account, person)
        await self._told(work, f"the invitation of {list_cell(person.email)} is withdrawn")
