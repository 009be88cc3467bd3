"""The screen's source: no widget that would read markup in a text, no way around the painted lines."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

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


def findings(source: str, name: str) -> Iterator[str]:
    """What a text of somebody else could use to act, in one module."""
    for node in ast.walk(ast.parse(source)):
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
                if isinstance(target, ast.Attribute) and target.attr in TITLES and not _is_safe(node.value):
                    yield f"{where} sets {target.attr} to a bare text"


def _call(node: ast.Call, where: str) -> Iterator[str]:
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    if name in {"notify", "from_markup", "from_rich_text", "print"}:
        yield f"{where} calls {name}"
    if name == "Segment" and (len(node.args) > 2 or node.keywords):
        yield f"{where} makes a control segment"
    for keyword in node.keywords:
        if keyword.arg in TITLES - {"title"} and not _is_safe(keyword.value):
            yield f"{where} hands a bare text to {keyword.arg}"


def _is_safe(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return True
    return isinstance(value, ast.Call) and getattr(value.func, "id", "") in {"content", "cell"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOM)))
def test_no_module_hands_a_bare_text_to_a_widget(module: Path) -> None:
    assert list(findings(module.read_text("utf-8"), module.relative_to(ROOM).as_posix())) == []


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
    assert list(findings(source, "screens/new.py"))


def test_the_documented_ways_are_free() -> None:
    source = (
        "Input(placeholder=content(name))\nwidget.tooltip = 'fixed'\nfrom textual.widgets import TextArea"
    )
    assert list(findings(source, "screens/new.py")) == []
