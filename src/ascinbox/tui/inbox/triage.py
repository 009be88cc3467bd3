"""What one does with reviews without answering: done, snooze, assign, tag, flag, note, and taking it back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ascinbox.core.errors import UsageError
from ascinbox.core.reviews.language import LANGUAGES
from ascinbox.core.reviews.links import review_address
from ascinbox.core.reviews.states import State
from ascinbox.tui.actions import Handler, Handlers, Spoken
from ascinbox.tui.inbox.readtext import texts_of
from ascinbox.tui.inbox.text import many_reviews, morning, snooze_moment, tag_changes
from ascinbox.tui.mentions import MentionCompletion
from ascinbox.tui.tag_completion import TagCompletion
from ascinbox.tui.widgets.menu import Choice, MenuScreen, PromptScreen
from ascinbox.workers.reviews.triage import FEW, chosen_language, teammates

if TYPE_CHECKING:
    from ascinbox.core.records import ReviewRow
    from ascinbox.tui.context import AppContext
    from ascinbox.tui.inbox.list import InboxList
    from ascinbox.tui.inbox.screen import InboxScreen
    from ascinbox.tui.inbox.state import InboxState

ASK_ABOVE = 50
"""Acts on more reviews than this ask first."""

Act = Callable[[Sequence[str]], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class LastAct:
    """What `.` does again."""

    words: str
    act: Act
    advance: bool
    own: bool


class InboxTriage:
    """Marks reviews: the selected ones, or the one under the cursor."""

    def __init__(self, screen: InboxScreen, state: InboxState, reviews: InboxList) -> None:
        self._screen = screen
        self._listing = screen.listing
        self._reader = screen.reader
        self._state = state
        self._list = reviews
        self.last_act: LastAct | None = None

    @property
    def _app(self) -> AppContext:
        return self._screen.app

    def actions(self) -> Handlers:
        """What it does while the list or the reading pane has the keys."""
        return {
            "done": Handler(self.done, self._no_review),
            "snooze": Handler(self.snooze, self._no_review),
            "assign": Handler(self.assign, self._no_review),
            "tag": Handler(self.tag, self._no_review),
            "flag": Handler(self.flag, self._no_review),
            "read": Handler(self.read, self._no_review),
            "note": Handler(self.note, self._no_review),
            "copy": Handler(self.copy),
            **self.links(),
        }

    def links(self) -> Handlers:
        """What it does with the address of the review under the cursor, also while one answers it."""
        return {
            "copy_link": Handler(self.copy_link, self._no_review),
            "browser": Handler(self.browser, self._no_review),
        }

    def spoken(self) -> Mapping[str, Spoken]:
        """Commands with words: `:lang de`."""
        return {"lang": Spoken("lang de: the review is in German (lang auto: find it again)", self.language)}

    async def language(self, word: str) -> None:
        """Puts right which language the reviews are in."""
        try:
            code = chosen_language(word)
        except UsageError as error:
            self._app.notices.tell_error(error)
            return
        words = f"language {LANGUAGES[code]}" if code else "language found again"
        await self.act(words, self._on_store(self._app.workspace.triage.language, code or "auto"), own=True)

    def _no_review(self) -> str:
        return "" if self._listing.targets() else "there is no review here"

    # --- marking ---

    async def act(
        self, words: str, act: Act, *, advance: bool = False, own: bool = False, repeat: bool = True
    ) -> None:
        """Does something to the selected reviews, or the one under the cursor; asks first above 50.

        `own`: on a team it is a mark of this person alone, in no log.
        """
        rows = self._listing.targets()
        if not rows:
            return
        if repeat:
            self.last_act = LastAct(words, act, advance, own)

        async def run(answer: Any = True) -> None:
            if answer:
                await self._act_on(words, act, rows, advance, own)

        if len(rows) > ASK_ABOVE:
            choices = [
                Choice(False, "no, leave them"),
                Choice(True, f"yes: {words}, {many_reviews(len(rows))}"),
            ]
            await self._app.push_screen(
                MenuScreen(self._screen, f"{words}: {many_reviews(len(rows))}?", choices, run)
            )
        else:
            await run()

    async def _act_on(
        self, words: str, act: Act, rows: Sequence[ReviewRow], advance: bool, own: bool
    ) -> None:
        changed = await act([row.id for row in rows])
        self._listing.select(())
        many = "" if len(rows) == 1 else f", {many_reviews(len(rows))}"
        undo = f" · {self._app.keymap.shown('undo')} undoes" if changed else " · nothing to change"
        if changed and (self._app.frame.no_writing or (own and self._app.workspace.team is not None)):
            # There is no act that could be taken back: whoever only reads marks for himself alone.
            undo = ""
        await self._list.after_act({row.id for row in rows}, advance=advance)
        self._app.notices.say(f"{words}{many}{undo}")

    def _one_or_many(self) -> str:
        count = len(self._listing.targets())
        return f" ({many_reviews(count)})" if count > 1 else ""

    async def done(self) -> None:
        """Done without a reply; on a done one, not done after all."""
        rows = self._listing.targets()
        undo = bool(rows) and all(row.state == State.DONE for row in rows)
        words = "not done" if undo else "done"
        await self.act(words, self._on_store(self._app.workspace.triage.done, not undo), advance=not undo)

    def _on_store(self, fn: Callable[..., Any], *args: Any) -> Act:
        async def act(ids: Sequence[str]) -> Sequence[str]:
            if len(ids) > FEW:
                many: Sequence[str] = await asyncio.to_thread(fn, ids, *args)
                return many
            changed: Sequence[str] = await self._app.ask(fn, ids, *args)
            return changed

        return act

    async def snooze(self) -> None:
        """A menu of times."""
        now = self._app.now().astimezone()
        choices = [
            Choice(morning(now, 1), "tomorrow", f"{morning(now, 1):%a %d %b %H:%M}"),
            Choice(morning(now, 3), "in 3 days", f"{morning(now, 3):%a %d %b %H:%M}"),
            Choice(morning(now, 7), "in a week", f"{morning(now, 7):%a %d %b %H:%M}"),
            Choice("ask", "until a date"),
        ]
        if any(row.state == State.SNOOZED for row in self._listing.targets()):
            choices.append(Choice("wake", "wake now"))
        title = f"Snooze{self._one_or_many()}; it comes back by itself"
        await self._app.push_screen(MenuScreen(self._screen, title, choices, self._snooze))

    async def _snooze(self, until: Any) -> None:
        if until == "ask":
            notes = ["a day as 2026-12-01, or 5d, 2w, 8h"]
            await self._app.push_screen(
                PromptScreen(self._screen, "Snooze until", self._snooze_until, notes=notes)
            )
        elif until == "wake":
            await self.act("awake again", self._on_store(self._app.workspace.triage.snooze, None))
        else:
            await self.act(
                f"snoozed until {until:%d %b %H:%M}",
                self._on_store(self._app.workspace.triage.snooze, until),
                advance=True,
            )

    async def _snooze_until(self, text: str) -> str | None:
        until = snooze_moment(text, self._app.now().astimezone())
        if until is None:
            return "not understood: a day in the future as 2026-12-01, or 5d, 2w, 8h"
        await self._app.pop_screen()
        await self._snooze(until)
        return None

    async def assign(self) -> None:
        """A menu of names."""
        triage = self._app.workspace.triage
        known, any_name = await self._app.ask(triage.assignees), await self._app.ask(triage.any_name)
        me = self._app.workspace.me
        names = [me, *(name for name in known if name != me)]
        choices = [Choice(name, name, "you" if name == me else "") for name in names]
        choices += [Choice("", "nobody"), *([Choice(None, "somebody else")] if any_name else [])]
        title = f"Assign{self._one_or_many()} to"
        menu = MenuScreen(
            self._screen,
            title,
            choices,
            self._assign,
            find=True,
            typed_choice=(lambda name: Choice(name, name, "new")) if any_name else None,
        )
        await self._app.push_screen(menu)

    async def _assign(self, name: str | None) -> None:
        if name is None:
            await self._app.push_screen(PromptScreen(self._screen, "Assign to", self._assign_typed, limit=60))
            return
        words = f"assigned to {name}" if name else "assigned to nobody"
        await self.act(words, self._on_store(self._app.workspace.triage.assign, name))

    async def _assign_typed(self, text: str) -> str | None:
        if not text.strip():
            return "a name, please"
        await self._app.pop_screen()
        await self._assign(text.strip())
        return None

    async def tag(self) -> None:
        """Tags as one line: what is left out is taken away."""
        detail = self._reader.reading.detail if self._reader.reading is not None else None
        rows = self._listing.targets()
        own = detail.tags if detail is not None and len(rows) == 1 and detail.review.id == rows[0].id else ()
        known = await self._app.ask(self._app.workspace.triage.tags)
        completion = TagCompletion(known)
        notes = ["words with blanks between; -word takes one away; tab completes"]

        async def answer(text: str) -> str | None:
            add, remove = tag_changes(text, own)
            if not add and not remove:
                return "nothing would change"
            await self._app.pop_screen()
            words = "tags " + " ".join([*(f"+{t}" for t in add), *(f"-{t}" for t in remove)])
            await self.act(words, self._on_store(self._app.workspace.triage.tag, add, remove))
            return None

        title = f"Tags{self._one_or_many()}"
        # The next tag begins a word of its own.
        value = "".join(f"{tag} " for tag in own)
        await self._app.push_screen(
            PromptScreen(
                self._screen,
                title,
                answer,
                value=value,
                notes=notes,
                complete=completion.complete,
                suggest=completion.suggestions if known else None,
            )
        )

    async def flag(self) -> None:
        """Flag on or off."""
        on = not all(row.flagged for row in self._listing.targets())
        await self.act(
            "flagged" if on else "flag taken off", self._on_store(self._app.workspace.triage.flag, on)
        )

    async def read(self) -> None:
        """Read or unread."""
        on = not all(row.read for row in self._listing.targets())
        words = "read" if on else "unread"
        await self.act(words, self._on_store(self._app.workspace.triage.read, on), own=True)

    async def note(self) -> None:
        """The internal note, never sent."""
        row = self._listing.current
        if row is None:
            self._app.notices.say("there is no review here")
            return
        detail = await self._app.ask(self._app.workspace.inbox.detail, row.id)
        members = await self._app.ask(teammates, self._app.workspace)
        if members:
            await self._add_note(row.id, members)
            return

        async def answer(text: str) -> str | None:
            await self._app.pop_screen()
            await self._app.ask(self._app.workspace.triage.note, row.id, text)
            await self._list.after_act(set(), advance=False)
            self._app.notices.say("note kept; it is never sent" if text.strip() else "note taken away")
            return None

        notes = ["internal: no customer ever sees it, and the checks warn when a reply repeats it"]
        value = " ".join(detail.note.split()) if detail is not None else ""
        await self._app.push_screen(PromptScreen(self._screen, "Note", answer, value=value, notes=notes))

    async def _add_note(self, review_id: str, members: Sequence[str]) -> None:
        """On a team, a note of one's own in the thread."""

        async def answer(text: str) -> str | None:
            if not text.strip():
                return "a note, please"
            await self._app.pop_screen()
            await self._app.ask(self._app.workspace.triage.add_note, review_id, text)
            self._state.words_kept.pop(review_id, None)
            await self._list.after_act(set(), advance=False)
            self._app.notices.say("note added; it is never sent to a store")
            return None

        others = ", ".join(f"@{name}" for name in members)
        notes = [f"{others}: who is named is told. tab completes.", "No customer ever sees it."]
        complete = MentionCompletion(members).complete
        kept = self._state.words_kept.get(review_id, "")
        await self._app.push_screen(
            PromptScreen(
                self._screen, "Note for the team", answer, value=kept, notes=notes, complete=complete
            )
        )

    async def repeat(self) -> None:
        """The last act once more."""
        if self.last_act is None:
            self._app.notices.say("nothing to repeat yet")
            return
        again = self.last_act
        await self.act(again.words, again.act, advance=again.advance, own=again.own)

    # --- text ---

    def copy(self) -> None:
        """Copies the review's text."""
        if self._reader.reading is None:
            self._app.notices.say("there is nothing to copy")
            return
        self._app.copy("\n".join(texts_of(self._reader.reading)), "the review")

    def copy_link(self) -> None:
        """Copies the address of the app's reviews at its store."""
        row = self._listing.current
        if row is not None:
            self._app.copy(review_address(row.app_id, row.id), "the link")

    def browser(self) -> None:
        """Opens the app's reviews at its store."""
        row = self._listing.current
        if row is not None:
            self._app.browse(review_address(row.app_id, row.id))
