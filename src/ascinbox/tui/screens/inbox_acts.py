"""What one does with reviews without answering: done, snooze, assign, tag, flag, note, undo, export."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from ascinbox.core.dates import parse_duration
from ascinbox.core.records import ReviewRow
from ascinbox.core.states import State
from ascinbox.tui.links import review_address
from ascinbox.tui.readtext import texts_of
from ascinbox.tui.screens.inbox_moving import InboxMoving
from ascinbox.tui.screens.menu import Choice, MenuScreen, PromptScreen

if TYPE_CHECKING:
    pass

ASK_ABOVE = 50
"""Acts on more reviews than this ask first."""
MORNING = time(9, 0)

Act = Callable[[Sequence[str]], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class LastAct:
    """What `.` does again."""

    words: str
    act: Act
    advance: bool


class InboxActs(InboxMoving):
    """Keys that mark."""

    def __init__(self) -> None:
        super().__init__()
        self.last_act: LastAct | None = None
        self.acted_on: list[str] = []
        """What was done here, `mark` or `reply`, for `u` to begin with the latest."""

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
        self.refresh_counts()
        if self.source is not None:
            self.desk.spawn(self.count_rows(self.source))

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
        menu = MenuScreen(
            self, title, choices, self._assign, find=True, typed_choice=lambda name: Choice(name, name, "new")
        )
        await self.app.push_screen(menu)

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
        # The next tag begins a word of its own.
        value = "".join(f"{tag} " for tag in own)
        await self.app.push_screen(PromptScreen(self, title, answer, value=value, notes=notes))

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
        self.desk.sync_now()


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
