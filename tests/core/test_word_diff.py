"""Two texts compared by word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.word_diff import DiffKind, alike, words_diff

TEXTS = st.text(st.sampled_from("ab 日\n.ก"), max_size=30)


@given(TEXTS, TEXTS)
def test_pieces_joined_give_both_texts(before: str, after: str) -> None:
    pieces = words_diff(before, after)
    assert "".join(p.text for p in pieces if p.kind is not DiffKind.ADDED) == before
    assert "".join(p.text for p in pieces if p.kind is not DiffKind.REMOVED) == after


def test_only_the_words_that_differ_are_marked() -> None:
    pieces = words_diff("Fixes a crash at start", "Fixes a freeze at start")
    assert [(p.kind, p.text) for p in pieces if p.kind is not DiffKind.SAME] == [
        (DiffKind.REMOVED, "crash"),
        (DiffKind.ADDED, "freeze"),
    ]


def test_texts_are_alike_where_most_words_are_the_same() -> None:
    assert alike(words_diff("Fixes a crash at start", "Fixes a freeze at start"))
    assert not alike(words_diff("We are sorry", "The update is out since yesterday"))
    assert not alike(())
