"""What holds for the source as a whole and no single module can show."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import ascinbox

SOURCE = Path(ascinbox.__file__).parent


def test_no_public_class_name_is_used_twice() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(path.relative_to(SOURCE)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def _classes() -> dict[str, list[tuple[Path, ast.ClassDef]]]:
    found: dict[str, list[tuple[Path, ast.ClassDef]]] = defaultdict(list)
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name].append((path, node))
    return found


def _named(base: ast.expr) -> str:
    while isinstance(base, ast.Subscript):
        base = base.value
    return base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")


CLASSES = _classes()


def _above(name: str) -> set[str]:
    """Classes of the project that a class of this name stands upon."""
    direct = {_named(base) for _, node in CLASSES.get(name, ()) for base in node.bases} - {name}
    ours = {base for base in direct if base in CLASSES}
    return ours.union(*(_above(base) for base in ours))


def test_at_most_two_classes_of_the_project_stand_above_another() -> None:
    """Errors are a family of their own: what is caught together is one branch of it."""
    deep = {
        name: above for name in CLASSES if len(above := _above(name)) > 2 and "AscinboxError" not in above
    }
    assert deep == {}


SEAMS = {"BaseApp", "LineScreen"}
"""What one class needs below Textual's public surface, apart from what it does: `tui/runtime/`."""


def test_no_class_is_cut_into_a_base_and_its_only_heir() -> None:
    """A class that nobody makes, and that only one other stands upon, is the other's first half."""
    heirs: dict[str, set[str]] = defaultdict(set)
    for name, places in CLASSES.items():
        for _, node in places:
            for base in node.bases:
                heirs[_named(base)].add(name)
    made = {
        _named(node.func)
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    }
    halves = {
        name
        for name, found in heirs.items()
        if name in CLASSES and len(found) == 1 and name not in made and name not in SEAMS
        if "AscinboxError" not in _above(name)
        if not any(_named(base) == "Protocol" for _, node in CLASSES[name] for base in node.bases)
    }
    assert halves == set()


def test_files_stay_short_enough_to_read_at_once() -> None:
    long = {
        str(path.relative_to(SOURCE)): lines
        for path in sorted(SOURCE.rglob("*.py"))
        if (lines := len(path.read_text("utf-8").splitlines())) > 500
    }
    assert set(long) <= ONE_TABLE, long


ONE_TABLE = {"core/health/verdict_rules.py"}
"""Longer files, and docs/architecture.md says why."""
