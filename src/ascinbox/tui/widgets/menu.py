"""Menus and questions: small windows in the middle, answered by key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from ascinbox.core.errors import Unreachable
from ascinbox.core.stores import store_of_review
from ascinbox.core.text import fold
from ascinbox.tui.actions import INPUT, MENU, Handler, Handlers
from ascinbox.tui.finding import find_entries
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, line, pad, width_of, wrap
from ascinbox.tui.screens import KeyedScreen, Overlay
from ascinbox.tui.signs import BAR
from ascinbox.tui.theme import on
from ascinbox.tui.widgets.lines import Lines
from ascinbox.tui.widgets.list_navigation import ListCursor, ListNavigation
from ascinbox.tui.widgets.safe import content

if TYPE_CHECKING:
    from textual import events

MOST_SHOWN = 14
"""Choices shown at once where the screen is not higher than usual; the rest scrolls."""
FEWEST_SHOWN = 3
"""Choices shown at least, if there are so many, before notes get room."""
AROUND, AROUND_LOW, LOW = 6, 4, 16
"""Lines for the frame and those around it that say what a key did; the same on screens below `LOW` lines."""
MEASURED, NOTE_CELLS = 200, 74
"""The width in which lines are measured for the window's own; the widest that notes make it."""
TOLD_CELLS, TOLD_LINES = 90, 2
"""Room for what is told of the choice under the cursor."""


class Choice(NamedTuple):
    """One line of a menu."""

    value: Any
    label: str
    detail: str = ""
    told: str = ""
    """A sentence about it, shown under the list while the cursor is there."""
    also: str = ""
    """Further words that find it, shown nowhere."""


OnChoice = Callable[[Any], Awaitable[None]]


class MenuScreen(Overlay):
    """A list of choices: a digit takes one at once, enter takes the one under the cursor.

    Letters narrow the list. `find`: all of them do; otherwise those that are no keys of a menu, and after
    one of these, or the key that filters, all of them until `esc`. `typed_choice`: with `find`, makes a
    further choice of what was typed, unless one has that label. `on_choice` runs after the menu has closed.
    """

    def __init__(
        self,
        below: KeyedScreen | None,
        title: str,
        choices: Sequence[Choice],
        on_choice: OnChoice,
        *,
        find: bool = False,
        typed_choice: Callable[[str], Choice] | None = None,
        notes: Sequence[str] = (),
        cursor: int = 0,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """`more`: actions whose key takes a choice, by the value of that choice."""
        super().__init__(below)
        self._more = more or {}
        self._title_text = title
        self._all = list(choices)
        self._shown = list(choices)
        self._on_choice = on_choice
        self._always_finds = find
        self._finds = find
        self._typed_choice = typed_choice
        self._typed = ""
        self._notes = notes
        self._cursor = ListCursor(lambda: len(self._shown))
        self._cursor.go(cursor)
        self._navigation = ListNavigation.over(self._cursor, self._paint, self._most_shown)

    def compose_body(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Lines(id="menu")

    def on_mount(self) -> None:
        self._fit()
        self.call_after_refresh(self._paint)

    def on_resize(self) -> None:
        """The window follows the terminal."""
        self._fit()
        self.call_after_refresh(self._paint)

    @property
    def context(self) -> str:
        return INPUT if self._finds else MENU

    @property
    def typed(self) -> str:
        """What narrows the list."""
        return self._typed

    @property
    def choices(self) -> Sequence[Choice]:
        """All of them, whatever narrows the list."""
        return self._all

    @property
    def chosen(self) -> Choice | None:
        """The choice under the cursor."""
        return self._shown[self._cursor.number] if self._shown else None

    def _fit(self) -> None:
        lines = self._lines(MEASURED)
        widest = max((sum(cell_len(span.text) for span in one) for one in lines), default=10)
        labels = self._label_cells(MEASURED)
        for choice in self._all:
            cells = labels + cell_len(choice.detail) + 5
            widest = max(widest, cells, min(cell_len(choice.told), TOLD_CELLS) + 2)
        room = self.app.size.width - 2
        box = self.query_one("#box")
        # A note of the widest line's length must not be broken again inside the frame.
        width = max(10, min(max(widest + 4, 34), room, 96))
        box.styles.width = width
        box.styles.height = min(len(self._lines(width - 2)) + 2, self.app.size.height)

    def _paint(self) -> None:
        menu = self.query_one("#menu", Lines)
        menu.show(self._lines(menu.size.width))
        self.tell_frame()

    def _lines(self, width: int) -> list[Line]:
        lines: list[Line] = [BLANK]
        if self._finds:
            lines.append((PaintSpan(clip(f" find: {self._typed}_", width), "accent"),))
        told = self._told_lines(width)
        height = self.app.size.height
        free = height - len(lines) - len(told) - (AROUND if height >= LOW else AROUND_LOW)
        notes: list[str] = []
        for note in self._notes:
            parts = wrap(note, max(10, NOTE_CELLS if width >= MEASURED else width - 2), 6)
            # Where there is little room, choices go before what is said under them.
            if len(notes) + len(parts) <= free - min(len(self._all), FEWEST_SHOWN):
                notes += parts
        rows = min(self._most_shown(), max(1, free - len(notes)))
        self._cursor.keep_in_sight(rows)
        lines[0] = self._title_line(width, rows)
        top = self._cursor.top
        labels = self._label_cells(width)
        shown = range(top, min(top + rows, len(self._shown)))
        lines += [self._choice_line(number, labels, width) for number in shown]
        if not self._shown:
            lines.append((PaintSpan("   nothing fits; esc goes back", "dim"),))
        lines += told
        return lines + [(PaintSpan(f" {part}", "dim"),) for part in notes]

    def _most_shown(self) -> int:
        """Choices shown at once, where there is room."""
        return max(MOST_SHOWN, self.app.size.height * 3 // 5)

    def _title_line(self, width: int, rows: int) -> Line:
        """The title, and where the cursor is in a list of which only a part is shown."""
        if len(self._shown) <= rows or width >= MEASURED:
            return (PaintSpan(clip(f" {self._title_text}", width), "strong"),)
        place = f"{self._cursor.number + 1} of {len(self._shown)} "
        left = clip(f" {self._title_text}", width - len(place) - 1)
        gap = " " * (width - cell_len(left) - len(place))
        return line(PaintSpan(left, "strong"), gap, PaintSpan(place, "dim"))

    def _label_cells(self, width: int) -> int:
        labels = max((cell_len(choice.label) for choice in self._all), default=0)
        if any(choice.detail for choice in self._all):
            labels = min(labels, 48, max(12, width * 3 // 5))
        return labels

    def _told_lines(self, width: int) -> list[Line]:
        """As many for every choice, so that nothing under the list moves with the cursor."""
        if not any(choice.told for choice in self._all):
            return []
        told = self.chosen.told if self.chosen is not None else ""
        parts = wrap(told, max(10, min(width, TOLD_CELLS) - 2))
        if len(parts) > TOLD_LINES:
            parts = [*parts[: TOLD_LINES - 1], clip(" ".join(parts[TOLD_LINES - 1 :]), max(10, width - 2))]
        return [(PaintSpan(f" {part}", "accent"),) for part in (*parts, *[""] * TOLD_LINES)[:TOLD_LINES]]

    def _choice_line(self, number: int, labels: int, width: int) -> Line:
        choice = self._shown[number]
        digit = str(number + 1) if number < 9 else " "
        cursor = number == self._cursor.number
        surface = "cursor" if cursor else ""
        head = PaintSpan(f"{BAR if cursor else ' '}{digit} ", on(surface, "accent"))
        label = PaintSpan(pad(choice.label, min(labels, max(0, width - 3))), surface or "text")
        room = width - width_of((head, label))
        detail = PaintSpan(clip(f"  {choice.detail}" if choice.detail else "", room), on(surface, "dim"))
        rest = max(0, room - cell_len(detail.text)) if width < MEASURED else 0
        return line(head, label, detail, PaintSpan(" " * rest, surface or "text"))

    # --- keys ---

    async def other_key(self, name: str, event: events.Key) -> bool:
        if name.isdigit() and name != "0" and not self._typed:
            if int(name) <= len(self._shown):
                self._cursor.go(int(name) - 1)
                await self.take()
            return True
        if not self._finds and event.is_printable and (event.character or "").strip():
            if len(self._all) == 1:
                # There is nothing to find: what somebody types on must not hide the only answer.
                return False
            self._begin_to_find()
        return self._find_key(name, event) if self._finds else False

    def _begin_to_find(self) -> None:
        self._finds = True
        self._fit()
        self._narrow("")

    async def back(self) -> None:
        """`esc`: what narrows the list goes first, then the menu."""
        if self._finds and not self._always_finds:
            self._finds = False
            self._narrow("")
            self._fit()
            return
        await super().back()
        await self.given_up()

    async def given_up(self) -> None:
        """The menu was left without a choice."""

    def _find_key(self, name: str, event: events.Key) -> bool:
        if name in ("down", "up"):
            self._cursor.go(self._cursor.number + (1 if name == "down" else -1))
            self._paint()
        elif name == "backspace":
            self._narrow(self._typed[:-1])
        elif event.is_printable and event.character:
            self._narrow(self._typed + event.character)
        else:
            return False
        return True

    def _narrow(self, typed: str) -> None:
        self._typed = typed
        wanted = fold(typed).strip()
        further = (" ".join(filter(None, one[2:])) for one in self._all)
        found = find_entries(
            typed, [(one.label, words) for one, words in zip(self._all, further, strict=True)]
        )
        self._shown = [self._all[number] for number in found]
        own = self._typed_choice(typed.strip()) if self._typed_choice is not None and wanted else None
        if own is not None and wanted not in (fold(choice.label).strip() for choice in self._shown):
            self._shown.append(own)
        self._cursor.number = self._cursor.top = 0
        self._paint()

    def actions(self) -> Handlers:
        """What the keys of a menu do."""
        return {
            **self._navigation.actions(),
            "open": Handler(self.take),
            **({"filter": Handler(self._begin_to_find)} if len(self._all) > 1 else {}),
            **{action_id: self._taking(value) for action_id, value in self._more.items()},
        }

    def _taking(self, value: Any) -> Handler:
        async def take() -> None:
            await self.close()
            await self._on_choice(value)

        return Handler(take)

    async def take(self) -> None:
        """Takes the choice under the cursor."""
        chosen = self.chosen
        if chosen is not None:
            await self.close()
            await self._on_choice(chosen.value)

    def on_click(self, event: events.Click) -> None:
        """A click on a choice takes it."""
        region = self.query_one("#menu", Lines).region
        if region.contains(event.screen_x, event.screen_y):
            number = event.screen_y - region.y - (2 if self._finds else 1) + self._cursor.top
            if 0 <= number < len(self._shown):
                self._cursor.go(number)
                self.app.clicked(self.take)


OnAnswer = Callable[[str], Awaitable[str | None]]
Complete = Callable[[str, int], tuple[str, int]]
Suggest = Callable[[str, int], str]


class PromptScreen(Overlay):
    """One line to fill in. `on_answer` runs on enter, and gives back why the answer will not do."""

    def __init__(
        self,
        below: KeyedScreen | None,
        title: str,
        on_answer: OnAnswer,
        *,
        value: str = "",
        notes: Sequence[str] = (),
        limit: int = 2_000,
        complete: Complete | None = None,
        suggest: Suggest | None = None,
        problem: str = "",
    ) -> None:
        """`complete`: what tab makes of a text and the cursor's place in it; `suggest`: a line that says what
        that could be; `problem`: why `value` did not do so far."""
        super().__init__(below)
        self._problem = problem
        self._complete = complete
        self._suggest = suggest
        self._title_text = title
        self._on_answer = on_answer
        self._value = value
        self._notes = list(notes) or [problem] * bool(problem)
        self._limit = limit
        self._off = False

    def compose_body(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Lines(id="title")
            field = Input(
                self._value, compact=True, max_length=self._limit, id="field", select_on_focus=False
            )
            field.cursor_blink = False
            yield field
            yield Lines(id="notes")

    def on_mount(self) -> None:
        self.query_one("#field", Input).focus()
        self._fit()
        self.call_after_refresh(self._paint)

    def on_resize(self) -> None:
        """The window follows the terminal."""
        self._fit()
        self.call_after_refresh(self._paint)

    @property
    def context(self) -> str:
        return INPUT

    @property
    def hint_place(self) -> str:
        return "prompt"

    @property
    def value(self) -> str:
        """What has been typed."""
        return self.query_one("#field", Input).value

    @property
    def handed_in(self) -> str:
        """What would not do so far, or the words that it began with."""
        return self._value

    def _wrapped_notes(self, width: int) -> list[str]:
        return [part for note in self._notes for part in wrap(note, max(8, width - 4), 6)]

    def _wrapped_problem(self, width: int) -> list[str]:
        """It takes the place of the first line below the field."""
        parts = wrap(self._problem, max(8, width - 6), 3) if self._problem else []
        return [f" {' ' if number else '!'} {part}" for number, part in enumerate(parts)]

    def _fit(self) -> None:
        width = max(10, min(76, self.app.size.width - 2))
        notes = self._wrapped_notes(width)
        box = self.query_one("#box")
        box.styles.width = width
        lines = len(notes) + (self._suggest is not None)
        if self._problem:
            lines = len(self._wrapped_problem(width)) + max(0, lines - 1)
        box.styles.height = min(lines + 4, self.app.size.height)
        self.query_one("#notes").styles.height = lines

    def _paint(self) -> None:
        title = self.query_one("#title", Lines)
        notes = self.query_one("#notes", Lines)
        title.show([(PaintSpan(clip(f" {self._title_text}", title.size.width), "strong"),)])
        lines = [(PaintSpan(f" {part}", "dim"),) for part in self._wrapped_notes(notes.size.width + 2)]
        if self._suggest is not None:
            field = self.query_one("#field", Input)
            words = self._suggest(field.value, field.cursor_position)
            lines.insert(0, (PaintSpan(clip(f" {words}", notes.size.width), "accent"),))
        if self._problem:
            problem = self._wrapped_problem(notes.size.width + 2)
            lines = [*((PaintSpan(part, "bad"),) for part in problem), *lines[1:]]
        notes.show(lines)

    def on_input_changed(self) -> None:
        """What could stand there follows what is typed."""
        if self._suggest is not None:
            if self.value != self._value:
                self._problem = ""
            self._paint()

    def actions(self) -> Handlers:
        """What the keys of a prompt do."""
        if self._complete is None:
            return {"open": Handler(self.hand_in)}
        complete = self._complete
        put = Handler(lambda: self._put(complete))
        return {"open": Handler(self.hand_in), "pane_next": put, "right": put}

    def _put(self, complete: Complete) -> None:
        field = self.query_one("#field", Input)
        field.value, field.cursor_position = complete(field.value, field.cursor_position)

    async def hand_in(self) -> None:
        """Hands in the answer. Where the act has to wait, the question stays with what was typed."""
        text, app = self.value, self.app
        try:
            problem = await self._on_answer(text)
        except Unreachable as error:
            if self._off:
                return
            if not self.is_attached:
                await app.push_screen(self._again(text, error.brief))
                return
            problem = error.brief
        if problem and not self._off:
            self._value, self._problem = text, problem
            self._notes = self._notes or [problem]
            self._fit()
            self.call_after_refresh(self._paint)

    def _again(self, text: str, problem: str) -> PromptScreen:
        """The same question with what was typed."""
        return PromptScreen(
            self.below,
            self._title_text,
            self._on_answer,
            value=text,
            notes=self._notes,
            limit=self._limit,
            complete=self._complete,
            suggest=self._suggest,
            problem=problem,
        )

    async def answered(self) -> None:
        """Closes; `on_answer` calls it when the answer will do."""
        await self.close()

    async def take_off(self) -> None:
        """Closes it, and whatever lies over it, because there is nothing to answer any more."""
        self._off = True
        while self in self.app.screen_stack:
            await self.app.pop_screen()


def confirm_word(
    below: KeyedScreen | None, title: str, word: str, act: Callable[[], Awaitable[None]], notes: Sequence[str]
) -> PromptScreen:
    """A question that is answered by typing a word, so that no slip can answer it."""
    screen: PromptScreen

    async def answer(text: str) -> str | None:
        if text.strip().casefold() != word.casefold():
            return f"type {word} and enter, or esc"
        await screen.close()
        await act()
        return None

    screen = PromptScreen(
        below, title, answer, notes=[*notes, f"Type {word} and enter; esc leaves all as it is."]
    )
    return screen


def confirm_replacing(
    below: KeyedScreen | None, review_ids: Collection[str], act: Callable[[], Awaitable[None]]
) -> PromptScreen:
    """The question before somebody else's answers to these reviews are overwritten at their store."""
    count = len(review_ids)
    title = "Replace their reply?" if count == 1 else f"Replace {count} replies of somebody else?"
    theirs = "theirs is overwritten" if count == 1 else f"{count} of theirs are overwritten"
    stores = {store.id: store for store in map(store_of_review, review_ids)}
    notes = [f"{store.company} {store.keeps_one}: {theirs}." for store in stores.values()]
    return confirm_word(below, title, "replace", act, notes)


__all__ = ["Choice", "MenuScreen", "PromptScreen", "confirm_replacing", "confirm_word", "content"]
