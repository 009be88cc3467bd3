"""Cleaning, list cells, the search form, equality of replies."""

from __future__ import annotations

import sys
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ascinbox.core import text as t
from tests.examples import examples
from tests.hostile.fuzzing import fuzz

BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
NASTY = (
    "\x00\x07\x1b[31m\x9b\x9d\r\n\u2028\x85\t \u202e\u2066\ufeff\u200b\u200d\u200c\u0301\u0300"
    "\ufe0f\ud800\udfff\U000e0041"
)

BLOCKS = (range(0x3400), range(0xA000, 0xAC00), range(0xD7F0, 0x1FC00), range(0xE0000, 0xE0200))
"""Every block but the big uniform ones: Han, Hangul, private use, unassigned planes."""

anything = st.text(alphabet=st.characters(), max_size=120)
hostile = st.text(alphabet=st.one_of(st.sampled_from(NASTY), st.characters()), max_size=200)
emoji = st.text(alphabet="👨👩👧❤️\u200d🏽🏻🇩🇪1\u20e3ab👍☝e\u0301 \n", max_size=40)


def is_harmless(text: str, *, line_breaks: bool) -> bool:
    allowed = {"\n"} if line_breaks else set()
    return all(
        character in allowed
        or (unicodedata.category(character) not in ("Cc", "Cs") and character not in BIDI)
        for character in text
    )


def everything() -> str:
    """Every character that Python has."""
    return "".join(map(chr, range(sys.maxunicode + 1)))


class TestClean:
    @pytest.mark.parametrize("foreign", [None, 3, b"bytes", ["x"], {"a": 1}, 1.5])
    def test_anything_but_text_is_empty(self, foreign: object) -> None:
        assert t.clean(foreign, multiline=True) == ""
        assert t.clean_line(foreign) == ""

    def test_line_breaks_of_every_kind_become_lf(self) -> None:
        assert t.clean_body("a\r\nb\rc\u2028d\u2029e\x85f") == "a\nb\nc\nd\ne\nf"

    def test_an_attack_stays_visible(self) -> None:
        assert (
            t.clean_line("\x1b]52;c;Y3VybA==\x07x\x9b31my\ud800") == "\ufffd]52;c;Y3VybA==x\ufffd31my\ufffd"
        )

    @pytest.mark.parametrize(
        "invisible", ["\x00", "\x07", "\x7f", "\u202e", "\u2066", "\u200b", "\ufeff", "\U000e0041"]
    )
    def test_invisible_characters_go(self, invisible: str) -> None:
        assert t.clean_body(f"a{invisible}b") == "ab"

    def test_joiners_stay_for_emoji_and_persian(self) -> None:
        assert t.clean_body("👨\u200d👩 می\u200cخواهم") == "👨\u200d👩 می\u200cخواهم"

    def test_tab_and_white_space(self) -> None:
        assert t.clean_body("a\tb  c") == "a    b  c"
        assert t.clean_line("  a\tb \n c\u3000d ") == "a b c d"

    def test_at_most_four_combining_marks(self) -> None:
        assert t.clean_line("e" + "\u0301" * 50 + "x") == "e" + "\u0301" * 4 + "x"
        assert t.clean_line("e" + "\u0301\u200d" * 50) == "e" + "\u0301\u200d" * 2
        assert t.clean_line("e\u0301\u200b\u0301\u0301\u0301\u0301") == "e" + "\u0301" * 4

    @pytest.mark.parametrize(
        "honest",
        [
            "Seit dem Update auf 5.2 kann ich die App nicht mehr öffnen.",
            "यह ऐप बहुत धीमा है और हर बार बंद हो जाता है",
            "التُّطْبِيقُ بَطِيءٌ جِدًّا",
            "แอปช้ามากหลังอัปเดต เปิดไม่ได้เลย",
            "앱이 계속 꺼집니다",
            "👨\u200d👩\u200d👧\u200d👦 ❤️ 👍🏽 🇩🇪",
        ],
    )
    def test_honest_text_is_untouched(self, honest: str) -> None:
        assert t.clean_body(honest) == honest
        assert t.clean_line(honest) == honest

    def test_limits_are_marked(self) -> None:
        assert t.clean_line("x" * 300) == "x" * 300
        line = t.clean_line("x" * 301)
        assert len(line) == 300
        assert line.endswith("…[cut]")
        body = t.clean_body("x" * 16_001)
        assert len(body) == 16_000
        assert body.endswith("…[cut]")
        lines = t.clean_body("x\n" * 200_000)
        assert lines.count("\n") == 399
        assert lines.endswith("x…[cut]")

    @fuzz("clean")
    @given(hostile, st.booleans())
    def test_properties(self, foreign: str, multiline: bool) -> None:
        once = t.clean(foreign, multiline=multiline)
        assert t.clean(once, multiline=multiline) == once
        assert is_harmless(once, line_breaks=multiline)
        once.encode("utf-8")
        assert len(once) <= 4 * len(foreign)

    @settings(max_examples=examples(200, quick=40), deadline=None)
    @given(st.text(alphabet="ab \n\u0301\x1b", min_size=1, max_size=60), st.integers(1, 2000), st.booleans())
    def test_long_texts_are_bounded_and_stable(self, foreign: str, times: int, multiline: bool) -> None:
        once = t.clean(foreign * times, multiline=multiline)
        assert len(once) <= (t.BODY_LIMIT if multiline else t.LINE_LIMIT)
        assert once.count("\n") < t.BODY_LINES
        assert t.clean(once, multiline=multiline) == once

    def test_every_single_character(self) -> None:
        for block in BLOCKS:
            for code in block:
                assert is_harmless(t.clean_body(chr(code)), line_breaks=True), hex(code)

    def test_nothing_that_has_to_go_is_printable(self) -> None:
        odd = t._ODD.findall(everything())
        assert len(odd) > 2_000
        assert not any(c.isprintable() for c in odd)

    def test_every_mark_of_this_python_is_counted(self) -> None:
        marks = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) in ("Mn", "Me")]
        assert [hex(ord(m)) for m in marks if len(t.clean_body("a" + m * 9)) > 5] == []

    def test_huge_texts_take_no_time(self) -> None:
        started = time.perf_counter()
        for huge in (
            "x" * 1_000_000,
            "\n" * 200_000,
            "e" + "\u0301" * 200_000,
            "\x1b" * 200_000,
            "\u200d\u0e31" * 100_000,
        ):
            t.clean_body(huge)
        assert time.perf_counter() - started < 3


class TestListCell:
    @pytest.mark.parametrize(
        ("text", "cell"),
        [
            ("👨\u200d👩\u200d👧\u200d👦 x", "👨 x"),
            ("❤️\u200d🔥", "❤"),
            ("❤️ 1️⃣", "❤ 1"),
            ("👍🏽!", "👍!"),
            ("🇩🇪🇫🇷", "🚩🚩"),
            ("a\nb\r\n c\td", "a b c d"),
            ("می\u200cخواهم", "میخواهم"),
            ("\u3164\u115fx", "x"),
            ("e\u0301", "é"),
            ("plain [/red]", "plain [/red]"),
        ],
    )
    def test_one_width_for_everyone(self, text: str, cell: str) -> None:
        assert t.list_cell(text) == cell

    @fuzz("clean")
    @given(st.one_of(hostile, emoji))
    def test_properties(self, text: str) -> None:
        cell = t.list_cell(text)
        assert is_harmless(cell, line_breaks=False)
        assert not set(cell) & set("\u200c\u200d\ufe0e\ufe0f\u20e3🏻🏼🏽🏾🏿🇩🇪\t")
        assert t.list_cell(cell) == cell
        assert cell == cell.strip()


class TestFold:
    @pytest.mark.parametrize(
        ("left", "right"),
        [
            ("Stürzt", "sturzt"),
            ("STRASSE", "straße"),
            ("Ótimo", "otimo"),
            ("hızlı İyi", "hizli iyi"),
            ("Łódź ørsted", "lodz orsted"),
            ("cœur", "coeur"),
            ("e\u0301te\u0301", "été"),
            ("ﾊﾟﾝ", "パン"),
            ("か\u3099", "が"),
            ("التُّطْبِيق", "التطبيق"),
            ("می\u200cخواهم", "میخواهم"),
            ("👍🏽", "👍"),
            ("❤️", "❤"),
            ("ＡＢＣ１", "abc1"),
            ("don't", "DON’T"),
            ("tic\u00adtac", "tictac"),
            ("Ёлка", "елка"),
        ],
    )
    def test_reads_alike(self, left: str, right: str) -> None:
        assert t.fold(left) == t.fold(right)

    def test_shape(self) -> None:
        assert t.fold("Crash... on  launch!") == " crash on launch "
        assert t.fold("起動しない") == " 起 動 し な い "
        assert t.fold("앱 v2") == " 앱 v2 "
        assert t.fold("ช้า") == " ช ้ า "
        assert t.fold("हिन्दी भाषा") == " हिन्दी भाषा "
        assert t.fold("C++ $5 😀😀") == " c + + $ 5 😀 😀 "
        assert t.fold("") == t.fold(" .,; ") == "  "

    def test_voicing_makes_another_kana(self) -> None:
        assert t.fold("ハン") != t.fold("パン")

    def test_terms(self) -> None:
        assert t.fold_terms("Crash, 起動!") == ("crash", "起", "動")
        assert t.fold_terms("…") == ()

    @fuzz("clean")
    @given(anything)
    def test_properties(self, text: str) -> None:
        folded = t.fold(text)
        assert folded.startswith(" ")
        assert folded.endswith(" ")
        assert "  " not in folded or folded == "  "
        assert t.fold(folded) == folded
        folded.encode("utf-8")
        assert t.fold(text.upper()) == t.fold(text.upper().lower())

    @given(anything, anything)
    def test_words_are_found_where_they_start(self, before: str, text: str) -> None:
        for word in text.split():
            if t.fold_terms(word):
                assert t.fold(word).rstrip() in t.fold(f"{before} {text}")

    def test_runs_that_are_set_apart_at_once_fold_as_their_characters_do(self) -> None:
        found = "".join(t._LETTERS_APART.findall(everything()))
        assert len(found) > 30_000
        assert all(t._fold_character(c) == f" {c} " for c in found)
        assert t.fold("Größe大丈夫、です!ok가나 x") == " grosse 大 丈 夫 で す ok 가 나 x "

    def test_every_single_character_is_stable(self) -> None:
        codes = [code for block in BLOCKS for code in block]
        assert [hex(c) for c in codes if t.fold(once := t.fold(chr(c))) != once] == []


class TestReplies:
    def test_what_a_server_may_trim_or_recompose_is_the_same(self) -> None:
        assert (
            t.normalise_reply("  Hi e\u0301 \r\nthere\t\n\n")
            == t.normalise_reply("Hi é\nthere")
            == "Hi é\nthere"
        )

    def test_words_and_inner_blanks_count(self) -> None:
        assert t.normalise_reply("a  b") != t.normalise_reply("a b")
        assert t.normalise_reply("a\n\nb") != t.normalise_reply("a\nb")

    @given(hostile)
    def test_idempotent(self, text: str) -> None:
        once = t.normalise_reply(text)
        assert t.normalise_reply(once) == once

    def test_content_hash_tells_every_part(self) -> None:
        same = t.content_hash(3, "a", "b")
        assert same == t.content_hash(3, "a", "b")
        others = {
            t.content_hash(4, "a", "b"),
            t.content_hash(None, "a", "b"),
            t.content_hash(3, "ab", ""),
            t.content_hash(3, "", "ab"),
        }
        assert len(others | {same}) == 5
        assert len(same) == 64
        assert t.content_hash(None, "", "\ud800")
