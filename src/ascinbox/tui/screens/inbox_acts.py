"""What one does with reviews without answering: move, select, done, snooze, assign, tag, flag, note, undo."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from ascinbox.core.dates import parse_duration
from ascinbox.core.filters import parse
from ascinbox.core.records import ReviewRow
from ascinbox.core.states import State
from ascinbox.tui.links import review_address
from ascinbox.tui.readtext import texts_of
from ascinbox.tui.screens.inbox_views import InboxViews
from ascinbox.tui.screens.menu import Choice, MenuScreen, PromptScreen

if TYPE_CHECKING:
    from ascinbox.workers.triage import Triage

ASK_ABOVE = 50
"""Acts on more reviews than this ask first."""
SELECT_MOST = 10_000
MORNING = time(9, 0)

Act = Callable[[Sequence[str]], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class LastAct:
    """What `.` does again."""

    words: str
    act: Act
    advance: bool


class InboxActs(InboxViews):
    """Keys that move, and keys that mark."""

    def __init__(self) -> None:
        super().__init__()
        self.last_act: LastAct | None = None
        self.acted_on: list[str] = []
        """What was done here, `mark` or `reply`, for `u` to begin with the latest."""

    @property
    def triage(self) -> Triage:
        """The service that marks reviews."""
        return self.desk.workspace.triage

    # --- moving ---

    async def verb_next(self) -> None:
        """Next row, entry or line."""
        await self._step(1)

    async def verb_prev(self) -> None:
        """Previous row, entry or line."""
        await self._step(-1)

    async def _step(self, by: int) -> None:
        if self.side.entered:
            self.side.step(by)
        elif self.pane == "read" or self.has_class("reading"):
            self.reader.scroll_text(by)
        else:
            await self.listing.move(by)

    async def verb_first(self) -> None:
        """To the first row, or the text's beginning."""
        if self._reads:
            self.reader.scroll_text(-1_000_000)
        elif self.side.entered:
            self.side.step(-1_000)
        else:
            await self.listing.first()

    async def verb_last(self) -> None:
        """To the last row, or the text's end."""
        if self._reads:
            self.reader.scroll_text(1_000_000)
        elif self.side.entered:
            self.side.step(1_000)
        else:
            await self.listing.last()

    @property
    def _reads(self) -> bool:
        return self.pane == "read" or self.has_class("reading")

    async def verb_half_down(self) -> None:
        """Half a page down."""
        await self._turn(1, 0.5)

    async def verb_half_up(self) -> None:
        """Half a page up."""
        await self._turn(-1, 0.5)

    async def verb_page_down(self) -> None:
        """A page down."""
        await self._turn(1, 1.0)

    async def verb_page_up(self) -> None:
        """A page up."""
        await self._turn(-1, 1.0)

    async def _turn(self, step: int, part: float) -> None:
        if self._reads:
            self.reader.scroll_text(int(step * part * max(1, self.reader.size.height - 1)))
        else:
            await self.listing.turn(step, part)

    def verb_read_down(self) -> None:
        """Scrolls the reading pane from the list."""
        if not self.reader.scroll_text(1):
            self.desk.say("the text ends here")

    def verb_read_up(self) -> None:
        """Scrolls the reading pane back."""
        if not self.reader.scroll_text(-1):
            self.desk.say("the text begins here")

    async def verb_item_next(self) -> None:
        """The next review, wherever the keys are."""
        await self.listing.move(1)

    async def verb_item_prev(self) -> None:
        """The review before."""
        await self.listing.move(-1)

    async def verb_need_next(self) -> None:
        """The next review that needs somebody."""
        if not await self.go_needing(1):
            self.desk.say("no further review in this list needs you")

    async def verb_need_prev(self) -> None:
        """The one before that needs somebody."""
        if not await self.go_needing(-1):
            self.desk.say("no earlier review in this list needs you")

    async def go_needing(self, step: int) -> bool:
        """Moves to the nearest review in that direction that needs a person."""
        number = self.listing.data.next_needing(step)
        if number is not None:
            return await self.listing.go_to(self.listing.data.rows[number].id)
        row = self.listing.current
        if row is None or (self.listing.data.at_tail if step > 0 else self.listing.data.at_head):
            return False
        needs = parse("is:needs-reply", now=self.desk.now())
        query = self.filter_query.adding(*needs.terms)
        edge = self.listing.data.rows[-1 if step > 0 else 0]
        direction = "after" if step > 0 else "before"
        window = await self.desk.ask(self.inbox.window, query, edge.key, 1, direction, False)
        return bool(window.rows) and await self.listing.go_to(window.rows[0].id)

    async def verb_open(self) -> None:
        """Opens what is under the cursor."""
        if self.side.entered:
            await self.choose_side(self.side.term)
            return
        row = self.listing.current
        if row is None:
            self.desk.say("there is nothing to open")
            return
        if self.is_wide:
            self._focus("read")
        else:
            self.zoomed = True
            self.arrange_panes()
        await self.opened(row)

    async def opened(self, row: ReviewRow) -> None:
        """The person has looked at it: no longer new."""
        if row.state == State.NEW or not row.read:
            await self.desk.ask(self.triage.opened, [row.id])
            await self.refresh_rows([row.id])
        await self.read_current()

    async def verb_zoom(self) -> None:
        """The reading pane alone, and back."""
        self.zoomed = not (self.zoomed or (self.has_class("single") and self.pane == "read"))
        if not self.zoomed:
            self.pane = "list"
        self.arrange_panes()

    def verb_side(self) -> None:
        """Side column or reading pane on and off."""
        self.side_hidden = not self.side_hidden
        if self.side.entered:
            self._focus("list")
        self.arrange_panes()

    def verb_pane_next(self) -> None:
        """The pane to the right."""
        if self.bar.is_open:
            self.complete_now(1)
            return
        self._focus_by(1)

    def verb_pane_prev(self) -> None:
        """The pane to the left."""
        if self.bar.is_open:
            self.complete_now(-1)
            return
        self._focus_by(-1)

    def _focus_by(self, step: int) -> None:
        panes = ["list", "read"]
        if self.is_wide and not self.side_hidden:
            panes = ["side", "list", "read"]
        at = panes.index(self.pane) if self.pane in panes else 0
        self._focus(panes[(at + step) % len(panes)])

    def _focus(self, pane: str) -> None:
        self.pane = pane
        if pane == "side":
            self.side.enter()
        elif self.side.entered:
            self.side.leave()
        self.set_class(pane == "read", "reads")
        if self.has_class("single"):
            self.arrange_panes()
        words = {"side": "in the side column: enter filters", "read": "in the reading pane: j k scroll"}
        if pane in words:
            self.desk.say(words[pane])
        else:
            self.desk.acted()

    async def verb_back(self) -> None:
        """One step back: filter bar, pane, zoom, selection."""
        if self.bar.is_open:
            await self.drop_filter()
        elif self.zoomed or self.pane != "list":
            self.zoomed = False
            self._focus("list")
            self.arrange_panes()
        elif self.listing.selected:
            self.listing.select(())
            self.tell_filter()
        else:
            await super().verb_back()

    async def verb_leave(self) -> None:
        """`q`: back from a pane, else out of the program."""
        if self.zoomed or self.pane != "list":
            await self.verb_back()
        else:
            await super().verb_leave()

    # --- selecting ---

    async def verb_select(self) -> None:
        """Selects the row and steps on."""
        self.listing.toggle()
        await self.listing.move(1)
        self.tell_filter()

    async def verb_select_all(self) -> None:
        """Selects all that the filter shows, or nothing if all were."""
        total = self.listing.data.total
        if self.listing.selected and len(self.listing.selected) == total.count:
            self.listing.select(())
        elif total.count is not None and (total.more or total.count > SELECT_MOST):
            self.desk.say(f"{total} reviews are too many to select; filter first", "warning")
        else:
            window = await self.desk.ask(
                self.inbox.window, self.filter_query, None, SELECT_MOST, "after", False
            )
            self.listing.select(window.rows)
        self.tell_filter()

    # --- marking ---

    async def act(self, words: str, act: Act, *, advance: bool = False, repeat: bool = True) -> None:
        """Does something to the selected reviews, or the one under the cursor; asks first above 50."""
        rows = self.listing.targets()
        if not rows:
            self.desk.say("there is no review here")
            return
        if repeat:
            self.last_act = LastAct(words, act, advance)

        async def run(answer: Any = True) -> None:
            if answer:
                await self._act_on(words, act, rows, advance)

        if len(rows) > ASK_ABOVE:
            choices = [Choice(False, "no, leave them"), Choice(True, f"yes: {words}, {len(rows)} reviews")]
            await self.app.push_screen(MenuScreen(self, f"{words}: {len(rows)} reviews?", choices, run))
        else:
            await run()

    async def _act_on(self, words: str, act: Act, rows: Sequence[ReviewRow], advance: bool) -> None:
        changed = await act([row.id for row in rows])
        self.listing.select(())
        if changed:
            self.acted_on.append("mark")
        many = "" if len(rows) == 1 else f", {len(rows)} reviews"
        undo = f" · {self.desk.keymap.shown('undo')} undoes" if changed else " · nothing to change"
        await self.after_act({row.id for row in rows}, advance=advance)
        self.desk.say(f"{words}{many}{undo}")

    async def after_act(self, ids: set[str], *, advance: bool) -> None:
        """Repaints what changed; the cursor goes on to the next review that needs somebody."""
        before = self.listing.current
        await self.listing.reload(keep_cursor=False)
        now = self.listing.current
        still = before is not None and now is not None and now.id == before.id
        if advance and still and now is not None and now.id in ids:
            await self.go_needing(1)
        self.tell_filter()
        self.desk.spawn(self.refresh_counts())
        if self.source is not None:
            self.desk.spawn(self.count_rows(self.source))

    async def refresh_rows(self, ids: Sequence[str]) -> None:
        """Reads single rows again and repaints those that differ."""
        rows = await self.desk.ask(self.inbox.rows, list(ids))
        self.listing.refresh_rows(*self.listing.data.replace({row.id: row for row in rows}))

    def _one_or_many(self) -> str:
        count = len(self.listing.targets())
        return f" ({count} reviews)" if count > 1 else ""

    async def verb_done(self) -> None:
        """Done without a reply; on a done one, not done after all."""
        rows = self.listing.targets()
        undo = bool(rows) and all(row.state == State.DONE for row in rows)
        words = "not done" if undo else "done"
        await self.act(words, self._on_store(self.triage.done, not undo), advance=not undo)

    def _on_store(self, fn: Callable[..., Any], *args: Any) -> Act:
        async def act(ids: Sequence[str]) -> Sequence[str]:
            changed: Sequence[str] = await self.desk.ask(fn, ids, *args)
            return changed

        return act

    async def verb_snooze(self) -> None:
        """A menu of times."""
        now = self.desk.now().astimezone()
        choices = [
            Choice(morning(now, 1), "tomorrow", f"{morning(now, 1):%a %d %b %H:%M}"),
            Choice(morning(now, 3), "in 3 days", f"{morning(now, 3):%a %d %b %H:%M}"),
            Choice(morning(now, 7), "in a week", f"{morning(now, 7):%a %d %b %H:%M}"),
            Choice("ask", "until a date"),
        ]
        if any(row.state == State.SNOOZED for row in self.listing.targets()):
            choices.append(Choice("wake", "wake now"))
        title = f"Snooze{self._one_or_many()}; it comes back by itself"
        await self.app.push_screen(MenuScreen(self, title, choices, self._snooze))

    async def _snooze(self, until: Any) -> None:
        if until == "ask":
            notes = ["a day as 2026-12-01, or 5d, 2w, 8h"]
            await self.app.push_screen(PromptScreen(self, "Snooze until", self._snooze_until, notes=notes))
        elif until == "wake":
            await self.act("awake again", self._on_store(self.triage.snooze, None))
        else:
            await self.act(
                f"snoozed until {until:%d %b %H:%M}", self._on_store(self.triage.snooze, until), advance=True
            )

    async def _snooze_until(self, text: str) -> str | None:
        until = snooze_moment(text, self.desk.now().astimezone())
        if until is None:
            return "not understood: a day in the future as 2026-12-01, or 5d, 2w, 8h"
        await self.app.pop_screen()
        await self._snooze(until)
        return None

    async def verb_assign(self) -> None:
        """A menu of names."""
        known = await self.desk.ask(self.triage.assignees)
        me = self.desk.workspace.me
        names = [me, *(name for name in known if name != me)]
        choices = [Choice(name, name, "you" if name == me else "") for name in names]
        choices += [Choice("", "nobody"), Choice(None, "somebody else")]
        title = f"Assign{self._one_or_many()} to"
        await self.app.push_screen(MenuScreen(self, title, choices, self._assign, find=len(choices) > 9))

    async def _assign(self, name: str | None) -> None:
        if name is None:
            await self.app.push_screen(PromptScreen(self, "Assign to", self._assign_typed, limit=60))
            return
        words = f"assigned to {name}" if name else "assigned to nobody"
        await self.act(words, self._on_store(self.triage.assign, name))

    async def _assign_typed(self, text: str) -> str | None:
        if not text.strip():
            return "a name, please"
        await self.app.pop_screen()
        await self._assign(text.strip())
        return None

    async def verb_tag(self) -> None:
        """Tags as one line: what is left out is taken away."""
        detail = self.reader.reading.detail if self.reader.reading is not None else None
        rows = self.listing.targets()
        own = detail.tags if detail is not None and len(rows) == 1 and detail.review.id == rows[0].id else ()
        known = await self.desk.ask(self.triage.tags)
        notes = ["known: " + " ".join(known)] if known else []
        notes.append("words with blanks between; -word takes one away")

        async def answer(text: str) -> str | None:
            add, remove = tag_changes(text, own)
            if not add and not remove:
                return "nothing would change"
            await self.app.pop_screen()
            words = "tags " + " ".join([*(f"+{t}" for t in add), *(f"-{t}" for t in remove)])
            await self.act(words, self._on_store(self.triage.tag, add, remove))
            return None

        title = f"Tags{self._one_or_many()}"
        await self.app.push_screen(PromptScreen(self, title, answer, value=" ".join(own), notes=notes))

    async def verb_flag(self) -> None:
        """Flag on or off."""
        on = not all(row.flagged for row in self.listing.targets())
        await self.act("flagged" if on else "flag taken off", self._on_store(self.triage.flag, on))

    async def verb_read(self) -> None:
        """Read or unread."""
        on = not all(row.read for row in self.listing.targets())
        await self.act("read" if on else "unread", self._on_store(self.triage.read, on))

    async def verb_note(self) -> None:
        """The internal note, never sent."""
        row = self.listing.current
        if row is None:
            self.desk.say("there is no review here")
            return
        detail = await self.desk.ask(self.inbox.detail, row.id)

        async def answer(text: str) -> str | None:
            await self.app.pop_screen()
            await self.desk.ask(self.triage.note, row.id, text)
            self.acted_on.append("mark")
            await self.after_act(set(), advance=False)
            self.desk.say("note kept; it is never sent" if text.strip() else "note taken away")
            return None

        notes = ["internal: no customer ever sees it, and the checks warn when a reply repeats it"]
        value = " ".join(detail.note.split()) if detail is not None else ""
        await self.app.push_screen(PromptScreen(self, "Note", answer, value=value, notes=notes))

    async def verb_repeat(self) -> None:
        """The last act once more."""
        if self.last_act is None:
            self.desk.say("nothing to repeat yet")
            return
        again = self.last_act
        await self.act(again.words, again.act, advance=again.advance)

    async def undo_mark(self) -> bool:
        """Takes back the last mark; False when there is none."""
        undone = await self.desk.ask(self.triage.undo)
        if undone is None:
            return False
        await self.listing.reload(keep_cursor=True, welcome=True)
        if undone.review_ids:
            await self.listing.go_to(undone.review_ids[0])
        await self.after_act(set(), advance=False)
        many = "" if len(undone.review_ids) == 1 else f", {len(undone.review_ids)} reviews"
        self.desk.say(f"taken back: {undone.verb}{many}")
        return True

    # --- text ---

    def verb_copy(self) -> None:
        """Copies the review's text."""
        if self.reader.reading is None:
            self.desk.say("there is nothing to copy")
            return
        self.desk.copy("\n".join(texts_of(self.reader.reading)), "the review")

    def verb_copy_link(self) -> None:
        """Copies the address of the app's reviews at Apple."""
        row = self.listing.current
        if row is not None:
            self.desk.copy(review_address(row.app_id), "the link")

    def verb_browser(self) -> None:
        """Opens the app's reviews in App Store Connect."""
        row = self.listing.current
        if row is not None:
            self.desk.browse(review_address(row.app_id))

    async def verb_export(self) -> None:
        """Writes what the filter shows to a file."""
        from ascinbox.tui.screens.export import ask_export

        await ask_export(self, "reviews", self.query_text)

    async def verb_add(self) -> None:
        """Links an account."""
        await self.desk.link_account()

    def verb_sync(self) -> None:
        """Fetches from Apple, and lets in what waited."""
        self.desk.spawn(self.listing.reload(keep_cursor=True, welcome=True))
        self.listing.waiting = 0
        self.tell_filter()
        super().verb_sync()


def morning(now: datetime, days: int) -> datetime:
    """Nine o'clock, so many days from `now` (aware, local)."""
    return datetime.combine(now.date() + timedelta(days=days), MORNING).astimezone()


def snooze_moment(text: str, now: datetime) -> datetime | None:
    """`2026-12-01`, `5d`, `2w` or `8h` as a moment; None when it is none or not in the future."""
    span = parse_duration(text)
    if span is not None:
        return now + span if span > timedelta(0) else None
    try:
        until = datetime.combine(datetime.strptime(text.strip(), "%Y-%m-%d").date(), MORNING).astimezone()
    except ValueError:
        return None
    return until if until > now else None


def tag_changes(text: str, own: Sequence[str]) -> tuple[list[str], list[str]]:
    """What a line of tags adds and takes away, for a review that has `own`."""
    words = [word.lstrip("#") for word in text.split()]
    remove = [word[1:] for word in words if word.startswith("-") and len(word) > 1]
    wanted = [word for word in words if not word.startswith("-") and word]
    folded = {word.casefold() for word in wanted}
    remove += [tag for tag in own if tag.casefold() not in folded and tag not in remove]
    mine = {tag.casefold() for tag in own}
    return [word for word in wanted if word.casefold() not in mine], remove
