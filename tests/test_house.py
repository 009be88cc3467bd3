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
