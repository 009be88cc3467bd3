"""Moving through a list: one part that every screen with a list attaches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ascinbox.tui.actions import Handler, Handlers

Result = Awaitable[None] | None


@dataclass(slots=True)
class ListCursor:
    """The row under the cursor, and the first row that is shown."""

    count: Callable[[], int]
    number: int = 0
    top: int = 0

    def go(self, number: int) -> None:
        """To a row; beyond an end, to the last or first one."""
        self.number = max(0, min(number, self.count() - 1))

    def keep_in_sight(self, height: int) -> None:
        """Scrolls as far as `height` lines need to show the cursor."""
        self.top = max(min(self.top, self.number), self.number - height + 1, 0)


class ListNavigation:
    """Contributes the actions that move by rows, items, pages and to the ends."""

    def __init__(
        self,
        step: Callable[[int], Result],
        end: Callable[[int], Result],
        turn: Callable[[float], Result],
        *,
        items: bool = False,
    ) -> None:
        """`step(±1)`: to the next or previous row; `end(±1)`: to the last or first; `turn(±1.0)`,
        `turn(±0.5)`: by a page or half of one. `items`: the rows are items, which `]` and `[` move by."""
        self._step, self._end, self._turn, self._items = step, end, turn, items

    @classmethod
    def over(
        cls, cursor: ListCursor, moved: Callable[[], Result], page: Callable[[], int], *, items: bool = False
    ) -> ListNavigation:
        """For a list that is all there: `moved` shows it again, `page` is how many rows a page turns by."""

        def go(number: int) -> Result:
            if not cursor.count():
                return None
            cursor.go(number)
            return moved()

        def turn(pages: float) -> Result:
            rows = max(1, int(page() * abs(pages)))
            return go(cursor.number + (rows if pages > 0 else -rows))

        return cls(
            lambda by: go(cursor.number + by),
            lambda way: go(cursor.count() if way > 0 else 0),
            turn,
            items=items,
        )

    def actions(self) -> Handlers:
        """What it contributes."""
        found = {
            "next": Handler(lambda: self._step(1)),
            "prev": Handler(lambda: self._step(-1)),
            "first": Handler(lambda: self._end(-1)),
            "last": Handler(lambda: self._end(1)),
            "half_down": Handler(lambda: self._turn(0.5)),
            "half_up": Handler(lambda: self._turn(-0.5)),
            "page_down": Handler(lambda: self._turn(1.0)),
            "page_up": Handler(lambda: self._turn(-1.0)),
        }
        if self._items:
            found |= {"item_next": found["next"], "item_prev": found["prev"]}
        return found
