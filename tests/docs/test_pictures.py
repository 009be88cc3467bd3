"""The pictures are there, show the program as it is, and need no server of anybody's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "screenshots"
NAMES = (
    "01-inbox", "02-reply", "03-queued", "04-filter", "05-health", "06-link", "07-metrics", "08-held",
    "09-terminal", "11-morning", "12-check", "13-listing",
)  # fmt: skip
FILES = [
    *(f"{name}-{theme}" for name in NAMES for theme in ("dark", "light")),
    "10-no-colour-plain",
    "14-settings-dark",
]


@pytest.mark.parametrize("name", FILES)
def test_every_picture_is_there_in_both_forms(name: str) -> None:
    svg = (FOLDER / f"{name}.svg").read_text("utf-8")
    assert svg.startswith("<svg")
    assert "url(http" not in svg
    assert "href=" not in svg
    assert (FOLDER / f"{name}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_animated_picture_moves_by_css_alone(theme: str) -> None:
    """A code host shows a picture of a page without scripts, and without what it would have to fetch."""
    file = FOLDER / f"11-morning-{theme}.svg"
    svg = file.read_text("utf-8")
    assert svg.count("@keyframes") > 20
    assert "@media (prefers-reduced-motion:no-preference){" in svg
    assert file.stat().st_size < 600_000
    tree = ElementTree.fromstring(svg)
    assert {element.tag.rpartition("}")[2] for element in tree.iter()} == {
        "svg", "title", "desc", "style", "rect", "circle", "text", "g",
    }  # fmt: skip
    attributes = {(name, value) for element in tree.iter() for name, value in element.attrib.items()}
    assert not [name for name, _value in attributes if name.startswith("on") or "href" in name]
    for outside in ("url(", "@import"):
        assert outside not in svg
    length = re.search(r"animation:\w+ ([\d.]+)s", svg)
    assert length is not None
    assert 20 <= float(length[1]) <= 30
    shown = [group for group in tree.iter("{http://www.w3.org/2000/svg}g") if group.get("visibility") is None]
    assert "leaves in 30 s" in "".join(text for group in shown for text in group.itertext()).replace(
        "\u00a0", " "
    )


def test_the_first_page_shows_the_animated_picture() -> None:
    page = (ROOT / "README.md").read_text("utf-8")
    words = re.search(r"!\[([^\]]+)\]\(screenshots/11-morning-dark\.svg\)", page)
    assert words is not None
    assert len(words[1]) > 100


def test_every_picture_is_shown_with_words() -> None:
    page = (ROOT / "docs" / "pictures.md").read_text("utf-8")
    for name in NAMES:
        assert f"../screenshots/{name}-dark.svg)" in page
    assert "../screenshots/10-no-colour-plain.svg)" in page
    assert "../screenshots/14-settings-dark.svg)" in page


@pytest.mark.slow
def test_pictures_are_current(tmp_path: Path) -> None:
    """One with colour, one without: all come from the same scene and the same code."""
    assert made_now(tmp_path, "03", "10") == [
        "03-queued-dark.svg", "03-queued-light.svg", "10-no-colour-plain.svg",
    ]  # fmt: skip


@pytest.mark.slow
def test_the_animated_picture_is_current(tmp_path: Path) -> None:
    assert made_now(tmp_path, "11-morning-dark") == ["11-morning-dark.svg"]


def made_now(folder: Path, *wanted: str) -> list[str]:
    """Makes these pictures anew and compares. Returns their names."""
    code = (
        "import pathlib, sys; sys.path.insert(0, sys.argv[1]); import screenshots.make as make\n"
        "for name, svg in make.all_of(sys.argv[3:]): pathlib.Path(sys.argv[2], name).write_text(svg, 'utf-8')"
    )
    command = [sys.executable, "-c", code, str(ROOT), str(folder), *wanted]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300)
    made = sorted(folder.glob("*.svg"))
    for path in made:
        same = path.read_bytes() == (FOLDER / path.name).read_bytes()
        assert same, f"{path.name} is out of date: python screenshots/make.py"
    return [path.name for path in made]
