"""What happens to a change, by what Apple has now."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascinbox.core.listing.changes import ChangeState, ListingChange, by_localization, decide
from ascinbox.core.listing.fields import Scope

TEXTS = st.text(st.sampled_from("ab 日\n.ก"), max_size=30)


def change(base: str | None, theirs: str, mine: str) -> ListingChange:
    return ListingChange(Scope.VERSION, "de-DE", "whatsNew", base, theirs, mine)


@pytest.mark.parametrize(
    ("base", "theirs", "mine", "state"),
    [
        ("old", "old", "new", ChangeState.WOULD_CHANGE),
        ("old", "old\r\n", "new", ChangeState.WOULD_CHANGE),
        ("old", "other", "new", ChangeState.HELD),
        ("", "other", "new", ChangeState.HELD),
        (None, "other", "new", ChangeState.HELD),
        ("old", "new", "new", None),
        ("old", "other", "other\n", None),
    ],
)
def test_a_colleagues_text_holds_ours(base: str | None, theirs: str, mine: str, state: str | None) -> None:
    decided = decide(change(base, theirs, mine))
    assert (decided.state if decided else None) == state


def test_without_a_base_it_is_sent_only_when_that_is_wanted() -> None:
    decided = decide(change(None, "theirs", "mine"), allow_no_base=True)
    assert decided is not None
    assert decided.state is ChangeState.WOULD_CHANGE


@given(st.none() | TEXTS, TEXTS, TEXTS)
def test_nothing_is_sent_over_a_text_that_nobody_here_saw(base: str | None, theirs: str, mine: str) -> None:
    decided = decide(change(base, theirs, mine))
    if decided is not None and decided.state is ChangeState.WOULD_CHANGE:
        assert base is not None
        assert base.strip() == theirs.strip()


def test_what_all_languages_share_is_sent_first() -> None:
    changes = [
        ListingChange(Scope.VERSION, "ja", "whatsNew", "", "", "x"),
        ListingChange(Scope.VERSION, "", "copyright", "", "", "2026"),
        ListingChange(Scope.VERSION, "ja", "keywords", "", "", "y"),
    ]
    assert [(locale, len(group)) for _, locale, group in by_localization(changes)] == [("", 1), ("ja", 2)]
