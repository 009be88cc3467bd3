"""An animated picture shows at every moment the lines of its frame, and stores each line once."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from rich.segment import Segment
from rich.style import Style
from screenshots.animated import Frame, animated, runs_of

NAME = "{http://www.w3.org/2000/svg}"
LINES = (("one", "two"), ("one", "起動 x"), ("one", "two"), ("& <b>", "four"))
KEYFRAMES = re.compile(r"@keyframes (\w+)\{((?:[\d.]+%\{visibility:\w+\})+)\}")
STEP = re.compile(r"([\d.]+)%\{visibility:(\w+)\}")


def frame(number: int) -> Frame:
    style = Style(color="#ff0000", bgcolor="#101010")
    lines = tuple(runs_of([Segment(text.ljust(8), style)]) for text in LINES[number])
    return Frame(lines, "j", f"step {number}", 1.0 + number)


@pytest.fixture(scope="module")
def svg() -> str:
    return animated([frame(number) for number in range(4)], 2, "a title", "in words", "dark")


def texts_at(svg: str, second: float | None) -> list[str]:
    """What is seen at a second of the round, or where nothing moves (None); in order from above."""
    whole = float(re.search(r"animation:\w+ ([\d.]+)s", svg)[1])  # type: ignore[index]
    steps = {name: STEP.findall(rules) for name, rules in KEYFRAMES.findall(svg)}

    def hidden(group: ET.Element) -> bool:
        if second is None:
            return group.get("visibility") == "hidden"
        past = [seen for at, seen in steps[group.attrib["class"]] if float(at) <= 100 * second / whole]
        return bool(past[-1] == "hidden")

    root = ET.fromstring(svg)
    shown = [root, *(group for group in root.iter(f"{NAME}g") if not hidden(group))]
    found = [
        (float(text.attrib["y"]), text.text or "") for part in shown for text in part.findall(f"{NAME}text")
    ]
    return [text for _y, text in sorted(found, key=lambda one: one[0])][1:]


@pytest.mark.parametrize(
    ("second", "number"), [(0.1, 0), (0.9, 0), (1.1, 1), (2.9, 1), (3.1, 2), (6.1, 3), (9.9, 3)]
)
def test_each_moment_shows_its_frame_and_no_other(svg: str, second: float, number: int) -> None:
    wanted = [*LINES[number], "j", f"step {number}"]
    assert "".join(texts_at(svg, second)) == "".join(wanted).replace("起動 x", "起動x").replace(
        "& ", "&\u00a0"
    )


def test_where_nothing_moves_the_chosen_frame_is_seen(svg: str) -> None:
    assert texts_at(svg, None) == texts_at(svg, 4.0)
    assert "@media (prefers-reduced-motion:no-preference){" in svg
    assert svg.index("@media") < svg.index("@keyframes")


def test_a_line_that_stays_or_comes_back_is_stored_once(svg: str) -> None:
    assert svg.count(">one<") == 1
    assert svg.count(">two<") == 1


def test_double_width_characters_begin_where_their_cells_do(svg: str) -> None:
    assert re.search(r'x="10" y="[\d.]+" textLength="48.8">起動<', svg)
    assert re.search(r'x="71" y="[\d.]+" textLength="12.2">x<', svg)
