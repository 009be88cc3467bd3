"""The pictures are there, show the program as it is, and need no server of anybody's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "screenshots"
NAMES = (
    "01-inbox", "02-reply", "03-queued", "04-filter", "05-health", "06-link", "07-metrics", "08-held",
    "09-terminal",
)  # fmt: skip
FILES = [*(f"{name}-{theme}" for name in NAMES for theme in ("dark", "light")), "10-no-colour-plain"]


@pytest.mark.parametrize("name", FILES)
def test_every_picture_is_there_in_both_forms(name: str) -> None:
    svg = (FOLDER / f"{name}.svg").read_text("utf-8")
    assert svg.startswith("<svg")
    assert "url(http" not in svg
    assert "href=" not in svg
    assert (FOLDER / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_every_picture_is_shown_with_words() -> None:
    page = (ROOT / "docs" / "pictures.md").read_text("utf-8")
    for name in NAMES:
        assert f"../screenshots/{name}-dark.svg)" in page
    assert "../screenshots/10-no-colour-plain.svg)" in page


@pytest.mark.slow
def test_pictures_are_current(tmp_path: Path) -> None:
    """One with colour, one without: all come from the same scene and the same code."""
    code = (
        "import pathlib, sys; sys.path.insert(0, sys.argv[1]); import screenshots.make as make\n"
        "for name, svg in make.all_of(['03', '10']): pathlib.Path(sys.argv[2], name).write_text(svg, 'utf-8')"
    )
    subprocess.run([sys.executable, "-c", code, str(ROOT), str(tmp_path)], cwd=ROOT, check=True, timeout=300)
    made = sorted(tmp_path.glob("*.svg"))
    assert [path.name for path in made] == [
        "03-queued-dark.svg", "03-queued-light.svg", "10-no-colour-plain.svg",
    ]  # fmt: skip
    for path in made:
        same = path.read_bytes() == (FOLDER / path.name).read_bytes()
        assert same, f"{path.name} is out of date: python screenshots/make.py"
