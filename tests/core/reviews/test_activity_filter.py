"""Activity by who and what."""

from __future__ import annotations

import pytest

from ascinbox.core.filters import FilterError
from ascinbox.core.outbox.sentences import OutboxItem
from ascinbox.core.outbox.states import Phase
from ascinbox.core.reviews.activity_filter import ActivityFilter
from ascinbox.core.reviews.acts import Act, ActItem
from tests.store.conftest import NOW
from tests.store.test_replies import intention


def act(by: str, verb: str, detail: str = "", app: str = "Tide Clock") -> ActItem:
    return ActItem(Act(NOW, by, verb, "", detail, ("1",)), app_name=app, title="Crash at dawn")


def reply(by: str, text: str = "Thank you", phase: Phase = Phase.PUBLISHED) -> OutboxItem:
    row = intention(text=text, by=by, phase=phase)
    return OutboxItem(row, "North", "HabitGarden", 1, "DEU", "Title", "maxi_b", "It is public.", ())


ITEMS: list[ActItem | OutboxItem] = [
    act("Anna", "done, tag", "+billing"),
    act("Raj", "read"),
    reply("Anna"),
    reply("Raj", "Sorry about that", Phase.HELD),
    act("Übel", "note"),
]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("by:anna", [0, 2]),
        ("by:me", [1, 3]),
        ("by:anna,ubel", [0, 2, 4]),
        ("-by:anna", [1, 3, 4]),
        ("act:publish", [2, 3]),
        ("act:tag", [0]),
        ("act:done,read", [0, 1]),
        ("act:held", [3]),
        ("by:me -act:read", [3]),
        ('app:"tide clock"', [0, 1, 4]),
        ("sorry", [3]),
        ("billing", [0]),
        ("maxi", [2, 3]),
        ('"at dawn" by:anna', [0]),
        ("by:nobody", []),
    ],
)
def test_by_whom_and_what(text: str, left: list[int]) -> None:
    assert ActivityFilter(text, "raj").of(ITEMS) == [ITEMS[n] for n in left]


@pytest.mark.parametrize("text", ["rating:1", 'by:"anna', "by:", "-"])
def test_what_is_not_understood_is_said(text: str) -> None:
    with pytest.raises(FilterError):
        ActivityFilter(text, "raj")
