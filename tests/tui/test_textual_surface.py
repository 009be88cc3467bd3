"""What is used of Textual's private names: only in one folder, listed, and each still there."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from ascinbox import tui
from ascinbox.tui.runtime.private import PRIVATE_NAMES, PrivateName

ROOT = Path(tui.__file__).parent
RUNTIME = ROOT / "runtime"
OURS = {"_replace", "_asdict", "_exit"}
"""Of named tuples and the operating system."""


@pytest.mark.parametrize("used", PRIVATE_NAMES, ids=lambda used: f"{used.module}.{used.name}")
def test_textual_still_has_what_is_used_below_its_surface(used: PrivateName) -> None:
    source = inspect.getsource(importlib.import_module(used.module))
    assert re.search(rf"\b{used.name}\b", source), (
        f"this Textual has no {used.name} in {used.module}: {used.what_for} "
        f"(ascinbox/tui/runtime/{used.used_in}.py) needs another way"
    )


def test_the_list_names_files_that_use_it() -> None:
    for used in PRIVATE_NAMES:
        assert used.name in (RUNTIME / f"{used.used_in}.py").read_text("utf-8"), used


class Names(NamedTuple):
    """The names in a file that tell whose private names it uses."""

    imported: list[str]
    """Private modules and names of Textual."""
    read: list[str]
    """Private names behind a dot, also where something is stored under them."""
    made: set[str]
    """Classes, functions and annotated fields."""
    functions: set[str]
    stored: set[str]


@cache
def names_in(path: Path) -> Names:
    """Each file is parsed once for all tests; nothing of its tree is kept."""
    names = Names([], [], set(), set(), set())
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual._"):
            names.imported.append(str(node.module))
        elif isinstance(node, ast.ImportFrom) and node.module == "textual":
            names.imported.extend(f"textual.{name.name}" for name in node.names if name.name.startswith("_"))
        elif isinstance(node, ast.Attribute):
            if re.match(r"_[a-z]", node.attr):
                names.read.append(node.attr)
            if isinstance(node.ctx, ast.Store):
                names.stored.add(node.attr)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.functions.add(node.name)
            names.made.add(node.name)
        elif isinstance(node, ast.ClassDef):
            names.made.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.made.add(node.target.id)
    return names


def private_uses(path: Path, own: set[str]) -> list[str]:
    """Private names of others that a file imports or reads."""
    names = names_in(path)
    return names.imported + [name for name in names.read if name not in own]


def names_of_ours() -> set[str]:
    """Private names that our own classes, functions and fields have, outside `runtime/`."""
    ours = [names_in(path) for path in ROOT.rglob("*.py") if RUNTIME not in path.parents]
    return OURS.union(*(names.made | names.stored for names in ours))


def test_private_names_of_others_are_used_in_runtime_only() -> None:
    own = names_of_ours() - {used.name for used in PRIVATE_NAMES}
    for path in ROOT.rglob("*.py"):
        if RUNTIME not in path.parents:
            assert private_uses(path, own) == [], path


def test_what_runtime_uses_of_textual_is_listed() -> None:
    listed = {used.name for used in PRIVATE_NAMES} | {used.module for used in PRIVATE_NAMES}
    for path in RUNTIME.glob("*.py"):
        names = names_in(path)
        unlisted = set(private_uses(path, names.stored | names.functions | OURS)) - listed
        assert not unlisted, (path, unlisted)


def test_style_sheets_speak_of_classes_that_exist() -> None:
    ours = {name for name in names_of_ours() if name[:1].isupper()}
    for path in ROOT.rglob("*.tcss"):
        text = re.sub(r"/\*.*?\*/|\{[^}]*\}", " ", path.read_text("utf-8"), flags=re.DOTALL)
        for name in set(re.findall(r"(?<![.#\w-])[A-Z]\w+", text)) - {"Screen", "Toast", "Input"}:
            assert name in ours, (path, name)
