"""Health: every connection, what it may do, and who has to click what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult

from ascinbox.core.events import AccountsChanged, Event, HealthChanged
from ascinbox.core.health.capabilities import Capability, info
from ascinbox.core.health.evidence import HealthState
from ascinbox.core.stores import store_info
from ascinbox.core.text import list_cell
from ascinbox.tui.actions import Handler, Handlers, sideways
from ascinbox.tui.health.text import (
    CellPlace,
    block,
    columns,
    details,
    fix_text,
    history_lines,
    matrix,
    page_for,
    summary_line,
    to_fix,
    to_watch,
)
from ascinbox.tui.paint import BLANK, PaintSpan, text_of, wrap
from ascinbox.tui.screens import FrameScreen
from ascinbox.tui.widgets.lines import Lines
from ascinbox.tui.widgets.list_navigation import ListNavigation
from ascinbox.tui.widgets.menu import Choice, MenuScreen

if TYPE_CHECKING:
    from textual import events

    from ascinbox.workers.health.report import AccountReport, Cell, HealthReport

READ_ONLY = "read-only: no key is changed here"


class HealthScreen(FrameScreen):
    """A matrix with a cursor on one cell, and below it what that cell and the broken ones need."""

    PLACE = "health"

    def __init__(self) -> None:
        super().__init__()
        self.report: HealthReport | None = None
        self._cursor: CellPlace | None = None
        self._checking = False

    def compose_body(self) -> ComposeResult:
        yield Lines(id="summary")
        yield Lines(id="matrix")
        yield Lines(id="gap")
        yield Lines(id="details")

    def on_mount(self) -> None:
        self.set_interval(30.0, self._paint)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Another screen may have changed something."""
        del event
        self.begin_to_read()
        self.app.spawn(self._read_about_workers())

    def on_resize(self) -> None:
        """Columns and texts follow the size."""
        self.call_after_refresh(self._paint)

    # --- data ---

    async def read(self) -> None:
        """Reads what is known; the cursor stays on its cell, and begins on what needs somebody."""
        self.report = await self.app.ask(self.app.workspace.health.matrix)
        if self._cursor is not None and not self._cell(self._cursor):
            self._cursor = None
        if self._cursor is None and self.report.accounts:
            first = next(iter(to_fix(self.report)), None)
            self._cursor = first or CellPlace(0, columns(self.report)[0].value)
        self._paint()
        self.tell_frame()

    async def _read_about_workers(self) -> None:
        """Reads again once the team's database was asked whether a worker is there."""
        if await self._ask_for_workers():
            await self.read()

    async def _ask_for_workers(self) -> bool:
        """Whether there was a team's database to ask."""
        team = self.app.workspace.team
        if team is None or not team.reachable:
            return False
        await self.app.work(self.app.workspace.look_at_team)
        return True

    async def heard(self, event: Event) -> None:
        """A verdict was taken, or an account came or went."""
        if isinstance(event, HealthChanged | AccountsChanged) and self.is_mounted:
            await self.read()

    def _cell(self, place: CellPlace) -> Cell | None:
        entry = self._entry(place)
        return entry.cells.get(place.capability) if entry is not None else None

    def _entry(self, place: CellPlace | None) -> AccountReport | None:
        if self.report is None or place is None or place.row >= len(self.report.accounts):
            return None
        return self.report.accounts[place.row]

    @property
    def entry(self) -> AccountReport | None:
        """The account under the cursor."""
        return self._entry(self._cursor)

    # --- painting ---

    def _paint(self) -> None:
        if not self.is_mounted or not self.size.width or self.report is None:
            return
        width, now = self.size.width, self.app.now()
        every = self.app.workspace.config.seconds("health", "every_minutes")
        summary = self.query_one("#summary", Lines)
        if not self.report.accounts:
            summary.show([(PaintSpan(" no account is linked"),)])
            self._fit(1)
            self.query_one("#matrix", Lines).show([BLANK])
            words = "A links one (about 3 minutes, an Admin of the team makes the key)."
            if self.app.frame.preparing:
                words = "The demo's accounts are being made: a few seconds."
            self.query_one("#details", Lines).show(
                [(PaintSpan(f" {part}", "dim"),) for part in wrap(words, width - 2)]
            )
            return
        summary.show([summary_line(self.report, now, every, width)])
        rows = matrix(self.report, self._cursor, now, width)
        self._fit(min(len(rows), max(2, self.size.height // 2)))
        shown = self.query_one("#matrix", Lines)
        top = max(0, (self._cursor.row if self._cursor else 0) + 2 - max(1, shown.size.height))
        shown.show([rows[0], *rows[1 + top :]])
        pane = self.query_one("#details", Lines)
        pane.show(details(self.report, self._cursor, now, width), pane.top)

    def _fit(self, rows: int) -> None:
        shown = self.query_one("#matrix", Lines)
        if shown.styles.height is None or shown.styles.height.value != rows:
            shown.styles.height = rows

    def _go(self, place: CellPlace) -> None:
        self._cursor = place
        pane = self.query_one("#details", Lines)
        pane.show(pane.lines, 0)
        self._paint()

    # --- moving ---

    def _step(self, rows: int, cells: int = 0) -> None:
        if self.report is None or self._cursor is None:
            return
        names = [c.value for c in columns(self.report)]
        row = max(0, min(self._cursor.row + rows, len(self.report.accounts) - 1))
        at = names.index(self._cursor.capability) if self._cursor.capability in names else 0
        self._go(CellPlace(row, names[max(0, min(at + cells, len(names) - 1))]))

    def _scroll(self, by: int) -> None:
        if not self.query_one("#details", Lines).scroll_lines(by):
            self.app.notices.say("that is all")

    def _turn(self, pages: float) -> None:
        """Half a page is five lines of the explanations."""
        page = max(1, self.query_one("#details").size.height - 1)
        self._scroll(int(pages * page) if abs(pages) == 1 else int(pages * 10))

    def _next_broken(self, by: int) -> None:
        broken = [*to_fix(self.report), *to_watch(self.report)] if self.report else []
        if not broken:
            self.app.notices.say("nothing to fix")
            return
        if self._cursor in broken:
            at = (broken.index(self._cursor) + by) % len(broken)
        else:
            at = 0 if by > 0 else len(broken) - 1
        self._go(broken[at])

    # --- acting ---

    def actions(self) -> Handlers:
        """What the keys of Health do."""
        navigation = ListNavigation(self._step, lambda way: self._step(way * 1_000), self._turn)
        return {
            **navigation.actions(),
            **sideways(lambda way: self._step(0, way)),
            "need_next": Handler(lambda: self._next_broken(1)),
            "need_prev": Handler(lambda: self._next_broken(-1)),
            "sync": Handler(self.check_all),
            "copy": Handler(self.copy, self._no_account),
            "browser": Handler(self.browser, self._no_account),
            "open": Handler(self.open_cell, self._no_account),
            "rotate": Handler(self.rotate, lambda: self._read_only() or self._no_account()),
            "add": Handler(lambda: self.app.link_account(), self._read_only),
            "invite": Handler(self.invite, lambda: self._read_only() or self._no_account()),
            "export": Handler(self.export),
        }

    def _read_only(self) -> str:
        return READ_ONLY if self.app.workspace.read_only else ""

    def _no_account(self) -> str:
        return "" if self.entry is not None else "no account is linked; A links one"

    def check_all(self) -> None:
        """Checks every connection now."""
        if self.app.workspace.offline:
            self.app.notices.say("offline: nothing is checked (started with --offline)", "warning")
            return
        if self._checking:
            self.app.notices.say("still checking")
            return
        self._checking = True
        self.app.notices.say("checking every connection")
        self.app.spawn(self._check())

    async def _check(self) -> None:
        try:
            await self._ask_for_workers()
            report = await self.app.work(self.app.workspace.health.check)
        finally:
            self._checking = False
        self.app.notices.say(report.line.partition(" | ")[0].removeprefix("ASCINBOX "))
        await self.read()

    def copy(self) -> None:
        """Copies the finding, fit to be sent to whoever can act."""
        if self.entry is not None and self._cursor is not None:
            self.app.copy(fix_text(self.entry, self._cursor.capability), "the fix")

    def browser(self) -> None:
        """Opens the store's page where it is mended."""
        if self.entry is not None and self._cursor is not None:
            cell = self.entry.cells[self._cursor.capability]
            self.app.browse(page_for(cell.verdict, self.entry.kind))

    async def open_cell(self) -> None:
        """Everything about the cell, and what can be done with it here."""
        entry, place = self.entry, self._cursor
        if entry is None or place is None:
            return
        cell = entry.cells[place.capability]
        title = f"{entry.account.name} · {info(place.capability).title} · {cell.verdict.cell}"
        lines = block(entry, place.capability, cell, self.app.now(), max(40, min(90, self.size.width - 8)))
        notes = [text_of(one).strip() for one in lines[1:]]
        history = history_lines(entry, place.capability, self.app.now())
        notes += ["History: " + "; ".join(history[:4])] if history else []
        await self.app.push_screen(
            MenuScreen(self, title, self._choices(entry, cell), self._chosen, notes=notes)
        )

    def _choices(self, entry: AccountReport, cell: Cell) -> list[Choice]:
        capability, state = cell.verdict.capability, cell.verdict.state
        choices = [Choice("close", "leave it as it is")]
        if self.app.workspace.asks_no_store:
            # What a member sees is what the team's workers found.
            return choices
        if state not in {HealthState.OFF, HealthState.NOT_POSSIBLE}:
            choices.append(Choice("check", "check this account now"))
        if self.app.workspace.read_only:
            return choices
        title = info(capability).title
        if state is HealthState.OFF:
            choices.append(Choice("on", f"switch {title} on for {entry.account.name}"))
        elif len(entry.account.features) > 1 and capability in entry.account.features:
            choices.append(Choice("off", f"switch {title} off for {entry.account.name}"))
        if capability == Capability.REPLY and state is not HealthState.OFF:
            choices.append(Choice("try", "try a reply to a review that cannot exist"))
        if state.broken:
            choices.append(Choice("rotate", "give the account a new key"))
        return choices

    async def _chosen(self, value: Any) -> None:
        entry, place = self.entry, self._cursor
        if entry is None or place is None:
            return
        accounts, account = self.app.workspace.accounts, entry.account
        features = [name for name in account.features if name != place.capability]
        match value:
            case "check":
                self.app.spawn(self._recheck(account.name))
            case "on":
                await self.app.ask(accounts.set_features, account, [*features, place.capability])
                self.app.spawn(self._recheck(account.name))
            case "off":
                await self.app.ask(accounts.set_features, account, features)
                await self.read()
            case "try":
                self.app.spawn(self._recheck(account.name, probe_reply=True))
            case "rotate":
                await self.rotate()
            case _:
                pass

    async def _recheck(self, name: str, *, probe_reply: bool = False) -> None:
        """Beside the keys: an answer of Apple's may take seconds."""
        self.app.notices.say(f"checking {list_cell(name)}")
        only = ["reply"] if probe_reply else []
        health = self.app.workspace.health
        await self.app.work(lambda: health.check(name, only=only, probe_reply=probe_reply))
        await self.read()

    async def rotate(self) -> None:
        """Gives the account under the cursor a new key, in place of the one that this cell is about."""
        if self.entry is not None:
            from ascinbox.tui.wizard.choosing import wizard_for

            account = self.entry.account
            cell = self.entry.cells[self._cursor.capability] if self._cursor is not None else None
            tested = cell.verdict.credential if cell is not None else ""
            old = next((c for c in account.credentials if c.key_id == tested), None)
            store = store_info(account.store)
            await self.app.push_screen(wizard_for(self, store, rotate=account, old=old))

    async def invite(self) -> None:
        """Invites somebody to the team under the cursor."""
        if self.entry is not None:
            from ascinbox.tui.accounts.invite import InviteScreen

            await self.app.push_screen(InviteScreen(self, self.entry.account))

    async def export(self) -> None:
        """Writes the matrix as JSON, the form of `ascinbox health --json`."""
        target = await self.app.work(self.app.workspace.health.export)
        self.app.notices.say(f"wrote {target}")
