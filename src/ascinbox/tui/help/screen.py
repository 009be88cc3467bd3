"""`?`: the keys that work where it was pressed, a search over them, and the topics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from ascinbox import __version__
from ascinbox.core.text import fold
from ascinbox.topics import TOPICS
from ascinbox.tui.actions import BY_ID, INPUT, MENU, TYPING, Handler, Handlers, show_key, sideways
from ascinbox.tui.help.text import Offer, found_lines, help_lines
from ascinbox.tui.hints import WIDE
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, pad, rule, spread
from ascinbox.tui.screens import KeyedScreen, Overlay
from ascinbox.tui.widgets.lines import Lines
from ascinbox.tui.widgets.list_navigation import ListNavigation

if TYPE_CHECKING:
    from textual import events


class HelpScreen(Overlay):
    """One page. What cannot act here is greyed; pressing such a key says why."""

    FILLS = True

    def __init__(self, below: KeyedScreen) -> None:
        super().__init__(below)
        self._top = 0
        self._topic: str | None = None
        self._searching = False
        self._words = ""
        self._said = ""

    def compose_body(self) -> ComposeResult:
        yield Lines(id="page")

    def on_mount(self) -> None:
        self.call_after_refresh(self._paint)

    def on_resize(self) -> None:
        """Columns follow the width."""
        self.call_after_refresh(self._paint)

    @property
    def context(self) -> str:
        return INPUT if self._searching else MENU

    @property
    def hint_place(self) -> str:
        return "help_search" if self._searching else "help"

    def hint_texts(self) -> Mapping[str, str]:
        one_step = self._topic is not None or bool(self._words)
        return {"help": "close", "back": "all keys" if one_step else "close"}

    def offer(self, action_id: str) -> Offer:
        """What the screen below makes of an action, in the context that it is in."""
        below = self.below
        if below is None or below.context not in BY_ID[action_id].contexts:
            return Offer.ELSEWHERE
        if not below.dispatcher.offers(action_id):
            return Offer.ELSEWHERE
        return Offer.NOT_NOW if below.dispatcher.refusal(action_id) else Offer.HERE

    def _where(self) -> str:
        return self.place.capitalize()

    def _body(self, width: int) -> list[Line]:
        if self._topic is not None:
            return [
                (PaintSpan(clip(f" {text}", width)),) if text else BLANK
                for text in TOPICS[self._topic].split("\n")
            ]
        keymap = self.app.keymap
        if self._words:
            lines = found_lines(width, keymap, self.offer, self._words)
            return lines + self._found_in_topics(width)
        typing = self.below is not None and self.below.context in TYPING
        return [
            BLANK,
            *help_lines(width, keymap, self.offer, typing=typing, ascii_only=self.app.profile.ascii),
        ]

    def _found_in_topics(self, width: int) -> list[Line]:
        wanted = fold(self._words).strip()
        lines: list[Line] = []
        for name, text in TOPICS.items():
            hits = [part.strip() for part in text.split("\n") if wanted in fold(part)]
            if hits:
                lines.append((PaintSpan(f" topic {name}", "strong"),))
                lines += [(PaintSpan(clip(f"   {hit}", width), "dim"),) for hit in hits[:4]]
        return lines

    def _paint(self) -> None:
        page = self.query_one("#page", Lines)
        width, height = page.size
        if width < 2 or height < 3:
            return
        body = self._body(width)
        room = height - 2
        self._top = max(0, min(self._top, len(body) - room))
        shown = body[self._top : self._top + room]
        middle = [*shown, *([BLANK] * (room - len(shown)))]
        page.show([self._heading(width), *middle, self._foot(width)])
        self.tell_frame()

    def _heading(self, width: int) -> Line:
        about = f"keys that work here ({self._where()})" if self._topic is None else self._topic
        return rule(f"Help · {about}", "", width)

    def _foot(self, width: int) -> Line:
        right = f"ascinbox {__version__}"
        if self._said:
            return (PaintSpan(spread(f" {self._said}", right, width - 1), "warn"),)
        if self._searching or self._words:
            words = pad(clip(f" / {self._words}{'_' if self._searching else ''}", width), width)
            return (PaintSpan(words, "accent"),)
        left = " greyed = not available here (says why)"
        if width >= WIDE:
            left = f" {len(TOPICS)} topics: " + "  ".join(TOPICS)
        return (PaintSpan(spread(left, right, width - 1), "dim"),)

    # --- keys ---

    def say(self, words: str) -> None:
        """The status line is covered: it is said in the last line of the page."""
        self._said = words
        self._paint()

    async def other_key(self, name: str, event: events.Key) -> bool:
        if self._searching:
            return self._search_key(name, event)
        if name == "tab":
            self._next_topic(1)
            return True
        below, keymap = self.below, self.app.keymap
        action_id = keymap.find(below.context, name, below.place) if below is not None else None
        if action_id is None or below is None:
            self.say(f"{show_key(name)} does nothing here")
        else:
            refusal = below.dispatcher.refusal(action_id)
            self.say(f"{show_key(name)}: {refusal or BY_ID[action_id].label + '; esc, then press it'}")
        return True

    def _search_key(self, name: str, event: events.Key) -> bool:
        if name == "backspace":
            self._words = self._words[:-1]
        elif event.is_printable and event.character:
            self._words += event.character
        else:
            return False
        self._top = 0
        self._paint()
        return True

    def _next_topic(self, step: int) -> None:
        names = [None, *(name for name, text in TOPICS.items() if text)]
        self._topic = names[(names.index(self._topic) + step) % len(names)]
        self._top, self._said, self._words = 0, "", ""
        self._paint()

    def actions(self) -> Handlers:
        """What the keys of the help page do."""
        navigation = ListNavigation(self._scroll, lambda way: self._scroll(way * 10_000), self._turn)
        return {
            **navigation.actions(),
            "filter": Handler(self.search),
            "open": Handler(self.keep_search),
            "help": Handler(self.close),
            **sideways(self._next_topic),
        }

    def search(self) -> None:
        """Begins a search."""
        self._searching, self._words, self._topic, self._top = True, "", None, 0
        self._paint()

    def keep_search(self) -> None:
        """Keeps what was found and gives the keys back."""
        self._searching = False
        self._paint()

    async def back(self) -> None:
        """One step back: out of the search, out of the topic, out of help."""
        if self._searching or self._words:
            self._searching, self._words = False, ""
        elif self._topic is not None:
            self._topic = None
        else:
            await self.close()
            return
        self._top = 0
        self._paint()

    def _scroll(self, by: int) -> None:
        self._top = max(0, self._top + by)
        self._paint()

    def _turn(self, pages: float) -> None:
        self._scroll(int(pages * max(1, self.size.height - 4)))
