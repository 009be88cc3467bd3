"""The yardstick of the first key: a Textual app with one list, which says where its cursor is."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import OptionList, Static


class PlainList(App[None]):
    """One line, and a hundred rows below it."""

    def compose(self) -> ComposeResult:
        yield Static("at 1/100", id="place")
        yield OptionList(*(f"row {number}" for number in range(100)))

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Says where the cursor is now."""
        self.query_one("#place", Static).update(f"at {event.option_index + 1}/100")


if __name__ == "__main__":
    PlainList().run()
