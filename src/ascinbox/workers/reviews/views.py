"""Views: saved filters with a name. Some are built in; the person's own live in views.toml.

# views.toml
[[view]]
name = "Crashes"
query = "tag:crash is:unanswered sort:oldest"
position = 7        # optional, 1 to 9: its number in the list of views
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ascinbox.config import read_toml
from ascinbox.core.errors import ConfigError, UsageError
from ascinbox.core.text import clean_line
from ascinbox.core.toml_places import place
from ascinbox.paths import write_private_file

if TYPE_CHECKING:
    import tomlkit

NAME_LIMIT = 40
POSITIONS = range(1, 10)


@dataclass(frozen=True, slots=True)
class View:
    """A filter with a name."""

    name: str
    query: str
    position: int | None = None
    """Its number in the list of views, 1 to 9; None follows behind the numbered ones."""
    builtin: bool = False

    @property
    def slug(self) -> str:
        """The name as one writes it on a command line: `needs-reply`."""
        return slug_of(self.name)


@dataclass(frozen=True, slots=True)
class ViewList:
    """The views in their order, and what is wrong with views.toml, a sentence each."""

    views: tuple[View, ...]
    problems: tuple[str, ...] = ()


BUILT_IN: tuple[View, ...] = (
    View("Needs reply", "is:needs-reply sort:oldest", builtin=True),
    View("Low stars", "rating:<=2 is:needs-reply -is:held sort:oldest", builtin=True),
    View("Changed", "is:changed", builtin=True),
    View("Drafts", "is:draft", builtin=True),
    View("Snoozed", "is:snoozed", builtin=True),
    View("Flagged", "is:flagged", builtin=True),
    View("All", "", builtin=True),
)


def slug_of(name: str) -> str:
    """Lower case, everything that is neither letter nor digit a dash."""
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-")


def find_view(views: Iterable[View], word: str) -> View | None:
    """The view of that name or slug."""
    wanted = slug_of(word)
    return next((view for view in views if view.slug == wanted), None)


def load_views(path: Path) -> ViewList:
    """The built-in views and those of views.toml. A broken file or view is a problem, never an error:
    the rest works. A view named as a built-in one replaces it."""
    try:
        text, document = read_toml(path)
    except ConfigError as error:
        detail = f": {error.detail}" if error.detail else ""
        return ViewList(_ordered(BUILT_IN), _said(f"{error.title}{detail}"))
    problems = [f"{path}: unknown key {key}" for key in document if key != "view"]
    entries = document.get("view", [])
    if not isinstance(entries, list):
        return ViewList(_ordered(BUILT_IN), _said(*problems, f"{path}: view must be written [[view]]"))
    own: dict[str, View] = {}
    taken: dict[int, str] = {}
    for index, entry in enumerate(entries):
        view, wrong = _view_of(entry)
        if view is not None and view.slug in own:
            wrong = [("name", 0, f"there are two views called {view.name}")]
            view = None
        if view is not None and view.position in taken:
            wrong.append(("position", 0, f"position {view.position} is that of {taken[view.position]} too"))
        problems += [
            f"{path}:{place(text, 'view', index, key, offset)}: {words}" for key, offset, words in wrong
        ]
        if view is not None:
            own[view.slug] = view
            if view.position is not None:
                taken.setdefault(view.position, view.name)
    kept = [view for view in BUILT_IN if view.slug not in own]
    return ViewList(_ordered([*kept, *own.values()]), _said(*problems))


def _said(*problems: str) -> tuple[str, ...]:
    """The sentences about a file, made harmless: they quote it, and somebody else may have written it."""
    return tuple(map(clean_line, problems))


def save_view(path: Path, name: str, query: str, position: int | None = None) -> View:
    """Adds or replaces one view in views.toml; comments and everything else in the file stay.

    Raises UsageError for a bad name, query or position, ConfigError when the file is broken.
    """
    import tomlkit
    from tomlkit.items import AoT

    view, wrong = _view_of({"name": name, "query": query, **({"position": position} if position else {})})
    if view is None or wrong:
        raise UsageError(f"This view cannot be saved: {wrong[0][2]}.")
    document = _document(path)
    tables = document.get("view")
    if not isinstance(tables, AoT):
        if tables is not None:
            raise ConfigError(f"{path}: view must be written [[view]].", "", "Mend the file first.")
        tables = tomlkit.aot()
        document["view"] = tables
    table: Any = next((t for t in tables if slug_of(str(t.get("name", ""))) == view.slug), None)
    if table is None:
        table = tomlkit.table()
        tables.append(table)
        table = tables[-1]
    table["name"] = view.name
    table["query"] = view.query
    if view.position is not None:
        for other in tables:
            if other is not table and other.get("position") == view.position:
                other.remove("position")
        table["position"] = view.position
    _write(path, tomlkit.dumps(document))
    return view


def delete_view(path: Path, name: str) -> bool:
    """Takes one of the person's own views out of views.toml; False when there is none of that name.

    Comments stay, also those that stand between this view and the next. Raises as `save_view`.
    """
    text, content = read_toml(path)
    entries = content.get("view", [])
    wanted = slug_of(name)
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict) and slug_of(str(entry.get("name", ""))) == wanted:
            _write(path, _without(text, index))
            return True
    return False


def _without(text: str, index: int) -> str:
    """`text` without the index-th [[view]], the comments below it kept."""
    lines = text.splitlines(keepends=True)
    tables = [number for number, line in enumerate(lines) if re.match(r"\s*\[", line)]
    starts = [number for number in tables if re.match(r"\s*\[\[\s*view\s*\]\]", lines[number])]
    kept = ""
    if index < len(starts):
        start = starts[index]
        end = next((number for number in tables if number > start), len(lines))
        while end > start and re.match(r"\s*(#|$)", lines[end - 1]):
            end -= 1
        kept = "".join(lines[:start] + lines[end:])
    wanted = tomllib.loads(text)
    del wanted["view"][index]
    wanted = {key: value for key, value in wanted.items() if value != []}
    with contextlib.suppress(tomllib.TOMLDecodeError):
        if tomllib.loads(kept) == wanted:
            return kept
    # Written in a way that lines alone do not tell (an array, a text with brackets): comments may move.
    import tomlkit

    document = tomlkit.parse(text)
    del document["view"][index]
    return tomlkit.dumps(document)


def _document(path: Path) -> tomlkit.TOMLDocument:
    import tomlkit

    return tomlkit.parse(read_toml(path)[0])


def _write(path: Path, text: str) -> None:
    try:
        write_private_file(path, text.encode(), keeps_mode=True)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}") from None


Wrong = tuple[str, int, str]
"""The key that is wrong, where in its text, and why."""


def _view_of(entry: object) -> tuple[View | None, list[Wrong]]:
    if not isinstance(entry, dict):
        return None, [("", 0, "a view must be a table")]
    wrong: list[Wrong] = []
    name = entry.get("name")
    if not isinstance(name, str) or not slug_of(name) or len(name) > NAME_LIMIT:
        return None, [("name", 0, f"a view needs a name of at most {NAME_LIMIT} characters")]
    query = entry.get("query", "")
    if not isinstance(query, str):
        return None, [("query", 0, "query must be a text")]
    problem = query_problem(query)
    if problem is not None:
        return None, [("query", problem[0], problem[1])]
    position = entry.get("position")
    if position is not None and (
        isinstance(position, bool) or not isinstance(position, int) or position not in POSITIONS
    ):
        wrong.append(("position", 0, "position must be a number from 1 to 9"))
        position = None
    wrong += [(key, 0, f"unknown key {key}") for key in entry if key not in {"name", "query", "position"}]
    return View(clean_line(name), clean_line(query), position), wrong


def query_problem(query: str) -> tuple[int, str] | None:
    """Where a query goes wrong and why; None when it is fine."""
    from ascinbox.core.filters import FilterError, parse

    try:
        parse(query, now=datetime.now(UTC))
    except FilterError as error:
        return error.start, error.title
    return None


def _ordered(views: Sequence[View]) -> tuple[View, ...]:
    """Numbered views stand at their number, the others fill the rest in their order."""
    numbered: dict[int, View] = {}
    rest: list[View] = []
    for view in views:
        if view.position is not None and view.position not in numbered:
            numbered[view.position] = view
        else:
            rest.append(view)
    ordered: list[View] = []
    while rest or numbered:
        number = len(ordered) + 1
        if number in numbered:
            ordered.append(numbered.pop(number))
        elif rest:
            ordered.append(rest.pop(0))
        else:
            ordered.append(numbered.pop(min(numbered)))
    return tuple(ordered)
