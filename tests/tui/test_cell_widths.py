"""One table of widths, as tmux has it: for every script that the simulator speaks columns hold."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import pytest
from rich.cells import cell_len

from ascinbox.cli.output import cell_width
from ascinbox.core.records import ReviewRow
from ascinbox.core.reviews.states import State
from ascinbox.core.text import list_cell
from ascinbox.simulator.languages import INDIC, LANGUAGES
from ascinbox.simulator.phrases import bank, compose
from ascinbox.tui.inbox.rowtext import RowLayout, row_lines
from ascinbox.tui.runtime.cell_widths import count_spacing_marks
from tests.tui.world import APPS, NOW, build, review, running

SPOKEN = [language for language, _, _ in LANGUAGES] + [language for language, _ in INDIC]
MEASURE = """
import json, os, re, sys, termios, tty
terminal = sys.stdin.fileno()
tty.setraw(terminal)
widths = {}
for line in json.load(open(sys.argv[1])):
    os.write(1, b"\\r\\x1b[K" + line.encode() + b"\\x1b[6n")
    answer = b""
    while not answer.endswith(b"R"):
        answer += os.read(terminal, 1)
    widths[line] = int(re.search(rb";(\\d+)R", answer)[1]) - 1
json.dump(widths, open(sys.argv[2] + ".part", "w"))
os.replace(sys.argv[2] + ".part", sys.argv[2])
"""


def lines_of(language: str) -> list[str]:
    """What the simulator says in a language, as lists and panes show it."""
    texts = [text for number in range(60) for text in compose(language, 1 + number % 5, number, "Tide Clock")]
    return sorted({list_cell(text)[:120] for text in texts} | {bank(language).summary[:120]})


def rows_of(language: str) -> list[str]:
    """The list's rows in that language, up to each place where a column of them begins."""
    beginnings = []
    for number, state in enumerate(State):
        title, body, nickname = compose(language, 1 + number % 5, number, "Tide Clock")
        row = ReviewRow(
            "r", 1, state, 1 + number % 5, None, "DEU", "1", "Tide Clock", title, body, nickname,
            flagged=number % 2 == 0, assignee="anna",
        )  # fmt: skip
        for width, two_lines in ((80, False), (54, True)):
            layout = RowLayout.for_width(width, two_lines=two_lines, one_app=False)
            for line in row_lines(row, layout, NOW, cursor="cursor", selected=True):
                texts = [span.text for span in line]
                beginnings += ["".join(texts[: n + 1]) for n in range(len(texts))]
    return beginnings


@pytest.fixture(autouse=True)
def one_table() -> None:
    count_spacing_marks()


def test_spacing_marks_take_a_cell_and_marks_above_none() -> None:
    count_spacing_marks()
    for code_point in range(0x300, 0x1CFF):
        character = chr(code_point)
        category = unicodedata.category(character)
        if category == "Mc":
            assert cell_len(character) == cell_width(character) == 1, hex(code_point)
        elif category in {"Mn", "Me"}:
            assert cell_len(character) == 0, hex(code_point)
    assert cell_len("नमस्ते यह ऐप बहुत अच्छा है") == 21
    assert [cell_len(text) for text in ("abc", "日本", "가", "é", "👨‍👩‍👧")] == [3, 4, 2, 1, 2]


def test_the_simulator_speaks_them() -> None:
    letters = {"hi": "\u0900", "bn": "\u0980", "ta": "\u0b80", "th": "\u0e00", "my": "\u1000"}
    for language, first in letters.items():
        body = compose(language, 1, 4711, "Tide Clock")[1]
        assert any(first <= letter <= chr(ord(first) + 0x7F) for letter in body), language


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_every_line_of_the_screen_has_its_width(tmp_path: Path, size: tuple[int, int]) -> None:
    reviews = []
    for number in range(30):
        title, body, nickname = compose(INDIC[number % 5][0], 1 + number % 5, number, "Tide Clock")
        reviews.append(review(number, app=APPS[0], title=title, body=body, nickname=nickname))
    async with running(build(tmp_path / "home", reviews), size=size, view="All") as ui:
        for _ in range(6):
            strips = ui.app.screen._compositor.render_strips()
            widths = {sum(cell_len(segment.text) for segment in strip) for strip in strips}
            assert widths == {size[0]}
            await ui.press("j")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux measures")
def test_tmux_gives_each_line_the_width_that_is_reckoned(tmp_path: Path) -> None:
    script, asked, answered = tmp_path / "measure.py", tmp_path / "lines.json", tmp_path / "widths.json"
    lines = [line for language in SPOKEN for line in (*lines_of(language), *rows_of(language))]
    lines += ["▰" * 7 + "▱" * 3, "━━━┬━━━", "● ○ ↻ ✎ ◇ ◔ ‼ z ✓ ⚑ ▪ ▌ ★ ☆ × █"]
    script.write_text(MEASURE)
    asked.write_text(json.dumps(lines))
    server = ["tmux", "-L", f"widths-{tmp_path.name}", "-f", "/dev/null"]
    command = f"{sys.executable} {script} {asked} {answered}"
    subprocess.run([*server, "new-session", "-d", "-x", "300", "-y", "10", command], check=True)
    try:
        for _ in range(300):
            if answered.exists():
                break
            time.sleep(0.1)
        measured = json.loads(answered.read_text())
    finally:
        subprocess.run([*server, "kill-server"], check=False, capture_output=True)
    wrong = {line: (width, cell_len(line)) for line, width in measured.items() if width != cell_len(line)}
    assert len(measured) > 1_000
    assert wrong == {}
