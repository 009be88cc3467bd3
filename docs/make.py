"""Writes every page that is made from a table in the program: `python docs/make.py` (`--check`: compares)."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import ascinbox
from ascinbox import __version__
from ascinbox.cli.reference import man_page, markdown
from ascinbox.core.filters.keys import KEYS
from ascinbox.core.metrics.figures import FIGURES
from ascinbox.tui.actions import as_markdown

DOCS = Path(__file__).resolve().parent
MARKED = re.compile(r"(<!-- terms -->\n).*?(<!-- end of terms -->)", re.DOTALL)
FOLDERS = re.compile(r"(<!-- folders -->\n).*?(<!-- end of folders -->)", re.DOTALL)
FIGURED = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)


def terms() -> str:
    """The table of filter terms."""
    rows = ["| term | takes | such as | words |", "|---|---|---|---|"]
    for key in KEYS:
        names = " ".join(f"`{name}:`" for name in (key.name, *key.aliases))
        words = " ".join(f"`{word}`" for word, _ in key.fixed)
        rows.append(f"| {names} | {key.meaning} | `{key.example}` | {words} |")
    return "\n".join(rows) + "\n"


def figures() -> str:
    """The table of figures."""
    rows = ["| source | figure | meaning | Apple's report |", "|---|---|---|---|"]
    rows += [f"| {f.source} | `{f.name}` | {f.meaning} | {f.report} |" for f in FIGURES]
    return "\n".join(rows) + "\n"


def folders() -> str:
    """The table of folders: what the docstring of each says first."""
    source = Path(ascinbox.__file__).parent
    rows = ["| folder | what is in it |", "|---|---|"]
    for path in sorted(source.rglob("__init__.py")):
        folder = path.parent.relative_to(source)
        told = " ".join(
            (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n\n")[0].split()
        )
        if folder.parts:
            rows.append(f"| `{folder.as_posix()}/` | {told} |")
    return "\n".join(rows) + "\n"


def pages() -> dict[Path, str]:
    """File to content, for everything that is made."""
    filters, metrics, house = DOCS / "filters.md", DOCS / "metrics.md", DOCS / "architecture.md"
    return {
        DOCS / "commands.md": markdown(),
        DOCS / "keys.md": as_markdown(),
        DOCS / "ascinbox.1": man_page(__version__),
        house: FOLDERS.sub(lambda found: found[1] + folders() + found[2], house.read_text("utf-8")),
        filters: MARKED.sub(lambda found: found[1] + terms() + found[2], filters.read_text("utf-8")),
        metrics: FIGURED.sub(lambda found: found[1] + figures() + found[2], metrics.read_text("utf-8")),
    }


def main(arguments: list[str]) -> int:
    """Writes what differs; with `--check` names it and returns 1."""
    stale = [
        path
        for path, text in pages().items()
        if not path.exists() or path.read_text("utf-8") != text
    ]  # fmt: skip
    for path in stale:
        print(f"{'out of date' if '--check' in arguments else 'written'}: {path.relative_to(DOCS.parent)}")
        if "--check" not in arguments:
            path.write_text(pages()[path], "utf-8")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
