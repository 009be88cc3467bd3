"""Which words of a review find others like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.filters import TextTerm, parse, quoted
from ascinbox.core.reviews.script_words import clusters_of
from ascinbox.core.reviews.similar import MOST, groups, telling_words
from ascinbox.core.text import fold
from tests.tui.world import NOW


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Crashes on launch since 5.2", ("crash", "launch")),
        ("Stürzt beim Start ab", ("stürzt", "beim", "start")),
        ("Charged twice", ("charg", "twice")),
        ("Class, address!", ("class", "address")),
        ("アップデート後に起動しない", ("アップデート", "起動")),
        ("全是广告", ("全是", "是广", "广告")),
        ("업데이트후에 앱이 안열려요", ("업데이", "앱이", "안열려")),
        ("Widget widget WIDGETS", ("widget",)),
        ("It is so so", ()),
        ("5.2 !!! 👍", ()),
    ],
)
def test_words_that_tell_something(text: str, words: tuple[str, ...]) -> None:
    assert telling_words(text) == words


def test_the_narrowest_come_first_and_words_of_this_review_alone_never() -> None:
    counts = {"crash": 40, "launch": 12, "ipad": 3, "unique": 1, "app": 90}
    assert list(groups(list(counts), counts)) == [
        ("crash", "launch", "ipad"),
        ("launch", "ipad"),
        ("crash", "ipad"),
        ("crash", "launch"),
        ("ipad",),
        ("launch",),
        ("crash",),
    ]
    assert list(groups(["unique"], counts)) == []


@given(st.text(max_size=80))
def test_every_word_is_a_filter_that_finds_its_own_text(text: str) -> None:
    words = telling_words(text)
    assert len(words) <= MOST
    for word in words:
        (term,) = parse(quoted(word), now=NOW).terms
        assert isinstance(term, TextTerm)
        assert term.options[0].pattern in fold(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("เด้งตลอด", ("เด้ง", "งต", "ตล", "ลอ", "อด")),
        ("ແອັບຄ້າງ", ("ແອັບ", "ບຄ້າ", "ຄ້າງ")),
        ("ပွင့်မလာဘူး", ("ပွင့်", "င့်မ", "မလာ", "လာဘူး")),
        ("កម្មវិធីគាំង", ("កម្ម", "ម្មវិ", "វិធី", "ធីគាំ", "គាំង")),
        ("ऐप्लिकेशन क्रैश हो जाता है", ("ऐप्लिकेशन", "क्रैश")),
        ("আপডেটের পর খোলে না", ("আপডেটের", "খোলে")),
        ("செயலி திறக்கவில்லை", ("செயலி", "திறக்கவில்லை")),
        ("التطبيق بَطِيءٌ جدًا", ("التطبيق", "بَطِيءٌ")),
        ("Cafe\u0301s crashes", ("cafe\u0301s", "crash")),
        ("v5crashes 3widgets", ()),
    ],
)
def test_marks_belong_to_their_word_and_scripts_without_spaces_are_cut_by_clusters(
    text: str, words: tuple[str, ...]
) -> None:
    assert telling_words(text)[: len(words)] == words
    assert bool(words) is bool(telling_words(text))


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("แอปเด้งหลังอัปเดต", "อัปเดตแล้วเด้ง", "เด้ง"),
        ("แอปเด้งหลังอัปเดต", "เด้งตลอด", "เด้ง"),
        ("កម្មវិធីគាំង", "គាំងជានិច្ច", "គាំង"),
        ("अपडेट के बाद क्रैश", "क्रैश होता है", "क्रैश"),
        ("အပ်ဒိတ်ပြီး ပွင့်မလာဘူး", "ပွင့်မလာတော့ဘူး", "ပွင့်"),
    ],
)
def test_two_texts_about_one_thing_share_a_word(one: str, other: str, shared: str) -> None:
    assert shared in set(telling_words(one)) & set(telling_words(other))


def test_around_a_mark_that_belongs_to_no_letter_is_no_word() -> None:
    assert clusters_of("\u1786\u0e43\u17c0\u1007") == ["\u1786", "", "", "\u1007"]
    assert telling_words("\u1786\u0e43\u17c0\u1007") == ()


_SCRIPTS = st.text(
    st.characters(min_codepoint=0x900, max_codepoint=0x17FF) | st.sampled_from("ab1 .é\u0301一ア"),
    max_size=60,
)


@given(_SCRIPTS)
def test_every_word_of_any_script_is_a_filter_that_finds_its_own_text(text: str) -> None:
    for word in telling_words(text):
        (term,) = parse(quoted(word), now=NOW).terms
        assert isinstance(term, TextTerm)
        assert term.options[0].pattern in fold(text), (word, text)
