"""Listing: apps and their drafts, languages by fields, the text under the cursor beside what is live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult

from ascinbox.core.errors import AscinboxError
from ascinbox.core.events import AccountsChanged, Event, ListingsChanged
from ascinbox.core.listing.fields import TABLE, ListingField, Scope
from ascinbox.core.stores import APP_STORE
from ascinbox.tui.actions import Handler, Handlers, sideways
from ascinbox.tui.listing.additions import ListingAdditions
from ascinbox.tui.listing.sheet import Sheet, sheet_of
from ascinbox.tui.listing.text import SheetPlace, heading, pane, table
from ascinbox.tui.paint import PaintSpan, wrap
from ascinbox.tui.screens import FrameScreen
from ascinbox.tui.widgets.lines import Lines
from ascinbox.tui.widgets.list_navigation import ListNavigation
from ascinbox.tui.widgets.menu import Choice, MenuScreen, confirm_word

if TYPE_CHECKING:
    from textual import events

    from ascinbox.core.listing.records import Listing, ListingEdit, ListingPart
    from ascinbox.workers.listing.listings import ListedApp

NOTES = TABLE[Scope.VERSION, "whatsNew"]


class ListingScreen(FrameScreen):
    """A table of languages by fields with a cursor on one cell, and the texts of that cell below it."""

    PLACE = "listing"

    def __init__(self) -> None:
        super().__init__()
        self._apps: tuple[ListedApp, ...] = ()
        self._listings: dict[str, Listing] = {}
        self._edits: tuple[ListingEdit, ...] = ()
        self._app_number = 0
        self._platform = ""
        self._at = SheetPlace(0, 5)
        """Begins on What's new, which is what most people come for."""
        self._sheet: Sheet | None = None
        self._reading = False
        self._was_read = False
        self._additions = ListingAdditions(self)

    def compose_body(self) -> ComposeResult:
        yield Lines(id="ls-head")
        yield Lines(id="ls-table")
        yield Lines(id="ls-pane")

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
        """Reads what is known here; asks Apple by itself only for an app that was never read."""
        listings = self.app.workspace.listings
        self._apps = await self.app.ask(listings.apps)
        self._listings = {one.app_id: one for one in await self.app.ask(listings.known)}
        self._edits = await self.app.ask(listings.edits)
        if not self._was_read:
            # What somebody was at comes first.
            written = {edit.app_id for edit in self._edits}
            mine = (n for n, one in enumerate(self._apps) if one.app.id in written)
            self._app_number = next(mine, 0)
        self._was_read = True
        self._app_number = max(0, min(self._app_number, len(self._apps) - 1))
        self._make_sheet()
        self._paint()
        self.tell_frame()
        listed = self.listed
        if listed is not None and listed.app.id not in self._listings and self._may_ask():
            self._fetch([listed])

    def _make_sheet(self) -> None:
        listed = self.listed
        listing = self._listings.get(listed.app.id) if listed is not None else None
        self._sheet = None if listing is None else sheet_of(listing, self._platform, self._edits)
        if self._sheet is not None:
            rows, columns = len(self._sheet.locales), len(self._sheet.fields)
            self._at = SheetPlace(
                max(0, min(self._at.row, rows - 1)), max(0, min(self._at.column, columns - 1))
            )

    async def heard(self, event: Event) -> None:
        """A listing was read, edited or sent, or an account came or went."""
        if isinstance(event, ListingsChanged | AccountsChanged) and self.is_mounted:
            await self.read()

    @property
    def listed(self) -> ListedApp | None:
        """The app that is shown."""
        return self._apps[self._app_number] if self._apps else None

    @property
    def sheet(self) -> Sheet | None:
        """Its listing, when it was read."""
        return self._sheet

    @property
    def at(self) -> SheetPlace:
        """The place of the cursor."""
        return self._at

    @property
    def cell(self) -> tuple[ListingField, str] | None:
        """The field and the language under the cursor."""
        sheet = self._sheet
        if sheet is None or not sheet.locales:
            return None
        return sheet.fields[self._at.column], sheet.locales[self._at.row]

    def choose_platform(self, platform: str) -> None:
        """Shows the app's versions for another platform."""
        self._platform = platform
        self._make_sheet()
        self._paint()

    def _may_ask(self) -> bool:
        workspace = self.app.workspace
        return not workspace.offline and not workspace.asks_no_store and not self._reading

    def _fetch(self, apps: list[ListedApp]) -> None:
        self._reading = True
        self._paint()
        self.app.spawn(self._fetched(apps))

    async def _fetched(self, apps: list[ListedApp]) -> None:
        listings = self.app.workspace.listings
        try:
            for listed in apps:
                await self.app.work(listings.refresh, listed)
        except AscinboxError as error:
            self.app.notices.say_problem(f"{error.title} {error.next_step}".strip())
        finally:
            self._reading = False
            self._paint()

    # --- painting ---

    def _paint(self) -> None:
        if not self.is_mounted or not self.size.width or not self._was_read:
            return
        width, now = self.size.width, self.app.now()
        head, cells, below = (
            self.query_one(f"#{name}", Lines) for name in ("ls-head", "ls-table", "ls-pane")
        )
        sheet, cell = self._sheet, self.cell
        if sheet is None or cell is None:
            head.show([(PaintSpan(" " + self._nothing_title(), "strong"),)])
            cells.show([])
            below.show([(PaintSpan(f" {part}", "dim"),) for part in wrap(self._nothing(), width - 2)])
            return
        head.show(heading(sheet, self._app_number, len(self._apps), now, width))
        rows = table(sheet, self._at, width, ascii_only=self.app.profile.ascii)
        wanted = min(len(rows), max(4, self.size.height // 2))
        if cells.styles.height is None or cells.styles.height.value != wanted:
            cells.styles.height = wanted
        top = max(0, self._at.row + 2 - wanted)
        cells.show([rows[0], *rows[1 + top :]])
        below.show(pane(sheet, *cell, width), below.top)

    def _nothing_title(self) -> str:
        listed = self.listed
        if listed is None:
            return "no app of the App Store is linked"
        return listed.app.name

    def _nothing(self) -> str:
        if self.app.workspace.asks_no_store:
            return "A member of a team asks no store: listings are read and changed where a worker runs."
        if self.listed is None:
            return "A in 5 Accounts links an account; its key needs App Manager for the listing."
        if self._reading:
            return "Reading the listing from Apple."
        return f"Not read yet: {self.app.keymap.shown('sync')} reads it from Apple."

    def go(self, place: SheetPlace) -> None:
        """Puts the cursor on a cell."""
        self._at = place
        below = self.query_one("#ls-pane", Lines)
        below.show(below.lines, 0)
        self._paint()

    # --- moving ---

    def _step(self, rows: int, columns: int = 0) -> None:
        if self._sheet is None:
            return
        row = max(0, min(self._at.row + rows, len(self._sheet.locales) - 1))
        column = max(0, min(self._at.column + columns, len(self._sheet.fields) - 1))
        self.go(SheetPlace(row, column))

    def _turn(self, pages: float) -> None:
        below = self.query_one("#ls-pane", Lines)
        if not below.scroll_lines(int(pages * max(1, below.size.height - 1))):
            self.app.notices.say("that is all")

    def _next_needing(self, by: int) -> None:
        """The next cell that is missing, over its limit, held or not translated."""
        sheet = self._sheet
        if sheet is None:
            return
        columns = len(sheet.fields)
        every = [(r, c) for r in range(len(sheet.locales)) for c in range(columns)]
        start = self._at.row * columns + self._at.column
        for offset in range(1, len(every) + 1):
            row, column = every[(start + by * offset) % len(every)]
            if sheet.cell(sheet.fields[column], sheet.locales[row]).needs:
                self.go(SheetPlace(row, column))
                return
        self.app.notices.say("nothing is missing or held")

    def _next_app(self, by: int) -> None:
        if not self._apps:
            return
        self._app_number = (self._app_number + by) % len(self._apps)
        self._platform = ""
        self._make_sheet()
        self._paint()
        listed = self.listed
        if self._sheet is None and listed is not None and self._may_ask():
            self._fetch([listed])

    # --- acting ---

    def actions(self) -> Handlers:
        """What the keys of the Listing do."""
        navigation = ListNavigation(self._step, lambda way: self._step(way * 1_000), self._turn)
        return {
            **navigation.actions(),
            **sideways(lambda way: self._step(0, way)),
            "item_next": Handler(lambda: self._next_app(1), self._no_app),
            "item_prev": Handler(lambda: self._next_app(-1), self._no_app),
            "need_next": Handler(lambda: self._next_needing(1), self._no_cell),
            "need_prev": Handler(lambda: self._next_needing(-1), self._no_cell),
            "open": Handler(self.edit, self._why_not_edit),
            "publish": Handler(self.push, self._why_not_push),
            "undo": Handler(self.undo),
            "delete": Handler(self.delete, self._no_cell),
            "more": Handler(self._additions.open, self._no_cell),
            "sync": Handler(self.fetch_all, self._no_app),
            "copy": Handler(self.copy, self._no_cell),
            "browser": Handler(self.browser, self._no_app),
        }

    def _no_app(self) -> str:
        return "" if self._apps else "no app of the App Store is linked"

    def _no_cell(self) -> str:
        return "" if self.cell is not None else self._no_app() or "the listing was not read yet"

    def _why_not_edit(self) -> str:
        cell = self.cell
        if cell is None or self._sheet is None:
            return self._no_cell()
        return self._sheet.why_not(*cell)

    def _why_not_push(self) -> str:
        if self._sheet is None:
            return self._no_cell()
        return "" if self._sheet.edits else "nothing was written here"

    async def edit(self) -> None:
        """Opens the text under the cursor."""
        sheet, cell = self._sheet, self.cell
        if sheet is None or cell is None:
            return
        from ascinbox.tui.listing.text_screen import TextScreen

        row, locale = cell
        part = sheet.parts[row.scope]

        async def keep(text: str, amend: bool) -> None:
            await self.write(sheet.listing, part, {(locale, row): text}, amend=amend)

        await self.app.push_screen(
            TextScreen(self, sheet.listing.name, row, locale, sheet.text(row, locale), keep)
        )

    async def write(
        self,
        listing: Listing,
        part: ListingPart,
        texts: dict[tuple[str, ListingField], str],
        *,
        amend: bool = False,
    ) -> None:
        """Writes texts down, by (locale, field)."""
        listings = self.app.workspace.listings
        await self.app.ask(lambda: listings.edit(listing, part, texts, amend=amend))
        await self.read()

    async def push(self) -> None:
        """Shows what would be sent; that screen has the key that sends it."""
        sheet, listed = self._sheet, self.listed
        if sheet is None or listed is None:
            return
        from ascinbox.tui.listing.push_screen import PushScreen

        await self.app.push_screen(PushScreen(self, sheet, listed))

    async def undo(self) -> None:
        """Takes back the last act on texts."""
        touched = await self.app.ask(self.app.workspace.listings.undo)
        if not touched:
            self.app.notices.say("nothing to take back")
            return
        names = ", ".join(dict.fromkeys(f"{one.locale} {one.name}" for one in touched[:3]))
        self.app.notices.say(f"taken back: {names}")
        await self.read()

    async def delete(self) -> None:
        """Drops what was written here, or removes the language at Apple, for which a word is typed."""
        sheet, cell = self._sheet, self.cell
        if sheet is None or cell is None:
            return
        row, locale = cell
        edit = sheet.edit(row, locale)
        choices = [Choice("", "leave it as it is")]
        if edit is not None:
            choices.append(Choice("edit", f"drop what was written for {row.title}"))
        mine = [one for one in sheet.edits.values() if one.locale == locale]
        if len(mine) > 1:
            choices.append(Choice("edits", f"drop all {len(mine)} texts written for {locale}"))
        if not self.app.workspace.read_only and locale != sheet.listing.primary_locale:
            choices += [
                Choice(part, f"remove {locale} from {self._part_words(part)}")
                for part in sheet.parts.values()
                if part.localization(locale) is not None and part.editable
            ]

        async def chosen(value: Any) -> None:
            if value == "edit" and edit is not None:
                await self.app.ask(self.app.workspace.listings.drop, [edit])
            elif value == "edits":
                await self.app.ask(self.app.workspace.listings.drop, mine)
            elif value:
                await self._remove(value, locale)
            await self.read()

        await self.app.push_screen(MenuScreen(self, f"{locale} · {row.title}", choices, chosen))

    def _part_words(self, part: ListingPart) -> str:
        return f"version {part.version}" if part.scope is Scope.VERSION else "the app information"

    async def _remove(self, part: ListingPart, locale: str) -> None:
        listed = self.listed
        if listed is None:
            return

        async def remove() -> None:
            await self.at_apple(self.app.workspace.listings.remove_language, listed, part, locale)

        notes = [f"All texts of {locale} in {self._part_words(part)} are deleted at Apple."]
        title = f"Remove {locale} at Apple?"
        await self.app.push_screen(confirm_word(self, title, "remove", remove, notes))

    async def at_apple(self, act: Any, *words: Any) -> None:
        """Does something at Apple, says how it ended, and reads again."""
        try:
            await self.app.work(act, *words)
        except AscinboxError as error:
            self.app.notices.say_problem(f"{error.title} {error.detail} {error.next_step}".strip())
        else:
            self.app.notices.say("done at Apple")
        await self.read()

    def fetch_all(self) -> None:
        """Reads every app's listing from Apple, the one that is shown first."""
        if self.app.workspace.offline:
            self.app.notices.say("offline: nothing is fetched (started with --offline)", "warning")
            return
        if self._reading:
            self.app.notices.say("still reading")
            return
        self.app.notices.say("reading the listings")
        first = self._app_number
        self._fetch([*self._apps[first:], *self._apps[:first]])

    def copy(self) -> None:
        """Copies the text under the cursor."""
        sheet, cell = self._sheet, self.cell
        if sheet is not None and cell is not None:
            self.app.copy(sheet.text(*cell), "the text")

    def browser(self) -> None:
        """Opens the app's page in App Store Connect."""
        if self.listed is not None:
            self.app.browse(f"{APP_STORE.web}/apps/{self.listed.app.id}/distribution")
