"""The only way for a text to reach a widget: literal, whatever it looks like.

Textual and Rich read markup in a bare `str`: a review could then style, link, act or end the program.
A test walks this package's source and refuses a widget that is handed a bare string variable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

if TYPE_CHECKING:
    from rich.text import Text


def content(text: str) -> Content:
    """For every widget but tables and trees."""
    return Content(text)


def cell(text: str) -> Text:
    """For the cells and labels of a DataTable or Tree, which cannot show a Content."""
    from rich.text import Text

    return Text(text)
