"""What holds for the source as a whole and no single module can show."""

from __future__ import annotations

import ast
import re
import socket
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import ascinbox
from ascinbox.store.store import Store
from tests.order import LONGEST

SOURCE = Path(ascinbox.__file__).parent


class Found(NamedTuple):
    """What the source says of its classes. Read when a test asks, not while tests are collected."""

    public: dict[str, list[str]]
    """Files that have a public class of this name at their top."""
    bases: dict[str, list[list[str]]]
    """Each class of this name, as the names of what stands in its brackets."""
    made: set[str]
    """Names that are called somewhere."""


@cache
def source() -> Found:
    """The whole source, each file read once; nothing of its trees is kept."""
    found = Found(defaultdict(list), defaultdict(list), set())
    for path in sorted(SOURCE.rglob("*.py")):
        module = ast.parse(path.read_text("utf-8"))
        for node in module.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.public[node.name].append(str(path.relative_to(SOURCE)))
        for part in ast.walk(module):
            if isinstance(part, ast.ClassDef):
                found.bases[part.name].append([_named(base) for base in part.bases])
            elif isinstance(part, ast.Call):
                found.made.add(_named(part.func))
    return found


def _named(base: ast.expr) -> str:
    while isinstance(base, ast.Subscript):
        base = base.value
    return base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")


def test_no_public_class_name_is_used_twice() -> None:
    assert {name: places for name, places in source().public.items() if len(places) > 1} == {}


@cache
def _above(name: str) -> set[str]:
    """Classes of the project that a class of this name stands upon."""
    classes = source().bases
    direct = {base for bases in classes.get(name, ()) for base in bases} - {name}
    ours = {base for base in direct if base in classes}
    return ours.union(*(_above(base) for base in ours))


def test_at_most_two_classes_of_the_project_stand_above_another() -> None:
    """Errors are a family of their own: what is caught together is one branch of it."""
    deep = {
        name: above
        for name in source().bases
        if len(above := _above(name)) > 2 and "AscinboxError" not in above
    }
    assert deep == {}


SEAMS = {"BaseApp", "LineScreen"}
"""What one class needs below Textual's public surface, apart from what it does: `tui/runtime/`."""


def test_no_class_is_cut_into_a_base_and_its_only_heir() -> None:
    """A class that nobody makes, and that only one other stands upon, is the other's first half."""
    classes, made = source().bases, source().made
    heirs: dict[str, set[str]] = defaultdict(set)
    for name, places in classes.items():
        for bases in places:
            for base in bases:
                heirs[base].add(name)
    halves = {
        name
        for name, found in heirs.items()
        if name in classes and len(found) == 1 and name not in made and name not in SEAMS
        if "AscinboxError" not in _above(name)
        if not any("Protocol" in bases for bases in classes[name])
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


def test_the_files_that_go_first_are_there() -> None:
    tests = Path(__file__).parent
    assert [name for name in LONGEST if not (tests / name).is_file()] == []


def test_what_counts_tries_is_asked_without_a_wait(pytestconfig: pytest.Config) -> None:
    connection = getattr(getattr(pytestconfig, "failures_db", None), "sock", None)
    if not hasattr(pytestconfig, "workerinput") or connection is None:
        pytest.skip("no other process is asked: the tests run in one, or the plugin has changed")
    assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


PACKAGES = "cli|core|sources|store|tui|vault|workers"
NAMED = re.compile(rf"`((?:{PACKAGES})(?:\.\w+)+)`|(?<![\w/])((?:{PACKAGES})/[\w/]+\.\w+)")


def test_what_a_text_of_the_source_names_is_there() -> None:
    """Modules as `core.outbox.states`, also with a name in them, and files as core/stores.py.

    `store.reviews` is a field of the open store unless a module has that name.
    """
    fields = {f"store.{name}" for name in (*Store.__annotations__, *dir(Store))}
    missing = [
        f"{path.relative_to(SOURCE)}: {name}"
        for path in sorted(SOURCE.rglob("*.py"))
        for found in NAMED.finditer(path.read_text("utf-8"))
        if not _is_there(name := found[1] or found[2]) and ".".join(name.split(".")[:2]) not in fields
    ]
    assert not missing, "\n".join(missing)


def _is_there(name: str) -> bool:
    if "/" in name:
        return (SOURCE / name).is_file()
    parts = name.split(".")
    for last in (len(parts), len(parts) - 1):
        path = SOURCE.joinpath(*parts[:last])
        if last > 1 and (path.is_dir() or path.with_suffix(".py").is_file()):
            return last == len(parts) or parts[-1] in _module_text(path)
    return False


def _module_text(path: Path) -> str:
    return (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text("utf-8")
