"""All that would be sent of one app, language by language, word by word; single texts can stay here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical

from ascinbox.core.errors import AscinboxError
from ascinbox.core.listing.changes import ChangeState, ListingChange
from ascinbox.core.listing.checks import why_not_sent
from ascinbox.core.listing.fields import field_of
from ascinbox.core.listing.records import shown
from ascinbox.core.text import list_cell
from ascinbox.core.word_diff import words_diff
from ascinbox.tui.actions import LIST, Handler, Handlers
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, line, spread, wrap
from ascinbox.tui.screens import KeyedScreen, Overlay
from ascinbox.tui.signs import BAR
from ascinbox.tui.widgets.lines import Lines
from ascinbox.tui.widgets.list_navigation import ListCursor, ListNavigation
from ascinbox.tui.word_diff import diff_lines

if TYPE_CHECKING:
    from ascinbox.core.listing.records import ListingEdit
    from ascinbox.tui.listing.sheet import Sheet
    from ascinbox.workers.listing.listings import ListedApp

_ROLES = {
    ChangeState.WOULD_CHANGE: "accent",
    ChangeState.CHANGED: "good",
    ChangeState.HELD: "bad",
    ChangeState.REFUSED: "bad",
}
_WORDS = {
    ChangeState.WOULD_CHANGE: "to be sent",
    ChangeState.CHANGED: "Apple has it",
    ChangeState.HELD: "held",
    ChangeState.REFUSED: "refused",
}


class PushScreen(Overlay):
    """The texts written for one app; what is ticked is sent by the key for publishing."""

    FILLS = True

    def __init__(self, below: KeyedScreen, sheet: Sheet, listed: ListedApp) -> None:
        super().__init__(below)
        self._sheet = sheet
        self._listed = listed
        self._edits = sorted(sheet.edits.values(), key=lambda edit: (edit.locale, edit.name))
        self._changes = [self._change(edit) for edit in self._edits]
        self._left_out = {edit.key for edit in self._edits if edit.state}
        """What was held before stays here until somebody ticks it."""
        self._busy = False
        self._error: AscinboxError | None = None
        self._cursor = ListCursor(lambda: len(self._edits))
        self._navigation = ListNavigation.over(self._cursor, self._paint, lambda: 3)

    @property
    def context(self) -> str:
        return LIST

    @property
    def place(self) -> str:
        return "listing"

    @property
    def hint_place(self) -> str:
        return "listing_push"

    def compose_body(self) -> ComposeResult:
        with Vertical(id="all"):
            yield Lines(id="lp-head")
            yield Lines(id="lp-list")
            yield Lines(id="lp-foot")

    def on_mount(self) -> None:
        self.call_after_refresh(self._paint)

    def on_resize(self) -> None:
        """Texts are broken anew."""
        self.call_after_refresh(self._paint)

    def _change(self, edit: ListingEdit) -> ListingChange:
        row = field_of(edit.scope, edit.name)
        change = ListingChange(
            edit.scope, edit.locale, edit.name, edit.base, self._sheet.theirs(row, edit.locale), edit.text
        )
        why = why_not_sent(change, self._sheet.parts[edit.scope], first_version=self._sheet.first_version())
        if why:
            return change.refused(why)
        if edit.state == ChangeState.HELD:
            return change.held(change.theirs)
        return change

    @property
    def chosen(self) -> list[ListingEdit]:
        """What the key for publishing would send."""
        return [
            edit
            for edit, change in zip(self._edits, self._changes, strict=True)
            if edit.key not in self._left_out and change.state is not ChangeState.CHANGED
        ]

    # --- painting ---

    def _paint(self) -> None:
        if not self.is_mounted or self.size.width < 8:
            return
        width = self.size.width
        head = spread(
            f" Send to Apple: {list_cell(self._sheet.listing.name)}",
            f"{len(self.chosen)} of {len(self._edits)} ticked ",
            width,
        )
        self.query_one("#lp-head", Lines).show([line(PaintSpan(head, "strong"))])
        lines: list[Line] = []
        starts: list[int] = []
        for number, (edit, change) in enumerate(zip(self._edits, self._changes, strict=True)):
            starts.append(len(lines))
            lines += self._lines_of(edit, change, width, at=number == self._cursor.number)
        shown_lines = self.query_one("#lp-list", Lines)
        top = starts[self._cursor.number] if starts else 0
        last = len(lines) - shown_lines.size.height
        shown_lines.show(lines, max(0, min(top, last)))
        words = " sending …" if self._busy else " what is not ticked, or not sent, stays here"
        if self._error is not None:
            words = f" ! {self._error.title} {self._error.next_step}"
        role = "bad" if self._error is not None else "dim"
        self.query_one("#lp-foot", Lines).show([line(PaintSpan(clip(words, width), role))])

    def _lines_of(self, edit: ListingEdit, change: ListingChange, width: int, *, at: bool) -> list[Line]:
        ticked = edit.key not in self._left_out
        sent = change.state is ChangeState.CHANGED
        box = "[=]" if sent else "[x]" if ticked else "[ ]"
        title = f"{box} {list_cell(edit.locale) or 'all languages'} · {field_of(edit.scope, edit.name).title}"
        state = _WORDS[change.state] if ticked or change.state is not ChangeState.WOULD_CHANGE else "stays"
        head = spread(f"{BAR if at else ' '}{title}", f"{state} ", width)
        lines = [line(PaintSpan(head, "cursor" if at else _ROLES[change.state]))]
        if change.detail:
            lines += [line(PaintSpan(f"    {part}", "bad")) for part in wrap(change.detail, width - 6, 3)]
        if change.state is ChangeState.HELD:
            for label, text in (
                ("it was", change.base or ""),
                ("Apple has", change.theirs),
                ("yours", change.mine),
            ):
                lines.append(line(PaintSpan(f"    {label}:", "dim")))
                lines += [line(f"      {part}") for part in wrap(shown(text) or "(empty)", width - 8, 12)]
        else:
            pieces = words_diff(shown(change.theirs), shown(change.mine))
            lines += [line("    ", *one) for one in diff_lines(pieces, max(12, width - 6))]
        return [*lines, BLANK]

    # --- keys ---

    def actions(self) -> Handlers:
        """What the keys do here."""
        return {
            **self._navigation.actions(),
            "select": Handler(self._tick),
            "select_all": Handler(self._tick_all),
            "publish": Handler(self._send, self._why_not),
            "open": Handler(self._tick),
        }

    def _why_not(self) -> str:
        if self._busy:
            return "it is being sent"
        if self.app.workspace.read_only:
            return "read-only: nothing is sent"
        if self.app.workspace.offline:
            return "offline: nothing is sent (started with --offline)"
        return "" if self.chosen else "nothing is ticked"

    def _tick(self) -> None:
        if not self._edits or self._busy:
            return
        edit = self._edits[self._cursor.number]
        if edit.key in self._left_out:
            self._left_out.discard(edit.key)
        else:
            self._left_out.add(edit.key)
        self._paint()

    def _tick_all(self) -> None:
        every = {edit.key for edit in self._edits}
        self._left_out = set() if self._left_out else every
        self._paint()

    def _send(self) -> None:
        self._busy, self._error = True, None
        self._paint()
        self.app.spawn(self._push())

    async def _push(self) -> None:
        listings = self.app.workspace.listings
        wanted = []
        for edit in self.chosen:
            change = self._changes[self._edits.index(edit)]
            # Ticking a held text says: Apple's was read here, and mine goes over it.
            if edit.state == ChangeState.HELD:
                await self.app.ask(listings.keep_mine, edit, change.theirs)
            wanted.append(edit.key)
        try:
            current = await self.app.ask(listings.edits)
            edits = [edit for edit in current if edit.key in wanted]
            results = await self.app.work(self._collect, edits)
        finally:
            self._busy = False
        by_key = {(change.scope, change.locale, change.name): change for change in results}
        for number, edit in enumerate(self._edits):
            found = by_key.get((edit.scope, edit.locale, edit.name))
            if found is not None:
                self._changes[number] = found
        now = {edit.key: edit for edit in await self.app.ask(listings.edits)}
        self._edits = [now.get(edit.key, edit) for edit in self._edits]
        self._left_out |= {
            edit.key
            for edit, change in zip(self._edits, self._changes, strict=True)
            if change.state in (ChangeState.HELD, ChangeState.REFUSED)
        }
        if self.is_mounted:
            self._paint()
        taken = sum(1 for change in results if change.state is ChangeState.CHANGED)
        others = len(results) - taken
        words = f"{taken} sent" + (f", {others} held or refused" if others else "")
        self.app.notices.say(words, "warning" if others or self._error else "information")

    def _collect(self, edits: list[ListingEdit]) -> list[ListingChange]:
        """Sends; what was sent before an error is told all the same."""
        done: list[ListingChange] = []
        try:
            done += self.app.workspace.listings.push_edits(self._listed, edits)
        except AscinboxError as error:
            self._error = error
        return done
