"""The Listing by keyboard with a simulated Apple behind it: sent, held, not lost."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ascinbox.core.health.capabilities import parse_features
from ascinbox.core.listing.fields import Scope
from ascinbox.simulator.app import Simulator
from ascinbox.simulator.generate import make_world
from ascinbox.simulator.listing import texts_of
from ascinbox.simulator.server import serve_in_thread
from ascinbox.tui.paint import width_of
from ascinbox.tui.widgets.lines import Lines
from tests.tui.linked import Team, shown
from tests.tui.world import Ui

FEATURES = parse_features(("reviews", "listing"))


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    simulator = Simulator(make_world(7, datetime.now(UTC), apps=1, reviews=5), hour_limit=100_000)
    tmp_path.chmod(0o700)
    with serve_in_thread(simulator) as served:
        made = Team(simulator, served.url, tmp_path)
        made.link("North", made.key("ADMIN"), FEATURES)
        yield made


def app_id(team: Team) -> str:
    return next(iter(team.simulator.world.apps))


def text(team: Team, locale: str, name: str = "whatsNew") -> str:
    texts = texts_of(team.simulator.world)
    draft = next(
        part
        for part in texts.parts(app_id(team), Scope.VERSION)
        if texts.state(part) == "PREPARE_FOR_SUBMISSION"
    )
    language = draft.language(locale)
    return "" if language is None else language.values.get(name, "")


def colleague(team: Team, locale: str, words: str) -> None:
    team.simulator.happen(
        "listing", app_id=app_id(team), scope="version", locale=locale, field="whatsNew", text=words
    )


@asynccontextmanager
async def listing(team: Team, *, size: tuple[int, int] = (120, 36), **environ: str) -> AsyncIterator[Ui]:
    async with shown(team, "accounts", size=size, **environ) as ui:
        await ui.press("6")
        await ui.until(lambda: "being prepared" in ui.text(), 20.0)
        yield ui


async def write(ui: Ui, words: str) -> None:
    await ui.press("enter")
    await ui.type(words)
    await ui.press("escape")


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_colleagues_change_in_between_is_held_with_all_three_texts(
    team: Team, size: tuple[int, int]
) -> None:
    async with listing(team, size=size) as ui:
        await write(ui, "My English notes.")
        await ui.press("j")
        await write(ui, "Meine Notizen.")
        assert "2 written here" in ui.text()
        colleague(team, "de-DE", "Von der Kollegin.")
        await ui.press("P", "P")
        await ui.until(lambda: "Apple has it" in ui.text() and "sending" not in ui.text(), 20.0)
        await ui.until(lambda: len(ui.workspace.listings.edits()) == 1)
        assert text(team, "en-US") == "My English notes."
        assert text(team, "de-DE") == "Von der Kollegin.", "not written over"
        (edit,) = ui.workspace.listings.edits()
        assert (edit.locale, edit.state, edit.text) == ("de-DE", "held", "Meine Notizen."), "nor lost"
        await ui.press("home")
        shown_here = ui.text()
        assert "held" in shown_here
        for words in ("it was:", "Apple has:", "Von der Kollegin.", "yours:", "Meine Notizen."):
            assert words in shown_here
        # The held text is left out until somebody ticks it; then it goes.
        await ui.press("x", "P")
        await ui.until(lambda: text(team, "de-DE") == "Meine Notizen.", 20.0)
        await ui.until(lambda: not ui.workspace.listings.edits())


async def test_a_text_left_out_stays_here(team: Team) -> None:
    async with listing(team) as ui:
        row = ui.app.screen.query_one("#ls-table", Lines).lines[1]
        assert width_of(row) == 120
        assert {span.role.rpartition(" on ")[2] for span in row} == {"resting", "cursor"}
        await write(ui, "My English notes.")
        await ui.press("P", "x")
        assert "0 of 1 ticked" in ui.text()
        await ui.press("P")
        assert "nothing is ticked" in ui.status
        assert not text(team, "en-US")


@pytest.mark.slow
async def test_a_lost_answer_is_settled_and_an_error_is_told(team: Team) -> None:
    async with listing(team) as ui:
        await write(ui, "My English notes.")
        team.simulator.faults.add("drop", method="PATCH", after=True)
        await ui.press("P", "P")
        await ui.until(lambda: not ui.workspace.listings.edits(), 20.0)
        assert text(team, "en-US") == "My English notes."
        await ui.press("escape")
        await write(ui, " And more.")
        team.simulator.faults.add("status", method="PATCH", status=403, times=None)
        await ui.press("P", "P")
        await ui.until(lambda: " ! " in ui.text(), 20.0)
        (edit,) = ui.workspace.listings.edits()
        assert edit.text == "My English notes. And more."


async def test_what_was_typed_is_there_after_a_kill(team: Team) -> None:
    async with listing(team) as ui:
        await ui.press("enter")
        await ui.type("Half a sent")
        await ui.until(lambda: bool(ui.workspace.listings.edits()))
        # No key says that it is to be kept: a second program sees it, as one after a kill would.
        second = team.open()
        assert [edit.text for edit in second.listings.edits()] == ["Half a sent"]
        second.close()


async def test_the_persons_own_editor_writes_the_text(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "editor.py"
    script.write_text("import sys\nopen(sys.argv[1], 'w').write('From my editor.\\n')\n", "utf-8")
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    monkeypatch.delenv("VISUAL", raising=False)
    assert os.environ["EDITOR"]
    async with listing(team) as ui:
        from contextlib import nullcontext

        monkeypatch.setattr(ui.app, "suspend", nullcontext)
        await ui.press("enter", "ctrl+o")
        await ui.until(lambda: bool(ui.workspace.listings.edits()), 20.0)
        await ui.press("escape")
        (edit,) = ui.workspace.listings.edits()
        assert edit.text.strip() == "From my editor."


async def test_the_wizard_offers_the_listing_and_says_what_it_needs(team: Team) -> None:
    async with shown(team, "accounts", size=(120, 36)) as ui:
        await ui.press("A", "1")
        await ui.until(lambda: "What is it for?" in ui.text())
        for _ in range(6):
            await ui.press("down")
        await ui.press("space")
        text = ui.text()
        assert "[x] Listing" in text
        assert "App Manager" in text
        assert "Reading needs any role that sees the app" in text
