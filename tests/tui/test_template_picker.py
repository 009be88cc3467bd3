"""The list of templates: starters on the first morning, making, editing, keeping a reply."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from ascinbox.core.outbox.states import Phase
from ascinbox.paths import Paths
from tests.tui.world import Ui, running, template


def queued(ui: Ui) -> list[str]:
    return [item.row.text for item in ui.workspace.replies.outbox() if item.row.phase is Phase.QUEUED]


def files(paths: Paths) -> list[str]:
    return sorted(path.name for path in paths.templates.glob("*"))


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An `$EDITOR` that adds a line, in a terminal that can be handed over."""
    script = tmp_path / "editor.py"
    script.write_text("import sys\nopen(sys.argv[1], 'a').write('Written in my editor.\\n')\n", "utf-8")
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setattr("ascinbox.tui.app.AscinboxApp.suspend", lambda self: nullcontext())


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_without_templates_t_lists_five_and_a_digit_answers_with_one(
    paths: Paths, size: tuple[int, int]
) -> None:
    async with running(paths, size=size) as ui:
        await ui.press("t")
        shown = ui.text()
        for number, name in enumerate(("problem", "fixed", "idea", "purchase", "thanks"), start=1):
            assert f"{number} {name}" in shown
        assert "3 idea" in shown
        assert "You have no template yet" in shown
        await ui.press("2", "P")
        assert files(paths) == ["fixed.md"]
        assert "in {version|der neuesten Version} behoben" in (paths.templates / "fixed.md").read_text(
            "utf-8"
        )
        assert len(queued(ui)) == 1
        assert "最新バージョンで修正し" in queued(ui)[0], "the review is in Japanese"
        await ui.press("t")
        assert "1 fixed" in ui.text()
        assert "You have no template yet" not in ui.text()


@pytest.mark.parametrize(("title", "name"), [("Presque", "idea"), ("Charged", "problem")])
async def test_the_starter_for_the_stars_is_under_the_cursor(paths: Paths, title: str, name: str) -> None:
    async with running(paths) as ui:
        await ui.press("/")
        await ui.type(title)
        await ui.press("enter", "t")
        assert any(line.lstrip(" │").startswith("▌") and f" {name} " in line for line in ui.lines()[6:])


async def test_all_five_at_once(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("t", "6")
        assert len(files(paths)) == 5
        assert "5 " in ui.text()
        await ui.press("escape")
        assert not ui.inbox.answering


async def test_f3_makes_one_in_the_editor(paths: Paths, editor: None) -> None:
    template(paths, "thanks", "Thank you.")
    async with running(paths) as ui:
        await ui.press("t")
        assert "F3 make one  F4 edit it" in ui.lines()[-1]
        await ui.press("f3")
        await ui.type("thanks")
        await ui.press("enter")
        assert "There is a template thanks already" in ui.text()
        await ui.type(" a lot")
        await ui.press("enter")
        assert files(paths) == ["thanks-a-lot.md", "thanks.md"]
        assert "Written in my editor." in (paths.templates / "thanks-a-lot.md").read_text("utf-8")
        assert "thanks a lot" in ui.text(), "the list is there again"


async def test_f4_edits_the_one_under_the_cursor_and_a_broken_one_is_named(
    paths: Paths, editor: None
) -> None:
    template(paths, "thanks", "Thank you.\n")
    async with running(paths) as ui:
        await ui.press("t", "f4")
        text = (paths.templates / "thanks.md").read_text("utf-8")
        assert text == "Thank you.\nWritten in my editor.\n"
        assert "Written in my editor" in ui.text()
        (paths.templates / "thanks.md").write_text("Thank you {nick}.", "utf-8")
        await ui.press("ctrl+o")
        assert "no such variable {nick}" in ui.text()


@pytest.mark.slow
async def test_a_draft_is_kept_as_a_template_from_the_list_and_from_the_editor(paths: Paths) -> None:
    template(paths, "thanks", "Thank you.")
    async with running(paths) as ui:
        await ui.press("t", "ctrl+s")
        assert "there is no reply to this review yet" in ui.text()
        await ui.press("escape", "r")
        await ui.type("Hallo writer58, danke für die Meldung.")
        await ui.press("ctrl+t", "ctrl+s")
        await ui.type("meldung")
        await ui.press("enter")
        kept = (paths.templates / "meldung.md").read_text("utf-8")
        assert kept == "---\nname: meldung\nlang: de\n---\nHallo {nickname|}, danke für die Meldung.\n"
        await ui.press("escape", "escape", "t", "ctrl+s")
        await ui.type("again")
        await ui.press("enter")
        assert "again.md" in files(paths)
