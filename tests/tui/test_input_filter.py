"""Terminal answers, key protocols and pasted sequences: what of them may become a key or a text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.events import Key, Paste

from ascinbox.paths import Paths
from ascinbox.tui.runtime.input_filter import ALONE_S, REST_S, InputFilter, pasted
from ascinbox.tui.runtime.key_parser import DeviceAnswered, WholeReads, is_understood
from tests.tui.world import running

ANSWERS = {
    "DA1": "\x1b[?62;22c",
    "DA2": "\x1b[>0;276;0c",
    "DA3": "\x1bP!|00000000\x1b\\",
    "XTVERSION": "\x1bP>|tmux 3.3a\x1b\\",
    "OSC 11, BEL": "\x1b]11;rgb:0000/2b2b/3636\x07",
    "OSC 11, ST": "\x1b]11;rgb:0000/2b2b/3636\x1b\\",
    "OSC 52": "\x1b]52;c;aGVsbG8=\x07",
    "kitty keyboard": "\x1b[?0u",
    "DSR": "\x1b[0n",
    "DECXCPR": "\x1b[?1;1R",
    "window size": "\x1b[8;24;80t",
    "XTGETTCAP": "\x1bP1+r544e=787465726d\x1b\\",
    "DECRQSS": "\x1bP1$r0m\x1b\\",
    "kitty graphics": "\x1b_Gi=31;OK\x1b\\",
    "eight bits": "\x9b?62c",
    "what nobody knows": "\x1b[99;98;97;96;95;94;93;92;91x",
}


def keys_of(*reads: str) -> list[str]:
    parser = WholeReads()
    messages = [m for read in reads for m in [*parser.feed(read), *parser.tick()]]
    return [m.character or m.key for m in messages if isinstance(m, Key)]


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_never_a_key_however_it_is_cut(answer: str) -> None:
    assert keys_of(f"a{answer}b") == ["a", "b"]
    for at in range(1, len(answer)):
        assert keys_of(f"a{answer[:at]}", f"{answer[at:]}b") == ["a", "b"], at


def test_keys_of_every_terminal_still_come() -> None:
    for sequence in ANSI_SEQUENCES_KEYS:
        plain = XTermParser()
        keys = [m.key for m in plain.feed(sequence) if isinstance(m, Key)]
        if keys and len(sequence) > 2:
            assert [m.key for m in WholeReads().feed(sequence) if isinstance(m, Key)] == keys, sequence
    assert keys_of("\x1b[A", "\x1bOP", "\x1b[15~", "\x1b[1;5C") == ["up", "f1", "f5", "ctrl+right"]
    assert keys_of("\x1b[13;2u", "\x1b[97;5u", "\x1b[229;1u") == ["shift+enter", "ctrl+a", "å"]
    assert keys_of("\x1b[[A", "\x1b[3$", "\x1bx") == ["f1", "shift+delete", "x"]


def test_esc_alone_is_esc_and_a_beginning_without_an_end_is_nothing() -> None:
    kept = InputFilter(is_understood)
    assert kept.feed("\x1b", 0.0) == []
    assert kept.expire(ALONE_S / 2) == ""
    assert kept.expire(ALONE_S) == "\x1b"
    for beginning in ("\x1b[?62;2", "\x1b]11;rgb:00", "\x1bP>|xte"):
        assert kept.feed(beginning, 5.0) == []
        assert kept.feed("" if "[" in beginning else "zz", 5.0 + REST_S / 2) == []
        assert kept.expire(5.0 + REST_S) == "", beginning
        assert kept.feed("j", 7.0) == ["j"]


def test_typing_behind_a_beginning_is_not_swallowed_for_ever() -> None:
    kept = InputFilter(is_understood)
    kept.feed("\x1b]1", 0.0)
    for tenth in range(1, 10):
        kept.feed("j", tenth / 10)
    kept.expire(REST_S)
    assert kept.feed("k", REST_S + 0.1) == ["k"]


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("Hi\x1b[13;1uthere", "Hithere"),
        ("one\ntwo\tthree\r\n", "one\ntwo\tthree\r\n"),
        ("a\x1b]0;title\x07b\x1bP>|x\x1b\\c\x1b[31mred", "abcred"),
        ("bell\x07 nul\x00 esc\x1b", "bell nul esc"),
        ("\x9b31mred 日本 👩‍👧", "red 日本 👩‍👧"),
    ],
)
def test_a_paste_is_text(text: str, stays: str) -> None:
    assert pasted(text) == stays
    [paste] = [m for m in WholeReads().feed(f"\x1b[200~{text}\x1b[201~") if isinstance(m, Paste)]
    assert paste.text == stays


def test_a_paste_in_several_reads_is_one_and_one_without_an_end_ends() -> None:
    parser = WholeReads()
    reads = ("\x1b[2", "00~Hi\x1b[1", "3;1u, you\x1b[20", "1~j")
    messages = [message for read in reads for message in parser.feed(read)]
    assert [m.text for m in messages if isinstance(m, Paste)] == ["Hi, you"]
    assert [m.key for m in messages if isinstance(m, Key)] == ["j"]
    kept = InputFilter(is_understood)
    assert kept.feed("\x1b[200~cut", 0.0) == []
    assert kept.expire(10.0) == "\x1b[200~cut\x1b[201~"
    assert kept.feed("j", 10.1) == ["j"]


@given(st.lists(st.text(alphabet="\x1b[]PO\\?;<>0123uc~ABMm\x07ab\x9b\x90 ", max_size=12), max_size=6))
def test_no_input_brings_a_control_character_into_a_text(reads: list[str]) -> None:
    parser = WholeReads()
    messages = [m for read in reads if read for m in parser.feed(read)]
    for message in messages:
        if isinstance(message, Paste):
            assert pasted(message.text) == message.text
        if isinstance(message, Key) and message.is_printable:
            assert message.character is not None
            assert message.character.isprintable()


def test_an_answer_to_the_driver_tells_that_all_before_was_answered() -> None:
    messages = list(WholeReads().feed("\x1b[>0;1;0c\x1b[?62cj"))
    assert [type(message) for message in messages] == [Key, DeviceAnswered]


def test_plain_typing_costs_next_to_nothing() -> None:
    kept = InputFilter(is_understood)
    began = time.perf_counter()
    for _ in range(1_000):
        kept.feed("j", 0.0)
    assert time.perf_counter() - began < 0.5


async def test_a_late_answer_opens_nothing_and_is_no_text(paths: Paths) -> None:
    """As the driver hands it on, in the list, the filter bar, a prompt and the editor."""
    noise = "".join(ANSWERS.values())
    async with running(paths) as ui:

        async def comes(data: str) -> None:
            for message in WholeReads().feed(data):
                if not isinstance(message, DeviceAnswered):
                    message.set_sender(ui.app)
                    ui.app.post_message(message)
            await ui.rest()

        before = ui.lines()
        await comes(noise)
        assert ui.lines() == before
        await ui.press("slash")
        text = ui.inbox.query_text
        await comes(noise)
        assert "62;22c" not in ui.text()
        await ui.press("escape")
        assert ui.inbox.query_text == text
        await ui.press("#")
        await comes(noise)
        assert "rgb" not in ui.text()
        await ui.press("escape", "r")
        await comes(noise + "Hi")
        await comes("\x1b[200~ yo\x1b[13;1uu\x1b[201~" + noise)
        assert ui.inbox.panel.area.text == "Hi you"
