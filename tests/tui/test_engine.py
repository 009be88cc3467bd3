"""Translations in the reading pane and the check step, drafts in the editor, by an engine that stands in."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from ascinbox.paths import Paths
from ascinbox.tui.widgets.menu import MenuScreen
from tests.tui.world import Ui, running
from tests.workers.languages.standins import Sent, StandIn, events, speaks, stand_in

MADE = json.dumps({"title": "Crashes at start", "body": "Since the update it \x1b[31mwill not open."})


@pytest.fixture
def engine() -> Iterator[StandIn]:
    with stand_in() as found:
        found.answer = speaks(MADE)
        yield found


def plug(paths: Paths, url: str, **more: str) -> None:
    lines = [
        f'{name} = "{value}"' for name, value in {"kind": "openai", "url": url, "model": "m1", **more}.items()
    ]
    paths.config_file.parent.mkdir(parents=True, exist_ok=True)
    paths.config_file.write_text("[assist]\n" + "\n".join(lines) + "\n")


async def until(ui: Ui, words: str) -> None:
    for _ in range(100):
        await ui.rest()
        if words in ui.text():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{words!r} never came:\n{ui.text()}")


async def test_one_key_shows_the_translation_under_the_original_and_hides_it(
    paths: Paths, engine: StandIn
) -> None:
    plug(paths, engine.url)
    async with running(paths, size=(120, 36)) as ui:
        original = ui.inbox.reader.reading
        assert original is not None
        await ui.press("L")
        await until(ui, "will not")
        text = ui.text()
        assert "~ by m1" in text
        assert "Crashes at start" in text
        assert "\x1b" not in text
        await ui.press("L")
        assert "~ by m1" not in ui.text()
        await ui.press("L")
        await until(ui, "will not")
        assert len(engine.requests) == 1, "it was kept"


async def test_without_an_engine_the_keys_say_why_they_do_nothing(paths: Paths) -> None:
    async with running(paths) as ui:
        await ui.press("L")
        assert "no engine is plugged in" in ui.status
        await ui.press("r", "ctrl+n")
        assert "no engine is plugged in" in ui.status


async def test_a_remote_host_is_asked_for_and_no_sends_nothing(paths: Paths) -> None:
    plug(paths, "http://engine.invalid/v1")
    async with running(paths) as ui:
        await ui.press("L")
        assert isinstance(ui.app.screen, MenuScreen)
        text = ui.text()
        assert "engine.invalid" in text
        assert "stars and the app's name" in " ".join(text.split())
        await ui.press("enter")
        assert "nothing was sent" in ui.status
        assert ui.workspace.assist.must_ask()


async def test_reviews_are_translated_as_one_reads_on(
    paths: Paths, engine: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ascinbox.tui.inbox.translating.READ_ON_AFTER_S", 0.01)
    plug(paths, engine.url)
    async with running(paths, size=(120, 36)) as ui:
        await ui.press("colon")
        await ui.type("translate on")
        await ui.press("enter")
        await until(ui, "will not")
        await ui.press("j", "j")
        await until(ui, "will not")
        asked = len(engine.requests)
        assert asked >= 2
        await ui.press("colon")
        await ui.type("translate off")
        await ui.press("enter")
        await ui.press("j", "j", "j")
        await asyncio.sleep(0.1)
        assert len(engine.requests) == asked


async def test_the_reply_is_translated_back_in_the_check_step(paths: Paths, engine: StandIn) -> None:
    engine.answer = speaks(json.dumps({"title": "", "body": "Thank you for telling us."}))
    plug(paths, engine.url)
    async with running(paths, size=(120, 36)) as ui:
        await ui.press("r")
        await ui.type("Danke dafuer")
        await ui.press("ctrl+g", "L")
        await until(ui, "Thank you for telling us.")
        assert "Danke dafuer" in ui.text()
        assert "~ by m1" in ui.text()
        await ui.press("r")
        assert "Thank you for telling us." not in ui.text()


async def test_a_draft_lands_in_an_empty_editor_and_nowhere_else(paths: Paths, engine: StandIn) -> None:
    engine.answer = speaks("We are sorry, mail \x1b[2Jbob@evil.example")
    plug(paths, engine.url)
    async with running(paths) as ui:
        await ui.press("r", "f8")
        await until(ui, "bob@evil.example")
        for _ in range(50):
            await ui.rest()
            if ui.inbox.panel.area.text:
                break
            await asyncio.sleep(0.05)
        assert ui.inbox.panel.area.text == "We are sorry, mail \ufffd[2Jbob@evil.example"
        assert not ui.workspace.replies.outbox()
        await ui.press("ctrl+g")
        assert "contact data" in ui.text()
        await ui.press("P")
        assert not ui.workspace.replies.outbox(), "what the checks block is not published"


async def test_a_draft_stands_beside_a_text_that_was_begun_until_it_is_taken_over(
    paths: Paths, engine: StandIn
) -> None:
    engine.answer = speaks("We are sorry.")
    plug(paths, engine.url)
    async with running(paths, size=(120, 36)) as ui:
        await ui.press("r")
        await ui.type("My own words")
        await ui.press("ctrl+n")
        await until(ui, "takes it over")
        assert ui.inbox.panel.area.text == "My own words"
        assert "We are sorry." in ui.text()
        await ui.press("ctrl+n")
        assert ui.inbox.panel.area.text == "We are sorry."
        await ui.press("ctrl+z")
        assert ui.inbox.panel.area.text == "My own words"


async def test_a_draft_that_comes_slowly_is_seen_and_stopped(paths: Paths, engine: StandIn) -> None:
    release = threading.Event()

    def slow(handler: BaseHTTPRequestHandler, _sent: Sent) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(events(["We are ", "sorry"], done=False))
        handler.wfile.flush()
        release.wait(20)

    engine.answer = slow
    plug(paths, engine.url)
    async with running(paths) as ui:
        await ui.press("r", "ctrl+n")
        await until(ui, "We are sorry")
        assert ui.inbox.panel.area.text == "", "nothing is in the editor before it is whole"
        await ui.press("ctrl+n")
        assert "stops it" in ui.status
        await ui.press("escape")
        for _ in range(60):
            if ui.inbox.panel.area.text:
                break
            await asyncio.sleep(0.05)
            await ui.rest()
        assert ui.inbox.answering, "esc stopped the draft, and not the editor"
        assert ui.inbox.panel.area.text == "We are sorry"
        release.set()


async def test_leaving_the_editor_stops_the_draft(paths: Paths, engine: StandIn, tmp_path: Path) -> None:
    release = threading.Event()
    engine.answer = lambda _handler, _sent: (release.wait(20), None)[1]
    plug(paths, engine.url)
    async with running(paths) as ui:
        await ui.press("r", "ctrl+n")
        await ui.press("escape", "escape")
        for _ in range(60):
            if not ui.inbox.drafting.is_running:
                break
            await asyncio.sleep(0.05)
        assert not ui.inbox.drafting.is_running
        release.set()
