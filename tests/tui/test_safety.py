"""No foreign text is markup, no control byte reaches the terminal, no crash tells a secret."""

from __future__ import annotations

import ast
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from textual.app import App
from textual.color import Color

import ascinbox.tui
from ascinbox.paths import Paths
from ascinbox.tui.runtime.output_filter import AsciiFilter, ControlFilter
from ascinbox.tui.runtime.output_text import to_ascii
from tests.tui.world import running

SOURCE = Path(ascinbox.tui.__file__).parent
BLACK = Color(0, 0, 0)

MARKUP_WIDGETS = frozenset(
    "Static Label Button Checkbox RadioButton Option OptionList SelectionList Select Tab TabPane Collapsible "
    "Placeholder ListItem Toast Link Markdown RichLog Log Pretty Tooltip".split()
)
"""Widgets that read markup in a str, or that show text in ways of their own."""
MARKUP_CALLS = frozenset("notify update add_option add_options add_row add_column add_leaf".split())
MARKUP_ATTRIBUTES = frozenset({"border_title", "border_subtitle", "tooltip"})
FACTORIES = frozenset({"content", "cell"})
PLAIN_OWNERS = frozenset({"ids", "counts", "seen", "roles", "known"})
"""Dictionaries and sets, whose `update` shows nothing."""


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path, ast.parse(path.read_text("utf-8"))


def name_of(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def is_safe(node: ast.expr) -> bool:
    """A literal, or something from a factory."""
    if isinstance(node, ast.Constant):
        return True
    return isinstance(node, ast.Call) and name_of(node.func) in FACTORIES


def from_textual(tree: ast.Module) -> set[str]:
    """What a module takes from Textual or Rich."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("textual", "rich"))
        for alias in node.names
    }


def breaches(tree: ast.Module, widgets: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Places where a text that is no literal could be read as markup."""
    for node in ast.walk(tree):
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


def test_no_bare_text_goes_into_a_widget() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{line} {name}"
        for path, tree in modules()
        for line, name in breaches(tree, MARKUP_WIDGETS & from_textual(tree))
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    ["Static(title)", "self.notify(str(error))", "self.query_one('#x').update(text)", "w.border_title = name",
     "Label(f'{name}')", "Option(content('a') if x else y)"],
)  # fmt: skip
def test_the_walk_finds_what_it_must(code: str) -> None:
    assert list(breaches(ast.parse(code), MARKUP_WIDGETS))


@pytest.mark.parametrize("code", ["Static('plain')", "Static(content(title))", "table.add_row(cell(name))"])
def test_the_walk_lets_the_factories_through(code: str) -> None:
    assert not list(breaches(ast.parse(code), MARKUP_WIDGETS))


def test_rooms_below_the_workspace_stay_unknown() -> None:
    for path, tree in modules():
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                assert not name.startswith(("ascinbox.sources.apple", "httpx", "sqlmodel", "sqlalchemy")), (
                    path
                )


@given(st.text())
def test_no_control_character_passes_the_last_net(text: str) -> None:
    (shown,) = ControlFilter().apply([Segment(text)], BLACK)
    assert not any(
        c < " " or "\x7f" <= c <= "\x9f" or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2069"
        for c in shown.text
    )
    assert len(shown.text) == len(text)


@given(st.text(st.characters(min_codepoint=32, blacklist_categories=("Cs", "Cc"))))
def test_ascii_keeps_every_cell(text: str) -> None:
    shown = to_ascii(text)
    assert shown.isascii()
    assert cell_len(shown) == len(shown)


def test_box_lines_have_an_ascii_shape() -> None:
    (segment,) = AsciiFilter().apply([Segment("─┬│…·→ ★ Stürzt")], BLACK)
    assert segment.text == "-+|~-> * Sturzt"


async def test_the_whole_screen_is_ascii_when_asked(paths: Paths) -> None:
    from ascinbox.tui.runtime.terminal import TerminalProfile

    async with running(paths, size=(120, 36), profile=TerminalProfile(ascii=True)) as ui:
        painted = []
        for y in range(36):
            strip = ui.app.screen._compositor.render_strips()[y]
            painted.append(strip.text)
        assert all(line.isascii() for line in painted)


async def test_an_error_of_our_own_ends_calmly_and_shows_no_locals(
    paths: Paths, caplog: pytest.LogCaptureFixture
) -> None:
    assert hasattr(App, "_fatal_error"), "Textual no longer has what we override"
    with caplog.at_level(logging.ERROR, "ascinbox.tui"):
        async with running(paths) as ui:
            secret = "-----BEGIN PRIVATE KEY-----"
            try:
                raise RuntimeError("boom")
            except RuntimeError as error:
                ui.app._exception = error
                ui.app._fatal_error()
                ui.app._exception = None
            words = "".join(str(one) for one in ui.app._exit_renderables)
            ui.app._exit_renderables.clear()
            assert "error of its own (RuntimeError)" in words
            assert secret not in words
            assert "Traceback" not in words
    assert "boom" in caplog.text
    assert secret not in caplog.text


FIRST_PAINT = """
import asyncio, sys
from pathlib import Path
from ascinbox.config import load_config
from ascinbox.paths import Paths
from ascinbox.workers.workspace import Workspace
from ascinbox.tui.runtime.terminal import TerminalProfile
paths = Paths.under(Path(sys.argv[1]))
space = Workspace.open(paths=paths, config=load_config(paths.config_file), offline=True)
from ascinbox.tui.app import AscinboxApp
from ascinbox.tui.inbox.review_list import ReviewList
app = AscinboxApp(space, TerminalProfile())
seen = []
painted = ReviewList.render_line
def render_line(self, y):
    if self.data.rows and not seen:
        seen.append([m for m in sys.argv[2].split() if m in sys.modules])
    return painted(self, y)
ReviewList.render_line = render_line
async def main():
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(500):
            await pilot.pause(0.01)
            if seen:
                break
asyncio.run(main())
space.close()
print(seen)
"""


def test_first_rows_need_none_of_the_heavy_libraries(paths: Paths) -> None:
    heavy = "sqlmodel sqlalchemy pydantic httpx jwt cryptography keyring polars pyarrow"
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT, str(paths.data.parent), heavy],
        capture_output=True, text=True, check=False, env=dict(os.environ),
    )  # fmt: skip
    assert done.stdout.strip() == "[[]]", done.stdout + done.stderr
