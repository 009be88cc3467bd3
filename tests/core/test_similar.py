"""Which words of a review find others like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.filters import TextTerm, parse, quoted
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
