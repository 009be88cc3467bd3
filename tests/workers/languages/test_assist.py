"""Translations and drafts by an engine: what leaves, byte for byte, and what may come back."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from ascinbox.core.assist.answers import EngineTrouble
from ascinbox.core.assist.outgoing import TitledText, draft_chat, draft_request, translation_chat
from ascinbox.core.errors import NetworkError, UsageError
from ascinbox.core.replies.checks import LIMIT, measure
from ascinbox.core.reviews.acts import ActItem
from ascinbox.core.secret import Secret
from ascinbox.core.text import REPLACEMENT
from ascinbox.workers.languages.assist import NotAgreed
from ascinbox.workers.reviews.activity import activity
from ascinbox.workers.workspace import Workspace
from tests.workers.languages.conftest import HOSTILE
from tests.workers.languages.standins import Sent, StandIn, chat, closed_port, events, plain, raw, speaks

Plug = Callable[..., Workspace]
ENGLISH = json.dumps({"title": "Does not start", "body": "It crashes after the update."})


@pytest.fixture
def openai(plugged: Plug, engine: StandIn) -> Workspace:
    engine.answer = speaks(ENGLISH)
    return plugged(kind="openai", url=f"{engine.url}/v1/", model="llama3.2", deadline_seconds="3")


# --- what leaves ---


def test_a_translation_sends_the_text_and_nothing_else(openai: Workspace, engine: StandIn) -> None:
    openai.triage.note("ja1", "secret note")
    openai.triage.tag(["ja1"], ("secret-tag",))
    found = openai.assist.translate("ja1")
    assert (found.title, found.body) == ("Does not start", "It crashes after the update.")
    assert (found.to, found.engine) == ("en", "llama3.2")
    (sent,) = engine.requests
    assert sent.path == "/v1/chat/completions"
    expected = {
        "model": "llama3.2",
        "messages": translation_chat(TitledText("起動しない", "アップデート後に落ちます。"), "en"),
        "temperature": 0,
        "max_tokens": 4096,
        "stream": False,
    }
    assert sent.body == json.dumps(expected, ensure_ascii=False).encode()
    assert json.loads(expected["messages"][1]["content"]) == {  # type: ignore[index]
        "title": "起動しない",
        "body": "アップデート後に落ちます。",
    }
    assert set(sent.headers) == {
        "host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length",
    }  # fmt: skip
    assert sent.headers["user-agent"] == "ascinbox"


def test_a_draft_sends_the_review_its_earlier_text_template_and_guidance(
    openai: Workspace, engine: StandIn
) -> None:
    openai.paths.templates.mkdir(parents=True)
    (openai.paths.templates / "sorry.md").write_text("Hi {nickname|there}, sorry. {signature}")
    openai.paths.guidance.write_text("Say we, not I.")
    openai.triage.note("ja1", "secret note")
    engine.answer = speaks("こんにちは、{nickname|}様。 Hello {nickname|there}!")
    found = openai.assist.draft("ja1", "sorry")
    (sent,) = engine.requests
    detail = openai.inbox.detail("ja1")
    assert detail is not None
    content = json.loads(sent.data["messages"][1]["content"])
    assert content == {
        "app": detail.app_name,
        "stars": 1,
        "review": {"title": "起動しない", "body": "アップデート後に落ちます。"},
        "template": "Hi {nickname|there}, sorry. {signature}",
        "guidance": "Say we, not I.",
    }
    assert (
        sent.data["messages"] == draft_chat(draft_request(detail, None, ""))[:1] + sent.data["messages"][1:]
    )
    assert sent.data["stream"] is True
    for secret in ("hanako", "secret note", "mallory", "evil"):
        assert secret not in sent.body.decode()
    # The nickname is put in here.
    assert found.text == "こんにちは、hanako_t様。 Hello hanako_t!"


def test_a_reply_that_is_translated_back_leaves_without_the_nickname(
    openai: Workspace, engine: StandIn
) -> None:
    engine.answer = speaks(json.dumps({"title": "", "body": "Dear CUSTOMER-NAME, thanks."}))
    back = openai.assist.translate_reply("ja1", "hanako_t様、ありがとう。")
    assert back.body == "Dear hanako_t, thanks."
    assert "hanako" not in engine.requests[0].body.decode()


def test_a_key_goes_only_into_the_header_and_only_where_one_is_configured(
    openai: Workspace, engine: StandIn
) -> None:
    openai.assist.set_key(Secret("sk-test-123"), "file")
    openai.assist.translate("ja1")
    assert engine.requests[0].headers["authorization"] == "Bearer sk-test-123"
    assert "sk-test" not in engine.requests[0].body.decode()
    assert "sk-test" not in openai.paths.config_file.read_text()
    assert openai.assist.forget_key()
    assert not openai.assist.forget_key()
    openai.assist.translate("bad1")
    assert "authorization" not in engine.requests[1].headers


def test_libretranslate_gets_two_texts_and_the_language(plugged: Plug, engine: StandIn) -> None:
    def answer(handler: BaseHTTPRequestHandler, sent: Sent) -> None:
        plain(handler, {"translatedText": sent.data["q"].upper(), "detectedLanguage": {"language": "en"}})

    engine.answer = answer
    workspace = plugged(kind="libretranslate", url=engine.url)
    found = workspace.assist.translate("bad1", "de")
    assert [sent.data for sent in engine.requests] == [
        {"q": text, "source": "auto", "target": "de", "format": "text"}
        for text in (HOSTILE.title, HOSTILE.body)
    ]
    assert [sent.path for sent in engine.requests] == ["/translate", "/translate"]
    assert found.title == HOSTILE.title.upper()
    assert (found.engine, found.to) == ("LibreTranslate", "de")
    assert "cannot draft" in workspace.assist.why_not(draft=True)
    with pytest.raises(UsageError, match="cannot draft"):
        workspace.assist.draft("bad1")


def test_a_command_reads_the_text_and_prints_the_answer(plugged: Plug, tmp_path: Path) -> None:
    script = tmp_path / "engine.py"
    script.write_text(
        "import os, sys\n"
        "text = sys.stdin.read()\n"
        "has_key = 'ASCINBOX_ASSIST_KEY' in os.environ\n"
        "print(os.environ['ASCINBOX_TASK'], *sys.argv[1:], text.upper(), has_key)\n"
    )
    workspace = plugged(kind="command", command=f"{sys.executable} {script} {{from}} {{to}}")
    workspace.environ["ASCINBOX_ASSIST_KEY"] = "sk-1"
    found = workspace.assist.translate("ja1", "en")
    assert found.body == "translate ja en アップデート後に落ちます。 False"
    assert found.title == "translate ja en 起動しない False"
    drafted = workspace.assist.draft("bad1")
    assert drafted.text.startswith("draft")
    assert "MALLORY" not in drafted.text.upper()


# --- consent ---


def test_a_remote_host_is_asked_for_once_and_loopback_never(plugged: Plug, engine: StandIn) -> None:
    workspace = plugged(kind="openai", url="http://engine.example/v1", model="m")
    assert workspace.assist.must_ask()
    lines = " ".join(workspace.assist.question())
    for word in (
        "engine.example",
        "not encrypted",
        "text",
        "stars",
        "app's name",
        "icknames",
        "notes",
        "keys",
    ):
        assert word in lines
    with pytest.raises(NotAgreed) as refused:
        workspace.assist.translate("ja1")
    assert refused.value.exit_code == 3
    with pytest.raises(NotAgreed):
        workspace.assist.draft("ja1")
    workspace.assist.agree()
    assert not workspace.assist.must_ask()
    assert "engine.example" in workspace.paths.config_file.read_text()
    for url in ("http://localhost:1/v1", "http://127.0.0.7:1", "http://[::1]:11434"):
        assert not plugged(kind="openai", url=url).assist.must_ask()
    assert not engine.requests


def test_off_by_default_and_offline_asks_nobody(plugged: Plug, engine: StandIn) -> None:
    off = plugged()
    assert not off.assist.is_on
    with pytest.raises(UsageError, match="No engine"):
        off.assist.translate("ja1")
    workspace = plugged(kind="openai", url="http://engine.invalid/v1", agreed="engine.invalid")
    workspace.offline = True
    with pytest.raises(NetworkError):
        workspace.assist.translate("ja1")
    here = plugged(kind="openai", url=engine.url)
    here.offline = True
    engine.answer = speaks(ENGLISH)
    assert here.assist.translate("ja1").title == "Does not start"


# --- keeping ---


def test_a_translation_is_asked_for_once_a_text_target_and_engine(openai: Workspace, engine: StandIn) -> None:
    assert openai.assist.known("ja1") is None
    first = openai.assist.translate("ja1")
    assert openai.assist.translate("ja1") == first == openai.assist.known("ja1")
    assert len(engine.requests) == 1
    openai.assist.translate("ja1", "german")
    assert len(engine.requests) == 2
    assert openai.assist.left_today() == 198
    query = openai.inbox.query("translated:crash")
    assert [row.id for row in openai.inbox.window(query, None, 9).rows] == ["ja1"]
    assert openai.inbox.count(openai.inbox.query("crashes")) == 0


# --- what may come back ---


def test_any_answer_that_is_no_json_is_the_body(openai: Workspace, engine: StandIn) -> None:
    engine.answer = speaks("It does not start.\nAt all.")
    found = openai.assist.translate("ja1")
    assert (found.title, found.body) == ("", "It does not start.\nAt all.")


@pytest.mark.slow
def test_what_an_engine_says_is_cleaned_cut_and_checked(openai: Workspace, engine: StandIn) -> None:
    engine.answer = speaks(
        "Hi\x1b[31m \u202e, mail bob@evil.example \x07or http://evil.example " + "x" * 12_000
    )
    heard: list[str] = []
    found = openai.assist.draft("bad1", heard=heard.append)
    for text in (found.text, *heard):
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "\u202e" not in text
        assert measure(text) <= LIMIT
    assert REPLACEMENT in found.text
    rules = {finding.rule for finding in found.findings}
    assert {"contact", "control"} <= rules
    assert len(heard) > 1
    assert openai.composing.draft("bad1") is None, "it is saved nowhere"


@pytest.mark.slow
def test_five_megabytes_are_cut_and_endless_ones_are_left(plugged: Plug, engine: StandIn) -> None:
    """By their size: a slow machine may take long over it."""
    openai = plugged(kind="openai", url=engine.url, deadline_seconds="600")
    engine.answer = lambda handler, _sent: plain(handler, chat("word " * 1_000_000))
    assert measure(openai.assist.draft("bad1").text) <= LIMIT
    engine.answer = lambda handler, _sent: raw(handler, events(["word "] * 60_000), kind="text/event-stream")
    assert measure(openai.assist.draft("bad1").text) <= LIMIT

    def endless(handler: BaseHTTPRequestHandler, _sent: Sent) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"{" * 65_536)

    engine.answer = endless
    with pytest.raises(EngineTrouble, match="MB"):
        openai.assist.translate("ja1")


def test_an_engine_that_hangs_is_left_in_time_and_what_came_is_kept(plugged: Plug, engine: StandIn) -> None:
    workspace = plugged(kind="openai", url=engine.url, deadline_seconds="1")
    release = threading.Event()

    def hangs(handler: BaseHTTPRequestHandler, sent: Sent) -> None:
        if sent.data["stream"]:
            handler.send_response(200)
            handler.end_headers()
            handler.wfile.write(events(["We are ", "sorry"], done=False))
            handler.wfile.flush()
        release.wait(10)

    engine.answer = hangs
    began = time.monotonic()
    assert workspace.assist.draft("bad1").text == "We are sorry"
    with pytest.raises(EngineTrouble, match="within 1 s"):
        workspace.assist.translate("ja1")
    assert time.monotonic() - began < 4
    release.set()


def test_a_draft_can_be_stopped(openai: Workspace, engine: StandIn) -> None:
    release, stop = threading.Event(), threading.Event()

    def slow(handler: BaseHTTPRequestHandler, _sent: Sent) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(events(["We are "], done=False))
        handler.wfile.flush()
        release.wait(10)

    engine.answer = slow
    found = openai.assist.draft("bad1", stop=stop, heard=lambda _text: stop.set())
    assert found.text == "We are"
    release.set()


@pytest.mark.parametrize("length", [5, 100_000])
def test_an_engine_that_lies_about_its_length(openai: Workspace, engine: StandIn, length: int) -> None:
    engine.answer = lambda handler, _sent: raw(handler, json.dumps(chat(ENGLISH)).encode(), length=length)
    with pytest.raises(EngineTrouble):
        openai.assist.translate("ja1")
    streamed = events(["We are ", "sorry"])
    engine.answer = lambda handler, _sent: raw(handler, streamed, length=length, kind="text/event-stream")
    if length > len(streamed):
        assert openai.assist.draft("bad1").text == "We are sorry"
    else:
        with pytest.raises(EngineTrouble):
            openai.assist.draft("bad1")


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"null", b"{}", b'{"choices": []}', b'{"choices": [{"message": {"content": 5}}]}',
     b'{"choices": [null]}', b"[" * 100_000, b'{"error": {"message": "no\x1b[31m such model"}}', b"\xff\xfe"],
)  # fmt: skip
def test_answers_without_a_text_are_said_so(openai: Workspace, engine: StandIn, body: bytes) -> None:
    engine.answer = lambda handler, _sent: raw(handler, body)
    for ask in (openai.assist.translate, openai.assist.draft):
        with pytest.raises(EngineTrouble) as trouble:
            ask("ja1")
        assert "\x1b" not in str(trouble.value)


def test_refusals_redirects_and_a_closed_port(openai: Workspace, engine: StandIn, plugged: Plug) -> None:
    engine.answer = lambda handler, _sent: plain(handler, {"error": {"message": "bad key"}}, 401)
    with pytest.raises(EngineTrouble, match="401") as refused:
        openai.assist.translate("ja1")
    assert refused.value.detail == "bad key"

    def elsewhere(handler: BaseHTTPRequestHandler, _sent: Sent) -> None:
        handler.send_response(307)
        handler.send_header("Location", f"{engine.url}/stolen")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    engine.answer = elsewhere
    with pytest.raises(EngineTrouble, match="307"):
        openai.assist.translate("ja1")
    assert all(sent.path != "/stolen" for sent in engine.requests)
    gone = plugged(kind="openai", url=f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(EngineTrouble, match="cannot be reached"):
        gone.assist.translate("ja1")


@pytest.mark.parametrize(
    ("code", "said"),
    [("raise SystemExit('broken')", "ended with 1"), ("import time; time.sleep(30)", "within 1 s"),
     ("print('x' * 9_000_000)", "MB"), ("pass", "holds no text")],
)  # fmt: skip
def test_commands_that_fail(plugged: Plug, code: str, said: str) -> None:
    workspace = plugged(kind="command", command=f'{sys.executable} -c "{code}"', deadline_seconds="1")
    with pytest.raises(EngineTrouble, match=said):
        workspace.assist.draft("bad1")


# --- Activity ---


def test_activity_tells_that_a_reply_was_drafted_and_how_much_was_changed(
    openai: Workspace, engine: StandIn
) -> None:
    engine.answer = speaks("We are sorry about that crash")
    openai.assist.draft("bad1")
    openai.replies.queue("bad1", "We are very sorry about that crash")
    told = [
        (item.act.verb, item.act.detail, item.act.review_ids)
        for item in activity(openai)
        if hasattr(item, "act")
    ]
    assert ("draft", "by llama3.2", ("bad1",)) in told
    assert ("drafted", "by llama3.2, 8 % changed", ("bad1",)) in told
    openai.replies.queue("bad1", "Another text")
    again = [item.act.verb for item in activity(openai) if isinstance(item, ActItem)]
    assert again.count("drafted") == 1
