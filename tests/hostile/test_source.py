"""The screen's source: no widget that would read markup in a text, no way around the painted lines."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import ascinbox.tui

ROOM = Path(ascinbox.tui.__file__).parent
MODULES = sorted(ROOM.rglob("*.py"))
LITERAL_WIDGETS = {"Input", "TextArea"}
"""Widgets of Textual that show their text as it is; every other one reads markup in a str."""
PARSERS = {
    "rich.markup", "rich.markdown", "rich.table", "rich.console", "rich.panel", "rich.pretty",
    "textual.markup", "textual.visual", "textual.renderables",
}  # fmt: skip
FACTORIES = {"rich.text", "textual.content"}
FACTORY_MODULES = {"widgets/safe.py"}
SEGMENT_MODULES = {"widgets/lines.py", "runtime/output_filter.py", "runtime/compositor.py"}
"""The last one erases to the end of a line, and writes nothing else of its own."""
TITLES = {"border_title", "border_subtitle", "tooltip", "placeholder", "sub_title", "title"}


MARKUP_WIDGETS = frozenset(
    "Static Label Button Checkbox RadioButton Option OptionList SelectionList Select Tab TabPane Collapsible "
    "Placeholder ListItem Toast Link Markdown RichLog Log Pretty Tooltip".split()
)
"""Widgets that read markup in a str, or that show text in ways of their own."""
MARKUP_CALLS = frozenset("notify update add_option add_options add_row add_column add_leaf".split())
MARKUP_ATTRIBUTES = frozenset({"border_title", "border_subtitle", "tooltip"})
SAFE_CALLS = frozenset({"content", "cell"})
PLAIN_OWNERS = frozenset({"ids", "counts", "seen", "roles", "known"})
"""Dictionaries and sets, whose `update` shows nothing."""


class Found(NamedTuple):
    """What a module of the screen does that it must not."""

    acting: list[str]
    """What a text of somebody else could use to act."""
    bare: list[str]
    """Texts that are no literals and could be read as markup."""
    imported: list[str]
    """Modules, of which some are another room's."""


@cache
def found_in(module: Path) -> Found:
    """Each file is parsed once for all tests; nothing of its tree is kept."""
    nodes = [*ast.walk(ast.parse(module.read_text("utf-8")))]
    name = module.relative_to(ROOM).as_posix()
    return Found(
        list(findings(nodes, name)),
        [f"{name}:{line} {what}" for line, what in breaches(nodes, MARKUP_WIDGETS & from_textual(nodes))],
        list(imports(nodes)),
    )


def imports(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """The modules that a module imports from."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def findings(nodes: Sequence[ast.AST], name: str) -> Iterator[str]:
    """What a text of somebody else could use to act, in one module."""
    for node in nodes:
        where = f"{name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = {alias.name for alias in node.names}
            if module.startswith("textual.widgets") and not names <= LITERAL_WIDGETS:
                yield f"{where} imports {sorted(names - LITERAL_WIDGETS)}"
            if any(module == parser or module.startswith(f"{parser}.") for parser in PARSERS):
                yield f"{where} imports {module}"
            if module in FACTORIES and name not in FACTORY_MODULES:
                yield f"{where} makes a {module} of its own; widgets/safe.py is the one place"
            if module == "rich.segment" and name not in SEGMENT_MODULES:
                yield f"{where} makes segments of its own; widgets/lines.py is the one place"
        elif isinstance(node, ast.Import):
            if any(alias.name.startswith(("rich", "textual.")) for alias in node.names):
                yield f"{where} imports a module whole, so that its uses cannot be told"
        elif isinstance(node, ast.FunctionDef) and node.name in {"render", "render_lines"}:
            yield f"{where} defines {node.name}: a str from there is read as markup"
        elif isinstance(node, ast.Call):
            yield from _call(node, where)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr in TITLES and not is_safe(node.value):
                    yield f"{where} sets {target.attr} to a bare text"


def _call(node: ast.Call, where: str) -> Iterator[str]:
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    if name in {"notify", "from_markup", "from_rich_text", "print"}:
        yield f"{where} calls {name}"
    if name == "Segment" and (len(node.args) > 2 or node.keywords):
        yield f"{where} makes a control segment"
    for keyword in node.keywords:
        if keyword.arg in TITLES - {"title"} and not is_safe(keyword.value):
            yield f"{where} hands a bare text to {keyword.arg}"


def is_safe(value: ast.expr) -> bool:
    """A literal, or something from a factory."""
    if isinstance(value, ast.Constant):
        return True
    return isinstance(value, ast.Call) and name_of(value.func) in SAFE_CALLS


def name_of(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def from_textual(nodes: Sequence[ast.AST]) -> set[str]:
    """What a module takes from Textual or Rich."""
    return {
        alias.asname or alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("textual", "rich"))
        for alias in node.names
    }


def breaches(nodes: Sequence[ast.AST], widgets: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Places where a text that is no literal could be read as markup."""
    for node in nodes:
        if isinstance(node, ast.Call):
            name = name_of(node.func)
            shows = isinstance(node.func, ast.Attribute) and name in MARKUP_CALLS and not is_plain(node)
            values = [*node.args, *(k.value for k in node.keywords if k.arg not in ("id", "classes"))]
            if (name in widgets or shows) and not all(map(is_safe, values)):
                yield node.lineno, name
        elif isinstance(node, ast.Assign) and not is_safe(node.value):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr in MARKUP_ATTRIBUTES:
                    yield node.lineno, target.attr


def is_plain(call: ast.Call) -> bool:
    """`update` of a dictionary or set."""
    assert isinstance(call.func, ast.Attribute)
    mapping = bool(call.args) and isinstance(call.args[0], ast.Dict | ast.DictComp | ast.Set | ast.SetComp)
    return call.func.attr == "update" and (mapping or name_of(call.func.value) in PLAIN_OWNERS)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOM)))
def test_no_module_hands_a_bare_text_to_a_widget(module: Path) -> None:
    assert found_in(module).acting == []


@pytest.mark.parametrize(
    "source",
    [
        "from textual.widgets import Static",
        "from textual.widgets.option_list import Option",
        "from rich.markup import render",
        "from rich.text import Text",
        "from textual.content import Content",
        "from rich.segment import Segment",
        "import rich.text",
        "self.notify(title)",
        "widget.border_title = name",
        "widget.tooltip = f'{name}'",
        "Input(placeholder=name)",
        "Segment(text, style, [(1,)])",
        "class W:\n    def render(self):\n        return self.text",
    ],
)
def test_the_search_finds_what_it_is_for(source: str) -> None:
    assert list(findings([*ast.walk(ast.parse(source))], "screens/new.py"))


def test_the_documented_ways_are_free() -> None:
    source = (
        "Input(placeholder=content(name))\nwidget.tooltip = 'fixed'\nfrom textual.widgets import TextArea"
    )
    assert list(findings([*ast.walk(ast.parse(source))], "screens/new.py")) == []


def test_no_bare_text_goes_into_a_widget() -> None:
    assert [place for module in MODULES for place in found_in(module).bare] == []


@pytest.mark.parametrize(
    "code",
    ["Static(title)", "self.notify(str(error))", "self.query_one('#x').update(text)", "w.border_title = name",
     "Label(f'{name}')", "Option(content('a') if x else y)"],
)  # fmt: skip
def test_the_walk_finds_what_it_must(code: str) -> None:
    assert list(breaches([*ast.walk(ast.parse(code))], MARKUP_WIDGETS))


@pytest.mark.parametrize("code", ["Static('plain')", "Static(content(title))", "table.add_row(cell(name))"])
def test_the_walk_lets_the_factories_through(code: str) -> None:
    assert not list(breaches([*ast.walk(ast.parse(code))], MARKUP_WIDGETS))


def test_rooms_below_the_workspace_stay_unknown() -> None:
    for module in MODULES:
        for name in found_in(module).imported:
            assert not name.startswith(("ascinbox.sources.apple", "httpx", "sqlmodel", "sqlalchemy")), module
